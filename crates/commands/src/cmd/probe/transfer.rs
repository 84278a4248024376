//! Single transfers: an upload in each way there is, a download, a download from a URL.

use std::{io::Cursor, path::Path, time::Instant};

use bytes::Bytes;
use ossutil_client::{
    Content,
    protocol::operations::{AppendObject, HeadObject, PutObject},
    transfer::{Destination, Download, FileSource},
};

use super::{
    Arguments, Measurement, UploadMode, say,
    scratch::{Scratch, random_bytes},
};
use crate::{
    context::Context,
    doctor,
    error::{Error, Result, transport_hint},
};

/// How much is uploaded if no file is named, in bytes.
const SAMPLE: usize = 16 << 20;

/// What is uploaded.
enum Sample {
    Random(Bytes),
    File(FileSource),
}

impl Sample {
    fn len(&self) -> u64 {
        match self {
            Self::Random(bytes) => bytes.len() as u64,
            Self::File(file) => file.size(),
        }
    }

    fn part(&self, start: u64, end: u64) -> Content {
        let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        match self {
            Self::Random(bytes) => bytes.slice(index(start)..index(end)).into(),
            Self::File(file) => file.part(start..end),
        }
    }
}

impl Arguments {
    /// Uploads a file or random bytes to a key where nothing is.
    pub(super) async fn upload(&self, scratch: &mut Scratch) -> Result<Measurement> {
        let sample = match &self.file {
            None => Sample::Random(random_bytes(SAMPLE)),
            Some(path) => Sample::File(FileSource::open(path).map_err(|error| {
                Error::failed(format!("cannot read {}: {error}", path.display()))
            })?),
        };
        let key = match &self.object {
            None => scratch.key(0),
            Some(key) => {
                self.check_free(scratch, key).await?;
                key.clone()
            }
        };
        let started = Instant::now();
        let what = match self.upmode {
            UploadMode::Normal => self.upload_normal(scratch, &key, &sample).await?,
            UploadMode::Append => self.upload_append(scratch, &key, &sample).await?,
            UploadMode::Multipart => self.upload_multipart(scratch, &key, &sample).await?,
        };
        Ok(Measurement::new(what, sample.len(), started.elapsed()))
    }

    /// An object that is there is nobody's to write over and remove.
    async fn check_free(&self, scratch: &Scratch, key: &str) -> Result<()> {
        let (bucket, key) = (scratch.bucket.clone(), key.to_owned());
        let look = HeadObject { bucket, key, version_id: None };
        match scratch.client.send(&look).await {
            Err(error) if error.is_missing_object() => Ok(()),
            Err(error) => Err(error.into()),
            Ok(_) => Err(taken(&look.key)),
        }
    }

    async fn upload_normal(
        &self,
        scratch: &mut Scratch,
        key: &str,
        sample: &Sample,
    ) -> Result<&'static str> {
        let request = PutObject {
            bucket: scratch.bucket.clone(),
            key: key.to_owned(),
            headers: vec![("x-oss-forbid-overwrite".to_owned(), "true".to_owned())],
            ..PutObject::default()
        };
        scratch.note(key);
        let sent = scratch.client.send_content(&request, &sample.part(0, sample.len())).await;
        sent.map_err(|error| refused(scratch, key, &error))?;
        Ok("upload")
    }

    async fn upload_append(
        &self,
        scratch: &mut Scratch,
        key: &str,
        sample: &Sample,
    ) -> Result<&'static str> {
        let mut position = 0;
        scratch.note(key);
        loop {
            let end = sample.len().min(position + self.part_size);
            let request = AppendObject {
                bucket: scratch.bucket.clone(),
                key: key.to_owned(),
                position,
                ..AppendObject::default()
            };
            scratch.client.send_content(&request, &sample.part(position, end)).await?;
            if end == sample.len() {
                return Ok("append");
            }
            position = end;
        }
    }

    async fn upload_multipart(
        &self,
        scratch: &mut Scratch,
        key: &str,
        sample: &Sample,
    ) -> Result<&'static str> {
        let destination = Destination {
            client: scratch.client.clone(),
            bucket: scratch.bucket.clone(),
            key: key.to_owned(),
            headers: Vec::new(),
            threshold: 0,
            part_size: Some(self.part_size),
            parallel: self.parallel(),
            overwrite: false,
            content_md5: false,
            adopt: false,
        };
        let begun = |scratch: &mut Scratch, id: &str| {
            scratch.note(key);
            scratch.begun(key, id);
        };
        let sent = match sample {
            Sample::File(file) => {
                let begun = |id: &str| begun(scratch, id);
                destination.send_file(file.clone(), None, begun, |_| {}).await
            }
            Sample::Random(bytes) => {
                let begun = |id: &str| begun(scratch, id);
                let reader = Box::new(Cursor::new(bytes.clone()));
                destination.send_reader(reader, begun, |_| {}).await
            }
        };
        sent.map_err(|error| refused(scratch, key, &error))?;
        scratch.completed();
        Ok("multipart upload")
    }

    /// Downloads an object, or one that is uploaded for this.
    pub(super) async fn download(&self, scratch: &mut Scratch) -> Result<Measurement> {
        let key = self.source(scratch, SAMPLE).await?;
        let download = Download::of(scratch.client.clone(), scratch.bucket.clone(), key);
        let started = Instant::now();
        let object = match self.file.as_deref() {
            Some(path) => {
                check_new(path)?;
                download.fetch(path, |_| {}).await?
            }
            None => download.stream(std::io::sink(), |_| {}).await?,
        };
        let bytes = object.content_length.unwrap_or_default();
        Ok(Measurement::new("download", bytes, started.elapsed()))
    }

    /// The key of what is downloaded: the object that was named, or one of random bytes.
    pub(super) async fn source(&self, scratch: &mut Scratch, size: usize) -> Result<String> {
        if let Some(key) = &self.object {
            return Ok(key.clone());
        }
        let key = scratch.key(0);
        let (bucket, body) = (scratch.bucket.clone(), random_bytes(size));
        let request = PutObject { bucket, key: key.clone(), body, ..PutObject::default() };
        scratch.client.send(&request).await?;
        Ok(key)
    }

    /// Downloads from a URL, which may be a signed one: it is not shown.
    pub(super) async fn download_url(&self, context: &mut Context<'_>, url: &str) -> Result<()> {
        let probe = context.probe_url(url)?;
        say(context, "the way to the URL")?;
        doctor::examine_way(context, &probe).await?;
        let started = Instant::now();
        let fetched = probe.fetch().await.map_err(|error| {
            let hint = transport_hint(error.kind).unwrap_or_default();
            Error::failed(error.to_string()).hint(hint)
        })?;
        if !(200..300).contains(&fetched.status) {
            return Err(Error::refused(format!("the URL is answered with {}", fetched.status))
                .hint("has a signed URL expired? `ossutil sign` makes another"));
        }
        Measurement::new("download", fetched.bytes, started.elapsed()).print(context)
    }
}

fn check_new(path: &Path) -> Result<()> {
    match path.exists() {
        true => Err(Error::usage(format!("{} is there already", path.display()))
            .hint("name a file that is not there, or none: then nothing is kept")),
        false => Ok(()),
    }
}

fn taken(key: &str) -> Error {
    Error::usage(format!("there is an object {key} already"))
        .hint("what a probe uploads is removed; name a key where nothing is, or none")
}

/// An upload that failed; what somebody else has put there meanwhile stays.
fn refused(scratch: &mut Scratch, key: &str, error: &ossutil_client::Error) -> Error {
    if !error.has_code("FileAlreadyExists") {
        return Error::of_client(error);
    }
    scratch.forget(key);
    taken(key)
}
