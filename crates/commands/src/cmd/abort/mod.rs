//! `abort`: gives up unfinished uploads and frees the space of their parts.

mod report;

use std::time::Duration;

use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use ossutil_client::Error as ClientError;

use self::report::Report;
use crate::{
    context::Context,
    display::{mebibytes, span},
    error::{Error, Result},
    journal::Journal,
    registry::Command,
    uploads::{Found, Held, SelectionArgs, State, UploadFilters, look},
};

/// How often an upload is aborted while parts keep arriving.
const MAX_ROUNDS: u32 = 10;

/// How many uploads are named before the question.
const MAX_NAMED: usize = 20;

/// Abort unfinished multipart uploads and free their space
///
/// Parts that were still being sent can outlive an abort, so each upload is looked at again and
/// aborted again until the service says that it does not exist. With --idle each upload is looked
/// at once more right before it is aborted, and spared when a part has arrived meanwhile.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    selection: SelectionArgs,
    /// Do not ask
    #[arg(short, long)]
    force: bool,
    /// Show what would be aborted, and abort nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Append a line of JSON to this file for each upload that was aborted
    #[arg(long, value_name = "FILE")]
    journal: Option<std::path::PathBuf>,
}

impl Command for Arguments {
    const NAME: &'static str = "abort";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil abort oss://bucket/video.mp4 UPLOADID", "shows what it holds, asks, aborts it"),
        ("ossutil abort -f oss://bucket/video.mp4 UPLOADID", "aborts it without asking"),
        ("ossutil abort oss://bucket/video.mp4", "aborts every unfinished upload of that object"),
        ("ossutil abort -r -n --idle 7d oss://bucket", "what a week of silence would free"),
        (
            "ossutil abort -r -f --idle 7d --journal freed.jsonl oss://bucket",
            "frees it, and keeps a record: for a cron job",
        ),
        (
            "ossutil ls -m oss://bucket/tmp/ | ossutil abort -f -",
            "aborts every unfinished upload below a prefix",
        ),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        self.check()?;
        let selection = self.selection.select(context).await?;
        if selection.is_piped && !(self.force || self.dry_run) {
            return Err(Error::usage(
                "the uploads come from standard input, so there is nobody to ask",
            )
            .hint("look at them with --dry-run, then use --force"));
        }
        let journal = self.journal.as_deref().map(Journal::append).transpose()?;
        let (is_named, filters) = (selection.is_named && !selection.is_piped, selection.filters());
        let work = Work { filters: filters.clone(), jobs: self.selection.jobs.get() };
        let mut report = Report::new(is_named, self.dry_run, journal);
        let mut uploads = selection.uploads(!self.force || self.dry_run);
        if !self.force && !self.dry_run {
            let found: Vec<Found> = uploads.try_collect().await?;
            if found.iter().any(|found| found.held().is_some()) && !ask(context, &found).await? {
                return Err(Error::canceled());
            }
            uploads = stream::iter(found.into_iter().map(Ok)).boxed();
        }
        report.run(context, uploads, &work).await
    }
}

impl Arguments {
    fn check(&self) -> Result<()> {
        match self.selection.is_empty() {
            true => Err(Error::usage("abort needs to know which uploads")
                .hint("usage: ossutil abort oss://bucket/object [UPLOADID...]")
                .hint("`ossutil ls -m oss://bucket` shows what is unfinished")),
            false => self.selection.refuse_empty_ids(),
        }
    }
}

/// Shows what would be freed, and asks.
async fn ask(context: &mut Context<'_>, uploads: &[Found]) -> Result<bool> {
    let held: Vec<&Found> = uploads.iter().filter(|found| found.held().is_some()).collect();
    let mut sum = Held::default();
    for (index, found) in held.iter().enumerate() {
        let one = found.held().unwrap_or_default();
        sum.merge(one);
        if index < MAX_NAMED {
            let (upload, size) = (&found.upload, mebibytes(one.bytes));
            context.printer.say(format_args!("{upload}: {} parts, {size} MB", one.parts));
        }
    }
    if held.len() > MAX_NAMED {
        context.printer.say(format_args!("... and {} more", held.len() - MAX_NAMED));
    }
    let now = held[0].client.now();
    let ago = |time: Option<Timestamp>| match time {
        Some(time) => format!("{} ago", span(now.duration_since(time))),
        None => "unknown".to_owned(),
    };
    let oldest = held.iter().filter_map(|found| found.initiated).min();
    let newest = held.iter().filter_map(|found| found.last_activity()).max();
    if oldest.is_some() || newest.is_some() {
        context.printer.say(format_args!(
            "The oldest was begun {}, something last happened {}.",
            ago(oldest),
            ago(newest)
        ));
    }
    let question = format!(
        "Do you really mean to abort {} uploads with {} parts, {} MB(y or N)? ",
        held.len(),
        sum.parts,
        mebibytes(sum.bytes)
    );
    context.confirm(&question).await
}

/// What became of an upload.
enum Outcome {
    /// It was aborted; this is what it held. In a dry run it would be.
    Aborted(Held),
    /// There is no such upload.
    Gone,
    /// It was chosen for being idle, and is not any more.
    Spared,
    /// The service refused, or could not be asked.
    Failed(Error),
}

impl From<ClientError> for Outcome {
    fn from(error: ClientError) -> Self {
        Self::Failed(error.into())
    }
}

/// How uploads are aborted.
struct Work {
    filters: UploadFilters,
    jobs: usize,
}

impl Work {
    /// Aborts an upload, unless it woke up since it was chosen.
    async fn abort(&self, found: &Found) -> Outcome {
        let is_rechecked = self.filters.is_idle_needed() && found.held().is_some();
        let looked = match &found.state {
            State::Unknown => found.clone().look().await,
            State::Holds(_) if is_rechecked => found.clone().look().await,
            _ => found.clone(),
        };
        match &looked.state {
            State::Gone => Outcome::Gone,
            State::Unreadable(error) => Outcome::Failed(Error::of_client(error)),
            _ if !self.filters.matches_held(&looked, looked.client.now()) => Outcome::Spared,
            _ => abort(&looked).await.unwrap_or_else(Outcome::from),
        }
    }
}

/// Aborts an upload until the service no longer knows it.
async fn abort(found: &Found) -> std::result::Result<Outcome, ClientError> {
    let request = found.upload.abort();
    let mut freed = found.held().unwrap_or_default();
    for round in 0.. {
        match found.client.send(&request).await {
            Ok(()) => {}
            Err(error) if error.has_code("NoSuchUpload") => {
                // Somebody else was faster.
                return Ok(if round > 0 { Outcome::Aborted(freed) } else { Outcome::Gone });
            }
            Err(error) => return Err(error),
        }
        // A part that was in flight during the abort may have arrived after it.
        match look(&found.client, &found.upload).await? {
            None => break,
            Some(late) if round + 1 < MAX_ROUNDS => {
                freed.merge(late);
                tokio::time::sleep(Duration::from_millis(100 << round.min(5))).await;
            }
            Some(_) => {
                let message = "parts keep arriving: stop the program that sends them".to_owned();
                return Err(ClientError::Invalid(message));
            }
        }
    }
    Ok(Outcome::Aborted(freed))
}
