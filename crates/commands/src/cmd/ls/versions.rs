//! `ls --all-versions`: every version of objects, and the markers of deleted ones.

use std::pin::pin;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use ossutil_client::{
    listing::{self, Entry},
    protocol::operations::{ListObjectVersions, VersionEntry},
};
use serde::Serialize;

use super::{List, PrefixRecord};
use crate::{
    context::Context,
    display::{escape, local_time, object_url},
    error::Result,
    output::Record,
};

const HEADING: &str = "LastModifiedTime                   Size(B)  StorageClass  \
                       ETAG                                  \
                       VERSIONID                                                           \
                       IS-LATEST   DELETE-MARKER  ObjectName";

#[derive(Default, Serialize)]
struct VersionRecord<'a> {
    bucket: &'a str,
    key: &'a str,
    version_id: &'a str,
    is_latest: bool,
    is_delete_marker: bool,
    bytes: i64,
    last_modified: Option<Timestamp>,
    storage_class: &'a str,
    etag: &'a str,
}

impl Record for VersionRecord<'_> {
    const LIST: &'static str = "versions";
    const ITEM: &'static str = "version";
}

impl List<'_> {
    pub(super) async fn versions(&self, context: &mut Context<'_>, left: &mut u64) -> Result<()> {
        let first = ListObjectVersions {
            bucket: self.url.bucket.clone(),
            prefix: self.url.key.clone(),
            delimiter: self.delimiter(),
            key_marker: self.arguments.decoded(&self.arguments.marker)?,
            version_id_marker: self.arguments.version_id_marker.clone(),
            max_keys: Some(1000),
        };
        let mut entries = pin!(listing::entries(&self.client, first));
        context.printer.list::<VersionRecord<'_>>()?;
        let (filters, now) = (self.filters.of_objects(), self.client.now());
        let mut count = 0;
        while *left > 0 {
            let Some(entry) = entries.try_next().await? else { break };
            let (name, is_chosen) = match &entry {
                Entry::Item(version) => (&version.key, filters.matches_version(version, now)),
                Entry::CommonPrefix(prefix) => (prefix, filters.matches_name(prefix)),
            };
            if !is_chosen {
                continue;
            }
            if count == 0 {
                context.printer.line(self.version_line("COMMON-PREFIX", HEADING))?;
            }
            let bucket = &*self.url.bucket;
            let url = object_url(bucket, name);
            match &entry {
                Entry::Item(version) => {
                    let line = || self.version_line("false", &self.version_row(version, &url));
                    let record = record(bucket, version);
                    context.printer.record(&record, |out| writeln!(out, "{}", line()))?;
                }
                Entry::CommonPrefix(prefix) => {
                    let blank = row("", "", "", "", "", "", "", &url);
                    let line = self.version_line("true", &blank);
                    let record = PrefixRecord { bucket, prefix };
                    context.printer.record(&record, |out| writeln!(out, "{line}"))?;
                }
            }
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
        row(
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
}

fn record<'a>(bucket: &'a str, version: &'a VersionEntry) -> VersionRecord<'a> {
    VersionRecord {
        bucket,
        key: &version.key,
        version_id: &version.version_id,
        is_latest: version.is_latest,
        is_delete_marker: version.is_delete_marker,
        bytes: version.size,
        last_modified: version.last_modified,
        storage_class: &version.storage_class,
        etag: version.etag.trim_matches('"'),
    }
}

#[expect(clippy::too_many_arguments, reason = "the columns of one row")]
fn row(
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
