//! `ls`: buckets, objects, versions, and unfinished uploads.

use std::pin::pin;

use clap::Args;
use futures_util::TryStreamExt;
use jiff::tz::TimeZone;
use ossutil_client::{
    Client,
    listing::{self, Entry, Mode},
    protocol::operations::{
        ListBuckets, ListMultipartUploads, ListObjectVersions, ListObjects, Object, Upload,
        VersionEntry,
    },
};

use crate::{
    cloud_url::{CloudUrl, decode_argument},
    context::Context,
    display::{escape, local_time, object_url},
    error::{Error, Result},
    filter::{FilterArgs, Filters},
    options::{ListingMode, NameEncoding, RequestPayer},
    registry::Command,
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
    /// Print entries as they arrive, in no order
    #[arg(long)]
    unordered: bool,
    #[command(flatten)]
    listing: ListingMode,
    #[command(flatten)]
    encoding: NameEncoding,
    #[command(flatten)]
    payer: RequestPayer,
    #[command(flatten)]
    filters: FilterArgs,
}

impl Command for Arguments {
    const NAME: &'static str = "ls";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil ls", "the buckets of the account"),
        ("ossutil ls oss://bucket/videos/ -d", "one level of a folder"),
        ("ossutil ls -m oss://bucket", "unfinished uploads: when they began, their ids and keys"),
        ("ossutil ls -m oss://bucket --include '*.mp4'", "those of some names only"),
        ("ossutil ls -m oss://bucket | ossutil listpart -", "the parts of each of them"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let url = CloudUrl::parse(self.url.as_deref().unwrap_or("oss://"), self.is_encoded())?;
        let filters = self.filters.check()?;
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
            list.uploads(context, &mut left).await?;
        }
        Ok(())
    }
}

impl Arguments {
    fn is_encoded(&self) -> bool {
        self.encoding.is_url()
    }

    /// A marker as it was before it was typed.
    fn decoded(&self, marker: &str) -> Result<String> {
        match self.is_encoded() {
            true => decode_argument(marker).map_err(Error::usage),
            false => Ok(marker.to_owned()),
        }
    }

    async fn list_buckets(&self, context: &mut Context<'_>, limit: u64) -> Result<()> {
        if self.directory {
            let message = "ListBucket does not support option: \"directory\"";
            return Err(Error::usage(message).hint("name a bucket to list one level of it"));
        }
        let client = context.service(self.payer.payer.as_deref())?;
        let zone = context.zone();
        let first = ListBuckets { marker: self.decoded(&self.marker)?, ..ListBuckets::default() };
        let mut buckets = pin!(listing::entries(&client, first));
        let mut count = 0;
        while count < limit {
            let Some(bucket) = buckets.try_next().await? else { break };
            count += 1;
            let name = format!("oss://{}", escape(&bucket.name));
            if self.short_format {
                context.printer.line(name)?;
                continue;
            }
            let row = |time: &str, region: &str, class: &str, name: &str| {
                format!("{time:<30} {region:>20}    {class:>12}    {name}")
            };
            if count == 1 {
                context.printer.line(row(
                    "CreationTime",
                    "Region",
                    "StorageClass",
                    "BucketName",
                ))?;
            }
            let time = local_time(bucket.creation_date, &zone);
            context.printer.line(row(&time, &bucket.location, &bucket.storage_class, &name))?;
        }
        Ok(context.printer.line(format_args!("Bucket Number is: {count}"))?)
    }
}

/// A listing of one bucket.
struct List<'a> {
    arguments: &'a Arguments,
    client: Client,
    url: CloudUrl,
    filters: Filters,
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

    async fn objects(&self, context: &mut Context<'_>, left: &mut u64) -> Result<()> {
        let first = ListObjects {
            bucket: self.url.bucket.clone(),
            prefix: self.url.key.clone(),
            marker: self.arguments.decoded(&self.arguments.marker)?,
            delimiter: self.delimiter(),
            max_keys: Some(1000),
        };
        let mut entries = pin!(listing::entries(&self.client, first));
        let is_short = self.arguments.short_format || self.arguments.directory;
        let mut count = 0;
        while *left > 0 {
            let Some(entry) = entries.try_next().await? else { break };
            let name = match &entry {
                Entry::Item(object) => &object.key,
                Entry::CommonPrefix(prefix) => prefix,
            };
            if !self.filters.matches(name) {
                continue;
            }
            let url = object_url(&self.url.bucket, name);
            match &entry {
                Entry::Item(object) if !is_short => {
                    if count == 0 {
                        context.printer.line(OBJECT_HEADING)?;
                    }
                    context.printer.line(self.object_row(object, &url))?;
                }
                _ => context.printer.line(url)?,
            }
            count += 1;
            *left -= 1;
        }
        Ok(context.printer.line(self.object_count(count))?)
    }

    fn object_row(&self, object: &Object, url: &str) -> String {
        let time = local_time(object.last_modified, &self.zone);
        let etag = escape(object.etag.trim_matches('"')).into_owned();
        let class = &object.storage_class;
        format!("{time:<30}{:>12}  {class:>12}   {etag:<36}  {url}", object.size)
    }

    async fn versions(&self, context: &mut Context<'_>, left: &mut u64) -> Result<()> {
        let first = ListObjectVersions {
            bucket: self.url.bucket.clone(),
            prefix: self.url.key.clone(),
            delimiter: self.delimiter(),
            key_marker: self.arguments.decoded(&self.arguments.marker)?,
            version_id_marker: self.arguments.version_id_marker.clone(),
            max_keys: Some(1000),
        };
        let mut entries = pin!(listing::entries(&self.client, first));
        let mut count = 0;
        while *left > 0 {
            let Some(entry) = entries.try_next().await? else { break };
            let name = match &entry {
                Entry::Item(version) => &version.key,
                Entry::CommonPrefix(prefix) => prefix,
            };
            if !self.filters.matches(name) {
                continue;
            }
            if count == 0 {
                context.printer.line(self.version_line("COMMON-PREFIX", VERSION_HEADING))?;
            }
            let url = object_url(&self.url.bucket, name);
            let line = match &entry {
                Entry::Item(version) => {
                    self.version_line("false", &self.version_row(version, &url))
                }
                Entry::CommonPrefix(_) => {
                    let blank = version_row("", "", "", "", "", "", "", &url);
                    self.version_line("true", &blank)
                }
            };
            context.printer.line(line)?;
            count += 1;
            *left -= 1;
        }
        Ok(context.printer.line(self.object_count(count))?)
    }

    /// With `-d` a column in front says what is a directory.
    fn version_line(&self, is_prefix: &str, rest: &str) -> String {
        match self.arguments.directory {
            true => format!("{is_prefix:<13}  {rest}"),
            false => rest.to_owned(),
        }
    }

    fn version_row(&self, version: &VersionEntry, url: &str) -> String {
        version_row(
            &local_time(version.last_modified, &self.zone),
            &version.size.to_string(),
            &version.storage_class,
            &escape(version.etag.trim_matches('"')),
            &escape(&version.version_id),
            &version.is_latest.to_string(),
            &version.is_delete_marker.to_string(),
            url,
        )
    }

    async fn uploads(&self, context: &mut Context<'_>, left: &mut u64) -> Result<()> {
        let first = ListMultipartUploads {
            bucket: self.url.bucket.clone(),
            prefix: self.url.key.clone(),
            delimiter: self.delimiter(),
            key_marker: self.arguments.decoded(&self.arguments.marker)?,
            upload_id_marker: self.arguments.decoded(&self.arguments.upload_id_marker)?,
            max_uploads: Some(1000),
        };
        let mut entries = pin!(listing::entries(&self.client, first));
        let (mut uploads, mut directories) = (0_u64, 0_u64);
        while *left > 0 {
            let Some(entry) = entries.try_next().await? else { break };
            let (name, upload) = match entry {
                Entry::Item(upload) => (upload.key.clone(), Some(upload)),
                Entry::CommonPrefix(prefix) => (prefix, None),
            };
            if !self.filters.matches(&name) {
                continue;
            }
            if uploads + directories == 0 {
                context.printer.line(self.upload_row("InitiatedTime", "UploadID", "ObjectName"))?;
            }
            let url = object_url(&self.url.bucket, &name);
            context.printer.line(self.upload_line(upload.as_ref(), &url))?;
            *if upload.is_some() { &mut uploads } else { &mut directories } += 1;
            *left -= 1;
        }
        context.printer.line(format_args!("UploadID Number is: {uploads}"))?;
        if directories > 0 {
            context.printer.line(format_args!("Directory Number is: {directories}"))?;
        }
        Ok(())
    }

    fn upload_line(&self, upload: Option<&Upload>, url: &str) -> String {
        match upload {
            Some(upload) => {
                let time = local_time(upload.initiated, &self.zone);
                self.upload_row(&time, &escape(&upload.upload_id), url)
            }
            None => self.upload_row("", "", url),
        }
    }

    fn upload_row(&self, time: &str, upload_id: &str, name: &str) -> String {
        match self.arguments.short_format || self.arguments.directory {
            true => format!("{upload_id:<32}    {name}"),
            false => format!("{time:<30}    {upload_id:<32}    {name}"),
        }
    }
}

const OBJECT_HEADING: &str = "LastModifiedTime                   Size(B)  StorageClass   \
                              ETAG                                  ObjectName";

const VERSION_HEADING: &str = "LastModifiedTime                   Size(B)  StorageClass  \
                               ETAG                                  \
                               VERSIONID                                                           \
                               IS-LATEST   DELETE-MARKER  ObjectName";

#[expect(clippy::too_many_arguments, reason = "the columns of one row")]
fn version_row(
    time: &str,
    size: &str,
    class: &str,
    etag: &str,
    version_id: &str,
    is_latest: &str,
    is_delete_marker: &str,
    url: &str,
) -> String {
    format!(
        "{time:<30}{size:>12}  {class:>12}  {etag:<36}  {version_id:<66}  {is_latest:<10}  \
         {is_delete_marker:<13}  {url}"
    )
}
