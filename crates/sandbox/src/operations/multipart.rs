//! One upload: Initiate, UploadPart, UploadPartCopy, ListParts, Complete, Abort.

use ossutil_protocol::{
    names::{self, Encoding},
    operations::CompleteMultipartUpload,
};

use super::{
    copy::Source,
    encryption,
    get::parse_range,
    properties::{Properties, check_content_md5, forbids_overwrite, object_acl},
    put::{self, Made},
    versions,
};
use crate::{
    answer::{Answer, xml_time},
    digest::{self, combine_crc64},
    ec,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::{Kind, Lookup, Part, Upload, slice},
};

/// What every part but the last must have by the time the upload is completed, in bytes.
const MIN_PART: u64 = 102_400;

/// The highest part number.
const MAX_PART_NUMBER: u32 = 10_000;

pub(super) fn initiate(
    state: &State,
    request: &Incoming,
    bucket: &str,
    key: &str,
) -> Outcome<Answer> {
    let mut properties = Properties::of(request)?;
    let upload_id = state.new_upload_id();
    let shown = state.store.change(|change| {
        let bucket = versions::bucket(change, bucket)?;
        encryption::settle(change, &bucket.name, &mut properties.headers)?;
        let shown = encryption::shown(&properties.headers);
        versions::check_overwrite(change, &bucket, key, forbids_overwrite(request))?;
        let upload = Upload {
            initiated: state.stored_now(),
            storage_class: properties.storage_class.unwrap_or(bucket.storage_class),
            headers: properties.headers,
            tags: properties.tags,
            is_sequential: request.parameter("sequential").is_some(),
        };
        change.put_upload(&bucket.name, key, &upload_id, &upload)?;
        Ok(shown)
    })?;
    let encoding = Encoding::from_name(request.parameter("encoding-type"));
    let answer = Answer::xml("InitiateMultipartUploadResult", |root| {
        root.text_if("EncodingType", (encoding == Encoding::Url).then_some("url"));
        root.text("Bucket", bucket);
        root.text("Key", encoding.encode(key));
        root.text("UploadId", &upload_id);
    });
    Ok(answer.headers(shown))
}

pub(super) fn upload_part(
    state: &State,
    request: &Incoming,
    bucket: &str,
    key: &str,
) -> Outcome<Answer> {
    let number = part_number(request)?;
    check_unencrypted(request)?;
    let received = request.received()?;
    check_content_md5(request, &received.checksums)?;
    let part = Part {
        size: received.size,
        etag: received.checksums.etag(),
        crc64: received.checksums.crc64,
        modified: state.stored_now(),
        segments: received.segments.clone(),
    };
    let upload = state.store.change(|change| {
        let upload_id = request.text("uploadId");
        let upload = find(change, bucket, key, upload_id);
        let upload = upload.map_err(|refusal| refusal.ec(ec::UPLOAD_PART_NO_UPLOAD))?;
        check_sequence(change, &upload, upload_id, number)?;
        change.put_part(upload_id, number, &part)?;
        Ok(upload)
    })?;
    Ok(put::described(&received.checksums).headers(encryption::shown(&upload.headers)))
}

/// A part that is a range of an object; a range that cannot be read is the whole object.
pub(super) fn upload_part_copy(
    state: &State,
    request: &Incoming,
    bucket: &str,
    key: &str,
) -> Outcome<Answer> {
    let number = part_number(request)?;
    let upload_id = request.text("uploadId");
    let no_upload = |refusal: Refusal| refusal.ec(ec::UPLOAD_PART_COPY_NO_UPLOAD);
    let source = Source::of(request)?;
    let reading = state.store.begin_reading();
    let wanted = state.store.view(|view| {
        find(view, bucket, key, upload_id).map_err(no_upload)?;
        source.find(state, request, view)
    })?;
    let size = wanted.object.summary.size;
    let range = request.header("x-oss-copy-source-range");
    let range = range.and_then(|range| parse_range(&range, size, false));
    let (first, length) = range.map_or((0, size), |(first, last)| (first, last - first + 1));
    let segments = slice(&wanted.object.segments, first, length);
    let content = state.store.content(reading, segments.clone());
    let checksums = content.checksums()?;
    let (etag, modified) = (checksums.etag(), state.stored_now());
    let part =
        Part { size: length, etag: etag.clone(), crc64: checksums.crc64, modified, segments };
    let shown = state.store.change(|change| {
        let upload = find(change, bucket, key, upload_id).map_err(no_upload)?;
        check_sequence(change, &upload, upload_id, number)?;
        // What was read may be gone by now, and its bodies with it.
        if source.find(state, request, change)?.object.segments != wanted.object.segments {
            let message = "The source was replaced while it was copied.";
            return Err(Refusal::new(412, "PreconditionFailed", message));
        }
        change.put_part(upload_id, number, &part)?;
        Ok(encryption::shown(&upload.headers))
    })?;
    let answer = Answer::xml("CopyPartResult", |root| {
        root.text("LastModified", xml_time(modified));
        root.text("ETag", &etag);
    });
    Ok(answer
        .header("etag", &etag)
        .header("x-oss-hash-crc64ecma", checksums.crc64)
        .header_if("x-oss-copy-source-version-id", source.shown_version(&wanted))
        .headers(shown))
}

/// Refuses a part that is not the next of an upload whose parts must come in order.
fn check_sequence(
    lookup: &impl Lookup,
    upload: &Upload,
    upload_id: &str,
    number: u32,
) -> Outcome<()> {
    if !upload.is_sequential {
        return Ok(());
    }
    let parts = lookup.parts(upload_id, 0, usize::MAX)?;
    match parts.last().map_or(0, |(last, _)| *last) {
        last if number <= last => {
            let message = "For sequential multipart upload, you can't overwrite uploaded parts.";
            Err(Refusal::new(409, "PartAlreadyExist", message))
        }
        last if number > last + 1 => {
            let message = "For sequential multipart upload, you must upload or complete parts with \
                           sequential part numbers.";
            Err(Refusal::new(400, "PartNotSequential", message))
        }
        _ => Ok(()),
    }
}

/// How an upload is encrypted is said when it is begun, and not again.
fn check_unencrypted(request: &Incoming) -> Outcome<()> {
    let name = "x-oss-server-side-encryption";
    request.header(name).map_or(Ok(()), |value| {
        let message = "How parts are encrypted is said when the upload is begun.";
        Err(Refusal::invalid_argument(name, &value, message))
    })
}

fn part_number(request: &Incoming) -> Outcome<u32> {
    let text = request.text("partNumber");
    let number = text.parse().ok().filter(|number| (1..=MAX_PART_NUMBER).contains(number));
    number.ok_or_else(|| {
        let message = "Part number must be an integer between 1 and 10000, inclusive.";
        Refusal::invalid_argument("partNumber", text, message)
    })
}

/// Parts in the order of their numbers, whatever order they came in.
pub(super) fn list_parts(
    state: &State,
    request: &Incoming,
    bucket: &str,
    key: &str,
) -> Outcome<Answer> {
    let limit = request.number("max-parts", 1000, 1..=1000)?;
    let marker = request.number("part-number-marker", 0, 0..=0x7FFF_FFFF)?;
    let encoding = Encoding::from_name(request.parameter("encoding-type"));
    let upload_id = request.text("uploadId");
    let behind = u32::try_from(marker).unwrap_or(u32::MAX);
    let (upload, mut page) = state.store.view(|view| {
        let upload = find(view, bucket, key, upload_id)?;
        Ok((upload, view.parts(upload_id, behind, limit + 1)?))
    })?;
    let is_truncated = page.len() > limit;
    page.truncate(limit);
    Ok(Answer::xml("ListPartsResult", |root| {
        root.text_if("EncodingType", (encoding == Encoding::Url).then_some("url"));
        root.text("Bucket", bucket);
        root.text("Key", encoding.encode(key));
        root.text("UploadId", upload_id);
        root.text("StorageClass", &upload.storage_class);
        root.text("PartNumberMarker", marker);
        root.text("NextPartNumberMarker", page.last().map_or(0, |(number, _)| *number));
        root.text("MaxParts", limit);
        root.text("IsTruncated", is_truncated);
        for (number, part) in &page {
            root.element("Part", |element| {
                element.text("PartNumber", number);
                element.text("LastModified", xml_time(part.modified));
                element.text("ETag", &part.etag);
                element.text("HashCrc64ecma", part.crc64);
                element.text("Size", part.size);
            });
        }
    }))
}

pub(super) fn abort(state: &State, request: &Incoming, bucket: &str, key: &str) -> Outcome<Answer> {
    let upload_id = request.text("uploadId");
    state.store.change(|change| {
        find(change, bucket, key, upload_id)?;
        change.delete_upload(bucket, key, upload_id)
    })?;
    Ok(Answer::no_content())
}

pub(super) fn complete(
    state: &State,
    request: &Incoming,
    bucket: &str,
    key: &str,
) -> Outcome<Answer> {
    check_unencrypted(request)?;
    let upload_id = request.text("uploadId");
    let acl = request.header("x-oss-object-acl").map(object_acl).transpose()?;
    let md5 = sequential_md5(state, request, bucket, key)?;
    let (etag, crc64, version_id, shown) = state.store.change(|change| {
        let bucket = versions::bucket(change, bucket)?;
        let upload = find(change, &bucket.name, key, upload_id)?;
        let parts = chosen_parts(request, change.parts(upload_id, 0, usize::MAX)?)?;
        if parts.iter().rev().skip(1).any(|part| part.size < MIN_PART) {
            let message = "Your proposed upload smaller than the minimum allowed size.";
            return Err(Refusal::new(400, "EntityTooSmall", message).ec(ec::COMPLETE_SMALL_PART));
        }
        versions::check_overwrite(change, &bucket, key, forbids_overwrite(request))?;
        let content = Made { md5, ..joined(&parts) };
        let (etag, crc64) = (content.etag.clone(), content.crc64);
        let shown = encryption::shown(&upload.headers);
        let properties = Properties {
            headers: upload.headers,
            tags: upload.tags,
            acl: acl.unwrap_or_else(|| "default".to_owned()),
            storage_class: Some(upload.storage_class),
        };
        let object = put::object(state, &bucket, properties, content);
        let version_id = versions::write(change, &bucket, key, object)?;
        change.delete_upload(&bucket.name, key, upload_id)?;
        Ok((etag, crc64, version_id, shown))
    })?;
    let encoding = Encoding::from_name(request.parameter("encoding-type"));
    let answer = Answer::xml("CompleteMultipartUploadResult", |root| {
        root.text_if("EncodingType", (encoding == Encoding::Url).then_some("url"));
        let path = names::encode_path(&format!("{bucket}/{key}"));
        root.text("Location", format!("http://{}/{path}", request.host));
        root.text("Bucket", bucket);
        root.text("Key", encoding.encode(key));
        root.text("ETag", &etag);
    });
    Ok(answer
        .header("etag", etag)
        .header("x-oss-hash-crc64ecma", crc64)
        .header_if("x-oss-version-id", version_id)
        .headers(shown))
}

/// The MD5 of an object whose parts came in order; of no other does the service know it.
fn sequential_md5(
    state: &State,
    request: &Incoming,
    bucket: &str,
    key: &str,
) -> Outcome<Option<[u8; 16]>> {
    let upload_id = request.text("uploadId");
    let reading = state.store.begin_reading();
    let parts = state.store.view(|view| {
        let upload = find(view, bucket, key, upload_id)?;
        match upload.is_sequential {
            true => chosen_parts(request, view.parts(upload_id, 0, usize::MAX)?).map(Some),
            false => Ok(None),
        }
    })?;
    let Some(parts) = parts else { return Ok(None) };
    let content = state.store.content(reading, joined(&parts).segments);
    Ok(Some(content.checksums()?.md5))
}

/// The content of an object that has the segments of its parts.
fn joined(parts: &[Part]) -> Made {
    let combine = |crc64, part: &Part| combine_crc64(crc64, part.crc64, part.size);
    Made {
        kind: Kind::Multipart,
        etag: digest::multipart_etag(parts.iter().map(|part| &*part.etag)),
        crc64: parts.iter().fold(0, combine),
        md5: None,
        segments: parts.iter().flat_map(|part| part.segments.iter().copied()).collect(),
    }
}

/// The parts that make the object: those the request lists, or all.
fn chosen_parts(request: &Incoming, parts: Vec<(u32, Part)>) -> Outcome<Vec<Part>> {
    if request.header("x-oss-complete-all").as_deref() == Some("yes") {
        if request.body.is_empty() {
            return Ok(parts.into_iter().map(|(_, part)| part).collect());
        }
        let message = "The body must be empty with x-oss-complete-all.";
        return Err(Refusal::invalid_argument("x-oss-complete-all", "yes", message)
            .ec(ec::COMPLETE_ALL_WITH_BODY));
    }
    let listed = CompleteMultipartUpload::parse_body(&request.body).ok();
    let listed = listed.filter(|listed| !listed.is_empty());
    let listed = listed.ok_or_else(|| Refusal::malformed_xml().ec(ec::COMPLETE_XML))?;
    if !listed.is_sorted_by(|(a, _), (b, _)| a < b) {
        let message = "The list of parts was not in ascending order. Parts list must be specified \
                       in order by part number.";
        return Err(Refusal::new(400, "InvalidPartOrder", message));
    }
    let find = |(number, etag): &(u32, String)| {
        let at = parts.binary_search_by_key(number, |(number, _)| *number).ok();
        let part = at.map(|at| &parts[at].1);
        let part = part.filter(|part| part.etag.trim_matches('"').eq_ignore_ascii_case(etag));
        part.cloned().ok_or_else(|| {
            let message = "One or more of the specified parts could not be found or the specified \
                           entity tag might not have matched the part's entity tag.";
            Refusal::new(400, "InvalidPart", message).detail("PartNumber", number.to_string())
        })
    };
    listed.iter().map(find).collect()
}

fn find(lookup: &impl Lookup, bucket: &str, key: &str, upload_id: &str) -> Outcome<Upload> {
    let upload = lookup.upload(bucket, key, upload_id)?;
    upload.ok_or_else(|| Refusal::no_such_upload(upload_id))
}
