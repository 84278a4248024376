//! Signature version 2: version 1's text with every query parameter in it, under HMAC-SHA256.
//!
//! The service has long replaced it by version 4; it is here because `ossutil` 1 offers it.

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use ring::hmac;
use secrecy::ExposeSecret;

use crate::{Credentials, Message, SECURITY_TOKEN, percent_encode, v1::http_date};

/// The text that version 2 signs; `date` is the value of the `Date` header.
///
/// The empty line before the resource is where the names of additional headers would stand.
pub fn string_to_sign(message: &Message<'_>, date: &str) -> String {
    string_to_sign_with(message, date, &[])
}

/// The text of a request that signs additional headers, whose names are in lower case and sorted.
pub fn string_to_sign_with(message: &Message<'_>, date: &str, additional: &[String]) -> String {
    format!(
        "{}\n{}\n{}\n{}\n{}{}\n{}",
        message.method,
        message.header("content-md5").unwrap_or_default(),
        message.header("content-type").unwrap_or_default(),
        message.header("x-oss-date").unwrap_or(date),
        message.canonical_headers(|name| {
            name.starts_with("x-oss-") || additional.iter().any(|own| own == name)
        }),
        additional.join(";"),
        canonical_resource(message),
    )
}

/// `%2Fbucket%2Fkey?every=parameter`, all of it encoded.
fn canonical_resource(message: &Message<'_>) -> String {
    let resource = percent_encode(&message.resource());
    match message.encoded_query().as_str() {
        "" => resource,
        query => format!("{resource}?{query}"),
    }
}

/// The base64 signature of `string_to_sign`.
pub fn signature(access_key_secret: &str, string_to_sign: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, access_key_secret.as_bytes());
    BASE64_STANDARD.encode(hmac::sign(&key, string_to_sign.as_bytes()))
}

/// The headers that make `message` a signed request: `date`, `x-oss-security-token` when the
/// credentials have one, and `authorization`.
pub fn sign(
    message: &Message<'_>,
    credentials: &Credentials,
    time: Timestamp,
) -> Vec<(String, String)> {
    let date = http_date(time);
    let mut added = vec![("date".to_owned(), date.clone())];
    if let Some(token) = &credentials.security_token {
        added.push((SECURITY_TOKEN.to_owned(), token.expose_secret().to_owned()));
    }
    let headers = [message.headers, &added].concat();
    let message = Message { headers: &headers, ..*message };
    let text = string_to_sign(&message, &date);
    let signature = signature(credentials.access_key_secret.expose_secret(), &text);
    let id = &credentials.access_key_id;
    added
        .push(("authorization".to_owned(), format!("OSS2 AccessKeyId:{id},Signature:{signature}")));
    added
}

/// The query parameters that sign a URL until `expires`, beside those of `message`.
///
/// They are the ones `ossutil` 1 sends; the documentation of this version knows headers only.
pub fn presign(
    message: &Message<'_>,
    credentials: &Credentials,
    expires: Timestamp,
) -> Vec<(String, String)> {
    let expires = expires.as_second().to_string();
    let mut added = vec![
        ("x-oss-signature-version".to_owned(), "OSS2".to_owned()),
        ("x-oss-expires".to_owned(), expires.clone()),
        ("x-oss-access-key-id".to_owned(), credentials.access_key_id.clone()),
    ];
    if let Some(token) = &credentials.security_token {
        added.push(("security-token".to_owned(), token.expose_secret().to_owned()));
    }
    let query = [message.query, &added].concat();
    let message = Message { query: &query, ..*message };
    let text = string_to_sign(&message, &expires);
    let signature = signature(credentials.access_key_secret.expose_secret(), &text);
    added.push(("x-oss-signature".to_owned(), signature));
    added
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by hand in another language, from the form of `ossutil` 1.
    #[test]
    fn a_signed_url() {
        let query = [("versionId".to_owned(), "v 1".to_owned())];
        let message = Message {
            method: "GET",
            bucket: Some("bkt"),
            key: Some("dir/a b"),
            query: &query,
            headers: &[],
        };
        let credentials = Credentials {
            access_key_id: "ak".to_owned(),
            access_key_secret: "secret".into(),
            security_token: Some("tok/en".into()),
        };
        let expires = Timestamp::from_second(1_790_000_000).unwrap();
        let added = presign(&message, &credentials, expires);
        let value = |name: &str| added.iter().find(|(own, _)| own == name).unwrap().1.as_str();
        assert_eq!(value("x-oss-expires"), "1790000000");
        assert_eq!(value("x-oss-signature"), "oCL5yHLp+h3in0RVxRvpevQEgMTMO/+9Wm/T0OU0b2w=");
    }
}
