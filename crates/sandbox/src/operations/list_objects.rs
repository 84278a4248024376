//! ListObjects and ListObjectsV2.

use ossutil_protocol::{names::Encoding, xml::Writer};

use super::{buckets::write_owner, restore};
use crate::{
    accounts,
    answer::{Answer, xml_time},
    digest,
    incoming::Incoming,
    listing::{Page, Query},
    refusal::{Outcome, Refusal},
    server::State,
    store::{Lookup, Scan, Summary, at, behind},
};

/// The newest versions that are objects, by key.
fn page(state: &State, bucket: &str, query: &Query<'_>) -> Outcome<Page<(String, Summary)>> {
    let mut page = Page::new();
    let from = match query.marker {
        "" => at(bucket, query.prefix),
        marker if marker < query.prefix => at(bucket, query.prefix),
        marker => behind(bucket, marker),
    };
    let mut last_key = String::new();
    let mut damage = None;
    state.store.view(|view| {
        view.scan_versions(bucket, &from, &mut |found| {
            if found.key == last_key {
                return Scan::SkipTo(format!("{last_key}\0"));
            }
            let summary = match found.summary() {
                Ok(summary) => summary,
                Err(refusal) => {
                    damage = Some(refusal);
                    return Scan::Stop;
                }
            };
            (*found.key).clone_into(&mut last_key);
            if summary.is_delete_marker() {
                return Scan::Next;
            }
            page.offer(query, &found.key, || (last_key.clone(), summary))
        })
    })?;
    damage.map_or(Ok(page), Err)
}

fn contents(
    state: &State,
    root: &mut Writer,
    page: &Page<(String, Summary)>,
    encoding: Encoding,
    owner: Option<&str>,
) {
    let now = state.stored_now();
    for (key, summary) in &page.items {
        root.element("Contents", |element| {
            element.text("Key", encoding.encode(key));
            element.text("LastModified", xml_time(summary.modified));
            element.text("ETag", &summary.etag);
            element.text("Type", summary.kind.name());
            element.text("Size", summary.size);
            element.text("StorageClass", &summary.storage_class);
            let restoration = summary.restoration.and_then(|copy| restore::status(copy, now));
            element.text_if("RestoreInfo", restoration);
            if let Some(owner) = owner {
                write_owner(element, owner);
            }
        });
    }
    common_prefixes(root, &page.common_prefixes, encoding);
}

pub(super) fn common_prefixes(root: &mut Writer, prefixes: &[String], encoding: Encoding) {
    for prefix in prefixes {
        root.element("CommonPrefixes", |element| element.text("Prefix", encoding.encode(prefix)));
    }
}

pub(super) fn list(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let encoding = Encoding::from_name(request.parameter("encoding-type"));
    let limit = request.number("max-keys", 100, 1..=1000)?;
    let (prefix, delimiter) = (request.name("prefix")?, request.name("delimiter")?);
    let marker = request.name("marker")?;
    let page = page(state, bucket, &Query { prefix, delimiter, marker, limit })?;
    let owner = state.store.view(|view| accounts::owner(view, bucket))?;
    Ok(Answer::xml("ListBucketResult", |root| {
        root.text("Name", bucket);
        root.text("Prefix", encoding.encode(prefix));
        root.text("Marker", encoding.encode(marker));
        root.text("MaxKeys", limit);
        root.text("Delimiter", encoding.encode(delimiter));
        root.text_if("EncodingType", (encoding == Encoding::Url).then_some("url"));
        root.text("IsTruncated", page.is_truncated);
        root.text_if("NextMarker", page.is_truncated.then(|| encoding.encode(&page.last)));
        contents(state, root, &page, encoding, Some(&owner));
    }))
}

/// The token is the name of the last entry in hex, so that it needs no encoding anywhere.
pub(super) fn list_v2(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let encoding = Encoding::from_name(request.parameter("encoding-type"));
    let limit = request.number("max-keys", 100, 1..=1000)?;
    let (prefix, delimiter) = (request.name("prefix")?, request.name("delimiter")?);
    let token = request.text("continuation-token");
    let from_token = (!token.is_empty()).then(|| unhex(token)).transpose()?;
    let start_after = request.name("start-after")?;
    let marker = from_token.as_deref().unwrap_or(start_after);
    let page = page(state, bucket, &Query { prefix, delimiter, marker, limit })?;
    let next = page.is_truncated.then(|| digest::hex(page.last.as_bytes()));
    let owner = state.store.view(|view| accounts::owner(view, bucket))?;
    let owner = (request.text("fetch-owner") == "true").then_some(&*owner);
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
        contents(state, root, &page, encoding, owner);
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
