//! `read-symlink`: what a symlink stands for.

use clap::Args;
use jiff::Timestamp;
use ossutil_client::protocol::operations::GetSymlink;
use serde::Serialize;

use crate::{
    context::Context,
    error::Result,
    options::{NameEncoding, RequestPayer},
    output::Record,
    properties::{self, http_time},
    registry::Command,
};

/// How far the names are padded.
const WIDTH: usize = 24;

/// Show what a symlink stands for
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket/symlink
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// A version of the symlink, if not the latest
    #[arg(long, value_name = "ID")]
    version_id: Option<String>,
    #[command(flatten)]
    encoding: NameEncoding,
    #[command(flatten)]
    payer: RequestPayer,
}

#[derive(Default, Serialize)]
struct SymlinkRecord<'a> {
    bucket: &'a str,
    key: &'a str,
    version_id: Option<&'a str>,
    target: &'a str,
    last_modified: Option<Timestamp>,
    etag: Option<&'a str>,
}

impl Record for SymlinkRecord<'_> {
    const LIST: &'static str = "symlinks";
    const ITEM: &'static str = "symlink";
}

impl Command for Arguments {
    const NAME: &'static str = "read-symlink";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        (
            "ossutil create-symlink oss://bucket/now video.mp4 && \
             ossutil read-symlink oss://bucket/now",
            "the target and the headers of a symlink",
        ),
        (
            "ossutil create-symlink oss://bucket/now video.mp4 && \
             ossutil read-symlink oss://bucket/now --output-query 'symlinks[0].target'",
            "the target alone",
        ),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let payer = self.payer.payer.as_deref();
        let (client, url) = context.open_object(&self.url, &self.encoding, payer)?;
        let request = GetSymlink { bucket: url.bucket, key: url.key, version_id: self.version_id };
        let symlink = client.send(&request).await?;
        let head = &symlink.head;
        let record = SymlinkRecord {
            bucket: &request.bucket,
            key: &request.key,
            version_id: head.version_id.as_deref(),
            target: &symlink.target,
            last_modified: head.last_modified.as_deref().and_then(http_time),
            etag: head.etag.as_deref().map(|etag| etag.trim_matches('"')),
        };
        let mut shown = properties::of_head(head, &context.zone());
        // The length of the answer's body, which says nothing of the symlink.
        shown.remove("Content-Length");
        shown.insert("X-Oss-Symlink-Target".to_owned(), symlink.target.clone());
        Ok(context.printer.record(&record, |out| properties::write(&shown, WIDTH, out))?)
    }
}
