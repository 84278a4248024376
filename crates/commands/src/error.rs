//! The one error a command ends with, and the one place that knows what to advise.

use std::{fmt, io};

use ossutil_client::{Context, Error as ClientError, TransportErrorKind};

use crate::{display::escape, exit::Status};

/// Why a command did not do all it was asked to.
#[derive(Debug)]
pub(crate) struct Error {
    /// The exit status.
    pub(crate) status: Status,
    /// One sentence, without the `Error: ` before it; empty when all has been said already.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hints: Vec<String>,
    /// The reader of standard output went away: nothing is to be said.
    pub(crate) is_broken_pipe: bool,
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    fn new(status: Status, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), hints: Vec::new(), is_broken_pipe: false }
    }

    /// The command line or the configuration is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Status::Usage, message)
    }

    /// Something failed on this side.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Status::Failed, message)
    }

    /// Each failure was reported as it happened; this is only the status.
    pub(crate) fn reported(status: Status) -> Self {
        Self::new(status, String::new())
    }

    /// The question was not answered with yes.
    pub(crate) fn canceled() -> Self {
        Self::reported(Status::Interrupted)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Some of the work was done before this happened.
    pub(crate) fn partial(mut self) -> Self {
        self.status = Status::Partial;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() {
            return Ok(());
        }
        writeln!(f, "Error: {}", escape(&self.message))?;
        self.hints.iter().try_for_each(|hint| writeln!(f, "hint: {}", escape(hint)))
    }
}

impl From<io::Error> for Error {
    /// Errors of standard output; other files are named where they are opened.
    fn from(error: io::Error) -> Self {
        let is_broken_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        let message = format!("cannot write to standard output: {error}");
        Self { is_broken_pipe, ..Self::failed(message) }
    }
}

impl From<ClientError> for Error {
    fn from(error: ClientError) -> Self {
        let message = match error.context() {
            Some(Context { bucket: Some(bucket), key, .. }) => {
                format!("{error}, Bucket={bucket}, Object={}", key.as_deref().unwrap_or_default())
            }
            _ => error.to_string(),
        };
        let (status, hint) = match &error {
            ClientError::Service { context, error } => {
                (Status::Refused, service_hint(&error.code, error.endpoint.as_deref(), context))
            }
            ClientError::Transport { source, .. } => (Status::Failed, transport_hint(source.kind)),
            ClientError::NoRegion => {
                let hint = "name the region with --region, or sign with --sign-version v1";
                (Status::Usage, Some(hint.to_owned()))
            }
            ClientError::Credentials(_) => (Status::Usage, None),
            ClientError::Layout(_) => {
                let hint = "is this what the upload was begun with? part sizes cannot be changed \
                            halfway";
                (Status::Failed, Some(hint.to_owned()))
            }
            ClientError::Changed => {
                let hint = "wait until nothing writes to it, then go on: parts that changed are \
                            sent again";
                (Status::Failed, Some(hint.to_owned()))
            }
            _ => (Status::Failed, None),
        };
        let error = Self::new(status, message);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// What to do about a refusal.
fn service_hint(code: &str, endpoint: Option<&str>, context: &Context) -> Option<String> {
    let bucket = context.bucket.as_deref().unwrap_or_default();
    let hint = match code {
        "AccessDenied" if endpoint.is_some() => {
            format!("the bucket is elsewhere: use -e {}", endpoint.unwrap_or_default())
        }
        "AccessDenied" => format!("the credentials need the permission oss:{}", context.operation),
        "NoSuchBucket" => {
            format!("`ossutil ls` shows the buckets of this account; is `{bucket}` spelled right?")
        }
        "NoSuchUpload" => format!(
            "the upload was completed or aborted, or the id belongs to another key; \
             `ossutil ls -m oss://{bucket}` shows what is unfinished"
        ),
        "InvalidAccessKeyId" => "check the access key id (-i, or the configuration file)".into(),
        "SignatureDoesNotMatch" => {
            "check the access key secret (-k, or the configuration file), and --region if it is \
             given"
                .into()
        }
        "RequestTimeTooSkewed" => "set this machine's clock".into(),
        "SecurityTokenExpired" | "InvalidSecurityToken" => "get a fresh session token (-t)".into(),
        "SecondLevelDomainForbidden" => "leave out --force-path-style".into(),
        "FileAlreadyExists" => "--overwrite replaces the object".into(),
        "InvalidPart" => "a part was replaced meanwhile by another program; try again".into(),
        "BucketNotEmpty" => format!(
            "were objects or parts uploaded meanwhile? `ossutil ls -a oss://{bucket}` shows \
             objects and unfinished uploads"
        ),
        _ => return None,
    };
    Some(hint)
}

/// What to do about an exchange that failed.
fn transport_hint(kind: TransportErrorKind) -> Option<String> {
    let hint = match kind {
        TransportErrorKind::Connect => "check the endpoint (-e) and the network",
        TransportErrorKind::Tls => {
            "for a server without TLS begin the endpoint with http://; for a certificate of your \
             own use --skip-verify-cert"
        }
        TransportErrorKind::Broken => "the connection was closed by the other side; try again",
        TransportErrorKind::Timeout => "allow more time with --read-timeout SECONDS",
        TransportErrorKind::Content | TransportErrorKind::TooLarge => return None,
    };
    Some(hint.to_owned())
}
