//! Why there are no credentials, by what can be done about it.

/// A provider that gave no credentials. Neither its text nor its `Debug` holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no credentials from {provider}: {failure}")]
pub struct CredentialsError {
    /// The provider, as it describes itself.
    pub provider: String,
    /// What went wrong.
    pub failure: CredentialsFailure,
}

/// What went wrong with a provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsFailure {
    /// Something it needs is missing or wrong on this machine: a file, a program, a setting.
    #[error("{0}")]
    Setup(String),
    /// No answer came, or not in time.
    #[error("{0}")]
    Unreachable(String),
    /// The service it asks refused.
    #[error(
        "service returned error: StatusCode={status}, ErrorCode={code}, ErrorMessage={message:?}, \
         RequestId={request_id}"
    )]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The service's code, empty when it gave none.
        code: String,
        /// The service's message, shortened.
        message: String,
        /// The id to quote in a support request.
        request_id: String,
    },
    /// What came is no credentials.
    #[error("{0}")]
    Unusable(String),
}

impl CredentialsError {
    pub(super) fn new(provider: impl Into<String>, failure: CredentialsFailure) -> Self {
        Self { provider: provider.into(), failure }
    }

    /// Something is missing or wrong on this machine.
    pub(super) fn setup(provider: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(provider, CredentialsFailure::Setup(text.into()))
    }
}
