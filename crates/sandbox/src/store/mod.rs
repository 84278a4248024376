//! What the sandbox keeps: buckets, objects with their versions, unfinished uploads and their
//! parts.
//!
//! Records are in ordered tables ([`tables`]), bytes in bodies ([`bodies`]); both are in memory or
//! in a folder. Nothing is copied when an object is made of parts or of another object: an object
//! is a list of segments of bodies, and a body goes when no segment is left of it.

mod bodies;
mod change;
mod content;
mod durable;
mod files;
mod keys;
mod lookup;
mod records;
mod tables;

use std::{
    collections::BTreeSet,
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

pub(crate) use self::{
    bodies::Reading,
    change::Change,
    content::{Content, Received, Receiver, slice},
    keys::{at, behind},
    lookup::{Lookup, View, is_version_id, upload_key, version_key},
    records::{Bucket, Kind, Object, Part, Restoration, Segment, Summary, Upload, Versioning},
};
use self::{
    bodies::{Bodies, MemoryBodies, Reclaimer},
    durable::Durable,
    files::Files,
    tables::{Memory, Step, Table, Tables},
};
use crate::refusal::Outcome;

/// What a scan does after an entry.
pub(crate) enum Scan {
    /// Goes on with the next.
    Next,
    /// Goes on with the first key that is not below this name.
    SkipTo(String),
    /// Ends.
    Stop,
}

/// The layout of the records; a folder of another is not opened.
const LAYOUT: u64 = 2;

/// How many numbers one opening of a store can give out.
const NUMBERS: u64 = 1 << 40;

/// The store.
pub(crate) struct Store {
    shelf: Arc<Shelf>,
    /// Numbers of bodies and versions; they rise, over all openings of a folder.
    numbers: AtomicU64,
}

/// Where records and bodies are.
struct Shelf {
    tables: Box<dyn Tables>,
    bodies: Arc<dyn Bodies>,
    reclaimer: Arc<Reclaimer>,
}

impl Store {
    /// A store that is gone with the process.
    pub(crate) fn in_memory() -> Self {
        let bodies: Arc<dyn Bodies> = Arc::new(MemoryBodies::default());
        Self::new(Box::<Memory>::default(), bodies, 1)
    }

    /// Opens the store in a folder, or makes it, and removes bodies that nothing refers to.
    ///
    /// # Errors
    /// A folder that cannot be written, is in use, or was written by another version.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let (files, mut ids) = Files::open(&folder.join("bodies"))?;
        let bodies: Arc<dyn Bodies> = Arc::new(files);
        let tables = Durable::open(&folder.join("metadata.redb"), Arc::clone(&bodies))?;
        let opening = count_opening(&tables)?;
        forget_known(&tables, &mut ids)?;
        for id in ids {
            bodies.remove(id);
        }
        Ok(Self::new(Box::new(tables), bodies, opening))
    }

    fn new(tables: Box<dyn Tables>, bodies: Arc<dyn Bodies>, opening: u64) -> Self {
        let reclaimer = Reclaimer::new(Arc::clone(&bodies));
        let shelf = Arc::new(Shelf { tables, bodies, reclaimer });
        Self { shelf, numbers: AtomicU64::new(opening * NUMBERS) }
    }

    /// Whether changes wait for a disk.
    pub(crate) fn is_durable(&self) -> bool {
        self.shelf.tables.is_durable()
    }

    /// Looks things up, all as they are at one time.
    pub(crate) fn view<T>(&self, work: impl FnOnce(&View<'_>) -> Outcome<T>) -> Outcome<T> {
        let (mut work, mut outcome) = (Some(work), None);
        self.shelf.tables.view(&mut |tables| {
            outcome = work.take().map(|work| work(&View::new(tables)));
        })?;
        outcome.unwrap_or_else(|| Err(io::Error::other("the store did not answer").into()))
    }

    /// Changes things; no other change comes between. Whatever `work` answers, what it wrote is
    /// kept: it decides first, and writes when there is nothing left to refuse.
    pub(crate) fn change<T>(&self, work: impl FnOnce(&mut Change<'_>) -> Outcome<T>) -> Outcome<T> {
        let (mut work, mut outcome, mut orphans) = (Some(work), None, Vec::new());
        self.shelf.tables.change(&mut |tables| {
            let mut change = Change::new(tables, &self.numbers);
            outcome = work.take().map(|work| work(&mut change));
            orphans = change.into_orphans();
        })?;
        self.shelf.reclaimer.give_up(orphans);
        outcome.unwrap_or_else(|| Err(io::Error::other("the store did not answer").into()))
    }

    /// A bucket's properties.
    pub(crate) fn bucket(&self, name: &str) -> Outcome<Option<Bucket>> {
        self.view(|view| view.bucket(name))
    }

    /// From now on, content that is found can be read to its end, even if it is removed.
    pub(crate) fn begin_reading(&self) -> Reading {
        self.shelf.reclaimer.begin()
    }

    /// Content of the store, for as long as `reading` lives.
    pub(crate) fn content(&self, reading: Reading, segments: Vec<Segment>) -> Content {
        Content::new(Arc::clone(&self.shelf.bodies), reading, segments)
    }

    /// Begins to receive a body.
    pub(crate) fn receive(&self) -> Receiver {
        Receiver::new(Arc::clone(&self.shelf), self.numbers.fetch_add(1, Ordering::Relaxed))
    }
}

/// Counts how often the tables were opened, and refuses those of another layout.
fn count_opening(tables: &dyn Tables) -> io::Result<u64> {
    let mut outcome = Err(io::Error::other("the store did not answer"));
    tables.change(&mut |tables| {
        outcome = (|| {
            let number = |key: &[u8]| -> io::Result<Option<u64>> {
                let value = tables.get(Table::Meta, key)?;
                Ok(value.and_then(|value| Some(u64::from_be_bytes(value.try_into().ok()?))))
            };
            if let Some(layout) = number(b"layout")?.filter(|layout| *layout != LAYOUT) {
                return Err(another_layout(layout));
            }
            let opening = number(b"openings")?.unwrap_or(0) + 1;
            tables.put(Table::Meta, b"layout", &LAYOUT.to_be_bytes())?;
            tables.put(Table::Meta, b"openings", &opening.to_be_bytes())?;
            Ok(opening)
        })();
    })?;
    outcome
}

/// The error of a folder that an earlier or a later version wrote.
fn another_layout(layout: u64) -> io::Error {
    let age = if layout < LAYOUT { "an earlier" } else { "a later" };
    io::Error::other(format!(
        "{age} version of ossutil wrote it (layout {layout}; this version reads layout {LAYOUT} \
         only). What it holds stays as it is. Take another folder; what is to be kept can be downloaded from \
         this one with the version that wrote it (`ossutil cp -r`), and uploaded again"
    ))
}

/// Leaves those of `ids` that no segment is of.
fn forget_known(tables: &dyn Tables, ids: &mut BTreeSet<u64>) -> io::Result<()> {
    let mut outcome = Ok(());
    tables.view(&mut |tables| {
        outcome = tables.scan(Table::Bodies, &[], &mut |key, _| {
            if let Ok(id) = key.try_into() {
                ids.remove(&u64::from_be_bytes(id));
            }
            Step::Next
        });
    })?;
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_other_versions_stay_as_they_are() {
        let folder = std::env::temp_dir().join(format!("layout-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let write = |layout: u64| {
            let bodies: Arc<dyn Bodies> = Arc::new(Files::open(&folder.join("bodies")).unwrap().0);
            let tables = Durable::open(&folder.join("metadata.redb"), bodies).unwrap();
            let layout = layout.to_be_bytes();
            tables
                .change(&mut |tables| tables.put(Table::Meta, b"layout", &layout).unwrap())
                .unwrap();
        };
        for (layout, age) in [(LAYOUT - 1, "an earlier version"), (LAYOUT + 1, "a later version")] {
            write(layout);
            std::fs::write(folder.join("bodies/7"), "a body").expect("written");
            let error = Store::open(&folder).map(drop).unwrap_err().to_string();
            assert!(error.contains(age) && error.contains("Take another folder"), "{error}");
            assert!(folder.join("bodies/7").exists());
        }
        write(LAYOUT);
        Store::open(&folder).expect("a store of this version");
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
