//! Signature version 1: HMAC-SHA1 over the method, a few headers and the resource.
//!
//! It needs no region, so it serves where none is known. Source: the API reference, "Include
//! signatures in the Authorization header" and "Add signatures to URLs".

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::{Timestamp, fmt::rfc2822};
use ring::hmac;
use secrecy::ExposeSecret;

use crate::{Credentials, Message, SECURITY_TOKEN};

/// Query parameters that are part of the resource, so signed; sorted for the binary search.
///
/// Paging and filtering parameters (`prefix`, `marker`, `max-keys`, `encoding-type`, …) are not
/// among them; `continuation-token` is.
const SUB_RESOURCES: &[&str] = &[
    "accessPoint",
    "accessPointPolicy",
    "acl",
    "append",
    "asyncFetch",
    "bucketArchiveDirectRead",
    "bucketInfo",
    "callback",
    "callback-var",
    "cloudboxes",
    "cname",
    "comp",
    "continuation-token",
    "cors",
    "delete",
    "encryption",
    "endTime",
    "group",
    "httpsConfig",
    "img",
    "inventory",
    "inventoryId",
    "lifecycle",
    "link",
    "live",
    "location",
    "logging",
    "metaQuery",
    "objectInfo",
    "objectMeta",
    "partNumber",
    "policy",
    "position",
    "publicAccessBlock",
    "qos",
    "qosInfo",
    "qosRequester",
    "redundancyTransition",
    "referer",
    "regionList",
    "replication",
    "replicationLocation",
    "replicationProgress",
    "requestPayment",
    "requesterQosInfo",
    "resourceGroup",
    "resourcePool",
    "resourcePoolBuckets",
    "resourcePoolInfo",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "rtc",
    "security-token",
    "sequential",
    "startTime",
    "stat",
    "status",
    "style",
    "styleName",
    "symlink",
    "tagging",
    "transferAcceleration",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "vod",
    "website",
    "worm",
    "wormExtend",
    "wormId",
];

/// The parameters that carry a version 1 signature in a URL.
const URL_PARAMETERS: [&str; 3] = ["OSSAccessKeyId", "Expires", "Signature"];

/// Whether the query parameter `name` is part of the signed resource.
///
/// Beyond the list every `x-oss-…` parameter is, as the service's newer SDKs do it.
fn is_sub_resource(name: &str) -> bool {
    name.starts_with("x-oss-") || SUB_RESOURCES.binary_search(&name).is_ok()
}

/// The text that version 1 signs.
///
/// `date` is the value of the `Date` header, or for a URL the Unix time it expires at. An
/// `x-oss-date` header takes its place, and stays among the headers. `extra_sub_resources` are
/// query parameters that count as sub-resources although the list lacks them.
pub fn string_to_sign(message: &Message<'_>, date: &str, extra_sub_resources: &[&str]) -> String {
    format!(
        "{}\n{}\n{}\n{}\n{}{}",
        message.method,
        message.header("content-md5").unwrap_or_default(),
        message.header("content-type").unwrap_or_default(),
        message.header("x-oss-date").unwrap_or(date),
        message.canonical_headers(|name| name.starts_with("x-oss-")),
        canonical_resource(message, extra_sub_resources),
    )
}

/// `/bucket/key?sub=resources`, none of it encoded.
fn canonical_resource(message: &Message<'_>, extra_sub_resources: &[&str]) -> String {
    let mut resource = message.resource();
    let mut signed: Vec<&(String, String)> = message
        .query
        .iter()
        .filter(|(name, _)| is_sub_resource(name) || extra_sub_resources.contains(&name.as_str()))
        .collect();
    signed.sort_unstable();
    for (index, (name, value)) in signed.into_iter().enumerate() {
        resource.push(if index == 0 { '?' } else { '&' });
        resource.push_str(name);
        if !value.is_empty() {
            resource.push('=');
            resource.push_str(value);
        }
    }
    resource
}

/// The base64 signature of `string_to_sign`.
pub fn signature(access_key_secret: &str, string_to_sign: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, access_key_secret.as_bytes());
    BASE64_STANDARD.encode(hmac::sign(&key, string_to_sign.as_bytes()))
}

/// The headers that make `message` a signed request: `date`, `x-oss-security-token` when the
/// credentials have one, and `authorization`.
pub fn sign(
    message: &Message<'_>,
    credentials: &Credentials,
    time: Timestamp,
    extra_sub_resources: &[&str],
) -> Vec<(String, String)> {
    let mut headers = message.headers.to_vec();
    let date = http_date(time);
    let mut added = vec![("date".to_owned(), date.clone())];
    if let Some(token) = &credentials.security_token {
        added.push((SECURITY_TOKEN.to_owned(), token.expose_secret().to_owned()));
    }
    headers.extend_from_slice(&added);
    let message = Message { headers: &headers, ..*message };
    let signature = signature(
        credentials.access_key_secret.expose_secret(),
        &string_to_sign(&message, &date, extra_sub_resources),
    );
    let authorization = format!("OSS {}:{signature}", credentials.access_key_id);
    added.push(("authorization".to_owned(), authorization));
    added
}

/// The query parameters that make `message` a signed URL, valid until `expires` (to the second).
pub fn presign(
    message: &Message<'_>,
    credentials: &Credentials,
    expires: Timestamp,
    extra_sub_resources: &[&str],
) -> Vec<(String, String)> {
    let expires = expires.as_second().to_string();
    let mut query = message.query.to_vec();
    let mut added = Vec::new();
    if let Some(token) = &credentials.security_token {
        added.push(("security-token".to_owned(), token.expose_secret().to_owned()));
        query.extend_from_slice(&added);
    }
    let message = Message { query: &query, ..*message };
    let signature = signature(
        credentials.access_key_secret.expose_secret(),
        &string_to_sign(&message, &expires, extra_sub_resources),
    );
    let values = [credentials.access_key_id.clone(), expires, signature];
    added.extend(URL_PARAMETERS.map(str::to_owned).into_iter().zip(values));
    added
}

/// `time` as the `Date` header wants it: `Sun, 03 Dec 2023 12:12:12 GMT`.
///
/// # Panics
/// On a year before 0 or after 9999, which no clock shows.
pub fn http_date(time: Timestamp) -> String {
    rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&time)
        .expect("every timestamp has a four-digit year")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sub_resources_are_sorted() {
        assert!(SUB_RESOURCES.is_sorted());
    }

    /// The example of the API reference itself.
    #[test]
    fn documented_example() {
        let headers = [
            ("Content-MD5", "ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM="),
            ("Content-Type", "text/html"),
            ("x-oss-magic", "abracadabra"),
            ("x-oss-meta-author", "foo@bar.com"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let message = Message {
            method: "PUT",
            bucket: Some("oss-example"),
            key: Some("nelson"),
            query: &[],
            headers: &headers,
        };
        let text = string_to_sign(&message, "Thu, 17 Nov 2005 18:49:58 GMT", &[]);
        assert_eq!(
            signature("OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV", &text),
            "26NBxoKdsyly4EDv6inkoDft/yA="
        );
    }
}
