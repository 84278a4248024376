//! Uploads a file, or what can be read only once: in one request, or in parts, going on with what an
//! earlier run has begun.

use std::{
    io::{self, Cursor, Read},
    num::NonZeroUsize,
};

use ossutil_protocol::operations::{ObjectHead, PutObject};

use super::{
    Checkpoint, Expected, FileSource, Layout, Progress, Source, Upload,
    opening::{Left, Open, Opening},
    upload::content_md5,
};
use crate::{Client, Content, Error};

/// How often an upload is begun for a file whose uploads vanish while they are sent.
const MAX_ROUNDS: u32 = 3;

/// Where a file goes, and how.
#[derive(Clone)]
pub struct Destination {
    /// Sends it.
    pub client: Client,
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// Headers of the object: type, class, user metadata.
    pub headers: Vec<(String, String)>,
    /// Files of this many bytes and more are sent in parts.
    pub threshold: u64,
    /// Bytes of a part; chosen by the file's size if not given.
    pub part_size: Option<u64>,
    /// How many parts are sent at once.
    pub parallel: NonZeroUsize,
    /// Whether an object that exists is replaced.
    pub overwrite: bool,
    /// Whether MD5s go with what is sent, for the service to check.
    pub content_md5: bool,
    /// Whether an unfinished upload of the key whose parts are of the file is gone on with, whoever
    /// began it.
    pub adopt: bool,
}

impl Destination {
    /// Uploads a file. Before the first of several parts is sent, `begun` is given the id of the
    /// upload: from then on it can be resumed.
    ///
    /// With a checkpoint, a later call goes on with the upload of an earlier one that failed or was
    /// killed, as long as file, headers and target are the same; an upload of another state of the
    /// file is aborted. No second upload is opened while the first is there.
    ///
    /// # Errors
    /// The first failure.
    pub async fn send_file(
        &self,
        file: FileSource,
        checkpoint: Option<&Checkpoint>,
        mut begun: impl FnMut(&str),
        mut tell: impl FnMut(Progress),
    ) -> Result<ObjectHead, Error> {
        if file.size() < self.threshold {
            let object = self.put(file.content(), tell).await?;
            let layout = Layout::of_size(file.size())?;
            let clear = self.opening(layout, String::new(), checkpoint).clear().await;
            return clear.map(|()| object);
        }
        let layout = self.layout(file.size())?;
        let opening = self.opening(layout, file.identity(), checkpoint);
        let mut round = 1;
        loop {
            let open = match opening.look().await? {
                Left::Unfinished(open) => open,
                Left::Gone(layout) => match completed(&opening, layout, &file).await? {
                    Some(object) => return opening.forget().map(|()| object),
                    None => self.open(&opening, &file).await?,
                },
                Left::Nothing => self.open(&opening, &file).await?,
            };
            begun(&open.upload_id);
            let source = Source::File(file.clone(), open.layout);
            match self.upload(open).send(source, &mut tell).await {
                Err(error) if error.has_code("NoSuchUpload") && round < MAX_ROUNDS => {
                    tracing::info!("the upload is gone, another one is begun: {error}");
                    opening.forget()?;
                    round += 1;
                }
                outcome => {
                    let sent = outcome?;
                    return opening.forget().map(|()| sent.object);
                }
            }
        }
    }

    /// Uploads what can be read only once, in one request if it ends within its first part.
    ///
    /// # Errors
    /// The first failure. An upload that has begun stays unfinished; its id was told.
    pub async fn send_reader(
        &self,
        mut reader: Box<dyn Read + Send>,
        mut begun: impl FnMut(&str),
        tell: impl FnMut(Progress),
    ) -> Result<ObjectHead, Error> {
        let layout = self.layout(0)?;
        let part_size = layout.part_size();
        let read = move || {
            let mut first = Vec::new();
            reader.by_ref().take(part_size).read_to_end(&mut first).map(|_| (first, reader))
        };
        let read = tokio::task::spawn_blocking(read).await.map_err(io::Error::other);
        let (first, rest) = read
            .and_then(|read| read)
            .map_err(|error| Error::Content { source: Box::new(error) })?;
        if (first.len() as u64) < part_size {
            return self.put(Content::from(bytes::Bytes::from(first)), tell).await;
        }
        let open = self.opening(layout, String::new(), None).begin().await?;
        begun(&open.upload_id);
        let source = Source::Reader(Box::new(Cursor::new(first).chain(rest)), part_size);
        Ok(self.upload(open).send(source, tell).await?.object)
    }

    /// One request with all of it. A file that changed meanwhile is sent as it was read.
    async fn put(
        &self,
        content: Content,
        mut tell: impl FnMut(Progress),
    ) -> Result<ObjectHead, Error> {
        let mut headers = self.headers.clone();
        if !self.overwrite {
            headers.push(("x-oss-forbid-overwrite".to_owned(), "true".to_owned()));
        }
        if self.content_md5 {
            headers.push(("content-md5".to_owned(), content_md5(&content).await?));
        }
        let (bucket, key) = (self.bucket.clone(), self.key.clone());
        let request = PutObject { bucket, key, headers, ..PutObject::default() };
        let (stored, crc64) = self.client.send_content(&request, &content).await?;
        let bytes = content.len();
        tell(Progress { parts: 1, bytes, in_flight: 0, total: Some(bytes) });
        Ok(ObjectHead {
            content_length: Some(bytes),
            etag: Some(stored.etag),
            hash_crc64: stored.hash_crc64.or(Some(crc64)),
            ..ObjectHead::default()
        })
    }

    fn layout(&self, size: u64) -> Result<Layout, Error> {
        Ok(match self.part_size {
            Some(part_size) => Layout::new(size, part_size)?,
            None => Layout::of_size(size)?,
        })
    }

    fn opening<'a>(
        &'a self,
        layout: Layout,
        source: String,
        checkpoint: Option<&'a Checkpoint>,
    ) -> Opening<'a> {
        Opening {
            client: &self.client,
            bucket: &self.bucket,
            key: &self.key,
            headers: &self.headers,
            overwrite: self.overwrite,
            checkpoint,
            source,
            layout,
        }
    }

    async fn open(&self, opening: &Opening<'_>, file: &FileSource) -> Result<Open, Error> {
        if self.adopt
            && let Some(open) = opening.adopt(file).await?
        {
            return Ok(open);
        }
        opening.begin().await
    }

    fn upload(&self, open: Open) -> Upload {
        Upload {
            client: self.client.clone(),
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            upload_id: open.upload_id,
            arrived: open.arrived,
            parallel: self.parallel,
            overwrite: self.overwrite,
            content_md5: self.content_md5,
        }
    }
}

/// The object, if it is what the upload of the file became: the run that completed it was killed
/// before it could say so.
async fn completed(
    opening: &Opening<'_>,
    layout: Layout,
    file: &FileSource,
) -> Result<Option<ObjectHead>, Error> {
    let Some(object) = opening.became(layout).await? else { return Ok(None) };
    let crc64 = file.content().crc64().await;
    let crc64 = crc64.map_err(|error| Error::Content { source: Box::new(error) })?;
    let expected = Expected { size: file.size(), etag: None, crc64: Some(crc64) };
    let is_file = object.hash_crc64.is_some() && expected.difference(&object).is_none();
    Ok(is_file.then_some(object))
}
