//! `listpart`: which parts of an unfinished upload have arrived.

use std::pin::pin;

use clap::Args;
use futures_util::TryStreamExt;
use ossutil_client::{Client, Error as ClientError, listing, protocol::operations::Part};

use crate::{
    cloud_url::CloudUrl,
    context::Context,
    display::{escape, mebibytes, utc_time},
    error::{Error, Result},
    options::{ListingMode, NameEncoding},
    registry::Command,
    upload_ref::{UploadRef, parse_listing},
};

/// List the parts of an unfinished multipart upload
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket/object, or - for the uploads that `ossutil ls -m` printed
    #[arg(value_name = "CLOUD_URL")]
    url: Option<String>,
    /// The upload, as `ossutil ls -m` shows it
    #[arg(value_name = "UPLOADID")]
    upload_id: Option<String>,
    #[command(flatten)]
    listing: ListingMode,
    #[command(flatten)]
    encoding: NameEncoding,
}

/// How many parts, and how large together.
#[derive(Clone, Copy, Default)]
struct Total {
    parts: u64,
    bytes: i128,
}

impl Command for Arguments {
    const NAME: &'static str = "listpart";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil listpart oss://bucket/video.mp4 UPLOADID", "the parts of one upload"),
        ("ossutil ls -m oss://bucket | ossutil listpart -", "the parts of every upload"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        match (self.url.as_deref(), self.upload_id) {
            (Some("-"), None) => {
                let text = Context::read_stdin().await?;
                list_all(context, parse_listing(&text)?, &self.listing).await
            }
            (Some(url), Some(upload_id)) => {
                let is_encoded = self.encoding.is_url();
                CloudUrl::parse(url, is_encoded)?;
                let bucket = CloudUrl::parse(url, false)?.bucket;
                let client = context.bucket(&bucket, None)?.with_listing(self.listing.mode());
                let CloudUrl { bucket, key } = CloudUrl::parse_object(url, is_encoded)?;
                list(context, &client, &UploadRef { bucket, key, upload_id }).await??;
                Ok(())
            }
            _ => Err(Error::usage(
                "invalid usage of \"listpart\" command, reason: the command needs at least 2 \
                 arguments, please try \"help listpart\" for more information",
            )
            .hint("usage: ossutil listpart oss://bucket/object UPLOADID")
            .hint("`ossutil ls -m oss://bucket` shows the upload ids")),
        }
    }
}

/// Prints the parts of each upload under its name; one that ended meanwhile is said and passed.
async fn list_all(
    context: &mut Context<'_>,
    uploads: Vec<UploadRef>,
    listing: &ListingMode,
) -> Result<()> {
    let mut total = Total::default();
    let mut client: Option<(String, Client)> = None;
    let mut count = 0;
    for upload in &uploads {
        if client.as_ref().is_none_or(|(bucket, _)| *bucket != upload.bucket) {
            let new = context.bucket(&upload.bucket, None)?.with_listing(listing.mode());
            client = Some((upload.bucket.clone(), new));
        }
        let (_, client) = client.as_ref().expect("set above");
        context.printer.line(upload)?;
        match list(context, client, upload).await? {
            Ok(one) => {
                count += 1;
                total.parts += one.parts;
                total.bytes += one.bytes;
            }
            Err(error) if error.has_code("NoSuchUpload") => {
                context.printer.say(format_args!("{upload}: completed or aborted meanwhile"));
            }
            Err(error) => return Err(error.into()),
        }
    }
    context.printer.line(format_args!(
        "total upload count:{count}\ttotal part count:{}\ttotal part size(MB):{}",
        total.parts,
        mebibytes(total.bytes)
    ))?;
    Ok(())
}

/// Prints the parts of one upload. The inner result is the service's.
async fn list(
    context: &mut Context<'_>,
    client: &Client,
    upload: &UploadRef,
) -> Result<std::result::Result<Total, ClientError>> {
    let mut parts = pin!(listing::entries(client, upload.list_parts()));
    let mut total = Total::default();
    loop {
        let part = match parts.try_next().await {
            Ok(Some(part)) => part,
            Ok(None) => break,
            Err(error) => return Ok(Err(error)),
        };
        if total.parts == 0 {
            let heading = row("PartNumber", "Etag", "Size(Byte)", "LastModifyTime");
            context.printer.line(heading)?;
        }
        context.printer.line(part_row(&part))?;
        total.parts += 1;
        total.bytes += i128::from(part.size);
    }
    if total.parts > 0 {
        context.printer.line(format_args!(
            "\ntotal part count:{}\ttotal part size(MB):{}\n",
            total.parts,
            mebibytes(total.bytes)
        ))?;
    }
    Ok(Ok(total))
}

fn part_row(part: &Part) -> String {
    row(
        &part.part_number.to_string(),
        &escape(&part.etag),
        &part.size.to_string(),
        &utc_time(part.last_modified),
    )
}

fn row(number: &str, etag: &str, size: &str, time: &str) -> String {
    format!("{number:<10}\t{etag:<32}\t{size:<10}\t{time}")
}
