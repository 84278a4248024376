//! The one error a command ends with, and the one place that knows what to advise.

use std::{fmt, io};

use ossutil_client::{
    Context, CredentialsError, CredentialsFailure, Error as ClientError, TransportErrorKind,
    protocol::{ServiceError, ram},
};
use ossutil_config::{Error as ConfigError, Errors as ConfigErrors};

use crate::{
    display::{escape, shell_word},
    exit::Status,
};

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

    /// Who was asked refuses.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(Status::Refused, message)
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

    /// Ctrl-C ended it.
    pub(crate) fn interrupted() -> Self {
        Self::new(Status::Interrupted, "interrupted")
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
        Self::of_output(&error)
    }
}

/// All that is wrong with the configuration, a line each.
impl From<ConfigErrors> for Error {
    fn from(errors: ConfigErrors) -> Self {
        let status = match errors.iter().next() {
            Some(ConfigError::Write { .. }) => Status::Failed,
            _ => Status::Usage,
        };
        let mut texts = errors.iter().map(config_text);
        let first = Self::new(status, texts.next().unwrap_or_default());
        let error = texts.fold(first, |error, text| error.hint(format!("also: {text}")));
        error.hint(match status {
            Status::Failed => "the file is as it was; check the permissions of its folder",
            _ => "docs/configuration.md describes every key",
        })
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        ConfigErrors::from(error).into()
    }
}

/// What is wrong with the configuration, and why.
pub(crate) fn config_text(error: &ConfigError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

impl Error {
    /// What became of standard output.
    fn of_output(error: &io::Error) -> Self {
        let is_broken_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        let message = format!("cannot write to standard output: {error}");
        Self { is_broken_pipe, ..Self::failed(message) }
    }
}

impl From<ClientError> for Error {
    fn from(error: ClientError) -> Self {
        Self::of_client(&error)
    }
}

impl Error {
    /// What an error of the client means for the user.
    pub(crate) fn of_client(error: &ClientError) -> Self {
        if let ClientError::Output(error) = error {
            return Self::of_output(error);
        }
        let message = match error.context() {
            Some(Context { bucket: Some(bucket), key, .. }) => {
                format!("{error}, Bucket={bucket}, Object={}", key.as_deref().unwrap_or_default())
            }
            _ => error.to_string(),
        };
        let (status, hint) = match error {
            ClientError::Service { context, error } => {
                (Status::Refused, service_hint(error, context))
            }
            ClientError::Transport { source, .. } => (Status::Failed, transport_hint(source.kind)),
            ClientError::NoRegion => {
                let hint = "name the region with --region, or sign with --sign-version v1";
                (Status::Usage, Some(hint.to_owned()))
            }
            ClientError::Disorder { .. } => {
                let hint = "--parallel 1 lists page after page, whatever the order".to_owned();
                (Status::Failed, Some(hint))
            }
            ClientError::Credentials(error) => credentials_failure(&error.failure),
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

impl From<CredentialsError> for Error {
    fn from(error: CredentialsError) -> Self {
        ClientError::Credentials(Box::new(error)).into()
    }
}

/// The status of a run that got no credentials, and what to do about it.
fn credentials_failure(failure: &CredentialsFailure) -> (Status, Option<String>) {
    let (status, hint) = match failure {
        CredentialsFailure::Setup(_) => (
            Status::Usage,
            "docs/configuration.md, section Credentials, says what each source needs; -i and -k \
             give a key pair instead",
        ),
        CredentialsFailure::Refused { code, .. } => {
            let hint = match code.as_str() {
                "NoPermission" => {
                    "the caller needs sts:AssumeRole, and the role's trust policy must name it"
                }
                "EntityNotExist.Role" => "is the role's ARN spelled right (--ram-role-arn)?",
                "InvalidTimeStamp.Expired" => "set this machine's clock",
                _ => "the code and the request id tell the service's support why",
            };
            (Status::Refused, hint)
        }
        CredentialsFailure::Unusable(_) => (
            Status::Failed,
            "JSON with AccessKeyId, AccessKeySecret, and for temporary ones SecurityToken and \
             Expiration, is wanted",
        ),
        _ => (Status::Failed, "is the source of the credentials there? --mode chooses another"),
    };
    (status, Some(hint.to_owned()))
}

/// What to do about a refusal.
fn service_hint(error: &ServiceError, context: &Context) -> Option<String> {
    let bucket = context.bucket.as_deref().unwrap_or_default();
    let hint = match error.code.as_str() {
        "AccessDenied" => denied_hint(error, context),
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
        "BucketAlreadyExists" => {
            "all users share the names of buckets; if this one is yours, its class and redundancy \
             stay as they are"
                .into()
        }
        "NotSymlink" => "`ossutil stat` shows what kind of object it is".into(),
        "FileAlreadyExists" => "--overwrite replaces the object".into(),
        "InvalidObjectState" => {
            let key = context.key.as_deref().unwrap_or_default();
            let url = shell_word(&format!("oss://{bucket}/{key}")).into_owned();
            format!("the object is archived; `ossutil restore {url}` has it made readable")
        }
        "InvalidPart" => "a part was replaced meanwhile by another program; try again".into(),
        "BucketNotEmpty" => format!(
            "were objects or parts uploaded meanwhile? `ossutil ls -a oss://{bucket}` shows \
             objects and unfinished uploads"
        ),
        _ => return None,
    };
    Some(hint)
}

/// What to do about a request that the credentials do not permit.
fn denied_hint(error: &ServiceError, context: &Context) -> String {
    if let Some(endpoint) = &error.endpoint {
        return format!("the bucket is elsewhere: use -e {endpoint}");
    }
    // The service's own word first: one operation may need more than one permission.
    let action = error.detail("AuthAction").map(str::to_owned);
    let action = action.unwrap_or_else(|| ram::action(context.operation));
    let doctor = match &context.bucket {
        Some(bucket) => format!("`ossutil doctor oss://{bucket}`"),
        None => "`ossutil doctor`".to_owned(),
    };
    match error.detail("NoPermissionType") {
        Some("ExplicitDeny") => {
            format!("a policy denies {action} to these credentials; {doctor} shows what else")
        }
        _ => format!("the credentials need the permission {action}; {doctor} shows what else"),
    }
}

/// What to do about an exchange that failed.
pub(crate) fn transport_hint(kind: TransportErrorKind) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use ossutil_client::protocol::Response;

    fn hint(operation: &'static str, body: &'static str) -> String {
        let response = Response { body: body.into(), ..Response::default() };
        let error = Box::new(ServiceError::from_response(&response));
        let bucket = Some("bkt".to_owned());
        let context = Context { operation, bucket, key: None };
        Error::from(ClientError::Service { context, error }).hints.concat()
    }

    #[test]
    fn the_missing_permission_is_the_one_the_service_names_else_that_of_the_operation() {
        let bare = "<Error><Code>AccessDenied</Code></Error>";
        assert!(hint("UploadPart", bare).contains("the permission oss:PutObject;"));
        let named = "<Error><Code>AccessDenied</Code><AccessDeniedDetail>\
                     <AuthAction>oss:GetObject</AuthAction></AccessDeniedDetail></Error>";
        assert!(hint("UploadPartCopy", named).contains("the permission oss:GetObject;"));
        let elsewhere = "<Error><Code>AccessDenied</Code><Endpoint>h</Endpoint></Error>";
        assert_eq!(hint("ListObjects", elsewhere), "the bucket is elsewhere: use -e h");
    }
}
