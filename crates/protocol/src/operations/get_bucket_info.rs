//! GetBucketInfo: what a bucket is.

use http::Method;
use jiff::Timestamp;

use super::Owner;
use crate::{DecodeError, Operation, Request, Response, xml};

/// Asks what a bucket is. Needs `oss:GetBucketInfo`.
#[derive(Clone, Debug, Default)]
pub struct GetBucketInfo {
    /// The name.
    pub bucket: String,
}

/// What a bucket is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketInfo {
    /// The name.
    pub name: String,
    /// Where it is, as `oss-cn-hangzhou`.
    pub location: String,
    /// When it was made.
    pub creation_date: Option<Timestamp>,
    /// The endpoint it has on the internet.
    pub extranet_endpoint: String,
    /// The endpoint it has within its region.
    pub intranet_endpoint: String,
    /// `private`, `public-read` or `public-read-write`.
    pub acl: String,
    /// Who owns it.
    pub owner: Option<Owner>,
    /// The class new objects get.
    pub storage_class: String,
    /// `LRS` or `ZRS`.
    pub redundancy_type: Option<String>,
    /// `Enabled` or `Suspended`, if versioning was ever on.
    pub versioning: Option<String>,
    /// `Enabled` or `Disabled`.
    pub transfer_acceleration: Option<String>,
    /// `Enabled` or `Disabled`.
    pub cross_region_replication: Option<String>,
    /// `Enabled` or `Disabled`.
    pub access_monitor: Option<String>,
    /// `KMS`, `AES256` or `None`.
    pub sse_algorithm: Option<String>,
    /// The KMS key, when one is set.
    pub kms_master_key_id: Option<String>,
    /// The algorithm KMS encrypts with, when one is set.
    pub kms_data_encryption: Option<String>,
    /// A comment.
    pub comment: Option<String>,
    /// The resource group it belongs to.
    pub resource_group_id: Option<String>,
    /// `Enabled`, if keys are folders and files.
    pub hierarchical_namespace: Option<String>,
    /// Whether public access is blocked, whatever the ACL says.
    pub block_public_access: bool,
    /// The bucket that access logs go to.
    pub log_bucket: Option<String>,
    /// What the names of those logs begin with.
    pub log_prefix: Option<String>,
}

impl Operation for GetBucketInfo {
    const NAME: &'static str = "GetBucketInfo";
    type Output = BucketInfo;

    fn request(&self) -> Request {
        Request::bucket(Method::GET, &self.bucket).query("bucketInfo", "")
    }

    fn decode(&self, response: &Response) -> Result<BucketInfo, DecodeError> {
        xml::parse(&response.body, "BucketInfo", |root| {
            let bucket = root.child("Bucket").ok_or(DecodeError::Missing("Bucket"))?;
            let acl = bucket.child("AccessControlList");
            let rule = bucket.child("ServerSideEncryptionRule");
            let rule = |name| rule.and_then(|rule| rule.filled(name));
            let policy = bucket.child("BucketPolicy");
            let policy = |name| policy.and_then(|policy| policy.filled(name));
            Ok(BucketInfo {
                name: bucket.required("Name")?,
                location: bucket.text_or_empty("Location"),
                creation_date: bucket.time("CreationDate")?,
                extranet_endpoint: bucket.text_or_empty("ExtranetEndpoint"),
                intranet_endpoint: bucket.text_or_empty("IntranetEndpoint"),
                acl: acl.map(|acl| acl.text_or_empty("Grant")).unwrap_or_default(),
                owner: Owner::below(bucket),
                storage_class: bucket.text_or_empty("StorageClass"),
                redundancy_type: bucket.filled("DataRedundancyType"),
                versioning: bucket.filled("Versioning"),
                transfer_acceleration: bucket.filled("TransferAcceleration"),
                cross_region_replication: bucket.filled("CrossRegionReplication"),
                access_monitor: bucket.filled("AccessMonitor"),
                sse_algorithm: rule("SSEAlgorithm"),
                kms_master_key_id: rule("KMSMasterKeyID"),
                kms_data_encryption: rule("KMSDataEncryption"),
                comment: bucket.filled("Comment"),
                resource_group_id: bucket.filled("ResourceGroupId"),
                hierarchical_namespace: bucket.filled("HierarchicalNamespace"),
                block_public_access: bucket.boolean("BlockPublicAccess")?,
                log_bucket: policy("LogBucket"),
                log_prefix: policy("LogPrefix"),
            })
        })
    }
}
