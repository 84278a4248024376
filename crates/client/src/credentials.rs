//! Where the keys that sign come from.

use futures_util::future::BoxFuture;
use ossutil_signing::Credentials;

use crate::Error;

/// A source of credentials, asked before each attempt to send.
///
/// A provider that fetches them keeps them until shortly before they expire.
pub trait CredentialsProvider: Send + Sync {
    /// The credentials to sign with now; `None` sends requests unsigned.
    fn credentials(&self) -> BoxFuture<'_, Result<Option<Credentials>, Error>>;
}

/// Credentials that never change: a key pair, a key pair with a session token, or none.
#[derive(Clone, Debug)]
pub struct StaticCredentials(pub Option<Credentials>);

impl CredentialsProvider for StaticCredentials {
    fn credentials(&self) -> BoxFuture<'_, Result<Option<Credentials>, Error>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}
