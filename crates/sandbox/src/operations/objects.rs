//! Objects: Put, Get, Head, Delete, DeleteMultiple, and the listings.

use std::ops::Bound;

use http::StatusCode;
use jiff::{Timestamp, fmt::rfc2822};
use ossutil_protocol::{names::Encoding, operations::DeleteMultipleObjects, xml::Writer};
use ossutil_signing::v1::http_date;

use super::buckets::owner;
use crate::{
    answer::{Answer, xml_time},
    digest,
    incoming::Incoming,
    listing::{Page, Query},
    refusal::{Outcome, Refusal},
    server::State,
    store::Object,
};

/// The headers of a request that are kept with the object.
const KEPT: [&str; 6] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-type",
    "expires",
    "x-oss-storage-class",
];

pub(super) fn kept_headers(request: &Incoming) -> Vec<(String, String)> {
    let is_kept = |name: &str| KEPT.contains(&name) || name.starts_with("x-oss-meta-");
    request.header_pairs().into_iter().filter(|(name, _)| is_kept(name)).collect()
}

pub(super) fn check_content_md5(request: &Incoming) -> Outcome<()> {
    match request.header("content-md5") {
        Some(md5) if md5 != digest::content_md5(&request.body) => {
            let message = "The Content-MD5 you specified did not match what we received.";
            Err(Refusal::new(400, "InvalidDigest", message).detail("Content-MD5", md5))
        }
        _ => Ok(()),
    }
}

pub(super) fn already_exists() -> Refusal {
    let message = "The object you specified already exists and can not be overwritten.";
    Refusal::new(409, "FileAlreadyExists", message)
}

pub(super) fn put(state: &State, request: &Incoming, bucket: &str, key: &str) -> Outcome<Answer> {
    check_content_md5(request)?;
    let object = Object {
        content: request.body.clone(),
        etag: digest::etag(&request.body),
        crc64: digest::crc64(&request.body),
        modified: state.now(),
        kind: "Normal",
        headers: kept_headers(request),
    };
    let answer = Answer::ok()
        .header("etag", &object.etag)
        .header("content-md5", digest::content_md5(&request.body))
        .header("x-oss-hash-crc64ecma", object.crc64);
    let keeps = request.header("x-oss-forbid-overwrite").as_deref() == Some("true");
    match state.store.put_object(bucket, key, object, keeps) {
        true => Ok(answer),
        false => Err(already_exists()),
    }
}

pub(super) fn delete(state: &State, bucket: &str, key: &str) -> Answer {
    state.store.delete_object(bucket, key);
    Answer::no_content()
}

pub(super) fn head(state: &State, request: &Incoming, bucket: &str, key: &str) -> Outcome<Answer> {
    let object = find(state, bucket, key)?;
    let is_meta = request.parameter("objectMeta").is_some();
    if let Some(status) = unmet_condition(request, &object)? {
        return Ok(Answer::empty(status));
    }
    let answer = describe(&object, is_meta);
    Ok(answer.header("content-length", object.content.len()))
}

pub(super) fn get(state: &State, request: &Incoming, bucket: &str, key: &str) -> Outcome<Answer> {
    let object = find(state, bucket, key)?;
    if let Some(status) = unmet_condition(request, &object)? {
        return Ok(Answer::empty(status));
    }
    let size = object.content.len();
    let range = request.header("range");
    let is_strict = request.header("x-oss-range-behavior").as_deref() == Some("standard");
    let answer = describe(&object, false);
    match range.as_deref().map(|range| parse_range(range, size, is_strict)) {
        Some(Some((first, last))) => {
            let body = object.content.slice(first..=last);
            let range = format!("bytes {first}-{last}/{size}");
            let answer = answer.header("content-range", range);
            Ok(Answer { status: StatusCode::PARTIAL_CONTENT, body, ..answer })
        }
        Some(None) if is_strict => {
            let message = "The requested range cannot be satisfied.";
            Err(Refusal::new(416, "InvalidRange", message))
        }
        _ => Ok(Answer { body: object.content.clone(), ..answer }),
    }
}

/// The first range of the header, if it can be served: without the strict behaviour an end
/// behind the object makes the whole range invalid.
fn parse_range(range: &str, size: usize, is_strict: bool) -> Option<(usize, usize)> {
    let first_range = range.strip_prefix("bytes=")?.split(',').next()?.trim();
    let (first, last) = first_range.split_once('-')?;
    let (first, last) = match (first, last) {
        ("", count) => {
            (size.checked_sub(count.parse().ok().filter(|n| *n > 0)?)?, size.checked_sub(1)?)
        }
        (first, "") => (first.parse().ok()?, size.checked_sub(1)?),
        (first, last) => (first.parse().ok()?, last.parse().ok()?),
    };
    let last = if is_strict { last.min(size.checked_sub(1)?) } else { last };
    (first <= last && last < size).then_some((first, last))
}

/// The status of an answer without content, when a condition of the request is not met.
fn unmet_condition(request: &Incoming, object: &Object) -> Outcome<Option<StatusCode>> {
    let is_same = |etag: String| etag.trim_matches('"') == object.etag.trim_matches('"');
    let time = |name: &str| request.header(name).and_then(|date| rfc2822::parse(&date).ok());
    let modified = Timestamp::from_second(object.modified.as_second()).unwrap_or_default();
    let failed = |condition: &str| {
        let message = "At least one of the pre-conditions you specified did not hold.";
        Refusal::new(412, "PreconditionFailed", message).detail("Condition", condition)
    };
    if request.header("if-match").is_some_and(|etag| !is_same(etag)) {
        return Err(failed("If-Match"));
    }
    if time("if-unmodified-since").is_some_and(|since| modified > since.timestamp()) {
        return Err(failed("If-Unmodified-Since"));
    }
    let is_unmodified =
        time("if-modified-since").is_some_and(|since| modified <= since.timestamp());
    let is_known = request.header("if-none-match").is_some_and(is_same);
    Ok((is_unmodified || is_known).then_some(StatusCode::NOT_MODIFIED))
}

/// The headers of an object.
fn describe(object: &Object, is_meta: bool) -> Answer {
    let answer = Answer::ok()
        .header("etag", &object.etag)
        .header("last-modified", http_date(object.modified))
        .header("x-oss-hash-crc64ecma", object.crc64);
    if is_meta {
        return answer;
    }
    let mut answer = answer
        .header("accept-ranges", "bytes")
        .header("x-oss-object-type", object.kind)
        .header("x-oss-storage-class", storage_class(object));
    if object.kind == "Normal" {
        answer = answer.header("content-md5", digest::content_md5(&object.content));
    }
    let headers = object.headers.iter().filter(|(name, _)| name != "x-oss-storage-class");
    answer.headers.extend(headers.cloned());
    if !answer.headers.iter().any(|(name, _)| name == "content-type") {
        answer = answer.header("content-type", "application/octet-stream");
    }
    answer
}

fn storage_class(object: &Object) -> &str {
    let header = object.headers.iter().find(|(name, _)| name == "x-oss-storage-class");
    header.map_or("Standard", |(_, value)| value)
}

fn find(state: &State, bucket: &str, key: &str) -> Outcome<Object> {
    state.store.object(bucket, key).ok_or_else(|| Refusal::no_such_key(key))
}

pub(super) fn delete_multiple(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    if request.header("content-md5").is_none() {
        let message = "Missing Some Required Arguments.";
        return Err(
            Refusal::new(400, "MissingArgument", message).detail("ArgumentName", "Content-MD5")
        );
    }
    check_content_md5(request)?;
    let parsed = DeleteMultipleObjects::parse_body(&request.body);
    let (is_quiet, objects) = parsed.map_err(|_| Refusal::malformed_xml())?;
    if objects.is_empty() || objects.len() > 1000 {
        return Err(Refusal::malformed_xml());
    }
    for object in &objects {
        state.store.delete_object(bucket, &object.key);
    }
    if is_quiet {
        return Ok(Answer::ok());
    }
    let encoding = Encoding::from_name(request.parameter("encoding-type"));
    Ok(Answer::xml("DeleteResult", |root| {
        root.text_if("EncodingType", (encoding == Encoding::Url).then_some("url"));
        for object in &objects {
            root.element("Deleted", |element| element.text("Key", encoding.encode(&object.key)));
        }
    }))
}

fn page(state: &State, bucket: &str, query: &Query<'_>) -> Page<(String, Object)> {
    let mut page = Page::new();
    let from = match query.marker {
        marker if marker < query.prefix => Bound::Included(query.prefix.to_owned()),
        "" => Bound::Unbounded,
        marker => Bound::Excluded(marker.to_owned()),
    };
    state.store.scan_objects(bucket, from, &mut |key, object| {
        page.offer(query, key, || (key.clone(), object.clone()))
    });
    page
}

fn contents(
    root: &mut Writer,
    page: &Page<(String, Object)>,
    encoding: Encoding,
    shows_owner: bool,
) {
    for (key, object) in &page.items {
        root.element("Contents", |element| {
            element.text("Key", encoding.encode(key));
            element.text("LastModified", xml_time(object.modified));
            element.text("ETag", &object.etag);
            element.text("Type", object.kind);
            element.text("Size", object.content.len());
            element.text("StorageClass", storage_class(object));
            if shows_owner {
                owner(element);
            }
        });
    }
    common_prefixes(root, &page.common_prefixes, encoding);
}

fn common_prefixes(root: &mut Writer, prefixes: &[String], encoding: Encoding) {
    for prefix in prefixes {
        root.element("CommonPrefixes", |element| element.text("Prefix", encoding.encode(prefix)));
    }
}

pub(super) fn list(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let encoding = Encoding::from_name(request.parameter("encoding-type"));
    let limit = request.number("max-keys", 100, 1..=1000)?;
    let (prefix, delimiter) = (request.text("prefix"), request.text("delimiter"));
    let marker = request.text("marker");
    let page = page(state, bucket, &Query { prefix, delimiter, marker, limit });
    Ok(Answer::xml("ListBucketResult", |root| {
        root.text("Name", bucket);
        root.text("Prefix", encoding.encode(prefix));
        root.text("Marker", encoding.encode(marker));
        root.text("MaxKeys", limit);
        root.text("Delimiter", encoding.encode(delimiter));
        root.text_if("EncodingType", (encoding == Encoding::Url).then_some("url"));
        root.text("IsTruncated", page.is_truncated);
        root.text_if("NextMarker", page.is_truncated.then(|| encoding.encode(&page.last)));
        contents(root, &page, encoding, true);
    }))
}

/// The token is the name of the last entry in hex, so that it needs no encoding anywhere.
pub(super) fn list_v2(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let encoding = Encoding::from_name(request.parameter("encoding-type"));
    let limit = request.number("max-keys", 100, 1..=1000)?;
    let (prefix, delimiter) = (request.text("prefix"), request.text("delimiter"));
    let token = request.text("continuation-token");
    let from_token = (!token.is_empty()).then(|| unhex(token)).transpose()?;
    let start_after = request.text("start-after");
    let marker = from_token.as_deref().unwrap_or(start_after);
    let page = page(state, bucket, &Query { prefix, delimiter, marker, limit });
    let next = page.is_truncated.then(|| digest::hex(page.last.as_bytes()));
    Ok(Answer::xml("ListBucketResult", |root| {
        root.text("Name", bucket);
        root.text("Prefix", encoding.encode(prefix));
        root.text_if("StartAfter", (!start_after.is_empty()).then(|| encoding.encode(start_after)));
        root.text_if("ContinuationToken", (!token.is_empty()).then_some(token));
        root.text("MaxKeys", limit);
        root.text("Delimiter", encoding.encode(delimiter));
        root.text_if("EncodingType", (encoding == Encoding::Url).then_some("url"));
        root.text("IsTruncated", page.is_truncated);
        root.text_if("NextContinuationToken", next);
        contents(root, &page, encoding, request.text("fetch-owner") == "true");
        root.text("KeyCount", page.items.len() + page.common_prefixes.len());
    }))
}

fn unhex(token: &str) -> Outcome<String> {
    let byte = |at: usize| u8::from_str_radix(token.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..token.len()).step_by(2).map(byte).collect();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
        let message = "The continuation token provided is incorrect.";
        Refusal::invalid_argument("continuation-token", token, message)
    })
}

/// Without versioning every object has one version, called `null`.
pub(super) fn list_versions(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let encoding = Encoding::from_name(request.parameter("encoding-type"));
    let limit = request.number("max-keys", 100, 1..=1000)?;
    let (prefix, delimiter) = (request.text("prefix"), request.text("delimiter"));
    let marker = request.text("key-marker");
    let page = page(state, bucket, &Query { prefix, delimiter, marker, limit });
    Ok(Answer::xml("ListVersionsResult", |root| {
        root.text("Name", bucket);
        root.text("Prefix", encoding.encode(prefix));
        root.text("KeyMarker", encoding.encode(marker));
        root.text("VersionIdMarker", request.text("version-id-marker"));
        root.text("MaxKeys", limit);
        root.text("Delimiter", encoding.encode(delimiter));
        root.text_if("EncodingType", (encoding == Encoding::Url).then_some("url"));
        root.text("IsTruncated", page.is_truncated);
        root.text_if("NextKeyMarker", page.is_truncated.then(|| encoding.encode(&page.last)));
        root.text_if("NextVersionIdMarker", page.is_truncated.then_some("null"));
        for (key, object) in &page.items {
            root.element("Version", |element| {
                element.text("Key", encoding.encode(key));
                element.text("VersionId", "null");
                element.text("IsLatest", true);
                element.text("LastModified", xml_time(object.modified));
                element.text("ETag", &object.etag);
                element.text("Type", object.kind);
                element.text("Size", object.content.len());
                element.text("StorageClass", storage_class(object));
                owner(element);
            });
        }
        common_prefixes(root, &page.common_prefixes, encoding);
    }))
}
