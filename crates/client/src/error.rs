//! What can go wrong with a request, by what the caller can do about it.

use ossutil_protocol::{DecodeError, ServiceError};

use crate::{TransportError, credentials::CredentialsError, transfer::plan::LayoutError};

/// What a request was about, for messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The operation's name in the API reference.
    pub operation: &'static str,
    /// The bucket, if the request was about one.
    pub bucket: Option<String>,
    /// The object key, if the request was about one.
    pub key: Option<String>,
}

/// A request that did not end well.
///
/// Each variant prints only its own level; `source()` gives the next one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The service refused.
    #[error("{error}")]
    Service {
        /// What was asked.
        context: Context,
        /// What the service said.
        error: Box<ServiceError>,
    },
    /// No answer came, or not a whole one.
    #[error("{source} ({url})")]
    Transport {
        /// What was asked.
        context: Context,
        /// The URL, which holds no signature.
        url: String,
        /// What happened.
        source: TransportError,
    },
    /// The answer is a success, but not the one the operation has.
    #[error("oss: status code from service response is {status}; was expecting {expected}")]
    Status {
        /// What was asked.
        context: Context,
        /// The status that came.
        status: http::StatusCode,
        /// The status of the operation.
        expected: http::StatusCode,
    },
    /// The answer cannot be read.
    #[error("{source} (RequestId={request_id})")]
    Decode {
        /// What was asked.
        context: Context,
        /// The id to quote in a support request.
        request_id: String,
        /// What is wrong with the answer.
        source: DecodeError,
    },
    /// What was to be sent cannot be read.
    #[error("cannot read what is to be sent: {source}")]
    Content {
        /// What happened.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What was fetched cannot be kept.
    #[error("cannot write {}: {source}", path.display())]
    Save {
        /// The file.
        path: std::path::PathBuf,
        /// What happened.
        source: std::io::Error,
    },
    /// What was fetched cannot be passed on.
    #[error("cannot write what was fetched: {0}")]
    Output(std::io::Error),
    /// What an upload is remembered by cannot be read or written.
    #[error("the checkpoint {}: {source}", path.display())]
    Checkpoint {
        /// The file.
        path: std::path::PathBuf,
        /// What happened.
        source: std::io::Error,
    },
    /// What arrived is not what was sent.
    #[error("the content was damaged on its way: its CRC64 was {sent}, and is {received}")]
    Damaged {
        /// What was asked.
        context: Context,
        /// The CRC-64 of what was sent.
        sent: u64,
        /// The CRC-64 the service says.
        received: u64,
    },
    /// The parts of an upload cannot be those of the source.
    #[error("{0}")]
    Layout(#[from] LayoutError),
    /// The source changed while it was being sent.
    #[error("the file changed while it was being sent, so the upload was not completed")]
    Changed,
    /// The object is not what it should be: what the parts of its upload make, or what was asked
    /// for.
    #[error("the object is not what it should be: {what}")]
    Mismatch {
        /// What was asked.
        context: Context,
        /// In what they differ.
        what: String,
    },
    /// A listing says that there is more, but not where it goes on.
    #[error("the listing does not advance: the service says there is more behind {marker}, again")]
    Stuck {
        /// What was asked.
        context: Context,
        /// Where the listing stopped.
        marker: String,
    },
    /// A listing that is not in the order of bytes, so that its pages cannot be told apart.
    #[error("the listing is not in order: {after:?} is followed by {key:?}")]
    Disorder {
        /// What was asked.
        context: Context,
        /// The key or part number before.
        after: String,
        /// The one that does not belong behind it.
        key: String,
    },
    /// A signature of version 4 needs a region.
    #[error("the region is not known, and a version 4 signature needs it")]
    NoRegion,
    /// The request cannot be written as HTTP.
    #[error("the request cannot be sent: {0}")]
    Invalid(String),
    /// No credentials could be had.
    #[error("{0}")]
    Credentials(Box<CredentialsError>),
}

impl Error {
    /// The service's refusal, if that is what this is.
    pub fn service(&self) -> Option<&ServiceError> {
        match self {
            Self::Service { error, .. } => Some(error),
            _ => None,
        }
    }

    /// Whether the service refused with this code.
    pub fn has_code(&self, code: &str) -> bool {
        self.service().is_some_and(|error| error.code == code)
    }

    /// Whether there is no such object, as far as can be told: answers to HEAD have no body that
    /// says what it is that is missing.
    pub fn is_missing_object(&self) -> bool {
        self.service().is_some_and(|error| error.status == 404 && error.code != "NoSuchBucket")
    }

    /// What was asked, where the failure is about a request.
    pub fn context(&self) -> Option<&Context> {
        match self {
            Self::Service { context, .. }
            | Self::Transport { context, .. }
            | Self::Status { context, .. }
            | Self::Decode { context, .. }
            | Self::Damaged { context, .. }
            | Self::Mismatch { context, .. }
            | Self::Stuck { context, .. }
            | Self::Disorder { context, .. } => Some(context),
            Self::Content { .. }
            | Self::Save { .. }
            | Self::Output(_)
            | Self::Checkpoint { .. }
            | Self::Layout(_)
            | Self::Changed
            | Self::NoRegion
            | Self::Invalid(_)
            | Self::Credentials(_) => None,
        }
    }
}
