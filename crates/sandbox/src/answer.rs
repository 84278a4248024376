//! What an operation answers when it succeeds.

use std::ops::ControlFlow;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use jiff::{Timestamp, fmt::temporal::DateTimePrinter};
use ossutil_protocol::xml::Writer;

use crate::{refusal::Outcome, store::Content};

/// Content up to this size is read at once, in bytes.
const SMALL: u64 = 64 << 10;

/// What an answer says.
pub(crate) enum Body {
    /// All of it.
    Bytes(Bytes),
    /// Content that is read while it is sent.
    Content(Content),
    /// As gzip, of a length that is not said.
    Gzip(Box<Body>),
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl Body {
    /// The content of an object, or of a range of it.
    pub(crate) fn content(content: Content) -> Outcome<Self> {
        if content.length() > SMALL {
            return Ok(Self::Content(content));
        }
        let mut bytes = BytesMut::new();
        content.read(&mut |piece| {
            bytes.extend_from_slice(&piece);
            ControlFlow::Continue(())
        })?;
        Ok(bytes.freeze().into())
    }
}

/// Status, headers and body; what every answer has is added by the server.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
}

impl Answer {
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new().into() }
    }

    pub(crate) fn ok() -> Self {
        Self::empty(StatusCode::OK)
    }

    pub(crate) fn no_content() -> Self {
        Self::empty(StatusCode::NO_CONTENT)
    }

    pub(crate) fn xml(root: &str, content: impl FnOnce(&mut Writer)) -> Self {
        let body = Writer::document(root, content).into();
        Self { body, ..Self::ok() }.header("content-type", "application/xml")
    }

    /// A header, if there is a value for it.
    pub(crate) fn header_if(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    pub(crate) fn headers(mut self, headers: Vec<(String, String)>) -> Self {
        self.headers.extend(headers);
        self
    }

    #[expect(clippy::needless_pass_by_value, reason = "numbers and names read alike at the call")]
    pub(crate) fn header(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }
}

/// A time as answers write it; official clients accept no other form.
pub(crate) fn xml_time(time: Timestamp) -> String {
    const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
    let seconds = Timestamp::from_second(time.as_second()).unwrap_or(time);
    PRINTER.timestamp_to_string(&seconds)
}
