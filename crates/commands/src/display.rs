//! How names, times and sizes are written for people and for line-oriented tools.

use std::borrow::Cow;

use jiff::{
    SignedDuration, Timestamp, civil,
    tz::{Offset, TimeZone},
};
use ossutil_client::protocol::names;

/// A cloud URL as one word of one line.
///
/// A key with control characters is written as a JSON string, quotes included: neither a terminal
/// nor a tool that reads lines ever sees the characters themselves, so no key can forge a line.
/// No other URL begins with a quote, so it can be read back.
pub(crate) fn object_url<'a>(bucket: &str, key: &'a str) -> Cow<'a, str> {
    let mut url = String::with_capacity("oss:///".len() + bucket.len() + key.len());
    push_object_url(&mut url, bucket, key);
    Cow::Owned(url)
}

/// Adds it to a line.
pub(crate) fn push_object_url(line: &mut String, bucket: &str, key: &str) {
    if names::has_control(key) {
        let url = format!("oss://{bucket}/{key}");
        let quoted = serde_json::to_string(&url).expect("a string is always JSON");
        line.push_str(&escape(&quoted));
        return;
    }
    for piece in ["oss://", bucket, "/", key] {
        line.push_str(piece);
    }
}

/// Fills a column of a line that began at `start` with spaces, up to so many characters.
pub(crate) fn pad(line: &mut String, start: usize, width: usize) {
    let written = line[start..].chars().count();
    push_spaces(line, width.saturating_sub(written));
}

/// Adds a column of so many characters with `text` at its right.
pub(crate) fn push_right(line: &mut String, text: &str, width: usize) {
    push_spaces(line, width.saturating_sub(text.chars().count()));
    line.push_str(text);
}

fn push_spaces(line: &mut String, count: usize) {
    const SPACES: &str = "                                        ";
    for _ in 0..count / SPACES.len() {
        line.push_str(SPACES);
    }
    line.push_str(&SPACES[..count % SPACES.len()]);
}

/// Text for a terminal: control characters as `\u00XX`, newlines as `\n`.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    use std::fmt::Write;
    if !names::has_control(text) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            _ if character.is_control() => {
                let _ = write!(escaped, "\\u{:04x}", u32::from(character));
            }
            _ => escaped.push(character),
        }
    }
    Cow::Owned(escaped)
}

/// A word for a command line that is to be pasted into a shell, quoted where it has to be.
pub(crate) fn shell_word(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return Cow::Borrowed(word);
    }
    if !word.chars().any(char::is_control) {
        return Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")));
    }
    let escaped: String = word
        .chars()
        .map(|c| match c {
            '\'' | '\\' => format!("\\{c}"),
            _ if c.is_control() => {
                c.to_string().bytes().map(|byte| format!("\\x{byte:02x}")).collect()
            }
            _ => c.to_string(),
        })
        .collect();
    Cow::Owned(format!("$'{escaped}'"))
}

/// A time in local form: `2026-02-23 04:18:23.123 +0000 UTC`, the fraction without trailing zeros.
///
/// A time that the service did not give is the first second of the year 1, as in `ossutil` 1.
pub(crate) fn local_time(time: Option<Timestamp>, zone: &TimeZone) -> String {
    let mut text = String::with_capacity(40);
    push_local_time(&mut text, time, zone);
    text
}

/// Adds it to a line.
pub(crate) fn push_local_time(text: &mut String, time: Option<Timestamp>, zone: &TimeZone) {
    let year_one = || Offset::UTC.to_timestamp(civil::date(1, 1, 1).at(0, 0, 0, 0));
    let time = time.or_else(|| year_one().ok()).unwrap_or_default();
    let info = zone.to_offset_info(time);
    let offset = info.offset().seconds();
    push_date_time(text, info.offset().to_datetime(time));
    if time.subsec_nanosecond() != 0 {
        let fraction = format!(".{:09}", time.subsec_nanosecond().unsigned_abs());
        text.push_str(fraction.trim_end_matches('0'));
    }
    let mut digits = *b" +0000 ";
    if offset < 0 {
        digits[1] = b'-';
    }
    set_digits(&mut digits[2..4], offset.unsigned_abs() / 3600);
    set_digits(&mut digits[4..6], offset.unsigned_abs() / 60 % 60);
    text.push_str(str::from_utf8(&digits).unwrap_or_default());
    text.push_str(info.abbreviation());
}

/// `2026-02-23 07:01:34`. By hand, since the general formatter takes longer than all else that is
/// done for a line of a listing.
fn push_date_time(text: &mut String, time: civil::DateTime) {
    let mut digits = *b"0000-00-00 00:00:00";
    set_digits(&mut digits[..4], u32::from(time.year().unsigned_abs()));
    let fields = [time.month(), time.day(), time.hour(), time.minute(), time.second()];
    for (field, value) in digits[5..].chunks_mut(3).zip(fields) {
        set_digits(&mut field[..2], u32::from(value.unsigned_abs()));
    }
    text.push_str(str::from_utf8(&digits).unwrap_or_default());
}

/// Writes a number with leading zeros.
fn set_digits(place: &mut [u8], mut value: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// A time in UTC without a zone, to the second: `2026-02-23 07:01:34`.
pub(crate) fn utc_time(time: Option<Timestamp>) -> String {
    let mut text = String::with_capacity(19);
    push_utc_time(&mut text, time);
    text
}

/// Adds it to a line.
pub(crate) fn push_utc_time(text: &mut String, time: Option<Timestamp>) {
    match time {
        Some(time) => push_date_time(text, Offset::UTC.to_datetime(time)),
        None => text.push_str("0001-01-01 00:00:00"),
    }
}

/// Bytes as the `MB` of `ossutil`, which are MiB.
#[expect(clippy::cast_precision_loss, reason = "two decimals of a sum below 2^52 KiB are exact")]
pub(crate) fn mebibytes(bytes: i128) -> String {
    format!("{:.2}", bytes as f64 / f64::from(1 << 20))
}

/// Bytes the way people say them: `512 B`, `1.5 GiB`.
pub(crate) fn binary_size(bytes: i128) -> String {
    let mut unit = 1_i128;
    let mut name = "B";
    for next in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
        if bytes.abs() < unit * 1024 {
            break;
        }
        (unit, name) = (unit * 1024, next);
    }
    let tenths = (bytes * 10 + unit / 2) / unit;
    match unit {
        1 => format!("{bytes} B"),
        _ => format!("{}.{} {name}", tenths / 10, tenths.abs() % 10),
    }
}

/// A span of time in its two largest units: `3d4h`, `5m0s`, `12s`.
pub(crate) fn span(span: SignedDuration) -> String {
    let seconds = span.as_secs().max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (1.., ..) => format!("{days}d{hours}h"),
        (_, 1.., _) => format!("{hours}h{minutes}m"),
        (_, _, 1..) => format!("{minutes}m{}s", seconds % 60),
        _ => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_one_line() {
        assert_eq!(object_url("b", "a b\"'中😀"), "oss://b/a b\"'中😀");
        assert_eq!(object_url("b", "a\n\"\u{1b}\u{9b}"), r#""oss://b/a\n\"\u001b\u009b""#);
    }

    #[test]
    fn words_for_a_shell() {
        for (word, quoted) in [
            ("oss://b/a-b_c.中", "oss://b/a-b_c.中"),
            ("", "''"),
            ("it's $5", r"'it'\''s $5'"),
            ("a'\n\\b", r"$'a\'\x0a\\b'"),
        ] {
            assert_eq!(shell_word(word), quoted);
        }
    }

    #[test]
    fn times() {
        let time: Timestamp = "2026-02-23T04:18:23.120Z".parse().unwrap();
        assert_eq!(local_time(Some(time), &TimeZone::UTC), "2026-02-23 04:18:23.12 +0000 UTC");
        let east = TimeZone::posix("<+0530>-5:30").unwrap();
        assert_eq!(local_time(Some(time), &east), "2026-02-23 09:48:23.12 +0530 +0530");
        let west = TimeZone::posix("NST3:30").unwrap();
        assert_eq!(local_time(Some(time), &west), "2026-02-23 00:48:23.12 -0330 NST");
        assert_eq!(local_time(None, &west), "0000-12-31 20:30:00 -0330 NST");
        assert_eq!(local_time(None, &TimeZone::UTC), "0001-01-01 00:00:00 +0000 UTC");
        assert_eq!(utc_time(Some(time)), "2026-02-23 04:18:23");
    }

    #[test]
    fn sizes_as_people_say_them() {
        let sizes = [0, 1023, 1024, 1536, 10 << 30, 3 << 40].map(binary_size);
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "10.0 GiB", "3.0 TiB"]);
    }

    #[test]
    fn sizes_are_rounded_from_the_bytes() {
        assert_eq!([5243, 10230, -2_097_152].map(mebibytes), ["0.01", "0.01", "-2.00"]);
    }
}
