//! GetObject, HeadObject and GetObjectMeta.

use base64::{Engine, prelude::BASE64_STANDARD};
use http::StatusCode;
use ossutil_protocol::names;
use ossutil_signing::v1::http_date;

use super::{
    conditions, restore,
    versions::{Wanted, find, find_requested},
};
use crate::{
    answer::{Answer, Body},
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::{Kind, Lookup, Object, slice},
};

/// The headers of an answer that parameters of the request replace.
const OVERRIDES: [(&str, &str); 6] = [
    ("response-cache-control", "cache-control"),
    ("response-content-disposition", "content-disposition"),
    ("response-content-encoding", "content-encoding"),
    ("response-content-language", "content-language"),
    ("response-content-type", "content-type"),
    ("response-expires", "expires"),
];

/// The types of content that are sent as gzip.
const PACKED: [&str; 10] = [
    "application/javascript",
    "application/json",
    "application/rss+xml",
    "application/x-javascript",
    "application/xml",
    "text/css",
    "text/html",
    "text/javascript",
    "text/plain",
    "text/xml",
];

/// The least that is, in bytes.
const PACKED_FROM: u64 = 1024;

pub(super) fn head(state: &State, request: &Incoming, bucket: &str, key: &str) -> Outcome<Answer> {
    let mut wanted = find_requested(state, request, bucket, key)?;
    let link = follow(state, bucket, &mut wanted)?;
    if let Some(status) = conditions::unmet(request, "", &wanted.object)? {
        return Ok(not_modified(status, &wanted));
    }
    let answer = match request.parameter("objectMeta") {
        Some(_) => checked(&wanted),
        None => described(state, &wanted, link.as_ref()),
    };
    let monitor = state.store.view(|view| view.document(bucket, "accessmonitor"))?;
    let is_monitored = monitor.is_some_and(|text| contains(&text, b">Enabled<"));
    let accessed = is_monitored.then(|| http_date(wanted.object.summary.modified));
    Ok(answer
        .header("content-length", wanted.object.summary.size)
        .header_if("x-oss-last-access-time", accessed))
}

pub(super) fn get(state: &State, request: &Incoming, bucket: &str, key: &str) -> Outcome<Answer> {
    let reading = state.store.begin_reading();
    let mut wanted = find_requested(state, request, bucket, key)?;
    let link = follow(state, bucket, &mut wanted)?;
    restore::check_readable(state, &wanted.object)?;
    if let Some(status) = conditions::unmet(request, "", &wanted.object)? {
        return Ok(not_modified(status, &wanted));
    }
    let size = wanted.object.summary.size;
    let range = request.header("range");
    let is_strict = request.header("x-oss-range-behavior").as_deref() == Some("standard");
    let mut answer = described(state, &wanted, link.as_ref());
    override_headers(request, &mut answer);
    let segments = wanted.object.segments;
    match range.as_deref().map(|range| parse_range(range, size, is_strict)) {
        Some(Some((first, last))) => {
            let segments = slice(&segments, first, last - first + 1);
            let body = Body::content(state.store.content(reading, segments))?;
            let answer = answer.header("content-range", format!("bytes {first}-{last}/{size}"));
            Ok(Answer { status: StatusCode::PARTIAL_CONTENT, body, ..answer })
        }
        Some(None) if is_strict => {
            let message = "The requested range cannot be satisfied.";
            Err(Refusal::new(416, "InvalidRange", message)
                .header("content-range", format!("bytes */{size}")))
        }
        _ => {
            let body = Body::content(state.store.content(reading, segments))?;
            let answer = Answer { body, ..answer };
            match range.is_none() && is_packed(request, &answer, size) {
                true => Ok(packed(answer)),
                false => Ok(answer),
            }
        }
    }
}

/// Whether an object is sent as gzip: when the client takes that, of text that is not short.
fn is_packed(request: &Incoming, answer: &Answer, size: u64) -> bool {
    let accepted = request.header("accept-encoding").unwrap_or_default();
    let mut accepted = accepted.split(',').map(|coding| coding.split(';').next().map(str::trim));
    let header = |name: &str| answer.headers.iter().find(|(candidate, _)| candidate == name);
    let kind = header("content-type").and_then(|(_, kind)| kind.split(';').next());
    size >= PACKED_FROM
        && accepted.any(|coding| coding == Some("gzip"))
        && header("content-encoding").is_none()
        && kind.is_some_and(|kind| PACKED.contains(&kind.trim()))
}

/// Checksums are of the content, and not of what is sent.
fn packed(mut answer: Answer) -> Answer {
    answer.headers.retain(|(name, _)| !["etag", "content-md5"].contains(&&**name));
    let Answer { status, headers, body } = answer.header("content-encoding", "gzip");
    Answer { status, headers, body: Body::Gzip(Box::new(body)) }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Puts the object a symbolic link leads to in its place, and gives the link.
fn follow(state: &State, bucket: &str, wanted: &mut Wanted) -> Outcome<Option<Object>> {
    let Some(target) = wanted.object.symlink_target.clone() else { return Ok(None) };
    let found = state.store.view(|view| find(view, bucket, &target, None));
    let found = found.map_err(|_| {
        let message = "The symlink target object does not exist.";
        Refusal::new(404, "SymlinkTargetNotExist", message).detail("Target", &target)
    })?;
    if found.object.summary.kind == Kind::Symlink {
        let message = "The target of a symlink cannot be a symlink.";
        return Err(Refusal::new(400, "InvalidTargetType", message));
    }
    Ok(Some(std::mem::replace(&mut wanted.object, found.object)))
}

/// The first range of the header, if it can be served: without the strict behaviour an end
/// behind the object makes the whole range invalid.
pub(super) fn parse_range(range: &str, size: u64, is_strict: bool) -> Option<(u64, u64)> {
    let first_range = range.strip_prefix("bytes=")?.split(',').next()?.trim();
    let (first, last) = match first_range.split_once('-')? {
        ("", count) => {
            let count = count.parse::<u64>().ok().filter(|count| *count > 0)?;
            let count = if is_strict { count.min(size) } else { count };
            (size.checked_sub(count)?, size.checked_sub(1)?)
        }
        (first, "") => (first.parse().ok()?, size.checked_sub(1)?),
        (first, last) => (first.parse().ok()?, last.parse().ok()?),
    };
    let last = if is_strict { last.min(size.checked_sub(1)?) } else { last };
    (first <= last && last < size).then_some((first, last))
}

fn override_headers(request: &Incoming, answer: &mut Answer) {
    for (parameter, header) in OVERRIDES {
        let value = request.text(parameter);
        if !value.is_empty() {
            answer.headers.retain(|(name, _)| name != header);
            answer.headers.push((header.to_owned(), value.to_owned()));
        }
    }
}

fn not_modified(status: StatusCode, wanted: &Wanted) -> Answer {
    let Answer { headers, body, .. } = checked(wanted);
    Answer { status, headers, body }
}

/// What a client needs to know whether it has an object.
fn checked(wanted: &Wanted) -> Answer {
    let object = &wanted.object;
    Answer::ok()
        .header("etag", &object.summary.etag)
        .header("last-modified", http_date(object.summary.modified))
        .header("x-oss-hash-crc64ecma", object.crc64)
        .header_if("x-oss-version-id", wanted.shown_version())
}

/// The headers of an object, which may have been reached by a link.
fn described(state: &State, wanted: &Wanted, link: Option<&Object>) -> Answer {
    let object = &wanted.object;
    let named = link.unwrap_or(object);
    let is_appendable = named.summary.kind == Kind::Appendable;
    let tags = Some(named.tags.len()).filter(|count| *count > 0);
    let target = link.and_then(|link| link.symlink_target.as_deref());
    let mut answer = checked(wanted)
        .header("accept-ranges", "bytes")
        .header("x-oss-object-type", named.summary.kind.name())
        .header("x-oss-storage-class", &object.summary.storage_class)
        .header_if("content-md5", object.md5.map(|md5| BASE64_STANDARD.encode(md5)))
        .header_if("x-oss-next-append-position", is_appendable.then_some(object.summary.size))
        .header_if("x-oss-tagging-count", tags)
        .header_if("x-oss-symlink-target", target.map(names::encode_path))
        .header_if("x-oss-restore", restore::described(object, state.stored_now()));
    answer.headers.extend(named.headers.iter().cloned());
    if !answer.headers.iter().any(|(name, _)| name == "content-type") {
        answer = answer.header("content-type", "application/octet-stream");
    }
    answer
}
