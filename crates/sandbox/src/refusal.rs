//! Refusals: the service's codes with their status, message and details.

use std::borrow::Cow;

use http::StatusCode;
use ossutil_protocol::xml::Writer;

use crate::ec;

/// Where the service's documentation tells what to do about an EC.
const RECOMMENDED: &str = "https://api.aliyun.com/troubleshoot?q=";

/// Why a request is not done.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: Cow<'static, str>,
    message: String,
    /// The finer code, as the `EC` element and the `x-oss-ec` header.
    pub(crate) ec: &'static str,
    /// Further elements of the error.
    details: Vec<(&'static str, String)>,
    /// The elements of `<AccessDeniedDetail>`.
    access_denied: Vec<(&'static str, String)>,
    /// Headers of the answer.
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// A store that cannot read or write is no fault of the request.
impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        tracing::error!("the store failed: {error}");
        Self::internal()
    }
}

pub(crate) type Outcome<T> = Result<T, Refusal>;

impl Refusal {
    pub(crate) fn new(
        status: u16,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        let code = code.into();
        let ec = ec::of_code(&code);
        Self {
            status,
            code,
            message: message.into(),
            ec,
            details: vec![],
            access_denied: vec![],
            headers: vec![],
        }
    }

    pub(crate) fn internal() -> Self {
        Self::new(500, "InternalError", "We encountered an internal error, please try again.")
    }

    pub(crate) fn ec(mut self, ec: &'static str) -> Self {
        self.ec = ec;
        self
    }

    pub(crate) fn detail(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.details.push((name, text.into()));
        self
    }

    /// Adds to what the service says about a policy that does not permit a request.
    pub(crate) fn access_denied(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.access_denied.push((name, text.into()));
        self
    }

    #[expect(clippy::needless_pass_by_value, reason = "numbers and names read alike at the call")]
    pub(crate) fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub(crate) fn no_such_bucket(bucket: &str) -> Self {
        Self::new(404, "NoSuchBucket", "The specified bucket does not exist.")
            .detail("BucketName", bucket)
    }

    pub(crate) fn no_such_key(key: &str) -> Self {
        Self::new(404, "NoSuchKey", "The specified key does not exist.").detail("Key", key)
    }

    pub(crate) fn no_such_version(key: &str, version_id: &str) -> Self {
        let message = "The version ID specified in the request does not match an existing version.";
        Self::new(404, "NoSuchVersion", message).detail("Key", key).detail("VersionId", version_id)
    }

    pub(crate) fn too_large() -> Self {
        let message = "Your proposed upload exceeds the maximum allowed size.";
        Self::new(400, "EntityTooLarge", message)
    }

    pub(crate) fn no_such_upload(upload_id: &str) -> Self {
        let message = "The specified upload does not exist. The upload ID may be invalid, or the \
                       upload may have been aborted or completed.";
        Self::new(404, "NoSuchUpload", message).detail("UploadId", upload_id)
    }

    pub(crate) fn invalid_argument(name: &str, value: &str, message: &str) -> Self {
        Self::new(400, "InvalidArgument", message)
            .detail("ArgumentName", name)
            .detail("ArgumentValue", value)
    }

    pub(crate) fn malformed_xml() -> Self {
        let message = "The XML you provided was not well-formed or did not validate against our \
                       published schema.";
        Self::new(400, "MalformedXML", message)
    }

    pub(crate) fn not_implemented(what: &str) -> Self {
        Self::new(501, "NotImplemented", format!("The sandbox does not implement {what}."))
            .detail("Header", what)
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The body of the answer.
    pub(crate) fn to_xml(&self, request_id: &str, host: &str) -> Vec<u8> {
        Writer::document("Error", |root| {
            root.text("Code", &self.code);
            root.text("Message", &self.message);
            root.text("RequestId", request_id);
            root.text("HostId", host);
            for (name, text) in &self.details {
                root.text(name, text);
            }
            if !self.access_denied.is_empty() {
                root.element("AccessDeniedDetail", |detail| {
                    self.access_denied.iter().for_each(|(name, text)| detail.text(name, text));
                });
            }
            if !self.ec.is_empty() {
                root.text("EC", self.ec);
                root.text("RecommendDoc", format!("{RECOMMENDED}{}", self.ec));
            }
        })
    }
}
