//! The file beside the target that a download is written to, and the journal behind its content:
//! which ranges are there, so that a later run need not fetch them again.
//!
//! The journal is text behind the end of the content, cut off before the file takes the target's
//! name. A line of it is only believed when the range has the checksum it names.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use super::{super::files, direct::DirectFile, writer::Place};
use crate::{
    Content,
    position::{read_exact_at, write_all_at},
};

/// The most of a journal that is read: a line for each of more ranges than there ever are.
const MAX_JOURNAL: u64 = 4 << 20;

/// A file that is removed unless it takes the target's name, or can be gone on with.
pub(super) struct Landing {
    pub(super) path: PathBuf,
    pub(super) file: Arc<File>,
    size: u64,
    journal: Option<Mutex<Journal>>,
    /// What the journal says: where ranges start, where they end, and their CRC-64.
    kept: BTreeMap<u64, (u64, u64)>,
}

/// Where the next line goes.
struct Journal {
    offset: u64,
    has_ranges: bool,
}

impl Landing {
    /// A file of `size` bytes that no other run knows.
    pub(super) fn new(target: &Path, size: u64) -> io::Result<Self> {
        let path = files::name_beside(target)?;
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;
        let landing =
            Self { path, file: Arc::new(file), size, journal: None, kept: BTreeMap::new() };
        landing.file.set_len(size)?;
        Ok(landing)
    }

    /// The file that downloads of the same thing to the same target share, one after another.
    /// `name` tells them from others, and `head` says what exactly is fetched: what was kept of
    /// anything else is thrown away. Without it nothing is kept.
    pub(super) fn shared(
        target: &Path,
        name: &str,
        head: Option<&str>,
        size: u64,
    ) -> io::Result<Self> {
        let path = target.with_file_name(format!(".ossutil-{name}.part"));
        let file =
            File::options().read(true).write(true).create(true).truncate(false).open(&path)?;
        // Another run may be at it, or have given it the target's name just now.
        if file.try_lock().is_err() || !path.exists() {
            return Self::new(target, size);
        }
        let file = Arc::new(file);
        let mut landing = Self { path, file, size, journal: None, kept: BTreeMap::new() };
        landing.prepare(head)?;
        Ok(landing)
    }

    /// Begins with what is kept.
    fn prepare(&mut self, head: Option<&str>) -> io::Result<()> {
        let (file, size) = (&self.file, self.size);
        let mut text = head.map(|head| format!("{head}\n")).unwrap_or_default();
        self.kept = head.and_then(|_| read_journal(file, size, &text)).unwrap_or_default();
        if self.kept.is_empty() {
            file.set_len(0)?;
            file.set_len(size)?;
        }
        if head.is_none() {
            return Ok(());
        }
        text.extend(self.kept.iter().map(|(start, (end, crc64))| line(*start, *end, *crc64)));
        write_all_at(file, text.as_bytes(), size)?;
        let offset = size + text.len() as u64;
        file.set_len(offset)?;
        self.journal = Some(Mutex::new(Journal { offset, has_ranges: !self.kept.is_empty() }));
        Ok(())
    }

    /// What writes to it: past the system's cache, if it is large.
    pub(super) fn place(&self, is_large: bool) -> Place {
        let file = Arc::clone(&self.file);
        if !is_large {
            return Arc::new(move |piece, offset| write_all_at(&file, piece, offset));
        }
        let file = DirectFile::new(file, &self.path);
        Arc::new(move |piece, offset| file.write(piece, offset))
    }

    /// The CRC-64 of a range, if an earlier run has fetched it and it is still there.
    pub(super) async fn kept(&self, range: &Range<u64>) -> Option<u64> {
        let (end, crc64) = *self.kept.get(&range.start)?;
        if end != range.end {
            return None;
        }
        let content = Content::file(Arc::clone(&self.file), range.clone());
        content.crc64().await.ok().filter(|found| *found == crc64)
    }

    /// Writes down that a range is there. A journal that cannot be written costs a later run time,
    /// and this one nothing.
    pub(super) fn note(&self, range: &Range<u64>, crc64: u64) {
        let Some(journal) = &self.journal else { return };
        let line = line(range.start, range.end, crc64);
        let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
        if write_all_at(&self.file, line.as_bytes(), journal.offset).is_ok() {
            journal.offset += line.len() as u64;
            journal.has_ranges = true;
        }
    }

    /// Gives it the target's name once it is on the disk. The name may come to the disk later: until
    /// then the target is what it was.
    pub(super) async fn persist(self, target: PathBuf) -> io::Result<()> {
        let persist = move || {
            self.file.sync_all()?;
            if self.journal.is_some() {
                self.file.set_len(self.size)?;
            }
            fs::rename(&self.path, &target)
        };
        tokio::task::spawn_blocking(persist).await.map_err(io::Error::other)?
    }

    fn can_be_gone_on_with(&self) -> bool {
        let journal = self.journal.as_ref();
        journal.is_some_and(|it| it.lock().unwrap_or_else(PoisonError::into_inner).has_ranges)
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        if !self.can_be_gone_on_with() {
            // Once renamed, there is nothing of this name.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The ranges a journal behind `size` bytes names, if it begins with `head`.
fn read_journal(file: &File, size: u64, head: &str) -> Option<BTreeMap<u64, (u64, u64)>> {
    let length = file.metadata().ok()?.len().checked_sub(size)?.min(MAX_JOURNAL);
    let mut text = vec![0; usize::try_from(length).ok()?];
    read_exact_at(file, &mut text, size).ok()?;
    let text = String::from_utf8(text).ok()?;
    let lines = text.strip_prefix(head)?.split_inclusive('\n');
    Some(lines.map_while(read_line).filter(|(_, (end, _))| *end <= size).collect())
}

fn line(start: u64, end: u64, crc64: u64) -> String {
    format!("{start} {end} {crc64}\n")
}

fn read_line(line: &str) -> Option<(u64, (u64, u64))> {
    let mut numbers = line.strip_suffix('\n')?.split(' ').map(str::parse);
    let mut next = || numbers.next()?.ok();
    Some((next()?, (next()?, next()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(folder: &Path, head: &str, size: u64) -> Landing {
        Landing::shared(&folder.join("target"), "name", Some(head), size).unwrap()
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Runtime::new().unwrap().block_on(future)
    }

    #[test]
    fn what_was_noted_is_kept_while_it_is_there_and_of_the_same_thing() {
        let folder = tempfile::tempdir().unwrap();
        let landing = shared(folder.path(), "head", 10);
        write_all_at(&landing.file, b"0123456789", 0).unwrap();
        let crc64 = |bytes: &[u8]| {
            let mut digest = crc64fast::Digest::new();
            digest.write(bytes);
            digest.sum64()
        };
        landing.note(&(0..4), crc64(b"0123"));
        landing.note(&(4..8), crc64(b"4567"));
        landing.note(&(8..10), crc64(b"other"));
        // A second run at the same time has a file of its own.
        let second = shared(folder.path(), "head", 10);
        assert_ne!(second.path, landing.path);
        drop((landing, second));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

        let landing = shared(folder.path(), "head", 10);
        let kept = run(async {
            let mut kept = Vec::new();
            for range in [0..4, 4..8, 8..10, 4..6] {
                kept.push(landing.kept(&range).await.is_some());
            }
            kept
        });
        assert_eq!(kept, [true, true, false, false]);
        landing.note(&(0..4), crc64(b"0123"));
        drop(landing);
        let landing = shared(folder.path(), "another", 10);
        assert_eq!(run(landing.kept(&(0..4))), None);
        // Nothing was noted in it, so nothing stays.
        drop(landing);
        let landing = Landing::shared(&folder.path().join("target"), "name", None, 10).unwrap();
        assert_eq!(landing.file.metadata().unwrap().len(), 10);
        landing.note(&(0..4), 7);
        drop(landing);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_target_has_no_journal() {
        let folder = tempfile::tempdir().unwrap();
        let landing = shared(folder.path(), "head", 3);
        write_all_at(&landing.file, b"abc", 0).unwrap();
        landing.note(&(0..3), 7);
        let target = folder.path().join("target");
        run(landing.persist(target.clone())).unwrap();
        assert_eq!(fs::read(target).unwrap(), b"abc");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
