//! Which operation a request asks for, and whether it may.

mod append;
mod bucket_tagging;
mod buckets;
mod cname;
mod conditions;
mod copy;
pub(crate) mod cors;
mod delete;
mod documents;
mod encryption;
mod get;
mod inventory;
pub(crate) mod lifecycle;
mod lifecycle_rules;
mod list_objects;
mod list_versions;
mod multipart;
mod name;
mod object_acl;
pub(crate) mod post_object;
mod post_policy;
mod properties;
mod put;
mod replication;
mod restore;
mod service;
mod stat;
mod style;
mod symlink;
mod tagging;
mod uploads;
mod versioning;
pub(crate) mod versions;
mod website;
mod worm;

use http::Method;
use jiff::Timestamp;

pub(crate) use self::name::name;

use crate::{
    accounts::Caller,
    answer::Answer,
    ec,
    incoming::Incoming,
    referer,
    refusal::{Outcome, Refusal},
    server::State,
};

/// Checks who asks, and that what is asked about can be there.
pub(crate) fn admit(state: &State, request: &Incoming, now: Timestamp) -> Outcome<Caller> {
    find_bucket(state, request)?;
    let caller = state.accounts.authenticate(request, now)?;
    referer::check(&state.store, request)?;
    // What a visitor comes to see is known when the website is looked at.
    if !website::is_visit(state, request, &caller)? {
        state.accounts.authorize(&state.store, &caller, request)?;
    }
    Ok(caller)
}

/// Checks what only the body says: which objects are to be removed.
pub(crate) fn admit_body(state: &State, request: &Incoming) -> Outcome<()> {
    match name(request).as_str() {
        "DeleteMultipleObjects" => state.accounts.authorize(&state.store, &request.caller, request),
        _ => Ok(()),
    }
}

/// Refuses names that no bucket can have, and buckets that are not there. The service says so
/// before it looks at the access key.
pub(crate) fn find_bucket(state: &State, request: &Incoming) -> Outcome<()> {
    let Some(bucket) = request.bucket.as_deref() else { return Ok(()) };
    check_bucket_name(bucket)?;
    // An ACL makes a bucket that is not there.
    let makes_bucket = request.method == Method::PUT
        && request.key.is_none()
        && matches!(sub_resource(request), None | Some("acl"));
    match makes_bucket || state.store.bucket(bucket)?.is_some() {
        true => Ok(()),
        false => Err(Refusal::no_such_bucket(bucket)),
    }
}

/// What a request is about: `bucket/key`, `bucket`, or nothing.
pub(crate) fn resource(request: &Incoming) -> String {
    let bucket = request.bucket.clone().unwrap_or_default();
    match &request.key {
        Some(key) => format!("{bucket}/{key}"),
        None => bucket,
    }
}

/// Whether the body of a request is the content of an object or a part.
pub(crate) fn brings_content(request: &Incoming) -> Outcome<bool> {
    let brings_content = request.key.is_some()
        && request.header("x-oss-copy-source").is_none()
        && matches!(
            (&request.method, sub_resource(request)),
            (&Method::PUT, None | Some("uploadId")) | (&Method::POST, Some("append"))
        );
    let has_length = ["content-length", "transfer-encoding"];
    if brings_content && !has_length.iter().any(|name| request.headers.contains_key(*name)) {
        let message = "You must provide the Content-Length HTTP header.";
        return Err(Refusal::new(411, "MissingContentLength", message));
    }
    Ok(brings_content)
}

/// Does what a request asks that was admitted.
pub(crate) fn answer(state: &State, request: &Incoming) -> Outcome<Answer> {
    if let Some(form) = &request.form {
        return post_object::answer(state, request, form);
    }
    match (request.bucket.as_deref(), &request.key) {
        (Some(bucket), _) if website::is_visit(state, request, &request.caller)? => {
            website::visit(state, request, bucket)
        }
        (None, _) => service::answer(state, request),
        (Some(bucket), None) => on_bucket(state, request, bucket),
        (Some(bucket), Some(_)) => {
            let answer = object(state, request, bucket);
            match answer {
                Err(missing) if missing.code == "NoSuchKey" => {
                    website::index(state, request, bucket)?.ok_or(missing)
                }
                answer => answer,
            }
        }
    }
}

fn on_bucket(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    match (&request.method, sub_resource(request)) {
        (&Method::GET, None) if request.text("list-type") == "2" => {
            list_objects::list_v2(state, request, bucket)
        }
        (&Method::GET, None) => list_objects::list(state, request, bucket),
        (&Method::GET, Some("uploads")) => uploads::list(state, request, bucket),
        (&Method::GET, Some("versions")) => list_versions::list(state, request, bucket),
        (&Method::GET, Some("bucketInfo")) => buckets::info(state, bucket),
        (&Method::GET, Some("location")) => Ok(buckets::location(state)),
        (&Method::GET, Some("stat")) => stat::get(state, bucket),
        (&Method::GET, Some("acl")) => buckets::acl(state, bucket),
        (&Method::PUT, Some("acl")) => buckets::put_acl(state, request, bucket),
        (&Method::GET, Some("tagging")) => bucket_tagging::get(state, bucket),
        (&Method::PUT, Some("tagging")) => bucket_tagging::put(state, request, bucket),
        (&Method::DELETE, Some("tagging")) => bucket_tagging::delete(state, request, bucket),
        (&Method::GET, Some("versioning")) => versioning::get(state, bucket),
        (&Method::PUT, Some("versioning")) => versioning::put(state, request, bucket),
        (&Method::PUT, None) => buckets::put(state, request, bucket),
        (&Method::DELETE, None) => buckets::delete(state, bucket),
        (&Method::POST, Some("delete")) => delete::delete_multiple(state, request, bucket),
        (_, Some("encryption")) => encryption::answer(state, request, bucket),
        (_, Some("inventory")) => inventory::answer(state, request, bucket),
        (_, Some(name @ ("worm" | "wormId" | "wormExtend"))) => {
            worm::answer(state, request, bucket, name)
        }
        (&Method::GET, Some("policyStatus")) => documents::policy_status(state, bucket),
        (&Method::GET, Some("live")) => Ok(buckets::live_channels()),
        (_, Some("style")) => style::answer(state, request, bucket),
        (_, Some("cname")) => cname::answer(state, request, bucket),
        (
            _,
            Some(name @ ("replication" | "replicationLocation" | "replicationProgress" | "rtc")),
        ) => replication::answer(state, request, bucket, name),
        (_, Some(name)) => match documents::find(documents::name(request, name)) {
            Some(kind) => documents::answer(state, request, bucket, kind),
            None => Err(Refusal::not_implemented(name)),
        },
        _ => Err(method_not_allowed(request, "BUCKET")),
    }
}

fn object(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let key = request.object()?;
    let is_copy = request.header("x-oss-copy-source").is_some();
    match (&request.method, sub_resource(request)) {
        (&Method::GET, None) => get::get(state, request, bucket, key),
        (&Method::HEAD, None | Some("objectMeta")) => get::head(state, request, bucket, key),
        (&Method::PUT, None) if is_copy => copy::copy(state, request, bucket, key),
        (&Method::PUT, None) => put::put(state, request, bucket, key),
        (&Method::DELETE, None | Some("symlink")) => delete::delete(state, request, bucket, key),
        (&Method::POST, Some("append")) => append::append(state, request, bucket, key),
        (&Method::PUT, Some("symlink")) => symlink::put(state, request, bucket, key),
        (&Method::GET, Some("symlink")) => symlink::get(state, request, bucket, key),
        (&Method::PUT, Some("acl")) => object_acl::put(state, request, bucket, key),
        (&Method::GET, Some("acl")) => object_acl::get(state, request, bucket, key),
        (&Method::PUT, Some("tagging")) => tagging::put(state, request, bucket, key),
        (&Method::GET, Some("tagging")) => tagging::get(state, request, bucket, key),
        (&Method::DELETE, Some("tagging")) => tagging::delete(state, request, bucket, key),
        (&Method::POST, Some("restore")) => restore::restore(state, request, bucket, key),
        (&Method::POST, Some("cleanRestoredObject")) => restore::clean(state, request, bucket, key),
        (_, sub_resource) => upload(state, request, bucket, key, sub_resource),
    }
}

/// Requests about an upload, and those that nothing answers.
fn upload(
    state: &State,
    request: &Incoming,
    bucket: &str,
    key: &str,
    sub_resource: Option<&str>,
) -> Outcome<Answer> {
    let is_copy = request.header("x-oss-copy-source").is_some();
    match (&request.method, sub_resource) {
        (&Method::POST, Some("uploads")) => multipart::initiate(state, request, bucket, key),
        (&Method::PUT, Some("uploadId")) if is_copy => {
            multipart::upload_part_copy(state, request, bucket, key)
        }
        (&Method::PUT, Some("uploadId")) => multipart::upload_part(state, request, bucket, key),
        (&Method::GET, Some("uploadId")) => multipart::list_parts(state, request, bucket, key),
        (&Method::POST, Some("uploadId")) => multipart::complete(state, request, bucket, key),
        (&Method::DELETE, Some("uploadId")) => multipart::abort(state, request, bucket, key),
        (_, Some(name)) => Err(Refusal::not_implemented(name)),
        _ => Err(method_not_allowed(request, "OBJECT")),
    }
}

/// The parameters that say what a request is about. Of several in a request the first counts here.
const SUB_RESOURCES: &[&str] = &[
    "uploads",
    "uploadId",
    "delete",
    "versions",
    "bucketInfo",
    "location",
    "acl",
    "objectMeta",
    "append",
    "cloudboxes",
    "cname",
    "cors",
    "encryption",
    "inventory",
    "lifecycle",
    "live",
    "logging",
    "metaQuery",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "qos",
    "qosInfo",
    "referer",
    "regions",
    "replication",
    "replicationLocation",
    "replicationProgress",
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
    "wormExtend",
    "wormId",
    "accessmonitor",
    "bucketArchiveDirectRead",
    "httpsConfig",
    "userDefinedLogFieldsConfig",
    // What there is none of here, but a name for in the refusal.
    "accessPoint",
    "accessPointConfigForObjectProcess",
    "accessPointForObjectProcess",
    "accessPointPolicy",
    "asyncFetch",
    "bucketHash",
    "cleanRestoredObject",
    "fcAccessPoint",
    "img",
    "legalHold",
    "metadataConfiguration",
    "metadataInventoryTable",
    "metadataJournalTable",
    "objectWorm",
    "overwriteConfig",
    "processConfiguration",
    "quota",
    "redundancyTransition",
    "requesterQosInfo",
    "resourcePool",
    "resourcePoolBuckets",
    "resourcePoolInfo",
    "responseHeader",
    "retention",
    "rtc",
    "seal",
    "select",
    "status",
    "vod",
    "x-oss-async-process",
    "x-oss-process",
    "x-oss-write-get-object-response",
    "comp",
];

/// The parameter that says what a request is about, if it is not the thing itself.
pub(crate) fn sub_resource(request: &Incoming) -> Option<&'static str> {
    SUB_RESOURCES.iter().copied().find(|name| request.parameter(name).is_some())
}

fn method_not_allowed(request: &Incoming, resource: &str) -> Refusal {
    let message = "The specified method is not allowed against this resource.";
    let refusal = Refusal::new(405, "MethodNotAllowed", message)
        .detail("Method", request.method.as_str())
        .detail("ResourceType", resource);
    match resource {
        "OBJECT" => refusal.ec(ec::OBJECT_METHOD),
        _ => refusal,
    }
}

fn has_bucket_letters(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

pub(crate) fn is_bucket_name(name: &str) -> bool {
    (3..=63).contains(&name.len())
        && has_bucket_letters(name)
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
