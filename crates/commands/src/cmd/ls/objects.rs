//! `ls`: objects, or one level of them.

use std::pin::pin;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use ossutil_client::{
    listing::{self, Entry},
    protocol::operations::{ListObjects, Object},
};
use serde::Serialize;

use super::{List, PrefixRecord};
use crate::{
    context::Context,
    display::{escape, object_url, pad, push_local_time, push_object_url, push_right},
    error::Result,
    output::Record,
};

const HEADING: &str = "LastModifiedTime                   Size(B)  StorageClass   \
                       ETAG                                  ObjectName";

#[derive(Default, Serialize)]
struct ObjectRecord<'a> {
    bucket: &'a str,
    key: &'a str,
    bytes: i64,
    last_modified: Option<Timestamp>,
    storage_class: &'a str,
    etag: &'a str,
}

impl Record for ObjectRecord<'_> {
    const LIST: &'static str = "objects";
    const ITEM: &'static str = "object";
}

impl List<'_> {
    pub(super) async fn objects(&self, context: &mut Context<'_>, left: &mut u64) -> Result<()> {
        let first = ListObjects {
            bucket: self.url.bucket.clone(),
            prefix: self.url.key.clone(),
            marker: self.arguments.decoded(&self.arguments.marker)?,
            delimiter: self.delimiter(),
            max_keys: Some(1000),
        };
        let mut entries = pin!(listing::entries(&self.client, first));
        context.printer.list::<ObjectRecord<'_>>()?;
        let is_short = self.arguments.short_format || self.arguments.directory;
        let (filters, now) = (self.filters.of_objects(), self.client.now());
        let (mut count, mut line) = (0, String::new());
        while *left > 0 {
            let Some(entry) = entries.try_next().await? else { break };
            let bucket = &*self.url.bucket;
            let is_first = count == 0 && !is_short;
            match &entry {
                Entry::Item(object) if filters.matches(object, now) => {
                    if is_first {
                        context.printer.line(HEADING)?;
                    }
                    let record = ObjectRecord {
                        bucket,
                        key: &object.key,
                        bytes: object.size,
                        last_modified: object.last_modified,
                        storage_class: &object.storage_class,
                        etag: object.etag.trim_matches('"'),
                    };
                    context.printer.record(&record, |out| {
                        line.clear();
                        self.push_object_row(&mut line, object, is_short);
                        out.write_all(line.as_bytes())
                    })?;
                }
                Entry::CommonPrefix(prefix) if filters.matches_name(prefix) => {
                    let record = PrefixRecord { bucket, prefix };
                    let line = object_url(bucket, prefix);
                    context.printer.record(&record, |out| writeln!(out, "{line}"))?;
                }
                _ => continue,
            }
            count += 1;
            *left -= 1;
        }
        Ok(context.printer.line(self.object_count(count))?)
    }

    fn push_object_row(&self, line: &mut String, object: &Object, is_short: bool) {
        use std::fmt::Write;
        if !is_short {
            push_local_time(line, object.last_modified, &self.zone);
            pad(line, 0, 30);
            let _ = write!(line, "{:>12}  ", object.size);
            push_right(line, &object.storage_class, 12);
            line.push_str("   ");
            let start = line.len();
            line.push_str(&escape(object.etag.trim_matches('"')));
            pad(line, start, 36);
            line.push_str("  ");
        }
        push_object_url(line, &self.url.bucket, &object.key);
        line.push('\n');
    }
}
