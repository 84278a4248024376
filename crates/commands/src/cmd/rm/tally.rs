//! What was found, and what became of it.

use std::{cell::Cell, fmt};

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::objects::batch::Counted;

/// The counts of a removal.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) objects: Count,
    pub(super) uploads: Count,
    pub(super) has_objects: bool,
    pub(super) has_uploads: bool,
}

/// The counts of one kind.
#[derive(Default)]
pub(super) struct Count {
    pub(super) listed: Counted,
    removed: Cell<u64>,
    failed: Cell<u64>,
}

impl Count {
    pub(super) fn remove(&self) {
        self.removed.set(self.removed.get() + 1);
    }

    pub(super) fn fail(&self) {
        self.failed.set(self.failed.get() + 1);
    }
}

impl Tally {
    fn counts(&self) -> [&Count; 2] {
        [&self.objects, &self.uploads]
    }

    /// Whether all there is has been found, so that the number is a total.
    fn is_total(&self) -> bool {
        (!self.has_objects || self.objects.listed.is_total())
            && (!self.has_uploads || self.uploads.listed.is_total())
    }

    pub(super) fn removed(&self) -> u64 {
        self.counts().iter().map(|count| count.removed.get()).sum()
    }

    pub(super) fn failed(&self) -> u64 {
        self.counts().iter().map(|count| count.failed.get()).sum()
    }

    fn found(&self) -> u64 {
        self.counts().iter().map(|count| count.listed.found()).sum()
    }

    /// `3 objects, 2 uploadIds`.
    fn list(&self, number: impl Fn(&Count) -> u64) -> String {
        let objects = self.has_objects.then(|| format!("{} objects", number(&self.objects)));
        let uploads = self.has_uploads.then(|| format!("{} uploadIds", number(&self.uploads)));
        objects.into_iter().chain(uploads).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn all_found(&self) -> String {
        self.list(|count| count.listed.found())
    }

    /// How far the removal is.
    pub(super) fn progress(&self) -> String {
        let done = self.removed() + self.failed();
        match self.is_total() {
            true => format!("{self} Progress: {}%", done * 100 / self.found().max(1)),
            false => self.to_string(),
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.is_total() { "Total" } else { "Scanned" };
        let removed = self.list(|count| count.removed.get());
        write!(f, "{word} {}. Removed {removed}.", self.all_found())?;
        match self.failed() {
            0 => Ok(()),
            _ => write!(f, " Error {}.", self.list(|count| count.failed.get())),
        }
    }
}

impl Serialize for Tally {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Tally", 3)?;
        fields.serialize_field("found", &self.found())?;
        fields.serialize_field("removed", &self.removed())?;
        fields.serialize_field("failed", &self.failed())?;
        fields.end()
    }
}
