//! `probe`: how the way to the service is, and how fast.

mod scratch;
mod speed;
mod symlinks;
mod transfer;

use std::{io::Write, num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::{ArgGroup, Args, ValueEnum};
use ossutil_client::transfer::plan::{MAX_PART_SIZE, MIN_PART_SIZE};
use serde::Serialize;

use crate::{
    context::Context,
    display::binary_size,
    doctor,
    error::{Error, Result},
    output::Record,
    registry::Command,
};

/// Check the way to the service, and how fast content goes there and comes back
///
/// Name, connection, TLS and clock are looked at first; nobody but the service (and the proxy, and
/// what --addr names) is asked. What is uploaded gets a key of its own and is removed in the end.
#[derive(Args)]
#[command(group = ArgGroup::new("what").required(true))]
pub(super) struct Arguments {
    /// What to upload (16 MiB of random bytes unless given), where to keep what is downloaded, or
    /// with cycle-symlink the folder to look through
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Time an upload
    #[arg(long, group = "what")]
    upload: bool,
    /// Time a download
    #[arg(long, group = "what")]
    download: bool,
    /// Measure speed for a while, time a download, or look for symbolic links that form a circle
    #[arg(long, value_name = "ITEM", group = "what")]
    probe_item: Option<Item>,
    /// The bucket
    #[arg(long, visible_alias = "bucket", value_name = "NAME")]
    bucketname: Option<String>,
    /// The key: to upload to, where nothing may be, or to download from
    #[arg(long, value_name = "KEY")]
    object: Option<String>,
    /// Download from this URL; nothing is signed
    #[arg(long, value_name = "URL", requires = "download",
          conflicts_with_all = ["bucketname", "object", "file"])]
    url: Option<String>,
    /// Another host to connect to, for comparison
    #[arg(long, value_name = "HOST")]
    addr: Option<String>,
    /// How to upload
    #[arg(long, value_name = "MODE", default_value = "normal")]
    upmode: UploadMode,
    /// How many transfers at once
    #[arg(long, value_name = "N", default_value = "4",
          value_parser = clap::value_parser!(u16).range(1..=10_000))]
    parallel: u16,
    /// Bytes of a part
    #[arg(long, value_name = "BYTES", default_value_t = 4 << 20,
          value_parser = clap::value_parser!(u64).range(MIN_PART_SIZE..=MAX_PART_SIZE))]
    part_size: u64,
    /// How many seconds speed is measured
    #[arg(long, value_name = "SECONDS", default_value = "10",
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    runtime: u64,
}

/// What is measured in place of a single transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Item {
    UploadSpeed,
    DownloadSpeed,
    DownloadTime,
    CycleSymlink,
}

/// How an object is uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum UploadMode {
    /// In one request.
    Normal,
    /// By additions to its end.
    Append,
    /// In parts.
    Multipart,
}

/// What a transfer took.
#[derive(Default, Serialize)]
struct Measurement {
    what: &'static str,
    bytes: u64,
    seconds: f64,
    bytes_per_second: f64,
}

impl Record for Measurement {
    const LIST: &'static str = "measurements";
    const ITEM: &'static str = "measurement";
}

impl Command for Arguments {
    const NAME: &'static str = "probe";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        (
            "ossutil probe --upload --bucketname bucket",
            "the way to a bucket, and an upload that is removed again",
        ),
        (
            "ossutil probe --upload video.mp4 --bucketname bucket --upmode multipart",
            "the upload of a file, in parts",
        ),
        ("ossutil probe --download --bucketname bucket", "a download"),
        (
            "ossutil probe --probe-item upload-speed --bucketname bucket --runtime 2",
            "how much goes through in two seconds",
        ),
        ("ossutil probe --probe-item cycle-symlink .", "whether symbolic links form a circle"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        if self.probe_item == Some(Item::CycleSymlink) {
            return symlinks::look_through(context, self.file.as_deref()).await;
        }
        if let Some(host) = &self.addr {
            let probe = context.probe_url(&format!("https://{host}"))?;
            say(context, &format!("the way to {host}"))?;
            // It only is a comparison.
            if let Err(error) = doctor::examine_way(context, &probe).await
                && error.is_broken_pipe
            {
                return Err(error);
            }
        }
        if let Some(url) = &self.url {
            return self.download_url(context, url).await;
        }
        let Some(bucket) = &self.bucketname else {
            return Err(Error::usage("--bucketname is missing")
                .hint("name a bucket: ossutil probe --upload --bucketname bucket"));
        };
        self.on_bucket(context, bucket).await
    }
}

impl Arguments {
    async fn on_bucket(&self, context: &mut Context<'_>, bucket: &str) -> Result<()> {
        ossutil_client::check_bucket_name(bucket).map_err(Error::usage)?;
        let client = context.bucket(bucket, None)?;
        let probe = context.probe(bucket)?;
        say(context, &format!("the way to the bucket {bucket}"))?;
        doctor::examine_way(context, &probe).await?;
        let mut scratch = scratch::Scratch::new(client, bucket.to_owned());
        let mut stop = context.interrupts.handle();
        let outcome = tokio::select! {
            outcome = self.transfer(&mut scratch) => outcome,
            () = stop.requested() => Err(Error::interrupted()),
        };
        let removed = scratch.remove().await;
        let measurement = outcome?;
        measurement.print(context)?;
        removed
    }

    async fn transfer(&self, scratch: &mut scratch::Scratch) -> Result<Measurement> {
        match self.probe_item {
            Some(Item::UploadSpeed) => self.upload_speed(scratch).await,
            Some(Item::DownloadSpeed) => self.download_speed(scratch).await,
            Some(Item::DownloadTime | Item::CycleSymlink) => self.download_time(scratch).await,
            None if self.upload => self.upload(scratch).await,
            None => self.download(scratch).await,
        }
    }

    fn parallel(&self) -> NonZeroUsize {
        NonZeroUsize::new(self.parallel.into()).unwrap_or(NonZeroUsize::MIN)
    }
}

impl Measurement {
    #[expect(clippy::cast_precision_loss, reason = "a speed has few digits")]
    fn new(what: &'static str, bytes: u64, took: Duration) -> Self {
        let seconds = took.as_secs_f64();
        Self { what, bytes, seconds, bytes_per_second: bytes as f64 / seconds.max(0.000_001) }
    }

    #[expect(clippy::cast_possible_truncation, reason = "a speed is far below")]
    fn print(&self, context: &mut Context<'_>) -> Result<()> {
        let Self { what, bytes, seconds, .. } = self;
        let (size, speed) =
            (binary_size((*bytes).into()), binary_size(self.bytes_per_second as i128));
        Ok(context.printer.record(self, |out: &mut dyn Write| {
            writeln!(out, "ok    {what:<20}  {size} in {seconds:.3} s, {speed}/s")
        })?)
    }
}

/// What comes next.
fn say(context: &mut Context<'_>, text: &str) -> Result<()> {
    context.printer.line(format_args!("{text}:"))?;
    Ok(context.printer.flush()?)
}
