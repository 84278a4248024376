//! `rm -m`: removes the unfinished uploads of a key, or of all keys with a prefix.

use std::{io::Write, pin::pin};

use clap::Args;
use futures_util::TryStreamExt;
use ossutil_client::{Client, Error as ClientError, listing, protocol::operations::Upload};

use crate::{
    cloud_url::CloudUrl,
    context::Context,
    error::{Error, Result},
    filter::{FilterArgs, Filters},
    options::{NameEncoding, RequestPayer},
    registry::Command,
    uploads::{UploadRef, selection::list_below},
};

/// Remove the unfinished multipart uploads of a key, or of all keys with a prefix
///
/// This version removes uploads only (-m); use `ossutil abort` for single ones.
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket/object, or with -r oss://bucket[/prefix]
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// Remove unfinished multipart uploads
    #[arg(short, long)]
    multipart: bool,
    /// Of every key that begins with the prefix
    #[arg(short, long)]
    recursive: bool,
    /// Do not ask
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    encoding: NameEncoding,
    #[command(flatten)]
    payer: RequestPayer,
    #[command(flatten)]
    filters: FilterArgs,
}

impl Command for Arguments {
    const NAME: &'static str = "rm";
    const ALIASES: &'static [&'static str] = &["del", "remove"];
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil rm -m oss://bucket/video.mp4", "all unfinished uploads of one key"),
        ("ossutil rm -m -r -f oss://bucket/videos/", "all below a prefix, without asking"),
        ("ossutil rm -m -r -f oss://bucket --include '*.tmp'", "those of some names only"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let is_encoded = self.encoding.is_url();
        let url = CloudUrl::parse(&self.url, is_encoded)?;
        if !self.multipart {
            return Err(Error::usage("this version of rm removes unfinished uploads only")
                .hint("add -m, or -m -r for all keys with a prefix"));
        }
        if url.key.is_empty() && !self.recursive {
            let message = format!(
                "remove bucket, miss --bucket option, if you mean remove object, invalid url: \
                 {}, miss object",
                self.url
            );
            return Err(Error::usage(message).hint("-r removes the uploads of all keys"));
        }
        let filters = self.filters.check()?;
        if !filters.is_empty() && !self.recursive {
            return Err(Error::usage("--include or --exclude only work with --recursive"));
        }
        let client = context.bucket(&url.bucket, self.payer.payer.as_deref())?;
        let url = CloudUrl::parse_bucket(&self.url, is_encoded)?;
        if self.recursive && !self.force {
            let question = format!(
                "Do you really mean to remove recursively multipart uploadIds of {}(y or N)? ",
                self.url
            );
            if !context.confirm(&question).await? {
                return Err(Error::canceled());
            }
        }
        let is_recursive = self.recursive;
        let (found, removed, is_counted) = (0, 0, false);
        let mut removal =
            Removal { client, url, filters, is_recursive, found, removed, is_counted };
        removal.run(context).await
    }
}

/// A removal as it goes on: uploads are removed while the listing runs, a page at a time.
struct Removal {
    client: Client,
    url: CloudUrl,
    filters: Filters,
    is_recursive: bool,
    found: u64,
    removed: u64,
    /// Whether all uploads have been found, so that the number is a total.
    is_counted: bool,
}

impl Removal {
    async fn run(&mut self, context: &mut Context<'_>) -> Result<()> {
        match self.remove_all(context).await {
            Ok(()) => {
                let (counts, totals) = (self.counts(), self.totals());
                let text = |out: &mut dyn Write| writeln!(out, "Succeed: {counts}");
                Ok(context.printer.fact("totals", &totals, text)?)
            }
            Err(error) if error.is_broken_pipe => Err(error),
            Err(error) => {
                let (counts, totals) = (self.counts(), self.totals());
                let text = |out: &mut dyn Write| writeln!(out, "{counts} when error happens.");
                context.printer.fact("totals", &totals, text)?;
                context.printer.complete();
                Err(if self.removed > 0 { error.partial() } else { error })
            }
        }
    }

    fn totals(&self) -> serde_json::Value {
        serde_json::json!({"found": self.found, "removed": self.removed})
    }

    fn counts(&self) -> String {
        let word = if self.is_counted { "Total" } else { "Scanned" };
        format!("{word} {} uploadIds. Removed {} uploadIds.", self.found, self.removed)
    }

    async fn remove_all(&mut self, context: &mut Context<'_>) -> Result<()> {
        let first = list_below(&self.url);
        let client = self.client.clone();
        let mut pages = pin!(listing::pages(&client, first));
        while let Some(page) = pages.try_next().await? {
            let uploads: Vec<Upload> =
                page.uploads.into_iter().filter(|upload| self.is_chosen(&upload.key)).collect();
            self.found += uploads.len() as u64;
            self.is_counted = !page.is_truncated;
            for upload in uploads {
                self.remove(upload).await?;
                context.printer.progress(&self.counts())?;
            }
        }
        Ok(())
    }

    fn is_chosen(&self, key: &str) -> bool {
        match self.is_recursive {
            true => self.filters.matches(key),
            false => key == self.url.key,
        }
    }

    /// An upload that is gone already counts as removed.
    async fn remove(&mut self, upload: Upload) -> std::result::Result<(), ClientError> {
        let bucket = self.url.bucket.clone();
        let upload = UploadRef { bucket, key: upload.key, upload_id: upload.upload_id };
        match self.client.send(&upload.abort()).await {
            Err(error) if !error.has_code("NoSuchUpload") => Err(error),
            _ => {
                self.removed += 1;
                Ok(())
            }
        }
    }
}
