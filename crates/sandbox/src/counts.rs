//! How many requests of each kind were answered, for a benchmark beside the server to read.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use crate::{incoming::Incoming, operations::sub_resource};

/// Requests by kind: the method, what it is about, and the sub-resource, such as
/// `GET bucket?uploads` (ListMultipartUploads) or `GET object?uploadId` (ListParts).
#[derive(Default)]
pub(crate) struct Counts(Mutex<BTreeMap<String, u64>>);

impl Counts {
    pub(crate) fn add(&self, request: &Incoming) {
        let about = match (&request.bucket, &request.key) {
            (_, Some(_)) => "object",
            (Some(_), None) => "bucket",
            (None, None) => "service",
        };
        let sub_resource = sub_resource(request).map(|name| format!("?{name}"));
        let kind = format!("{} {about}{}", request.method, sub_resource.unwrap_or_default());
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(kind).or_default() += 1;
    }

    pub(crate) fn all(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
