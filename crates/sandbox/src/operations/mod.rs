//! Which operation a request asks for, and whether it may.

mod buckets;
mod multipart;
mod objects;
mod uploads;

use http::Method;

use crate::{
    answer::Answer,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
};

/// Checks the request and does what it asks.
pub(crate) fn answer(state: &State, request: &Incoming) -> Outcome<Answer> {
    let Some(bucket) = request.bucket.as_deref() else {
        state.accounts.check(request, state.now())?;
        return service(state, request);
    };
    check_bucket_name(bucket)?;
    let makes_bucket =
        request.method == Method::PUT && request.key.is_none() && sub_resource(request).is_none();
    // A bucket that is not there is said before the key is looked at, as the service does.
    if !makes_bucket && state.store.bucket(bucket).is_none() {
        return Err(Refusal::no_such_bucket(bucket));
    }
    state.accounts.check(request, state.now())?;
    match &request.key {
        Some(_) => object(state, request, bucket),
        None => on_bucket(state, request, bucket),
    }
}

fn service(state: &State, request: &Incoming) -> Outcome<Answer> {
    match (&request.method, sub_resource(request)) {
        (&Method::GET, None) => buckets::list(state, request),
        (_, Some(name)) => Err(Refusal::not_implemented(name)),
        _ => Err(method_not_allowed(request, "SERVICE")),
    }
}

fn on_bucket(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    match (&request.method, sub_resource(request)) {
        (&Method::GET, None) if request.text("list-type") == "2" => {
            objects::list_v2(state, request, bucket)
        }
        (&Method::GET, None) => objects::list(state, request, bucket),
        (&Method::GET, Some("uploads")) => uploads::list(state, request, bucket),
        (&Method::GET, Some("versions")) => objects::list_versions(state, request, bucket),
        (&Method::GET, Some("bucketInfo")) => buckets::info(state, bucket),
        (&Method::GET, Some("location")) => Ok(buckets::location(state)),
        (&Method::GET, Some("acl")) => buckets::acl(state, bucket),
        (&Method::PUT, None) => buckets::put(state, request, bucket),
        (&Method::DELETE, None) => buckets::delete(state, bucket),
        (&Method::POST, Some("delete")) => objects::delete_multiple(state, request, bucket),
        (_, Some(name)) => Err(Refusal::not_implemented(name)),
        _ => Err(method_not_allowed(request, "BUCKET")),
    }
}

fn object(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let key = request.object()?;
    match (&request.method, sub_resource(request)) {
        (&Method::GET, None) => objects::get(state, request, bucket, key),
        (&Method::HEAD, None | Some("objectMeta")) => objects::head(state, request, bucket, key),
        (&Method::PUT, None) if request.header("x-oss-copy-source").is_some() => {
            Err(Refusal::not_implemented("x-oss-copy-source"))
        }
        (&Method::PUT, None) => objects::put(state, request, bucket, key),
        (&Method::DELETE, None) => Ok(objects::delete(state, bucket, key)),
        (&Method::POST, Some("uploads")) => multipart::initiate(state, request, bucket, key),
        (&Method::PUT, Some("uploadId")) => multipart::upload_part(state, request, bucket, key),
        (&Method::GET, Some("uploadId")) => multipart::list_parts(state, request, bucket, key),
        (&Method::POST, Some("uploadId")) => multipart::complete(state, request, bucket, key),
        (&Method::DELETE, Some("uploadId")) => multipart::abort(state, request, bucket, key),
        (_, Some(name)) => Err(Refusal::not_implemented(name)),
        _ => Err(method_not_allowed(request, "OBJECT")),
    }
}

/// The parameter that says what a request is about, if it is not the thing itself.
pub(crate) fn sub_resource(request: &Incoming) -> Option<&'static str> {
    const KNOWN: &[&str] = &[
        "uploads",
        "uploadId",
        "delete",
        "versions",
        "bucketInfo",
        "location",
        "acl",
        "objectMeta",
        "append",
        "cname",
        "comp",
        "cors",
        "encryption",
        "inventory",
        "lifecycle",
        "live",
        "logging",
        "metaQuery",
        "policy",
        "qosInfo",
        "referer",
        "regions",
        "replication",
        "requestPayment",
        "resourceGroup",
        "restore",
        "stat",
        "style",
        "symlink",
        "tagging",
        "transferAcceleration",
        "versioning",
        "website",
        "worm",
        "x-oss-process",
    ];
    KNOWN.iter().copied().find(|name| request.parameter(name).is_some())
}

fn method_not_allowed(request: &Incoming, resource: &str) -> Refusal {
    let message = "The specified method is not allowed against this resource.";
    Refusal::new(405, "MethodNotAllowed", message)
        .detail("Method", request.method.as_str())
        .detail("ResourceType", resource)
}

pub(crate) fn is_bucket_name(name: &str) -> bool {
    let is_legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (3..=63).contains(&name.len())
        && name.bytes().all(is_legal)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

fn check_bucket_name(name: &str) -> Outcome<()> {
    if is_bucket_name(name) {
        return Ok(());
    }
    let message = "The specified bucket is not valid.";
    Err(Refusal::new(400, "InvalidBucketName", message).detail("BucketName", name))
}
