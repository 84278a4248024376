//! Moves one HTTP request to its server and the answer back: pool, TLS, proxy, time limits.
//!
//! The only place of this crate that names the HTTP library. Redirects are answers like any other:
//! a signature is only good for the host it was made for.

use std::{error::Error as StdError, io, pin::pin, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{HttpConnector, capture_connection, proxy::Tunnel},
    },
    rt::{TokioExecutor, TokioTimer},
};
use ossutil_protocol::Response;
use rustls::ClientConfig;

use crate::proxy::ForwardProxy;
pub use crate::proxy::Proxy;

/// The largest answer that is read whole: a page of a thousand of the longest keys is 3 MiB.
const MAX_ANSWER: usize = 32 << 20;

/// How many idle connections a client keeps to its host.
const MAX_IDLE: usize = 128;

/// Sends requests. A second implementation stands in for the network in tests.
pub trait Transport: Send + Sync {
    /// Sends `request` and reads the whole answer.
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response, TransportError>>;
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
    /// No answer, or no further piece of it, came in time.
    Timeout,
    /// The answer is larger than any answer of the service.
    TooLarge,
}

/// Time limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a TCP connection.
    pub connect: Duration,
    /// For the head of an answer, and for each further piece of its body.
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
}

/// The transport over real connections.
pub struct HttpTransport {
    pool: Pool,
    timeouts: Timeouts,
}

type PoolOf<Connector> = Client<Connector, Full<Bytes>>;

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
    /// TLS that cannot be set up, for want of any root certificate.
    pub fn new(options: &TransportOptions) -> Result<Self, TransportError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(options.timeouts.connect));
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
        mut request: http::Request<Bytes>,
    ) -> Result<Response, TransportError> {
        if let Pool::HttpByProxy(_, Some(authorization)) = &self.pool {
            let name = http::header::PROXY_AUTHORIZATION;
            request.headers_mut().insert(name, authorization.clone());
        }
        let mut request = request.map(Full::new);
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
        let answer = match early {
            Some(answer) => answer,
            None => tokio::time::timeout(read, answer)
                .await
                .map_err(|_| timed_out(TransportErrorKind::Timeout, "no answer", read))?,
        };
        let (head, body) = answer.map_err(|error| judge_error(&error))?.into_parts();
        let body = self.read(body).await?;
        Ok(Response { status: head.status, headers: head.headers, body })
    }

    /// Reads a body to its end, within limits of time and size.
    async fn read(&self, mut body: Incoming) -> Result<Bytes, TransportError> {
        let expected = body.size_hint().lower().min(MAX_ANSWER as u64);
        let mut bytes = BytesMut::with_capacity(usize::try_from(expected).unwrap_or_default());
        loop {
            let frame = tokio::time::timeout(self.timeouts.read, body.frame());
            let frame = frame.await.map_err(|_| {
                timed_out(TransportErrorKind::Timeout, "no more of the answer", self.timeouts.read)
            })?;
            let Some(frame) = frame else { return Ok(bytes.freeze()) };
            let frame = frame.map_err(|error| judge_error(&error))?;
            let Ok(data) = frame.into_data() else { continue };
            if bytes.len() + data.len() > MAX_ANSWER {
                let source = format!("the answer is larger than {} MiB", MAX_ANSWER >> 20).into();
                return Err(TransportError { kind: TransportErrorKind::TooLarge, source });
            }
            bytes.extend_from_slice(&data);
        }
    }
}

impl Transport for HttpTransport {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(self.exchange(request))
    }
}

fn pool<C>(connector: C) -> PoolOf<C>
where
    C: hyper_util::client::legacy::connect::Connect + Clone + Send + Sync + 'static,
{
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_max_idle_per_host(MAX_IDLE)
        .build(connector)
}

/// TLS as the options want it.
pub(crate) fn tls_config(options: &TransportOptions) -> Result<ClientConfig, TransportError> {
    if options.skip_verify_cert { Ok(any_certificate()) } else { verified() }
}

/// TLS that trusts the system's roots, or Mozilla's where the system has none.
fn verified() -> Result<ClientConfig, TransportError> {
    use hyper_rustls::ConfigBuilderExt;
    let builder =
        || ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let builder = builder().map_err(tls_error)?;
    match builder.clone().with_native_roots() {
        Ok(builder) => Ok(builder.with_no_client_auth()),
        Err(_) => Ok(builder.with_webpki_roots().with_no_client_auth()),
    }
}

fn tls_error(error: rustls::Error) -> TransportError {
    TransportError { kind: TransportErrorKind::Tls, source: Box::new(error) }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
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
    let mut is_tls = false;
    loop {
        is_tls |= innermost.is::<rustls::Error>();
        // io::Error's source() steps over the error it carries, and TLS's is carried in one.
        let carried = innermost.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        match carried.map(|inner| inner as &(dyn StdError + 'static)).or(innermost.source()) {
            Some(next) => innermost = next,
            None => break,
        }
    }
    let kind = match (is_connect, is_tls) {
        (_, true) => TransportErrorKind::Tls,
        (true, false) => TransportErrorKind::Connect,
        (false, false) => TransportErrorKind::Broken,
    };
    TransportError { kind, source: innermost.to_string().into() }
}

/// TLS that trusts whoever answers.
fn any_certificate() -> ClientConfig {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("the provider supports the default versions")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(trust::AnyCertificate(provider())))
        .with_no_client_auth()
}

mod trust {
    //! `--skip-verify-cert`: signatures of the handshake are still checked, names and chains not.

    use std::sync::Arc;

    use rustls::{
        DigitallySignedStruct, Error, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
        pki_types::{CertificateDer, ServerName, UnixTime},
    };

    #[derive(Debug)]
    pub(super) struct AnyCertificate(pub(super) Arc<CryptoProvider>);

    impl ServerCertVerifier for AnyCertificate {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let algorithms = &self.0.signature_verification_algorithms;
            verify_tls12_signature(message, certificate, signature, algorithms)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let algorithms = &self.0.signature_verification_algorithms;
            verify_tls13_signature(message, certificate, signature, algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.0.signature_verification_algorithms.supported_schemes()
        }
    }
}
