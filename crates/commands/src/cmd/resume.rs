//! `resume`: sends what an unfinished upload lacks of a file, and completes it.

use std::{num::NonZeroUsize, time::Instant};

use clap::Args;
use ossutil_client::{
    Client, Error as ClientError,
    protocol::operations::Part,
    transfer::{
        Expected, Layout, Progress, Sent, Source, Upload,
        plan::{self, MAX_PART_SIZE, MIN_PART_SIZE},
    },
};

use serde_json::json;

use crate::{
    cloud_url::CloudUrl,
    context::Context,
    display::{mebibytes, object_url, shell_word},
    error::{Error, Result},
    input::Input,
    options::{NameEncoding, RequestPayer},
    output::Printer,
    registry::Command,
    uploads::{UploadFilterArgs, UploadRef, finishing},
};

/// Finish an unfinished multipart upload from the file it was begun with
///
/// What has arrived is asked from the service, so uploads that another program or machine began
/// can be finished, and a run that was stopped can be run again. Parts that match the file stay,
/// others are sent again, missing ones are sent; then the object is made and its checksum compared.
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket/object
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// The upload, as `ossutil ls -m` shows it (not needed if the object has only one), and the
    /// file, or - for standard input
    #[arg(value_name = "[UPLOADID] FILE", num_args = 1..=2, required = true)]
    words: Vec<String>,
    /// How many parts are sent at once
    #[arg(
        short = 'j',
        long,
        alias = "jobs",
        value_name = "COUNT",
        default_value = "8",
        value_parser = clap::value_parser!(u16).range(1..=1000)
    )]
    parallel: u16,
    /// Bytes of a part, if none has arrived that tells
    #[arg(
        long,
        value_name = "BYTES",
        value_parser = clap::value_parser!(u64).range(MIN_PART_SIZE..=MAX_PART_SIZE)
    )]
    part_size: Option<u64>,
    /// Replace an object that exists
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    filters: UploadFilterArgs,
    #[command(flatten)]
    encoding: NameEncoding,
    #[command(flatten)]
    payer: RequestPayer,
}

impl Command for Arguments {
    const NAME: &'static str = "resume";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        (
            "ossutil resume oss://bucket/video.mp4 UPLOADID video.mp4",
            "sends the parts that are missing or differ, and completes the upload",
        ),
        (
            "ossutil resume --overwrite oss://bucket/video.mp4 video.mp4",
            "the only unfinished upload of that object, which then replaces it",
        ),
        (
            "cat video.mp4 | ossutil resume --overwrite oss://bucket/video.mp4 UPLOADID -",
            "reads what is to be sent from standard input",
        ),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let url = CloudUrl::parse_object(&self.url, self.encoding.is_url())?;
        let filters = self.filters.check()?;
        let client = context.bucket(&url.bucket, self.payer.payer.as_deref())?;
        let file = self.file();
        let input = Input::open(file).await.map_err(|error| unreadable(file, &error))?;
        let found = finishing::find(context, &client, &url, self.upload_id(), filters).await?;
        let parts = match &found {
            Some(upload) => finishing::parts(&client, upload).await?,
            None => None,
        };
        let (Some(upload), Some(parts)) = (found, parts) else {
            return self.end(context, &client, &url, input).await;
        };
        let source = self.source(input, &parts)?;
        if !self.overwrite {
            finishing::check_place(&client, &url).await?;
        }
        let sent = self.send(context, client, &upload, parts, source).await?;
        report(context, &url, &sent)
    }
}

impl Arguments {
    fn file(&self) -> &str {
        self.words.last().map(String::as_str).unwrap_or_default()
    }

    fn upload_id(&self) -> Option<&str> {
        self.words.split_last().and_then(|(_, words)| words.first()).map(String::as_str)
    }

    /// What is to be sent, once it is clear that the parts that have arrived can be of it.
    fn source(&self, input: Input, arrived: &[Part]) -> Result<Source> {
        let size = |part: &Part| u64::try_from(part.size).unwrap_or_default();
        let sizes: Vec<_> = arrived.iter().map(|part| (part.part_number, size(part))).collect();
        let file = match input {
            Input::File(file) => file,
            Input::Pipe(pipe) => {
                let part_size = plan::usual_part_size(&sizes).or(self.part_size);
                return Ok(Source::Reader(pipe, part_size.unwrap_or(plan::DEFAULT_PART_SIZE)));
            }
        };
        let layout = match self.part_size {
            Some(part_size) if sizes.is_empty() => Layout::new(file.size(), part_size),
            _ => Layout::adopt(&sizes, file.size()),
        };
        let layout = layout.map_err(ClientError::Layout)?;
        Ok(Source::File(file, layout))
    }

    /// Sends it. Until it is done, a user who is left with an error learns how to go on.
    async fn send(
        &self,
        context: &mut Context<'_>,
        client: Client,
        upload: &UploadRef,
        arrived: Vec<Part>,
        source: Source,
    ) -> Result<Sent> {
        let overwrite = if self.overwrite { "--overwrite " } else { "" };
        let (words, file) = (upload.words(), shell_word(self.file()));
        context.hints_if_stopped = vec![
            format!("to go on: ossutil resume {overwrite}{words} {file}"),
            format!("to give it up: ossutil abort {words}"),
        ];
        let upload = Upload {
            client,
            bucket: upload.bucket.clone(),
            key: upload.key.clone(),
            upload_id: upload.upload_id.clone(),
            arrived,
            parallel: NonZeroUsize::new(self.parallel.into()).unwrap_or(NonZeroUsize::MIN),
            overwrite: self.overwrite,
            content_md5: false,
        };
        let mut meter = Meter::new(&mut context.printer);
        let sent = upload.send(source, |progress| meter.draw(progress)).await;
        let has_ended = match &sent {
            Ok(_) | Err(ClientError::Mismatch { .. }) => true,
            Err(error) => error.has_code("NoSuchUpload"),
        };
        if has_ended {
            context.hints_if_stopped.clear();
        }
        Ok(sent?)
    }

    /// There is no such upload. That may be because an earlier run was stopped after it had
    /// completed it: then the object is the file.
    async fn end(
        &self,
        context: &mut Context<'_>,
        client: &Client,
        url: &CloudUrl,
        input: Input,
    ) -> Result<()> {
        let not_found = || finishing::not_found(url, self.upload_id());
        let Input::File(file) = input else { return Err(not_found()) };
        let object = finishing::object(client, url).await?.ok_or_else(not_found)?;
        if object.content_length != Some(file.size()) || object.hash_crc64.is_none() {
            return Err(not_found());
        }
        let digests = file.content().digests().await;
        let digests = digests.map_err(|error| unreadable(self.file(), &error))?;
        let expected = Expected { size: file.size(), etag: None, crc64: Some(digests.crc64) };
        match expected.difference(&object) {
            Some(_) => Err(not_found()),
            None => {
                let (bytes, crc64) = (file.size(), digests.crc64);
                let fact =
                    json!({"bucket": url.bucket, "key": url.key, "bytes": bytes, "crc64": crc64});
                Ok(context.printer.fact("object", &fact, |out| {
                    let place = object_url(&url.bucket, &url.key);
                    writeln!(
                        out,
                        "Succeed: {place} is complete already, {bytes} bytes, CRC64 {crc64}."
                    )
                })?)
            }
        }
    }
}

fn unreadable(name: &str, error: &std::io::Error) -> Error {
    Error::failed(format!("cannot read {name}: {error}"))
        .hint("name the file that the upload was begun with, or - for standard input")
}

fn report(context: &mut Context<'_>, url: &CloudUrl, sent: &Sent) -> Result<()> {
    let sum = |is_kept: bool| {
        let parts = sent.parts.iter().filter(|part| part.was_kept == is_kept);
        parts.fold((0, 0), |(count, bytes), part| (count + 1, bytes + part.size))
    };
    let ((kept, kept_bytes), (fresh, fresh_bytes)) = (sum(true), sum(false));
    let crc64 = sent.object.hash_crc64.map(|crc64| format!(", CRC64 {crc64}")).unwrap_or_default();
    let bytes = kept_bytes + fresh_bytes;
    let fact = json!({
        "bucket": url.bucket, "key": url.key, "bytes": bytes, "crc64": sent.object.hash_crc64,
        "kept_parts": kept, "kept_bytes": kept_bytes, "sent_parts": fresh, "sent_bytes": fresh_bytes,
    });
    Ok(context.printer.fact("object", &fact, |out| {
        writeln!(
            out,
            "Succeed: Completed {}: kept {kept} parts, {} MB, sent {fresh} parts, {} MB. {bytes} \
             bytes{crc64}.",
            object_url(&url.bucket, &url.key),
            mebibytes(kept_bytes.into()),
            mebibytes(fresh_bytes.into()),
        )
    })?)
}

/// Shows how far an upload is.
struct Meter<'a> {
    printer: &'a mut Printer,
    started: Instant,
    /// The most bytes shown: a part that is tried again does not go back.
    shown: u64,
}

impl<'a> Meter<'a> {
    fn new(printer: &'a mut Printer) -> Self {
        Self { printer, started: Instant::now(), shown: 0 }
    }

    fn draw(&mut self, progress: Progress) {
        self.shown = self.shown.max(progress.bytes + progress.in_flight);
        let bytes = mebibytes(self.shown.into());
        let millis = self.started.elapsed().as_millis().max(1);
        let rate = i128::from(self.shown) * 1000 / i128::try_from(millis).unwrap_or(i128::MAX);
        let of = match progress.total {
            Some(total) => {
                let percent = u128::from(self.shown) * 100 / u128::from(total.max(1));
                format!(" of {} MB ({percent}%)", mebibytes(total.into()))
            }
            None => " MB".to_owned(),
        };
        let text = format!("{} parts, {bytes}{of}, {} MB/s", progress.parts, mebibytes(rate));
        // Progress that nobody can see is no reason to stop.
        let _ = self.printer.progress(&text);
    }
}
