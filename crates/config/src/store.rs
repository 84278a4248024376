//! The file on disk: read and replaced by one process at a time, and never seen half written.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::Error;

/// As many links as a path may go through.
const LINKS: usize = 40;

/// A configuration file that no other edit touches while this value lives.
///
/// The lock is a file beside it, `NAME.lock`, because the file itself is replaced. It goes away with
/// this value.
#[derive(Debug)]
pub struct Store {
    /// The file itself, at the end of symbolic links.
    path: PathBuf,
    lock_path: PathBuf,
    _lock: File,
}

impl Store {
    /// Waits until no other edit is under way. The file itself need not exist.
    ///
    /// # Errors
    ///
    /// Nothing can be written beside the file.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let path = target_of(path);
        let failed = |source| Error::Write { path: path.clone(), source };
        let lock_path = beside(&path, ".lock");
        loop {
            let lock = private().write(true).create(true).truncate(false).open(&lock_path);
            let lock = lock.map_err(failed)?;
            match lock.lock() {
                // A system without locks still writes whole files.
                Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
                outcome => outcome.map_err(failed)?,
            }
            // Whoever held it before has removed it: then others lock a new one.
            if is_at(&lock, &lock_path) {
                return Ok(Self { path, lock_path, _lock: lock });
            }
        }
    }

    /// The content; none when there is no such file.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn read(&self) -> Result<Option<Vec<u8>>, Error> {
        match fs::read(&self.path) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Read { path: self.path.clone(), source }),
        }
    }

    /// Replaces the file by a new one that its owner alone can read, once that is safe on disk.
    ///
    /// # Errors
    ///
    /// It cannot be written; the file is as it was.
    pub fn write(&self, content: &str) -> Result<(), Error> {
        let draft = beside(&self.path, ".tmp");
        self.replace(&draft, content).map_err(|source| {
            let _ = fs::remove_file(&draft);
            Error::Write { path: self.path.clone(), source }
        })
    }

    fn replace(&self, draft: &Path, content: &str) -> io::Result<()> {
        // One of a run that was killed; the lock says that no other is at work.
        match fs::remove_file(draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = write_new(draft, content)?;
        keep_owner(&self.path, &file);
        fs::rename(draft, &self.path)?;
        sync_folder(&self.path)
    }

    /// Copies the file to `NAME.bak`, or the first of `NAME.bak2`, `NAME.bak3` … that is free.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or the copy not be written.
    pub fn back_up(&self) -> Result<PathBuf, Error> {
        let failed = |path: &Path, source| Error::Write { path: path.into(), source };
        let content = fs::read_to_string(&self.path)
            .map_err(|source| Error::Read { path: self.path.clone(), source })?;
        for number in 1.. {
            let suffix = if number == 1 { ".bak".into() } else { format!(".bak{number}") };
            let path = beside(&self.path, &suffix);
            match write_new(&path, &content) {
                Ok(_) => return Ok(path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(&path, error)),
            }
        }
        unreachable!("there are more names than files")
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // While it is still locked, so that nobody has locked it who would be left without.
        let _ = fs::remove_file(&self.lock_path);
    }
}

/// Writes a file that is not there yet.
fn write_new(path: &Path, content: &str) -> io::Result<File> {
    let mut file = private().write(true).create_new(true).open(path)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()?;
    Ok(file)
}

/// The file at the end of symbolic links, which need not exist.
fn target_of(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let Ok(next) = fs::read_link(&path) else { break };
        path = path.parent().unwrap_or(Path::new("")).join(next);
    }
    path
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().map_or_else(OsString::new, Into::into);
    name.push(suffix);
    path.with_file_name(name)
}

/// How files are opened that hold secrets: new ones are the owner's alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Whether an open file is still the one of this name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let id = |data: io::Result<fs::Metadata>| data.map(|data| (data.dev(), data.ino())).ok();
    id(file.metadata()) == id(fs::metadata(path))
}

/// An open file cannot be removed there.
#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
}

/// Gives the new file to the owner of the old one, which matters to those who edit as root.
#[cfg(unix)]
fn keep_owner(old: &Path, new: &File) {
    use std::os::unix::fs::{MetadataExt, fchown};

    if let Ok(old) = fs::metadata(old) {
        let _ = fchown(new, Some(old.uid()), Some(old.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_old: &Path, _new: &File) {}

/// Makes a rename last.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}
