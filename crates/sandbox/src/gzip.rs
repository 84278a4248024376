//! Content as gzip, for clients that take it. It is stored, not compressed: every reader takes
//! that, and a test server on the same machine gains nothing by making it smaller.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame};

use crate::wire::Outgoing;

/// Magic number, deflate, no flags, no time, no level, unknown system.
const HEAD: &[u8] = &[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];

/// The last block, which is empty.
const LAST_BLOCK: &[u8] = &[1, 0, 0, 0xFF, 0xFF];

/// The most that one stored block holds, in bytes.
const MAX_BLOCK: usize = 0xFFFF;

/// A body that is packed as it is read.
pub(crate) struct Gzip {
    inner: Outgoing,
    checksum: crc32fast::Hasher,
    /// The length of the content, modulo 2^32.
    length: u32,
    stage: Stage,
}

#[derive(PartialEq, Eq)]
enum Stage {
    Head,
    Blocks,
    Over,
}

impl Gzip {
    pub(crate) fn new(inner: Outgoing) -> Self {
        Self { inner, checksum: crc32fast::Hasher::new(), length: 0, stage: Stage::Head }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        match self.stage {
            Stage::Over => return Poll::Ready(None),
            Stage::Head => {
                self.stage = Stage::Blocks;
                return Poll::Ready(Some(Ok(Bytes::from_static(HEAD))));
            }
            Stage::Blocks => {}
        }
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        Poll::Ready(Some(match frame.map(|frame| frame.map(Frame::into_data)) {
            Some(Err(error)) => Err(error),
            Some(Ok(piece)) => Ok(self.blocks(&piece.unwrap_or_default())),
            None => {
                self.stage = Stage::Over;
                let mut end = BytesMut::from(LAST_BLOCK);
                end.extend_from_slice(&self.checksum.clone().finalize().to_le_bytes());
                end.extend_from_slice(&self.length.to_le_bytes());
                Ok(end.freeze())
            }
        }))
    }

    fn blocks(&mut self, piece: &[u8]) -> Bytes {
        self.checksum.update(piece);
        let mut blocks = BytesMut::with_capacity(piece.len() + 16);
        for block in piece.chunks(MAX_BLOCK) {
            let length = u16::try_from(block.len()).unwrap_or_default();
            self.length = self.length.wrapping_add(u32::from(length));
            blocks.extend_from_slice(&[0]);
            blocks.extend_from_slice(&length.to_le_bytes());
            blocks.extend_from_slice(&(!length).to_le_bytes());
            blocks.extend_from_slice(block);
        }
        blocks.freeze()
    }
}
