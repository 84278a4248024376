//! Plain-http requests through a proxy: one connection to the proxy, absolute URLs on it.
//!
//! (For https the HTTP library's own CONNECT tunnel is used.)

use std::{
    collections::BTreeMap,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderValue, Uri};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::{
    client::{
        legacy::connect::{Connected, Connection, HttpConnector},
        proxy::matcher::Matcher,
    },
    rt::TokioIo,
};
use tokio::net::TcpStream;
use tower_service::Service;

/// A proxy, and what it wants to be told.
///
/// `Debug` does not show the credentials: the header is marked sensitive.
#[derive(Clone, Debug)]
pub struct Proxy {
    pub(crate) uri: Uri,
    pub(crate) authorization: Option<HeaderValue>,
}

impl Proxy {
    /// Reads `[http://][user:password@]host:port`; `user` and `password` win over those in the
    /// URL.
    ///
    /// # Errors
    /// What is wrong with the URL, without repeating its password.
    pub fn new(url: &str, user: Option<&str>, password: Option<&str>) -> Result<Self, String> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(format!("a proxy is spoken to over http, not {scheme}"));
        }
        let authority = rest.split('/').next().unwrap_or_default();
        let (userinfo, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        let uri = Uri::builder().scheme("http").authority(host).path_and_query("/").build();
        let uri = uri.map_err(|_| format!("`{host}` is not a proxy address such as host:3128"))?;
        let (url_user, url_password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
        let user = user.unwrap_or(url_user);
        let password = password.unwrap_or(url_password);
        let encoded = BASE64_STANDARD.encode(format!("{user}:{password}"));
        let mut value = HeaderValue::try_from(format!("Basic {encoded}"))
            .map_err(|_| "the proxy's credentials cannot be sent".to_owned())?;
        value.set_sensitive(true);
        Ok(Self { uri, authorization: (!user.is_empty()).then_some(value) })
    }
}

impl Proxy {
    /// The proxy that `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in capitals or small
    /// letters, name for a URL.
    ///
    /// # Errors
    /// A proxy that is spoken to otherwise than over http.
    pub fn of_environment(
        variables: &BTreeMap<String, String>,
        url: &str,
    ) -> Result<Option<Self>, String> {
        let of = |name: &str| {
            let value = variables.get(&name.to_lowercase()).or_else(|| variables.get(name));
            value.cloned().unwrap_or_default()
        };
        let matcher = Matcher::builder()
            .all(of("ALL_PROXY"))
            .http(of("HTTP_PROXY"))
            .https(of("HTTPS_PROXY"))
            .no(of("NO_PROXY"))
            .build();
        let url: Uri = url.parse().map_err(|_| format!("`{url}` is no URL"))?;
        let Some(found) = matcher.intercept(&url) else { return Ok(None) };
        let scheme = found.uri().scheme_str().unwrap_or("http");
        if scheme != "http" {
            return Err(format!("a proxy is spoken to over http, not {scheme}"));
        }
        let authorization = found.basic_auth().cloned().map(|mut value| {
            value.set_sensitive(true);
            value
        });
        Ok(Some(Self { uri: found.uri().clone(), authorization }))
    }
}

/// Connects to the proxy, whatever the request's host.
#[derive(Clone)]
pub(crate) struct ForwardProxy {
    tcp: HttpConnector,
    proxy: Uri,
}

impl ForwardProxy {
    pub(crate) fn new(tcp: HttpConnector, proxy: Uri) -> Self {
        Self { tcp, proxy }
    }
}

impl Service<Uri> for ForwardProxy {
    type Response = ProxyStream;
    type Error = <HttpConnector as Service<Uri>>::Error;
    type Future = Pin<Box<dyn Future<Output = Result<ProxyStream, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.tcp.poll_ready(context)
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let connecting = self.tcp.call(self.proxy.clone());
        Box::pin(async { connecting.await.map(ProxyStream) })
    }
}

/// A connection that says it leads to a proxy, so that requests on it carry absolute URLs.
pub(crate) struct ProxyStream(TokioIo<TcpStream>);

impl Connection for ProxyStream {
    fn connected(&self) -> Connected {
        self.0.connected().proxy(true)
    }
}

impl Read for ProxyStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl Write for ProxyStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
