//! One upload: Initiate, UploadPart, ListParts, Complete, Abort.

use bytes::BytesMut;
use ossutil_protocol::{
    names::{self, Encoding},
    operations::CompleteMultipartUpload,
};

use super::objects::{check_content_md5, kept_headers};
use crate::{
    answer::{Answer, xml_time},
    digest,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::{Object, Part, Upload, UploadKey},
};

/// What every part but the last must have by the time the upload is completed, in bytes.
const MIN_PART: usize = 102_400;

/// The highest part number.
const MAX_PART_NUMBER: u32 = 10_000;

pub(super) fn initiate(
    state: &State,
    request: &Incoming,
    bucket: &str,
    key: &str,
) -> Outcome<Answer> {
    if request.header("x-oss-forbid-overwrite").as_deref() == Some("true")
        && state.store.object(bucket, key).is_some()
    {
        return Err(super::objects::already_exists());
    }
    let upload_id = state.new_upload_id();
    let upload = Upload {
        initiated: state.now(),
        headers: kept_headers(request),
        parts: std::collections::BTreeMap::new(),
    };
    state.store.put_upload(bucket, (key.to_owned(), upload_id.clone()), upload);
    let encoding = Encoding::from_name(request.parameter("encoding-type"));
    Ok(Answer::xml("InitiateMultipartUploadResult", |root| {
        root.text_if("EncodingType", (encoding == Encoding::Url).then_some("url"));
        root.text("Bucket", bucket);
        root.text("Key", encoding.encode(key));
        root.text("UploadId", &upload_id);
    }))
}

pub(super) fn upload_part(
    state: &State,
    request: &Incoming,
    bucket: &str,
    key: &str,
) -> Outcome<Answer> {
    if request.header("x-oss-copy-source").is_some() {
        return Err(Refusal::not_implemented("x-oss-copy-source"));
    }
    let text = request.text("partNumber");
    let number = text.parse().ok().filter(|number| (1..=MAX_PART_NUMBER).contains(number));
    let number = number.ok_or_else(|| {
        let message = "Part number must be an integer between 1 and 10000, inclusive.";
        Refusal::invalid_argument("partNumber", text, message)
    })?;
    check_content_md5(request)?;
    let part = Part {
        content: request.body.clone(),
        etag: digest::etag(&request.body),
        crc64: digest::crc64(&request.body),
        modified: state.now(),
    };
    let answer = Answer::ok()
        .header("etag", &part.etag)
        .header("content-md5", digest::content_md5(&request.body))
        .header("x-oss-hash-crc64ecma", part.crc64);
    let upload = upload_key(request, key);
    match state.store.put_part(bucket, &upload, number, part) {
        true => Ok(answer),
        false => Err(Refusal::no_such_upload(&upload.1).ec("0042-00000104")),
    }
}

/// Parts in the order of their numbers, whatever order they came in.
pub(super) fn list_parts(
    state: &State,
    request: &Incoming,
    bucket: &str,
    key: &str,
) -> Outcome<Answer> {
    let limit = request.number("max-parts", 1000, 1..=1000)?;
    let marker = request.number("part-number-marker", 0, 0..=usize::MAX)?;
    let encoding = Encoding::from_name(request.parameter("encoding-type"));
    let (upload_key, upload) = find(state, request, bucket, key)?;
    let behind = upload.parts.iter().filter(|(number, _)| **number as usize > marker);
    let mut page: Vec<_> = behind.take(limit + 1).collect();
    let is_truncated = page.len() > limit;
    page.truncate(limit);
    let storage_class = storage_class(&upload);
    Ok(Answer::xml("ListPartsResult", |root| {
        root.text_if("EncodingType", (encoding == Encoding::Url).then_some("url"));
        root.text("Bucket", bucket);
        root.text("Key", encoding.encode(key));
        root.text("UploadId", &upload_key.1);
        root.text("StorageClass", storage_class);
        root.text("PartNumberMarker", marker);
        root.text("NextPartNumberMarker", page.last().map_or(0, |(number, _)| **number));
        root.text("MaxParts", limit);
        root.text("IsTruncated", is_truncated);
        for (number, part) in &page {
            root.element("Part", |element| {
                element.text("PartNumber", number);
                element.text("LastModified", xml_time(part.modified));
                element.text("ETag", &part.etag);
                element.text("HashCrc64ecma", part.crc64);
                element.text("Size", part.content.len());
            });
        }
    }))
}

pub(super) fn abort(state: &State, request: &Incoming, bucket: &str, key: &str) -> Outcome<Answer> {
    let upload = upload_key(request, key);
    match state.store.delete_upload(bucket, &upload) {
        true => Ok(Answer::no_content()),
        false => Err(Refusal::no_such_upload(&upload.1)),
    }
}

pub(super) fn complete(
    state: &State,
    request: &Incoming,
    bucket: &str,
    key: &str,
) -> Outcome<Answer> {
    let (upload_key, upload) = find(state, request, bucket, key)?;
    let parts = chosen_parts(request, &upload)?;
    if parts.len() > 1 && parts[..parts.len() - 1].iter().any(|p| p.content.len() < MIN_PART) {
        let message = "Your proposed upload smaller than the minimum allowed size.";
        return Err(Refusal::new(400, "EntityTooSmall", message).ec("0042-00000213"));
    }
    let mut content = BytesMut::with_capacity(parts.iter().map(|part| part.content.len()).sum());
    for part in &parts {
        content.extend_from_slice(&part.content);
    }
    let object = Object {
        crc64: digest::crc64(&content),
        content: content.freeze(),
        etag: digest::multipart_etag(parts.iter().map(|part| &*part.etag)),
        modified: state.now(),
        kind: "Multipart",
        headers: upload.headers.clone(),
    };
    let (etag, crc64) = (object.etag.clone(), object.crc64);
    let keeps = request.header("x-oss-forbid-overwrite").as_deref() == Some("true");
    if !state.store.put_object(bucket, key, object, keeps) {
        return Err(super::objects::already_exists());
    }
    state.store.delete_upload(bucket, &upload_key);
    let encoding = Encoding::from_name(request.parameter("encoding-type"));
    let answer = Answer::xml("CompleteMultipartUploadResult", |root| {
        root.text_if("EncodingType", (encoding == Encoding::Url).then_some("url"));
        let path = names::encode_path(&format!("{bucket}/{key}"));
        root.text("Location", format!("http://{}/{path}", request.host));
        root.text("Bucket", bucket);
        root.text("Key", encoding.encode(key));
        root.text("ETag", &etag);
    });
    Ok(answer.header("etag", etag).header("x-oss-hash-crc64ecma", crc64))
}

/// The parts that make the object: those the request lists, or all.
fn chosen_parts<'a>(request: &Incoming, upload: &'a Upload) -> Outcome<Vec<&'a Part>> {
    if request.header("x-oss-complete-all").as_deref() == Some("yes") {
        if request.body.is_empty() {
            return Ok(upload.parts.values().collect());
        }
        let message = "The body must be empty with x-oss-complete-all.";
        return Err(
            Refusal::invalid_argument("x-oss-complete-all", "yes", message).ec("0042-00000216")
        );
    }
    let listed = CompleteMultipartUpload::parse_body(&request.body);
    let listed = listed.map_err(|_| Refusal::malformed_xml())?;
    if listed.is_empty() {
        return Err(Refusal::malformed_xml());
    }
    if !listed.is_sorted_by(|(a, _), (b, _)| a < b) {
        let message = "The list of parts was not in ascending order. Parts list must be specified \
                       in order by part number.";
        return Err(Refusal::new(400, "InvalidPartOrder", message));
    }
    let find = |(number, etag): &(u32, String)| {
        let part = upload.parts.get(number);
        let part = part.filter(|part| part.etag.trim_matches('"').eq_ignore_ascii_case(etag));
        part.ok_or_else(|| {
            let message = "One or more of the specified parts could not be found or the specified \
                           entity tag might not have matched the part's entity tag.";
            Refusal::new(400, "InvalidPart", message).detail("PartNumber", number.to_string())
        })
    };
    listed.iter().map(find).collect()
}

fn upload_key(request: &Incoming, key: &str) -> UploadKey {
    (key.to_owned(), request.text("uploadId").to_owned())
}

fn find(
    state: &State,
    request: &Incoming,
    bucket: &str,
    key: &str,
) -> Outcome<(UploadKey, Upload)> {
    let upload_key = upload_key(request, key);
    match state.store.upload(bucket, &upload_key) {
        Some(upload) => Ok((upload_key, upload)),
        None => Err(Refusal::no_such_upload(&upload_key.1)),
    }
}

fn storage_class(upload: &Upload) -> &str {
    let header = upload.headers.iter().find(|(name, _)| name == "x-oss-storage-class");
    header.map_or("Standard", |(_, value)| value)
}
