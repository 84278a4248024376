//! `complete`: makes the object of the parts that have arrived of an unfinished upload.

use clap::Args;
use ossutil_client::{
    protocol::operations::{CompleteMultipartUpload, Part},
    transfer::{self, Completion, Expected, complete::multipart_etag, crc64, plan::MIN_PART_SIZE},
};

use serde_json::json;

use crate::{
    cloud_url::CloudUrl,
    context::Context,
    display::mebibytes,
    error::{Error, Result},
    options::{NameEncoding, RequestPayer},
    registry::Command,
    unfinished,
    uploads::UploadRef,
};

/// How many runs of missing parts are named.
const MAX_NAMED: usize = 10;

/// Complete an unfinished multipart upload with the parts that have arrived
///
/// Parts that are missing below the highest one are noticed; parts that are missing behind it
/// cannot be, so look at the size it shows. `ossutil resume` sends what is missing.
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket/object
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// The upload, as `ossutil ls -m` shows it; not needed if the object has only one
    #[arg(value_name = "UPLOADID")]
    upload_id: Option<String>,
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
    #[command(flatten)]
    encoding: NameEncoding,
    #[command(flatten)]
    payer: RequestPayer,
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
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let url = CloudUrl::parse_object(&self.url, self.encoding.is_url())?;
        let client = context.bucket(&url.bucket, self.payer.payer.as_deref())?;
        let upload_id = self.upload_id.as_deref();
        let not_found = || unfinished::not_found(&url, upload_id);
        let found = unfinished::find(context, &client, &url, upload_id).await?;
        let upload = found.ok_or_else(not_found)?;
        let parts = unfinished::parts(&client, &upload).await?.ok_or_else(not_found)?;
        check(&upload, &parts, self.allow_gaps)?;
        if !self.overwrite {
            unfinished::check_place(&client, &url).await?;
        }
        if !self.force && !ask(context, &upload, &parts).await? {
            return Err(Error::canceled());
        }
        let completion = self.completion(&upload, &parts);
        let object = transfer::complete(&client, &completion).await?;
        let (count, size) = (parts.len(), completion.expected.size);
        let crc64 = object.hash_crc64.map(|crc64| format!(", CRC64 {crc64}")).unwrap_or_default();
        let fact = json!({
            "bucket": upload.bucket, "key": upload.key, "bytes": size, "parts": count,
            "crc64": object.hash_crc64,
        });
        Ok(context.printer.fact("object", &fact, |out| {
            let size_in_mb = mebibytes(size.into());
            writeln!(
                out,
                "Succeed: Completed {upload} with {count} parts, {size_in_mb} MB ({size} \
                 bytes){crc64}."
            )
        })?)
    }
}

impl Arguments {
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
