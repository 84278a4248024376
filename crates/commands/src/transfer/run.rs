//! A run: keeps entries moving while more are found, asks what must be asked, and says what it came
//! to.

use std::{
    num::NonZeroUsize,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream::BoxStream};
use jiff::SignedDuration;
use serde::Serialize;
use tokio::task::JoinSet;

use super::{
    entry::{Entries, Entry, Trouble},
    options::{Transfer, TransferArgs},
    place::Direction,
    report::Report,
    route::Route,
    standing::Known,
    tally::{Tally, grouped},
    work::{Failure, Outcome, Question, Work},
};
use crate::{
    context::Context,
    display::{escape, mebibytes, shell_word, span},
    error::{Error, Result},
    exit::Status,
    interrupt::Stop,
    output::Record,
};

/// How often progress is drawn.
const TICK: Duration = Duration::from_millis(250);

/// How many unfinished uploads a run that failed explains.
const MAX_HINTS: usize = 5;

/// What is to be moved, with what is known of its target.
pub(crate) type Findings = BoxStream<'static, std::result::Result<(Entry, Known), Trouble>>;

/// Entries of whose targets nothing is known yet.
pub(crate) fn unseen(entries: Entries) -> Findings {
    entries.map(|entry| entry.map(|entry| (entry, Known::Unknown))).boxed()
}

/// What became of one entry, for programs.
#[derive(Default, Serialize)]
struct TransferRecord<'a> {
    source: &'a str,
    target: &'a str,
    bytes: u64,
    outcome: &'a str,
    error: Option<&'a str>,
}

impl Record for TransferRecord<'_> {
    const LIST: &'static str = "transfers";
    const ITEM: &'static str = "transfer";
}

/// A run as it goes on.
pub(crate) struct Run {
    work: Arc<Work>,
    questions: tokio::sync::mpsc::Receiver<Question>,
    stop: Stop,
    jobs: NonZeroUsize,
    /// Whether one failure leaves the others to go on.
    is_batch: bool,
    stops_at_failure: bool,
    shows_progress: bool,
    writes_report: bool,
    tally: Tally,
    report: Report,
    first_failure: Option<Error>,
    /// Whether all has been found that there is.
    is_counted: bool,
    /// Whether nobody is there to answer.
    is_unanswered: bool,
    started: Instant,
}

/// How a run came to its end.
enum End {
    /// All was dealt with.
    Reached,
    /// Something stopped it.
    Stopped(Error),
}

impl Run {
    /// A run of this work; `command` is how it was called, without options.
    pub(crate) fn new(
        context: &Context<'_>,
        arguments: &TransferArgs,
        transfer: Transfer,
        command: String,
        is_batch: bool,
    ) -> Self {
        let records = &arguments.records;
        Self {
            work: Arc::new(transfer.work),
            questions: transfer.questions,
            stop: context.interrupts.handle(),
            jobs: transfer.jobs,
            is_batch,
            stops_at_failure: records.disable_ignore_error,
            shows_progress: !records.no_progress,
            writes_report: is_batch && !records.no_error_report,
            tally: Tally::default(),
            report: Report::new(transfer.output_dir, command, context.zone()),
            first_failure: None,
            is_counted: false,
            is_unanswered: false,
            started: Instant::now(),
        }
    }

    /// Moves what is found; says what it came to.
    ///
    /// # Errors
    /// That some or all was not moved, or the run was stopped.
    pub(crate) async fn run(
        mut self,
        context: &mut Context<'_>,
        findings: Findings,
    ) -> Result<Tally> {
        if !self.is_piped() {
            context.printer.list::<TransferRecord<'_>>()?;
        }
        let end = self.move_all(context, findings).await;
        let end = end.unwrap_or_else(End::Stopped);
        if let Some(snapshot) = &self.work.snapshot {
            snapshot.flush()?;
        }
        self.conclude(context, end)
    }

    /// Keeps so many entries going at once, while more are found.
    async fn move_all(&mut self, context: &mut Context<'_>, mut findings: Findings) -> Result<End> {
        let mut running = JoinSet::new();
        let mut ticks = tokio::time::interval(TICK);
        let mut has_more = true;
        let end = loop {
            if !has_more && running.is_empty() {
                break End::Reached;
            }
            let is_free = has_more && running.len() < self.jobs.get();
            let stopped = tokio::select! {
                Some(question) = self.questions.recv() => self.answer(context, question).await?,
                Some(outcome) = running.join_next() => {
                    self.ended(context, outcome.unwrap_or_else(|error| lost(&error)))?
                }
                found = findings.next(), if is_free => match found {
                    Some(Ok((entry, known))) => {
                        self.found(entry, known, &mut running);
                        None
                    }
                    Some(Err(trouble)) => self.trouble(context, trouble)?,
                    None => {
                        (has_more, self.is_counted) = (false, true);
                        None
                    }
                },
                () = self.stop.requested() => Some(Error::interrupted()),
                _ = ticks.tick() => {
                    self.draw(context)?;
                    None
                }
            };
            if let Some(error) = stopped {
                break End::Stopped(error);
            }
        };
        // What is under way ends where it is, and cleans up after itself.
        running.shutdown().await;
        Ok(end)
    }

    fn found(&mut self, entry: Entry, known: Known, running: &mut JoinSet<Outcome>) {
        if !self.work.choice.is_meant(&entry) {
            return;
        }
        self.tally.found += 1;
        self.tally.found_bytes += entry.size;
        let work = Arc::clone(&self.work);
        running.spawn(async move { work.run(entry, known).await });
    }

    /// Something that cannot be moved, or only be told.
    fn trouble(&mut self, context: &mut Context<'_>, trouble: Trouble) -> Result<Option<Error>> {
        match trouble {
            Trouble::Note(text) => {
                context.printer.say(format_args!("note: {}", escape(&text)));
                Ok(None)
            }
            Trouble::End(error) if self.is_batch => Ok(Some(error)),
            Trouble::End(error) => {
                let result = Err(Failure { error, is_fatal: true });
                self.ended(context, Outcome::nameless(result))
            }
            Trouble::Entry { name, error } => {
                let target = self.work.route.describe(&name);
                let result = Err(Failure { error, is_fatal: false });
                let source = name;
                self.ended(context, Outcome { source, target, ..Outcome::nameless(result) })
            }
        }
    }

    /// Takes up what became of an entry; gives the error that ends the run, if it does.
    fn ended(&mut self, context: &mut Context<'_>, outcome: Outcome) -> Result<Option<Error>> {
        self.tally.add(&outcome);
        self.record(context, &outcome)?;
        let Outcome { source, target, result: Err(failure), .. } = outcome else { return Ok(None) };
        let Failure { error, is_fatal } = failure;
        if self.writes_report {
            let verb = self.work.direction.verb();
            let now = (context.environment.clock)();
            self.report.add(now, verb, (&source, &target), &error.message)?;
        }
        // As ossutil 1 words it: an upload was stopped by its failure, anything else has failed.
        let is_stopped = match self.is_batch {
            true => is_fatal || self.stops_at_failure,
            false => self.work.direction == Direction::Upload,
        };
        if is_stopped {
            return Ok(Some(error));
        }
        self.first_failure.get_or_insert(error);
        Ok(None)
    }

    /// Whether standard output is what was fetched, so that nothing else goes there.
    fn is_piped(&self) -> bool {
        matches!(self.work.route, Route::Pipe)
    }

    fn record(&self, context: &mut Context<'_>, outcome: &Outcome) -> Result<()> {
        if self.is_piped() {
            return Ok(());
        }
        let (verb, is_dry) = (self.work.direction.verb(), self.work.is_dry);
        let word = match &outcome.result {
            Ok(true) if is_dry => "would be done",
            Ok(true) => "done",
            Ok(false) => "skipped",
            Err(_) => "failed",
        };
        let (source, target, bytes) = (&*outcome.source, &*outcome.target, outcome.size);
        let error = outcome.result.as_ref().err().map(|failure| &*failure.error.message);
        let record = TransferRecord { source, target, bytes, outcome: word, error };
        Ok(context.printer.record(&record, |out| match &outcome.result {
            Ok(true) if is_dry => writeln!(
                out,
                "would {verb} {} to {}, {bytes} bytes",
                escape(source),
                escape(target)
            ),
            _ => Ok(()),
        })?)
    }

    /// Asks the user. With nobody there to answer, the answer is no to all.
    async fn answer(
        &mut self,
        context: &mut Context<'_>,
        question: Question,
    ) -> Result<Option<Error>> {
        let mut is_yes = false;
        if !self.is_unanswered {
            context.printer.ask(&question.text)?;
            let line = tokio::select! {
                line = Context::read_line() => line?,
                () = self.stop.requested() => return Ok(Some(Error::interrupted())),
            };
            self.is_unanswered = line.is_empty();
            is_yes = ["y", "yes"].contains(&line.trim().to_lowercase().as_str());
            if self.is_unanswered {
                let hint = "hint: nobody is there to answer; --force replaces without asking";
                context.printer.say("");
                context.printer.say(hint);
            }
        }
        // The one who asked may be gone.
        let _ = question.answer.send(is_yes);
        Ok(None)
    }

    fn draw(&self, context: &mut Context<'_>) -> Result<()> {
        if !self.shows_progress {
            return Ok(());
        }
        let moved = self.work.moved.load(Ordering::Relaxed);
        let seconds = self.started.elapsed().as_secs().max(1);
        let rate = moved / seconds;
        let (found, size) = (self.tally.found, grouped(self.tally.found_bytes));
        let word = if self.is_counted { "Total" } else { "Scanned" };
        let left = self.tally.found_bytes.saturating_sub(moved + self.tally.skipped_bytes);
        let eta = match (self.is_counted, left.checked_div(rate)) {
            (true, Some(seconds)) => {
                let left = SignedDuration::from_secs(seconds.try_into().unwrap_or(i64::MAX));
                format!(", {} left", span(left))
            }
            _ => String::new(),
        };
        let text = format!(
            "{word} num: {found}, size: {size}. Dealed num: {}, OK size: {}, Speed: {} MB/s{eta}",
            self.tally.dealt(),
            grouped(moved),
            mebibytes(rate.into()),
        );
        Ok(context.printer.progress(&text)?)
    }

    /// Says what it came to.
    fn conclude(mut self, context: &mut Context<'_>, end: End) -> Result<Tally> {
        self.explain_unfinished(context);
        let direction = self.work.direction;
        let (line, error) = match end {
            End::Reached => (self.tally.summary(direction, self.is_counted()), self.failure()),
            End::Stopped(error) => {
                let line = self.tally.stopped(direction, self.is_counted());
                let is_partial = self.tally.well() > 0 && error.status != Status::Interrupted;
                (line, Some(if is_partial { error.partial() } else { error }))
            }
        };
        if error.is_none() {
            self.work.checkpoints.tidy();
        }
        self.say_totals(context, &line)?;
        context.printer.complete();
        match error {
            Some(error) => Err(error),
            None => Ok(self.tally),
        }
    }

    /// Whether the number found is a total: that of a single entry is, once it has been looked at.
    fn is_counted(&self) -> bool {
        if self.is_batch { self.is_counted } else { self.tally.found > 0 }
    }

    fn say_totals(&self, context: &mut Context<'_>, line: &str) -> Result<()> {
        if self.is_piped() {
            return Ok(());
        }
        let line = match self.work.is_dry {
            true => format!("Nothing was done; it would be: {line}"),
            false => line.to_owned(),
        };
        context.printer.fact("totals", &self.tally, |out| writeln!(out, "{line}"))?;
        let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Some(speed) = self.tally.moved_bytes.checked_div(millis)
            && !self.work.is_dry
        {
            context.printer.line(format_args!("\naverage speed {}(byte/s)", speed * 1000))?;
        }
        Ok(())
    }

    /// The error of a run in which something failed.
    fn failure(&mut self) -> Option<Error> {
        let first = self.first_failure.take()?;
        if !self.is_batch {
            return Some(first);
        }
        let mut error = first;
        if self.tally.failed > 1 {
            error.message = format!("{} failed, the first: {}", self.tally.failed, error.message);
        }
        if let Some(path) = self.report.path() {
            let path = path.display();
            error.message += &format!(". See more information in file: {path}");
            error = error.hint(format!("--files-from {path} tries only those again"));
        }
        Some(if self.tally.well() > 0 { error.partial() } else { error })
    }

    /// Tells how to go on with uploads that were begun and have not come to their end.
    fn explain_unfinished(&self, context: &mut Context<'_>) {
        let unfinished = self.work.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        let hints = unfinished.values().take(MAX_HINTS).flatten();
        context.hints_if_stopped.extend(hints.cloned());
        if let Some(more) = unfinished.len().checked_sub(MAX_HINTS + 1) {
            let hint =
                format!("{} more uploads are unfinished: `ossutil ls -m` shows them", more + 1);
            context.hints_if_stopped.push(hint);
        }
    }
}

impl Outcome {
    /// That of something that has no name.
    fn nameless(result: std::result::Result<bool, Failure>) -> Self {
        let (source, target) = (String::new(), String::new());
        Self { source, target, size: 0, is_directory: false, result }
    }
}

/// The outcome of work that ended without one.
fn lost(error: &tokio::task::JoinError) -> Outcome {
    let error = Error::failed(format!("the work on one of them broke off: {error}"));
    Outcome::nameless(Err(Failure { error, is_fatal: false }))
}

/// How a command was called, without its options.
pub(crate) fn called(name: &str, words: &[&str]) -> String {
    let words = words.iter().map(|word| shell_word(word));
    let words: Vec<_> = words.collect();
    format!("ossutil {name} {}", words.join(" "))
}
