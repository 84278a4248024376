//! What was sent before, in a small database: for each entry the time it was last written then.
//!
//! It is trusted for nothing else: an entry whose time is another one is looked at anew.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use redb::{Database, ReadableDatabase, TableDefinition};

use crate::error::{Error, Result};

/// From source and target to nanoseconds since 1970.
const SENT: TableDefinition<'_, &str, i128> = TableDefinition::new("sent");

/// The file in the folder.
const FILE: &str = "snapshot.redb";

/// How many entries are written at once.
const BATCH: usize = 1000;

/// A folder with what was sent.
#[derive(Clone)]
pub(crate) struct Snapshot {
    database: Arc<Database>,
    /// What is not written yet: a run that is killed sends that much again.
    pending: Arc<Mutex<Vec<(String, i128)>>>,
    folder: Arc<str>,
}

impl Snapshot {
    /// Whether there is a snapshot in a folder.
    pub(crate) fn is_there(folder: &str) -> bool {
        Path::new(folder).join(FILE).exists()
    }

    /// Opens the snapshot in a folder, or makes it.
    ///
    /// # Errors
    /// A folder that cannot be written, or a snapshot that another run has open.
    pub(crate) fn open(folder: &str) -> Result<Self> {
        let failed = |error: &dyn std::fmt::Display| unusable(folder, error);
        fs::create_dir_all(folder).map_err(|error| failed(&error))?;
        let database = Database::create(Path::new(folder).join(FILE));
        let database = Arc::new(database.map_err(|error| failed(&error))?);
        let snapshot = Self { database, pending: Arc::default(), folder: folder.into() };
        // A new database has no table to read from.
        snapshot.write(Vec::new())?;
        Ok(snapshot)
    }

    /// Whether the entry was sent as it was last written at this time.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub(crate) fn has(&self, name: &str, modified: i128) -> Result<bool> {
        let read = || -> std::result::Result<bool, redb::Error> {
            let table = self.database.begin_read()?.open_table(SENT)?;
            Ok(table.get(name)?.is_some_and(|time| time.value() == modified))
        };
        read().map_err(|error| unusable(&self.folder, &error))
    }

    /// Writes down that an entry was sent.
    ///
    /// # Errors
    /// A database that cannot be written.
    pub(crate) fn add(&self, name: String, modified: i128) -> Result<()> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.push((name, modified));
        match pending.len() >= BATCH {
            true => self.write(std::mem::take(&mut pending)),
            false => Ok(()),
        }
    }

    /// Writes what is not written yet.
    ///
    /// # Errors
    /// A database that cannot be written.
    pub(crate) fn flush(&self) -> Result<()> {
        let pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner).split_off(0);
        if pending.is_empty() { Ok(()) } else { self.write(pending) }
    }

    fn write(&self, entries: Vec<(String, i128)>) -> Result<()> {
        let write = || -> std::result::Result<(), redb::Error> {
            let transaction = self.database.begin_write()?;
            {
                let mut table = transaction.open_table(SENT)?;
                for (name, modified) in entries {
                    table.insert(name.as_str(), modified)?;
                }
            }
            Ok(transaction.commit()?)
        };
        write().map_err(|error| unusable(&self.folder, &error))
    }
}

fn unusable(folder: &str, error: &dyn std::fmt::Display) -> Error {
    Error::failed(format!("cannot use the snapshot in {folder}: {error}"))
        .hint("it may be removed: then everything is compared, or sent, again")
}
