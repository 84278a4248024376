//! Which unfinished uploads are meant: as objects are, and by idleness and number of parts.

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use ossutil_client::protocol::operations::Upload;

use super::Found;
use crate::{
    error::{Error, Result},
    filter::Filters,
    objects::filter::{ObjectFilterArgs, ObjectFilters, age, crossed, has_passed},
};

/// The options; an upload must pass all of them.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct UploadFilterArgs {
    #[command(flatten)]
    common: ObjectFilterArgs,
    /// What has one of these storage classes: IA,Archive
    #[arg(long, value_name = "CLASS", value_delimiter = ',')]
    storage_class: Vec<String>,
    /// Uploads that no part has arrived for (or that were begun) at least this long ago
    #[arg(long, value_name = "AGE", value_parser = age)]
    idle: Option<Duration>,
    /// Uploads of at least so many parts
    #[arg(long, value_name = "N")]
    min_parts: Option<u64>,
    /// Uploads of at most so many parts
    #[arg(long, value_name = "N")]
    max_parts: Option<u64>,
}

/// Filters that have been checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct UploadFilters {
    common: ObjectFilters,
    limits: UploadFilterArgs,
}

impl UploadFilterArgs {
    /// Checks what was given.
    ///
    /// # Errors
    /// As for objects; also an empty class, and numbers of parts between which nothing can lie.
    pub(crate) fn check(&self) -> Result<UploadFilters> {
        if matches!((self.min_parts, self.max_parts), (Some(min), Some(max)) if min > max) {
            return Err(crossed("min-parts", "max-parts"));
        }
        if self.storage_class.iter().any(String::is_empty) {
            return Err(Error::usage("a class of --storage-class is empty"));
        }
        let common = self.common.check()?.of_classes(self.storage_class.clone());
        Ok(UploadFilters { common, limits: self.clone() })
    }

    /// Whether there is a filter that only uploads have.
    pub(crate) fn are_for_uploads(&self) -> bool {
        self.idle.is_some() || self.min_parts.is_some() || self.max_parts.is_some()
    }
}

/// Filters by name alone.
impl From<Filters> for UploadFilters {
    fn from(names: Filters) -> Self {
        Self { common: names.into(), limits: UploadFilterArgs::default() }
    }
}

impl UploadFilters {
    /// Those of them that objects have too.
    pub(crate) fn of_objects(&self) -> &ObjectFilters {
        &self.common
    }

    /// Whether no filter was given.
    pub(crate) fn is_empty(&self) -> bool {
        self.common.is_empty() && !self.limits.are_for_uploads()
    }

    /// Whether a name alone passes, as that of a directory.
    pub(crate) fn matches_name(&self, name: &str) -> bool {
        self.common.matches_name(name)
    }

    /// Whether an upload that was only named must be looked up in a listing.
    pub(crate) fn is_listing_needed(&self) -> bool {
        self.common.is_listing_needed() || self.limits.idle.is_some()
    }

    /// Whether the parts must be asked for.
    pub(crate) fn are_parts_needed(&self) -> bool {
        self.common.is_size_needed() || self.limits.are_for_uploads()
    }

    /// Whether uploads were chosen because nothing happens to them.
    pub(crate) fn is_idle_needed(&self) -> bool {
        self.limits.idle.is_some()
    }

    /// Whether an upload passes as far as a listing tells.
    pub(crate) fn matches_listed(&self, upload: &Upload, now: Timestamp) -> bool {
        // An upload whose parts are young can be idle no longer than it exists.
        let is_older = |age| upload.initiated.is_some_and(|begun| has_passed(begun, age, now));
        self.matches_name(&upload.key)
            && self.common.matches_age(upload.initiated, now)
            && self.limits.idle.is_none_or(is_older)
            && self.common.matches_class(upload.storage_class.as_deref().unwrap_or("Standard"))
    }

    /// Whether an upload passes as far as its parts tell. One whose parts could not be read
    /// passes, so that somebody says so; one that is gone holds nothing to choose it by.
    pub(crate) fn matches_held(&self, found: &Found, now: Timestamp) -> bool {
        let Some(held) = found.held() else { return true };
        let limits = &self.limits;
        let is_idle = |age| found.last_activity().is_some_and(|last| has_passed(last, age, now));
        limits.idle.is_none_or(is_idle)
            && self.common.matches_size(held.bytes)
            && limits.min_parts.is_none_or(|min| held.parts >= min)
            && limits.max_parts.is_none_or(|max| held.parts <= max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn idleness_at_its_border() {
        let idle =
            UploadFilterArgs { idle: Some(Duration::from_mins(1)), ..UploadFilterArgs::default() };
        let idle = idle.check().unwrap();
        let begun = |seconds| Upload {
            initiated: Some(NOW - SignedDuration::from_secs(seconds)),
            ..Upload::default()
        };
        for (age, is_idle) in [(59, false), (60, true), (61, true)] {
            assert_eq!(idle.matches_listed(&begun(age), NOW), is_idle, "{age}");
        }
        // Of an upload without a time nothing is known: it is spared.
        assert!(!idle.matches_listed(&Upload::default(), NOW));
    }

    #[test]
    fn what_nothing_can_pass_is_refused() {
        let arguments = UploadFilterArgs {
            min_parts: Some(2),
            max_parts: Some(1),
            ..UploadFilterArgs::default()
        };
        assert!(arguments.check().is_err());
        let storage_class = vec![String::new()];
        let arguments = UploadFilterArgs { storage_class, ..UploadFilterArgs::default() };
        assert!(arguments.check().is_err());
    }
}
