//! What is done for one entry: decide whether it is due, then move it. Runs beside others, so it
//! prints nothing: questions go to the one that talks, results come back as values.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use ossutil_client::{
    Client, Error as ClientError,
    protocol::operations::PutObject,
    transfer::{Checkpoints, Destination, FileSource, Progress},
};
use tokio::sync::{mpsc, oneshot};

use super::{
    choice::{Choice, CompareArgs},
    entry::{Entry, Origin},
    fetch::{Fetching, Stored},
    local,
    own::OwnFiles,
    place::Direction,
    route::{Route, Target},
    snapshot::Snapshot,
    standing::Known,
};
use crate::{
    display::{escape, object_url, shell_word},
    error::Error,
    headers::{self, Headers},
    uploads::UploadRef,
};

/// All that the work on one entry needs, and that all entries share.
pub(crate) struct Work {
    pub(crate) direction: Direction,
    pub(crate) route: Route,
    /// Asks the service about the source, where that is one.
    pub(crate) source: Option<(Client, String)>,
    /// Sends to the target, where that is in the cloud.
    pub(crate) target: Option<Client>,
    pub(crate) choice: Choice,
    pub(crate) compare: CompareArgs,
    /// Whether what has not changed is passed over without a question.
    pub(crate) is_sync: bool,
    /// Whether only what would be done is told.
    pub(crate) is_dry: bool,
    pub(crate) limits: Limits,
    /// The headers of all objects that are written.
    pub(crate) headers: Headers,
    pub(crate) fetching: Fetching,
    pub(crate) snapshot: Option<Snapshot>,
    pub(crate) checkpoints: Checkpoints,
    /// What is written beside what is moved.
    pub(crate) own: OwnFiles,
    /// To the one that asks.
    pub(crate) questions: mpsc::Sender<Question>,
    /// Bytes that have been moved so far, those on their way included.
    pub(crate) moved: AtomicU64,
    /// Uploads that are unfinished now, by target, each with what can be done about it.
    pub(crate) unfinished: Mutex<BTreeMap<String, [String; 2]>>,
}

/// How big things are moved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// What has this many bytes is moved in parts.
    pub(crate) threshold: u64,
    /// Bytes of a part, if not chosen by size.
    pub(crate) part_size: Option<u64>,
    /// How many parts of one thing are moved at once.
    pub(crate) parallel: NonZeroUsize,
    /// Whether unfinished uploads of others are gone on with.
    pub(crate) adopt: bool,
}

/// A question for the user, and where the answer goes.
pub(crate) struct Question {
    pub(crate) text: String,
    pub(crate) answer: oneshot::Sender<bool>,
}

/// What became of one entry.
pub(crate) struct Outcome {
    /// The source, as it is written for people.
    pub(crate) source: String,
    /// The target, as it is written for people.
    pub(crate) target: String,
    /// Bytes.
    pub(crate) size: u64,
    pub(crate) is_directory: bool,
    /// Whether it was moved (or would be); if not, it was passed over.
    pub(crate) result: Result<bool, Failure>,
}

/// Why an entry was not moved.
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// Whether no other entry will fare better.
    pub(crate) is_fatal: bool,
}

/// Refusals that are about all requests alike.
const FATAL: [&str; 5] = [
    "NoSuchBucket",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "RequestTimeTooSkewed",
    "InvalidBucketName",
];

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let is_fatal = FATAL.iter().any(|code| error.has_code(code))
            || matches!(error, ClientError::Credentials(_) | ClientError::NoRegion);
        Self { error: error.into(), is_fatal }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, is_fatal: false }
    }
}

impl Work {
    /// Moves one entry, if it is due.
    pub(crate) async fn run(&self, entry: Entry, known: Known) -> Outcome {
        let source = self.describe(&entry);
        let is_directory = entry.is_directory();
        let mut size = entry.size;
        let (target, result) = match self.route.target(&entry.name) {
            Ok(target) => {
                let result = self.move_entry(&entry, &target, known, &mut size).await;
                (target.to_string(), result)
            }
            Err(error) => (self.route.describe(&entry.name), Err(error.into())),
        };
        Outcome { source, target, size, is_directory, result }
    }

    /// The source of an entry, for people.
    pub(crate) fn describe(&self, entry: &Entry) -> String {
        match &entry.origin {
            Origin::File(path) | Origin::Directory(path) => path.display().to_string(),
            Origin::Object { key, .. } => {
                let bucket = self.source.as_ref().map_or("", |(_, bucket)| bucket);
                object_url(bucket, key).into_owned()
            }
            Origin::Pipe => "-".to_owned(),
        }
    }

    async fn move_entry(
        &self,
        entry: &Entry,
        target: &Target,
        known: Known,
        size: &mut u64,
    ) -> Result<bool, Failure> {
        if !self.is_due(entry, target, known).await? {
            return Ok(false);
        }
        if self.is_dry {
            return Ok(true);
        }
        match (&entry.origin, target) {
            (Origin::File(path), Target::Object { bucket, key }) => {
                self.upload(path, bucket, key).await?;
            }
            (Origin::Directory(_), Target::Object { bucket, key }) => {
                self.make_directory_object(bucket, key).await?;
            }
            (Origin::Pipe, Target::Object { bucket, key }) => {
                *size = self.upload_pipe(bucket, key).await?;
            }
            (Origin::Object { .. }, Target::File(path)) if entry.is_directory() => {
                self.make_directory(path).await?;
            }
            (Origin::Object { key, version_id, etag }, _) => {
                let from = Stored { key, version_id: version_id.as_deref(), etag };
                match target {
                    Target::Object { bucket, key } => self.copy(from, (bucket, key)).await?,
                    Target::File(path) => self.download(from, entry, path).await?,
                    Target::Pipe => *size = self.stream(from, entry).await?,
                }
            }
            (Origin::File(_) | Origin::Directory(_) | Origin::Pipe, _) => {
                return Err(Error::usage("files are not copied to files").into());
            }
        }
        self.note_sent(entry, target)?;
        Ok(true)
    }

    /// Asks whether something that exists is to be replaced.
    pub(super) async fn may_replace(&self, target: &Target) -> bool {
        let (answer, answered) = oneshot::channel();
        let text = format!("cp: overwrite \"{}\"(y or N)? ", escape(&target.to_string()));
        let asked = self.questions.send(Question { text, answer }).await;
        asked.is_ok() && answered.await.unwrap_or(false)
    }

    async fn upload(&self, path: &Path, bucket: &str, key: &str) -> Result<(), Failure> {
        let opened = {
            let path = path.to_owned();
            blocking(move || {
                let file = FileSource::open(&path);
                let place = std::path::absolute(&path);
                file.and_then(|file| Ok((file, place?)))
                    .map_err(|error| local::cannot_read(&path, &error))
            })
        };
        let (file, place) = opened.await?;
        let destination = self.destination(bucket, key, path.to_str().unwrap_or_default())?;
        let checkpoint = self.checkpoints.of_file(&place, bucket, key);
        let meter = self.meter();
        let begun = |id: &str| self.begun(bucket, key, id, &resume_file(path));
        let sent = destination.send_file(file, Some(&checkpoint), begun, |p| meter.tell(p)).await;
        self.ended(bucket, key, sent).map(|_| ())
    }

    async fn upload_pipe(&self, bucket: &str, key: &str) -> Result<u64, Failure> {
        let destination = self.destination(bucket, key, key)?;
        let meter = self.meter();
        let begun = |id: &str| self.begun(bucket, key, id, "-");
        let input = Box::new(std::io::stdin());
        let sent = destination.send_reader(input, begun, |progress| meter.tell(progress)).await;
        Ok(self.ended(bucket, key, sent)?.content_length.unwrap_or_default())
    }

    fn destination(&self, bucket: &str, key: &str, name: &str) -> Result<Destination, Error> {
        let mut headers = self.headers.clone();
        if !headers.iter().any(|(name, _)| name == "content-type") {
            headers::set(&mut headers, "content-type", headers::content_type(name));
        }
        Ok(Destination {
            client: self.to()?.clone(),
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            headers,
            threshold: self.limits.threshold,
            part_size: self.limits.part_size,
            parallel: self.limits.parallel,
            overwrite: true,
            content_md5: false,
            adopt: self.limits.adopt,
        })
    }

    async fn make_directory_object(&self, bucket: &str, key: &str) -> Result<(), Failure> {
        let request = PutObject {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            headers: self.headers.clone(),
            ..PutObject::default()
        };
        self.to()?.send(&request).await?;
        Ok(())
    }

    async fn make_directory(&self, path: &Path) -> Result<(), Failure> {
        let (root, path) = (self.root(), path.to_owned());
        blocking(move || {
            local::make_parents(&root, &path)?;
            local::make_folder(&path)
        })
        .await?;
        Ok(())
    }

    /// The folder that downloads stay in.
    pub(super) fn root(&self) -> PathBuf {
        match &self.route {
            Route::Within(folder) => folder.clone(),
            _ => PathBuf::new(),
        }
    }

    /// The client of the target.
    pub(super) fn to(&self) -> Result<&Client, Error> {
        self.target.as_ref().ok_or_else(|| Error::usage("the target is not in the cloud"))
    }

    /// The client of the source, and its bucket.
    pub(super) fn from(&self) -> Result<&(Client, String), Error> {
        self.source.as_ref().ok_or_else(|| Error::usage("the source is not in the cloud"))
    }

    /// What can be done about an upload that has begun, until it has ended.
    pub(super) fn begun(&self, bucket: &str, key: &str, id: &str, file: &str) {
        let (bucket, key, upload_id) = (bucket.to_owned(), key.to_owned(), id.to_owned());
        let upload = UploadRef { bucket, key, upload_id };
        let words = upload.words();
        let go_on = match file.is_empty() {
            true => "to go on: the same command again".to_owned(),
            false => format!("to go on: ossutil resume --overwrite {words} {}", shell_word(file)),
        };
        let hints = [go_on, format!("to give it up: ossutil abort {words}")];
        let mut unfinished = self.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        unfinished.insert(target_name(&upload.bucket, &upload.key), hints);
    }

    /// Forgets the upload of a target, if it has come to its end.
    pub(super) fn ended<T>(
        &self,
        bucket: &str,
        key: &str,
        result: Result<T, ClientError>,
    ) -> Result<T, Failure> {
        let has_ended = match &result {
            Ok(_) => true,
            Err(error) => error.has_code("NoSuchUpload"),
        };
        if has_ended {
            let mut unfinished = self.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
            unfinished.remove(&target_name(bucket, key));
        }
        result.map_err(Failure::from)
    }

    pub(super) fn meter(&self) -> Meter<'_> {
        Meter { moved: &self.moved, shown: AtomicU64::new(0) }
    }
}

fn target_name(bucket: &str, key: &str) -> String {
    format!("oss://{bucket}/{key}")
}

fn resume_file(path: &Path) -> String {
    path.display().to_string()
}

/// Runs what waits for the file system beside the runtime.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::failed(format!("the work was lost: {error}")))?
}

/// Adds the progress of one transfer to that of all; what is sent again is not counted twice.
pub(super) struct Meter<'a> {
    moved: &'a AtomicU64,
    shown: AtomicU64,
}

impl Meter<'_> {
    pub(super) fn tell(&self, progress: Progress) {
        let now = progress.bytes + progress.in_flight;
        let before = self.shown.fetch_max(now, Ordering::Relaxed);
        self.moved.fetch_add(now.saturating_sub(before), Ordering::Relaxed);
    }
}
