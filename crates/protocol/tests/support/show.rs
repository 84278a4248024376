//! Every answer as JSON, field by field under our own names.

use std::sync::Arc;

use jiff::Timestamp;
use ossutil_protocol::{ServiceError, operations::*};
use serde_json::{Map, Value, json};

/// Becomes JSON.
pub(crate) trait Show {
    fn show(&self) -> Value;
}

/// Shows a struct; the pattern names every field, so that none is forgotten when one is added.
macro_rules! show {
    ($($type:ident { $($field:ident),* })*) => {
        $(impl Show for $type {
            fn show(&self) -> Value {
                let Self { $($field,)* .. } = self;
                let fields = [$((stringify!($field).to_owned(), $field.show())),*];
                Value::Object(fields.into_iter().collect())
            }
        })*
    };
}

show! {
    Age { days, created_before_date, expired_object_delete_marker }
    Bucket {
        name, location, region, creation_date, extranet_endpoint, intranet_endpoint,
        storage_class, comment, resource_group_id
    }
    BucketInfo {
        name, location, creation_date, extranet_endpoint, intranet_endpoint, acl, owner,
        storage_class, redundancy_type, versioning, transfer_acceleration,
        cross_region_replication, access_monitor, sse_algorithm, kms_master_key_id,
        kms_data_encryption, comment, resource_group_id, hierarchical_namespace,
        block_public_access, log_bucket, log_prefix
    }
    BucketsPage { is_truncated, next_marker, owner, buckets }
    CompletedUpload { location, bucket, key, etag, hash_crc64, version_id }
    CopiedPart { etag, last_modified, source_version_id }
    DeletedObject { key, version_id, is_delete_marker, delete_marker_version_id, error }
    InitiatedUpload { bucket, key, upload_id }
    Lifecycle { rules, xml }
    LifecycleRule {
        id, prefix, status, tags, abort_multipart_upload, expiration, transitions,
        noncurrent_days
    }
    Object {
        key, last_modified, etag, object_type, size, storage_class, restore_info,
        transition_time, owner
    }
    ObjectsPage { is_truncated, next_marker, objects, common_prefixes }
    ObjectsV2Page { is_truncated, next_continuation_token, key_count, objects, common_prefixes }
    Owner { id, display_name }
    Part { part_number, etag, size, last_modified, hash_crc64 }
    PartsPage { storage_class, is_truncated, next_part_number_marker, parts }
    Tag { key, value }
    Upload { key, upload_id, storage_class, initiated }
    UploadsPage {
        is_truncated, next_key_marker, next_upload_id_marker, uploads, common_prefixes
    }
    VersionEntry {
        is_delete_marker, key, version_id, is_latest, last_modified, etag, object_type, size,
        storage_class, restore_info, transition_time, owner
    }
}

impl Show for VersionsPage {
    /// The SDKs have a list without delete markers, so this has one too.
    fn show(&self) -> Value {
        let versions: Vec<_> = self.entries.iter().filter(|e| !e.is_delete_marker).collect();
        json!({
            "is_truncated": self.is_truncated,
            "next_key_marker": self.next_key_marker,
            "next_version_id_marker": self.next_version_id_marker,
            "entries": self.entries.show(),
            "versions": versions.show(),
            "common_prefixes": self.common_prefixes,
        })
    }
}

impl Show for BucketStat {
    /// The SDKs have a field for each class and number: `cold_archive_real_storage`.
    fn show(&self) -> Value {
        let mut shown = json!({
            "storage": self.storage,
            "object_count": self.object_count,
            "multipart_upload_count": self.multipart_upload_count,
            "multipart_part_count": self.multipart_part_count,
            "multipart_part_storage": self.multipart_part_storage,
            "live_channel_count": self.live_channel_count,
            "delete_marker_count": self.delete_marker_count,
            "last_modified_time": self.last_modified_time,
        });
        for stat in &self.classes {
            let numbers = [
                ("storage", stat.storage),
                ("real_storage", stat.real_storage),
                ("object_count", stat.object_count),
                ("multipart_part_count", stat.multipart_part_count),
                ("multipart_part_storage", stat.multipart_part_storage),
            ];
            for (what, number) in numbers {
                shown[format!("{}_{what}", snake_case(stat.class))] = number.show();
            }
        }
        shown
    }
}

fn snake_case(name: &str) -> String {
    let words = name.replace(char::is_uppercase, "_");
    let letters = name.chars().zip(words.chars());
    let snake = letters.map(|(letter, word)| match word {
        '_' => format!("_{}", letter.to_ascii_lowercase()),
        letter => letter.to_string(),
    });
    snake.collect::<String>().trim_start_matches('_').to_owned()
}

impl Show for Transition {
    fn show(&self) -> Value {
        let mut shown = self.age.show();
        shown["storage_class"] = json!(self.storage_class);
        shown
    }
}

impl Show for ServiceError {
    fn show(&self) -> Value {
        let details = self.details.iter().map(|(name, text)| (name.clone(), json!(text)));
        json!({
            "status": self.status.as_u16(),
            "code": self.code,
            "message": self.message,
            "request_id": self.request_id,
            "ec": self.ec,
            "details": details.collect::<Map<_, _>>(),
            "is_from_service": self.is_from_service,
        })
    }
}

impl Show for Timestamp {
    fn show(&self) -> Value {
        json!(self.to_string())
    }
}

impl Show for (String, String) {
    fn show(&self) -> Value {
        json!([self.0, self.1])
    }
}

impl<T: Show> Show for &T {
    fn show(&self) -> Value {
        T::show(self)
    }
}

impl<T: Show> Show for Arc<T> {
    fn show(&self) -> Value {
        T::show(self)
    }
}

impl<T: Show> Show for Option<T> {
    fn show(&self) -> Value {
        self.as_ref().map_or(Value::Null, Show::show)
    }
}

impl<T: Show> Show for Vec<T> {
    fn show(&self) -> Value {
        self.iter().map(Show::show).collect()
    }
}

macro_rules! show_scalar {
    ($($type:ty),*) => {
        $(impl Show for $type {
            fn show(&self) -> Value {
                json!(self)
            }
        })*
    };
}

show_scalar!(String, Word, bool, i64, u32, u64);
