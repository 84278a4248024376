//! Lifecycle rules: whether they make sense, and what they do to a bucket when its time has come.

use jiff::{SignedDuration, Timestamp};
use ossutil_protocol::{
    Operation, Response,
    operations::{Age, GetBucketLifecycle, LifecycleRule},
};

use super::versions;
use crate::{
    refusal::{Outcome, Refusal},
    server::State,
    store::{Lookup, Object, Scan, at},
};

/// What a run of all rules did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// Unfinished uploads that were aborted.
    pub(crate) aborted: usize,
    /// Objects and versions that were removed, or that a delete marker now hides.
    pub(crate) expired: usize,
    /// Objects that changed their storage class.
    pub(crate) moved: usize,
}

pub(super) fn parse(body: &[u8]) -> Outcome<Vec<LifecycleRule>> {
    // What `Date` was called before there was `CreatedBeforeDate`.
    let text = String::from_utf8_lossy(body);
    let text = text.replace("<Date>", "<CreatedBeforeDate>");
    let text = text.replace("</Date>", "</CreatedBeforeDate>");
    let response = Response { body: text.into(), ..Response::default() };
    let decoded = GetBucketLifecycle::default().decode(&response);
    Ok(decoded.map_err(|_| Refusal::malformed_xml())?.rules)
}

/// Whether what is from `since` is old enough.
fn is_due(age: &Age, since: Timestamp, now: Timestamp) -> bool {
    match (age.days, age.created_before_date) {
        (Some(days), _) => is_past(days, since, now),
        (None, Some(date)) => since < date && now >= date,
        (None, None) => false,
    }
}

fn is_past(days: u32, since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) >= SignedDuration::from_hours(24 * i64::from(days))
}

/// Applies the rules of all buckets, as the service does once a day.
pub(crate) fn run(state: &State) -> Outcome<Report> {
    let mut report = Report::default();
    for bucket in state.store.view(|view| view.buckets("", "", usize::MAX))? {
        let document = state.store.view(|view| view.document(&bucket.name, "lifecycle"))?;
        let Some(document) = document else { continue };
        for rule in parse(&document)?.iter().filter(|rule| rule.is_enabled()) {
            abort_uploads(state, &bucket.name, rule, &mut report)?;
            for key in keys(state, &bucket.name, rule)? {
                apply(state, &bucket.name, &key, rule, &mut report)?;
            }
        }
    }
    Ok(report)
}

fn abort_uploads(
    state: &State,
    bucket: &str,
    rule: &LifecycleRule,
    report: &mut Report,
) -> Outcome<()> {
    let Some(age) = &rule.abort_multipart_upload else { return Ok(()) };
    let (now, mut due) = (state.stored_now(), Vec::new());
    state.store.view(|view| {
        view.scan_uploads(bucket, &at(bucket, &rule.prefix), &mut |key, id, upload| {
            if !key.starts_with(&rule.prefix) {
                return Scan::Stop;
            }
            if upload.is_ok_and(|upload| is_due(age, upload.initiated, now)) {
                due.push((key.to_owned(), id.to_owned()));
            }
            Scan::Next
        })
    })?;
    for (key, id) in due {
        report.aborted += usize::from(state.store.change(|change| {
            let is_there = change.upload(bucket, &key, &id)?.is_some();
            change.delete_upload(bucket, &key, &id)?;
            Ok(is_there)
        })?);
    }
    Ok(())
}

/// The keys that a rule about objects is about.
fn keys(state: &State, bucket: &str, rule: &LifecycleRule) -> Outcome<Vec<String>> {
    let mut keys: Vec<String> = Vec::new();
    if rule.expiration.is_none() && rule.transitions.is_empty() && rule.noncurrent_days.is_none() {
        return Ok(keys);
    }
    state.store.view(|view| {
        view.scan_versions(bucket, &at(bucket, &rule.prefix), &mut |found| {
            if !found.key.starts_with(&rule.prefix) {
                return Scan::Stop;
            }
            if keys.last().is_none_or(|last| *last != found.key) {
                keys.push(found.key.into_owned());
            }
            Scan::Next
        })
    })?;
    Ok(keys)
}

/// Applies a rule to the versions of an object.
fn apply(
    state: &State,
    bucket: &str,
    key: &str,
    rule: &LifecycleRule,
    report: &mut Report,
) -> Outcome<()> {
    let now = state.stored_now();
    state.store.change(|change| {
        let bucket = versions::bucket(change, bucket)?;
        let mut all = all_versions(change, &bucket.name, key)?;
        let Some((number, latest)) = all.first_mut() else { return Ok(()) };
        let (number, is_marker) = (*number, latest.summary.is_delete_marker());
        let modified = latest.summary.modified;
        let expires = |age: &Age| match is_marker {
            true => age.expired_object_delete_marker,
            false => is_due(age, modified, now) && has_tags(latest, rule),
        };
        let is_expired = rule.expiration.as_ref().is_some_and(expires);
        let due = rule.transitions.iter().rev().find(|t| is_due(&t.age, modified, now));
        if let Some(due) = due.filter(|_| !is_marker && !is_expired && has_tags(latest, rule))
            && latest.summary.storage_class != due.storage_class
        {
            latest.summary.storage_class.clone_from(&due.storage_class);
            change.update_version(&bucket.name, key, number, latest)?;
            report.moved += 1;
        }
        let is_alone = all.len() == 1;
        if is_expired && is_marker && is_alone {
            change.remove_version(&bucket.name, key, number, &all[0].1)?;
            report.expired += 1;
        } else if is_expired && !is_marker {
            versions::delete(state, change, &bucket, key, None)?;
            report.expired += 1;
        }
        let Some(days) = rule.noncurrent_days else { return Ok(()) };
        // A version is replaced when the one behind it in time is made.
        for pair in all.windows(2) {
            let (replaced, (number, object)) = (pair[0].1.summary.modified, &pair[1]);
            if is_past(days, replaced, now) {
                change.remove_version(&bucket.name, key, *number, object)?;
                report.expired += 1;
            }
        }
        Ok(())
    })
}

/// The versions of an object with their numbers, newest first.
fn all_versions(lookup: &impl Lookup, bucket: &str, key: &str) -> Outcome<Vec<(u64, Object)>> {
    let mut all: Vec<Outcome<(u64, Object)>> = Vec::new();
    let from = crate::store::version_key(bucket, key, u64::MAX);
    lookup.scan_versions(bucket, &from, &mut |found| {
        if found.key != key {
            return Scan::Stop;
        }
        all.push(found.object().map(|object| (found.number, object)));
        Scan::Next
    })?;
    all.into_iter().collect()
}

fn has_tags(object: &Object, rule: &LifecycleRule) -> bool {
    rule.tags.iter().all(|tag| object.tags.contains(&(tag.key.clone(), tag.value.clone())))
}
