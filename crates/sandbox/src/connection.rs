//! Connections in: each is served until it or the server ends.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, Bytes};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use ossutil_signing::v1::http_date;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::{refusal::Refusal, serve::serve, server::State};

/// What a request knows of the connection it came by.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// The other side.
    pub(crate) address: IpAddr,
    /// Set to end the connection as a network does that breaks: with a reset.
    reset: Arc<AtomicBool>,
}

impl Peer {
    fn new(address: SocketAddr) -> Self {
        Self { address: address.ip().to_canonical(), reset: Arc::default() }
    }

    /// The connection, when it ends, ends with a reset.
    pub(crate) fn reset(&self) {
        self.reset.store(true, Ordering::Relaxed);
    }
}

/// Accepts connections until the server stops.
pub(crate) async fn accept(
    listener: TcpListener,
    state: Arc<State>,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        let (stream, address) = tokio::select! {
            _ = stopped.changed() => return,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let _ = stream.set_nodelay(true);
        let (state, mut stopped) = (Arc::clone(&state), stopped.clone());
        let peer = Peer::new(address);
        tokio::spawn(async move {
            let reset = Arc::clone(&peer.reset);
            let socket = Socket { stream, reset, state: Arc::clone(&state), own: None };
            let service = service_fn(|request| serve(Arc::clone(&state), peer.clone(), request));
            let mut http = hyper::server::conn::http1::Builder::new();
            let connection =
                http.max_buf_size(128 << 10).serve_connection(TokioIo::new(socket), service);
            tokio::select! {
                _ = stopped.changed() => {}
                _ = connection => {}
            }
        });
    }
}

/// A connection that can end with a reset, and on which what is no HTTP gets an answer as others
/// do: the HTTP library would answer with a status alone.
struct Socket {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
    state: Arc<State>,
    /// What is left of our answer in place of the library's.
    own: Option<Bytes>,
}

impl Socket {
    /// Writes our answer; says when all of it is written.
    fn poll_own(&mut self, status: &str, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let state = &self.state;
        let left = self.own.get_or_insert_with(|| unreadable(state, status).into());
        while !left.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, left))?;
            left.advance(written);
        }
        self.own = None;
        Poll::Ready(Ok(()))
    }
}

/// The status, if this is what the HTTP library answers by itself: a head that says nothing else.
fn bare_status(bytes: &[u8]) -> Option<&str> {
    let head = std::str::from_utf8(bytes.get(..bytes.len().min(200))?).ok()?;
    let head = head.strip_prefix("HTTP/1.1 4").and(head.strip_suffix("\r\n\r\n"))?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?;
    let is_bare = |line: &str| {
        line == "connection: close" || line == "content-length: 0" || line.starts_with("date: ")
    };
    lines.all(is_bare).then_some(status)
}

/// The answer to what is no HTTP.
fn unreadable(state: &State, status: &str) -> String {
    let request_id = state.new_request_id();
    let refusal = Refusal::new(400, "InvalidRequest", "The request is not well-formed HTTP.");
    let body = refusal.to_xml(&request_id, "");
    format!(
        "HTTP/1.1 {status}\r\nserver: AliyunOSS\r\ndate: {}\r\nconnection: close\r\n\
         x-oss-request-id: {request_id}\r\ncontent-type: application/xml\r\n\
         content-length: {}\r\n\r\n{}",
        http_date(state.now()),
        body.len(),
        String::from_utf8_lossy(&body)
    )
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Some(status) = bare_status(bytes) {
            let socket = self.get_mut();
            ready!(socket.poll_own(status, context))?;
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = pieces.iter().find(|piece| !piece.is_empty());
        if let Some(first) = first.filter(|first| bare_status(first).is_some()) {
            return self.poll_write(context, first);
        }
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
