//! The removal of a bucket, for the commands that do it.

use ossutil_client::{Client, protocol::operations::DeleteBucket};
use serde_json::json;

use crate::{
    context::Context,
    error::{Error, Result},
};

/// Asks, unless `is_forced`, and removes a bucket, which must be empty.
pub(crate) async fn remove(
    context: &mut Context<'_>,
    client: &Client,
    bucket: &str,
    is_forced: bool,
) -> Result<()> {
    let question = format!("Do you really mean to remove the Bucket: {bucket}(y or N)? ");
    if !is_forced && !context.confirm(&question).await? {
        return Err(Error::canceled());
    }
    match client.send(&DeleteBucket { bucket: bucket.to_owned() }).await {
        Ok(()) => Ok(context.printer.fact(
            "bucket",
            &json!({"name": bucket, "outcome": "removed"}),
            |out| writeln!(out, "Removed Bucket: {bucket}"),
        )?),
        Err(error) => {
            if error.has_code("BucketNotEmpty") {
                let line = "\nWhether new objects were uploaded during the deletion?\n";
                context.printer.line(line)?;
            }
            Err(error.into())
        }
    }
}
