//! Server-side encryption: what a bucket does by default, and what objects say of theirs. Nothing
//! is encrypted.

use ossutil_protocol::xml::{self, Writer};

use super::{
    documents::{absent, given_back},
    method_not_allowed,
    properties::check_content_md5,
};
use crate::{
    answer::Answer,
    digest::Checksums,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::{Change, Lookup},
};

/// The name the document of a bucket is stored under, and its sub-resource.
const DOCUMENT: &str = "encryption";

const ROOT: &str = "ServerSideEncryptionRule";

/// The headers that say how an object is encrypted: algorithm, KMS key, algorithm below that key.
const HEADERS: [&str; 3] = [
    "x-oss-server-side-encryption",
    "x-oss-server-side-encryption-key-id",
    "x-oss-server-side-data-encryption",
];

/// The key that KMS takes for OSS when none is named.
const DEFAULT_KEY: &str = "9468da86-3509-4f8d-a61e-6eab1eac0000";

/// How something is encrypted.
struct Encryption {
    algorithm: String,
    key_id: Option<String>,
    data_algorithm: Option<String>,
}

impl Encryption {
    /// What the headers of a request say.
    fn of_headers(headers: &[(String, String)]) -> Outcome<Option<Self>> {
        let [algorithm, key_id, data_algorithm] = HEADERS.map(|name| {
            let found = headers.iter().find(|(candidate, _)| candidate == name);
            found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
        });
        let Some(algorithm) = algorithm else { return Ok(None) };
        Self { algorithm, key_id, data_algorithm }.checked().map(Some)
    }

    fn of_document(body: &[u8]) -> Outcome<Self> {
        let read = xml::parse_lenient(body, ROOT, |root| {
            let rule = root.child("ApplyServerSideEncryptionByDefault");
            Ok(rule.map(|rule| Self {
                algorithm: rule.text_or_empty("SSEAlgorithm"),
                key_id: rule.filled("KMSMasterKeyID"),
                data_algorithm: rule.filled("KMSDataEncryption"),
            }))
        });
        read.ok().flatten().ok_or_else(Refusal::malformed_xml)?.checked()
    }

    /// What the bucket does by default.
    fn of_bucket(lookup: &impl Lookup, bucket: &str) -> Outcome<Option<Self>> {
        let document = lookup.document(bucket, DOCUMENT)?;
        document.map(|document| Self::of_document(&document)).transpose()
    }

    /// Only KMS has keys that are named, and algorithms below them.
    fn checked(self) -> Outcome<Self> {
        if !["AES256", "KMS", "SM4"].contains(&&*self.algorithm) {
            let message = "The Encryption Method you specified is not supported.";
            return Err(Refusal::new(400, "InvalidEncryptionAlgorithmError", message)
                .detail("ArgumentName", "SSEAlgorithm")
                .detail("ArgumentValue", self.algorithm));
        }
        let is_kms = self.algorithm == "KMS";
        if let Some(key_id) = self.key_id.as_ref().filter(|_| !is_kms) {
            let message = "KMSMasterKeyID is not applicable if the SSEAlgorithm is not KMS.";
            return Err(Refusal::invalid_argument("KMSMasterKeyID", key_id, message));
        }
        Ok(Self { data_algorithm: self.data_algorithm.filter(|_| is_kms), ..self })
    }

    fn to_document(&self) -> Vec<u8> {
        Writer::document(ROOT, |root| {
            root.element("ApplyServerSideEncryptionByDefault", |rule| {
                rule.text("SSEAlgorithm", &self.algorithm);
                rule.text_if("KMSMasterKeyID", self.key_id.as_ref());
                rule.text_if("KMSDataEncryption", self.data_algorithm.as_ref());
            });
        })
    }

    /// What an object that is made says of it.
    fn into_headers(self) -> impl Iterator<Item = (String, String)> {
        let is_kms = self.algorithm == "KMS";
        let key_id = self.key_id.or(is_kms.then(|| DEFAULT_KEY.to_owned()));
        let values = [Some(self.algorithm), key_id, self.data_algorithm];
        let pairs = HEADERS.into_iter().zip(values);
        pairs.filter_map(|(name, value)| Some((name.to_owned(), value?)))
    }
}

/// Settles how an object with these headers is encrypted: as they say, or as the bucket does.
pub(super) fn settle(
    lookup: &impl Lookup,
    bucket: &str,
    headers: &mut Vec<(String, String)>,
) -> Outcome<()> {
    let encryption = match Encryption::of_headers(headers)? {
        Some(encryption) => Some(encryption),
        None => Encryption::of_bucket(lookup, bucket)?,
    };
    remove(headers);
    headers.extend(encryption.into_iter().flat_map(Encryption::into_headers));
    Ok(())
}

/// The headers without what they say of encryption.
pub(super) fn remove(headers: &mut Vec<(String, String)>) {
    headers.retain(|(name, _)| !HEADERS.contains(&&**name));
}

/// Those of an object's headers that say how it is encrypted.
pub(super) fn shown(headers: &[(String, String)]) -> Vec<(String, String)> {
    headers.iter().filter(|(name, _)| HEADERS.contains(&&**name)).cloned().collect()
}

/// Makes what the headers of a PutBucket say the default of the new bucket.
pub(super) fn put_default(
    change: &mut Change<'_>,
    request: &Incoming,
    bucket: &str,
) -> Outcome<()> {
    match Encryption::of_headers(&request.header_pairs())? {
        Some(encryption) => change.put_document(bucket, DOCUMENT, &encryption.to_document()),
        None => Ok(()),
    }
}

/// PutBucketEncryption, GetBucketEncryption and DeleteBucketEncryption.
pub(super) fn answer(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    match request.method.as_str() {
        "PUT" => {
            check_content_md5(request, &Checksums::of(&request.body))?;
            let document = Encryption::of_document(&request.body)?.to_document();
            state.store.change(|change| change.put_document(bucket, DOCUMENT, &document))?;
            Ok(Answer::ok())
        }
        "GET" => {
            let document = state.store.view(|view| view.document(bucket, DOCUMENT))?;
            let message = "The server side encryption configuration is not set.";
            let none = || absent(bucket, "NoSuchServerSideEncryptionRule", message);
            let document = document.ok_or_else(none)?;
            Ok(given_back(document).header("content-type", "application/xml"))
        }
        "DELETE" => {
            state.store.change(|change| change.remove_document(bucket, DOCUMENT))?;
            Ok(Answer::no_content())
        }
        _ => Err(method_not_allowed(request, "BUCKET")),
    }
}
