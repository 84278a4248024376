//! `du`: what a bucket holds, objects by storage class and unfinished uploads.

use std::{collections::BTreeMap, pin::pin};

use clap::{Args, ValueEnum};
use futures_util::{Stream, TryStreamExt};
use ossutil_client::{
    Client, Error as ClientError,
    listing::{self, Entry},
    protocol::operations::{ListObjectVersions, ListObjects, Word},
};
use serde::Serialize;

use crate::{
    cloud_url::CloudUrl,
    context::Context,
    display::binary_size,
    error::{Error, Result},
    filter::{FilterArgs, Filters},
    options::{Jobs, ListingMode, NameEncoding, RequestPayer},
    output::Record,
    registry::Command,
    uploads::{
        Held, State, UploadFilters,
        selection::{choose, list_below, listed},
    },
};

const RULE: &str = "----------------------------------------------------------";

/// Sum up what a bucket or a prefix holds: objects by storage class, and the parts of unfinished
/// uploads
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket[/prefix]
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// Count all versions of objects
    #[arg(long)]
    all_versions: bool,
    /// Unit of the total: KB, MB, GB or TB
    #[arg(short = 'B', long, value_name = "UNIT", ignore_case = true)]
    block_size: Option<Unit>,
    /// Also show sizes the way people say them
    #[arg(short = 'H', long)]
    human_readable: bool,
    #[command(flatten)]
    filters: FilterArgs,
    #[command(flatten)]
    jobs: Jobs,
    #[command(flatten)]
    listing: ListingMode,
    #[command(flatten)]
    encoding: NameEncoding,
    #[command(flatten)]
    payer: RequestPayer,
}

/// A power of 1024.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "UPPER")]
enum Unit {
    Kb,
    Mb,
    Gb,
    Tb,
}

/// A sum over objects.
#[derive(Clone, Copy, Default)]
struct Sum {
    objects: u64,
    bytes: i128,
}

#[derive(Default, Serialize)]
struct ClassRecord<'a> {
    storage_class: &'a str,
    objects: u64,
    bytes: i64,
}

impl Record for ClassRecord<'_> {
    const LIST: &'static str = "storage_classes";
    const ITEM: &'static str = "storage_class";
}

#[derive(Serialize)]
struct Totals {
    objects: u64,
    object_bytes: i64,
    uploads: u64,
    parts: u64,
    part_bytes: i64,
    bytes: i64,
}

impl Command for Arguments {
    const NAME: &'static str = "du";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil du oss://bucket", "objects and parts, in bytes"),
        ("ossutil du oss://bucket/videos/ -B GB", "below a prefix, the total in GB"),
        ("ossutil du oss://bucket --all-versions -H", "every version, readable"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let filters = self.filters.check()?;
        let payer = self.payer.payer.as_deref();
        let (client, url) = context.open(&self.url, &self.encoding, payer)?;
        let client = client.with_listing(self.listing.mode());
        // Neither waits for the other, and what is known is shown even if the rest cannot be had.
        let (classes, uploads) = tokio::join!(
            self.objects(&client, &url, &filters),
            self.uploads(&client, &url, &filters)
        );
        let sum = self.print_objects(context, &classes?)?;
        let (uploads, held) = uploads?;
        self.print_totals(context, sum, uploads, held)
    }
}

impl Arguments {
    /// Objects by storage class.
    async fn objects(
        &self,
        client: &Client,
        url: &CloudUrl,
        filters: &Filters,
    ) -> Result<BTreeMap<Word, Sum>> {
        let (bucket, prefix) = (url.bucket.clone(), url.key.clone());
        match self.all_versions {
            true => {
                let first = ListObjectVersions {
                    bucket,
                    prefix,
                    max_keys: Some(1000),
                    ..ListObjectVersions::default()
                };
                let versions = listing::entries(client, first).try_filter_map(async |entry| {
                    Ok(match entry {
                        Entry::Item(version) if !version.is_delete_marker => {
                            Some((version.key, version.storage_class, version.size))
                        }
                        _ => None,
                    })
                });
                sum(versions, filters).await
            }
            false => {
                let first =
                    ListObjects { bucket, prefix, max_keys: Some(1000), ..ListObjects::default() };
                let objects = listing::entries(client, first).try_filter_map(async |entry| {
                    Ok(match entry {
                        Entry::Item(object) => {
                            Some((object.key, object.storage_class, object.size))
                        }
                        Entry::CommonPrefix(_) => None,
                    })
                });
                sum(objects, filters).await
            }
        }
    }

    /// How many unfinished uploads there are, and what they hold.
    async fn uploads(
        &self,
        client: &Client,
        url: &CloudUrl,
        filters: &Filters,
    ) -> Result<(u64, Held)> {
        let filters = UploadFilters::from(filters.clone());
        let listed = listed(client, list_below(url), filters.clone());
        let mut looked = choose(listed, filters, true, self.jobs.get());
        let (mut count, mut held) = (0, Held::default());
        while let Some(found) = looked.try_next().await? {
            match found.state {
                State::Holds(one) => {
                    count += 1;
                    held.merge(one);
                }
                // A total without it would be wrong.
                State::Unreadable(error) => return Err(Error::of_client(&error)),
                State::Gone | State::Unknown => {}
            }
        }
        Ok((count, held))
    }

    /// Prints a line for each class, and what they add up to.
    fn print_objects(
        &self,
        context: &mut Context<'_>,
        classes: &BTreeMap<Word, Sum>,
    ) -> Result<Sum> {
        let mut sum = Sum::default();
        context.printer.list::<ClassRecord<'_>>()?;
        if !classes.is_empty() {
            context.printer.line(row(["storage class", "object count", "sum size(byte)"]))?;
            context.printer.line(RULE)?;
        }
        for (storage_class, class) in classes {
            sum.objects += class.objects;
            sum.bytes += class.bytes;
            let (objects, bytes) = (class.objects, field(class.bytes));
            let record = ClassRecord { storage_class, objects, bytes };
            let size = format!("{}{}", class.bytes, self.human(class.bytes));
            let line = row([storage_class, &objects.to_string(), &size]);
            context.printer.record(&record, |out| writeln!(out, "{line}"))?;
        }
        if !classes.is_empty() {
            context.printer.line(RULE)?;
        }
        context.printer.line(self.sum_line("object", sum.objects, sum.bytes))?;
        Ok(sum)
    }

    fn print_totals(
        &self,
        context: &mut Context<'_>,
        sum: Sum,
        uploads: u64,
        held: Held,
    ) -> Result<()> {
        let total = sum.bytes + held.bytes;
        let totals = Totals {
            objects: sum.objects,
            object_bytes: field(sum.bytes),
            uploads,
            parts: held.parts,
            part_bytes: field(held.bytes),
            bytes: field(total),
        };
        Ok(context.printer.fact("totals", &totals, |out| {
            writeln!(out, "{}\n", self.sum_line("part", held.parts, held.bytes))?;
            writeln!(out, "{}{}", self.total(total), self.human(total))
        })?)
    }

    fn sum_line(&self, what: &str, count: u64, bytes: i128) -> String {
        let (count_of, size_of) =
            (format!("total {what} count:"), format!("total {what} sum size:"));
        format!("{count_of:<20}{count:<20}\t{size_of:<23}{bytes}{}", self.human(bytes))
    }

    fn human(&self, bytes: i128) -> String {
        match self.human_readable {
            true => format!(" ({})", binary_size(bytes)),
            false => String::new(),
        }
    }

    fn total(&self, bytes: i128) -> String {
        match self.block_size {
            None => format!("total du size(byte):{bytes}"),
            Some(unit) => {
                let (name, shift) = match unit {
                    Unit::Kb => ("KB", 10),
                    Unit::Mb => ("MB", 20),
                    Unit::Gb => ("GB", 30),
                    Unit::Tb => ("TB", 40),
                };
                // Four decimals, rounded from the bytes.
                let scaled = (bytes * 10_000 + (1 << (shift - 1))) >> shift;
                format!("total du size({name}):{}.{:04}", scaled / 10_000, scaled % 10_000)
            }
        }
    }
}

/// Adds up objects, given as key, storage class and size.
async fn sum(
    objects: impl Stream<Item = std::result::Result<(String, Word, i64), ClientError>>,
    filters: &Filters,
) -> Result<BTreeMap<Word, Sum>> {
    let mut objects = pin!(objects);
    let mut classes: BTreeMap<Word, Sum> = BTreeMap::new();
    while let Some((key, class, size)) = objects.try_next().await? {
        if !filters.matches(&key) {
            continue;
        }
        let sum = match classes.get_mut(&class) {
            Some(sum) => sum,
            None => classes.entry(class).or_default(),
        };
        sum.objects += 1;
        sum.bytes += i128::from(size);
    }
    Ok(classes)
}

/// A sum as a field of a record.
fn field(bytes: i128) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn row([class, count, size]: [&str; 3]) -> String {
    format!("{class:<14}\t{count:<20}\t{size:<30}")
}
