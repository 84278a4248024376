//! Moves one HTTP request to its server and the answer back: pool, TLS, proxy, time limits.
//!
//! The only place of this crate that names the HTTP library. Redirects are answers like any other:
//! a signature is only good for the host it was made for.

use std::{
    error::Error as StdError,
    fmt, io,
    net::IpAddr,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, future::BoxFuture, stream};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{HttpConnector, capture_connection, proxy::Tunnel},
    },
    rt::{TokioExecutor, TokioTimer},
};
use tokio::time::Instant;

pub use crate::proxy::Proxy;
use crate::{AnswerBody, Outgoing, proxy::ForwardProxy, tls::tls_config};

/// How many idle connections a client keeps to its host.
const MAX_IDLE: usize = 128;

/// How much of an answer a connection reads at once, in bytes: with many of them, more would be
/// most of the memory that a listing takes.
const READ_BUFFER: usize = 128 << 10;

/// Sends requests. A second implementation stands in for the network in tests.
pub trait Transport: Send + Sync {
    /// Sends `request` and reads the head of the answer, which may come before all of the content
    /// is sent.
    fn send(
        &self,
        request: http::Request<Outgoing>,
    ) -> BoxFuture<'_, Result<http::Response<AnswerBody>, TransportError>>;
}

/// An exchange that failed below HTTP.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
pub struct TransportError {
    /// What can be done about it.
    pub kind: TransportErrorKind,
    /// What happened.
    pub source: Box<dyn StdError + Send + Sync>,
}

/// What can be done about a [`TransportError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// No connection was made, so the server saw nothing.
    Connect,
    /// TLS could not be agreed on: a certificate that does not verify, or no TLS at all.
    Tls,
    /// The connection ended in the middle.
    Broken,
    /// For too long nothing could be sent, or nothing came.
    Timeout,
    /// What was to be sent could not be read.
    Content,
    /// The answer is larger than any answer of the service.
    TooLarge,
}

/// Time limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a TCP connection.
    pub connect: Duration,
    /// Without progress: no piece of the content is sent, no piece of the answer comes.
    pub read: Duration,
}

/// What a transport is made of.
#[derive(Clone, Debug)]
pub struct TransportOptions {
    /// Whether to speak TLS; without it no certificate is ever loaded.
    pub is_https: bool,
    /// Time limits.
    pub timeouts: Timeouts,
    /// The proxy to go through.
    pub proxy: Option<Proxy>,
    /// Whether to accept any certificate.
    pub skip_verify_cert: bool,
    /// Certificate authorities to trust beside the system's, in PEM form.
    pub more_roots: Option<Bytes>,
    /// The local address to connect from.
    pub bind_address: Option<IpAddr>,
}

/// The transport over real connections.
pub struct HttpTransport {
    pool: Pool,
    timeouts: Timeouts,
}

type PoolOf<Connector> = Client<Connector, SizedBody>;

/// One pool for each way to reach a host.
enum Pool {
    Http(PoolOf<HttpConnector>),
    Https(PoolOf<HttpsConnector<HttpConnector>>),
    HttpByProxy(PoolOf<ForwardProxy>, Option<http::HeaderValue>),
    HttpsByProxy(PoolOf<HttpsConnector<Tunnel<HttpConnector>>>),
}

impl HttpTransport {
    /// A transport without connections; they are made as requests come.
    ///
    /// # Errors
    /// TLS that cannot be set up: no root certificate, or more of them that are none.
    pub fn new(options: &TransportOptions) -> Result<Self, TransportError> {
        let tcp = connector(options);
        let tls = || {
            let config = tls_config(options)?;
            Ok(HttpsConnectorBuilder::new().with_tls_config(config).https_only().enable_http1())
        };
        let pool = match (options.is_https, &options.proxy) {
            (false, None) => Pool::Http(pool(tcp)),
            (true, None) => Pool::Https(pool(tls()?.wrap_connector(tcp))),
            (false, Some(proxy)) => {
                let connector = ForwardProxy::new(tcp, proxy.uri.clone());
                Pool::HttpByProxy(pool(connector), proxy.authorization.clone())
            }
            (true, Some(proxy)) => {
                let mut tunnel = Tunnel::new(proxy.uri.clone(), tcp);
                if let Some(authorization) = &proxy.authorization {
                    tunnel = tunnel.with_auth(authorization.clone());
                }
                Pool::HttpsByProxy(pool(tls()?.wrap_connector(tunnel)))
            }
        };
        Ok(Self { pool, timeouts: options.timeouts })
    }

    async fn exchange(
        &self,
        mut request: http::Request<Outgoing>,
    ) -> Result<http::Response<AnswerBody>, TransportError> {
        if let Pool::HttpByProxy(_, Some(authorization)) = &self.pool {
            let name = http::header::PROXY_AUTHORIZATION;
            request.headers_mut().insert(name, authorization.clone());
        }
        let progress = request.body().progress();
        let mut request = request.map(SizedBody);
        let mut connection = capture_connection(&mut request);
        let answer = match &self.pool {
            Pool::Http(pool) => pool.request(request),
            Pool::Https(pool) => pool.request(request),
            Pool::HttpByProxy(pool, _) => pool.request(request),
            Pool::HttpsByProxy(pool) => pool.request(request),
        };
        let mut answer = pin!(answer);
        let Timeouts { connect, read } = self.timeouts;
        // The connector's own limit is for TCP alone; TLS and CONNECT need one as well.
        let early = tokio::select! {
            early = &mut answer => Some(early),
            _ = connection.wait_for_connection_metadata() => None,
            () = tokio::time::sleep(connect) => {
                return Err(timed_out(TransportErrorKind::Connect, "no connection", connect));
            }
        };
        let connected = Instant::now();
        let answer = match early {
            Some(answer) => answer,
            None => loop {
                let deadline = progress.last().max(connected) + read;
                match tokio::time::timeout_at(deadline, &mut answer).await {
                    Ok(answer) => break answer,
                    Err(_) if progress.last() + read > deadline => {}
                    Err(_) => {
                        return Err(timed_out(TransportErrorKind::Timeout, "no answer", read));
                    }
                }
            },
        };
        let (head, body) = answer.map_err(|error| judge_error(&error))?.into_parts();
        let length = body.size_hint().exact();
        Ok(http::Response::from_parts(head, AnswerBody::new(pieces(body, read), length)))
    }
}

/// The pieces of a body, each within the time limit.
fn pieces(
    body: Incoming,
    limit: Duration,
) -> impl Stream<Item = Result<Bytes, TransportError>> + Send {
    stream::try_unfold(body, move |mut body| async move {
        loop {
            let frame = tokio::time::timeout(limit, body.frame()).await.map_err(|_| {
                timed_out(TransportErrorKind::Timeout, "no more of the answer", limit)
            })?;
            let Some(frame) = frame else { return Ok(None) };
            let frame = frame.map_err(|error| judge_error(&error))?;
            if let Ok(piece) = frame.into_data() {
                return Ok(Some((piece, body)));
            }
        }
    })
}

/// What is sent, in the HTTP library's terms: of a known length, so that it is not chunked.
struct SizedBody(Outgoing);

/// What is to be sent cannot be read.
#[derive(Debug)]
struct ContentError(io::Error);

impl fmt::Display for ContentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for ContentError {}

impl Body for SizedBody {
    type Data = Bytes;
    type Error = ContentError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ContentError>>> {
        let piece = Pin::new(&mut self.0).poll_next(context);
        piece.map(|piece| piece.map(|piece| piece.map(Frame::data).map_err(ContentError)))
    }

    fn is_end_stream(&self) -> bool {
        self.0.remaining() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.remaining())
    }
}

impl Transport for HttpTransport {
    fn send(
        &self,
        request: http::Request<Outgoing>,
    ) -> BoxFuture<'_, Result<http::Response<AnswerBody>, TransportError>> {
        Box::pin(self.exchange(request))
    }
}

/// Makes connections as the options want them.
pub(crate) fn connector(options: &TransportOptions) -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(options.timeouts.connect));
    tcp.set_local_address(options.bind_address);
    tcp
}

fn pool<C>(connector: C) -> PoolOf<C>
where
    C: hyper_util::client::legacy::connect::Connect + Clone + Send + Sync + 'static,
{
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_max_idle_per_host(MAX_IDLE)
        .http1_max_buf_size(READ_BUFFER)
        .build(connector)
}

fn timed_out(kind: TransportErrorKind, what: &str, limit: Duration) -> TransportError {
    let source = format!("{what} within {} s", limit.as_secs_f64()).into();
    TransportError { kind, source }
}

/// Finds in an error of the HTTP library what actually happened.
fn judge_error(error: &(dyn StdError + Send + Sync + 'static)) -> TransportError {
    let is_connect = error
        .downcast_ref::<hyper_util::client::legacy::Error>()
        .is_some_and(hyper_util::client::legacy::Error::is_connect);
    let mut innermost: &(dyn StdError + 'static) = error;
    let (mut is_tls, mut is_content) = (false, false);
    loop {
        is_tls |= innermost.is::<rustls::Error>();
        is_content |= innermost.is::<ContentError>();
        // io::Error's source() steps over the error it carries, and TLS's is carried in one.
        let carried = innermost.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        match carried.map(|inner| inner as &(dyn StdError + 'static)).or(innermost.source()) {
            Some(next) => innermost = next,
            None => break,
        }
    }
    let kind = match (is_connect, is_tls) {
        _ if is_content => TransportErrorKind::Content,
        (_, true) => TransportErrorKind::Tls,
        (true, false) => TransportErrorKind::Connect,
        (false, false) => TransportErrorKind::Broken,
    };
    TransportError { kind, source: innermost.to_string().into() }
}
