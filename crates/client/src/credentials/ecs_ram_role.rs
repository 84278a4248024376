//! The credentials of the role that an ECS instance has, from its metadata service.
//!
//! Source: the ECS documentation, "Instance metadata" (its hardened mode asks for a token first)
//! and "Instance RAM roles".

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::StatusCode;
use ossutil_protocol::Response;
use ossutil_signing::percent_encode;

use super::{CredentialsError, CredentialsFailure, Fetch, Fetched, Network, answer};

/// Where an instance reaches its metadata service.
pub const METADATA_ENDPOINT: &str = "http://100.100.100.200";

const ROLES: &str = "/latest/meta-data/ram/security-credentials/";

/// The life of a metadata token in seconds, the longest there is. Each fetch takes one of its own.
const TOKEN_LIFE: &str = "21600";

/// Asks the metadata service of the instance this runs on.
pub struct EcsRamRole {
    /// The metadata service: [`METADATA_ENDPOINT`], but for tests.
    pub endpoint: String,
    /// The role; asked for where it is not given.
    pub role_name: Option<String>,
    /// Whether to go without a metadata token where the service gives none.
    pub is_plain_allowed: bool,
    /// How the service is reached; never through a proxy.
    pub network: Network,
}

impl EcsRamRole {
    async fn ask(&self) -> Result<Fetched, CredentialsError> {
        let provider = self.describe();
        let network = self.network.nearby();
        let token = self.token(&provider, &network).await?;
        let get = async |path: String| {
            let url = format!("{}{ROLES}{path}", self.endpoint);
            let request = || {
                let mut request = http::Request::get(&url);
                if let Some(token) = &token {
                    request = request.header("x-aliyun-ecs-metadata-token", token);
                }
                request.body(Bytes::new())
            };
            network.send(&provider, request).await
        };
        let role_name = match &self.role_name {
            Some(name) => name.clone(),
            None => first_role(&provider, &get(String::new()).await?)?,
        };
        let response = get(percent_encode(&role_name)).await?;
        if response.status == StatusCode::NOT_FOUND {
            let text = format!("this instance does not have the role {role_name}");
            return Err(CredentialsError::setup(provider, text));
        }
        answer::read(&provider, &response, &token.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// A token of the hardened mode. None where the service has no such mode, or where its answer
    /// does not get here: it crosses no router, so not the bridge of a container either.
    async fn token(
        &self,
        provider: &str,
        network: &Network,
    ) -> Result<Option<String>, CredentialsError> {
        let url = format!("{}/latest/api/token", self.endpoint);
        let request = || {
            http::Request::put(&url)
                .header("x-aliyun-ecs-metadata-token-ttl-seconds", TOKEN_LIFE)
                .body(Bytes::new())
        };
        let outcome = network.send(provider, request).await;
        let token = outcome.as_ref().ok().and_then(metadata_token);
        if token.is_some() || self.is_plain_allowed {
            return Ok(token);
        }
        let status = outcome?.status;
        let text =
            format!("it gives no metadata token (status {status}), and must not be asked without");
        Err(CredentialsError::new(provider, CredentialsFailure::Unusable(text)))
    }
}

impl Fetch for EcsRamRole {
    fn fetch(&self) -> BoxFuture<'_, Result<Fetched, CredentialsError>> {
        Box::pin(self.ask())
    }

    fn describe(&self) -> String {
        match &self.role_name {
            Some(name) => format!("the role {name} of this ECS instance"),
            None => "the role of this ECS instance".to_owned(),
        }
    }
}

fn metadata_token(response: &Response) -> Option<String> {
    let token = str::from_utf8(&response.body).ok()?.trim();
    let is_token = response.status == StatusCode::OK && !token.is_empty();
    (is_token && http::HeaderValue::from_str(token).is_ok()).then(|| token.to_owned())
}

/// The instance's role, from the list of its roles, which has one.
fn first_role(provider: &str, response: &Response) -> Result<String, CredentialsError> {
    let text = str::from_utf8(&response.body).unwrap_or_default();
    let name = text.lines().map(str::trim).find(|line| !line.is_empty());
    match (response.status, name) {
        (StatusCode::OK, Some(name)) => Ok(name.to_owned()),
        (StatusCode::OK | StatusCode::NOT_FOUND, _) => {
            Err(CredentialsError::setup(provider, "this instance has no RAM role"))
        }
        (status, _) => {
            let text = format!("it does not say which role there is (status {status})");
            Err(CredentialsError::new(provider, CredentialsFailure::Unusable(text)))
        }
    }
}
