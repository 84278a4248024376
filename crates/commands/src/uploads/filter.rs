//! Which unfinished uploads are meant: by name, age, idleness, size and class.

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use ossutil_client::protocol::operations::Upload;

use super::Found;
use crate::{
    error::{Error, Result},
    filter::{FilterArgs, Filters},
};

/// The options; an upload must pass all of them.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct UploadFilterArgs {
    #[command(flatten)]
    names: FilterArgs,
    /// Uploads begun at least this long ago: 7d, 12h, 30m, or seconds
    #[arg(long, value_name = "AGE", value_parser = age)]
    older_than: Option<Duration>,
    /// Uploads begun less than this long ago
    #[arg(long, value_name = "AGE", value_parser = age)]
    newer_than: Option<Duration>,
    /// Uploads that no part has arrived for (or that were begun) at least this long ago
    #[arg(long, value_name = "AGE", value_parser = age)]
    idle: Option<Duration>,
    /// Uploads whose parts add up to at least this: 100M, 1.5G, or bytes
    #[arg(long, value_name = "SIZE", value_parser = size)]
    min_size: Option<u64>,
    /// Uploads whose parts add up to at most this
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_size: Option<u64>,
    /// Uploads of at least so many parts
    #[arg(long, value_name = "N")]
    min_parts: Option<u64>,
    /// Uploads of at most so many parts
    #[arg(long, value_name = "N")]
    max_parts: Option<u64>,
    /// Uploads of these storage classes: IA,Archive
    #[arg(long, value_name = "CLASS", value_delimiter = ',')]
    storage_class: Vec<String>,
}

/// Filters that have been checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct UploadFilters {
    names: Filters,
    limits: UploadFilterArgs,
}

impl UploadFilterArgs {
    /// Checks what was given.
    ///
    /// # Errors
    /// A pattern that is malformed, limits between which nothing can lie, an empty class: what
    /// cannot be meant must not select, since what it selects may be aborted.
    pub(crate) fn check(&self) -> Result<UploadFilters> {
        let crossed = |low: &str, high: &str| {
            Error::usage(format!("nothing can pass both --{low} and --{high}"))
                .hint("swap their values")
        };
        if matches!((self.min_size, self.max_size), (Some(min), Some(max)) if min > max) {
            return Err(crossed("min-size", "max-size"));
        }
        if matches!((self.min_parts, self.max_parts), (Some(min), Some(max)) if min > max) {
            return Err(crossed("min-parts", "max-parts"));
        }
        if matches!((self.older_than, self.newer_than), (Some(old), Some(new)) if old >= new) {
            return Err(crossed("older-than", "newer-than"));
        }
        if self.storage_class.iter().any(String::is_empty) {
            return Err(Error::usage("a class of --storage-class is empty"));
        }
        Ok(UploadFilters { names: self.names.check()?, limits: self.clone() })
    }

    /// Whether there is a filter beyond names, which only uploads have.
    pub(crate) fn are_for_uploads(&self) -> bool {
        self.is_listing_needed() || self.are_parts_needed()
    }

    /// Whether a listing must say when the upload was begun, or its class.
    fn is_listing_needed(&self) -> bool {
        self.older_than.is_some()
            || self.newer_than.is_some()
            || self.idle.is_some()
            || !self.storage_class.is_empty()
    }

    fn are_parts_needed(&self) -> bool {
        self.idle.is_some()
            || self.min_size.is_some()
            || self.max_size.is_some()
            || self.min_parts.is_some()
            || self.max_parts.is_some()
    }
}

/// Filters by name alone.
impl From<Filters> for UploadFilters {
    fn from(names: Filters) -> Self {
        Self { names, limits: UploadFilterArgs::default() }
    }
}

impl UploadFilters {
    /// Whether a name alone passes, as that of a directory.
    pub(crate) fn matches_name(&self, name: &str) -> bool {
        self.names.matches(name)
    }

    /// Whether an upload that was only named must be looked up in a listing.
    pub(crate) fn is_listing_needed(&self) -> bool {
        self.limits.is_listing_needed()
    }

    /// Whether the parts must be asked for.
    pub(crate) fn are_parts_needed(&self) -> bool {
        self.limits.are_parts_needed()
    }

    /// Whether uploads were chosen because nothing happens to them.
    pub(crate) fn is_idle_needed(&self) -> bool {
        self.limits.idle.is_some()
    }

    /// Whether an upload passes as far as a listing tells.
    pub(crate) fn matches_listed(&self, upload: &Upload, now: Timestamp) -> bool {
        let limits = &self.limits;
        let is_older = |age| upload.initiated.is_some_and(|begun| has_passed(begun, age, now));
        // An upload whose parts are young can be idle no longer than it exists.
        let class = upload.storage_class.as_deref().unwrap_or("Standard");
        self.matches_name(&upload.key)
            && limits.older_than.is_none_or(is_older)
            && limits.newer_than.is_none_or(|age| upload.initiated.is_some() && !is_older(age))
            && limits.idle.is_none_or(is_older)
            && (limits.storage_class.is_empty()
                || limits.storage_class.iter().any(|chosen| chosen.eq_ignore_ascii_case(class)))
    }

    /// Whether an upload passes as far as its parts tell. One whose parts could not be read
    /// passes, so that somebody says so; one that is gone holds nothing to choose it by.
    pub(crate) fn matches_held(&self, found: &Found, now: Timestamp) -> bool {
        let Some(held) = found.held() else { return true };
        let limits = &self.limits;
        let is_idle = |age| found.last_activity().is_some_and(|last| has_passed(last, age, now));
        limits.idle.is_none_or(is_idle)
            && limits.min_size.is_none_or(|min| held.bytes >= i128::from(min))
            && limits.max_size.is_none_or(|max| held.bytes <= i128::from(max))
            && limits.min_parts.is_none_or(|min| held.parts >= min)
            && limits.max_parts.is_none_or(|max| held.parts <= max)
    }
}

fn has_passed(since: Timestamp, age: Duration, now: Timestamp) -> bool {
    now.duration_since(since).as_nanos() >= i128::try_from(age.as_nanos()).unwrap_or(i128::MAX)
}

fn age(text: &str) -> std::result::Result<Duration, String> {
    ossutil_config::parse_duration(text)
        .ok_or_else(|| "not an age; write 7d, 12h, 30m or a number of seconds".to_owned())
}

fn size(text: &str) -> std::result::Result<u64, String> {
    ossutil_config::parse_size(text)
        .ok_or_else(|| "not a size; write 100M, 1.5G or a number of bytes".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn begun(seconds_ago: i64) -> Upload {
        let initiated = Some(NOW - SignedDuration::from_secs(seconds_ago));
        Upload { key: "k".to_owned(), initiated, ..Upload::default() }
    }

    fn filters(change: impl FnOnce(&mut UploadFilterArgs)) -> UploadFilters {
        let mut arguments = UploadFilterArgs::default();
        change(&mut arguments);
        arguments.check().unwrap()
    }

    #[test]
    fn ages_at_their_border() {
        let minute = Some(Duration::from_mins(1));
        let older = filters(|arguments| arguments.older_than = minute);
        let newer = filters(|arguments| arguments.newer_than = minute);
        let idle = filters(|arguments| arguments.idle = minute);
        for (age, is_older) in [(59, false), (60, true), (61, true)] {
            assert_eq!(older.matches_listed(&begun(age), NOW), is_older, "{age}");
            assert_eq!(newer.matches_listed(&begun(age), NOW), !is_older, "{age}");
            assert_eq!(idle.matches_listed(&begun(age), NOW), is_older, "{age}");
        }
        // Of an upload without a time nothing is known: it is spared.
        let unknown = Upload { initiated: None, ..begun(0) };
        for filters in [older, newer, idle] {
            assert!(!filters.matches_listed(&unknown, NOW));
        }
    }

    #[test]
    fn classes() {
        let filters = filters(|arguments| arguments.storage_class = vec!["ia".to_owned()]);
        let of = |class: Option<&str>| Upload { storage_class: class.map(Into::into), ..begun(0) };
        assert!(filters.matches_listed(&of(Some("IA")), NOW));
        assert!(!filters.matches_listed(&of(Some("Standard")), NOW));
        assert!(!filters.matches_listed(&of(None), NOW));
    }

    #[test]
    fn what_nothing_can_pass_is_refused() {
        let second = Some(Duration::from_secs(1));
        let none = UploadFilterArgs::default;
        for arguments in [
            UploadFilterArgs { min_size: Some(2), max_size: Some(1), ..none() },
            UploadFilterArgs { min_parts: Some(2), max_parts: Some(1), ..none() },
            UploadFilterArgs { older_than: second, newer_than: second, ..none() },
            UploadFilterArgs { storage_class: vec![String::new()], ..none() },
        ] {
            assert!(arguments.check().is_err(), "{arguments:?}");
        }
    }
}
