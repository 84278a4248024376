//! What a bucket is.

use jiff::Timestamp;
use ossutil_client::{
    Client,
    protocol::operations::{BucketInfo, GetBucketInfo},
};
use serde::Serialize;

use crate::{
    context::Context, display::local_time, error::Result, output::Record, properties::write_one,
};

/// How far the names are padded.
const WIDTH: usize = 22;

#[derive(Default, Serialize)]
struct BucketRecord<'a> {
    name: &'a str,
    region: &'a str,
    created: Option<Timestamp>,
    extranet_endpoint: &'a str,
    intranet_endpoint: &'a str,
    acl: &'a str,
    owner: Option<&'a str>,
    storage_class: &'a str,
    redundancy_type: Option<&'a str>,
    versioning: Option<&'a str>,
    sse_algorithm: Option<&'a str>,
    kms_master_key_id: Option<&'a str>,
    kms_data_encryption: Option<&'a str>,
    transfer_acceleration: Option<&'a str>,
    cross_region_replication: Option<&'a str>,
    access_monitor: Option<&'a str>,
    resource_group_id: Option<&'a str>,
    comment: Option<&'a str>,
    hierarchical_namespace: Option<&'a str>,
    block_public_access: bool,
    log_bucket: Option<&'a str>,
    log_prefix: Option<&'a str>,
}

impl Record for BucketRecord<'_> {
    const LIST: &'static str = "buckets";
    const ITEM: &'static str = "bucket";
}

pub(super) async fn show(context: &mut Context<'_>, client: &Client, bucket: String) -> Result<()> {
    let info = client.send(&GetBucketInfo { bucket }).await?;
    let created = local_time(info.creation_date, &context.zone());
    let lines = lines(&info, &created);
    Ok(context.printer.record(&record(&info), |out| {
        lines.iter().try_for_each(|(name, value)| write_one(name, value, WIDTH, out))
    })?)
}

fn record(info: &BucketInfo) -> BucketRecord<'_> {
    BucketRecord {
        name: &info.name,
        region: &info.location,
        created: info.creation_date,
        extranet_endpoint: &info.extranet_endpoint,
        intranet_endpoint: &info.intranet_endpoint,
        acl: &info.acl,
        owner: info.owner.as_ref().map(|owner| owner.id.as_str()),
        storage_class: &info.storage_class,
        redundancy_type: info.redundancy_type.as_deref(),
        versioning: info.versioning.as_deref(),
        sse_algorithm: info.sse_algorithm.as_deref(),
        kms_master_key_id: info.kms_master_key_id.as_deref(),
        kms_data_encryption: info.kms_data_encryption.as_deref(),
        transfer_acceleration: info.transfer_acceleration.as_deref(),
        cross_region_replication: info.cross_region_replication.as_deref(),
        access_monitor: info.access_monitor.as_deref(),
        resource_group_id: info.resource_group_id.as_deref(),
        comment: info.comment.as_deref(),
        hierarchical_namespace: info.hierarchical_namespace.as_deref(),
        block_public_access: info.block_public_access,
        log_bucket: info.log_bucket.as_deref(),
        log_prefix: info.log_prefix.as_deref(),
    }
}

/// The lines of `ossutil` 1.
fn lines<'a>(info: &'a BucketInfo, created: &'a str) -> Vec<(&'static str, &'a str)> {
    let owner = info.owner.as_ref().map(|owner| owner.id.as_str());
    let text = Option::as_deref;
    [
        ("Name", Some(info.name.as_str())),
        ("Location", Some(&info.location)),
        ("CreationDate", Some(created)),
        ("ExtranetEndpoint", Some(&info.extranet_endpoint)),
        ("IntranetEndpoint", Some(&info.intranet_endpoint)),
        ("ACL", Some(&info.acl)),
        ("Owner", Some(owner.unwrap_or_default())),
        ("StorageClass", Some(&info.storage_class)),
        ("RedundancyType", text(&info.redundancy_type)),
        ("SSEAlgorithm", text(&info.sse_algorithm)),
        ("KMSMasterKeyID", text(&info.kms_master_key_id)),
        ("KMSDataEncryption", text(&info.kms_data_encryption)),
        ("TransferAcceleration", Some(text(&info.transfer_acceleration).unwrap_or_default())),
        ("CrossRegionReplication", Some(text(&info.cross_region_replication).unwrap_or_default())),
        ("AccessMonitor", text(&info.access_monitor)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}
