//! What became of an object that was worked on.

use ossutil_client::protocol::operations::ObjectId;
use serde::Serialize;

use crate::output::Record;

/// What became of one object, for programs.
#[derive(Default, Serialize)]
pub(crate) struct OutcomeRecord<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    pub(crate) version_id: Option<&'a str>,
    pub(crate) outcome: &'a str,
    pub(crate) error: Option<&'a str>,
}

impl<'a> OutcomeRecord<'a> {
    /// That of an object, or of a version that was named.
    pub(crate) fn of(bucket: &'a str, object: &'a ObjectId, outcome: &'a str) -> Self {
        let version_id = object.version_id.as_deref();
        Self { bucket, key: &object.key, version_id, outcome, error: None }
    }
}

impl Record for OutcomeRecord<'_> {
    const LIST: &'static str = "objects";
    const ITEM: &'static str = "object";
}
