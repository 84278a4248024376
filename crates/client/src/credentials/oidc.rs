//! The credentials of a role that is assumed with an OIDC token, as in a Kubernetes pod.

use std::path::PathBuf;

use futures_util::future::BoxFuture;

use super::{CredentialsError, Fetch, Fetched, Role, Sts, answer::MAX_TEXT};

/// Asks STS for a role (AssumeRoleWithOIDC), with the token that a file holds.
pub struct AssumeRoleWithOidc {
    /// The service.
    pub sts: Sts,
    /// The role.
    pub role: Role,
    /// The ARN of the identity provider.
    pub provider_arn: String,
    /// The file of the token. It is read for each request, as others renew it.
    pub token_file: PathBuf,
}

impl AssumeRoleWithOidc {
    async fn read_token(&self, provider: &str) -> Result<String, CredentialsError> {
        let path = self.token_file.clone();
        let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(path)).await;
        let failed = |text: String| {
            let path = self.token_file.display();
            CredentialsError::setup(provider, format!("the token file {path} {text}"))
        };
        let text = match read {
            Ok(Ok(text)) => text,
            Ok(Err(error)) => return Err(failed(format!("cannot be read: {error}"))),
            Err(error) => return Err(failed(format!("cannot be read: {error}"))),
        };
        match text.trim() {
            "" => Err(failed("is empty".to_owned())),
            token if token.len() > MAX_TEXT => Err(failed("is too large for a token".to_owned())),
            token => Ok(token.to_owned()),
        }
    }
}

impl Fetch for AssumeRoleWithOidc {
    fn fetch(&self) -> BoxFuture<'_, Result<Fetched, CredentialsError>> {
        Box::pin(async {
            let provider = self.describe();
            let token = self.read_token(&provider).await?;
            let extra = [("OIDCProviderArn", self.provider_arn.as_str()), ("OIDCToken", &token)];
            self.sts.call(&provider, "AssumeRoleWithOIDC", &self.role, &extra, None).await
        })
    }

    fn describe(&self) -> String {
        let file = self.token_file.display();
        format!("the role {}, assumed with the OIDC token in {file}", self.role.arn)
    }
}
