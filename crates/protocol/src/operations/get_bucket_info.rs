//! GetBucketInfo and GetBucketLocation: what a bucket is, and where.

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

/// Asks where a bucket is. Needs `oss:GetBucketLocation`.
#[derive(Clone, Debug, Default)]
pub struct GetBucketLocation {
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
            let rule = |name| rule.and_then(|rule| rule.text(name));
            Ok(BucketInfo {
                name: bucket.text_or_empty("Name"),
                location: bucket.text_or_empty("Location"),
                creation_date: bucket.time("CreationDate")?,
                extranet_endpoint: bucket.text_or_empty("ExtranetEndpoint"),
                intranet_endpoint: bucket.text_or_empty("IntranetEndpoint"),
                acl: acl.map(|acl| acl.text_or_empty("Grant")).unwrap_or_default(),
                owner: Owner::below(bucket),
                storage_class: bucket.text_or_empty("StorageClass"),
                redundancy_type: bucket.text("DataRedundancyType"),
                versioning: bucket.text("Versioning"),
                transfer_acceleration: bucket.text("TransferAcceleration"),
                cross_region_replication: bucket.text("CrossRegionReplication"),
                access_monitor: bucket.text("AccessMonitor"),
                sse_algorithm: rule("SSEAlgorithm"),
                kms_master_key_id: rule("KMSMasterKeyID"),
                kms_data_encryption: rule("KMSDataEncryption"),
            })
        })
    }
}

impl Operation for GetBucketLocation {
    const NAME: &'static str = "GetBucketLocation";
    /// Where it is, as `oss-cn-hangzhou`.
    type Output = String;

    fn request(&self) -> Request {
        Request::bucket(Method::GET, &self.bucket).query("location", "")
    }

    fn decode(&self, response: &Response) -> Result<String, DecodeError> {
        xml::parse(&response.body, "LocationConstraint", |root| Ok(root.own_text()))
    }
}
