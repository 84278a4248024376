//! How names, times and sizes are written for people and for line-oriented tools.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

/// A cloud URL as one word of one line.
///
/// A key with control characters is written as a JSON string, quotes included: neither a terminal
/// nor a tool that reads lines ever sees the characters themselves, so no key can forge a line.
/// No other URL begins with a quote, so it can be read back.
pub(crate) fn object_url<'a>(bucket: &str, key: &'a str) -> Cow<'a, str> {
    let url = format!("oss://{bucket}/{key}");
    if !key.chars().any(char::is_control) {
        return Cow::Owned(url);
    }
    let quoted = serde_json::to_string(&url).expect("a string is always JSON");
    Cow::Owned(escape(&quoted).into_owned())
}

/// Text for a terminal: control characters as `\u00XX`, newlines as `\n`.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    use std::fmt::Write;
    if !text.chars().any(char::is_control) {
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

/// A time in local form: `2026-02-23 04:18:23.123 +0000 UTC`, the fraction without trailing zeros.
///
/// A time that the service did not give is the first second of the year 1, as in `ossutil` 1.
pub(crate) fn local_time(time: Option<Timestamp>, zone: &TimeZone) -> String {
    let year_one = || civil::date(1, 1, 1).to_zoned(TimeZone::UTC).map(|time| time.timestamp());
    let time = time.or_else(|| year_one().ok()).unwrap_or_default().to_zoned(zone.clone());
    let offset = time.offset().seconds();
    let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
    let fraction = match time.subsec_nanosecond() {
        0 => String::new(),
        nanos => format!(".{nanos:09}").trim_end_matches('0').to_owned(),
    };
    format!(
        "{:04}-{}{fraction} {sign}{:02}{:02} {}",
        time.year(),
        time.strftime("%m-%d %H:%M:%S"),
        minutes / 60,
        minutes % 60,
        time.strftime("%Z"),
    )
}

/// A time in UTC without a zone, to the second: `2026-02-23 07:01:34`.
pub(crate) fn utc_time(time: Option<Timestamp>) -> String {
    match time {
        Some(time) => time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        None => "0001-01-01 00:00:00".to_owned(),
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
    fn times() {
        let time: Timestamp = "2026-02-23T04:18:23.120Z".parse().unwrap();
        assert_eq!(local_time(Some(time), &TimeZone::UTC), "2026-02-23 04:18:23.12 +0000 UTC");
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
