//! Which objects are meant: by name, age, size and class.

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use ossutil_client::protocol::operations::{Object, VersionEntry};

use crate::{
    error::{Error, Result},
    filter::{FilterArgs, Filters},
};

/// The options; an object must pass all of them.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ObjectFilterArgs {
    #[command(flatten)]
    names: FilterArgs,
    /// What was written (of uploads: begun) at least this long ago: 7d, 12h, 30m, or seconds
    #[arg(long, visible_alias = "min-age", value_name = "AGE", value_parser = age)]
    older_than: Option<Duration>,
    /// What was written (of uploads: begun) less than this long ago
    #[arg(long, visible_alias = "max-age", value_name = "AGE", value_parser = age)]
    newer_than: Option<Duration>,
    /// What has (of uploads: whose parts add up to) at least this size: 100M, 1.5G, or bytes
    #[arg(long, value_name = "SIZE", value_parser = size)]
    min_size: Option<u64>,
    /// What has (of uploads: whose parts add up to) at most this size
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_size: Option<u64>,
}

/// Filters that have been checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct ObjectFilters {
    names: Filters,
    limits: ObjectFilterArgs,
    classes: Vec<String>,
}

impl ObjectFilterArgs {
    /// Checks what was given.
    ///
    /// # Errors
    /// A pattern that is malformed, limits between which nothing can lie: what cannot be meant must
    /// not select, since what it selects may be removed.
    pub(crate) fn check(&self) -> Result<ObjectFilters> {
        if matches!((self.min_size, self.max_size), (Some(min), Some(max)) if min > max) {
            return Err(crossed("min-size", "max-size"));
        }
        if matches!((self.older_than, self.newer_than), (Some(old), Some(new)) if old >= new) {
            return Err(crossed("older-than", "newer-than"));
        }
        Ok(ObjectFilters { names: self.names.check()?, limits: self.clone(), classes: Vec::new() })
    }
}

/// Two limits that exclude each other.
pub(crate) fn crossed(low: &str, high: &str) -> Error {
    Error::usage(format!("nothing can pass both --{low} and --{high}")).hint("swap their values")
}

/// Filters by name alone.
impl From<Filters> for ObjectFilters {
    fn from(names: Filters) -> Self {
        Self { names, ..Self::default() }
    }
}

impl ObjectFilters {
    /// The same, of these storage classes only, if there are any.
    pub(crate) fn of_classes(self, classes: Vec<String>) -> Self {
        Self { classes, ..self }
    }

    /// Whether no filter was given.
    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty() && !self.is_listing_needed() && !self.is_size_needed()
    }

    /// Whether age or class are asked for, which a listing tells.
    pub(crate) fn is_listing_needed(&self) -> bool {
        let limits = &self.limits;
        limits.older_than.is_some() || limits.newer_than.is_some() || !self.classes.is_empty()
    }

    /// Whether the size is asked for.
    pub(crate) fn is_size_needed(&self) -> bool {
        self.limits.min_size.is_some() || self.limits.max_size.is_some()
    }

    /// Whether an object passes.
    pub(crate) fn matches(&self, object: &Object, now: Timestamp) -> bool {
        self.matches_name(&object.key)
            && self.matches_age(object.last_modified, now)
            && self.matches_class(&object.storage_class)
            && self.matches_size(i128::from(object.size))
    }

    /// Whether a version or a delete marker passes.
    pub(crate) fn matches_version(&self, version: &VersionEntry, now: Timestamp) -> bool {
        self.matches_name(&version.key)
            && self.matches_age(version.last_modified, now)
            && self.matches_class(&version.storage_class)
            && self.matches_size(i128::from(version.size))
    }

    /// Whether a name alone passes, as that of a directory.
    pub(crate) fn matches_name(&self, name: &str) -> bool {
        self.names.matches(name)
    }

    /// Whether something from this time passes. Of what has no time nothing is known: it does not
    /// pass a limit.
    pub(crate) fn matches_age(&self, time: Option<Timestamp>, now: Timestamp) -> bool {
        let is_older = |age| time.is_some_and(|time| has_passed(time, age, now));
        self.limits.older_than.is_none_or(is_older)
            && self.limits.newer_than.is_none_or(|age| time.is_some() && !is_older(age))
    }

    /// Whether something of this class passes.
    pub(crate) fn matches_class(&self, class: &str) -> bool {
        self.classes.is_empty()
            || self.classes.iter().any(|chosen| chosen.eq_ignore_ascii_case(class))
    }

    /// Whether something of so many bytes passes.
    pub(crate) fn matches_size(&self, bytes: i128) -> bool {
        self.limits.min_size.is_none_or(|min| bytes >= i128::from(min))
            && self.limits.max_size.is_none_or(|max| bytes <= i128::from(max))
    }
}

/// Whether `age` or more has passed.
pub(crate) fn has_passed(since: Timestamp, age: Duration, now: Timestamp) -> bool {
    now.duration_since(since).as_nanos() >= i128::try_from(age.as_nanos()).unwrap_or(i128::MAX)
}

/// Reads an age.
pub(crate) fn age(text: &str) -> std::result::Result<Duration, String> {
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

    fn filters(change: impl FnOnce(&mut ObjectFilterArgs)) -> ObjectFilters {
        let mut arguments = ObjectFilterArgs::default();
        change(&mut arguments);
        arguments.check().unwrap()
    }

    #[test]
    fn ages_at_their_border() {
        let minute = Some(Duration::from_mins(1));
        let older = filters(|arguments| arguments.older_than = minute);
        let newer = filters(|arguments| arguments.newer_than = minute);
        for (age, is_older) in [(59, false), (60, true), (61, true)] {
            let time = Some(NOW - SignedDuration::from_secs(age));
            assert_eq!(older.matches_age(time, NOW), is_older, "{age}");
            assert_eq!(newer.matches_age(time, NOW), !is_older, "{age}");
        }
        for filters in [older, newer] {
            assert!(!filters.matches_age(None, NOW));
        }
    }

    #[test]
    fn classes_and_sizes() {
        let filters = filters(|arguments| {
            (arguments.min_size, arguments.max_size) = (Some(1), Some(2));
        });
        let filters = filters.of_classes(vec!["ia".to_owned()]);
        let of = |class: &str, size| Object {
            storage_class: class.to_owned().into(),
            size,
            ..Object::default()
        };
        for (class, size, passes) in [
            ("IA", 1, true),
            ("IA", 2, true),
            ("IA", 0, false),
            ("IA", 3, false),
            ("Cold", 1, false),
        ] {
            assert_eq!(filters.matches(&of(class, size), NOW), passes, "{class} {size}");
        }
    }

    #[test]
    fn what_nothing_can_pass_is_refused() {
        let second = Some(Duration::from_secs(1));
        let none = ObjectFilterArgs::default;
        for arguments in [
            ObjectFilterArgs { min_size: Some(2), max_size: Some(1), ..none() },
            ObjectFilterArgs { older_than: second, newer_than: second, ..none() },
        ] {
            assert!(arguments.check().is_err(), "{arguments:?}");
        }
    }
}
