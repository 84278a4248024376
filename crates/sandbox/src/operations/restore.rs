//! RestoreObject and CleanRestoredObject: archived objects must be asked for, and take their time.

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use ossutil_protocol::xml;
use ossutil_signing::v1::http_date;

use super::versions;
use crate::{
    answer::Answer,
    ec,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::{Object, Restoration},
};

/// What a request asks for.
struct Asked {
    days: i64,
    tier: String,
    /// The priority was said; only the colder classes have any.
    has_tier: bool,
}

pub(super) fn restore(
    state: &State,
    request: &Incoming,
    bucket: &str,
    key: &str,
) -> Outcome<Answer> {
    let asked = parse(request)?;
    let now = state.stored_now();
    versions::update(state, request, bucket, key, |object| {
        let wait = waiting_time(&object.summary.storage_class, &asked)?;
        let (status, ready) = match object.summary.restoration {
            Some(restoration) if now < restoration.ready => {
                let message = "The restore operation is in progress.";
                return Err(Refusal::new(409, "RestoreAlreadyInProgress", message));
            }
            Some(restoration) if now < restoration.expires => (StatusCode::OK, restoration.ready),
            _ => (StatusCode::ACCEPTED, now + wait),
        };
        let expires = ready.max(now) + SignedDuration::from_hours(24 * asked.days);
        object.summary.restoration = Some(Restoration { ready, expires });
        let is_cold = object.summary.storage_class != "Archive";
        let priority = is_cold.then_some(&asked.tier);
        Ok(Answer::empty(status).header_if("x-oss-object-restore-priority", priority))
    })
}

/// Gives up the copy of an archived object before its time.
pub(super) fn clean(state: &State, request: &Incoming, bucket: &str, key: &str) -> Outcome<Answer> {
    let now = state.stored_now();
    versions::update(state, request, bucket, key, |object| match object.summary.restoration {
        _ if !object.summary.storage_class.contains("Archive") => Err(not_archived()),
        Some(copy) if now < copy.ready => {
            let message = "The archive file's restore is not finished.";
            Err(Refusal::new(409, "ArchiveRestoreNotFinished", message))
        }
        Some(copy) if now < copy.expires => {
            object.summary.restoration = None;
            Ok(Answer::ok())
        }
        _ => {
            let message = "The archive file's restore state is stale.";
            Err(Refusal::new(409, "ArchiveRestoreFileStale", message))
        }
    })
}

fn not_archived() -> Refusal {
    let message = "The operation is not supported for this resource";
    let detail = "RestoreObject operation does not support this object storage class";
    Refusal::new(400, "OperationNotSupported", message)
        .ec(ec::RESTORE_CLASS)
        .detail("Detail", detail)
}

fn parse(request: &Incoming) -> Outcome<Asked> {
    if request.body.trim_ascii().is_empty() {
        return Ok(Asked { days: 1, tier: "Standard".to_owned(), has_tier: false });
    }
    let parsed = xml::parse(&request.body, "RestoreRequest", |root| {
        let tier = root.child("JobParameters").and_then(|job| job.filled("Tier"));
        let tier = tier.or_else(|| root.filled("Tier"));
        Ok((root.number::<i64>("Days")?.unwrap_or(1), tier))
    });
    match parsed.map_err(|_| Refusal::malformed_xml())? {
        (days, tier) if (1..=365).contains(&days) => {
            let has_tier = tier.is_some();
            Ok(Asked { days, tier: tier.unwrap_or_else(|| "Standard".to_owned()), has_tier })
        }
        (days, _) => {
            let message = "The number of days must be between 1 and 365.";
            Err(Refusal::invalid_argument("Days", &days.to_string(), message))
        }
    }
}

/// The shortest time the documentation promises for the class and the priority.
fn waiting_time(class: &str, asked: &Asked) -> Outcome<SignedDuration> {
    match (class, asked.tier.as_str()) {
        ("Archive", _) if asked.has_tier => Err(Refusal::malformed_xml()),
        ("Archive", _) => Ok(SignedDuration::from_mins(1)),
        ("ColdArchive", "Expedited") => Ok(SignedDuration::from_hours(1)),
        ("ColdArchive", "Standard") => Ok(SignedDuration::from_hours(2)),
        ("ColdArchive", "Bulk") => Ok(SignedDuration::from_hours(5)),
        ("DeepColdArchive", "Expedited") => Ok(SignedDuration::from_hours(12)),
        ("DeepColdArchive", "Standard") => Ok(SignedDuration::from_hours(48)),
        ("ColdArchive" | "DeepColdArchive", tier) => {
            Err(Refusal::invalid_argument("Tier", tier, "The restore tier is invalid."))
        }
        _ => Err(not_archived()),
    }
}

/// Refuses to read an archived object of which no copy is there.
pub(super) fn check_readable(state: &State, object: &Object) -> Outcome<()> {
    let is_archived = object.summary.storage_class.contains("Archive");
    let now = state.stored_now();
    let is_restored =
        object.summary.restoration.is_some_and(|copy| copy.ready <= now && now < copy.expires);
    if !is_archived || is_restored {
        return Ok(());
    }
    let message = "The operation is not valid for the object's state.";
    Err(Refusal::new(403, "InvalidObjectState", message))
}

/// How far a restoration is, as headers and listings say it.
pub(super) fn described(object: &Object, now: Timestamp) -> Option<String> {
    status(object.summary.restoration?, now)
}

/// As [`described`].
pub(super) fn status(restoration: Restoration, now: Timestamp) -> Option<String> {
    if now < restoration.ready {
        return Some("ongoing-request=\"true\"".to_owned());
    }
    let date = http_date(restoration.expires);
    let is_there = now < restoration.expires;
    is_there.then(|| format!("ongoing-request=\"false\", expiry-date=\"{date}\""))
}
