//! What every operation has in common: a request that is not yet addressed, dated or signed, and
//! an answer whose body has been read.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

use crate::DecodeError;

/// One call of the service.
///
/// Adding an operation is a file in [`crate::operations`] and a line in its module list.
pub trait Operation {
    /// The operation's name in the API reference, for logs and error messages.
    const NAME: &'static str;
    /// The statuses that mean success; anything else is an error.
    const SUCCESS: &'static [u16] = &[200];
    /// Whether the answer's `x-oss-hash-crc64ecma` is that of the request's body.
    const ECHOES_CRC64: bool = false;
    /// What the answer says.
    type Output;

    /// The request, without endpoint, date and signature.
    fn request(&self) -> Request;

    /// Reads the answer to a request that succeeded.
    ///
    /// # Errors
    /// A body or header that is not what the operation's documentation promises.
    fn decode(&self, response: &Response) -> Result<Self::Output, DecodeError>;
}

/// A request as the operation describes it.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The bucket, or `None` for a request to the service itself.
    pub bucket: Option<String>,
    /// The object key, raw UTF-8.
    pub key: Option<String>,
    /// Query parameters, decoded; an empty value is sent as a bare name.
    pub query: Vec<(String, String)>,
    /// Headers beyond those that addressing and signing add.
    pub headers: Vec<(String, String)>,
    /// The body; an operation whose body is streamed leaves it empty.
    pub body: Bytes,
    /// Whether doing it twice does what doing it once does, so that a retry is safe.
    pub is_idempotent: bool,
}

impl Request {
    /// A request to the service, such as ListBuckets.
    pub fn service(method: Method) -> Self {
        let is_idempotent = method.is_idempotent();
        Self { method, is_idempotent, ..Self::default() }
    }

    /// A request to a bucket.
    pub fn bucket(method: Method, bucket: &str) -> Self {
        Self { bucket: Some(bucket.to_owned()), ..Self::service(method) }
    }

    /// A request to an object.
    pub fn object(method: Method, bucket: &str, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..Self::bucket(method, bucket) }
    }

    /// Adds a query parameter.
    pub fn query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a query parameter unless its value is absent or empty: an empty parameter means what
    /// an absent one means, and is not worth its bytes.
    pub fn query_if(self, name: &str, value: Option<impl ToString>) -> Self {
        match value.map(|value| value.to_string()) {
            Some(value) if !value.is_empty() => self.query(name, value),
            _ => self,
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a header if there is a value for it.
    pub fn header_if(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.header(name, value.to_string()),
            None => self,
        }
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Marks a request of a method that is not idempotent by itself as safe to repeat.
    pub fn idempotent(mut self) -> Self {
        self.is_idempotent = true;
        self
    }
}

/// An answer of the service, its body read to the end.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; empty for HEAD and for operations that stream it.
    pub body: Bytes,
}

impl Response {
    /// The value of a header as text; bytes that are not UTF-8 are replaced.
    pub fn header(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    /// The value of a header that holds a number.
    ///
    /// # Errors
    /// A value that is no such number.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, DecodeError> {
        let Some(value) = self.header(name) else { return Ok(None) };
        match value.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(DecodeError::value(name, &value, "a number")),
        }
    }
}
