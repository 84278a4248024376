//! Checksums of content that comes a piece at a time.

use md5::{Digest, Md5};

/// Computes a checksum.
pub struct Checksummer(State);

enum State {
    Crc64(Box<crc64fast::Digest>),
    Md5(Md5),
}

/// A checksum, of the kinds the service knows of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// The CRC-64/XZ.
    Crc64(u64),
    /// The MD5.
    Md5([u8; 16]),
}

impl Checksummer {
    /// For a CRC-64.
    pub fn crc64() -> Self {
        Self(State::Crc64(Box::new(crc64fast::Digest::new())))
    }

    /// For an MD5.
    pub fn md5() -> Self {
        Self(State::Md5(Md5::new()))
    }

    /// Takes the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        match &mut self.0 {
            State::Crc64(digest) => digest.write(piece),
            State::Md5(digest) => digest.update(piece),
        }
    }

    /// The checksum of all pieces so far.
    pub fn checksum(&self) -> Checksum {
        match &self.0 {
            State::Crc64(digest) => Checksum::Crc64(digest.sum64()),
            State::Md5(digest) => Checksum::Md5(digest.clone().finalize().into()),
        }
    }
}
