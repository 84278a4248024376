//! Buckets: ListBuckets, PutBucket, DeleteBucket, and what is said of one.

use ossutil_protocol::{operations::PutBucket, xml::Writer};

use super::{versioning, versions};
use crate::{
    accounts,
    answer::{Answer, xml_time},
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::{Bucket, Lookup, Versioning},
};

pub(super) fn owner(writer: &mut Writer) {
    write_owner(writer, accounts::FIRST);
}

/// An account, as answers name it.
fn write_owner(writer: &mut Writer, account: &str) {
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
    let account = request.caller.account.as_deref().unwrap_or_default();
    let mut buckets = state.store.view(|view| {
        let mut own = Vec::new();
        for bucket in view.buckets(prefix, marker, usize::MAX)? {
            if own.len() <= limit && accounts::owner(view, &bucket.name)? == account {
                own.push(bucket);
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
            root.text_if("NextMarker", buckets.last().map(|bucket| &bucket.name));
        }
        write_owner(root, account);
        root.element("Buckets", |list| {
            for bucket in &buckets {
                list.element("Bucket", |element| {
                    element.text("CreationDate", xml_time(bucket.created));
                    endpoints(state, element);
                    element.text("Location", format!("oss-{}", state.accounts.region));
                    element.text("Name", &bucket.name);
                    element.text("Region", &state.accounts.region);
                    element.text("StorageClass", &bucket.storage_class);
                });
            }
        });
    }))
}

pub(super) fn put(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let (class, redundancy) = match request.body.is_empty() {
        true => (None, None),
        false => PutBucket::parse_body(&request.body).map_err(|_| Refusal::malformed_xml())?,
    };
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
            let message = "The requested bucket name is not available.";
            return Err(
                Refusal::new(409, "BucketAlreadyExists", message).detail("BucketName", bucket)
            );
        }
        if existing.is_none() {
            accounts::set_owner(change, bucket, account)?;
        }
        let mut record = existing.unwrap_or_else(|| new(state.stored_now()));
        record.acl = acl.unwrap_or(record.acl);
        change.put_bucket(&record)
    })?;
    Ok(Answer::ok().header("location", format!("/{bucket}")))
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
    let message = "The bucket you tried to delete is not empty.";
    Err(Refusal::new(409, "BucketNotEmpty", message).detail("BucketName", bucket))
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

/// Who may do what, as answers say it of objects.
pub(super) fn access_control(acl: &str) -> Answer {
    grant(acl, accounts::FIRST)
}

fn grant(acl: &str, owner: &str) -> Answer {
    Answer::xml("AccessControlPolicy", |root| {
        write_owner(root, owner);
        root.element("AccessControlList", |list| list.text("Grant", acl));
    })
}

pub(super) fn put_acl(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let acl = bucket_acl(request.header("x-oss-acl").unwrap_or_default())?;
    state.store.change(|change| {
        let bucket = versions::bucket(change, bucket)?;
        change.put_bucket(&Bucket { acl, ..bucket })
    })?;
    Ok(Answer::ok())
}

pub(super) fn info(state: &State, bucket: &str) -> Outcome<Answer> {
    let bucket = state.store.view(|view| versions::bucket(view, bucket))?;
    Ok(Answer::xml("BucketInfo", |root| {
        root.element("Bucket", |element| {
            element.text("AccessMonitor", "Disabled");
            element.text("Comment", "");
            element.text("CreationDate", xml_time(bucket.created));
            element.text("CrossRegionReplication", "Disabled");
            element.text("DataRedundancyType", &bucket.redundancy_type);
            endpoints(state, element);
            element.text("Location", format!("oss-{}", state.accounts.region));
            element.text("Name", &bucket.name);
            element.text("ResourceGroupId", "rg-sandbox");
            element.text("StorageClass", &bucket.storage_class);
            element.text("TransferAcceleration", "Disabled");
            element.text_if("Versioning", versioning::name(bucket.versioning));
            owner(element);
            element.element("AccessControlList", |list| list.text("Grant", &bucket.acl));
            element.element("ServerSideEncryptionRule", |rule| rule.text("SSEAlgorithm", "None"));
            element.element("BucketPolicy", |policy| {
                policy.text("LogBucket", "");
                policy.text("LogPrefix", "");
            });
        });
    }))
}
