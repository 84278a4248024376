//! What an operation answers when it succeeds.

use bytes::Bytes;
use http::StatusCode;
use jiff::{Timestamp, fmt::temporal::DateTimePrinter};
use ossutil_protocol::xml::Writer;

/// Status, headers and body; what every answer has is added by the server.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
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
