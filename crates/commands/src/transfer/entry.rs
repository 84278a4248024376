//! What is moved: one thing of a tree or a listing, under the name it has there.

use std::path::PathBuf;

use futures_util::stream::BoxStream;
use jiff::Timestamp;
use ossutil_client::protocol::operations::Object;

use crate::error::Error;

/// One thing that can be moved.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Its name below the source, parts separated by `/`; that of a directory ends in one.
    pub(crate) name: String,
    /// Bytes.
    pub(crate) size: u64,
    /// When it was last written.
    pub(crate) modified: Option<Timestamp>,
    /// What it is.
    pub(crate) origin: Origin,
}

/// Where an entry comes from.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// A regular file.
    File(PathBuf),
    /// A directory of the file system.
    Directory(PathBuf),
    /// An object, by its key.
    Object {
        /// The key.
        key: String,
        /// The version, if not the latest.
        version_id: Option<String>,
        /// The entity tag, quoted; empty if it is not known.
        etag: String,
    },
    /// Standard input.
    Pipe,
}

/// Why an entry cannot be moved, or a tree not be read.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Something was passed over on purpose, and somebody may wonder.
    Note(String),
    /// One entry cannot be moved; the others can.
    Entry {
        /// Its name.
        name: String,
        /// Why.
        error: Error,
    },
    /// The tree or the listing ends here, before its end.
    End(Error),
}

/// The entries of a tree or of a listing, in the order of the bytes of their names.
pub(crate) type Entries = BoxStream<'static, Result<Entry, Trouble>>;

impl Entry {
    /// An object of a listing, under the name it has below `base`.
    pub(crate) fn of_object(object: Object, base: usize) -> Self {
        Self {
            name: object.key[base..].to_owned(),
            size: u64::try_from(object.size).unwrap_or_default(),
            modified: object.last_modified,
            origin: Origin::Object { key: object.key, version_id: None, etag: object.etag },
        }
    }

    /// Whether it stands for a directory and holds nothing.
    pub(crate) fn is_directory(&self) -> bool {
        match &self.origin {
            Origin::Directory(_) => true,
            Origin::Object { .. } => self.name.ends_with('/') && self.size == 0,
            Origin::File(_) | Origin::Pipe => false,
        }
    }
}
