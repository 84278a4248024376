//! Where the content of an upload comes from: a file, or anything that can be read once.

use std::{
    fmt,
    fs::File,
    io::{self, Read},
    ops::Range,
    path::Path,
    sync::Arc,
    time::SystemTime,
};

use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};

use jiff::Timestamp;

use super::plan::{Layout, LayoutError, MAX_PARTS};
use crate::{Content, Error};

/// A file that is uploaded.
#[derive(Clone, Debug)]
pub struct FileSource {
    file: Arc<File>,
    state: (u64, Option<SystemTime>),
}

/// What is uploaded.
pub enum Source {
    /// A file in parts of a layout; parts are read as they are sent, and again if need be.
    File(FileSource, Layout),
    /// What is read once, from its start to its end, in parts of this many bytes; the parts that
    /// are being sent are held in memory.
    Reader(Box<dyn Read + Send>, u64),
}

/// One part of a source.
pub(crate) struct Piece {
    pub(crate) number: u32,
    pub(crate) content: Content,
}

impl FileSource {
    /// Opens a file.
    ///
    /// # Errors
    /// What the system says; also anything but a regular file: it has no size and no ranges, and
    /// is for a [`Source::Reader`].
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        Ok(Self { state: state(&file)?, file: Arc::new(file) })
    }

    /// Bytes, as it was opened.
    pub fn size(&self) -> u64 {
        self.state.0
    }

    /// All of it.
    pub fn content(&self) -> Content {
        self.part(0..self.size())
    }

    /// A range of it, in bytes.
    pub(crate) fn content_of(&self, range: Range<u64>) -> Content {
        Content::file(Arc::clone(&self.file), range)
    }

    /// What tells this state of it from others: its size and when it was modified, to the
    /// nanosecond.
    pub(crate) fn identity(&self) -> String {
        let modified = self.state.1.and_then(|time| Timestamp::try_from(time).ok());
        let modified = modified.map(|time| time.as_nanosecond().to_string());
        format!("{} bytes, modified {}", self.size(), modified.unwrap_or_default())
    }

    /// A range of it, in bytes.
    pub fn part(&self, range: Range<u64>) -> Content {
        Content::file(Arc::clone(&self.file), range)
    }

    /// Whether size and time of modification are those it was opened with.
    ///
    /// # Errors
    /// What the system says.
    pub fn is_unchanged(&self) -> io::Result<bool> {
        Ok(state(&self.file)? == self.state)
    }
}

fn state(file: &File) -> io::Result<(u64, Option<SystemTime>)> {
    let metadata = file.metadata()?;
    Ok((metadata.len(), metadata.modified().ok()))
}

impl Source {
    /// What each part but the last has, in bytes.
    pub(crate) fn part_size(&self) -> u64 {
        match self {
            Self::File(_, layout) => layout.part_size(),
            Self::Reader(_, part_size) => *part_size,
        }
    }

    /// Bytes, where that is known beforehand.
    pub(crate) fn size(&self) -> Option<u64> {
        match self {
            Self::File(file, _) => Some(file.size()),
            Self::Reader(..) => None,
        }
    }

    /// The parts in their order, at least one, each made when it is asked for.
    pub(crate) fn pieces(self) -> BoxStream<'static, Result<Piece, Error>> {
        match self {
            Self::File(file, layout) => stream::iter(layout.ranges())
                .map(move |(number, range)| {
                    let content = file.content_of(range);
                    Ok(Piece { number, content })
                })
                .boxed(),
            Self::Reader(reader, part_size) => read_pieces(reader, part_size),
        }
    }
}

/// The parts of what can be read once. One that is full may be the last: only the next says so.
fn read_pieces(
    reader: Box<dyn Read + Send>,
    part_size: u64,
) -> BoxStream<'static, Result<Piece, Error>> {
    stream::try_unfold((Some(reader), 1), move |(reader, number)| async move {
        let Some(reader) = reader else { return Ok(None) };
        let read = tokio::task::spawn_blocking(move || read_piece(reader, part_size)).await;
        let (reader, bytes) = read
            .map_err(io::Error::other)
            .and_then(|read| read)
            .map_err(|error| Error::Content { source: Box::new(error) })?;
        if bytes.is_empty() && number > 1 {
            return Ok(None);
        }
        if number > MAX_PARTS {
            return Err(LayoutError::TooMany { part_size }.into());
        }
        let is_last = (bytes.len() as u64) < part_size;
        let piece = Piece { number, content: Content::from(bytes) };
        Ok(Some((piece, ((!is_last).then_some(reader), number + 1))))
    })
    .boxed()
}

type Reading = (Box<dyn Read + Send>, Bytes);

fn read_piece(mut reader: Box<dyn Read + Send>, part_size: u64) -> io::Result<Reading> {
    let mut bytes = Vec::new();
    reader.by_ref().take(part_size).read_to_end(&mut bytes)?;
    Ok((reader, bytes.into()))
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file, layout) => f.debug_tuple("File").field(file).field(layout).finish(),
            Self::Reader(_, part_size) => f.debug_tuple("Reader").field(part_size).finish(),
        }
    }
}
