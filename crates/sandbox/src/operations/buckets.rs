//! Buckets: ListBuckets, PutBucket, DeleteBucket, and what is said of one.

use std::collections::BTreeMap;

use ossutil_protocol::{
    operations::PutBucket,
    xml::{self, Writer},
};

use super::{bucket_tagging, encryption, has_bucket_letters, versioning, versions};
use crate::{
    accounts,
    answer::{Answer, xml_time},
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::{Bucket, Lookup, Versioning},
};

/// The header that names a resource group.
const GROUP_HEADER: &str = "x-oss-resource-group-id";

/// The root of the document that does.
const GROUP_ROOT: &str = "BucketResourceGroupConfiguration";

/// The resource group of what is given no other.
pub(super) const DEFAULT_GROUP: &str = "rg-sandbox";

/// An account, as answers name it.
pub(super) fn write_owner(writer: &mut Writer, account: &str) {
    writer.element("Owner", |owner| {
        owner.text("ID", account);
        owner.text("DisplayName", account);
    });
}

fn endpoints(state: &State, writer: &mut Writer) {
    let region = &state.accounts.region;
    writer.text("ExtranetEndpoint", format!("oss-{region}.aliyuncs.com"));
    writer.text("IntranetEndpoint", format!("oss-{region}-internal.aliyuncs.com"));
}

pub(super) fn list(state: &State, request: &Incoming) -> Outcome<Answer> {
    let (prefix, marker) = (request.text("prefix"), request.text("marker"));
    let limit = request.number("max-keys", 100, 1..=1000)?;
    if let Some(wrong) = [prefix, marker].into_iter().find(|text| !has_bucket_letters(text)) {
        let message = "The specified bucket is not valid.";
        return Err(Refusal::new(400, "InvalidBucketName", message).detail("BucketName", wrong));
    }
    let account = request.caller.account.as_deref().unwrap_or_default();
    let mut buckets = state.store.view(|view| {
        let mut own = Vec::new();
        let shows_tags = request.parameter("tagging").is_some();
        for bucket in view.buckets(prefix, marker, usize::MAX)? {
            let is_listed = own.len() <= limit && accounts::owner(view, &bucket.name)? == account;
            let group = resource_group(view, &bucket.name)?;
            if is_listed && is_asked_for(request, view, &bucket.name, &group)? {
                let tags = match shows_tags {
                    true => Some(bucket_tagging::tags(view, &bucket.name)?),
                    false => None,
                };
                own.push((bucket, group, tags));
            }
        }
        Ok(own)
    })?;
    let is_truncated = buckets.len() > limit;
    buckets.truncate(limit);
    Ok(Answer::xml("ListAllMyBucketsResult", |root| {
        if is_truncated {
            root.text("Prefix", prefix);
            root.text("Marker", marker);
            root.text("MaxKeys", limit);
            root.text("IsTruncated", true);
            root.text_if("NextMarker", buckets.last().map(|(bucket, ..)| &bucket.name));
        }
        write_owner(root, account);
        root.element("Buckets", |list| {
            for (bucket, group, tags) in &buckets {
                list.element("Bucket", |element| {
                    element.text("CreationDate", xml_time(bucket.created));
                    endpoints(state, element);
                    element.text("Location", format!("oss-{}", state.accounts.region));
                    element.text("Name", &bucket.name);
                    element.text("Region", &state.accounts.region);
                    element.text("ResourceGroupId", group);
                    element.text("StorageClass", &bucket.storage_class);
                    if let Some(tags) = tags {
                        element.element("Tagging", |tagging| super::tagging::write(tagging, tags));
                    }
                });
            }
        });
    }))
}

/// Whether the listing that is asked for has a bucket: by resource group, and by tag.
fn is_asked_for(
    request: &Incoming,
    lookup: &impl Lookup,
    bucket: &str,
    group: &str,
) -> Outcome<bool> {
    if request.header(GROUP_HEADER).is_some_and(|wanted| wanted != group) {
        return Ok(false);
    }
    let (key, value) = (request.text("tag-key"), request.parameter("tag-value"));
    let named = bucket_tagging::named(request.text("tagging"));
    if key.is_empty() && named.is_empty() {
        return Ok(true);
    }
    let tags = bucket_tagging::tags(lookup, bucket)?;
    let has_key = tags.iter().any(|(k, v)| k == key && value.is_none_or(|value| value == v));
    Ok((key.is_empty() || has_key) && named.iter().all(|tag| tags.contains(tag)))
}

/// The resource group of a bucket.
fn resource_group(lookup: &impl Lookup, bucket: &str) -> Outcome<String> {
    let document = lookup.document(bucket, "resourceGroup")?;
    let group = Configured::of(document, GROUP_ROOT).text("ResourceGroupId");
    Ok(if group.is_empty() { DEFAULT_GROUP.to_owned() } else { group })
}

pub(super) fn put(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let (class, redundancy) = match request.body.is_empty() {
        true => (None, None),
        false => PutBucket::parse_body(&request.body).map_err(|_| Refusal::malformed_xml())?,
    };
    check(class.as_deref(), "StorageClass", &super::properties::CLASSES)?;
    check(redundancy.as_deref(), "DataRedundancyType", &["LRS", "ZRS"])?;
    let acl = request.header("x-oss-acl").map(bucket_acl).transpose()?;
    let account = request.caller.account.as_deref().unwrap_or(accounts::FIRST);
    state.store.change(|change| {
        let new = |created| Bucket {
            name: bucket.to_owned(),
            created,
            acl: "private".to_owned(),
            storage_class: class.clone().unwrap_or_else(|| "Standard".to_owned()),
            redundancy_type: redundancy.clone().unwrap_or_else(|| "LRS".to_owned()),
            versioning: Versioning::Off,
        };
        let existing = change.bucket(bucket)?;
        let is_other = |old: &Bucket| {
            class.as_ref().is_some_and(|class| *class != old.storage_class)
                || redundancy.as_ref().is_some_and(|kind| *kind != old.redundancy_type)
        };
        let is_own = existing.is_none() || accounts::owner(change, bucket)? == account;
        if !is_own || existing.as_ref().is_some_and(is_other) {
            let message = "The requested bucket name is not available. The bucket namespace is \
                           shared by all users of the system. Please select a different name and \
                           try again.";
            return Err(
                Refusal::new(409, "BucketAlreadyExists", message).detail("BucketName", bucket)
            );
        }
        if existing.is_none() {
            accounts::set_owner(change, bucket, account)?;
        }
        let mut record = existing.unwrap_or_else(|| new(state.stored_now()));
        record.acl = acl.unwrap_or(record.acl);
        encryption::put_default(change, request, bucket)?;
        if let Some(group) = request.header(GROUP_HEADER) {
            let document =
                Writer::document(GROUP_ROOT, |root| root.text("ResourceGroupId", &group));
            change.put_document(bucket, "resourceGroup", &document)?;
        }
        change.put_bucket(&record)
    })?;
    Ok(Answer::ok().header("location", format!("/{bucket}")))
}

fn check(value: Option<&str>, name: &str, permitted: &[&str]) -> Outcome<()> {
    match value.filter(|value| !permitted.contains(value)) {
        None => Ok(()),
        Some(value) => {
            let message =
                format!("The {name} of a bucket must be one of {}.", permitted.join(", "));
            Err(Refusal::invalid_argument(name, value, &message))
        }
    }
}

fn bucket_acl(acl: String) -> Outcome<String> {
    match ["private", "public-read", "public-read-write"].contains(&acl.as_str()) {
        true => Ok(acl),
        false => {
            let message = "no such bucket access control exists";
            Err(Refusal::invalid_argument("x-oss-acl", &acl, message))
        }
    }
}

pub(super) fn delete(state: &State, bucket: &str) -> Outcome<Answer> {
    if state.store.change(|change| change.delete_bucket(bucket))? {
        return Ok(Answer::no_content());
    }
    let message = "The bucket has objects. Please delete them first.";
    Err(Refusal::new(409, "BucketNotEmpty", message).detail("BucketName", bucket))
}

/// ListCloudBoxes: there are none.
pub(super) fn cloud_boxes() -> Answer {
    Answer::xml("ListCloudBoxResult", |root| {
        write_owner(root, accounts::FIRST);
        root.element("CloudBoxes", |_| {});
    })
}

/// ListLiveChannel: there are none.
pub(super) fn live_channels() -> Answer {
    Answer::xml("ListLiveChannelResult", |root| {
        root.text("Prefix", "");
        root.text("Marker", "");
        root.text("MaxKeys", 100);
        root.text("IsTruncated", false);
        root.text("NextMarker", "");
    })
}

pub(super) fn location(state: &State) -> Answer {
    let location = format!("oss-{}", state.accounts.region);
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><LocationConstraint>{location}</LocationConstraint>"
    );
    Answer { body: body.into(), ..Answer::ok() }.header("content-type", "application/xml")
}

pub(super) fn acl(state: &State, bucket: &str) -> Outcome<Answer> {
    let (bucket, owner) = state
        .store
        .view(|view| Ok((versions::bucket(view, bucket)?, accounts::owner(view, bucket)?)))?;
    Ok(grant(&bucket.acl, &owner))
}

/// Who may do what, as answers say it.
pub(super) fn grant(acl: &str, owner: &str) -> Answer {
    Answer::xml("AccessControlPolicy", |root| {
        write_owner(root, owner);
        root.element("AccessControlList", |list| list.text("Grant", acl));
    })
}

pub(super) fn put_acl(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let acl = bucket_acl(request.header("x-oss-acl").unwrap_or_default())?;
    // Once the way to make a bucket, and still one.
    if state.store.bucket(bucket)?.is_none() {
        return match request.caller.account {
            Some(_) => put(state, request, bucket),
            None => Err(Refusal::no_such_bucket(bucket)),
        };
    }
    state.store.change(|change| {
        let bucket = versions::bucket(change, bucket)?;
        change.put_bucket(&Bucket { acl, ..bucket })
    })?;
    Ok(Answer::ok())
}

pub(super) fn info(state: &State, bucket: &str) -> Outcome<Answer> {
    let (bucket, account, documents, group) = state.store.view(|view| {
        let names =
            ["transferAcceleration", "encryption", "logging", "accessmonitor", "publicAccessBlock"];
        let documents = names.map(|name| view.document(bucket, name));
        let group = resource_group(view, bucket)?;
        let (bucket, account) = (versions::bucket(view, bucket)?, accounts::owner(view, bucket)?);
        Ok((bucket, account, documents, group))
    })?;
    let [acceleration, encryption, logging, monitor, block] = documents;
    let monitor = Configured::of(monitor?, "AccessMonitorConfiguration");
    let block = Configured::of(block?, "PublicAccessBlockConfiguration");
    let acceleration = Configured::of(acceleration?, "TransferAccelerationConfiguration");
    let encryption = Configured::of(encryption?, "ServerSideEncryptionRule");
    let logging = Configured::of(logging?, "BucketLoggingStatus");
    Ok(Answer::xml("BucketInfo", |root| {
        root.element("Bucket", |element| {
            let is_monitored = monitor.text("Status") == "Enabled";
            element.text("AccessMonitor", if is_monitored { "Enabled" } else { "Disabled" });
            element.text("BlockPublicAccess", block.text("BlockPublicAccess") == "true");
            element.text("Comment", "");
            element.text("CreationDate", xml_time(bucket.created));
            element.text("CrossRegionReplication", "Disabled");
            element.text("DataRedundancyType", &bucket.redundancy_type);
            endpoints(state, element);
            element.text("Location", format!("oss-{}", state.accounts.region));
            element.text("Name", &bucket.name);
            element.text("ResourceGroupId", &group);
            element.text("StorageClass", &bucket.storage_class);
            let is_fast = acceleration.text("Enabled") == "true";
            let acceleration = if is_fast { "Enabled" } else { "Disabled" };
            element.text("TransferAcceleration", acceleration);
            element.text_if("Versioning", versioning::name(bucket.versioning));
            write_owner(element, &account);
            element.element("AccessControlList", |list| list.text("Grant", &bucket.acl));
            element.element("ServerSideEncryptionRule", |rule| {
                let algorithm = encryption.text("SSEAlgorithm");
                rule.text("SSEAlgorithm", if algorithm.is_empty() { "None" } else { &algorithm });
                for name in ["KMSMasterKeyID", "KMSDataEncryption"] {
                    rule.text_if(name, Some(encryption.text(name)).filter(|text| !text.is_empty()));
                }
            });
            element.element("BucketPolicy", |policy| {
                policy.text("LogBucket", logging.text("TargetBucket"));
                policy.text("LogPrefix", logging.text("TargetPrefix"));
            });
        });
    }))
}

/// The texts of a document, by the names of their elements: those below the root, and one deeper.
struct Configured(BTreeMap<String, String>);

impl Configured {
    fn of(document: Option<Vec<u8>>, root: &str) -> Self {
        let read = xml::parse(&document.unwrap_or_default(), root, |root| {
            let below = root.children().chain(root.children().flat_map(|child| child.children()));
            Ok(below.map(|e| (e.name().to_owned(), e.own_text().trim().to_owned())).collect())
        });
        // Documents were checked when they came; without one there is nothing to read.
        Self(read.unwrap_or_default())
    }

    fn text(&self, name: &str) -> String {
        self.0.get(name).cloned().unwrap_or_default()
    }
}
