//! `revert-versioning`: brings back deleted objects of a bucket that keeps versions.

use clap::Args;
use futures_util::TryStreamExt;
use jiff::Timestamp;
use ossutil_client::{
    Client, listing,
    protocol::operations::{ListObjectVersions, ObjectId, VersionEntry, VersionsPage},
};
use serde_json::json;

use crate::{
    cloud_url::CloudUrl,
    context::Context,
    display::{escape, object_url},
    error::{Error, Result},
    exit::Status,
    filter::{FilterArgs, Filters},
    objects::{OutcomeRecord, batch::each, deletion::delete_many},
    options::{Jobs, NameEncoding, RequestPayer},
    registry::Command,
};

/// Bring back deleted objects, by removing the delete markers that hide their latest versions
///
/// Only a bucket that keeps versions has delete markers. Objects that were removed for good, version
/// by version, are not brought back.
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket/object, with -r oss://bucket[/prefix]
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// Bring back every object whose key begins with the prefix
    #[arg(short, long)]
    recursive: bool,
    /// Only what was deleted at this time or later, in seconds since 1970
    #[arg(long, value_name = "SECONDS")]
    start_time: Option<i64>,
    /// Only what was deleted at this time or before
    #[arg(long, value_name = "SECONDS")]
    end_time: Option<i64>,
    /// Show what would be brought back, and change nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    filters: FilterArgs,
    #[command(flatten)]
    jobs: Jobs,
    #[command(flatten)]
    encoding: NameEncoding,
    #[command(flatten)]
    payer: RequestPayer,
}

impl Command for Arguments {
    const NAME: &'static str = "revert-versioning";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil revert-versioning oss://bucket/photo.jpg", "one object"),
        ("ossutil revert-versioning -r -n oss://bucket/photos/", "what would come back"),
        (
            "ossutil revert-versioning -r oss://bucket --start-time 1767225600",
            "what was deleted since the year 2026 began",
        ),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let filters = self.filters.check()?;
        self.check()?;
        let payer = self.payer.payer.as_deref();
        let (client, url) = context.open(&self.url, &self.encoding, payer)?;
        let revert = Revert { arguments: &self, client, url, filters };
        revert.run(context).await
    }
}

impl Arguments {
    fn check(&self) -> Result<()> {
        let key = CloudUrl::parse(&self.url, self.encoding.is_url())?.key;
        if key.is_empty() && !self.recursive {
            return Err(Error::usage("please input object key when option recursive is false")
                .hint("-r brings back every object whose key begins with the prefix"));
        }
        match (self.start_time, self.end_time) {
            (Some(start), Some(end)) if start > end => {
                Err(Error::usage(format!("start time {start} is larger than end time {end}"))
                    .hint("swap their values"))
            }
            _ => Ok(()),
        }
    }

    /// Whether something of this time was deleted in the time that is meant.
    fn is_in_time(&self, time: Option<Timestamp>) -> bool {
        let seconds = time.map(Timestamp::as_second);
        self.start_time.is_none_or(|start| seconds.is_some_and(|time| time >= start))
            && self.end_time.is_none_or(|end| seconds.is_some_and(|time| time <= end))
    }
}

struct Revert<'a> {
    arguments: &'a Arguments,
    client: Client,
    url: CloudUrl,
    filters: Filters,
}

/// What became of the markers.
#[derive(Default)]
struct Totals {
    reverted: u64,
    failed: u64,
    pages: u64,
}

impl Totals {
    fn text(&self) -> String {
        format!(
            "revert versioning object count is {}, batch list count is {}",
            self.reverted, self.pages
        )
    }
}

impl Revert<'_> {
    async fn run(&self, context: &mut Context<'_>) -> Result<()> {
        context.printer.list::<OutcomeRecord<'_>>()?;
        let stop = context.interrupts.handle();
        let first = ListObjectVersions {
            bucket: self.url.bucket.clone(),
            prefix: self.url.key.clone(),
            max_keys: Some(1000),
            ..ListObjectVersions::default()
        };
        let mut is_over = false;
        let pages = listing::pages(&self.client, first).try_take_while(|page| {
            let goes_on = !is_over;
            // Of the keys with this prefix the key itself comes first.
            let is_behind = |last: &VersionEntry| last.key != self.url.key;
            is_over = !self.arguments.recursive && page.entries.last().is_some_and(is_behind);
            std::future::ready(Ok(goes_on))
        });
        let mut totals = Totals::default();
        let revert = async |page: VersionsPage| self.revert(page).await;
        let jobs = self.arguments.jobs.get();
        let ended = each(pages, jobs, &stop, revert, |(markers, failures)| {
            totals.pages += 1;
            for (marker, failure) in markers.iter().zip(failures?) {
                self.add(context, &mut totals, marker, failure.as_deref())?;
            }
            Ok(context.printer.progress(&totals.text())?)
        })
        .await;
        if ended.as_ref().is_err_and(|error| error.is_broken_pipe) {
            return ended;
        }
        let ended = match ended {
            Ok(()) if stop.is_requested() => Err(Error::interrupted()),
            ended => ended,
        };
        self.summarize(context, &totals, ended)
    }

    fn summarize(
        &self,
        context: &mut Context<'_>,
        totals: &Totals,
        ended: Result<()>,
    ) -> Result<()> {
        let fact = json!({"reverted": totals.reverted, "failed": totals.failed});
        context.printer.fact("totals", &fact, |out| match (&ended, self.arguments.dry_run) {
            (Err(_), _) if totals.pages == 0 => Ok(()),
            (_, false) => writeln!(out, "{}", totals.text()),
            (_, true) => {
                writeln!(out, "Dry run: {} objects would be brought back.", totals.reverted)
            }
        })?;
        context.printer.complete();
        match ended {
            Err(error) if error.status != Status::Interrupted && totals.reverted > 0 => {
                Err(error.partial())
            }
            Ok(()) if totals.failed > 0 => Err(Error::reported(match totals.reverted {
                0 => Status::Refused,
                _ => Status::Partial,
            })),
            ended => ended,
        }
    }

    /// Removes the markers of a page that are meant.
    async fn revert(
        &self,
        page: VersionsPage,
    ) -> (Vec<ObjectId>, std::result::Result<Vec<Option<String>>, ossutil_client::Error>) {
        let markers = page.entries.into_iter().filter(|entry| self.is_meant(entry));
        let id = |marker: VersionEntry| ObjectId {
            key: marker.key,
            version_id: Some(marker.version_id),
        };
        let markers: Vec<ObjectId> = markers.map(id).collect();
        let failures = match markers.is_empty() || self.arguments.dry_run {
            true => Ok(vec![None; markers.len()]),
            false => delete_many(&self.client, &self.url.bucket, &markers).await,
        };
        (markers, failures)
    }

    fn is_meant(&self, entry: &VersionEntry) -> bool {
        entry.is_delete_marker
            && entry.is_latest
            && (self.arguments.recursive || entry.key == self.url.key)
            && self.filters.matches(&entry.key)
            && self.arguments.is_in_time(entry.last_modified)
    }

    /// Counts a marker and says what became of it.
    fn add(
        &self,
        context: &mut Context<'_>,
        totals: &mut Totals,
        marker: &ObjectId,
        failure: Option<&str>,
    ) -> Result<()> {
        let url = object_url(&self.url.bucket, &marker.key);
        let is_dry = self.arguments.dry_run;
        let outcome = match failure {
            Some(failure) => {
                totals.failed += 1;
                context.printer.say(format_args!("{url}: {}", escape(failure)));
                "failed"
            }
            None => {
                totals.reverted += 1;
                if is_dry { "would be brought back" } else { "brought back" }
            }
        };
        let record = OutcomeRecord {
            error: failure,
            ..OutcomeRecord::of(&self.url.bucket, marker, outcome)
        };
        Ok(context.printer.record(&record, |out| match is_dry {
            true => writeln!(out, "{url}: {outcome}"),
            false => Ok(()),
        })?)
    }
}
