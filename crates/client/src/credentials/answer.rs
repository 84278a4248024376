//! Reads credentials from JSON, in each of the spellings their sources have.
//!
//! Nothing of a text that may hold a secret goes into an error, not even a parser's own message,
//! which would quote it.

use jiff::Timestamp;
use ossutil_protocol::Response;
use ossutil_signing::Credentials;
use serde_json::Value;

use super::{CredentialsError, CredentialsFailure, Fetched};

/// The longest text that is read as credentials, in bytes.
pub(super) const MAX_TEXT: usize = 64 << 10;

/// How much of a service's message is shown, in characters.
const MAX_MESSAGE: usize = 300;

/// Reads an answer. `secrets` were sent, and are masked where a refusal repeats them.
pub(super) fn read(
    provider: &str,
    response: &Response,
    secrets: &[&str],
) -> Result<Fetched, CredentialsError> {
    if response.status == http::StatusCode::OK {
        return parse(provider, &response.body, secrets);
    }
    let value = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
    let header = response.header("x-acs-request-id");
    Err(refused(provider, response.status.as_u16(), &value, header, secrets))
}

/// Reads a text that should be credentials.
pub(super) fn parse(
    provider: &str,
    text: &[u8],
    secrets: &[&str],
) -> Result<Fetched, CredentialsError> {
    let unusable =
        |text: String| CredentialsError::new(provider, CredentialsFailure::Unusable(text));
    if text.len() > MAX_TEXT {
        return Err(unusable(format!("its answer is longer than {} KiB", MAX_TEXT >> 10)));
    }
    let value: Value = serde_json::from_slice(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        unusable(format!("its answer is not JSON (line {line}, column {column})"))
    })?;
    let code = field(&value, &["Code"]).unwrap_or_default();
    if !code.is_empty() && !code.eq_ignore_ascii_case("success") {
        return Err(refused(provider, 200, &value, None, secrets));
    }
    let value = value.get("Credentials").unwrap_or(&value);
    let needed = |names: &[&str]| {
        field(value, names)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| unusable(format!("its answer has no {}", names[0])))
    };
    let access_key_id = needed(&["AccessKeyId", "access_key_id"])?.to_owned();
    let access_key_secret = needed(&["AccessKeySecret", "access_key_secret"])?.into();
    let token = field(value, &["SecurityToken", "sts_token", "security_token"]);
    let expiration = field(value, &["Expiration", "expiration"]).filter(|text| !text.is_empty());
    let expiration = expiration.map(str::parse::<Timestamp>).transpose();
    Ok(Fetched {
        credentials: Credentials {
            access_key_id,
            access_key_secret,
            security_token: token.filter(|text| !text.is_empty()).map(Into::into),
        },
        expiration: expiration.map_err(|_| {
            unusable("its Expiration is no time such as 2026-01-01T06:00:00Z".into())
        })?,
    })
}

fn field<'a>(value: &'a Value, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| value.get(name)?.as_str())
}

fn refused(
    provider: &str,
    status: u16,
    value: &Value,
    request_id: Option<String>,
    secrets: &[&str],
) -> CredentialsError {
    let text = |names: &[&str]| field(value, names).unwrap_or_default().to_owned();
    let mut message = text(&["Message", "message"]);
    // A wrong signature is answered with the text that was signed, and the token is in it.
    message.truncate(message.find("server string to sign").unwrap_or(message.len()));
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        message = message.replace(secret, "***");
    }
    let failure = CredentialsFailure::Refused {
        status,
        code: text(&["Code", "code"]),
        message: message.trim().chars().take(MAX_MESSAGE).collect(),
        request_id: Some(text(&["RequestId"]))
            .filter(|id| !id.is_empty())
            .or(request_id)
            .unwrap_or_default(),
    };
    CredentialsError::new(provider, failure)
}
