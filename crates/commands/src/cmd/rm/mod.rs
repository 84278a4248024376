//! `rm`: removes objects, versions, unfinished uploads, and buckets.

mod objects;
mod tally;
mod uploads;

use clap::Args;
use ossutil_client::Client;

use self::tally::Tally;
use crate::{
    bucket_removal,
    cloud_url::CloudUrl,
    context::Context,
    error::{Error, Result},
    exit::Status,
    options::{Jobs, NameEncoding, RequestPayer},
    registry::Command,
    uploads::{UploadFilterArgs, UploadFilters},
};

/// Remove objects, their versions, unfinished multipart uploads, or buckets
///
/// With -r what is removed is what the listing shows that the run begins with: an object that is
/// written meanwhile stays, unless it replaces one that was listed.
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket/object, with -r oss://bucket[/prefix], with -b oss://bucket
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// Remove every object whose key begins with the prefix
    #[arg(short, long)]
    recursive: bool,
    /// Remove unfinished multipart uploads in place of objects
    #[arg(short, long)]
    multipart: bool,
    /// Remove objects, then unfinished multipart uploads
    #[arg(short, long)]
    all_type: bool,
    /// Remove the bucket; with -r its contents before
    #[arg(short, long)]
    bucket: bool,
    /// Do not ask
    #[arg(short, long)]
    force: bool,
    /// Show what would be removed, and remove nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Remove this version of the object for good
    #[arg(long, value_name = "ID")]
    version_id: Option<String>,
    /// Remove all versions for good, delete markers too
    #[arg(long)]
    all_versions: bool,
    #[command(flatten)]
    filters: UploadFilterArgs,
    #[command(flatten)]
    jobs: Jobs,
    #[command(flatten)]
    encoding: NameEncoding,
    #[command(flatten)]
    payer: RequestPayer,
}

impl Command for Arguments {
    const NAME: &'static str = "rm";
    const ALIASES: &'static [&'static str] = &["del", "remove"];
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil rm oss://bucket/video.mp4", "one object"),
        ("ossutil rm -r -n oss://bucket/videos/", "shows what would go, and removes nothing"),
        ("ossutil rm -r -f oss://bucket/videos/ --include '*.tmp'", "those of some names only"),
        ("ossutil rm -r -f oss://bucket/logs/ --older-than 30d", "what is a month old"),
        ("ossutil rm -m oss://bucket/video.mp4", "all unfinished uploads of one key"),
        ("ossutil rm -m -r -f oss://bucket/videos/", "all below a prefix, without asking"),
        ("ossutil rm --all-versions oss://bucket/video.mp4", "every version of one object"),
        ("ossutil rm -a -r -b -f oss://bucket", "the bucket and all that is in it"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let url = CloudUrl::parse(&self.url, self.encoding.is_url())?;
        self.check(&url)?;
        let filters = self.filters.check()?;
        if !filters.is_empty() && !self.recursive {
            return Err(Error::usage("--include or --exclude only work with --recursive")
                .hint("and so do the other filters"));
        }
        let payer = self.payer.payer.as_deref();
        let (client, url) = context.open(&self.url, &self.encoding, payer)?;
        if self.recursive && !self.force && !self.dry_run {
            let what = match (self.multipart, self.all_type) {
                (_, true) => "objects and multipart uploadIds",
                (true, false) => "multipart uploadIds",
                (false, false) => "objects",
            };
            let question = format!(
                "Do you really mean to remove recursively {what} of {}(y or N)? ",
                self.url
            );
            if !context.confirm(&question).await? {
                return Err(Error::canceled());
            }
        }
        let (has_objects, has_uploads) =
            (!self.multipart || self.all_type, self.multipart || self.all_type);
        let tally = Tally { has_objects, has_uploads, ..Tally::default() };
        let removal = Removal { arguments: &self, client, url, filters, tally };
        if self.recursive || !removal.url.key.is_empty() {
            removal.run(context).await?;
        }
        match self.bucket {
            true => removal.remove_bucket(context).await,
            false => Ok(()),
        }
    }
}

impl Arguments {
    /// Refuses what cannot be meant.
    fn check(&self, url: &CloudUrl) -> Result<()> {
        let has_type = self.multipart || self.all_type;
        let message = match (url.key.is_empty(), self.bucket) {
            (true, false) if !self.recursive => format!(
                "remove bucket, miss --bucket option, if you mean remove object, invalid url: {}, \
                 miss object",
                self.url
            ),
            (true, true) if !self.recursive && has_type => "remove bucket redundant option: \
                 --multipart or --all-type, if you mean remove all objects and the bucket \
                 meanwhile, you should add --recursive option"
                .to_owned(),
            (false, true) if !self.recursive && has_type => "remove object redundant option: \
                 --bucket, remove bucket after remove single object is not supported"
                .to_owned(),
            (false, true) if !self.recursive => format!(
                "remove bucket invalid url: {}, object not empty, if you mean remove object, you \
                 should not use --bucket option",
                self.url
            ),
            _ if self.version_id.is_some() && self.recursive => {
                format!("remove objects: {}, do not support --version-id", self.url)
            }
            _ if self.version_id.is_some() && self.all_versions => format!(
                "remove object: {}, do not support --version-id and --all-versions at the same \
                 time.",
                self.url
            ),
            _ if self.version_id.as_deref() == Some("") => "the version id is empty".to_owned(),
            _ if (self.version_id.is_some() || self.all_versions)
                && self.multipart
                && !self.all_type =>
            {
                "unfinished uploads have no versions".to_owned()
            }
            _ if self.filters.are_for_uploads() && !has_type => {
                "objects have no parts to choose them by".to_owned()
            }
            _ => return Ok(()),
        };
        Err(Error::usage(message).hint(match (url.key.is_empty(), self.bucket) {
            (true, false) => "-r removes what is in the bucket, -b the bucket itself",
            _ => "`ossutil rm --help` has examples",
        }))
    }
}

/// A removal as it goes on.
struct Removal<'a> {
    arguments: &'a Arguments,
    client: Client,
    url: CloudUrl,
    filters: UploadFilters,
    tally: Tally,
}

impl Removal<'_> {
    /// Removes what is in the bucket and says what was.
    async fn run(&self, context: &mut Context<'_>) -> Result<()> {
        let stop = context.interrupts.handle();
        let mut result = Ok(());
        if self.tally.has_objects {
            result = self.objects(context, &stop).await;
        }
        if self.tally.has_uploads && result.is_ok() && !stop.is_requested() {
            result = self.uploads(context, &stop).await;
        }
        if result.as_ref().is_err_and(|error| error.is_broken_pipe) {
            return result;
        }
        if result.is_ok() && stop.is_requested() {
            result = Err(Error::interrupted());
        }
        self.summarize(context, result.is_ok())?;
        context.printer.complete();
        match result {
            Err(error) if error.status != Status::Interrupted && self.tally.removed() > 0 => {
                Err(error.partial())
            }
            Ok(()) if self.tally.failed() > 0 => Err(Error::reported(match self.tally.removed() {
                0 => Status::Refused,
                _ => Status::Partial,
            })),
            result => result,
        }
    }

    /// Whether it is about one object, whose error says all.
    fn is_single(&self) -> bool {
        !(self.arguments.recursive || self.arguments.all_versions || self.tally.has_uploads)
    }

    fn summarize(&self, context: &mut Context<'_>, is_done: bool) -> Result<()> {
        let tally = &self.tally;
        let is_single = self.is_single();
        let is_dry = self.arguments.dry_run;
        Ok(context.printer.fact("totals", tally, |out| match is_done && tally.failed() == 0 {
            _ if is_dry && is_done => {
                writeln!(out, "Dry run: {} would be removed.", tally.all_found())
            }
            true => writeln!(out, "Succeed: {tally}"),
            false if is_single => Ok(()),
            false => writeln!(out, "{tally} when error happens."),
        })?)
    }

    async fn remove_bucket(&self, context: &mut Context<'_>) -> Result<()> {
        let bucket = &self.url.bucket;
        if self.arguments.dry_run {
            let line = format!("Dry run: the bucket {bucket} would be removed.");
            return Ok(context.printer.line(line)?);
        }
        let removed = bucket_removal::remove(context, &self.client, bucket, self.arguments.force);
        removed.await.map_err(|error| match self.tally.removed() > 0 {
            true if error.status != Status::Interrupted => error.partial(),
            _ => error,
        })
    }
}
