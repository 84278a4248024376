//! Unfinished uploads as records: the fields that scripts rely on (see docs/output.md).

use jiff::Timestamp;
use ossutil_client::protocol::operations::Part;
use serde::Serialize;

use super::{Found, Held, UploadRef};
use crate::output::Record;

/// An upload as a listing shows it.
#[derive(Default, Serialize)]
pub(crate) struct UploadRecord<'a> {
    bucket: &'a str,
    key: &'a str,
    upload_id: &'a str,
    initiated: Option<Timestamp>,
    storage_class: Option<&'a str>,
}

/// An upload with what it holds.
#[derive(Default, Serialize)]
pub(crate) struct HeldUploadRecord<'a> {
    bucket: &'a str,
    key: &'a str,
    upload_id: &'a str,
    initiated: Option<Timestamp>,
    storage_class: Option<&'a str>,
    parts: Option<u64>,
    bytes: Option<i64>,
    last_activity: Option<Timestamp>,
    idle_seconds: Option<i64>,
}

/// A part of an upload.
#[derive(Default, Serialize)]
pub(crate) struct PartRecord<'a> {
    bucket: &'a str,
    key: &'a str,
    upload_id: &'a str,
    part_number: u32,
    etag: &'a str,
    bytes: i64,
    last_modified: Option<Timestamp>,
}

impl Record for PartRecord<'_> {
    const LIST: &'static str = "parts";
    const ITEM: &'static str = "part";
}

impl<'a> PartRecord<'a> {
    pub(crate) fn of(upload: &'a UploadRef, part: &'a Part) -> Self {
        Self {
            bucket: &upload.bucket,
            key: &upload.key,
            upload_id: &upload.upload_id,
            part_number: part.part_number,
            etag: part.etag.trim_matches('"'),
            bytes: part.size,
            last_modified: part.last_modified,
        }
    }
}

/// What a listing adds up to.
#[derive(Clone, Copy, Default, Serialize)]
pub(crate) struct Totals {
    pub(crate) uploads: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parts: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bytes: Option<i64>,
}

impl Record for UploadRecord<'_> {
    const LIST: &'static str = "uploads";
    const ITEM: &'static str = "upload";
}

impl Record for HeldUploadRecord<'_> {
    const LIST: &'static str = "uploads";
    const ITEM: &'static str = "upload";
}

impl<'a> UploadRecord<'a> {
    pub(crate) fn of(found: &'a Found) -> Self {
        let UploadRef { bucket, key, upload_id } = &found.upload;
        let storage_class = found.storage_class.as_deref();
        Self { bucket, key, upload_id, initiated: found.initiated, storage_class }
    }
}

impl<'a> HeldUploadRecord<'a> {
    pub(crate) fn of(found: &'a Found, now: Timestamp) -> Self {
        let UploadRecord { bucket, key, upload_id, initiated, storage_class } =
            UploadRecord::of(found);
        let held = found.held();
        Self {
            bucket,
            key,
            upload_id,
            initiated,
            storage_class,
            parts: held.map(|held| held.parts),
            bytes: held.map(|held| held.size()),
            last_activity: found.last_activity(),
            idle_seconds: found.idle(now).map(|idle| idle.as_secs()),
        }
    }
}

impl Totals {
    /// So many uploads, and what they hold where that was asked.
    pub(crate) fn new(uploads: u64, held: Option<Held>) -> Self {
        let (parts, bytes) = (held.map(|held| held.parts), held.map(|held| held.size()));
        Self { uploads, parts, bytes }
    }
}
