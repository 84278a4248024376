//! `listpart`: the parts of unfinished uploads.

mod checksum;
mod follow;

use std::{path::PathBuf, pin::pin, time::Duration};

use clap::Args;
use futures_util::TryStreamExt;
use ossutil_client::{Error as ClientError, listing, protocol::operations::Part};
use serde::Serialize;

use crate::{
    context::Context,
    display::{escape, mebibytes, push_utc_time},
    error::{Error, Result},
    output::Record,
    registry::Command,
    uploads::{Found, Held, Layout, PartRecord, SelectionArgs, State, Totals, draw_map},
};

/// List the parts of unfinished multipart uploads
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    selection: SelectionArgs,
    /// Show a picture of the part numbers in place of the table: what is there, missing or odd
    #[arg(long)]
    map: bool,
    /// Compare each part of one upload with its bytes of this file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["map", "follow"])]
    checksum: Option<PathBuf>,
    /// Watch one upload while another program sends its parts, until it ends
    #[arg(long)]
    follow: bool,
    /// With --follow: the size the object will have, to say how long it will take
    #[arg(long, value_name = "SIZE", requires = "follow", value_parser = size)]
    total: Option<u64>,
    /// With --follow: how long to wait between looks
    #[arg(long, value_name = "SECONDS", requires = "follow", default_value = "2", value_parser = seconds)]
    interval: Duration,
}

/// The layout of one upload, for `--map`.
#[derive(Default, Serialize)]
struct LayoutRecord<'a> {
    bucket: &'a str,
    key: &'a str,
    upload_id: &'a str,
    parts: u64,
    bytes: i64,
    highest: u32,
    missing: u32,
    part_size: i64,
    odd: usize,
}

impl Record for LayoutRecord<'_> {
    const LIST: &'static str = "layouts";
    const ITEM: &'static str = "layout";
}

impl Command for Arguments {
    const NAME: &'static str = "listpart";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil listpart oss://bucket/video.mp4 UPLOADID", "the parts of one upload"),
        ("ossutil listpart oss://bucket/video.mp4", "those of every upload of that object"),
        ("ossutil listpart --map oss://bucket/video.mp4 UPLOADID", "what is missing, as a picture"),
        (
            "ossutil listpart --checksum video.mp4 oss://bucket/video.mp4",
            "whether the parts are those of a local file",
        ),
        ("ossutil listpart --follow --total 40G oss://bucket/video.mp4 UPLOADID", "how it goes on"),
        ("ossutil listpart -r --idle 7d oss://bucket", "of all uploads idle for a week"),
        ("ossutil ls -m oss://bucket | ossutil listpart -", "the parts of every upload"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        if self.selection.is_empty() {
            return Err(Error::usage(
                "invalid usage of \"listpart\" command, reason: the command needs at least 2 \
                 arguments, please try \"help listpart\" for more information",
            )
            .hint("usage: ossutil listpart oss://bucket/object UPLOADID")
            .hint("`ossutil ls -m oss://bucket` shows the upload ids"));
        }
        let is_single = self.selection.is_single();
        let mut uploads = self.selection.select(context).await?.uploads(false);
        if self.follow {
            return self.follow(context, uploads).await;
        }
        if let Some(path) = &self.checksum {
            return checksum::check(context, uploads, path).await;
        }
        match (self.map, is_single) {
            (true, _) => context.printer.list::<LayoutRecord<'_>>()?,
            (false, _) => context.printer.list::<PartRecord<'_>>()?,
        }
        if is_single {
            let Some(found) = uploads.try_next().await? else { return Ok(()) };
            self.show(context, &found).await??;
            return Ok(());
        }
        let (mut count, mut total) = (0, Held::default());
        while let Some(found) = uploads.try_next().await? {
            let upload = &found.upload;
            context.printer.line(upload)?;
            let shown = match &found.state {
                State::Gone => None,
                _ => match self.show(context, &found).await? {
                    Err(error) if error.has_code("NoSuchUpload") => None,
                    shown => Some(shown?),
                },
            };
            match shown {
                Some(held) => {
                    count += 1;
                    total.merge(held);
                }
                None => {
                    let message = format!("{upload}: completed or aborted meanwhile");
                    context.printer.say(message);
                }
            }
        }
        Ok(context.printer.fact("totals", &Totals::new(count, Some(total)), |out| {
            let (parts, size) = (total.parts, mebibytes(total.bytes));
            writeln!(
                out,
                "total upload count:{count}\ttotal part count:{parts}\ttotal part size(MB):{size}"
            )
        })?)
    }
}

impl Arguments {
    /// Shows the parts of one upload. The inner result is the service's.
    async fn show(
        &self,
        context: &mut Context<'_>,
        found: &Found,
    ) -> Result<std::result::Result<Held, ClientError>> {
        match self.map {
            true => map(context, found).await,
            false => table(context, found).await,
        }
    }
}

/// Prints the parts of an upload as they come.
async fn table(
    context: &mut Context<'_>,
    found: &Found,
) -> Result<std::result::Result<Held, ClientError>> {
    let upload = &found.upload;
    let mut parts = pin!(listing::entries(&found.client, upload.list_parts()));
    let (mut held, mut line) = (Held::default(), String::new());
    loop {
        let part = match parts.try_next().await {
            Ok(Some(part)) => part,
            Ok(None) => break,
            Err(error) => return Ok(Err(error)),
        };
        if held.parts == 0 {
            let heading = row("PartNumber", "Etag", "Size(Byte)", "LastModifyTime");
            context.printer.line(heading)?;
        }
        let record = PartRecord::of(upload, &part);
        context.printer.record(&record, |out| {
            line.clear();
            push_part_row(&mut line, &part);
            out.write_all(line.as_bytes())
        })?;
        held.add(&part);
    }
    if held.parts > 0 {
        context.printer.line(total_line(held))?;
    }
    Ok(Ok(held))
}

/// Draws the parts of an upload.
async fn map(
    context: &mut Context<'_>,
    found: &Found,
) -> Result<std::result::Result<Held, ClientError>> {
    let upload = &found.upload;
    let parts = listing::entries(&found.client, upload.list_parts()).try_collect::<Vec<Part>>();
    let parts = match parts.await {
        Ok(parts) => parts,
        Err(error) => return Ok(Err(error)),
    };
    let held = Held::of(&parts);
    let layout = Layout::of(&parts);
    let record = LayoutRecord {
        bucket: &upload.bucket,
        key: &upload.key,
        upload_id: &upload.upload_id,
        parts: held.parts,
        bytes: held.size(),
        highest: layout.highest,
        missing: layout.missing_count(),
        part_size: layout.part_size,
        odd: layout.odd.len(),
    };
    let columns = context.environment.columns();
    context.printer.record(&record, |out| match parts.is_empty() {
        true => writeln!(out, "no part has arrived"),
        false => {
            write!(out, "{}", draw_map(&parts, &layout, columns))?;
            writeln!(out, "{}{}", layout.describe(), total_line(held))
        }
    })?;
    Ok(Ok(held))
}

fn push_part_row(line: &mut String, part: &Part) {
    use std::fmt::Write;
    let (number, size, etag) = (part.part_number, part.size, escape(&part.etag));
    let _ = write!(line, "{number:<10}\t{etag:<32}\t{size:<10}\t");
    push_utc_time(line, part.last_modified);
    line.push('\n');
}

fn total_line(held: Held) -> String {
    let size = mebibytes(held.bytes);
    format!("\ntotal part count:{}\ttotal part size(MB):{size}\n", held.parts)
}

fn row(number: &str, etag: &str, size: &str, time: &str) -> String {
    format!("{number:<10}\t{etag:<32}\t{size:<10}\t{time}")
}

fn size(text: &str) -> std::result::Result<u64, String> {
    ossutil_config::parse_size(text).ok_or_else(|| "not a size; write 100M, 1.5G or bytes".into())
}

fn seconds(text: &str) -> std::result::Result<Duration, String> {
    ossutil_config::parse_duration(text)
        .filter(|interval| !interval.is_zero())
        .ok_or_else(|| "not a number of seconds above 0".into())
}
