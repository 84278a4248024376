//! ListMultipartUploads.

use ossutil_protocol::names::Encoding;

use super::list_objects::common_prefixes;
use crate::{
    answer::{Answer, xml_time},
    incoming::Incoming,
    listing::{Page, Query},
    refusal::Outcome,
    server::State,
    store::{Lookup, Scan, Upload, at, behind, upload_key},
};

/// An upload on a page.
struct Entry {
    key: String,
    id: String,
    upload: Upload,
}

/// Uploads by key, and within a key by upload id. An upload id marker counts only beside a key
/// marker; the next markers are given even on the last page.
pub(super) fn list(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let limit = request.number("max-uploads", 1000, 1..=1000)?;
    let encoding = Encoding::from_name(request.parameter("encoding-type"));
    let key_marker = request.name("key-marker")?;
    let id_marker = if key_marker.is_empty() { "" } else { request.text("upload-id-marker") };
    let (prefix, delimiter) = (request.name("prefix")?, request.name("delimiter")?);
    let query = Query { prefix, delimiter, marker: key_marker, limit };
    let page = page(state, bucket, &query, id_marker)?;
    let last = page.items.last().filter(|entry| entry.key == page.last);
    let last_id = last.map_or("", |entry| &entry.id);
    Ok(Answer::xml("ListMultipartUploadsResult", |root| {
        root.text_if("EncodingType", (encoding == Encoding::Url).then_some("url"));
        root.text("Bucket", bucket);
        root.text("KeyMarker", encoding.encode(key_marker));
        root.text("UploadIdMarker", id_marker);
        root.text("NextKeyMarker", encoding.encode(&page.last));
        root.text("NextUploadIdMarker", last_id);
        root.text("Delimiter", encoding.encode(delimiter));
        root.text("Prefix", encoding.encode(prefix));
        root.text("MaxUploads", limit);
        root.text("IsTruncated", page.is_truncated);
        for entry in &page.items {
            root.element("Upload", |upload| {
                upload.text("Key", encoding.encode(&entry.key));
                upload.text("UploadId", &entry.id);
                upload.text("StorageClass", &entry.upload.storage_class);
                upload.text("Initiated", xml_time(entry.upload.initiated));
            });
        }
        common_prefixes(root, &page.common_prefixes, encoding);
    }))
}

/// Begins at the prefix, or behind the marker when that is further on: behind all uploads of its
/// key, or behind one of them.
fn page(state: &State, bucket: &str, query: &Query<'_>, id_marker: &str) -> Outcome<Page<Entry>> {
    let mut page = Page::new();
    let from = match query.marker {
        "" => at(bucket, query.prefix),
        marker if marker < query.prefix => at(bucket, query.prefix),
        marker if id_marker.is_empty() => behind(bucket, marker),
        marker => {
            let mut place = upload_key(bucket, marker, id_marker);
            place.push(0);
            place
        }
    };
    let mut damage = None;
    state.store.view(|view| {
        view.scan_uploads(bucket, &from, &mut |key, id, upload| match upload {
            Ok(upload) => {
                page.offer(query, key, || Entry { key: key.to_owned(), id: id.to_owned(), upload })
            }
            Err(refusal) => {
                damage = Some(refusal);
                Scan::Stop
            }
        })
    })?;
    damage.map_or(Ok(page), Err)
}
