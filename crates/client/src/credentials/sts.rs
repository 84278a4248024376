//! The Security Token Service, which gives temporary credentials for a role.
//!
//! Source: the STS API reference, "AssumeRole", "AssumeRoleWithOIDC" and "Request signature".

use std::time::Duration;

use bytes::Bytes;
use ossutil_signing::{Credentials, percent_encode, rpc};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::ExposeSecret;

use super::{CredentialsError, Fetched, Network, answer};
use crate::Clock;

/// The name of a session that was given none; it stands in the account's audit log.
pub const DEFAULT_SESSION_NAME: &str = "ossutil";

/// The service: where it is and how it is reached.
#[derive(Clone)]
pub struct Sts {
    url: String,
    network: Network,
    clock: Clock,
}

/// The role to assume.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its ARN, such as `acs:ram::1234567890123456:role/name`.
    pub arn: String,
    /// The name of the session: 2 to 64 letters, digits and `.@-_`.
    pub session_name: String,
    /// The life of the credentials; STS wants 15 minutes at least, the role says how much at most.
    pub duration: Duration,
    /// A policy in JSON that narrows the role's own.
    pub policy: Option<String>,
    /// The external id that the role's trust policy asks for; AssumeRole only.
    pub external_id: Option<String>,
}

type Parameters<'a> = Vec<(&'a str, String)>;

impl Sts {
    /// The service at `endpoint`, a host or a URL; else that of a region; else the central one.
    pub fn new(
        endpoint: Option<&str>,
        region: Option<&str>,
        network: Network,
        clock: Clock,
    ) -> Self {
        let host = match (endpoint, region) {
            (Some(endpoint), _) => endpoint.trim_end_matches('/').to_owned(),
            (None, Some(region)) => format!("sts.{region}.aliyuncs.com"),
            (None, None) => "sts.aliyuncs.com".to_owned(),
        };
        let url = if host.contains("://") { host } else { format!("https://{host}") };
        Self { url, network, clock }
    }

    /// The service's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Asks for credentials; `source` signs, where the action is a signed one.
    pub(super) async fn call(
        &self,
        provider: &str,
        action: &str,
        role: &Role,
        extra: &[(&str, &str)],
        source: Option<&Credentials>,
    ) -> Result<Fetched, CredentialsError> {
        let form = form(role, extra);
        let request = || {
            let query = encode(&self.query(action, &form, source));
            http::Request::post(format!("{}/?{query}", self.url))
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Bytes::from(encode(&form)))
        };
        let response = self.network.send(provider, request).await?;
        let mut secrets: Vec<&str> = extra.iter().map(|(_, value)| *value).collect();
        if let Some(source) = source {
            secrets.push(source.access_key_secret.expose_secret());
            secrets.extend(source.security_token.as_ref().map(ExposeSecret::expose_secret));
        }
        answer::read(provider, &response, &secrets)
    }

    /// The parameters of the query, the signature among them.
    fn query<'a>(
        &self,
        action: &str,
        form: &Parameters<'a>,
        source: Option<&Credentials>,
    ) -> Parameters<'a> {
        let mut query = vec![
            ("Action", action.to_owned()),
            ("Format", "JSON".to_owned()),
            ("Timestamp", (self.clock)().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            ("Version", "2015-04-01".to_owned()),
        ];
        let Some(source) = source else { return query };
        query.push(("AccessKeyId", source.access_key_id.clone()));
        query.push(("SignatureMethod", "HMAC-SHA1".to_owned()));
        query.push(("SignatureNonce", nonce()));
        query.push(("SignatureVersion", "1.0".to_owned()));
        if let Some(token) = &source.security_token {
            query.push(("SecurityToken", token.expose_secret().to_owned()));
        }
        let all = query.iter().chain(form);
        let all: Vec<(&str, &str)> = all.map(|(name, value)| (*name, value.as_str())).collect();
        let signature = rpc::signature(&source.access_key_secret, "POST", &all);
        query.push(("Signature", signature));
        query
    }
}

fn form<'a>(role: &Role, extra: &[(&'a str, &str)]) -> Parameters<'a> {
    let mut form = vec![
        ("RoleArn", role.arn.clone()),
        ("RoleSessionName", role.session_name.clone()),
        ("DurationSeconds", role.duration.as_secs().to_string()),
    ];
    form.extend(role.policy.clone().map(|policy| ("Policy", policy)));
    form.extend(extra.iter().map(|(name, value)| (*name, (*value).to_owned())));
    form
}

fn encode(parameters: &Parameters<'_>) -> String {
    let pair = |(name, value): &(&str, String)| format!("{name}={}", percent_encode(value));
    parameters.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// What makes a request one of its kind, so that nobody can send it again.
fn nonce() -> String {
    let mut bytes = [0; 16];
    // Without randomness the service turns a second request away, which is said.
    let _ = SystemRandom::new().fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
