//! Compares what an SDK recorded with our answer: field by field, under the SDK's names.

use jiff::Timestamp;
use serde_json::Value;

/// SDK names of fields, and ours.
const NAMES: &[(&str, &str)] = &[
    ("contents", "objects"),
    ("crc", "hash_crc64"),
    ("data_redundancy_type", "redundancy_type"),
    ("deleted_keys", "deleted"),
    ("deleted_objects", "deleted"),
    ("delete_marker", "is_delete_marker"),
    ("delete_marker_versionid", "delete_marker_version_id"),
    ("delete_versions", "deleted"),
    ("grant", "acl"),
    ("initiation_date", "initiated"),
    ("kms_master_keyid", "kms_master_key_id"),
    ("multi_part_upload_count", "multipart_upload_count"),
    ("next_versionid_marker", "next_version_id_marker"),
    ("object_list", "objects"),
    ("part_crc", "hash_crc64"),
    ("prefix_list", "common_prefixes"),
    ("common_prefix", "common_prefixes"),
    ("storage_size_in_bytes", "storage"),
    ("storage_transitions", "transitions"),
    ("type", "object_type"),
    ("upload_list", "uploads"),
    ("version", "versions"),
    ("versioning_status", "versioning"),
    ("versionid", "version_id"),
];

/// Objects whose fields stand one level higher in our answers.
const WRAPPERS: &[&str] = &[
    "acl",
    "bucket_encryption_rule",
    "bucket_info",
    "bucket_policy",
    "lifecycle_configuration",
    "noncurrent_version_expiration",
    "sse_rule",
];

/// Fields that we leave out on purpose: what only repeats the request, or stands elsewhere in our
/// answer, or serves a client that encrypts.
const LEFT_OUT: &[&str] = &[
    "atime_base",
    "bucket",
    "client_encryption_key",
    "continuation_token",
    "delimiter",
    "encoding_type",
    "key",
    "key_marker",
    "marker",
    "max_keys",
    "max_parts",
    "max_uploads",
    "name",
    "next_marker",
    "part_number_marker",
    "prefix",
    "start_after",
    "upload_id",
    "upload_id_marker",
    "version_id_marker",
    "versionid_marker",
    // Of errors: details that are fields of their own, and what a log would know anyway.
    "Code",
    "EC",
    "Message",
    "RequestId",
    "raises",
    "timestamp",
];

/// The paths at which `recorded` and `ours` differ, in the SDK's names.
pub(crate) fn differences(recorded: &Value, ours: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", recorded, ours, &mut found);
    found
}

fn compare(path: &str, recorded: &Value, ours: &Value, found: &mut Vec<String>) {
    let is_same = match (recorded, ours) {
        (Value::Object(fields), Value::Object(_)) => {
            return fields.iter().for_each(|field| compare_field(path, field, ours, found));
        }
        (Value::Array(recorded), Value::Array(ours)) if recorded.len() == ours.len() => {
            let pairs = recorded.iter().zip(ours).enumerate();
            return pairs.for_each(|(i, (r, o))| compare(&join(path, &i.to_string()), r, o, found));
        }
        // A list of keys or prefixes where the other has a list of structs.
        (Value::String(_), Value::Object(fields)) => is_same_text(recorded, &fields["key"]),
        (Value::Object(fields), Value::String(_)) if fields.contains_key("prefix") => {
            is_same_text(&fields["prefix"], ours)
        }
        _ if is_nothing(recorded) => is_nothing(ours),
        _ => is_same_text(recorded, ours) || is_same_time(recorded, ours),
    };
    if !is_same {
        found.push(path.to_owned());
    }
}

fn compare_field(path: &str, field: (&String, &Value), ours: &Value, found: &mut Vec<String>) {
    let (name, recorded) = field;
    let path = join(path, name);
    if WRAPPERS.contains(&&**name) && recorded.is_object() {
        return compare(&path, recorded, ours, found);
    }
    let our_name = NAMES.iter().find(|(theirs, _)| theirs == name).map_or(&**name, |(_, o)| *o);
    match ours.get(our_name) {
        Some(ours) => compare(&path, recorded, ours, found),
        None if is_nothing(recorded) || LEFT_OUT.contains(&&**name) => {}
        None => found.push(path),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The SDKs do not agree on what stands for an absent element, nor need we.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_u64() == Some(0),
        Value::String(text) => text.is_empty() || text == "0",
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_nothing),
    }
}

/// Equal as text: numbers are strings in places, and one SDK strips quotes off ETags.
fn is_same_text(recorded: &Value, ours: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let (recorded, ours) = (text(recorded), text(ours));
    recorded == ours || recorded == ours.trim_matches('"')
}

/// Equal as times: the SDKs have whole seconds since 1970, a day, or the time with an offset.
fn is_same_time(recorded: &Value, ours: &Value) -> bool {
    let time = |text: &str| text.parse::<Timestamp>().ok();
    let Some(ours) = ours.as_str().and_then(time) else { return false };
    match recorded {
        Value::Number(seconds) => seconds.as_i64() == Some(ours.as_second()),
        Value::String(text) => {
            [time(text), time(&format!("{text}T00:00:00Z"))].contains(&Some(ours))
        }
        _ => false,
    }
}
