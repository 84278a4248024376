//! Names on the wire: percent-encoding, and `encoding-type=url`.
//!
//! Keys may hold any character, XML 1.0 may not. So listings ask for `encoding-type=url`, and the
//! service percent-encodes names in its answer and says so in `<EncodingType>`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::DecodeError;

/// All bytes but `A-Z a-z 0-9 - _ . ~`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The same with `/` left as it is.
const RESERVED_BUT_SLASH: &AsciiSet = &RESERVED.remove(b'/');

/// `name` with every reserved byte as `%XX`, `/` included.
pub fn encode(name: &str) -> String {
    utf8_percent_encode(name, RESERVED).to_string()
}

/// `path` with every reserved byte but `/` as `%XX`.
pub fn encode_path(path: &str) -> String {
    utf8_percent_encode(path, RESERVED_BUT_SLASH).to_string()
}

/// `text` with each `%XX` replaced, exactly once; a `+` stays a `+`.
///
/// # Errors
/// A `%` that two hex digits do not follow, or bytes that are not UTF-8.
pub fn decode(text: &str) -> Result<String, DecodeError> {
    if !text.contains('%') {
        return Ok(text.to_owned());
    }
    let is_escape = |tail: &[u8]| tail.len() > 1 && tail[..2].iter().all(u8::is_ascii_hexdigit);
    let bytes = text.as_bytes();
    if let Some(at) = (0..bytes.len()).find(|&i| bytes[i] == b'%' && !is_escape(&bytes[i + 1..])) {
        let escape: String = text[at..].chars().take(3).collect();
        return Err(DecodeError::Escape { text: text.to_owned(), escape });
    }
    match percent_decode_str(text).decode_utf8() {
        Ok(name) => Ok(name.into_owned()),
        Err(_) => Err(DecodeError::value("name", text, "UTF-8")),
    }
}

/// Whether there are control characters in a text: no line of a listing may show them as they are.
pub fn has_control(text: &str) -> bool {
    // Few texts have bytes that one could consist of, so few are decoded.
    let is_suspect = |byte: u8| byte < 0x20 || byte == 0x7F || byte == 0xC2;
    text.bytes().fold(false, |found, byte| found | is_suspect(byte))
        && text.chars().any(char::is_control)
}

/// How the names in one answer are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As they are.
    Plain,
    /// Percent-encoded: the answer holds `<EncodingType>url</EncodingType>`.
    Url,
}

impl Encoding {
    /// What an `encoding-type` parameter or an `<EncodingType>` element says.
    pub fn from_name(name: Option<&str>) -> Self {
        if name == Some("url") { Self::Url } else { Self::Plain }
    }

    /// A name as it was before the answer was written.
    ///
    /// # Errors
    /// As [`decode`].
    pub fn decode(self, text: &str) -> Result<String, DecodeError> {
        match self {
            Self::Plain => Ok(text.to_owned()),
            Self::Url => decode(text),
        }
    }

    /// A name as it is written in an answer.
    pub fn encode(self, name: &str) -> String {
        match self {
            Self::Plain => name.to_owned(),
            Self::Url => encode(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_once() {
        assert_eq!(decode("a%252Fb+c%2B").unwrap(), "a%2Fb+c+");
        assert_eq!(decode("%e4%B8%ad").unwrap(), "中");
    }

    #[test]
    fn refuses_broken_escapes() {
        for text in ["%zz", "a%", "a%4", "%F0%9F"] {
            assert!(decode(text).is_err(), "{text}");
        }
    }

    #[test]
    fn encodes_all_but_unreserved() {
        assert_eq!(encode("a/b c+中~"), "a%2Fb%20c%2B%E4%B8%AD~");
        assert_eq!(encode_path("/a b/"), "/a%20b/");
    }
}
