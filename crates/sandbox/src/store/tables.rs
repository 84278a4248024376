//! Ordered tables of bytes: the seam between what the sandbox keeps and where.

use std::{
    collections::BTreeMap,
    io,
    sync::{PoisonError, RwLock},
};

/// A table; its keys are in the order of their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// The version of the tables, and how often they were opened.
    Meta,
    /// Buckets by name.
    Buckets,
    /// What is stored with a bucket and given back as it came, by bucket and name.
    Documents,
    /// Versions of objects by bucket, key, and newest first.
    Versions,
    /// Unfinished uploads by bucket, key and upload id.
    Uploads,
    /// Parts by upload id and number.
    Parts,
    /// How many segments are of each body.
    Bodies,
}

impl Table {
    pub(crate) const ALL: [Self; 7] = [
        Self::Meta,
        Self::Buckets,
        Self::Documents,
        Self::Versions,
        Self::Uploads,
        Self::Parts,
        Self::Bodies,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Buckets => "buckets",
            Self::Documents => "documents",
            Self::Versions => "versions",
            Self::Uploads => "uploads",
            Self::Parts => "parts",
            Self::Bodies => "bodies",
        }
    }
}

/// What a scan does after an entry.
pub(crate) enum Step {
    /// Goes on with the next.
    Next,
    /// Goes on with the first key that is not below this one.
    Seek(Vec<u8>),
    /// Ends.
    Stop,
}

/// Reads tables as they are at one time.
pub(crate) trait Read {
    fn get(&self, table: Table, key: &[u8]) -> io::Result<Option<Vec<u8>>>;

    /// Visits entries in order, from the first whose key is not below `from`. That place is
    /// found at the cost of a look-up, so a page from the middle costs what the first does.
    fn scan(
        &self,
        table: Table,
        from: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> Step,
    ) -> io::Result<()>;
}

/// Reads and writes tables; sees what it has written.
pub(crate) trait Write: Read {
    fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> io::Result<()>;
    fn remove(&mut self, table: Table, key: &[u8]) -> io::Result<()>;
}

/// A place to keep tables.
pub(crate) trait Tables: Send + Sync {
    /// Runs `work` once, on the tables as they are now.
    fn view(&self, work: &mut dyn FnMut(&dyn Read)) -> io::Result<()>;

    /// Runs `work` once, while no other change runs. When this is done, all that it wrote is kept;
    /// on an error, none of it is.
    fn change(&self, work: &mut dyn FnMut(&mut dyn Write)) -> io::Result<()>;

    /// Whether [`Tables::change`] waits for a disk.
    fn is_durable(&self) -> bool;
}

type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

/// Tables that are gone with the process.
#[derive(Default)]
pub(crate) struct Memory(RwLock<Contents>);

#[derive(Default)]
struct Contents([Entries; Table::ALL.len()]);

impl Tables for Memory {
    fn view(&self, work: &mut dyn FnMut(&dyn Read)) -> io::Result<()> {
        work(&*self.0.read().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    fn change(&self, work: &mut dyn FnMut(&mut dyn Write)) -> io::Result<()> {
        work(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    fn is_durable(&self) -> bool {
        false
    }
}

impl Read for Contents {
    fn get(&self, table: Table, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
        Ok(self.0[table as usize].get(key).cloned())
    }

    fn scan(
        &self,
        table: Table,
        from: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> Step,
    ) -> io::Result<()> {
        let entries = &self.0[table as usize];
        let mut range = entries.range(from.to_vec()..);
        while let Some((key, value)) = range.next() {
            match visit(key, value) {
                Step::Next => {}
                Step::Seek(key) => range = entries.range(key..),
                Step::Stop => break,
            }
        }
        Ok(())
    }
}

impl Write for Contents {
    fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> io::Result<()> {
        self.0[table as usize].insert(key.to_vec(), value.to_vec());
        Ok(())
    }

    fn remove(&mut self, table: Table, key: &[u8]) -> io::Result<()> {
        self.0[table as usize].remove(key);
        Ok(())
    }
}
