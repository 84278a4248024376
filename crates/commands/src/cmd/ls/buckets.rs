//! `ls`: the buckets of the account.

use std::pin::pin;

use futures_util::TryStreamExt;
use ossutil_client::{listing, protocol::operations::ListBuckets};

use super::Arguments;
use crate::{
    bucket_table::BucketTable,
    context::Context,
    error::{Error, Result},
};

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
        let mut table = BucketTable::new(&mut context.printer, zone, self.short_format)?;
        while table.count() < limit {
            let Some(bucket) = buckets.try_next().await? else { break };
            table.print(&mut context.printer, &bucket)?;
        }
        Ok(context.printer.line(format_args!("Bucket Number is: {}", table.count()))?)
    }
}
