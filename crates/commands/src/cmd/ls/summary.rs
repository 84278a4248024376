//! `ls -m --summary`: what unfinished uploads add up to, folder by folder.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use serde::Serialize;

use super::{List, Sort};
use crate::{
    context::Context,
    display::{local_time, mebibytes, object_url},
    error::{Error, Result},
    exit::Status,
    output::Record,
    uploads::{Held, State, Totals, folder_of},
};

/// What the uploads below a prefix add up to.
#[derive(Clone, Copy, Default)]
struct Sum {
    uploads: u64,
    held: Held,
    oldest: Option<Timestamp>,
    last_activity: Option<Timestamp>,
}

#[derive(Default, Serialize)]
struct GroupRecord<'a> {
    bucket: &'a str,
    prefix: &'a str,
    uploads: u64,
    parts: u64,
    bytes: i64,
    oldest_initiated: Option<Timestamp>,
    last_activity: Option<Timestamp>,
}

impl Record for GroupRecord<'_> {
    const LIST: &'static str = "groups";
    const ITEM: &'static str = "group";
}

impl List<'_> {
    pub(super) async fn summary(&self, context: &mut Context<'_>, depth: usize) -> Result<()> {
        let mut uploads = self.found(true)?;
        let mut groups: BTreeMap<String, Sum> = BTreeMap::new();
        let mut total = Sum::default();
        let mut unreadable = false;
        while let Some(found) = uploads.try_next().await? {
            match &found.state {
                State::Gone => continue,
                State::Unreadable(error) => {
                    context.printer.say(format_args!("{}: {error}", found.upload));
                    unreadable = true;
                }
                State::Holds(_) | State::Unknown => {}
            }
            let folder = folder_of(&found.upload.key, self.url.key.len(), depth);
            for sum in [groups.entry(folder.to_owned()).or_default(), &mut total] {
                sum.uploads += 1;
                sum.held.merge(found.held().unwrap_or_default());
                sum.oldest = [sum.oldest, found.initiated].into_iter().flatten().min();
                sum.last_activity = sum.last_activity.max(found.last_activity());
            }
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        let sort = self.arguments.sort.unwrap_or(Sort::Size);
        groups.sort_by_key(|(_, sum)| sort.rank(&sum.held, sum.oldest, sum.last_activity));
        groups.truncate(self.arguments.top.unwrap_or(usize::MAX));
        self.print_groups(context, &groups, &total)?;
        if unreadable {
            context.printer.complete();
            return Err(Error::reported(Status::Partial));
        }
        Ok(())
    }

    fn print_groups(
        &self,
        context: &mut Context<'_>,
        groups: &[(String, Sum)],
        total: &Sum,
    ) -> Result<()> {
        context.printer.list::<GroupRecord<'_>>()?;
        let columns = ["Uploads", "Parts", "Size(B)", "OldestInitiated", "LastActivity", "Prefix"];
        if !groups.is_empty() {
            context.printer.line(row(columns))?;
        }
        let bucket = &*self.url.bucket;
        for (prefix, sum) in groups {
            let record = GroupRecord {
                bucket,
                prefix,
                uploads: sum.uploads,
                parts: sum.held.parts,
                bytes: sum.held.size(),
                oldest_initiated: sum.oldest,
                last_activity: sum.last_activity,
            };
            let line = row([
                &sum.uploads.to_string(),
                &sum.held.parts.to_string(),
                &sum.held.bytes.to_string(),
                &local_time(sum.oldest, &self.zone),
                &local_time(sum.last_activity, &self.zone),
                &object_url(bucket, prefix),
            ]);
            context.printer.record(&record, |out| writeln!(out, "{line}"))?;
        }
        let totals = Totals::new(total.uploads, Some(total.held));
        Ok(context.printer.fact("totals", &totals, |out| {
            writeln!(out, "UploadID Number is: {}", total.uploads)?;
            let (parts, size) = (total.held.parts, mebibytes(total.held.bytes));
            writeln!(out, "total part count:{parts}\ttotal part size(MB):{size}")
        })?)
    }
}

fn row([uploads, parts, size, oldest, last, name]: [&str; 6]) -> String {
    format!("{uploads:>8}  {parts:>9}  {size:>18}  {oldest:<30}  {last:<30}  {name}")
}
