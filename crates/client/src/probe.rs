//! The way to a service one step at a time, for a report on where it ends.
//!
//! A [`Client`](crate::Client) does all of it at once, keeps its connections, and only tells how
//! the last step failed. Here each step is asked for, and says what it found.

use std::{fmt, future::poll_fn, io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::TryStreamExt;
use http::{Method, Uri, uri::Scheme};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use ossutil_protocol::Request;
use rustls::{CertificateError, pki_types::ServerName};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use tower_service::Service;

use crate::{
    Clock, Content, Endpoint, HttpTransport, Proxy, Transport, TransportError, TransportOptions,
    tls::tls_config, transport::connector,
};

/// The way to an endpoint, and to a bucket where that has a host of its own.
pub struct Probe {
    url: Uri,
    options: TransportOptions,
    clock: Clock,
}

/// A step that failed.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ProbeError {
    /// What can be done about it.
    pub kind: ProbeErrorKind,
    /// What happened.
    pub message: String,
}

/// What can be done about a [`ProbeError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeErrorKind {
    /// The name belongs to no address.
    Unresolved,
    /// Nothing listens there.
    Refused,
    /// No connection, for whatever other reason.
    Unreachable,
    /// Nothing came within the time limit.
    Timeout,
    /// The proxy does not lead on.
    Proxy,
    /// Nobody who is trusted vouches for the certificate.
    UnknownIssuer,
    /// The certificate is past its time or before it, by this machine's clock.
    WrongTime,
    /// The certificate is for other names.
    WrongName,
    /// The other side does not speak TLS.
    NotTls,
    /// TLS failed otherwise.
    Tls,
}

/// An open connection.
pub struct Connection {
    stream: TcpStream,
    /// Where it leads.
    pub address: SocketAddr,
    /// How long it took to open.
    pub took: Duration,
}

/// What an answer to an unsigned request says about who answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// The other side's clock minus ours, to about a second, if it tells the time.
    pub clock_offset: Option<SignedDuration>,
    /// Whether the answer has the request id that every answer of the service has.
    pub is_from_service: bool,
    /// The status of the answer.
    pub status: u16,
}

/// What was read from a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The status of the answer.
    pub status: u16,
    /// The length of its body.
    pub bytes: u64,
}

impl Probe {
    /// The way to `bucket`, or to the service itself.
    ///
    /// # Errors
    /// A bucket that makes no URL.
    pub fn new(
        endpoint: &Endpoint,
        bucket: Option<&str>,
        options: TransportOptions,
        clock: Clock,
    ) -> Result<Self, http::uri::InvalidUri> {
        let request = match bucket {
            Some(bucket) => Request::bucket(Method::HEAD, bucket),
            None => Request::service(Method::HEAD),
        };
        Ok(Self { url: endpoint.url(&request).parse()?, options, clock })
    }

    /// The way to a URL, which may be a signed one.
    ///
    /// # Errors
    /// What is no URL of http or https.
    pub fn of_url(url: &str, options: TransportOptions, clock: Clock) -> Result<Self, String> {
        let url: Uri = url.parse().map_err(|error: http::uri::InvalidUri| error.to_string())?;
        let is_http = [Some(&Scheme::HTTP), Some(&Scheme::HTTPS)].contains(&url.scheme());
        match is_http && url.host().is_some_and(|host| !host.is_empty()) {
            true => Ok(Self { url, options, clock }),
            false => Err("it has no scheme or no host".to_owned()),
        }
    }

    /// The address that is asked, as a URL.
    pub fn url(&self) -> &Uri {
        &self.url
    }

    /// Whether TLS is spoken.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == Some(&Scheme::HTTPS)
    }

    /// Whether certificates are checked.
    pub fn verifies(&self) -> bool {
        !self.options.skip_verify_cert
    }

    /// The proxy on the way, as `host:port`.
    pub fn proxy(&self) -> Option<String> {
        let (host, port) = host_and_port(&self.options.proxy.as_ref()?.uri);
        Some(format!("{host}:{port}"))
    }

    /// The host and the port that connections are made to: those of the proxy, if there is one.
    pub fn next_hop(&self) -> (String, u16) {
        host_and_port(self.options.proxy.as_ref().map_or(&self.url, |proxy| &proxy.uri))
    }

    /// The addresses of [`Probe::next_hop`].
    ///
    /// # Errors
    /// A name without an address, or no answer within the time limit of connections.
    pub async fn resolve(&self) -> Result<Vec<SocketAddr>, ProbeError> {
        let (host, port) = self.next_hop();
        let lookup = lookup_host((host.trim_matches(['[', ']']), port));
        let unresolved = |message| ProbeError { kind: ProbeErrorKind::Unresolved, message };
        let found = self.within(lookup).await?;
        let found: Vec<SocketAddr> =
            found.map_err(|error| unresolved(error.to_string()))?.collect();
        match found.is_empty() {
            true => Err(unresolved("the name has no address".to_owned())),
            false => Ok(found),
        }
    }

    /// Connects to the first of the addresses that answers; they share the time limit, so that one
    /// that is silent leaves time for the next.
    ///
    /// # Errors
    /// The failure of the last one.
    pub async fn connect(&self, addresses: &[SocketAddr]) -> Result<Connection, ProbeError> {
        let started = tokio::time::Instant::now();
        let share = u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
        let limit = self.options.timeouts.connect / share;
        let mut failure = other(&"there is no address to connect to");
        for &address in addresses {
            match within(limit, self.dial(address)).await {
                Ok(Ok(stream)) => {
                    return Ok(Connection { stream, address, took: started.elapsed() });
                }
                Ok(Err(error)) => failure = unconnected(&error),
                Err(timeout) => failure = timeout,
            }
        }
        Err(failure)
    }

    async fn dial(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let Some(local) = self.options.bind_address else {
            return TcpStream::connect(address).await;
        };
        let socket = match address.is_ipv4() {
            true => TcpSocket::new_v4()?,
            false => TcpSocket::new_v6()?,
        };
        socket.bind(SocketAddr::new(local, 0))?;
        socket.connect(address).await
    }

    /// Agrees on TLS over the connection, or through the proxy it leads to; gives the version.
    ///
    /// # Errors
    /// A certificate that does not verify, another protocol, or no agreement within the time limit.
    pub async fn handshake(&self, connection: Connection) -> Result<String, ProbeError> {
        let (host, _) = host_and_port(&self.url);
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned());
        let name = name.map_err(|error| other(&error))?;
        let config = tls_config(&self.options).map_err(|error| other(&error))?;
        let stream = match &self.options.proxy {
            None => connection.stream,
            Some(proxy) => self.tunnel(proxy).await?,
        };
        let handshake = TlsConnector::from(Arc::new(config)).connect(name, stream);
        let stream = self.within(handshake).await?.map_err(|error| judge(&error))?;
        let version = stream.get_ref().1.protocol_version();
        Ok(match version.and_then(|version| version.as_str()) {
            Some(version) => version.replace("TLSv1_", "TLS 1."),
            None => "TLS".to_owned(),
        })
    }

    /// Asks an unsigned question that changes nothing, and looks at the answer's date.
    ///
    /// # Errors
    /// An exchange that failed below HTTP.
    pub async fn greet(&self) -> Result<Greeting, TransportError> {
        let mut request = http::Request::new(Content::from(Bytes::new()).open());
        *request.method_mut() = Method::HEAD;
        *request.uri_mut() = self.url.clone();
        let sent = (self.clock)();
        let response = HttpTransport::new(&self.options)?.send(request).await?;
        // The date is whole seconds of some moment between asking and hearing.
        let heard = (self.clock)();
        let middle = heard.checked_sub(heard.duration_since(sent) / 2).unwrap_or(heard);
        let text = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let date = text("date").and_then(|date| rfc2822::parse(date).ok());
        let offset = |date: Timestamp| date.duration_since(middle);
        Ok(Greeting {
            clock_offset: date.map(|date| offset(date.timestamp())),
            is_from_service: text("x-oss-request-id").is_some(),
            status: response.status().as_u16(),
        })
    }

    /// Reads what is at the URL, and keeps nothing of it.
    ///
    /// # Errors
    /// An exchange that failed below HTTP.
    pub async fn fetch(&self) -> Result<Fetched, TransportError> {
        let mut request = http::Request::new(Content::from(Bytes::new()).open());
        *request.uri_mut() = self.url.clone();
        let response = HttpTransport::new(&self.options)?.send(request).await?;
        let status = response.status().as_u16();
        let pieces = response.into_body();
        let add = |bytes, piece: Bytes| async move { Ok(bytes + piece.len() as u64) };
        Ok(Fetched { status, bytes: pieces.try_fold(0, add).await? })
    }

    /// A connection through the proxy to the host.
    async fn tunnel(&self, proxy: &Proxy) -> Result<TcpStream, ProbeError> {
        let mut tunnel = Tunnel::new(proxy.uri.clone(), connector(&self.options));
        if let Some(authorization) = &proxy.authorization {
            tunnel = tunnel.with_auth(authorization.clone());
        }
        let refused = |message| ProbeError { kind: ProbeErrorKind::Proxy, message };
        let ready = poll_fn(|context| tunnel.poll_ready(context)).await;
        ready.map_err(|error| refused(error.to_string()))?;
        let opened = self.within(tunnel.call(self.url.clone())).await?;
        Ok(opened.map_err(|error| refused(error.to_string()))?.into_inner())
    }

    /// What `step` gives, if it does so within the time limit of connections.
    async fn within<T>(&self, step: impl Future<Output = T>) -> Result<T, ProbeError> {
        within(self.options.timeouts.connect, step).await
    }
}

async fn within<T>(limit: Duration, step: impl Future<Output = T>) -> Result<T, ProbeError> {
    tokio::time::timeout(limit, step).await.map_err(|_| ProbeError {
        kind: ProbeErrorKind::Timeout,
        message: format!("no answer within {} s", limit.as_secs_f64()),
    })
}

fn unconnected(error: &io::Error) -> ProbeError {
    let kind = match error.kind() {
        io::ErrorKind::ConnectionRefused => ProbeErrorKind::Refused,
        io::ErrorKind::TimedOut => ProbeErrorKind::Timeout,
        _ => ProbeErrorKind::Unreachable,
    };
    ProbeError { kind, message: error.to_string() }
}

fn host_and_port(uri: &Uri) -> (String, u16) {
    let usual = if uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
    (uri.host().unwrap_or_default().to_owned(), uri.port_u16().unwrap_or(usual))
}

fn other(error: &dyn fmt::Display) -> ProbeError {
    ProbeError { kind: ProbeErrorKind::Unreachable, message: error.to_string() }
}

/// Finds in a failed handshake what is wrong with the other side.
fn judge(error: &io::Error) -> ProbeError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let kind = match inner {
        Some(rustls::Error::InvalidCertificate(error)) => judge_certificate(error),
        Some(rustls::Error::InvalidMessage(_)) => ProbeErrorKind::NotTls,
        _ => ProbeErrorKind::Tls,
    };
    ProbeError { kind, message: inner.map_or_else(|| error.to_string(), ToString::to_string) }
}

fn judge_certificate(error: &CertificateError) -> ProbeErrorKind {
    match error {
        CertificateError::UnknownIssuer => ProbeErrorKind::UnknownIssuer,
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => ProbeErrorKind::WrongTime,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            ProbeErrorKind::WrongName
        }
        // A certificate that its owner has signed as an authority, as `openssl req -x509` does.
        CertificateError::Other(error) if error.to_string().contains("CaUsedAsEndEntity") => {
            ProbeErrorKind::UnknownIssuer
        }
        _ => ProbeErrorKind::Tls,
    }
}
