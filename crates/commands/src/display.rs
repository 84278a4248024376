//! How names, times and sizes are written for people and for line-oriented tools.

use std::borrow::Cow;

use jiff::{Timestamp, civil, tz::TimeZone};

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
        assert_eq!(local_time(None, &TimeZone::UTC), "0001-01-01 00:00:00 +0000 UTC");
        assert_eq!(utc_time(Some(time)), "2026-02-23 04:18:23");
    }

    #[test]
    fn sizes_are_rounded_from_the_bytes() {
        assert_eq!([5243, 10230, -2_097_152].map(mebibytes), ["0.01", "0.01", "-2.00"]);
    }
}
