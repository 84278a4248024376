//! Bounds how fast content goes out and comes in.

use std::{
    num::NonZeroU64,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{TryStreamExt, future::BoxFuture};
use tokio::time::Instant;

use crate::{AnswerBody, Outgoing, Transport, TransportError};

/// How much that was left unused may be made up for later.
const SLACK: Duration = Duration::from_millis(100);

/// Bounds the bytes a second of all who share it.
#[derive(Debug)]
pub struct Limiter {
    bytes_per_second: NonZeroU64,
    /// When all that was let through so far will have passed.
    free: Mutex<Option<Instant>>,
}

/// A transport with limits: one for what is sent, one for what is received. The same limiter may
/// be both, and may be that of several transports.
pub struct Paced<T> {
    /// Sends.
    pub inner: T,
    /// For the content of requests.
    pub up: Option<Arc<Limiter>>,
    /// For the bodies of answers.
    pub down: Option<Arc<Limiter>>,
}

impl Limiter {
    /// A limit of so many bytes a second.
    pub fn new(bytes_per_second: NonZeroU64) -> Self {
        Self { bytes_per_second, free: Mutex::new(None) }
    }

    /// Lets `bytes` through; gives when they may pass. Whoever comes later passes later.
    pub(crate) fn reserve(&self, bytes: usize) -> Instant {
        let nanos = bytes as u128 * 1_000_000_000 / u128::from(self.bytes_per_second.get());
        let takes = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        let now = Instant::now();
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let earliest = now.checked_sub(SLACK).unwrap_or(now);
        let start = free.unwrap_or(now).max(earliest);
        *free = Some(start + takes);
        start
    }

    /// The most that should pass at once, in bytes: a fraction of a second's worth.
    pub(crate) fn piece(&self) -> usize {
        usize::try_from(self.bytes_per_second.get() / 16).unwrap_or(usize::MAX).max(1)
    }
}

impl<T: Transport> Paced<T> {
    async fn exchange(
        &self,
        request: http::Request<Outgoing>,
    ) -> Result<http::Response<AnswerBody>, TransportError> {
        let request = request.map(|content| content.paced(self.up.clone()));
        let answer = self.inner.send(request).await?;
        let Some(down) = &self.down else { return Ok(answer) };
        Ok(answer.map(|body| {
            let (down, length) = (Arc::clone(down), body.len());
            let paced = body.and_then(move |piece| {
                let may_pass = down.reserve(piece.len());
                async move {
                    tokio::time::sleep_until(may_pass).await;
                    Ok(piece)
                }
            });
            AnswerBody::new(paced, length)
        }))
    }
}

impl<T: Transport> Transport for Paced<T> {
    fn send(
        &self,
        request: http::Request<Outgoing>,
    ) -> BoxFuture<'_, Result<http::Response<AnswerBody>, TransportError>> {
        Box::pin(self.exchange(request))
    }
}
