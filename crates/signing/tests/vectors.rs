//! Signatures that the official SDKs computed, recomputed here.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use ossutil_signing::{Credentials, Message, rpc, v1, v4};
use serde::{Deserialize, de::DeserializeOwned};

/// One vector: what was signed, and what the SDKs made of it.
#[derive(Deserialize)]
struct Vector<Expected> {
    id: String,
    method: String,
    bucket: Option<String>,
    key: Option<String>,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    region: String,
    product: String,
    access_key_id: String,
    access_key_secret: String,
    security_token: String,
    time: Timestamp,
    #[serde(default)]
    expires_in: u32,
    #[serde(default)]
    additional_headers: Vec<String>,
    #[serde(default)]
    extra_sub_resources: Vec<String>,
    #[serde(default)]
    headers_added_by_signer: BTreeMap<String, String>,
    expected: Expected,
}

#[derive(Deserialize)]
struct File<Expected> {
    vectors: Vec<Vector<Expected>>,
}

#[derive(Deserialize)]
struct HeaderV1 {
    string_to_sign: String,
    signature: String,
    authorization: String,
}

#[derive(Deserialize)]
struct HeaderV4 {
    canonical_request: String,
    string_to_sign: String,
    signature: String,
    authorization: String,
}

#[derive(Deserialize)]
struct Url {
    query: Vec<(String, String)>,
}

impl<Expected: DeserializeOwned> Vector<Expected> {
    fn all(json: &str) -> Vec<Self> {
        serde_json::from_str::<File<Expected>>(json).expect("the file holds vectors").vectors
    }

    fn credentials(&self) -> Credentials {
        Credentials {
            access_key_id: self.access_key_id.clone(),
            access_key_secret: self.access_key_secret.clone().into(),
            security_token: (!self.security_token.is_empty())
                .then(|| self.security_token.clone().into()),
        }
    }

    fn message(&self) -> Message<'_> {
        Message {
            method: &self.method,
            bucket: self.bucket.as_deref(),
            key: self.key.as_deref(),
            query: &self.query,
            headers: &self.headers,
        }
    }

    fn place(&self) -> v4::Place<'_> {
        v4::Place { region: &self.region, product: &self.product }
    }

    /// What the caller gives and what the signer adds, as the request would be sent.
    fn sent_headers(&self, added: &[(String, String)]) -> Vec<(String, String)> {
        let expected: BTreeMap<_, _> =
            added.iter().filter(|(name, _)| name != "authorization").cloned().collect();
        assert_eq!(expected, self.headers_added_by_signer, "{}: headers added", self.id);
        [self.headers.as_slice(), added].concat()
    }

    /// The caller's query and the signer's, sorted, to compare with the SDKs'.
    fn signed_query(&self, added: Vec<(String, String)>) -> Vec<(String, String)> {
        let mut query = [self.query.clone(), added].concat();
        query.sort();
        query
    }
}

fn strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

fn value<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
    &headers.iter().find(|(candidate, _)| candidate == name).expect(name).1
}

#[test]
fn headers_v1() {
    for vector in Vector::<HeaderV1>::all(include_str!("vectors/sign_v1.json")) {
        let extra = strs(&vector.extra_sub_resources);
        let added = v1::sign(&vector.message(), &vector.credentials(), vector.time, &extra);
        let sent = vector.sent_headers(&added);
        let message = Message { headers: &sent, ..vector.message() };
        let text = v1::string_to_sign(&message, value(&sent, "date"), &extra);
        assert_eq!(text, vector.expected.string_to_sign, "{}", vector.id);
        let signature = v1::signature(&vector.access_key_secret, &text);
        assert_eq!(signature, vector.expected.signature, "{}", vector.id);
        assert_eq!(value(&added, "authorization"), vector.expected.authorization, "{}", vector.id);
    }
}

#[test]
fn headers_v4() {
    for vector in Vector::<HeaderV4>::all(include_str!("vectors/sign_v4.json")) {
        let wanted = strs(&vector.additional_headers);
        let added = v4::sign(
            &vector.message(),
            &vector.credentials(),
            vector.place(),
            vector.time,
            &wanted,
        );
        let sent = vector.sent_headers(&added);
        let message = Message { headers: &sent, ..vector.message() };
        let additional = v4::additional_headers(&message, &wanted);
        let canonical = v4::canonical_request(&message, &additional);
        assert_eq!(canonical, vector.expected.canonical_request, "{}", vector.id);

        let timestamp = value(&sent, "x-oss-date");
        let scope =
            v4::Scope { day: &timestamp[..8], region: &vector.region, product: &vector.product };
        let text = v4::string_to_sign(timestamp, &scope, &canonical);
        assert_eq!(text, vector.expected.string_to_sign, "{}", vector.id);
        let signature = v4::signature(&vector.access_key_secret, &scope, &text);
        assert_eq!(signature, vector.expected.signature, "{}", vector.id);
        assert_eq!(value(&added, "authorization"), vector.expected.authorization, "{}", vector.id);
    }
}

#[test]
fn urls_v1() {
    for vector in Vector::<Url>::all(include_str!("vectors/presign_v1.json")) {
        let expires = vector.time + SignedDuration::from_secs(vector.expires_in.into());
        let extra = strs(&vector.extra_sub_resources);
        let added = v1::presign(&vector.message(), &vector.credentials(), expires, &extra);
        let mut expected = vector.expected.query.clone();
        expected.sort();
        assert_eq!(vector.signed_query(added), expected, "{}", vector.id);
    }
}

#[test]
fn urls_v4() {
    for vector in Vector::<Url>::all(include_str!("vectors/presign_v4.json")) {
        let wanted = strs(&vector.additional_headers);
        let added = v4::presign(
            &vector.message(),
            &vector.credentials(),
            vector.place(),
            vector.time,
            vector.expires_in,
            &wanted,
        );
        let mut expected = vector.expected.query.clone();
        expected.sort();
        assert_eq!(vector.signed_query(added), expected, "{}", vector.id);
    }
}

#[test]
fn a_secret_is_not_debugged() {
    let vector = &Vector::<HeaderV1>::all(include_str!("vectors/sign_v1.json"))[0];
    let text = format!("{:?}", vector.credentials());
    assert!(text.contains(&vector.access_key_id));
    assert!(!text.contains(&vector.access_key_secret));
}

/// The example of the API reference, and what Python's `hmac` makes of its string to sign.
#[test]
fn rpc_signature() {
    let mut parameters = vec![
        ("Version", "2014-05-26"),
        ("Timestamp", "2016-02-23T12:46:24Z"),
        ("Format", "XML"),
        ("AccessKeyId", "testid"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("SignatureNonce", "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"),
        ("Action", "DescribeRegions"),
    ];
    let secret = "testsecret".into();
    let expected = "OLeaidS1JvxuMvnyHOwuJ+uX5qY=";
    assert_eq!(rpc::signature(&secret, "GET", &parameters), expected);
    parameters.reverse();
    assert_eq!(rpc::signature(&secret, "GET", &parameters), expected);
    assert_ne!(rpc::signature(&secret, "POST", &parameters), expected);
}
