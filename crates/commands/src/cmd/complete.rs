//! `complete`: makes the object of the parts that have arrived of an unfinished upload.

use clap::Args;
use futures_util::TryStreamExt;
use ossutil_client::{
    protocol::operations::{CompleteMultipartUpload, Part},
    transfer::{self, Completion, Expected, complete::multipart_etag, crc64, plan::MIN_PART_SIZE},
};
use serde::Serialize;

use crate::{
    cloud_url::CloudUrl,
    context::Context,
    display::mebibytes,
    error::{Error, Result},
    exit::Status,
    output::Record,
    registry::Command,
    uploads::{Found, SelectionArgs, UploadRef, finishing},
};

/// How many runs of missing parts are named.
const MAX_NAMED: usize = 10;

/// Complete an unfinished multipart upload with the parts that have arrived
///
/// Parts that are missing below the highest one are noticed; parts that are missing behind it
/// cannot be, so look at the size it shows. `ossutil resume` sends what is missing.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    selection: SelectionArgs,
    /// Make the object although parts in the middle are missing
    #[arg(long)]
    allow_gaps: bool,
    /// Replace an object that exists
    #[arg(long)]
    overwrite: bool,
    /// Let the service take all parts it has, whatever arrives until then
    #[arg(long)]
    complete_all: bool,
    /// Do not ask
    #[arg(short, long)]
    force: bool,
}

#[derive(Default, Serialize)]
struct CompletedRecord<'a> {
    bucket: &'a str,
    key: &'a str,
    upload_id: &'a str,
    parts: usize,
    bytes: u64,
    crc64: Option<u64>,
}

impl Record for CompletedRecord<'_> {
    const LIST: &'static str = "objects";
    const ITEM: &'static str = "object";
}

impl Command for Arguments {
    const NAME: &'static str = "complete";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        (
            "ossutil complete oss://bucket/video.mp4 UPLOADID",
            "shows what the object will be, asks, makes it, and looks at it",
        ),
        (
            "ossutil complete -f --overwrite oss://bucket/video.mp4 UPLOADID",
            "replaces the object without asking",
        ),
        (
            "ossutil complete -f --overwrite --complete-all oss://bucket/video.mp4",
            "the only unfinished upload of that object, with all parts the service has",
        ),
        (
            "ossutil complete -r --overwrite --min-parts 1 --newer-than 1d oss://bucket/video",
            "all that were begun today below a prefix, asking for each",
        ),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        if self.selection.is_empty() {
            return Err(Error::usage("complete needs to know which upload")
                .hint("usage: ossutil complete oss://bucket/object [UPLOADID]")
                .hint("`ossutil ls -m oss://bucket` shows what is unfinished"));
        }
        self.selection.refuse_empty_ids()?;
        let selection = self.selection.select(context).await?;
        if selection.is_piped && !self.force {
            return Err(Error::usage(
                "the uploads come from standard input, so there is nobody to ask",
            )
            .hint("look at them with `ossutil listpart -`, then use --force"));
        }
        let uploads: Vec<Found> = selection.uploads(false).try_collect().await?;
        finishing::refuse_rivals(context, &uploads)?;
        match uploads.as_slice() {
            [] => Err(nothing()),
            [found] => self.complete(context, found).await,
            _ => self.complete_all_of(context, &uploads).await,
        }
    }
}

/// Nothing was found that could be completed.
fn nothing() -> Error {
    let hint = "they were completed or aborted, or have other keys; `ossutil ls -m` shows what is \
                unfinished";
    let error = Error::failed("there is no unfinished upload of that name").hint(hint);
    Error { status: Status::Refused, ..error }
}

impl Arguments {
    /// Completes one after the other; what fails is said, and the rest goes on.
    async fn complete_all_of(&self, context: &mut Context<'_>, uploads: &[Found]) -> Result<()> {
        let (mut done, mut last_error) = (0_u64, None);
        for found in uploads {
            match self.complete(context, found).await {
                Ok(()) => done += 1,
                Err(error) if error.is_broken_pipe => return Err(error),
                Err(error) => {
                    let upload = &found.upload;
                    context.printer.say(format_args!("{upload}: {}", error.message));
                    last_error = Some(error);
                }
            }
        }
        match last_error {
            None => Ok(()),
            Some(error) => {
                context.printer.complete();
                let error = if done > 0 { error.partial() } else { error };
                Err(Error { message: String::new(), hints: Vec::new(), ..error })
            }
        }
    }

    async fn complete(&self, context: &mut Context<'_>, found: &Found) -> Result<()> {
        let Found { upload, client, .. } = found;
        let url = CloudUrl { bucket: upload.bucket.clone(), key: upload.key.clone() };
        let not_found = || finishing::not_found(&url, Some(&upload.upload_id));
        let parts = finishing::parts(client, upload).await?.ok_or_else(not_found)?;
        check(upload, &parts, self.allow_gaps)?;
        if !self.overwrite {
            finishing::check_place(client, &url).await?;
        }
        if !self.force && !ask(context, upload, &parts).await? {
            return Err(Error::canceled());
        }
        let completion = self.completion(upload, &parts);
        let object = transfer::complete(client, &completion).await?;
        let (count, size) = (parts.len(), completion.expected.size);
        let crc64 = object.hash_crc64.map(|crc64| format!(", CRC64 {crc64}")).unwrap_or_default();
        let record = CompletedRecord {
            bucket: &upload.bucket,
            key: &upload.key,
            upload_id: &upload.upload_id,
            parts: count,
            bytes: size,
            crc64: object.hash_crc64,
        };
        Ok(context.printer.record(&record, |out| {
            let megabytes = mebibytes(size.into());
            writeln!(
                out,
                "Succeed: Completed {upload} with {count} parts, {megabytes} MB ({size} \
                 bytes){crc64}."
            )
        })?)
    }

    fn completion(&self, upload: &UploadRef, parts: &[Part]) -> Completion {
        let etags = parts.iter().map(|part| part.etag.as_str());
        let crc64s: Option<Vec<(u64, u64)>> =
            parts.iter().map(|part| Some((part.hash_crc64?, size(part)))).collect();
        let listed = parts.iter().map(|part| (part.part_number, part.etag.clone()));
        Completion {
            expected: Expected {
                size: parts.iter().map(size).sum(),
                etag: Some(multipart_etag(etags)),
                crc64: crc64s.map(crc64::combine_all),
            },
            request: CompleteMultipartUpload {
                bucket: upload.bucket.clone(),
                key: upload.key.clone(),
                upload_id: upload.upload_id.clone(),
                parts: if self.complete_all { Vec::new() } else { listed.collect() },
                complete_all: self.complete_all,
                forbid_overwrite: !self.overwrite,
            },
        }
    }
}

fn size(part: &Part) -> u64 {
    u64::try_from(part.size).unwrap_or_default()
}

/// Whether the parts can make an object, and whether it can be a whole one.
fn check(upload: &UploadRef, parts: &[Part], allow_gaps: bool) -> Result<()> {
    let Some((_, all_but_last)) = parts.split_last() else {
        return Err(Error::failed(format!("the upload {upload} has no parts"))
            .hint(format!("`ossutil abort {}` gives it up", upload.words())));
    };
    if let Some(part) = all_but_last.iter().find(|part| size(part) < MIN_PART_SIZE) {
        let message = format!(
            "part {} has {} bytes, and all but the last must have {MIN_PART_SIZE} or more",
            part.part_number, part.size
        );
        return Err(Error::failed(message).hint(
            "the service makes no object of such parts: send the file anew, and abort this upload",
        ));
    }
    let missing = missing(parts);
    if !missing.is_empty() && !allow_gaps {
        let message = format!("of the upload {upload} these parts are missing: {missing}");
        return Err(Error::failed(message)
            .hint(format!("`ossutil resume {} FILE` sends them", upload.words()))
            .hint("--allow-gaps makes an object of the others"));
    }
    Ok(())
}

/// The numbers that are missing below the highest: `2, 5-7`.
fn missing(parts: &[Part]) -> String {
    let numbers = parts.iter().map(|part| part.part_number);
    let before = std::iter::once(0).chain(numbers.clone());
    let gaps: Vec<String> = before
        .zip(numbers)
        .filter(|(before, number)| before + 1 < *number)
        .map(|(before, number)| match (before + 1, number - 1) {
            (first, last) if first == last => first.to_string(),
            (first, last) => format!("{first}-{last}"),
        })
        .collect();
    let more = if gaps.len() > MAX_NAMED { ", …" } else { "" };
    gaps[..gaps.len().min(MAX_NAMED)].join(", ") + more
}

/// Shows what the object will be, and asks.
async fn ask(context: &mut Context<'_>, upload: &UploadRef, parts: &[Part]) -> Result<bool> {
    let missing = missing(parts);
    if !missing.is_empty() {
        context.printer.say(format_args!("warning: these parts are missing: {missing}"));
    }
    let (first, rest) = parts.split_first().expect("there are parts");
    let rest = rest.split_last().map(|(_, rest)| rest).unwrap_or_default();
    if let Some(part) = rest.iter().find(|part| part.size != first.size) {
        context.printer.say(format_args!(
            "warning: the parts are of different sizes: part {} has {} bytes, part {} has {}",
            first.part_number, first.size, part.part_number, part.size
        ));
    }
    let bytes: u64 = parts.iter().map(size).sum();
    let question = format!(
        "Do you really mean to complete {upload} with {} parts, {} MB ({bytes} bytes)(y or N)? ",
        parts.len(),
        mebibytes(bytes.into())
    );
    context.confirm(&question).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing() {
        let of = |numbers: &[u32]| {
            let part = |number: &u32| Part { part_number: *number, ..Part::default() };
            missing(&numbers.iter().map(part).collect::<Vec<_>>())
        };
        assert_eq!(of(&[1, 2, 3]), "");
        assert_eq!(of(&[2, 4, 8, 9]), "1, 3, 5-7");
        let every_other: Vec<u32> = (1..=12).map(|number| 2 * number).collect();
        assert_eq!(of(&every_other), "1, 3, 5, 7, 9, 11, 13, 15, 17, 19, …");
    }
}
