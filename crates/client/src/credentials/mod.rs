//! Where the keys that sign come from: a chain of providers behind one trait.
//!
//! A provider that fetches implements [`Fetch`] and is wrapped in [`Cached`], which keeps what was
//! fetched and fetches anew in time. A provider may take the credentials it needs itself from
//! another one, so a role can be assumed with the role of the machine.

mod aliyun_cli;
mod answer;
mod assume_role;
mod cached;
mod ecs_ram_role;
mod error;
mod network;
mod oidc;
mod process;
mod sts;
mod uri;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use ossutil_signing::Credentials;

pub use aliyun_cli::AliyunCli;
pub use assume_role::AssumeRole;
pub use cached::Cached;
pub use ecs_ram_role::{EcsRamRole, METADATA_ENDPOINT};
pub use error::{CredentialsError, CredentialsFailure};
pub use network::Network;
pub use oidc::AssumeRoleWithOidc;
pub use process::Process;
pub use sts::{DEFAULT_SESSION_NAME, Role, Sts};
pub use uri::Uri;

use crate::Error;

/// A source of credentials, asked before each attempt to send.
pub trait CredentialsProvider: Send + Sync {
    /// The credentials to sign with now; `None` sends requests unsigned.
    fn credentials(&self) -> BoxFuture<'_, Result<Option<Credentials>, Error>>;

    /// What it is, for people; never a secret.
    fn describe(&self) -> String;

    /// Hears that the service does not take these credentials any more. Whether others may be had
    /// by asking again.
    fn reject(&self, rejected: &Credentials) -> bool {
        let _ = rejected;
        false
    }
}

/// Credentials that never change: a key pair, a key pair with a session token, or none.
#[derive(Clone, Debug)]
pub struct StaticCredentials(pub Option<Credentials>);

impl CredentialsProvider for StaticCredentials {
    fn credentials(&self) -> BoxFuture<'_, Result<Option<Credentials>, Error>> {
        Box::pin(async { Ok(self.0.clone()) })
    }

    fn describe(&self) -> String {
        match &self.0 {
            None => "none, requests are not signed".to_owned(),
            Some(Credentials { access_key_id, security_token: None, .. }) => {
                format!("the key pair {access_key_id}")
            }
            Some(Credentials { access_key_id, .. }) => {
                format!("the key pair {access_key_id} with a session token")
            }
        }
    }
}

/// Credentials as a [`Fetch`] gets them.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The credentials.
    pub credentials: Credentials,
    /// When they end; never, where their source does not say.
    pub expiration: Option<Timestamp>,
}

/// A way to get credentials that takes time, so that what it gave is kept in a [`Cached`].
pub trait Fetch: Send + Sync {
    /// Gets credentials.
    fn fetch(&self) -> BoxFuture<'_, Result<Fetched, CredentialsError>>;

    /// What it is, for people; never a secret.
    fn describe(&self) -> String;
}

/// What `source` gives, for a provider that needs credentials to get others.
async fn source_credentials(
    source: &Arc<dyn CredentialsProvider>,
    provider: &str,
) -> Result<Credentials, CredentialsError> {
    let failed = |failure| CredentialsError::new(provider, failure);
    match source.credentials().await {
        Ok(Some(credentials)) => Ok(credentials),
        Ok(None) => Err(failed(CredentialsFailure::Setup(
            "a role cannot be assumed without credentials".to_owned(),
        ))),
        Err(Error::Credentials(error)) => Err(*error),
        Err(error) => Err(failed(CredentialsFailure::Unreachable(error.to_string()))),
    }
}
