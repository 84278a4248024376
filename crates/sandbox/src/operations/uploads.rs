//! ListMultipartUploads.

use std::ops::Bound;

use ossutil_protocol::names::Encoding;

use crate::{
    answer::{Answer, xml_time},
    incoming::Incoming,
    listing::{Page, Query},
    refusal::Outcome,
    server::State,
    store::UploadKey,
};

/// Uploads by key, and within a key by upload id. An upload id marker counts only beside a key
/// marker; the next markers are given even on the last page.
pub(super) fn list(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let limit = request.number("max-uploads", 1000, 1..=1000)?;
    let encoding = Encoding::from_name(request.parameter("encoding-type"));
    let key_marker = request.text("key-marker");
    let id_marker = if key_marker.is_empty() { "" } else { request.text("upload-id-marker") };
    let (prefix, delimiter) = (request.text("prefix"), request.text("delimiter"));
    let query = Query { prefix, delimiter, marker: key_marker, limit };
    let mut page = Page::new();
    let mut last_id = String::new();
    state.store.scan_uploads(bucket, from(prefix, key_marker, id_marker), &mut |key, upload| {
        if id_marker.is_empty() && key.0 == key_marker {
            return crate::store::Scan::SkipTo(format!("{key_marker}\0"));
        }
        let listed = page.items.len();
        let scan = page.offer(&query, &key.0, || (key.clone(), upload.initiated));
        last_id = if page.items.len() > listed { key.1.clone() } else { last_id.clone() };
        scan
    });
    if page.items.last().is_none_or(|((key, _), _)| *key != page.last) {
        last_id = String::new();
    }
    Ok(Answer::xml("ListMultipartUploadsResult", |root| {
        root.text_if("EncodingType", (encoding == Encoding::Url).then_some("url"));
        root.text("Bucket", bucket);
        root.text("KeyMarker", encoding.encode(key_marker));
        root.text("UploadIdMarker", id_marker);
        root.text("NextKeyMarker", encoding.encode(&page.last));
        root.text("NextUploadIdMarker", &last_id);
        root.text("Delimiter", encoding.encode(delimiter));
        root.text("Prefix", encoding.encode(prefix));
        root.text("MaxUploads", limit);
        root.text("IsTruncated", page.is_truncated);
        for ((key, upload_id), initiated) in &page.items {
            root.element("Upload", |upload| {
                upload.text("Key", encoding.encode(key));
                upload.text("UploadId", upload_id);
                upload.text("StorageClass", "Standard");
                upload.text("Initiated", xml_time(*initiated));
            });
        }
        for prefix in &page.common_prefixes {
            root.element("CommonPrefixes", |element| {
                element.text("Prefix", encoding.encode(prefix));
            });
        }
    }))
}

/// Where the scan begins: at the prefix, or at the marker when that is further on. Entries of the
/// marker's own key are passed over by the caller when no upload id is given.
fn from(prefix: &str, key_marker: &str, id_marker: &str) -> Bound<UploadKey> {
    match key_marker {
        marker if marker < prefix || marker.is_empty() => {
            Bound::Included((prefix.to_owned(), String::new()))
        }
        marker => Bound::Excluded((marker.to_owned(), id_marker.to_owned())),
    }
}
