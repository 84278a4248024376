//! The checksums the service gives for what it stores.

use base64::{Engine, prelude::BASE64_STANDARD};
use md5::{Digest, Md5};

/// The MD5 in upper-case hex and in quotes, which is the ETag of a part and of a simple object.
pub(crate) fn etag(content: &[u8]) -> String {
    format!("\"{}\"", hex(&Md5::digest(content)))
}

/// The MD5 in base64, as the `Content-MD5` header has it.
pub(crate) fn content_md5(content: &[u8]) -> String {
    BASE64_STANDARD.encode(Md5::digest(content))
}

/// The ETag of an object made of parts: the MD5 of their ETags, written one after the other in
/// upper-case hex without quotes, and their number. (Not, as with S3, of the binary digests.)
pub(crate) fn multipart_etag<'a>(etags: impl ExactSizeIterator<Item = &'a str>) -> String {
    let count = etags.len();
    let text: String = etags.map(|etag| etag.trim_matches('"')).collect();
    format!("\"{}-{count}\"", hex(&Md5::digest(text)))
}

/// CRC-64/XZ.
pub(crate) fn crc64(content: &[u8]) -> u64 {
    let mut digest = crc64fast::Digest::new();
    digest.write(content);
    digest.sum64()
}

/// Upper-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        assert_eq!(crc64(b"123456789"), 11_051_210_869_376_104_954);
        assert_eq!(etag(b""), "\"D41D8CD98F00B204E9800998ECF8427E\"");
        assert_eq!(content_md5(b""), "1B2M2Y8AsgTpgAmY7PhCfg==");
        assert!(multipart_etag(["\"A\"", "\"B\""].into_iter()).ends_with("-2\""));
    }
}
