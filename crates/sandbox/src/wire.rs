//! Bodies on the wire: content is received and sent piece by piece, beside the threads that serve
//! connections, since disks and checksums take their time.

use std::{
    io,
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Frame, Incoming as Wire, SizeHint};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
};

use crate::{
    answer::Body,
    faults::Spoiled,
    gzip::Gzip,
    refusal::{Outcome, Refusal},
    server::State,
    store::{Content, Received},
};

/// The largest body of a request that is not about content, in bytes.
const MAX_DOCUMENT: usize = 8 << 20;

/// How many pieces of content may wait between two threads.
const PIECES: usize = 4;

/// The body of an answer.
pub(crate) enum Outgoing {
    Whole(Option<Bytes>),
    Pieces { pieces: mpsc::Receiver<io::Result<Bytes>>, left: u64 },
    Spoiled(Box<Spoiled>),
    Gzip(Box<Gzip>),
}

impl From<Body> for Outgoing {
    fn from(body: Body) -> Self {
        match body {
            Body::Bytes(bytes) => Self::Whole(Some(bytes).filter(|bytes| !bytes.is_empty())),
            Body::Content(content) => Self::read(content),
            Body::Gzip(body) => Self::Gzip(Box::new(Gzip::new(Self::from(*body)))),
        }
    }
}

impl Outgoing {
    /// Reads content ahead of the connection, by a few pieces at most.
    fn read(content: Content) -> Self {
        let left = content.length();
        let (sender, pieces) = mpsc::channel(PIECES);
        spawn_blocking(move || {
            let read = content.read(&mut |piece| match sender.blocking_send(Ok(piece)) {
                Ok(()) => ControlFlow::Continue(()),
                // The connection is gone.
                Err(_) => ControlFlow::Break(()),
            });
            if let Err(error) = read {
                tracing::error!("cannot read content: {error}");
                let _ = sender.blocking_send(Err(error));
            }
        });
        Self::Pieces { pieces, left }
    }
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let piece = match self.get_mut() {
            Self::Whole(bytes) => bytes.take().map(Ok),
            Self::Spoiled(spoiled) => return spoiled.poll(context),
            Self::Gzip(gzip) => ready!(gzip.poll(context)),
            Self::Pieces { pieces, left } => {
                let piece = ready!(pieces.poll_recv(context));
                if let Some(Ok(piece)) = &piece {
                    *left = left.saturating_sub(piece.len() as u64);
                }
                piece
            }
        };
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(None) | Self::Pieces { left: 0, .. } => true,
            Self::Gzip(gzip) => gzip.is_over(),
            _ => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Whole(bytes) => bytes.as_ref().map_or(0, |bytes| bytes.len() as u64),
            Self::Pieces { left, .. } => *left,
            Self::Spoiled(spoiled) => return spoiled.size(),
            Self::Gzip(_) => return SizeHint::default(),
        })
    }
}

/// Content on its way into the store.
pub(crate) struct Intake {
    /// The pieces, and `None` behind the last.
    sender: mpsc::Sender<Option<Bytes>>,
    work: JoinHandle<Outcome<Received>>,
}

impl Intake {
    pub(crate) fn begin(state: &State) -> Self {
        let mut receiver = state.store.receive();
        let (sender, mut pieces) = mpsc::channel::<Option<Bytes>>(PIECES);
        let work = spawn_blocking(move || {
            while let Some(piece) = pieces.blocking_recv() {
                match piece {
                    Some(piece) => receiver.write(&piece)?,
                    None => return receiver.finish(),
                }
            }
            // The connection is gone, and with it what has come.
            Err(incomplete())
        });
        Self { sender, work }
    }

    /// Takes the next piece; says whether more is wanted.
    pub(crate) async fn take(&self, piece: Bytes) -> bool {
        self.sender.send(Some(piece)).await.is_ok()
    }

    /// What has come; all of it has, or it is given up.
    pub(crate) async fn finish(self, is_whole: bool) -> Outcome<Received> {
        if is_whole {
            let _ = self.sender.send(None).await;
        }
        drop(self.sender);
        self.work.await.unwrap_or_else(|_| Err(Refusal::internal()))
    }
}

/// Receives content, at so many bytes a second at most.
pub(crate) async fn receive(
    state: &State,
    body: &mut Wire,
    limit: Option<u64>,
) -> Outcome<Received> {
    let intake = Intake::begin(state);
    let mut is_whole = true;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            is_whole = false;
            break;
        };
        let Ok(piece) = frame.into_data() else { continue };
        let pause = limit.map_or(Duration::ZERO, |rate| pause(piece.len(), rate));
        if !intake.take(piece).await {
            break;
        }
        wait(pause).await;
    }
    intake.finish(is_whole).await
}

/// Waits so long. A timer would take more than a millisecond even for nothing.
pub(crate) async fn wait(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// How long so many bytes take at so many a second.
fn pause(length: usize, rate: u64) -> Duration {
    let rate = u32::try_from(rate.max(1)).unwrap_or(u32::MAX);
    Duration::from_secs(length as u64) / rate
}

/// Receives a body that is no content.
pub(crate) async fn collect(body: &mut Wire) -> Outcome<Bytes> {
    let mut collected = Vec::new();
    while let Some(frame) = body.frame().await {
        let piece = frame.map_err(|_| incomplete())?.into_data().unwrap_or_default();
        if collected.len() + piece.len() > MAX_DOCUMENT {
            return Err(Refusal::too_large());
        }
        collected.extend_from_slice(&piece);
    }
    Ok(collected.into())
}

/// Reads what is left of a request that was refused, so that its sender comes to read the answer.
pub(crate) async fn drain(body: &mut Wire) {
    while let Some(Ok(_)) = body.frame().await {}
}

fn incomplete() -> Refusal {
    Refusal::new(400, "IncompleteBody", "The request body is incomplete.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{pin::pin, task::Waker};

    #[test]
    fn no_time_is_waited_for_nothing() {
        let waiting = pin!(wait(Duration::ZERO));
        assert!(waiting.poll(&mut Context::from_waker(Waker::noop())).is_ready());
    }
}
