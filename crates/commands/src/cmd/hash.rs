//! `hash`: the checksum of a file or an object.

use std::{
    fs::File,
    io::{self, Read, Write},
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use clap::{Args, ValueEnum};
use ossutil_client::{
    Checksum, Checksummer,
    protocol::operations::{HeadObject, ObjectHead},
    transfer::Download,
};
use serde::Serialize;

use crate::{
    cloud_url::is_cloud_url,
    context::Context,
    error::{Error, Result},
    options::{NameEncoding, RequestPayer},
    output::Record,
    properties::write_one,
    registry::Command,
};

/// How far the names are padded.
const WIDTH: usize = 28;

/// Compute the CRC-64 or the MD5 of a file, of standard input, or of an object
///
/// What the service knows of an object is not computed again: the CRC-64 of every object, and the
/// MD5 of what was uploaded in one request. Else the object is read, and kept nowhere.
#[derive(Args)]
pub(super) struct Arguments {
    /// A file, - for standard input, or oss://bucket/object; before it may stand crc64 or md5
    #[arg(value_name = "[TYPE] SOURCE", num_args = 1..=2, required = true)]
    words: Vec<String>,
    /// Which checksum (crc64 unless set)
    #[arg(long = "type", value_name = "TYPE", ignore_case = true)]
    kind: Option<Kind>,
    /// Show it in base64: an MD5 as a Content-MD5 header has it, a CRC-64 as its eight bytes
    #[arg(long)]
    base64: bool,
    /// Read the object even if the service knows its checksum
    #[arg(long)]
    download: bool,
    /// A version of the object, if not the latest
    #[arg(long, value_name = "ID")]
    version_id: Option<String>,
    #[command(flatten)]
    encoding: NameEncoding,
    #[command(flatten)]
    payer: RequestPayer,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Crc64,
    Md5,
}

#[derive(Default, Serialize)]
struct ChecksumRecord<'a> {
    source: &'a str,
    crc64: Option<u64>,
    md5: Option<&'a str>,
    content_md5: Option<&'a str>,
}

impl Record for ChecksumRecord<'_> {
    const LIST: &'static str = "checksums";
    const ITEM: &'static str = "checksum";
}

impl Command for Arguments {
    const NAME: &'static str = "hash";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil hash video.mp4", "the CRC-64, as the service has it of every object"),
        ("ossutil hash video.mp4 --type md5", "the MD5, in hex and as a Content-MD5 header has it"),
        ("ossutil hash md5 --base64 video.mp4", "as a Content-MD5 header has it alone"),
        (
            "ossutil appendfromfile video.mp4 oss://bucket/o && ossutil hash md5 oss://bucket/o",
            "of an object, which is read if the service does not know it",
        ),
    ];
    const IS_TIMED: bool = false;

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let (kind, source) = self.kind_and_source()?;
        let checksum = match is_cloud_url(source) {
            true => self.of_object(context, kind, source).await?,
            false => {
                // A file needs no settings; only the form of the output may stand among them.
                let needs_form = context.options.choose_form();
                match context.settings() {
                    Err(error) if needs_form => return Err(error),
                    _ => of_file(kind, source.to_owned()).await?,
                }
            }
        };
        print(context, source, checksum, self.base64)
    }
}

impl Arguments {
    fn kind_and_source(&self) -> Result<(Kind, &str)> {
        match (&self.words[..], self.kind) {
            ([source], kind) => Ok((kind.unwrap_or(Kind::Crc64), source)),
            ([_, _], Some(_)) => {
                Err(Error::usage("the type of the checksum is given twice")
                    .hint("leave --type out"))
            }
            ([kind, source], None) => {
                let kind = Kind::from_str(kind, true).map_err(|_| {
                    Error::usage(format!("there is no checksum of type {kind}"))
                        .hint("usage: ossutil hash [crc64|md5] SOURCE")
                })?;
                Ok((kind, source))
            }
            _ => Err(Error::usage("one file or object is needed")),
        }
    }

    /// The checksum the service knows, or else that of what is read.
    async fn of_object(
        &self,
        context: &mut Context<'_>,
        kind: Kind,
        source: &str,
    ) -> Result<Checksum> {
        let payer = self.payer.payer.as_deref();
        let (client, url) = context.open_object(source, &self.encoding, payer)?;
        let version_id = self.version_id.clone();
        let look = HeadObject { bucket: url.bucket, key: url.key, version_id };
        let head = client.send(&look).await?;
        if let Some(known) = known(kind, &head).filter(|_| !self.download) {
            return Ok(known);
        }
        let checksummer = Arc::new(Mutex::new(checksummer(kind)));
        let download = Download {
            version_id: look.version_id,
            known: Some(head),
            ..Download::of(client, look.bucket, look.key)
        };
        download.stream(Summing(Arc::clone(&checksummer)), |_| {}).await?;
        Ok(checksummer.lock().unwrap_or_else(PoisonError::into_inner).checksum())
    }
}

/// Sums up what is written to it.
struct Summing(Arc<Mutex<Checksummer>>);

impl Write for Summing {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).update(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn checksummer(kind: Kind) -> Checksummer {
    match kind {
        Kind::Crc64 => Checksummer::crc64(),
        Kind::Md5 => Checksummer::md5(),
    }
}

/// What the headers of an object say. The ETag is the MD5 of what was uploaded in one request.
fn known(kind: Kind, head: &ObjectHead) -> Option<Checksum> {
    match kind {
        Kind::Crc64 => head.hash_crc64.map(Checksum::Crc64),
        Kind::Md5 => {
            let header = head.header("content-md5");
            let header = header.and_then(|text| BASE64_STANDARD.decode(text).ok()?.try_into().ok());
            let is_normal = head.object_type.as_deref() == Some("Normal");
            let etag = || head.etag.as_deref().filter(|_| is_normal).and_then(parse_hex);
            header.or_else(etag).map(Checksum::Md5)
        }
    }
}

/// Sixteen bytes in hex, with or without quotes around them.
fn parse_hex(text: &str) -> Option<[u8; 16]> {
    let digits = text.trim_matches('"');
    let is_hex = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = is_hex.then(|| u128::from_str_radix(digits, 16).ok()).flatten()?;
    Some(number.to_be_bytes())
}

/// Reads a file, or standard input, beside the runtime.
async fn of_file(kind: Kind, name: String) -> Result<Checksum> {
    let message = format!("open {name}");
    let read = move || {
        let mut file: Box<dyn Read> = match name.as_str() {
            "-" => Box::new(io::stdin()),
            name => Box::new(File::open(name)?),
        };
        let mut checksummer = checksummer(kind);
        let mut buffer = vec![0; 256 << 10];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return Ok(checksummer.checksum()),
                Ok(length) => checksummer.update(&buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    };
    let read = tokio::task::spawn_blocking(read).await.map_err(io::Error::other);
    read.and_then(|read| read).map_err(|error| Error::failed(format!("{message}: {error}")))
}

fn print(
    context: &mut Context<'_>,
    source: &str,
    checksum: Checksum,
    in_base64: bool,
) -> Result<()> {
    let printer = &mut context.printer;
    Ok(match checksum {
        Checksum::Crc64(crc64) => {
            let record = ChecksumRecord { source, crc64: Some(crc64), ..ChecksumRecord::default() };
            let text = match in_base64 {
                true => BASE64_STANDARD.encode(crc64.to_be_bytes()),
                false => crc64.to_string(),
            };
            printer.record(&record, |out| write_one("CRC64-ECMA", &text, WIDTH, out))
        }
        Checksum::Md5(md5) => {
            let hex = format!("{:032X}", u128::from_be_bytes(md5));
            let base64 = BASE64_STANDARD.encode(md5);
            let record = ChecksumRecord {
                source,
                md5: Some(&hex),
                content_md5: Some(&base64),
                ..ChecksumRecord::default()
            };
            printer.record(&record, |out| {
                if !in_base64 {
                    write_one("MD5", &hex, WIDTH, out)?;
                }
                write_one("Content-MD5", &base64, WIDTH, out)
            })
        }
    }?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_etag_is_an_md5_when_the_object_was_uploaded_in_one_request() {
        let hex = "\"25F9E794323B453885F5181F1B624D0B\"";
        let head = |kind: &str, etag: &str| ObjectHead {
            object_type: Some(kind.to_owned()),
            etag: Some(etag.to_owned()),
            ..ObjectHead::default()
        };
        assert!(known(Kind::Md5, &head("Normal", hex)).is_some());
        assert!(
            known(Kind::Md5, &head("Normal", "\"25F9E794323B453885F5181F1B624D0B-5\"")).is_none()
        );
        assert!(
            known(Kind::Md5, &head("Normal", "\"+5F9E794323B453885F5181F1B624D0B\"")).is_none()
        );
        assert!(known(Kind::Md5, &head("Multipart", hex)).is_none());
        assert!(known(Kind::Crc64, &head("Normal", hex)).is_none());
    }
}
