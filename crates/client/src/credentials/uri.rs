//! Credentials that a URI answers with.

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::{CredentialsError, Fetch, Fetched, Network, answer};

/// Gets a URI, whose answer is JSON with `AccessKeyId`, `AccessKeySecret`, and for temporary
/// credentials `SecurityToken` and `Expiration`.
pub struct Uri {
    /// The URI, http or https.
    pub uri: String,
    /// How it is reached.
    pub network: Network,
}

impl Fetch for Uri {
    fn fetch(&self) -> BoxFuture<'_, Result<Fetched, CredentialsError>> {
        Box::pin(async {
            let provider = self.describe();
            let uri: Result<http::Uri, _> = self.uri.parse();
            let scheme = uri.as_ref().ok().and_then(http::Uri::scheme_str);
            if !matches!(scheme, Some("http" | "https")) {
                let text = "it must begin with http:// or https://";
                return Err(CredentialsError::setup(provider, text));
            }
            let request = || http::Request::get(&self.uri).body(Bytes::new());
            let response = self.network.send(&provider, request).await?;
            answer::read(&provider, &response, &[])
        })
    }

    /// The URI without what may be a secret in it: a query, or a user.
    fn describe(&self) -> String {
        let uri = self.uri.split(['?', '#']).next().unwrap_or_default();
        let (scheme, rest) = uri.split_once("://").unwrap_or(("", uri));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        format!("the URI {scheme}://{host}{path}")
    }
}
