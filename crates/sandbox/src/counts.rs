//! How many requests of each kind were answered, for a benchmark beside the server to read.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use http::Method;

use crate::{answer::Answer, incoming::Incoming, operations::sub_resource};

/// Where they are read: `GET`, unsigned, from this machine only. No bucket can have the name.
pub(crate) const PATH: &str = "/_sandbox/requests";

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

    /// `{"GET bucket?uploads":100}`
    fn to_json(&self) -> String {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pairs = counts.iter().map(|(kind, count)| format!("{kind:?}:{count}"));
        format!("{{{}}}\n", pairs.collect::<Vec<_>>().join(","))
    }

    /// The counts, if that is what is asked for. Reading them is not counted.
    pub(crate) fn answer(&self, method: &Method, path: &str, is_local: bool) -> Option<Answer> {
        (is_local && method == Method::GET && path == PATH).then(|| {
            let answer = Answer { body: self.to_json().into(), ..Answer::ok() };
            answer.header("content-type", "application/json")
        })
    }
}
