//! `ls -m`: unfinished uploads, and with `--parts` what they hold.

use futures_util::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use ossutil_client::{
    listing::{self, Entry},
    protocol::operations::ListMultipartUploads,
};

use super::{List, PrefixRecord, Sort};
use crate::{
    context::Context,
    display::{
        escape, local_time, mebibytes, object_url, pad, push_local_time, push_object_url, span,
    },
    error::{Error, Result},
    exit::Status,
    uploads::{
        Found, Held, HeldUploadRecord, State, Totals, UploadRecord,
        selection::{Uploads, choose, list_below, listed},
    },
};

impl List<'_> {
    pub(super) async fn uploads(&self, context: &mut Context<'_>, left: &mut u64) -> Result<()> {
        if self.arguments.directory {
            return self.folders(context, left).await;
        }
        let sort = self.arguments.sort.or(self.arguments.top.map(|_| Sort::Size));
        let is_by_parts = matches!(sort, Some(Sort::Size | Sort::Idle | Sort::Parts));
        let with_parts = self.arguments.parts || is_by_parts;
        let mut uploads = self.found(with_parts)?;
        if let Some(sort) = sort {
            let mut all: Vec<Found> = Vec::new();
            while let Some(found) = uploads.try_next().await? {
                all.push(found);
            }
            order(&mut all, sort);
            all.truncate(self.arguments.top.unwrap_or(usize::MAX));
            uploads = futures_util::stream::iter(all).map(Ok).boxed();
        }
        let mut table = Table::new(self, with_parts);
        table.begin(context)?;
        while *left > 0 {
            let Some(found) = uploads.try_next().await? else { break };
            *left -= u64::from(table.row(context, &found)?);
        }
        table.end(context)
    }

    /// The uploads that pass the filters, by key; looked into where something needs their parts.
    pub(super) fn found(&self, with_parts: bool) -> Result<Uploads> {
        let found = listed(&self.client, self.first_upload()?, self.filters.clone());
        Ok(choose(found, self.filters.clone(), with_parts, self.arguments.jobs.get()))
    }

    fn first_upload(&self) -> Result<ListMultipartUploads> {
        Ok(ListMultipartUploads {
            delimiter: self.delimiter(),
            key_marker: self.arguments.decoded(&self.arguments.marker)?,
            upload_id_marker: self.arguments.decoded(&self.arguments.upload_id_marker)?,
            ..list_below(&self.url)
        })
    }

    /// One level: the uploads of it, and the folders below it.
    async fn folders(&self, context: &mut Context<'_>, left: &mut u64) -> Result<()> {
        let mut entries = listing::entries(&self.client, self.first_upload()?).boxed();
        let mut table = Table::new(self, false);
        table.begin(context)?;
        let bucket = &*self.url.bucket;
        let mut folders = 0_u64;
        while *left > 0 {
            let Some(entry) = entries.try_next().await? else { break };
            match entry {
                Entry::Item(upload) if self.filters.matches_name(&upload.key) => {
                    table.row(context, &Found::listed(&self.client, bucket, upload))?;
                }
                Entry::CommonPrefix(prefix) if self.filters.matches_name(&prefix) => {
                    table.heading(context)?;
                    let line = table.line("", "", &object_url(bucket, &prefix));
                    let record = PrefixRecord { bucket, prefix: &prefix };
                    context.printer.record(&record, |out| writeln!(out, "{line}"))?;
                    folders += 1;
                }
                _ => continue,
            }
            *left -= 1;
        }
        table.end(context)?;
        if folders > 0 {
            context.printer.line(format_args!("Directory Number is: {folders}"))?;
        }
        Ok(())
    }
}

/// Puts first what a person looks for first; equals stay in the order of the service.
fn order(uploads: &mut [Found], sort: Sort) {
    uploads.sort_by_key(|found| {
        sort.rank(&found.held().unwrap_or_default(), found.initiated, found.last_activity())
    });
}

/// The table as it is printed, and what it adds up to.
struct Table<'a> {
    list: &'a List<'a>,
    with_parts: bool,
    is_short: bool,
    now: Timestamp,
    is_begun: bool,
    uploads: u64,
    held: Held,
    unreadable: u64,
    /// The row that is written, kept for the next.
    row: String,
}

impl<'a> Table<'a> {
    fn new(list: &'a List<'a>, with_parts: bool) -> Self {
        let is_short = list.arguments.short_format || list.arguments.directory;
        let (now, held) = (list.client.now(), Held::default());
        let (is_begun, uploads, unreadable) = (false, 0, 0);
        let row = String::new();
        Self { list, with_parts, is_short, now, is_begun, uploads, held, unreadable, row }
    }

    fn begin(&self, context: &mut Context<'_>) -> Result<()> {
        match self.with_parts {
            true => context.printer.list::<HeldUploadRecord<'_>>()?,
            false => context.printer.list::<UploadRecord<'_>>()?,
        }
        Ok(())
    }

    fn heading(&mut self, context: &mut Context<'_>) -> Result<()> {
        if !std::mem::replace(&mut self.is_begun, true) {
            let words = ["Parts", "Size(B)", "LastActivity", "Idle"];
            let columns = self.columns(words).unwrap_or_default();
            let time = format!("{:<30}{columns}", "InitiatedTime");
            context.printer.line(self.line(&time, "UploadID", "ObjectName"))?;
        }
        Ok(())
    }

    /// Prints an upload; says whether it was there.
    fn row(&mut self, context: &mut Context<'_>, found: &Found) -> Result<bool> {
        let upload = &found.upload;
        match &found.state {
            State::Gone => {
                context.printer.say(format_args!("{upload}: completed or aborted meanwhile"));
                return Ok(false);
            }
            State::Unreadable(error) => {
                context.printer.say(format_args!("{upload}: {error}"));
                self.unreadable += 1;
            }
            State::Holds(held) => self.held.merge(*held),
            State::Unknown => {}
        }
        self.heading(context)?;
        self.uploads += 1;
        let mut line = std::mem::take(&mut self.row);
        let text = |out: &mut dyn std::io::Write| {
            line.clear();
            self.push_row(&mut line, found);
            out.write_all(line.as_bytes())
        };
        match self.with_parts {
            true => context.printer.record(&HeldUploadRecord::of(found, self.now), text)?,
            false => context.printer.record(&UploadRecord::of(found), text)?,
        }
        self.row = line;
        Ok(true)
    }

    fn push_row(&self, line: &mut String, found: &Found) {
        if !self.is_short {
            push_local_time(line, found.initiated, &self.list.zone);
            pad(line, 0, 30);
            line.push_str(&self.held_columns(found).unwrap_or_default());
            line.push_str("    ");
        }
        let start = line.len();
        line.push_str(&escape(&found.upload.upload_id));
        pad(line, start, 32);
        line.push_str("    ");
        push_object_url(line, &found.upload.bucket, &found.upload.key);
        line.push('\n');
    }

    fn held_columns(&self, found: &Found) -> Option<String> {
        if !self.with_parts {
            return None;
        }
        let Some(held) = found.held() else { return self.columns(["?", "?", "?", "?"]) };
        let last = local_time(found.last_activity(), &self.list.zone);
        let idle = found.idle(self.now).map(span).unwrap_or_default();
        self.columns([&held.parts.to_string(), &held.bytes.to_string(), &last, &idle])
    }

    fn columns(&self, [parts, size, last, idle]: [&str; 4]) -> Option<String> {
        let columns = || format!("  {parts:>6}  {size:>15}  {last:<30}  {idle:>8}");
        self.with_parts.then(columns)
    }

    fn line(&self, time: &str, upload_id: &str, name: &str) -> String {
        match self.is_short {
            true => format!("{upload_id:<32}    {name}"),
            false => format!("{time:<30}    {upload_id:<32}    {name}"),
        }
    }

    fn end(self, context: &mut Context<'_>) -> Result<()> {
        let held = self.with_parts.then_some(self.held);
        let totals = Totals::new(self.uploads, held);
        context.printer.fact("totals", &totals, |out| {
            writeln!(out, "UploadID Number is: {}", self.uploads)?;
            match held {
                Some(Held { parts, bytes, .. }) => {
                    let size = mebibytes(bytes);
                    writeln!(out, "total part count:{parts}\ttotal part size(MB):{size}")
                }
                None => Ok(()),
            }
        })?;
        if self.unreadable > 0 {
            context.printer.complete();
            return Err(Error::reported(Status::Partial));
        }
        Ok(())
    }
}
