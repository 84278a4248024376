//! Writes a large file past the system's cache: the disk sets the pace in any case, and the cache
//! keeps what is of use to others.

use std::{
    fs::File,
    io,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::position::write_all_at;

/// What the place of a write in memory and in the file must be a multiple of, and its length: no
/// disk has larger blocks.
pub(super) const ALIGNMENT: u64 = 4096;

/// A file that is written block by block to the disk, as far as the system can do that.
pub(super) struct DirectFile {
    file: Arc<File>,
    /// The same file, opened so that the cache is passed by.
    direct: Option<File>,
    is_refused: AtomicBool,
    /// The system lets one writer at a time into the cache of a file; the others would burn the
    /// processor while they wait.
    turn: Mutex<()>,
}

impl DirectFile {
    /// The file at `path`, which is open as `file`.
    pub(super) fn new(file: Arc<File>, path: &Path) -> Self {
        let direct = open(path).inspect_err(|error| {
            tracing::debug!("{} is written through the cache: {error}", path.display());
        });
        Self { file, direct: direct.ok(), is_refused: AtomicBool::new(false), turn: Mutex::new(()) }
    }

    /// Writes all of `bytes` at `offset`. Whole blocks pass the cache by if they lie in memory as
    /// they do in the file.
    pub(super) fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let (head, blocks, tail) = split(bytes, offset);
        self.write_through_cache(head, offset)?;
        let offset = offset + head.len() as u64;
        self.write_blocks(blocks, offset)?;
        self.write_through_cache(tail, offset + blocks.len() as u64)
    }

    fn write_blocks(&self, blocks: &[u8], offset: u64) -> io::Result<()> {
        let direct = self.direct.as_ref().filter(|_| !self.is_refused.load(Ordering::Relaxed));
        match direct.map(|file| write_all_at(file, blocks, offset)) {
            Some(Err(error)) if error.kind() == io::ErrorKind::InvalidInput => {
                self.is_refused.store(true, Ordering::Relaxed);
                self.write_through_cache(blocks, offset)
            }
            Some(outcome) => outcome,
            None => self.write_through_cache(blocks, offset),
        }
    }

    fn write_through_cache(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        write_all_at(&self.file, bytes, offset)
    }
}

/// What comes before the first whole block, the whole blocks, and what is left.
fn split(bytes: &[u8], offset: u64) -> (&[u8], &[u8], &[u8]) {
    let end = offset + bytes.len() as u64;
    let first = offset.next_multiple_of(ALIGNMENT).min(end);
    let last = (end - end % ALIGNMENT).max(first);
    let place = |at: u64| usize::try_from(at - offset).unwrap_or(bytes.len());
    let (rest, tail) = bytes.split_at(place(last));
    let (head, blocks) = rest.split_at(place(first));
    (head, blocks, tail)
}

#[cfg(target_os = "linux")]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = i32::try_from(rustix::fs::OFlags::DIRECT.bits()).map_err(io::Error::other)?;
    File::options().write(true).custom_flags(flags).open(path)
}

#[cfg(not(target_os = "linux"))]
fn open(_: &Path) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_split_at_whole_blocks() {
        let lengths = |offset, length| {
            let bytes = vec![0; length];
            let (head, blocks, tail) = split(&bytes, offset);
            (head.len(), blocks.len(), tail.len())
        };
        assert_eq!(lengths(0, 8192), (0, 8192, 0));
        assert_eq!(lengths(0, 10), (0, 0, 10));
        assert_eq!(lengths(10, 10), (10, 0, 0));
        assert_eq!(lengths(4000, 200), (96, 0, 104));
        assert_eq!(lengths(4095, 4100), (1, 4096, 3));
        assert_eq!(lengths(5, 0), (0, 0, 0));
    }

    #[test]
    fn all_of_it_arrives_wherever_it_lies_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
        let target = DirectFile::new(Arc::new(file), &path);
        let content: Vec<u8> = (0..50_000_u32).map(|at| (at % 251) as u8).collect();
        for (start, end) in [(30_001, 50_000), (0, 4096), (4096, 12_288), (12_288, 30_001)] {
            target.write(&content[start..end], start as u64).unwrap();
        }
        assert_eq!(std::fs::read(path).unwrap(), content);
    }
}
