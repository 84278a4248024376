//! Request signatures of Alibaba Cloud OSS, version 1 and version 4, in headers and in URLs.
//!
//! Everything here is a pure function of its arguments: no clock, no I/O, no environment. A client
//! calls [`v1::sign`] or [`v4::sign`] right before it sends, and adds the headers it gets back; a
//! server rebuilds the string to sign from what it received with the same functions and compares.
//!
//! Names and values in a [`Message`] are decoded: percent-encoding is the signer's own business.

use secrecy::SecretString;

mod encode;
pub mod rpc;
pub mod v1;
pub mod v2;
pub mod v4;

pub use encode::{percent_encode, percent_encode_path};

/// A key pair, and the session token that goes with it when it is temporary.
///
/// `Debug` shows neither the secret nor the token.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The access key id, which is not secret: it travels in every request.
    pub access_key_id: String,
    /// The secret that signs.
    pub access_key_secret: SecretString,
    /// The STS token of temporary credentials.
    pub security_token: Option<SecretString>,
}

/// The parts of a request that a signature covers.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The HTTP method, upper case.
    pub method: &'a str,
    /// The bucket the request is about, whether or not the URL shows it (it does not with CNAME).
    pub bucket: Option<&'a str>,
    /// The object key, raw UTF-8.
    pub key: Option<&'a str>,
    /// Query parameters, decoded; an empty value stands for a bare name.
    pub query: &'a [(String, String)],
    /// Headers as they are sent, in any order and case.
    pub headers: &'a [(String, String)],
}

impl<'a> Message<'a> {
    /// The value of header `name` (lower case), without white space around it.
    fn header(&self, name: &str) -> Option<&'a str> {
        self.headers
            .iter()
            .find(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    /// `/bucket/key`, `/bucket/` or `/`, not encoded.
    fn resource(&self) -> String {
        match self.bucket {
            Some(bucket) => format!("/{bucket}/{}", self.key.unwrap_or_default()),
            None => "/".to_owned(),
        }
    }

    /// Every query parameter, encoded and then sorted; an empty value leaves the bare name.
    fn encoded_query(&self) -> String {
        let encoded =
            |(name, value): &(String, String)| (percent_encode(name), percent_encode(value));
        let mut query: Vec<(String, String)> = self.query.iter().map(encoded).collect();
        query.sort_unstable();
        let pair = |(name, value): (String, String)| match value.as_str() {
            "" => name,
            value => format!("{name}={value}"),
        };
        query.into_iter().map(pair).collect::<Vec<_>>().join("&")
    }

    /// Lower-cased names and trimmed values of the headers that `wanted` picks, sorted by name.
    fn canonical_headers(&self, wanted: impl Fn(&str) -> bool) -> String {
        let mut picked: Vec<(String, &str)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
            .filter(|(name, _)| wanted(name))
            .collect();
        picked.sort_unstable();
        picked.iter().fold(String::new(), |text, (name, value)| text + name + ":" + value + "\n")
    }
}

/// The name in which a header carries the session token, in both versions.
const SECURITY_TOKEN: &str = "x-oss-security-token";
