//! The headers of an object as `ossutil` 1 shows them.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use jiff::{Timestamp, fmt::rfc2822, tz::TimeZone};
use ossutil_client::protocol::operations::ObjectHead;

use crate::display::{escape, local_time};

/// Headers that are about the answer and not about the object.
const OF_THE_ANSWER: [&str; 5] =
    ["connection", "date", "server", "x-oss-request-id", "x-oss-server-time"];

/// Names and values in the order of the names.
pub(crate) type Properties = BTreeMap<String, String>;

/// The headers of an object, under the names they have in `ossutil` 1; the time it was last
/// written in the local zone, the ETag without quotes.
pub(crate) fn of_head(head: &ObjectHead, zone: &TimeZone) -> Properties {
    let shown = |(name, value): &(String, String)| {
        let value = match name.as_str() {
            "etag" => value.trim_matches('"').to_owned(),
            "last-modified" => match http_time(value) {
                Some(time) => local_time(Some(time), zone),
                None => value.clone(),
            },
            _ => value.clone(),
        };
        (canonical(name), value)
    };
    let own = head.headers.iter().filter(|(name, _)| !OF_THE_ANSWER.contains(&name.as_str()));
    own.map(shown).collect()
}

/// The widest name among all headers of an answer, in characters.
pub(crate) fn widest_name(head: &ObjectHead) -> usize {
    head.headers.iter().map(|(name, _)| name.len()).max().unwrap_or_default()
}

/// A line for each, the names padded to `width`.
pub(crate) fn write(properties: &Properties, width: usize, out: &mut dyn Write) -> io::Result<()> {
    properties.iter().try_for_each(|(name, value)| write_one(name, value, width, out))
}

/// A line for one of them.
pub(crate) fn write_one(
    name: &str,
    value: &str,
    width: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{name:<width$}: {}", escape(value))
}

/// A time as HTTP writes it.
pub(crate) fn http_time(text: &str) -> Option<Timestamp> {
    rfc2822::parse(text).ok().map(|time| time.timestamp())
}

/// A header's name with each of its words capitalised, as in `Content-Md5`.
fn canonical(name: &str) -> String {
    let word = |word: &str| match word.split_at_checked(1) {
        Some((first, rest)) => first.to_ascii_uppercase() + rest,
        None => word.to_owned(),
    };
    name.split('-').map(word).collect::<Vec<_>>().join("-")
}
