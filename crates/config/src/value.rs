//! Texts read into values: numbers, durations, sizes, yes and no.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::layer::Key;
use crate::{Error, Setting, Source};

/// Reads a size in bytes as settings have it: `5242880`, `5M`, `1.5GiB`, by 1024.
pub fn parse_size(text: &str) -> Option<u64> {
    Value::parse(text)
}

/// Reads a span of time as settings have it: seconds, or `500ms`, `2m`, `12h`, `7d`, `1.5w`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    Value::parse(text)
}

/// A kind of value that a setting can have.
pub(crate) trait Value: Sized {
    /// Whether it must not be shown.
    const IS_SECRET: bool = false;

    /// What a text must be, as in "is not …".
    fn expected() -> String;

    /// The value of a text that is not empty.
    fn parse(text: &str) -> Option<Self>;

    /// Whether the value lies between two texts of its kind, both included.
    fn between(&self, _low: &str, _high: &str) -> bool {
        true
    }
}

/// The shape a setting has in the result: always there when it has a default, else optional.
pub(crate) trait Shape: Sized {
    /// Reads the text that won, if there is any.
    fn read(key: &'static Key, raw: Option<&Setting<String>>) -> Result<Self, Error>;
}

impl<T: Value> Shape for Option<Setting<T>> {
    fn read(key: &'static Key, raw: Option<&Setting<String>>) -> Result<Self, Error> {
        raw.map(|raw| read(key, &raw.value, &raw.source)).transpose()
    }
}

/// Falls back on the key's own default, so that a setting with one is never missing.
impl<T: Value> Shape for Setting<T> {
    fn read(key: &'static Key, raw: Option<&Setting<String>>) -> Result<Self, Error> {
        let default = || (key.default.unwrap_or_default(), &Source::Default);
        let (text, source) = raw.map_or_else(default, |raw| (&raw.value, &raw.source));
        read(key, text, source)
    }
}

fn read<T: Value>(key: &'static Key, text: &str, source: &Source) -> Result<Setting<T>, Error> {
    let fits = |value: &T| key.range.is_none_or(|(low, high)| value.between(low, high));
    T::parse(text).filter(fits).map(|value| Setting { value, source: source.clone() }).ok_or_else(
        || {
            let between = key.range.map(|(low, high)| format!(" between {low} and {high}"));
            Error::Value {
                value: text.into(),
                key: key.name,
                origin: source.clone(),
                expected: T::expected() + &between.unwrap_or_default(),
            }
        },
    )
}

/// [`Value::between`] for kinds that have an order.
fn ordered<T: Value + PartialOrd>(value: &T, low: &str, high: &str) -> bool {
    T::parse(low).is_some_and(|low| low <= *value)
        && T::parse(high).is_some_and(|high| *value <= high)
}

impl Value for String {
    fn expected() -> String {
        "a text".into()
    }

    fn parse(text: &str) -> Option<Self> {
        Some(text.into())
    }
}

impl Value for SecretString {
    const IS_SECRET: bool = true;

    fn expected() -> String {
        "a text".into()
    }

    fn parse(text: &str) -> Option<Self> {
        Some(text.into())
    }
}

impl Value for PathBuf {
    fn expected() -> String {
        "a path".into()
    }

    fn parse(text: &str) -> Option<Self> {
        Some(text.into())
    }
}

impl Value for IpAddr {
    fn expected() -> String {
        "an IP address".into()
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Value for bool {
    fn expected() -> String {
        "true or false".into()
    }

    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => None,
        }
    }
}

/// A count.
impl Value for u32 {
    fn expected() -> String {
        "a whole number".into()
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn between(&self, low: &str, high: &str) -> bool {
        ordered(self, low, high)
    }
}

/// A size in bytes, with an optional 1024-based suffix `K M G T P E`, `KB`, `KiB`, and decimals.
impl Value for u64 {
    fn expected() -> String {
        "a size in bytes (5242880, 5M, 1.5G)".into()
    }

    fn parse(text: &str) -> Option<Self> {
        let (number, suffix) = split_unit(text);
        let suffix = suffix.to_ascii_lowercase();
        let letter = suffix.strip_suffix("ib").or(suffix.strip_suffix('b')).unwrap_or(&suffix);
        let shift = match letter {
            "" if suffix != "ib" => 0,
            "k" => 10,
            "m" => 20,
            "g" => 30,
            "t" => 40,
            "p" => 50,
            "e" => 60,
            _ => return None,
        };
        scale(number, 1 << shift)
    }

    fn between(&self, low: &str, high: &str) -> bool {
        ordered(self, low, high)
    }
}

/// A time span in seconds, or with a suffix `ms s m h d w`, and decimals.
impl Value for Duration {
    fn expected() -> String {
        "a number of seconds (20, 1.5, 500ms, 2m)".into()
    }

    fn parse(text: &str) -> Option<Self> {
        let (number, suffix) = split_unit(text);
        let milliseconds = match suffix {
            "ms" => 1,
            "" | "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            _ => return None,
        };
        scale(number, milliseconds * 1_000_000).map(Self::from_nanos)
    }

    fn between(&self, low: &str, high: &str) -> bool {
        ordered(self, low, high)
    }
}

/// The number and the unit behind it.
fn split_unit(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

/// `number` (digits, perhaps a point and more digits) times `unit`, without rounding on the way.
fn scale(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<u128>().ok() };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let unit = u128::from(unit);
    let tens = 10u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let part = digits(fraction)?.checked_mul(unit)? / tens;
    u64::try_from(digits(whole)?.checked_mul(unit)?.checked_add(part)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("0", Some(0)),
            ("5242880", Some(5_242_880)),
            ("5M", Some(5 << 20)),
            ("5 mb", Some(5 << 20)),
            ("5MiB", Some(5 << 20)),
            ("1.5G", Some(3 << 29)),
            (".5k", Some(512)),
            ("7B", Some(7)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("16E", None),
            ("1.2.3", None),
            (".", None),
            ("", None),
            ("-1", None),
            ("5X", None),
            ("5iB", None),
            ("M", None),
        ] {
            assert_eq!(u64::parse(text), bytes, "{text}");
        }
    }

    #[test]
    fn durations() {
        for (text, milliseconds) in [
            ("10", Some(10_000)),
            ("10s", Some(10_000)),
            ("1.5", Some(1_500)),
            ("500ms", Some(500)),
            ("2m", Some(120_000)),
            ("1h", Some(3_600_000)),
            ("1d", Some(86_400_000)),
            ("1w", Some(604_800_000)),
            ("10S", None),
            ("-1", None),
            ("1e3", None),
            ("99999999999999999999999999999999999999999999w", None),
        ] {
            assert_eq!(Duration::parse(text), milliseconds.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn booleans_and_counts() {
        for (text, value) in [("True", Some(true)), ("0", Some(false)), ("maybe", None)] {
            assert_eq!(bool::parse(text), value, "{text}");
        }
        for (text, value) in [("7", Some(7)), ("-7", None), ("7.0", None), ("4294967296", None)] {
            assert_eq!(u32::parse(text), value, "{text}");
        }
    }
}
