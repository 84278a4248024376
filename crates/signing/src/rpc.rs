//! The signature of Alibaba Cloud's RPC-style services, of which STS issues temporary credentials.
//!
//! HMAC-SHA1 over the method and every parameter. Source: the STS API reference, "Request
//! signature".

use base64::{Engine, prelude::BASE64_STANDARD};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};

use crate::percent_encode;

/// The base64 signature of a request to `/` with these parameters, in any order: those of the
/// query and those of the form, decoded, `Signature` itself left out.
pub fn signature(
    access_key_secret: &SecretString,
    method: &str,
    parameters: &[(&str, &str)],
) -> String {
    let encoded = |&(name, value): &(&str, &str)| (percent_encode(name), percent_encode(value));
    let mut parameters: Vec<(String, String)> = parameters.iter().map(encoded).collect();
    parameters.sort_unstable();
    let pairs: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let text = format!("{method}&%2F&{}", percent_encode(&pairs.join("&")));
    let key = format!("{}&", access_key_secret.expose_secret());
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    BASE64_STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}
