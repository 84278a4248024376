//! What a request says of the object it makes.

use ossutil_protocol::names;

use crate::{
    digest::Checksums,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
};

/// The headers of a request that are kept with the object.
const KEPT: [&str; 9] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
    "x-oss-server-side-encryption",
    "x-oss-server-side-encryption-key-id",
    "x-oss-server-side-data-encryption",
];

/// The storage classes.
pub(super) const CLASSES: [&str; 5] =
    ["Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"];

/// The most user metadata, in bytes.
const MAX_META: usize = 8 << 10;

/// What a request says of the object it makes.
pub(super) struct Properties {
    pub(super) headers: Vec<(String, String)>,
    pub(super) tags: Vec<(String, String)>,
    pub(super) acl: String,
    /// If it is not that of the bucket.
    pub(super) storage_class: Option<String>,
}

impl Properties {
    pub(super) fn of(request: &Incoming) -> Outcome<Self> {
        let headers = kept_headers(request)?;
        let tags = request.header("x-oss-tagging").map(|text| parse_tags(&text)).transpose()?;
        let acl = request.header("x-oss-object-acl").map(object_acl).transpose()?;
        let storage_class = request.header("x-oss-storage-class").map(check_class).transpose()?;
        let (tags, acl) = (tags.unwrap_or_default(), acl.unwrap_or_else(|| "default".to_owned()));
        Ok(Self { headers, tags, acl, storage_class })
    }
}

fn kept_headers(request: &Incoming) -> Outcome<Vec<(String, String)>> {
    let is_meta = |name: &str| name.starts_with("x-oss-meta-");
    let pairs = request.header_pairs().into_iter();
    let kept: Vec<_> = pairs.filter(|(name, _)| KEPT.contains(&&**name) || is_meta(name)).collect();
    let meta = kept.iter().filter(|(name, _)| is_meta(name));
    if meta.map(|(name, value)| name.len() + value.len()).sum::<usize>() > MAX_META {
        let message = "The total size of the user metadata is larger than 8 KB.";
        return Err(Refusal::new(400, "InvalidArgument", message));
    }
    Ok(kept)
}

fn check_class(class: String) -> Outcome<String> {
    match CLASSES.contains(&class.as_str()) {
        true => Ok(class),
        false => {
            let message = "The storage class you specified is invalid.";
            Err(Refusal::invalid_argument("x-oss-storage-class", &class, message))
        }
    }
}

pub(super) fn object_acl(acl: String) -> Outcome<String> {
    match ["default", "private", "public-read", "public-read-write"].contains(&acl.as_str()) {
        true => Ok(acl),
        false => {
            let message = "no such object access control exists";
            Err(Refusal::invalid_argument("x-oss-object-acl", &acl, message))
        }
    }
}

/// Reads `a=1&b=2`, each side percent-encoded.
fn parse_tags(text: &str) -> Outcome<Vec<(String, String)>> {
    let decode = |text: &str| names::decode(&text.replace('+', "%20"));
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let tags: Result<Vec<_>, _> =
        pairs.map(|(key, value)| Ok((decode(key)?, decode(value)?))).collect();
    let invalid = |_: ossutil_protocol::DecodeError| {
        let message = "The tags must be encoded as the query of a URL.";
        Refusal::invalid_argument("x-oss-tagging", text, message)
    };
    check_tags(tags.map_err(invalid)?)
}

/// At most ten tags, each key once.
pub(super) fn check_tags(tags: Vec<(String, String)>) -> Outcome<Vec<(String, String)>> {
    let is_legal = |(key, value): &(String, String)| {
        (1..=128).contains(&key.chars().count())
            && value.chars().count() <= 256
            && has_tag_letters(key)
            && has_tag_letters(value)
    };
    let is_unique = |at: usize| tags[..at].iter().all(|(key, _)| *key != tags[at].0);
    if tags.len() <= 10 && tags.iter().all(is_legal) && (0..tags.len()).all(is_unique) {
        return Ok(tags);
    }
    Err(Refusal::new(400, "InvalidTag", "The tags you provided are not valid."))
}

/// Whether the tags of objects, and of rules about objects, may have this text.
pub(super) fn has_tag_letters(text: &str) -> bool {
    text.chars().all(|letter| letter.is_alphanumeric() || " +-=._:/".contains(letter))
}

/// Compares the content with the request's `Content-MD5`.
pub(super) fn check_content_md5(request: &Incoming, checksums: &Checksums) -> Outcome<()> {
    match request.header("content-md5") {
        Some(md5) if md5 != checksums.content_md5() => {
            let message = "The Content-MD5 you specified did not match what we received.";
            Err(Refusal::new(400, "InvalidDigest", message).detail("Content-MD5", md5))
        }
        _ => Ok(()),
    }
}

pub(super) fn forbids_overwrite(request: &Incoming) -> bool {
    request.header("x-oss-forbid-overwrite").as_deref() == Some("true")
}

pub(super) fn already_exists() -> Refusal {
    let message = "The object you specified already exists and can not be overwritten.";
    Refusal::new(409, "FileAlreadyExists", message)
}
