//! The credentials of a role that is assumed with other credentials.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{CredentialsError, CredentialsProvider, Fetch, Fetched, Role, Sts, source_credentials};

/// Asks STS for a role (AssumeRole), with the credentials of another provider.
pub struct AssumeRole {
    /// The service.
    pub sts: Sts,
    /// The role.
    pub role: Role,
    /// Whose credentials sign the request.
    pub source: Arc<dyn CredentialsProvider>,
}

impl Fetch for AssumeRole {
    fn fetch(&self) -> BoxFuture<'_, Result<Fetched, CredentialsError>> {
        Box::pin(async {
            let provider = self.describe();
            let source = source_credentials(&self.source, &provider).await?;
            let external_id = self.role.external_id.as_deref().map(|id| ("ExternalId", id));
            let extra: Vec<(&str, &str)> = external_id.into_iter().collect();
            self.sts.call(&provider, "AssumeRole", &self.role, &extra, Some(&source)).await
        })
    }

    fn describe(&self) -> String {
        format!("the role {}, assumed with {}", self.role.arn, self.source.describe())
    }
}
