//! What becomes of the uploads that are aborted: a line for each, and the sum.

use serde::Serialize;

use super::{Outcome, Work};
use crate::{
    context::Context,
    display::mebibytes,
    error::{Error, Result},
    exit::Status,
    journal::Journal,
    objects::batch::each,
    output::Record,
    uploads::{Found, State, Uploads},
};

/// What became of all of them.
#[derive(Default)]
pub(super) struct Report {
    /// Whether each upload was typed, so that one that does not exist is a mistake.
    is_named: bool,
    is_dry: bool,
    journal: Option<Journal>,
    totals: Totals,
    last_error: Option<Error>,
}

#[derive(Default, Serialize)]
struct Totals {
    aborted: u64,
    already_gone: u64,
    spared: u64,
    failed: u64,
    parts: u64,
    #[serde(skip)]
    freed: i128,
    bytes: i64,
}

#[derive(Default, Serialize)]
struct AbortRecord<'a> {
    bucket: &'a str,
    key: &'a str,
    upload_id: &'a str,
    outcome: &'static str,
    parts: Option<u64>,
    bytes: Option<i64>,
    error: Option<&'a str>,
}

impl Record for AbortRecord<'_> {
    const LIST: &'static str = "uploads";
    const ITEM: &'static str = "upload";
}

impl Report {
    pub(super) fn new(is_named: bool, is_dry: bool, journal: Option<Journal>) -> Self {
        Self { is_named, is_dry, journal, ..Self::default() }
    }

    /// Aborts each, says what became of it, and ends with what was freed.
    pub(super) async fn run(
        &mut self,
        context: &mut Context<'_>,
        uploads: Uploads,
        work: &Work,
    ) -> Result<()> {
        let stop = context.interrupts.handle();
        let is_dry = self.is_dry;
        let abort = async |found: Found| {
            let outcome = match (is_dry, found.held(), &found.state) {
                (true, Some(held), _) => Outcome::Aborted(held),
                (true, None, State::Gone) => Outcome::Gone,
                _ => work.abort(&found).await,
            };
            (found, outcome)
        };
        context.printer.list::<AbortRecord<'_>>()?;
        // What cannot be written down or said must not go on.
        let listing = each(uploads, work.jobs, &stop, abort, |(found, outcome)| {
            self.add(context, &found, outcome)
        })
        .await;
        self.summarize(context, listing.is_ok() && !stop.is_requested())?;
        context.printer.complete();
        listing.map_err(|error| match self.totals.aborted {
            0 => error,
            _ => error.partial(),
        })?;
        if stop.is_requested() {
            return Err(Error::interrupted());
        }
        self.status()
    }

    fn add(&mut self, context: &mut Context<'_>, found: &Found, outcome: Outcome) -> Result<()> {
        let upload = &found.upload;
        let (word, held, error) = match outcome {
            Outcome::Aborted(held) => {
                self.totals.aborted += 1;
                self.totals.parts += held.parts;
                self.totals.freed += held.bytes;
                (if self.is_dry { "would be aborted" } else { "aborted" }, Some(held), None)
            }
            Outcome::Gone => {
                self.totals.already_gone += 1;
                (if self.is_named { "no such upload" } else { "already gone" }, None, None)
            }
            Outcome::Spared => {
                self.totals.spared += 1;
                ("spared, a part has arrived meanwhile", None, None)
            }
            Outcome::Failed(error) => {
                self.totals.failed += 1;
                ("failed", None, Some(error))
            }
        };
        match (&error, held) {
            (Some(error), _) => context.printer.say(format_args!("{upload}: {}", error.message)),
            (None, None) => context.printer.say(format_args!("{upload}: {word}")),
            (None, Some(_)) => {}
        }
        let record = AbortRecord {
            bucket: &upload.bucket,
            key: &upload.key,
            upload_id: &upload.upload_id,
            outcome: word.split(',').next().unwrap_or_default(),
            parts: held.map(|held| held.parts),
            bytes: held.map(|held| held.size()),
            error: error.as_ref().map(|error| error.message.as_str()),
        };
        context.printer.record(&record, |out| match held {
            Some(held) => {
                let (parts, size) = (held.parts, mebibytes(held.bytes));
                writeln!(out, "{upload}: {word}, {parts} parts, {size} MB")
            }
            None => Ok(()),
        })?;
        self.last_error = error.or(self.last_error.take());
        match (&mut self.journal, held) {
            (Some(journal), Some(held)) if !self.is_dry => journal.freed(found, held),
            _ => Ok(()),
        }
    }

    /// Says what was freed; `is_whole` that all that was chosen was looked at.
    fn summarize(&mut self, context: &mut Context<'_>, is_whole: bool) -> Result<()> {
        let totals = &mut self.totals;
        totals.bytes = i64::try_from(totals.freed).unwrap_or(i64::MAX);
        let Totals { aborted, already_gone, spared, failed, parts, freed, .. } = *totals;
        let size = mebibytes(freed);
        let (is_dry, is_named) = (self.is_dry, self.is_named);
        Ok(context.printer.fact("totals", totals, |out| {
            match (is_dry, failed) {
                (true, _) => {
                    return writeln!(
                        out,
                        "Dry run: {aborted} uploads with {parts} parts, {size} MB ({freed} bytes) \
                         would be aborted."
                    );
                }
                (false, 0) if is_whole => write!(out, "Succeed: Aborted {aborted} uploads.")?,
                (false, 0) => write!(out, "Aborted {aborted} uploads.")?,
                (false, _) => {
                    write!(out, "Aborted {aborted} uploads. Error {failed} uploads.")?;
                }
            }
            if spared > 0 {
                write!(out, " Spared {spared} uploads.")?;
            }
            if already_gone > 0 && !is_named {
                write!(out, " Already gone {already_gone} uploads.")?;
            }
            writeln!(out, " Freed {parts} parts, {size} MB ({freed} bytes).")
        })?)
    }

    /// How the run ends: an id that was typed must exist, one from a listing may be gone.
    fn status(&mut self) -> Result<()> {
        let Totals { aborted, already_gone, .. } = self.totals;
        match self.last_error.take() {
            // What failed has been said, upload by upload.
            Some(error) if aborted + already_gone + self.totals.spared > 0 => {
                Err(Error { message: String::new(), ..error.partial() })
            }
            Some(error) => Err(error),
            None if self.is_named && already_gone > 0 && aborted > 0 => {
                Err(Error::reported(Status::Partial))
            }
            None if self.is_named && already_gone > 0 => Err(not_found(already_gone)),
            None => Ok(()),
        }
    }
}

fn not_found(count: u64) -> Error {
    let message = match count {
        1 => "the upload does not exist",
        _ => "none of the uploads exists",
    };
    let hint = "they were completed or aborted, or the ids belong to other keys; `ossutil ls -m` \
                shows what is unfinished";
    Error { status: Status::Refused, ..Error::failed(message).hint(hint) }
}
