//! One file an operation, named as the API reference names it.

mod abort_multipart_upload;
mod complete_multipart_upload;
mod copy_object;
mod delete_bucket;
mod delete_bucket_lifecycle;
mod delete_multiple_objects;
mod delete_object;
mod get_bucket_info;
mod get_bucket_lifecycle;
mod get_bucket_location;
mod get_bucket_stat;
mod get_object;
mod get_object_meta;
mod head_object;
mod initiate_multipart_upload;
mod list_buckets;
mod list_multipart_uploads;
mod list_object_versions;
mod list_objects;
mod list_objects_v2;
mod list_parts;
mod put_bucket;
mod put_bucket_lifecycle;
mod put_object;
mod upload_part;
mod upload_part_copy;

pub use abort_multipart_upload::AbortMultipartUpload;
pub use complete_multipart_upload::{CompleteMultipartUpload, CompletedUpload};
pub use copy_object::{CopiedObject, CopyObject, CopySource};
pub use delete_bucket::DeleteBucket;
pub use delete_bucket_lifecycle::DeleteBucketLifecycle;
pub use delete_multiple_objects::{DeleteMultipleObjects, DeletedObject, ObjectId};
pub use delete_object::DeleteObject;
pub use get_bucket_info::{BucketInfo, GetBucketInfo};
pub use get_bucket_lifecycle::{
    Age, GetBucketLifecycle, Lifecycle, LifecycleRule, Tag, Transition,
};
pub use get_bucket_location::GetBucketLocation;
pub use get_bucket_stat::{BucketStat, ClassStat, GetBucketStat};
pub use get_object::GetObject;
pub use get_object_meta::GetObjectMeta;
pub use head_object::{HeadObject, ObjectHead};
pub use initiate_multipart_upload::{InitiateMultipartUpload, InitiatedUpload};
pub use list_buckets::{Bucket, BucketsPage, ListBuckets};
pub use list_multipart_uploads::{ListMultipartUploads, Upload, UploadsPage};
pub use list_object_versions::{ListObjectVersions, VersionEntry, VersionsPage};
pub use list_objects::{ListObjects, Object, ObjectsPage, Owner};
pub use list_objects_v2::{ListObjectsV2, ObjectsV2Page};
pub use list_parts::{ListParts, Part, PartsPage};
pub use put_bucket::PutBucket;
pub use put_bucket_lifecycle::PutBucketLifecycle;
pub use put_object::PutObject;
pub use upload_part::{UploadPart, UploadedPart};
pub use upload_part_copy::{CopiedPart, UploadPartCopy};
