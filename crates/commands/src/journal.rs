//! A journal of what was freed: lines of JSON, each written before the next upload is done.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use serde_json::json;

use crate::{
    error::{Error, Result},
    uploads::{Found, Held},
};

/// A file that lines are appended to.
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens the file, before anything is done that would have to be written down.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(crate) fn append(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(|error| cannot_write(path, &error))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Writes down that an upload was aborted, and what it held.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(crate) fn freed(&mut self, found: &Found, held: Held) -> Result<()> {
        let line = json!({
            "time": found.client.now(),
            "bucket": found.upload.bucket,
            "key": found.upload.key,
            "upload_id": found.upload.upload_id,
            "initiated": found.initiated,
            "parts": held.parts,
            "bytes": held.size(),
            "last_activity": found.last_activity(),
        });
        // One write for the whole line, so that two runs do not mix theirs.
        self.file
            .write_all(format!("{line}\n").as_bytes())
            .map_err(|error| cannot_write(&self.path, &error))
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Error {
    Error::failed(format!("cannot write the journal {}: {error}", path.display()))
}
