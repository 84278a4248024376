//! What the API reference calls the operation that a request asks for.

use http::Method;

use super::sub_resource;
use crate::incoming::Incoming;

/// The operations whose name their method and sub-resource do not spell: what the request is to,
/// method, sub-resource, name. All others are called as the rule in [`name`] has it.
const IRREGULAR: &[(&str, &str, &str, &str)] = &[
    ("Service", "GET", "", "ListBuckets"),
    ("Service", "GET", "cloudboxes", "ListCloudBoxes"),
    ("Service", "POST", "", "AssumeRole"),
    ("Bucket", "GET", "", "ListObjects"),
    ("Bucket", "GET", "bucketInfo", "GetBucketInfo"),
    ("Bucket", "GET", "uploads", "ListMultipartUploads"),
    ("Bucket", "GET", "versions", "ListObjectVersions"),
    ("Bucket", "POST", "", "PostObject"),
    ("Bucket", "POST", "delete", "DeleteMultipleObjects"),
    ("Object", "DELETE", "uploadId", "AbortMultipartUpload"),
    ("Object", "GET", "objectMeta", "GetObjectMeta"),
    ("Object", "GET", "symlink", "GetSymlink"),
    ("Object", "GET", "uploadId", "ListParts"),
    ("Object", "HEAD", "", "HeadObject"),
    ("Object", "HEAD", "objectMeta", "GetObjectMeta"),
    ("Object", "POST", "append", "AppendObject"),
    ("Object", "POST", "restore", "RestoreObject"),
    ("Object", "POST", "uploadId", "CompleteMultipartUpload"),
    ("Object", "POST", "uploads", "InitiateMultipartUpload"),
    ("Object", "PUT", "symlink", "PutSymlink"),
    ("Object", "PUT", "uploadId", "UploadPart"),
];

/// The name of the operation in the API reference; by rule `PUT ?cors` to a bucket is
/// `PutBucketCors`, and `DELETE` of an object `DeleteObject`.
pub(crate) fn name(request: &Incoming) -> String {
    let to = match (&request.bucket, &request.key) {
        (None, _) => "Service",
        (Some(_), None) => "Bucket",
        (Some(_), Some(_)) => "Object",
    };
    let sub_resource = sub_resource(request).unwrap_or_default();
    let method = request.method.as_str();
    let mut irregular = IRREGULAR.iter();
    match irregular.find(|(a, b, c, _)| (*a, *b, *c) == (to, method, sub_resource)) {
        Some((.., "ListObjects")) if request.text("list-type") == "2" => "ListObjectsV2".to_owned(),
        Some((.., "UploadPart")) if is_copy(request) => "UploadPartCopy".to_owned(),
        Some((.., name)) => (*name).to_owned(),
        None if to == "Object"
            && method == "PUT"
            && sub_resource.is_empty()
            && is_copy(request) =>
        {
            "CopyObject".to_owned()
        }
        None => regular(&request.method, to, sub_resource),
    }
}

fn regular(method: &Method, to: &str, sub_resource: &str) -> String {
    let verb = match *method {
        Method::GET | Method::HEAD => "Get",
        Method::DELETE => "Delete",
        Method::POST => "Post",
        Method::OPTIONS => "Options",
        _ => "Put",
    };
    let mut letters = sub_resource.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    format!("{verb}{to}{}", first.into_iter().chain(letters).collect::<String>())
}

fn is_copy(request: &Incoming) -> bool {
    request.headers.contains_key("x-oss-copy-source")
}
