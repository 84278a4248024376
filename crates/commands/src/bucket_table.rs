//! Buckets as a table.

use jiff::{Timestamp, tz::TimeZone};
use ossutil_client::protocol::operations::Bucket;
use serde::Serialize;

use crate::{
    display::{escape, local_time},
    error::Result,
    output::{Printer, Record},
};

/// The table as it is printed; also what programs get of it.
pub(crate) struct BucketTable {
    zone: TimeZone,
    /// Whether there are names only.
    is_short: bool,
    count: u64,
}

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

impl BucketTable {
    /// A table without rows, whose times are in `zone`.
    pub(crate) fn new(printer: &mut Printer, zone: TimeZone, is_short: bool) -> Result<Self> {
        printer.list::<BucketRecord<'_>>()?;
        Ok(Self { zone, is_short, count: 0 })
    }

    /// How many rows there are.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Adds a row, under a heading if it is the first.
    pub(crate) fn print(&mut self, printer: &mut Printer, bucket: &Bucket) -> Result<()> {
        self.count += 1;
        if self.count == 1 && !self.is_short {
            printer.line(row("CreationTime", "Region", "StorageClass", "BucketName"))?;
        }
        let record = BucketRecord {
            name: &bucket.name,
            region: &bucket.location,
            storage_class: &bucket.storage_class,
            created: bucket.creation_date,
        };
        Ok(printer.record(&record, |out| {
            let name = format!("oss://{}", escape(&bucket.name));
            if self.is_short {
                return writeln!(out, "{name}");
            }
            let time = local_time(bucket.creation_date, &self.zone);
            writeln!(out, "{}", row(&time, &bucket.location, &bucket.storage_class, &name))
        })?)
    }
}

fn row(time: &str, region: &str, class: &str, name: &str) -> String {
    format!("{time:<30} {region:>20}    {class:>12}    {name}")
}
