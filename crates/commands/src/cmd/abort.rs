//! `abort`: gives up unfinished uploads and frees the space of their parts.

use std::time::Duration;

use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};
use ossutil_client::{Client, Error as ClientError, listing};

use crate::{
    cloud_url::CloudUrl,
    context::Context,
    display::mebibytes,
    error::{Error, Result},
    exit::Status,
    options::{NameEncoding, RequestPayer},
    registry::Command,
    upload_ref::{UploadRef, parse_listing},
};

/// How many uploads are worked on at once.
const CONCURRENCY: usize = 8;

/// How often an upload is aborted while parts keep arriving.
const MAX_ROUNDS: u32 = 10;

/// Abort unfinished multipart uploads and free their space
///
/// Parts that were still being sent can outlive an abort, so each upload is looked at again and
/// aborted again until the service says that it does not exist.
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket/object, or - for the uploads that `ossutil ls -m` printed
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// The uploads of that object, as `ossutil ls -m` shows them
    #[arg(value_name = "UPLOADID")]
    upload_ids: Vec<String>,
    /// Do not ask
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    encoding: NameEncoding,
    #[command(flatten)]
    payer: RequestPayer,
}

/// What an upload holds.
#[derive(Clone, Copy, Default)]
struct Held {
    parts: u64,
    bytes: i128,
}

/// An upload that is to be aborted.
struct Target {
    upload: UploadRef,
    client: Client,
    /// What it holds; nothing when it does not exist.
    held: Option<Held>,
}

impl Command for Arguments {
    const NAME: &'static str = "abort";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil abort oss://bucket/video.mp4 UPLOADID", "shows what it holds, asks, aborts it"),
        ("ossutil abort -f oss://bucket/video.mp4 UPLOADID", "aborts it without asking"),
        (
            "ossutil ls -m oss://bucket/tmp/ | ossutil abort -f -",
            "aborts every unfinished upload below a prefix",
        ),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let is_listed = self.url == "-";
        let uploads = self.uploads().await?;
        let targets = self.look(context, uploads).await?;
        // An id that was typed must exist; one from a listing may have ended meanwhile.
        let missing = targets.iter().filter(|target| target.held.is_none());
        for target in missing {
            let said = if is_listed { "already gone" } else { "no such upload" };
            context.printer.say(format_args!("{}: {said}", target.upload));
        }
        let (found, missing): (Vec<_>, Vec<_>) =
            targets.into_iter().partition(|target| target.held.is_some());
        if found.is_empty() && !missing.is_empty() && !is_listed {
            return Err(not_found(&missing));
        }
        if !self.force && !found.is_empty() && !ask(context, &found).await? {
            return Err(Error::canceled());
        }
        let failures = abort_all(context, found).await?;
        match (failures, missing.len()) {
            (None, 0) => Ok(()),
            (None, _) if is_listed => Ok(()),
            (None, _) => Err(Error::reported(Status::Partial)),
            (Some(error), _) => Err(error),
        }
    }
}

impl Arguments {
    async fn uploads(&self) -> Result<Vec<UploadRef>> {
        if self.url == "-" {
            if !self.upload_ids.is_empty() {
                return Err(Error::usage("with - the upload ids come from standard input"));
            }
            if !self.force {
                return Err(Error::usage(
                    "the uploads come from standard input, so there is nobody to ask",
                )
                .hint("look at them with `ossutil listpart -`, then use abort --force"));
            }
            return parse_listing(&Context::read_stdin().await?);
        }
        let CloudUrl { bucket, key } = CloudUrl::parse_object(&self.url, self.encoding.is_url())?;
        if self.upload_ids.is_empty() || self.upload_ids.iter().any(String::is_empty) {
            return Err(Error::usage("abort needs at least one upload id")
                .hint(format!("`ossutil ls -m oss://{bucket}/{key}` shows them")));
        }
        let upload = |id: &String| UploadRef {
            bucket: bucket.clone(),
            key: key.clone(),
            upload_id: id.clone(),
        };
        Ok(self.upload_ids.iter().map(upload).collect())
    }

    /// Finds out what each upload holds.
    async fn look(
        &self,
        context: &mut Context<'_>,
        uploads: Vec<UploadRef>,
    ) -> Result<Vec<Target>> {
        let mut targets: Vec<Target> = Vec::with_capacity(uploads.len());
        for upload in uploads {
            let known = targets.iter().rev().find(|t| t.upload.bucket == upload.bucket);
            let client = match known {
                Some(target) => target.client.clone(),
                None => context.bucket(&upload.bucket, self.payer.payer.as_deref())?,
            };
            targets.push(Target { upload, client, held: None });
        }
        let looked = stream::iter(targets).map(|target| async {
            let held = held(&target.client, &target.upload).await?;
            Ok::<_, ClientError>(Target { held, ..target })
        });
        Ok(looked.buffered(CONCURRENCY).try_collect().await?)
    }
}

fn not_found(missing: &[Target]) -> Error {
    let bucket = &missing[0].upload.bucket;
    let error = match missing {
        [target] => Error::failed(format!("the upload {} does not exist", target.upload)),
        _ => Error::failed("none of the uploads exists"),
    };
    let hint = format!(
        "they were completed or aborted, or the ids belong to other keys; \
         `ossutil ls -m oss://{bucket}` shows what is unfinished"
    );
    Error { status: Status::Refused, ..error.hint(hint) }
}

/// Shows what would be freed, and asks.
async fn ask(context: &mut Context<'_>, targets: &[Target]) -> Result<bool> {
    let mut sum = Held::default();
    for target in targets {
        let held = target.held.unwrap_or_default();
        let size = mebibytes(held.bytes);
        context.printer.say(format_args!("{}: {} parts, {size} MB", target.upload, held.parts));
        sum.parts += held.parts;
        sum.bytes += held.bytes;
    }
    let question = format!(
        "Do you really mean to abort {} uploads with {} parts, {} MB(y or N)? ",
        targets.len(),
        sum.parts,
        mebibytes(sum.bytes)
    );
    context.confirm(&question).await
}

/// Aborts each, prints what became of it, and ends with what was freed.
async fn abort_all(context: &mut Context<'_>, targets: Vec<Target>) -> Result<Option<Error>> {
    let mut work = stream::iter(targets)
        .map(|target| async {
            let outcome = abort(&target).await;
            (target.upload, outcome)
        })
        .buffered(CONCURRENCY);
    let (mut aborted, mut freed) = (0_u64, Held::default());
    let (mut failed, mut last_error) = (0_u64, None);
    while let Some((upload, outcome)) = work.next().await {
        match outcome {
            Ok(Some(held)) => {
                let (parts, size) = (held.parts, mebibytes(held.bytes));
                context
                    .printer
                    .line(format_args!("{upload}: aborted, {parts} parts, {size} MB"))?;
                aborted += 1;
                freed.parts += held.parts;
                freed.bytes += held.bytes;
            }
            Ok(None) => context.printer.say(format_args!("{upload}: already gone")),
            Err(error) => {
                let error = Error::from(error);
                context.printer.say(format_args!("{upload}: {}", error.message));
                failed += 1;
                last_error = Some(error);
            }
        }
    }
    let (parts, size, bytes) = (freed.parts, mebibytes(freed.bytes), freed.bytes);
    let freed = format!("Freed {parts} parts, {size} MB ({bytes} bytes).");
    match failed {
        0 => context.printer.line(format_args!("Succeed: Aborted {aborted} uploads. {freed}"))?,
        _ => context
            .printer
            .line(format_args!("Aborted {aborted} uploads. Error {failed} uploads. {freed}"))?,
    }
    Ok(last_error.map(|error| if aborted > 0 { error.partial() } else { error }))
}

/// Aborts an upload until the service no longer knows it; gives what was freed, or nothing when
/// somebody else was faster.
async fn abort(target: &Target) -> std::result::Result<Option<Held>, ClientError> {
    let request = target.upload.abort();
    let mut freed = target.held.unwrap_or_default();
    for round in 0.. {
        match target.client.send(&request).await {
            Ok(()) => {}
            Err(error) if error.has_code("NoSuchUpload") => {
                return Ok((round > 0).then_some(freed));
            }
            Err(error) => return Err(error),
        }
        // A part that was in flight during the abort may have arrived after it.
        match held(&target.client, &target.upload).await? {
            None => break,
            Some(late) if round + 1 < MAX_ROUNDS => {
                freed.parts += late.parts;
                freed.bytes += late.bytes;
                tokio::time::sleep(Duration::from_millis(100 << round.min(5))).await;
            }
            Some(_) => {
                let message = "parts keep arriving: stop the program that sends them".to_owned();
                return Err(ClientError::Invalid(message));
            }
        }
    }
    Ok(Some(freed))
}

/// What an upload holds; nothing when the service does not know it.
async fn held(
    client: &Client,
    upload: &UploadRef,
) -> std::result::Result<Option<Held>, ClientError> {
    let sum = listing::entries(client, upload.list_parts()).try_fold(
        Held::default(),
        |held, part| async move {
            Ok(Held { parts: held.parts + 1, bytes: held.bytes + i128::from(part.size) })
        },
    );
    match sum.await {
        Ok(held) => Ok(Some(held)),
        Err(error) if error.has_code("NoSuchUpload") => Ok(None),
        Err(error) => Err(error),
    }
}
