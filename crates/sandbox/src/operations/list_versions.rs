//! ListObjectVersions.

use jiff::Timestamp;
use ossutil_protocol::{names::Encoding, xml::Writer};

use super::{buckets::write_owner, list_objects::common_prefixes, restore};
use crate::{
    accounts,
    answer::{Answer, xml_time},
    incoming::Incoming,
    listing::{Page, Query},
    refusal::{Outcome, Refusal},
    server::State,
    store::{Lookup, Scan, Summary, at, behind, version_key},
};

/// A version on a page.
struct Entry {
    key: String,
    is_latest: bool,
    summary: Summary,
}

/// Versions by key and newest first. A version marker counts only beside a key marker: the page
/// then begins behind that version of that key.
pub(super) fn list(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let encoding = Encoding::from_name(request.parameter("encoding-type"));
    let limit = request.number("max-keys", 100, 1..=1000)?;
    let (prefix, delimiter) = (request.name("prefix")?, request.name("delimiter")?);
    let (marker, version_marker) =
        (request.name("key-marker")?, request.name("version-id-marker")?);
    let query = Query { prefix, delimiter, marker, limit };
    let page = page(state, bucket, &query, version_marker)?;
    let next = page.is_truncated.then_some(&page);
    // A page that ends on a common prefix has no version to go on behind; SDKs want the element.
    let last = page.items.last().filter(|entry| entry.key == page.last);
    let next_version = next.map(|_| last.map_or("", |entry| &entry.summary.version_id));
    let owner = state.store.view(|view| accounts::owner(view, bucket))?;
    Ok(Answer::xml("ListVersionsResult", |root| {
        root.text("Name", bucket);
        root.text("Prefix", encoding.encode(prefix));
        root.text("KeyMarker", encoding.encode(marker));
        root.text("VersionIdMarker", version_marker);
        root.text("MaxKeys", limit);
        root.text("Delimiter", encoding.encode(delimiter));
        root.text_if("EncodingType", (encoding == Encoding::Url).then_some("url"));
        root.text("IsTruncated", page.is_truncated);
        root.text_if("NextKeyMarker", next.map(|page| encoding.encode(&page.last)));
        root.text_if("NextVersionIdMarker", next_version);
        for entry in &page.items {
            write(root, entry, encoding, state.stored_now(), &owner);
        }
        common_prefixes(root, &page.common_prefixes, encoding);
    }))
}

fn page(
    state: &State,
    bucket: &str,
    query: &Query<'_>,
    version_marker: &str,
) -> Outcome<Page<Entry>> {
    let marker = query.marker;
    let mut page = Page::new();
    let mut last_key = String::new();
    let mut damage = None;
    state.store.view(|view| {
        let from = if marker.is_empty() || marker < query.prefix {
            at(bucket, query.prefix)
        } else if version_marker.is_empty() {
            behind(bucket, marker)
        } else {
            let found = view.version(bucket, marker, version_marker)?;
            let (number, _) = found.ok_or_else(|| {
                let message = "Invalid version id specified.";
                Refusal::invalid_argument("version-id-marker", version_marker, message)
            })?;
            marker.clone_into(&mut last_key);
            let mut place = version_key(bucket, marker, number);
            place.push(0);
            place
        };
        view.scan_versions(bucket, &from, &mut |found| {
            let is_latest = found.key != last_key;
            (*found.key).clone_into(&mut last_key);
            match found.summary() {
                Ok(summary) => page.offer(query, &found.key, || Entry {
                    key: last_key.clone(),
                    is_latest,
                    summary,
                }),
                Err(refusal) => {
                    damage = Some(refusal);
                    Scan::Stop
                }
            }
        })
    })?;
    damage.map_or(Ok(page), Err)
}

fn write(root: &mut Writer, entry: &Entry, encoding: Encoding, now: Timestamp, owner: &str) {
    let summary = &entry.summary;
    let name = if summary.is_delete_marker() { "DeleteMarker" } else { "Version" };
    root.element(name, |element| {
        element.text("Key", encoding.encode(&entry.key));
        element.text("VersionId", &summary.version_id);
        element.text("IsLatest", entry.is_latest);
        element.text("LastModified", xml_time(summary.modified));
        if !summary.is_delete_marker() {
            element.text("ETag", &summary.etag);
            element.text("Type", summary.kind.name());
            element.text("Size", summary.size);
            element.text("StorageClass", &summary.storage_class);
            let restoration = summary.restoration.and_then(|copy| restore::status(copy, now));
            element.text_if("RestoreInfo", restoration);
        }
        write_owner(element, owner);
    });
}
