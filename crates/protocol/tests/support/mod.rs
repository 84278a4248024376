//! Our answers as JSON, so that they can be compared with what the official SDKs recorded.

mod compare;
mod show;

pub(crate) use compare::differences;
pub(crate) use show::Show;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use ossutil_protocol::{DecodeError, Operation, Response, ServiceError, operations::*};
use serde_json::{Value, json};

/// The answer that a pair describes: a body, and status and headers from its record.
pub(crate) fn response(body: Vec<u8>, record: &Value) -> Response {
    let status = record["http_status"].as_u64().and_then(|status| u16::try_from(status).ok());
    let header = |(name, value): (&String, &Value)| {
        let name: HeaderName = name.parse().expect("a header name");
        let value = value.as_str().expect("a header value");
        (name, HeaderValue::from_str(value).expect("a header value"))
    };
    let headers: HeaderMap =
        record["http_headers"].as_object().expect("headers").iter().map(header).collect();
    let status = StatusCode::from_u16(status.expect("a status")).expect("a status");
    Response { status, headers, body: body.into() }
}

/// What our decoder makes of an answer, under our names.
pub(crate) fn ours(op: &str, response: &Response) -> Result<Value, DecodeError> {
    fn read<O: Operation<Output: Show>>(operation: &O, r: &Response) -> Result<Value, DecodeError> {
        Ok(operation.decode(r)?.show())
    }
    match op {
        "bucket_info" => read(&GetBucketInfo::default(), response),
        "complete" => read(&CompleteMultipartUpload::default(), response),
        "delete_multiple" => {
            let deleted = read(&DeleteMultipleObjects::default(), response)?;
            Ok(json!({ "deleted": deleted }))
        }
        "error" => Ok(ServiceError::from_response(response).show()),
        "initiate" => read(&InitiateMultipartUpload::default(), response),
        "lifecycle" => read(&GetBucketLifecycle::default(), response),
        "list_buckets" => read(&ListBuckets::default(), response),
        "list_multipart_uploads" => read(&ListMultipartUploads::default(), response),
        "list_object_versions" => read(&ListObjectVersions::default(), response),
        "list_objects" => read(&ListObjects::default(), response),
        "list_objects_v2" => read(&ListObjectsV2::default(), response),
        "list_parts" => read(&ListParts::default(), response),
        "location" => {
            let location = read(&GetBucketLocation::default(), response)?;
            Ok(json!({ "location": location }))
        }
        "stat" => read(&GetBucketStat::default(), response),
        "upload_part_copy" => read(&UploadPartCopy::default(), response),
        _ => panic!("no operation for `{op}`"),
    }
}
