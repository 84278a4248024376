//! What a report is about: sums over unfinished uploads.

use std::{cmp::Reverse, collections::BTreeMap};

use jiff::{SignedDuration, Timestamp};
use ossutil_client::protocol::operations::LifecycleRule;

use crate::{
    cloud_url::CloudUrl,
    uploads::{Found, Held, folder_of},
};

/// Ages that uploads are sorted into: up to so many days, and what people call them.
pub(super) const AGES: [(i64, &str); 6] = [
    (1, "under a day"),
    (7, "1 to 7 days"),
    (30, "7 to 30 days"),
    (90, "30 to 90 days"),
    (365, "90 days to a year"),
    (i64::MAX, "over a year"),
];

/// Rules that are tried, in days.
pub(super) const RULES: [i64; 3] = [1, 7, 30];

/// A sum over uploads.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub(super) uploads: u64,
    pub(super) held: Held,
}

/// What a rule would free.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Saving {
    pub(super) days: i64,
    /// If it went by when uploads were begun, as lifecycle rules do.
    pub(super) by_age: Sum,
    /// If it went by when something last happened to them, as `abort --idle` does.
    pub(super) by_idle: Sum,
}

/// A report.
pub(super) struct Report {
    pub(super) url: CloudUrl,
    pub(super) now: Timestamp,
    depth: usize,
    top: usize,
    pub(super) total: Sum,
    folders: BTreeMap<String, Sum>,
    /// Folders, the one that holds most first.
    pub(super) by_folder: Vec<(String, Sum)>,
    pub(super) ages: [Sum; AGES.len()],
    pub(super) idle: [Sum; AGES.len()],
    pub(super) savings: [Saving; RULES.len()],
    /// The uploads that hold most, the largest first.
    pub(super) largest: Vec<Found>,
}

impl Sum {
    fn add(&mut self, held: Held) {
        self.uploads += 1;
        self.held.merge(held);
    }
}

impl Report {
    pub(super) fn new(url: &CloudUrl, now: Timestamp, depth: usize, top: usize) -> Self {
        Self {
            url: url.clone(),
            now,
            depth,
            top,
            total: Sum::default(),
            folders: BTreeMap::new(),
            by_folder: Vec::new(),
            ages: Default::default(),
            idle: Default::default(),
            savings: RULES.map(|days| Saving { days, ..Saving::default() }),
            largest: Vec::new(),
        }
    }

    /// Counts an upload whose parts are known.
    pub(super) fn add(&mut self, found: Found) {
        let held = found.held().unwrap_or_default();
        let age = found.initiated.map(|begun| self.now.duration_since(begun));
        let (age, idle) = (age.unwrap_or_default(), found.idle(self.now).unwrap_or_default());
        let folder = folder_of(&found.upload.key, self.url.key.len(), self.depth);
        match self.folders.get_mut(folder) {
            Some(sum) => sum.add(held),
            None => self.folders.entry(folder.to_owned()).or_default().add(held),
        }
        self.total.add(held);
        self.ages[class(age)].add(held);
        self.idle[class(idle)].add(held);
        for saving in &mut self.savings {
            let limit = SignedDuration::from_hours(24 * saving.days);
            if age >= limit {
                saving.by_age.add(held);
            }
            if idle >= limit {
                saving.by_idle.add(held);
            }
        }
        self.largest.push(found);
        if self.largest.len() >= 2 * self.top + 1000 {
            self.keep_largest();
        }
    }

    /// Puts everything into the order it is shown in.
    pub(super) fn finish(&mut self) {
        self.keep_largest();
        self.by_folder = std::mem::take(&mut self.folders).into_iter().collect();
        self.by_folder.sort_by_key(|(_, sum)| Reverse(sum.held.bytes));
    }

    fn keep_largest(&mut self) {
        self.largest.sort_by_key(|found| Reverse(found.held().map(|held| held.bytes)));
        self.largest.truncate(self.top);
    }

    /// The lifecycle rule that aborts uploads after a week.
    pub(super) fn rule(&self) -> String {
        LifecycleRule::aborting("ossutil-abort-multipart", &self.url.key, 7).write()
    }
}

/// Which of [`AGES`] a time falls into.
fn class(age: SignedDuration) -> usize {
    let days = age.as_hours() / 24;
    AGES.iter().position(|(limit, _)| days < *limit).unwrap_or(AGES.len() - 1)
}

/// What so many bytes cost a month, a GB being 2^30 bytes as on the bill.
#[expect(clippy::cast_precision_loss, reason = "money is shown to two decimals")]
pub(super) fn cost(bytes: i128, price: f64) -> String {
    format!("{:.2}", bytes as f64 / f64::from(1 << 30) * price)
}
