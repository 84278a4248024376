//! A sandbox of its own for one test, and requests that are signed here.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use ossutil_sandbox::{Builder, Clock, Sandbox};
use ossutil_signing::{Credentials, Message, v1};
use tokio::runtime::Runtime;

/// A sandbox with a bucket `bkt`.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: Clock,
    _runtime: Runtime,
}

/// An answer, as far as it came.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// The connection was reset.
    pub(crate) is_reset: bool,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    #[expect(clippy::disallowed_methods, reason = "a test gives its sandbox the time")]
    pub(crate) fn with(configure: impl FnOnce(Builder) -> Builder) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let clock: Clock = Arc::new(jiff::Timestamp::now);
        let builder = Sandbox::builder(Arc::clone(&clock)).access_key("sandbox", "sandbox-secret");
        let sandbox = runtime.block_on(configure(builder).start()).expect("a sandbox");
        let world = Self { sandbox, clock, _runtime: runtime };
        assert_eq!(world.send("PUT", "/bkt/", "").status, 200);
        world
    }

    /// A request of the key that everyone knows.
    pub(crate) fn send(&self, method: &str, target: &str, body: &str) -> Reply {
        self.send_as(("sandbox", "sandbox-secret"), method, target, &[], body)
    }

    /// A signed request with headers of its own.
    pub(crate) fn send_as(
        &self,
        (id, secret): (&str, &str),
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut headers: Vec<_> = headers.iter().map(owned).collect();
        let signed = self.sign((id, secret), method, target, &headers);
        headers.extend(signed);
        let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        self.plain(method, target, &headers, body)
    }

    /// Sends a request of the key that everyone knows, and leaves its answer to come.
    pub(crate) fn begin(&self, method: &str, target: &str, body: &str) -> TcpStream {
        let headers = self.sign(("sandbox", "sandbox-secret"), method, target, &[]);
        let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let mut stream = TcpStream::connect(self.sandbox.address()).expect("a connection");
        let request = self.request(method, target, &headers, body);
        stream.write_all(request.as_bytes()).expect("sent");
        stream
    }

    /// The headers that sign a request.
    fn sign(
        &self,
        (id, secret): (&str, &str),
        method: &str,
        target: &str,
        headers: &[(String, String)],
    ) -> Vec<(String, String)> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (bucket, key) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
        let key = decode(key);
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let query: Vec<_> = pairs.map(|(name, value)| (decode(name), decode(value))).collect();
        let message = Message {
            method,
            bucket: Some(bucket).filter(|bucket| !bucket.is_empty()),
            key: Some(key.as_str()).filter(|key| !key.is_empty()),
            query: &query,
            headers,
        };
        let credentials = Credentials {
            access_key_id: id.to_owned(),
            access_key_secret: secret.into(),
            security_token: None,
        };
        let newer = ["cleanRestoredObject", "policyStatus", "userDefinedLogFieldsConfig"];
        v1::sign(&message, &credentials, (self.clock)(), &newer)
    }

    /// A request as it stands.
    pub(crate) fn plain(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        exchange(&self.sandbox, self.request(method, target, headers, body).as_bytes())
    }

    fn request(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> String {
        let mut text = format!("{method} {target} HTTP/1.1\r\nconnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "host") {
            text += &format!("host: {}\r\n", self.sandbox.address());
        }
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        text + &format!("content-length: {}\r\n\r\n{body}", body.len())
    }
}

/// Sends bytes, and reads until the connection ends.
pub(crate) fn exchange(sandbox: &Sandbox, bytes: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(sandbox.address()).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time limit");
    // A server may have answered, and closed, before it has read it all.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    // This goes on after an interruption: a read with a time limit has one whenever the process
    // was paused.
    let is_reset = stream.read_to_end(&mut answer).is_err_and(|error| {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
        true
    });
    let text = String::from_utf8_lossy(&answer).into_owned();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Reply { is_reset, ..Reply::default() };
    };
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        (name.to_ascii_lowercase(), value.to_owned())
    };
    Reply {
        status: status.expect("a status"),
        headers: lines.map(header).collect(),
        body: body.to_owned(),
        is_reset,
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(candidate, _)| candidate == name);
        found.map_or("", |(_, value)| value)
    }

    /// The text of the first element with this name in the body.
    pub(crate) fn element(&self, name: &str) -> &str {
        let (_, rest) = self.body.split_once(&format!("<{name}>")).unwrap_or_default();
        rest.split('<').next().unwrap_or_default()
    }

    /// Asserts a refusal with this status and code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.element("Code")), (status, code), "{self:?}");
        assert_eq!(self.element("RequestId").len(), 24, "{self:?}");
    }

    /// Asserts that it was done.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!((200..300).contains(&self.status), "{self:?}");
        self
    }
}

/// The head of a signed request, to which these headers are still to be added.
pub(crate) fn signed_text(world: &World, method: &str, target: &str, lines: &[&str]) -> String {
    let pairs = lines.iter().filter_map(|line| line.split_once(": "));
    let headers: Vec<_> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let signed = world.sign(("sandbox", "sandbox-secret"), method, target, &headers);
    let mut text = format!("{method} {target} HTTP/1.1\r\nhost: h\r\n");
    for (name, value) in signed {
        text += &format!("{name}: {value}\r\n");
    }
    text
}

/// Decodes `%41`; what cannot be decoded stays.
fn decode(text: &str) -> String {
    ossutil_protocol::names::decode(text).unwrap_or_else(|_| text.to_owned())
}
