//! What is remembered of an upload that is under way: which upload belongs to which source, and no
//! more. What has arrived of it is asked from the service.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use jiff::Timestamp;
use ossutil_protocol::operations::CopySource;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use super::files;
use crate::Error;

/// What the files of this form begin with.
const FORMAT: &str = "ossutil checkpoint 1";

/// A folder of checkpoints. It is made when the first one is written.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
    /// Whether a checkpoint has been written or removed.
    is_used: Arc<AtomicBool>,
}

/// The place where the upload of one source to one target is remembered.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    path: PathBuf,
    source: String,
    target: String,
    is_used: Arc<AtomicBool>,
}

/// What is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    format: String,
    source: String,
    target: String,
    /// A digest of what the source was, and of what was asked for.
    pub(super) state: String,
    /// Bytes of a part.
    pub(super) part_size: u64,
    /// When the upload was about to be opened.
    pub(super) opened: Timestamp,
    /// The upload; none when nobody knows whether it was opened.
    pub(super) upload_id: Option<String>,
}

impl Checkpoints {
    /// The checkpoints in this folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), is_used: Arc::default() }
    }

    /// Removes the folder if a checkpoint was in it and it is empty now.
    pub fn tidy(&self) {
        if self.is_used.load(Ordering::Relaxed) {
            // A folder that holds something is not removed.
            let _ = fs::remove_dir(&self.folder);
        }
    }

    /// The one of the upload of a file, which is named by its absolute path.
    pub fn of_file(&self, path: &Path, bucket: &str, key: &str) -> Checkpoint {
        let name = path.as_os_str().as_encoded_bytes();
        self.checkpoint(name, path.display().to_string(), bucket, key)
    }

    /// The one of the copy of an object.
    pub fn of_copy(&self, source: &CopySource, bucket: &str, key: &str) -> Checkpoint {
        let version = source.version_id.as_ref().map(|id| format!("?versionId={id}"));
        let url = format!("oss://{}/{}{}", source.bucket, source.key, version.unwrap_or_default());
        self.checkpoint(url.as_bytes(), url.clone(), bucket, key)
    }

    fn checkpoint(&self, name: &[u8], source: String, bucket: &str, key: &str) -> Checkpoint {
        let target = format!("oss://{bucket}/{key}");
        let path = self.folder.join(format!("{}.json", digest([name, target.as_bytes()])));
        Checkpoint { path, source, target, is_used: Arc::clone(&self.is_used) }
    }
}

impl Checkpoint {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is remembered, if anything is.
    ///
    /// # Errors
    /// A file that cannot be read, or is none of these: it is not ours to replace.
    pub(super) fn load(&self) -> Result<Option<Record>, Error> {
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(error)),
        };
        let record: Record =
            serde_json::from_slice(&text).map_err(|error| self.failed(error.into()))?;
        let is_ours = record.format == FORMAT
            && (&record.source, &record.target) == (&self.source, &self.target);
        match is_ours {
            true => Ok(Some(record)),
            false => Err(self.failed(io::Error::other("it is about something else"))),
        }
    }

    /// Remembers an upload of parts of `part_size` bytes, or that one is about to be opened. It is
    /// on the disk when this returns.
    pub(super) fn save(
        &self,
        state: &str,
        part_size: u64,
        opened: Timestamp,
        upload_id: Option<&str>,
    ) -> Result<(), Error> {
        let record = Record {
            format: FORMAT.to_owned(),
            source: self.source.clone(),
            target: self.target.clone(),
            state: state.to_owned(),
            part_size,
            opened,
            upload_id: upload_id.map(str::to_owned),
        };
        let text = serde_json::to_vec_pretty(&record).map_err(|error| self.failed(error.into()))?;
        self.is_used.store(true, Ordering::Relaxed);
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let write = || fs::create_dir_all(folder).and_then(|()| files::replace(&self.path, &text));
        // Another run may have tidied up in between.
        let again = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => write(),
            _ => Err(error),
        };
        write().or_else(again).map_err(|error| self.failed(error))
    }

    /// Forgets it.
    pub(super) fn remove(&self) -> Result<(), Error> {
        self.is_used.store(true, Ordering::Relaxed);
        files::remove(&self.path).map_err(|error| self.failed(error))
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::Checkpoint { path: self.path.clone(), source }
    }
}

/// A name for these texts, in hex.
pub(super) fn digest<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut context = Context::new(&SHA256);
    for text in texts {
        // The length keeps two texts apart.
        context.update(&(text.len() as u64).to_le_bytes());
        context.update(text);
    }
    context.finish().as_ref()[..16].iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_is_loaded_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::new(folder.path().join("new"));
        let checkpoint = checkpoints.of_file(Path::new("/a"), "bkt", "k");
        assert_eq!(checkpoint.load().unwrap(), None);
        checkpoint.save("state", 7, Timestamp::UNIX_EPOCH, Some("ID")).unwrap();
        let record = checkpoint.load().unwrap().unwrap();
        let found = (&*record.state, record.part_size, record.upload_id.as_deref());
        assert_eq!(found, ("state", 7, Some("ID")));
        assert_eq!(fs::read_dir(folder.path().join("new")).unwrap().count(), 1);

        let source =
            CopySource { bucket: "bkt".to_owned(), key: "/a".to_owned(), version_id: None };
        checkpoints.tidy();
        assert!(checkpoint.path.exists());
        let others = [
            checkpoints.of_file(Path::new("/a"), "bkt", "k2"),
            checkpoints.of_file(Path::new("/ab"), "kt", "k"),
            checkpoints.of_copy(&source, "bkt", "k"),
        ];
        for other in others {
            assert_eq!(other.load().unwrap(), None, "{other:?}");
            fs::copy(&checkpoint.path, &other.path).unwrap();
            assert!(matches!(other.load(), Err(Error::Checkpoint { .. })));
        }
        for text in ["", "{}", "precious"] {
            fs::write(&checkpoint.path, text).unwrap();
            assert!(matches!(checkpoint.load(), Err(Error::Checkpoint { .. })), "{text}");
        }
        // A run that was killed while it wrote leaves this.
        fs::write(checkpoint.path.with_extension("new"), "half").unwrap();
        checkpoint.save("state", 7, Timestamp::UNIX_EPOCH, None).unwrap();
        fs::write(checkpoint.path.with_extension("new"), "half").unwrap();
        checkpoint.remove().unwrap();
        checkpoint.remove().unwrap();
        assert!(!checkpoint.path.with_extension("new").exists());
        assert_eq!(checkpoint.load().unwrap(), None);
    }

    #[test]
    fn a_folder_that_is_empty_in_the_end_goes() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("new");
        let checkpoints = Checkpoints::new(&name);
        let checkpoint = checkpoints.of_file(Path::new("/a"), "bkt", "k");
        checkpoint.save("state", 7, Timestamp::UNIX_EPOCH, None).unwrap();
        checkpoint.remove().unwrap();
        fs::create_dir(name.join("of others")).unwrap();
        checkpoints.tidy();
        assert!(name.exists());
        fs::remove_dir(name.join("of others")).unwrap();
        Checkpoints::new(&name).tidy();
        assert!(name.exists(), "it was not used");
        checkpoints.tidy();
        assert!(!name.exists());
        checkpoints.tidy();
    }
}
