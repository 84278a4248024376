//! `ls`: the buckets of the account.

use std::pin::pin;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use ossutil_client::{listing, protocol::operations::ListBuckets};
use serde::Serialize;

use super::Arguments;
use crate::{
    context::Context,
    display::{escape, local_time},
    error::{Error, Result},
    output::Record,
};

#[derive(Default, Serialize)]
struct BucketRecord<'a> {
    name: &'a str,
    region: &'a str,
    storage_class: &'a str,
    created: Option<Timestamp>,
}

impl Record for BucketRecord<'_> {
    const LIST: &'static str = "buckets";
    const ITEM: &'static str = "bucket";
}

impl Arguments {
    pub(super) async fn list_buckets(&self, context: &mut Context<'_>, limit: u64) -> Result<()> {
        if self.directory {
            let message = "ListBucket does not support option: \"directory\"";
            return Err(Error::usage(message).hint("name a bucket to list one level of it"));
        }
        let client = context.service(self.payer.payer.as_deref())?;
        let zone = context.zone();
        let first = ListBuckets { marker: self.decoded(&self.marker)?, ..ListBuckets::default() };
        let mut buckets = pin!(listing::entries(&client, first));
        context.printer.list::<BucketRecord<'_>>()?;
        let mut count = 0;
        while count < limit {
            let Some(bucket) = buckets.try_next().await? else { break };
            count += 1;
            if count == 1 && !self.short_format {
                let heading = row("CreationTime", "Region", "StorageClass", "BucketName");
                context.printer.line(heading)?;
            }
            let record = BucketRecord {
                name: &bucket.name,
                region: &bucket.location,
                storage_class: &bucket.storage_class,
                created: bucket.creation_date,
            };
            context.printer.record(&record, |out| {
                let name = format!("oss://{}", escape(&bucket.name));
                if self.short_format {
                    return writeln!(out, "{name}");
                }
                let time = local_time(bucket.creation_date, &zone);
                writeln!(out, "{}", row(&time, &bucket.location, &bucket.storage_class, &name))
            })?;
        }
        Ok(context.printer.line(format_args!("Bucket Number is: {count}"))?)
    }
}

fn row(time: &str, region: &str, class: &str, name: &str) -> String {
    format!("{time:<30} {region:>20}    {class:>12}    {name}")
}
