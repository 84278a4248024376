//! What is done to an answer on its way out.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Response, header::CONTENT_LENGTH};
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::{Reset, Spoiling};
use crate::{connection::Peer, wire::Outgoing};

/// How long what was sent may take to leave before a connection is ended.
const FLUSH: Duration = Duration::from_millis(20);

/// How many pieces a second of a slow body has at most.
const PIECES: u64 = 20;

/// Spoils an answer.
pub(crate) fn spoil(
    mut response: Response<Outgoing>,
    spoiling: &Spoiling,
    peer: &Peer,
) -> Response<Outgoing> {
    for name in &spoiling.checksums {
        if let Some(value) = response.headers_mut().get_mut(*name) {
            *value = wrong(value);
        }
    }
    let is_xml = response.headers().get("content-type").is_some_and(|t| t == "application/xml");
    let (mut head, mut body) = response.into_parts();
    if spoiling.bad_xml && is_xml {
        body = match body {
            Outgoing::Whole(Some(bytes)) => Outgoing::Whole(Some(bytes.slice(..bytes.len() / 2))),
            other => other,
        };
    }
    let exact = body.size_hint().exact();
    let length = exact.unwrap_or_default();
    if let Some(difference) = spoiling.length {
        let claimed = length.saturating_add_signed(difference);
        head.headers.insert(CONTENT_LENGTH, HeaderValue::from(claimed));
    }
    let is_reset = spoiling.reset == Some(Reset::During);
    let cut = spoiling.cut.or(is_reset.then_some(length / 2));
    let is_whole = cut.is_none_or(|cut| cut >= length && !is_reset);
    if is_whole && spoiling.drip.is_none() && spoiling.length.is_none() {
        return Response::from_parts(head, body);
    }
    let spoiled = Spoiled {
        inner: body,
        promised: exact.filter(|_| spoiling.length.is_none()),
        left: (!is_whole).then_some(cut).flatten(),
        drip: spoiling.drip,
        rest: None,
        pause: None,
        is_over: spoiling.length.is_none(),
        peer: is_reset.then(|| peer.clone()),
    };
    Response::from_parts(head, Outgoing::Spoiled(Box::new(spoiled)))
}

/// A value of the same form that says something else.
fn wrong(value: &HeaderValue) -> HeaderValue {
    let digit = |b: u8| match b {
        b'0'..=b'8' | b'A'..=b'E' | b'a'..=b'e' => b + 1,
        b'9' => b'1',
        b'F' => b'A',
        other => other,
    };
    let mut bytes = value.as_bytes().to_vec();
    match bytes.last_mut() {
        // All of them changed, a number may be too large for its type.
        Some(last) if value.as_bytes().iter().all(u8::is_ascii_digit) => {
            *last = if *last == b'0' { b'1' } else { *last - 1 };
        }
        _ => bytes.iter_mut().for_each(|byte| *byte = digit(*byte)),
    }
    HeaderValue::from_bytes(&bytes).unwrap_or_else(|_| value.clone())
}

/// A body that is cut off, comes slowly, or is not as long as promised.
pub(crate) struct Spoiled {
    inner: Outgoing,
    /// The length that is promised; not by the body itself, if it is a wrong one.
    promised: Option<u64>,
    /// What is sent before the connection ends.
    left: Option<u64>,
    drip: Option<u64>,
    /// What is left of a piece.
    rest: Option<Bytes>,
    pause: Option<Pin<Box<Sleep>>>,
    /// Nothing comes any more; what was sent is given time to leave, as more may be promised.
    is_over: bool,
    /// The connection to be reset at the cut.
    peer: Option<Peer>,
}

impl Spoiled {
    pub(crate) fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
            if self.left == Some(0) {
                self.peer.iter().for_each(Peer::reset);
                return Poll::Ready(Some(Err(io::Error::other("the body is cut off"))));
            }
        }
        if self.left == Some(0) {
            return self.wait(FLUSH, context);
        }
        let mut piece = match self.rest.take() {
            Some(rest) => rest,
            None => match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
                None if !self.is_over => {
                    self.is_over = true;
                    return self.wait(FLUSH, context);
                }
                other => return Poll::Ready(other),
            },
        };
        let most = self.drip.map_or(u64::MAX, |rate| (rate / PIECES).max(1));
        let most = most.min(self.left.unwrap_or(u64::MAX)).min(piece.len() as u64);
        let first = piece.split_to(usize::try_from(most).unwrap_or(usize::MAX));
        self.rest = Some(piece).filter(|rest| !rest.is_empty());
        self.left = self.left.map(|left| left - most);
        if let Some(rate) = self.drip {
            let seconds =
                Duration::from_secs(most).checked_div(u32::try_from(rate).unwrap_or(u32::MAX));
            self.pause = Some(Box::pin(sleep(seconds.unwrap_or_default())));
        }
        Poll::Ready(Some(Ok(Frame::data(first))))
    }

    fn wait(
        &mut self,
        time: Duration,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.pause = Some(Box::pin(sleep(time)));
        self.poll(context)
    }

    pub(crate) fn size(&self) -> SizeHint {
        self.promised.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
