//! `appendfromfile`: adds a file, or standard input, to the end of an object.

use std::{
    io::{Read, Write},
    num::NonZeroU64,
    sync::Arc,
    time::Instant,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use clap::Args;
use ossutil_client::{
    Client, Content, Limiter,
    protocol::operations::{AppendObject, AppendedObject, GetObjectMeta, HeadObject},
    transfer::{FileSource, crc64},
};
use serde_json::json;

use crate::{
    cloud_url::CloudUrl,
    connection::Pace,
    context::Context,
    display::object_url,
    error::{Error, Result},
    headers::{self, HeaderArgs, Headers},
    input::Input,
    options::{NameEncoding, RequestPayer},
    registry::Command,
};

/// The most of a file that is added in one request, in bytes; the service takes 5 GiB.
const FILE_PIECE: u64 = 4 << 30;

/// How much of what can be read only once is added in one request, in bytes.
const PIPE_PIECE: u64 = 16 << 20;

/// Add a file to the end of an object, which is made if it is not there
///
/// Only objects that were made like this can be added to. Headers are set when the object is made.
#[derive(Args)]
pub(super) struct Arguments {
    /// The file, or - for standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// oss://bucket/object
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// Send at most so many KB a second
    #[arg(long, value_name = "KB")]
    maxupspeed: Option<NonZeroU64>,
    #[command(flatten)]
    headers: HeaderArgs,
    #[command(flatten)]
    encoding: NameEncoding,
    #[command(flatten)]
    payer: RequestPayer,
}

impl Command for Arguments {
    const NAME: &'static str = "appendfromfile";
    const ALIASES: &'static [&'static str] = &["append"];
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        (
            "ossutil appendfromfile video.mp4 oss://bucket/all.mp4",
            "a file, to the end of an object",
        ),
        ("echo started | ossutil appendfromfile - oss://bucket/log", "what a program prints"),
        (
            "ossutil appendfromfile video.mp4 oss://bucket/new.mp4 --content-type video/mp4",
            "a new object, with a header",
        ),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let headers = self.headers.headers()?;
        let payer = self.payer.payer.as_deref();
        let up = self.maxupspeed.map(|speed| Arc::new(Limiter::new(per_second(speed))));
        context.pace = Pace { up, down: None };
        let (client, url) = context.open_object(&self.url, &self.encoding, payer)?;
        let input = Input::open(&self.file).await.map_err(|error| {
            Error::failed(format!("open {}: {error}", self.file))
                .hint("name a file, or - for standard input")
        })?;
        let started = Instant::now();
        let mut append = Append::begin(client, url, headers).await?;
        let before = append.length;
        match append.all_of(input, context).await {
            Ok(()) => append.report(context, before, started),
            Err(error) if append.length > before => Err(error.partial().hint(format!(
                "{} bytes were added before; the object has {} bytes now",
                append.length - before,
                append.length
            ))),
            Err(error) => Err(error),
        }
    }
}

/// The object as it grows.
struct Append {
    client: Client,
    url: CloudUrl,
    headers: Headers,
    /// Bytes, as the service said last.
    length: u64,
    /// The CRC-64 of all of it, if it is known.
    crc64: Option<u64>,
}

impl Append {
    /// Looks where the object ends. Headers are of no use to one that is there.
    async fn begin(client: Client, url: CloudUrl, mut headers: Headers) -> Result<Self> {
        let CloudUrl { bucket, key } = url.clone();
        let look = GetObjectMeta { bucket, key, version_id: None };
        let (length, crc64, is_new) = match client.send(&look).await {
            Ok(head) => (head.content_length.unwrap_or_default(), head.hash_crc64, false),
            Err(error) if error.is_missing_object() => (0, Some(0), true),
            Err(error) => return Err(error.into()),
        };
        if is_new && !headers.iter().any(|(name, _)| name == "content-type") {
            headers::set(&mut headers, "content-type", headers::content_type(&url.key));
        }
        if !is_new && !headers.is_empty() {
            let message = format!(
                "{} exists: headers are set when an object is made",
                object_url(&url.bucket, &url.key)
            );
            return Err(Error::usage(message).hint("leave the headers out; set-meta changes them"));
        }
        Ok(Self { client, url, headers, length, crc64 })
    }

    async fn all_of(&mut self, input: Input, context: &mut Context<'_>) -> Result<()> {
        match input {
            Input::File(file) => self.file(&file, context).await,
            Input::Pipe(pipe) => self.pipe(pipe, context).await,
        }
    }

    async fn file(&mut self, file: &FileSource, context: &mut Context<'_>) -> Result<()> {
        let size = file.size();
        let mut start = 0;
        loop {
            let end = size.min(start + FILE_PIECE);
            self.add(&file.part(start..end)).await?;
            let percent = (end * 100).checked_div(size).unwrap_or(100);
            context.printer.progress(&format!("total append {end} ({percent}%) byte"))?;
            if end == size {
                return Ok(());
            }
            start = end;
        }
    }

    async fn pipe(&mut self, pipe: Box<dyn Read + Send>, context: &mut Context<'_>) -> Result<()> {
        let mut pipe = pipe;
        let before = self.length;
        for number in 0.. {
            let read = tokio::task::spawn_blocking(move || read_piece(pipe)).await;
            let read = read.map_err(std::io::Error::other).and_then(|read| read);
            let (rest, piece) = read.map_err(|error| unreadable(&error))?;
            pipe = rest;
            if piece.is_empty() && number > 0 {
                break;
            }
            self.add(&Content::from(piece)).await?;
            let added = self.length - before;
            context.printer.progress(&format!("total append {added} byte"))?;
        }
        Ok(())
    }

    /// Adds a piece, and sees that the object is what it makes.
    async fn add(&mut self, piece: &Content) -> Result<()> {
        let mut headers = self.headers.clone();
        if self.crc64.is_none() {
            // Only its digest can tell then whether the piece has arrived as it was sent.
            let digests = piece.digests().await.map_err(|error| unreadable(&error))?;
            headers.push(("content-md5".to_owned(), BASE64_STANDARD.encode(digests.md5)));
        }
        let CloudUrl { bucket, key } = self.url.clone();
        let position = self.length;
        let request = AppendObject { bucket, key, position, headers, body: Bytes::new() };
        let (answer, sent) = match self.client.send_content(&request, piece).await {
            Ok(answer) => answer,
            Err(error) => self.unanswered(piece, error).await?,
        };
        let crc64 = self.check(&answer, piece.len(), sent)?;
        // They have made the object; from now on it is there.
        self.headers.clear();
        self.length = answer.next_position;
        self.crc64 = crc64;
        Ok(())
    }

    /// Whether the object is what it was, and so many more bytes with this CRC-64; gives the CRC-64
    /// of all of it, if that is known.
    fn check(&self, answer: &AppendedObject, added: u64, sent: u64) -> Result<Option<u64>> {
        let expected = self.length + added;
        if answer.next_position != expected {
            let message = format!(
                "the object has {} bytes, not the {expected} it should have",
                answer.next_position
            );
            return Err(Error::failed(message).hint("does another program add to it as well?"));
        }
        let whole = self.crc64.map(|before| crc64::combine(before, sent, added));
        match (whole, answer.hash_crc64) {
            (Some(whole), Some(received)) if whole != received => {
                let message = format!(
                    "the content was damaged on its way: the object's CRC64 should be {whole}, \
                     and is {received}"
                );
                Err(Error::failed(message).hint("the object is not what it should be; remove it"))
            }
            _ => Ok(answer.hash_crc64.or(whole)),
        }
    }

    /// An answer that was lost: the length of the object says whether the piece was added. To send
    /// it again blindly could add it twice.
    async fn unanswered(
        &self,
        piece: &Content,
        error: ossutil_client::Error,
    ) -> Result<(AppendedObject, u64)> {
        if error.service().is_some() {
            return Err(refused(&error));
        }
        let CloudUrl { bucket, key } = self.url.clone();
        let head = self.client.send(&HeadObject { bucket, key, version_id: None }).await;
        let expected = self.length + piece.len();
        let head = head.ok().filter(|head| head.content_length == Some(expected));
        let Some(head) = head.filter(|_| !piece.is_empty()) else { return Err(refused(&error)) };
        tracing::info!("the answer was lost, but the object has {expected} bytes: {error}");
        let sent = piece.crc64().await.map_err(|error| unreadable(&error))?;
        Ok((AppendedObject { next_position: expected, hash_crc64: head.hash_crc64 }, sent))
    }

    fn report(&self, context: &mut Context<'_>, before: u64, started: Instant) -> Result<()> {
        let (added, length) = (self.length - before, self.length);
        let speed = speed(added, started);
        let fact = json!({
            "bucket": self.url.bucket, "key": self.url.key, "bytes": length, "added_bytes": added,
            "crc64": self.crc64,
        });
        Ok(context.printer.fact("object", &fact, |out: &mut dyn Write| {
            writeln!(out, "total append {added}(100.00%) byte,speed is {speed:.2}(KB/s)")?;
            writeln!(
                out,
                "local file size is {added},the object new size is {length},average speed is \
                 {speed:.2}(KB/s)\n"
            )
        })?)
    }
}

fn unreadable(error: &std::io::Error) -> Error {
    Error::failed(format!("cannot read what is to be added: {error}"))
}

/// What a failed append means for the user.
fn refused(error: &ossutil_client::Error) -> Error {
    let hint = if error.has_code("ObjectNotAppendable") {
        "only an object that appendfromfile made can be added to; `ossutil stat` shows the type"
    } else if error.has_code("PositionNotEqualToLength") {
        "does another program add to it as well?"
    } else if error.service().is_none() {
        "`ossutil stat` shows how long the object is now, and so whether this was added"
    } else {
        return Error::of_client(error);
    };
    Error::of_client(error).hint(hint)
}

fn read_piece(mut pipe: Box<dyn Read + Send>) -> std::io::Result<(Box<dyn Read + Send>, Bytes)> {
    let mut piece = Vec::new();
    pipe.by_ref().take(PIPE_PIECE).read_to_end(&mut piece)?;
    Ok((pipe, piece.into()))
}

fn per_second(kibibytes: NonZeroU64) -> NonZeroU64 {
    kibibytes.saturating_mul(NonZeroU64::new(1024).expect("not 0"))
}

/// KiB a second.
#[expect(clippy::cast_precision_loss, reason = "two decimals are shown")]
fn speed(bytes: u64, started: Instant) -> f64 {
    bytes as f64 / 1024.0 / started.elapsed().as_secs_f64().max(0.001)
}
