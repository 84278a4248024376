//! What can be wrong with an answer: the service refused, or it said something we cannot read.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use http::StatusCode;

use crate::{Response, xml};

/// An answer that is not what the operation's documentation promises.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// There is no body where one is due.
    #[error("the answer has no body")]
    Empty,
    /// The body is not text.
    #[error("the answer is not UTF-8")]
    NotUtf8,
    /// The body is not well-formed.
    #[error("the answer is not well-formed XML: {0}")]
    Xml(String),
    /// The body is about something else.
    #[error("the answer is a <{found}>, not a <{expected}>")]
    Root {
        /// The root element that should be there.
        expected: String,
        /// The one that is.
        found: String,
    },
    /// A value that cannot be read.
    #[error("the answer's {name} is `{text}`, not {expected}")]
    Value {
        /// The element or header.
        name: String,
        /// What it holds.
        text: String,
        /// What it should be.
        expected: &'static str,
    },
    /// An element or header that must be there and is not.
    #[error("the answer lacks {0}")]
    Missing(&'static str),
    /// A name that is not percent-encoded as it claims.
    #[error("the name `{text}` has the invalid URL escape `{escape}`")]
    Escape {
        /// The whole name.
        text: String,
        /// From the `%` on.
        escape: String,
    },
}

impl DecodeError {
    pub(crate) fn value(name: &str, text: &str, expected: &'static str) -> Self {
        Self::Value { name: name.to_owned(), text: text.to_owned(), expected }
    }
}

/// A refusal of the service.
///
/// Its text is that of `ossutil` 1, which scripts match on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The code, such as `NoSuchUpload`; empty when the answer has none.
    pub code: String,
    /// The message, as the service wrote it.
    pub message: String,
    /// The id to quote in a support request, from the `x-oss-request-id` header or the body.
    pub request_id: String,
    /// The finer error code, such as `0042-00000002`; for people, not for branching.
    pub ec: String,
    /// The endpoint the bucket must be addressed by, when that is what was wrong.
    pub endpoint: Option<String>,
    /// Every other element of the error, in order: `HostId`, `StringToSign`, `Key`, ….
    pub details: Vec<(String, String)>,
    /// Why access was denied, in the terms of policies: `AuthAction`, `NoPermissionType`, ….
    pub access_denied: Vec<(String, String)>,
    /// Whether the answer was an error of the service at all, and not of a proxy before it.
    pub is_from_service: bool,
}

impl ServiceError {
    /// Reads the error in an answer, whatever shape it has: an XML body, the `x-oss-err` header
    /// that stands in for the body of HEAD, a proxy's page, or nothing but a status.
    pub fn from_response(response: &Response) -> Self {
        let body = match response.header("x-oss-err") {
            Some(header) if response.body.is_empty() => {
                BASE64_STANDARD.decode(header.trim()).unwrap_or_default()
            }
            _ => response.body.to_vec(),
        };
        let elements = elements(&body);
        let is_from_service = body.is_empty() || elements.is_some();
        let elements = elements.unwrap_or_default();
        let find = |name: &str| {
            let found = elements.iter().find(|(candidate, _)| candidate == name);
            found.map(|(_, text)| text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let header = |name: &str| response.header(name);
        Self {
            status: response.status,
            code: find("Code").unwrap_or_default(),
            message: find("Message").unwrap_or_default(),
            request_id: header("x-oss-request-id").or(find("RequestId")).unwrap_or_default(),
            ec: find("EC").or(header("x-oss-ec")).unwrap_or_default(),
            endpoint: find("Endpoint"),
            details: elements
                .into_iter()
                .filter(|(name, _)| !["Code", "Message", "RequestId", "EC"].contains(&&**name))
                .collect(),
            access_denied: access_denied(&body),
            is_from_service,
        }
    }

    /// One of the [`details`](Self::details), or of the reasons why access was denied.
    pub fn detail(&self, name: &str) -> Option<&str> {
        let mut details = self.details.iter().chain(&self.access_denied);
        details.find(|(candidate, _)| candidate == name).map(|(_, text)| &**text)
    }
}

/// Names and texts below `<Error>`, or `None` if the body is no such error.
///
/// A body that is cut short still yields what stands in whole elements, as the official SDKs do.
fn elements(body: &[u8]) -> Option<Vec<(String, String)>> {
    let parsed = xml::parse_lenient(body, "Error", |root| {
        let text = |child: xml::Element<'_, '_>| match child.own_text() {
            // Only what indents the elements below, such as those of <AccessDeniedDetail>.
            space if space.trim().is_empty() => String::new(),
            text => text,
        };
        Ok(root.children().map(|child| (child.name().to_owned(), text(child))).collect())
    });
    parsed.ok().or_else(|| {
        let text = String::from_utf8_lossy(body);
        if !(text.contains("<Error>") && text.contains("</Error>")) {
            return None;
        }
        let between = |name: &str| {
            let (_, tail) = text.split_once(&format!("<{name}>"))?;
            let (inside, _) = tail.split_once(&format!("</{name}>"))?;
            Some((name.to_owned(), inside.to_owned()))
        };
        Some(["Code", "Message"].into_iter().filter_map(between).collect())
    })
}

/// Names and texts below `<AccessDeniedDetail>`, if there are any.
fn access_denied(body: &[u8]) -> Vec<(String, String)> {
    let parsed = xml::parse_lenient(body, "Error", |root| {
        let detail = root.child("AccessDeniedDetail");
        let children = detail.into_iter().flat_map(|detail| detail.children());
        Ok(children.map(|child| (child.name().to_owned(), child.own_text())).collect())
    });
    parsed.unwrap_or_default()
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_from_service {
            write!(
                f,
                "oss: service returned invalid response body, status = {}, RequestId = {}",
                self.status, self.request_id
            )?;
            return match self.ec.as_str() {
                "" => Ok(()),
                ec => write!(f, ", ec = {ec}"),
            };
        }
        write!(
            f,
            "oss: service returned error: StatusCode={}, ErrorCode={}, ErrorMessage=\"{}\", \
             RequestId={}",
            self.status.as_u16(),
            self.code,
            self.message,
            self.request_id
        )?;
        if let Some(endpoint) = &self.endpoint {
            write!(f, ", Endpoint={endpoint}")?;
        }
        if !self.ec.is_empty() {
            write!(f, ", Ec={}", self.ec)?;
        }
        Ok(())
    }
}

impl std::error::Error for ServiceError {}
