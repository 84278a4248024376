//! Signature version 4: an HMAC-SHA256 chain over the whole canonical request, bound to a day, a
//! region and a product.
//!
//! Source: the API reference, "Include a V4 signature in the Authorization header" and "Include a
//! V4 signature in a URL".

use jiff::{Timestamp, tz::TimeZone};
use ring::{digest, hmac};
use secrecy::ExposeSecret;

use crate::{Credentials, Message, SECURITY_TOKEN, percent_encode_path};

/// The name of the algorithm, which opens the string to sign and the `Authorization` header.
pub const ALGORITHM: &str = "OSS4-HMAC-SHA256";

/// The only payload hash the service accepts: bodies are not part of the signature.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The last part of every scope and of the key chain.
const REQUEST: &str = "aliyun_v4_request";

/// Where a signature is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope<'a> {
    /// The day of the request in UTC, `yyyymmdd`.
    pub day: &'a str,
    /// The region id without `oss-`, or the id of a cloud box.
    pub region: &'a str,
    /// `oss`, or `oss-cloudbox`.
    pub product: &'a str,
}

impl std::fmt::Display for Scope<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}/{REQUEST}", self.day, self.region, self.product)
    }
}

/// The region and product a client signs for.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The region id without `oss-`, or the id of a cloud box.
    pub region: &'a str,
    /// `oss`, or `oss-cloudbox`.
    pub product: &'a str,
}

/// Whether version 4 covers the header `name` (lower case) without being asked to.
fn is_signed_by_default(name: &str) -> bool {
    name.starts_with("x-oss-") || name == "content-type" || name == "content-md5"
}

/// Those of `wanted` that the request has and that are not signed anyway: lower case, sorted.
pub fn additional_headers(message: &Message<'_>, wanted: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = wanted
        .iter()
        .map(|name| name.to_ascii_lowercase())
        .filter(|name| !is_signed_by_default(name) && message.header(name).is_some())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The canonical request; `additional` as [`additional_headers`] gives it.
///
/// The resource is `/bucket/key` whatever the addressing style of the URL. Parameters are sorted
/// by their encoded names.
pub fn canonical_request(message: &Message<'_>, additional: &[String]) -> String {
    let headers = message.canonical_headers(|name| {
        is_signed_by_default(name) || additional.iter().any(|wanted| wanted == name)
    });
    format!(
        "{}\n{}\n{}\n{headers}\n{}\n{UNSIGNED_PAYLOAD}",
        message.method,
        percent_encode_path(&message.resource()),
        message.encoded_query(),
        additional.join(";"),
    )
}

/// The text that version 4 signs. `timestamp` is the literal `x-oss-date`, or without one the
/// literal `Date` header.
pub fn string_to_sign(timestamp: &str, scope: &Scope<'_>, canonical_request: &str) -> String {
    let hash = digest::digest(&digest::SHA256, canonical_request.as_bytes());
    format!("{ALGORITHM}\n{timestamp}\n{scope}\n{}", hex(hash.as_ref()))
}

/// The signature of `string_to_sign`, in lower-case hex.
pub fn signature(access_key_secret: &str, scope: &Scope<'_>, string_to_sign: &str) -> String {
    let seed = format!("aliyun_v4{access_key_secret}").into_bytes();
    let key = [scope.day, scope.region, scope.product, REQUEST]
        .iter()
        .fold(seed, |key, part| hmac_sha256(&key, part).as_ref().to_vec());
    hex(hmac_sha256(&key, string_to_sign).as_ref())
}

/// The headers that make `message` a signed request: `x-oss-date`, `x-oss-content-sha256`,
/// `x-oss-security-token` when the credentials have one, and `authorization`.
///
/// `additional` names headers to sign beyond those that always are; absent ones are left out.
pub fn sign(
    message: &Message<'_>,
    credentials: &Credentials,
    place: Place<'_>,
    time: Timestamp,
    additional: &[&str],
) -> Vec<(String, String)> {
    let timestamp = timestamp(time);
    let scope = Scope { day: day(&timestamp), region: place.region, product: place.product };
    let mut added = vec![
        ("x-oss-date".to_owned(), timestamp.clone()),
        ("x-oss-content-sha256".to_owned(), UNSIGNED_PAYLOAD.to_owned()),
    ];
    if let Some(token) = &credentials.security_token {
        added.push((SECURITY_TOKEN.to_owned(), token.expose_secret().to_owned()));
    }
    let headers = [message.headers, &added].concat();
    let message = Message { headers: &headers, ..*message };
    let additional = additional_headers(&message, additional);
    let text = string_to_sign(&timestamp, &scope, &canonical_request(&message, &additional));
    let signature = signature(credentials.access_key_secret.expose_secret(), &scope, &text);

    let mut authorization = format!("{ALGORITHM} Credential={}/{scope}", credentials.access_key_id);
    if !additional.is_empty() {
        authorization = authorization + ",AdditionalHeaders=" + &additional.join(";");
    }
    added.push(("authorization".to_owned(), authorization + ",Signature=" + &signature));
    added
}

/// The query parameters that make `message` a signed URL, valid for `expires_in` seconds from
/// `time` (the service allows 1 to 604800).
pub fn presign(
    message: &Message<'_>,
    credentials: &Credentials,
    place: Place<'_>,
    time: Timestamp,
    expires_in: u32,
    additional: &[&str],
) -> Vec<(String, String)> {
    let timestamp = timestamp(time);
    let scope = Scope { day: day(&timestamp), region: place.region, product: place.product };
    let additional = additional_headers(message, additional);
    let mut added = vec![
        ("x-oss-signature-version".to_owned(), ALGORITHM.to_owned()),
        ("x-oss-credential".to_owned(), format!("{}/{scope}", credentials.access_key_id)),
        ("x-oss-date".to_owned(), timestamp.clone()),
        ("x-oss-expires".to_owned(), expires_in.to_string()),
    ];
    if !additional.is_empty() {
        added.push(("x-oss-additional-headers".to_owned(), additional.join(";")));
    }
    if let Some(token) = &credentials.security_token {
        added.push((SECURITY_TOKEN.to_owned(), token.expose_secret().to_owned()));
    }
    let query = [message.query, &added].concat();
    let message = Message { query: &query, ..*message };
    let text = string_to_sign(&timestamp, &scope, &canonical_request(&message, &additional));
    let signature = signature(credentials.access_key_secret.expose_secret(), &scope, &text);
    added.push(("x-oss-signature".to_owned(), signature));
    added
}

/// `time` as version 4 writes it: `20231203T121212Z`.
pub fn timestamp(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The day of a [`timestamp`].
fn day(timestamp: &str) -> &str {
    &timestamp[..8]
}

fn hmac_sha256(key: &[u8], text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
