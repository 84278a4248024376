//! The body of an answer: a stream of pieces, or read whole within a bound.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use futures_util::{
    Stream, StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};

use crate::{TransportError, TransportErrorKind};

/// The largest answer that is read whole: a page of a thousand of the longest keys is 3 MiB.
const MAX_ANSWER: usize = 32 << 20;

/// The body of an answer, as it comes in.
pub struct AnswerBody {
    pieces: BoxStream<'static, Result<Bytes, TransportError>>,
    length: Option<u64>,
}

impl AnswerBody {
    /// A body of these pieces, and of this length where that is known beforehand.
    pub fn new(
        pieces: impl Stream<Item = Result<Bytes, TransportError>> + Send + 'static,
        length: Option<u64>,
    ) -> Self {
        Self { pieces: pieces.boxed(), length }
    }

    /// Bytes, where that is known beforehand.
    pub(crate) fn len(&self) -> Option<u64> {
        self.length
    }

    /// Reads it to its end.
    pub(crate) async fn read_whole(mut self) -> Result<Bytes, TransportError> {
        let expected = self.length.unwrap_or_default().min(MAX_ANSWER as u64);
        let mut bytes = BytesMut::with_capacity(usize::try_from(expected).unwrap_or_default());
        while let Some(piece) = self.try_next().await? {
            if bytes.len() + piece.len() > MAX_ANSWER {
                let source = format!("the answer is larger than {} MiB", MAX_ANSWER >> 20).into();
                return Err(TransportError { kind: TransportErrorKind::TooLarge, source });
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes.freeze())
    }
}

impl From<Bytes> for AnswerBody {
    fn from(bytes: Bytes) -> Self {
        let length = Some(bytes.len() as u64);
        Self::new(stream::iter([Ok(bytes)]), length)
    }
}

impl Stream for AnswerBody {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.pieces.poll_next_unpin(context)
    }
}

impl fmt::Debug for AnswerBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerBody").field("length", &self.length).finish_non_exhaustive()
    }
}
