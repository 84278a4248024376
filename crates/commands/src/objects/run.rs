//! The run of a command over the objects that were chosen: what became of each, and the sum.

use std::cell::Cell;

use serde_json::json;

use super::{
    OutcomeRecord, Selection, Target,
    batch::{Counted, each},
};
use crate::{
    context::Context,
    display::{escape, object_url},
    error::{Error, Result},
    exit::Status,
    output::Printer,
    transfer::report::Report,
};

/// What became of an object that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was worked on.
    Done,
    /// There was nothing to do.
    Skipped,
}

/// What became of all of them.
#[derive(Default)]
struct Tally {
    listed: Counted,
    done: Cell<u64>,
    skipped: Cell<u64>,
    failed: Cell<u64>,
}

fn add_one(count: &Cell<u64>) {
    count.set(count.get() + 1);
}

impl Selection {
    /// Changes each object. `verb` begins the sum: `Setted acl on`.
    ///
    /// # Errors
    /// One object's failure; of many, that some failed, when each has been told.
    pub(crate) async fn change<W: Future<Output = Result<Outcome>>>(
        &self,
        context: &mut Context<'_>,
        verb: &str,
        work: impl Fn(Target) -> W,
    ) -> Result<()> {
        let work = |target| {
            let work = (!self.is_dry).then(|| work(target));
            async {
                match work {
                    Some(work) => work.await,
                    None => Ok(Outcome::Done),
                }
            }
        };
        context.printer.list::<OutcomeRecord<'_>>()?;
        self.run(context, Some(verb), work, |printer, target, outcome| {
            let word = match (self.is_dry, outcome) {
                (true, _) => "would be changed",
                (false, Outcome::Done) => "changed",
                (false, Outcome::Skipped) => "unchanged",
            };
            print_outcome(printer, target, word, None, self.is_dry)?;
            Ok(outcome)
        })
        .await
    }

    /// Looks at each object; what is found is handed to `tell`, in order.
    ///
    /// # Errors
    /// As for [`change`](Self::change).
    pub(crate) async fn look<T, W: Future<Output = Result<T>>>(
        &self,
        context: &mut Context<'_>,
        look: impl Fn(Target) -> W,
        mut tell: impl FnMut(&mut Printer, &Target, T) -> Result<()>,
    ) -> Result<()> {
        self.run(context, None, look, |printer, target, found| {
            tell(printer, target, found).map(|()| Outcome::Done)
        })
        .await
    }

    /// Works on each object. Without a verb there is no sum, and no record of what failed.
    async fn run<T, W: Future<Output = Result<T>>>(
        &self,
        context: &mut Context<'_>,
        verb: Option<&str>,
        work: impl Fn(Target) -> W,
        mut tell: impl FnMut(&mut Printer, &Target, T) -> Result<Outcome>,
    ) -> Result<()> {
        let stop = context.interrupts.handle();
        let tally = Tally::default();
        let command = format!("ossutil {} oss://{}", self.command, self.bucket);
        let mut report = Report::new(self.output_dir.clone(), command, context.zone());
        let counted = tally.listed.counting(self.targets());
        let work = |target: Target| {
            let work = work(target.clone());
            async { (target, work.await) }
        };
        let ended = each(counted, self.jobs, &stop, work, |(target, outcome)| {
            let printer = &mut context.printer;
            match outcome {
                Ok(found) => match tell(printer, &target, found)? {
                    Outcome::Done => add_one(&tally.done),
                    Outcome::Skipped => add_one(&tally.skipped),
                },
                Err(error) => {
                    add_one(&tally.failed);
                    self.tell_failure(printer, &mut report, &target, error, verb.is_some())?;
                }
            }
            match verb {
                Some(verb) => Ok(printer.progress(&tally.progress(verb))?),
                None => Ok(()),
            }
        })
        .await;
        let ended = match ended {
            Ok(()) if stop.is_requested() => Err(Error::interrupted()),
            ended => ended,
        };
        if ended.as_ref().is_err_and(|error| error.is_broken_pipe) {
            return ended;
        }
        self.summarize(context, &tally, verb, ended).inspect_err(|_| {
            if let Some(path) = report.path() {
                context.printer.say(format_args!("report: {}", path.display()));
            }
        })
    }

    /// Says why an object failed. Where one alone was named, or the first failure ends it, that is
    /// the error of the run.
    fn tell_failure(
        &self,
        printer: &mut Printer,
        report: &mut Report,
        target: &Target,
        error: Error,
        is_recorded: bool,
    ) -> Result<()> {
        if is_recorded {
            print_outcome(printer, target, "failed", Some(&error.message), false)?;
        }
        if self.is_single() {
            return Err(error);
        }
        let url = object_url(&target.bucket, &target.object.key);
        let what = format!("{} {url}", self.command);
        report.add_failure(self.client.now(), &what, &error.message)?;
        if self.stops_at_failure {
            return Err(error);
        }
        printer.say(format_args!("{url}: {}", escape(&error.message)));
        Ok(())
    }

    fn summarize(
        &self,
        context: &mut Context<'_>,
        tally: &Tally,
        verb: Option<&str>,
        ended: Result<()>,
    ) -> Result<()> {
        let (done, failed) = (tally.done.get() + tally.skipped.get(), tally.failed.get());
        if let Some(verb) = verb {
            let totals = json!({
                "found": tally.listed.found(),
                "changed": tally.done.get(),
                "unchanged": tally.skipped.get(),
                "failed": failed,
            });
            let text = match (&ended, self.is_single()) {
                _ if self.is_dry && ended.is_ok() => {
                    Some(format!("Dry run: {} objects would be changed.", tally.listed.found()))
                }
                // What the listing could not do is told by its error alone.
                (Err(_), _) if done + failed == 0 => None,
                (_, true) => None,
                (Ok(()), _) => Some(tally.summary(verb)),
                (Err(_), _) => Some(format!("{}, when error happens.", tally.counts(verb))),
            };
            context.printer.fact("totals", &totals, |out| match text {
                Some(text) => writeln!(out, "{text}"),
                None => Ok(()),
            })?;
        }
        context.printer.complete();
        match ended {
            Err(error) if done > 0 && error.status != Status::Interrupted => Err(error.partial()),
            Ok(()) if failed > 0 => {
                Err(Error::reported(if done > 0 { Status::Partial } else { Status::Refused }))
            }
            ended => ended,
        }
    }
}

fn print_outcome(
    printer: &mut Printer,
    target: &Target,
    outcome: &str,
    error: Option<&str>,
    is_shown: bool,
) -> Result<()> {
    let Target { bucket, object, .. } = target;
    let record = OutcomeRecord { error, ..OutcomeRecord::of(bucket, object, outcome) };
    Ok(printer.record(&record, |out| match is_shown {
        true => writeln!(out, "{}: {outcome}", object_url(bucket, &object.key)),
        false => Ok(()),
    })?)
}

impl Tally {
    /// `Total 3 objects. Restore 2 objects(skip 0 objects)`.
    fn counts(&self, verb: &str) -> String {
        let word = if self.listed.is_total() { "Total" } else { "Scanned" };
        format!(
            "{word} {} objects. {verb} {} objects(skip {} objects)",
            self.listed.found(),
            self.done.get(),
            self.skipped.get()
        )
    }

    fn summary(&self, verb: &str) -> String {
        match self.failed.get() {
            0 => format!("Succeed: {}.", self.counts(verb)),
            failed => format!("FinishWithError: {}, Error {failed} objects.", self.counts(verb)),
        }
    }

    fn progress(&self, verb: &str) -> String {
        let (found, done) = (self.listed.found(), self.done.get());
        let failed = match self.failed.get() {
            0 => String::new(),
            failed => format!(", Error {failed} objects"),
        };
        match self.listed.is_total() {
            true => {
                let dealt = done + self.skipped.get() + self.failed.get();
                let percent = dealt * 100 / found.max(1);
                format!(
                    "Total {found} objects. {verb} {done} objects{failed}, Progress: {percent}%"
                )
            }
            false => format!("Scanned {found} objects. {verb} {done} objects{failed}."),
        }
    }
}
