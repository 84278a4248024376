//! Limits of bytes a second, on a clock that stands still while nothing waits.

use std::{num::NonZeroU64, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{TryStreamExt, future::BoxFuture};
use ossutil_client::{AnswerBody, Content, Limiter, Outgoing, Paced, Transport, TransportError};
use tokio::time::Instant;

/// Answers with what it was sent.
struct Echo;

impl Transport for Echo {
    fn send(
        &self,
        request: http::Request<Outgoing>,
    ) -> BoxFuture<'_, Result<http::Response<AnswerBody>, TransportError>> {
        Box::pin(async move {
            let pieces: Vec<Bytes> = request.into_body().try_collect().await.unwrap();
            Ok(http::Response::new(AnswerBody::from(Bytes::from(pieces.concat()))))
        })
    }
}

fn limiter(bytes_per_second: u64) -> Option<Arc<Limiter>> {
    NonZeroU64::new(bytes_per_second).map(|limit| Arc::new(Limiter::new(limit)))
}

/// How long it takes to send this many bytes and to get them back, by so many requests at once.
async fn takes(transport: &Paced<Echo>, bytes: usize, requests: usize) -> Duration {
    let content = Bytes::from(vec![7; bytes]);
    let begun = Instant::now();
    let exchange = || async {
        let request = http::Request::new(Content::from(content.clone()).open());
        let answer = transport.send(request).await.unwrap();
        let pieces: Vec<Bytes> = answer.into_body().try_collect().await.unwrap();
        assert_eq!(pieces.concat(), content);
    };
    futures_util::future::join_all((0..requests).map(|_| exchange())).await;
    begun.elapsed()
}

/// Whether a duration is this many seconds, give or take a tenth.
#[track_caller]
fn is_about(duration: Duration, seconds: f64) {
    assert!((duration.as_secs_f64() - seconds).abs() <= seconds / 10.0, "{duration:?}");
}

#[tokio::test(start_paused = true)]
async fn each_way_has_a_limit_of_its_own_that_all_requests_share() {
    let both = |up, down| Paced { inner: Echo, up, down };
    assert_eq!(takes(&both(None, None), 1 << 20, 1).await, Duration::ZERO);
    is_about(takes(&both(limiter(100_000), None), 1 << 20, 1).await, 10.5);
    is_about(takes(&both(limiter(100_000), None), 1 << 20, 4).await, 42.0);
    // What comes back is one piece: the next one has to wait for it.
    is_about(takes(&both(None, limiter(100_000)), 1 << 20, 4).await, 31.5);
    // The last piece of an answer passes when it comes to its turn.
    let shared = limiter(100_000);
    is_about(takes(&both(shared.clone(), shared), 1 << 20, 4).await, 73.4);
    // Slower than any piece is large.
    is_about(takes(&both(limiter(10), None), 100, 1).await, 10.0);
}
