//! The checksums the service gives for what it stores.

use base64::{Engine, prelude::BASE64_STANDARD};
use md5::{Digest, Md5};

/// The checksums of a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Checksums {
    pub(crate) md5: [u8; 16],
    /// CRC-64/XZ.
    pub(crate) crc64: u64,
}

impl Checksums {
    pub(crate) fn of(content: &[u8]) -> Self {
        let mut digests = Digests::default();
        digests.write(content);
        digests.finish()
    }

    /// The ETag of a part and of an object that was sent in one piece.
    pub(crate) fn etag(&self) -> String {
        format!("\"{}\"", hex(&self.md5))
    }

    /// The MD5 as the `Content-MD5` header has it.
    pub(crate) fn content_md5(&self) -> String {
        BASE64_STANDARD.encode(self.md5)
    }
}

/// Checksums on the way.
#[derive(Default)]
pub(crate) struct Digests {
    md5: Md5,
    crc64: crc64fast::Digest,
}

impl Digests {
    pub(crate) fn write(&mut self, piece: &[u8]) {
        self.md5.update(piece);
        self.crc64.write(piece);
    }

    pub(crate) fn finish(self) -> Checksums {
        Checksums { md5: self.md5.finalize().into(), crc64: self.crc64.sum64() }
    }
}

/// The ETag of an object made of parts: the MD5 of their ETags, written one after the other in
/// upper-case hex without quotes, and their number. (Not, as with S3, of the binary digests.)
pub(crate) fn multipart_etag<'a>(etags: impl ExactSizeIterator<Item = &'a str>) -> String {
    let count = etags.len();
    let text: String = etags.map(|etag| etag.trim_matches('"')).collect();
    format!("\"{}-{count}\"", hex(&Md5::digest(text)))
}

/// The CRC-64/XZ of two contents, one after the other, from theirs and the second's length.
///
/// A CRC is a remainder of polynomials over GF(2), so the first is moved up by multiplying with
/// x to the power of the bits that follow; bit 63 is the constant term, as the CRC is reflected.
pub(crate) fn combine_crc64(first: u64, second: u64, second_length: u64) -> u64 {
    const ONE: u64 = 1 << 63;
    let (mut power, mut factor, mut exponent) = (ONE, ONE >> 8, second_length);
    while exponent > 0 {
        if exponent & 1 == 1 {
            power = multiply(power, factor);
        }
        factor = multiply(factor, factor);
        exponent >>= 1;
    }
    multiply(power, first) ^ second
}

/// The product of two polynomials modulo that of CRC-64/XZ.
fn multiply(a: u64, mut b: u64) -> u64 {
    const POLYNOMIAL: u64 = 0xC96C_5795_D787_0F42;
    let mut product = 0;
    for bit in (0..64).rev() {
        if a >> bit & 1 == 1 {
            product ^= b;
        }
        b = b >> 1 ^ if b & 1 == 1 { POLYNOMIAL } else { 0 };
    }
    product
}

/// Upper-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xF)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        assert_eq!(Checksums::of(b"123456789").crc64, 11_051_210_869_376_104_954);
        let empty = Checksums::of(b"");
        assert_eq!(empty.etag(), "\"D41D8CD98F00B204E9800998ECF8427E\"");
        assert_eq!(empty.content_md5(), "1B2M2Y8AsgTpgAmY7PhCfg==");
        assert!(multipart_etag(["\"A\"", "\"B\""].into_iter()).ends_with("-2\""));
    }

    #[test]
    fn checksums_of_pieces_combine() {
        let content: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let crc64 = |content: &[u8]| Checksums::of(content).crc64;
        for at in [0, 1, 7, 255, 256, 999, 1000] {
            let (first, second) = content.split_at(at);
            let combined = combine_crc64(crc64(first), crc64(second), second.len() as u64);
            assert_eq!(combined, crc64(&content));
        }
    }
}
