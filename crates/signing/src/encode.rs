//! Percent-encoding as OSS signs it: every byte but the unreserved ones of RFC 3986, upper-case hex.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All bytes but `A-Z a-z 0-9 - _ . ~`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The same with `/` left as it is.
const RESERVED_BUT_SLASH: &AsciiSet = &RESERVED.remove(b'/');

/// `text` with every reserved byte encoded, `/` included: for query names and values.
pub fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// `path` with every reserved byte but `/` encoded: for the path of a URL.
pub fn percent_encode_path(path: &str) -> String {
    utf8_percent_encode(path, RESERVED_BUT_SLASH).to_string()
}
