//! Which entries are moved: what their names, sizes and times must be, and what is passed over
//! because of what the target has.

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use super::{entry::Entry, route::last_part};
use crate::{
    error::{Error, Result},
    filter::{FilterArgs, Filters},
    objects::filter::{age, crossed},
};

/// The options that choose entries by what they are.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ChoiceArgs {
    #[command(flatten)]
    names: FilterArgs,
    /// Only what has at least this: 100M, 1.5G, or bytes
    #[arg(long, value_name = "SIZE", value_parser = size)]
    min_size: Option<u64>,
    /// Only what has at most this
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_size: Option<u64>,
    /// Only what was last written at this time or later, in seconds since 1970
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(i64).range(0..))]
    start_time: Option<i64>,
    /// Only what was last written at this time or earlier, in seconds since 1970
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(i64).range(0..))]
    end_time: Option<i64>,
    /// Only what was last written at least this long ago: 7d, 12h, 30m, or seconds
    #[arg(long, visible_alias = "min-age", value_name = "AGE", value_parser = age)]
    older_than: Option<Duration>,
    /// Only what was last written at most this long ago
    #[arg(long, visible_alias = "max-age", value_name = "AGE", value_parser = age)]
    newer_than: Option<Duration>,
}

/// The options that compare entries with what the target has.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct CompareArgs {
    /// Do not ask before replacing something
    #[arg(short, long)]
    pub(crate) force: bool,
    /// Only what is newer than its target
    #[arg(short, long)]
    pub(crate) update: bool,
    /// Only what has no target yet
    #[arg(long)]
    pub(crate) ignore_existing: bool,
    /// Only what has another size than its target
    #[arg(long)]
    pub(crate) size_only: bool,
    /// Only what has another size or CRC64 than its target
    #[arg(long)]
    pub(crate) checksum: bool,
}

/// Checked options.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choice {
    names: Filters,
    limits: ChoiceArgs,
    /// Only the n-th (from 0) of so many partitions of the names.
    partition: Option<(u32, u32)>,
}

impl ChoiceArgs {
    /// Whether there is a filter by name.
    pub(crate) fn has_names(&self) -> Result<bool> {
        Ok(!self.names.check()?.is_empty())
    }

    /// Checks what was given.
    ///
    /// # Errors
    /// A malformed pattern; limits between which nothing can lie.
    pub(crate) fn check(&self, partition: Option<(u32, u32)>, now: Timestamp) -> Result<Choice> {
        let (start, end) = (self.newer_than, self.older_than);
        if matches!((start, end), (Some(newer), Some(older)) if older > newer) {
            return Err(crossed("older-than", "newer-than"));
        }
        for (low, high, names) in [
            (self.min_size, self.max_size, "--min-size and --max-size"),
            (seconds(self.start_time), seconds(self.end_time), "--start-time and --end-time"),
        ] {
            if matches!((low, high), (Some(low), Some(high)) if low > high) {
                return Err(Error::usage(format!("nothing can pass both {names}"))
                    .hint("swap their values"));
            }
        }
        let ago = |age: Duration| now.as_second().saturating_sub_unsigned(age.as_secs());
        let limits = Self {
            start_time: self.start_time.max(start.map(ago)),
            end_time: self.end_time.into_iter().chain(end.map(ago)).min(),
            ..self.clone()
        };
        Ok(Choice { names: self.names.check()?, limits, partition })
    }
}

fn seconds(time: Option<i64>) -> Option<u64> {
    time.and_then(|time| u64::try_from(time).ok())
}

impl Choice {
    /// Whether an entry is one of those that are meant, by name and size.
    pub(crate) fn is_meant(&self, entry: &Entry) -> bool {
        let limits = &self.limits;
        self.names.matches(last_part(&entry.name))
            && limits.min_size.is_none_or(|min| entry.size >= min)
            && limits.max_size.is_none_or(|max| entry.size <= max)
            && self.partition.is_none_or(|(at, of)| hash(&entry.name) % of == at)
    }

    /// Whether an entry was written within the time that is meant.
    pub(crate) fn is_timely(&self, entry: &Entry) -> bool {
        let Some(time) = entry.modified.map(Timestamp::as_second) else { return true };
        self.limits.start_time.is_none_or(|start| time >= start)
            && self.limits.end_time.is_none_or(|end| time <= end)
    }
}

/// FNV-1a: any hash that spreads names evenly does, as long as every run has the same.
fn hash(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Reads `i:n`: the i-th of n partitions, from 1.
pub(crate) fn parse_partition(text: &str) -> std::result::Result<(u32, u32), String> {
    let parts = text.split_once(':');
    let numbers: Option<(u32, u32)> =
        parts.and_then(|(at, of)| Some((at.parse().ok()?, of.parse().ok()?)));
    match numbers {
        Some((at, of)) if 1 <= at && at <= of => Ok((at - 1, of)),
        _ => Err("not a partition; write 1:4 for the first of four".to_owned()),
    }
}

/// Reads a number of bytes: `100M`.
pub(crate) fn size(text: &str) -> std::result::Result<u64, String> {
    ossutil_config::parse_size(text)
        .ok_or_else(|| "not a size; write 100M, 1.5G or a number of bytes".to_owned())
}

/// What stands where an entry is to go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Bytes.
    pub(crate) size: u64,
    /// When it was last written.
    pub(crate) modified: Option<Timestamp>,
}

impl Standing {
    /// Whether it is at least as new as the entry, to the second: as exactly as the service says.
    pub(crate) fn is_as_new_as(&self, entry: &Entry) -> bool {
        match (self.modified, entry.modified) {
            (Some(target), Some(source)) => target.as_second() >= source.as_second(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::entry::Origin;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn entry(name: &str, size: u64, time: i64) -> Entry {
        let modified = Timestamp::from_second(time).ok();
        Entry { name: name.to_owned(), size, modified, origin: Origin::Pipe }
    }

    #[test]
    fn sizes_and_times_at_their_borders() {
        let limits = ChoiceArgs {
            min_size: Some(2),
            max_size: Some(3),
            start_time: Some(10),
            end_time: Some(20),
            ..ChoiceArgs::default()
        };
        let choice = limits.check(None, NOW).unwrap();
        for (size, is_meant) in [(1, false), (2, true), (3, true), (4, false)] {
            assert_eq!(choice.is_meant(&entry("a", size, 0)), is_meant, "{size}");
        }
        for (time, is_timely) in [(9, false), (10, true), (20, true), (21, false)] {
            assert_eq!(choice.is_timely(&entry("a", 2, time)), is_timely, "{time}");
        }
        assert!(ChoiceArgs { max_size: Some(1), ..limits }.check(None, NOW).is_err());
    }

    #[test]
    fn ages_and_times_count_together() {
        let now = Timestamp::from_second(100).unwrap();
        let limits = ChoiceArgs {
            start_time: Some(30),
            end_time: Some(80),
            older_than: Some(Duration::from_secs(40)),
            newer_than: Some(Duration::from_secs(90)),
            ..ChoiceArgs::default()
        };
        let choice = limits.check(None, now).unwrap();
        for (time, is_timely) in [(29, false), (30, true), (60, true), (61, false)] {
            assert_eq!(choice.is_timely(&entry("a", 2, time)), is_timely, "{time}");
        }
        let newer_than = Some(Duration::from_secs(39));
        assert!(ChoiceArgs { newer_than, ..limits }.check(None, now).is_err());
    }

    #[test]
    fn every_name_is_in_one_partition() {
        let names: Vec<String> = (0..1000).map(|n| format!("dir/file-{n}")).collect();
        let counts: Vec<usize> = (1..=4)
            .map(|at| {
                let partition = parse_partition(&format!("{at}:4")).unwrap();
                let choice = ChoiceArgs::default().check(Some(partition), NOW).unwrap();
                names.iter().filter(|name| choice.is_meant(&entry(name, 0, 0))).count()
            })
            .collect();
        assert_eq!(counts.iter().sum::<usize>(), 1000);
        assert!(counts.iter().all(|count| *count > 150), "{counts:?}");
        for text in ["0:4", "5:4", "1", "1:", "a:b", "-1:2"] {
            assert!(parse_partition(text).is_err(), "{text}");
        }
    }
}
