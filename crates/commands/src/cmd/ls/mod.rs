//! `ls`: buckets, objects, versions, and unfinished uploads.

mod buckets;
mod objects;
mod summary;
mod uploads;
mod versions;

use clap::{Args, ValueEnum};
use jiff::{Timestamp, tz::TimeZone};
use ossutil_client::{Client, listing::Mode};
use serde::Serialize;

use crate::{
    cloud_url::{CloudUrl, decode_argument},
    context::Context,
    error::{Error, Result},
    options::{Jobs, ListingMode, NameEncoding, RequestPayer},
    output::Record,
    registry::Command,
    uploads::{Held, UploadFilterArgs, UploadFilters},
};

/// List buckets, objects, or unfinished multipart uploads
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket[/prefix]; without it the buckets are listed
    #[arg(value_name = "CLOUD_URL")]
    url: Option<String>,
    /// List unfinished multipart uploads in place of objects
    #[arg(short, long)]
    multipart: bool,
    /// List objects, then unfinished multipart uploads
    #[arg(short, long)]
    all_type: bool,
    /// List all versions of objects
    #[arg(long)]
    all_versions: bool,
    /// Print names only (of uploads: ids and names)
    #[arg(short, long)]
    short_format: bool,
    /// List one level only, as if `/` made directories
    #[arg(short, long)]
    directory: bool,
    /// Stop after this many entries
    #[arg(long, value_name = "N")]
    limited_num: Option<u64>,
    /// Begin behind this bucket or key
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    marker: String,
    /// With --marker: begin behind this upload of that key
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    upload_id_marker: String,
    /// With --marker: begin behind this version of that key
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    version_id_marker: String,
    /// With -m: show how many parts each upload has, their size, and when the last one arrived
    #[arg(long)]
    parts: bool,
    /// With -m: order the uploads, the largest, oldest or longest idle first
    #[arg(long, value_name = "BY")]
    sort: Option<Sort>,
    /// With -m: only the first uploads of that order (by size unless --sort says otherwise)
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// With -m: one line for each folder, this many levels below the prefix
    #[arg(long, value_name = "DEPTH", num_args = 0..=1, require_equals = true,
          default_missing_value = "1")]
    summary: Option<usize>,
    /// Print entries as they arrive, in no order
    #[arg(long)]
    unordered: bool,
    #[command(flatten)]
    filters: UploadFilterArgs,
    #[command(flatten)]
    jobs: Jobs,
    #[command(flatten)]
    listing: ListingMode,
    #[command(flatten)]
    encoding: NameEncoding,
    #[command(flatten)]
    payer: RequestPayer,
}

/// What uploads are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Sort {
    /// The largest first.
    Size,
    /// The oldest first.
    Age,
    /// The longest idle first.
    Idle,
    /// By key, the order of the service.
    Key,
    /// The one with most parts first.
    Parts,
}

impl Sort {
    /// Its place: what comes first is less, and what is not known comes last.
    fn rank(
        self,
        held: &Held,
        initiated: Option<Timestamp>,
        last_activity: Option<Timestamp>,
    ) -> i128 {
        let time = |time: Option<Timestamp>| time.map_or(i128::MAX, Timestamp::as_nanosecond);
        match self {
            Self::Key => 0,
            Self::Size => -held.bytes,
            Self::Parts => -i128::from(held.parts),
            Self::Age => time(initiated),
            Self::Idle => time(last_activity),
        }
    }
}

impl Command for Arguments {
    const NAME: &'static str = "ls";
    const ALIASES: &'static [&'static str] = &["list"];
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil ls", "the buckets of the account"),
        ("ossutil ls oss://bucket/videos/ -d", "one level of a folder"),
        ("ossutil ls -m oss://bucket", "unfinished uploads: when they began, their ids and keys"),
        ("ossutil ls -m --parts oss://bucket", "with their sizes, and how long they are idle"),
        ("ossutil ls -m --top 10 oss://bucket", "the ten largest"),
        ("ossutil ls -m --idle 7d oss://bucket", "those that nothing happened to for a week"),
        ("ossutil ls -m --summary oss://bucket", "what they add up to, folder by folder"),
        ("ossutil ls -m oss://bucket --include '*.mp4'", "those of some names only"),
        ("ossutil ls -m oss://bucket | ossutil listpart -", "the parts of each of them"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let url = CloudUrl::parse(self.url.as_deref().unwrap_or("oss://"), self.is_encoded())?;
        let filters = self.filters.check()?;
        self.check()?;
        let mut left = self.limited_num.unwrap_or(u64::MAX);
        if url.bucket.is_empty() {
            return self.list_buckets(context, left).await;
        }
        // Credentials come before the name: without them nothing can be said about it.
        let client = context.bucket(&url.bucket, self.payer.payer.as_deref())?;
        let client =
            client.with_listing(Mode { is_ordered: !self.unordered, ..self.listing.mode() });
        let url =
            CloudUrl::parse_bucket(self.url.as_deref().unwrap_or_default(), self.is_encoded())?;
        let list = List { arguments: &self, client, url, filters, zone: context.zone() };
        if !self.multipart || self.all_type {
            match self.all_versions {
                true => list.versions(context, &mut left).await?,
                false => list.objects(context, &mut left).await?,
            }
        }
        if self.multipart || self.all_type {
            match self.summary {
                Some(depth) => list.summary(context, depth).await?,
                None => list.uploads(context, &mut left).await?,
            }
        }
        Ok(())
    }
}

impl Arguments {
    fn is_encoded(&self) -> bool {
        self.encoding.is_url()
    }

    /// Refuses options that would be without effect: who gives them expects one.
    fn check(&self) -> Result<()> {
        let is_of_uploads = self.parts
            || self.sort.is_some()
            || self.top.is_some()
            || self.summary.is_some()
            || self.filters.are_for_uploads();
        if is_of_uploads && !(self.multipart || self.all_type) {
            return Err(Error::usage("only unfinished uploads can be listed like that")
                .hint("add -m to list them in place of objects"));
        }
        if is_of_uploads && self.directory {
            return Err(Error::usage("-d shows folders, of which only the names are known")
                .hint("--summary shows what the uploads below each folder add up to"));
        }
        Ok(())
    }

    /// A marker as it was before it was typed.
    fn decoded(&self, marker: &str) -> Result<String> {
        match self.is_encoded() {
            true => decode_argument(marker).map_err(Error::usage),
            false => Ok(marker.to_owned()),
        }
    }
}

/// A listing of one bucket.
struct List<'a> {
    arguments: &'a Arguments,
    client: Client,
    url: CloudUrl,
    filters: UploadFilters,
    zone: TimeZone,
}

impl List<'_> {
    fn delimiter(&self) -> String {
        if self.arguments.directory { "/" } else { "" }.to_owned()
    }

    /// The line that ends a listing of objects.
    fn object_count(&self, count: u64) -> String {
        match self.arguments.directory {
            true => format!("Object and Directory Number is: {count}"),
            false => format!("Object Number is: {count}"),
        }
    }
}

/// What keys were rolled up to.
#[derive(Default, Serialize)]
struct PrefixRecord<'a> {
    bucket: &'a str,
    prefix: &'a str,
}

impl Record for PrefixRecord<'_> {
    const LIST: &'static str = "common_prefixes";
    const ITEM: &'static str = "common_prefix";
}
