//! Retention policies: made, locked within a day, and then only ever made longer. They are stored
//! and given back; the sandbox lets objects be removed all the same.

use jiff::{SignedDuration, Timestamp};
use ossutil_protocol::xml;

use super::documents::absent;
use crate::{
    answer::{Answer, xml_time},
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::Lookup,
};

const DOCUMENT: &str = "worm";

/// How long a policy waits to be locked.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

struct Worm {
    id: String,
    is_locked: bool,
    days: u32,
    created: Timestamp,
}

impl Worm {
    /// The policy of a bucket, if it was not left unlocked for too long.
    fn read(lookup: &impl Lookup, bucket: &str, now: Timestamp) -> Outcome<Option<Self>> {
        let Some(text) = lookup.document(bucket, DOCUMENT)? else { return Ok(None) };
        let text = String::from_utf8(text).map_err(|_| Refusal::internal())?;
        let fields: Vec<&str> = text.split(' ').collect();
        let [id, is_locked, days, created] = fields[..] else { return Err(Refusal::internal()) };
        let worm = Self {
            id: id.to_owned(),
            is_locked: is_locked == "true",
            days: days.parse().map_err(|_| Refusal::internal())?,
            created: created.parse().map_err(|_| Refusal::internal())?,
        };
        let is_given_up = !worm.is_locked && now.duration_since(worm.created) > PATIENCE;
        Ok((!is_given_up).then_some(worm))
    }

    fn to_text(&self) -> String {
        format!("{} {} {} {}", self.id, self.is_locked, self.days, self.created)
    }
}

pub(super) fn answer(
    state: &State,
    request: &Incoming,
    bucket: &str,
    sub_resource: &str,
) -> Outcome<Answer> {
    let now = state.stored_now();
    match (request.method.as_str(), sub_resource) {
        ("GET", "worm") => get(state, bucket, now),
        ("POST", "worm") => initiate(state, request, bucket, now),
        ("POST", "wormId") => change(state, request, bucket, |worm| {
            worm.is_locked = true;
            Ok(())
        }),
        ("POST", "wormExtend") => {
            let days = days(request, "ExtendWormConfiguration")?;
            change(state, request, bucket, |worm| {
                if !worm.is_locked || days < worm.days {
                    let message = "Only a locked policy is extended, never shortened.";
                    return Err(Refusal::new(400, "InvalidWORMConfiguration", message));
                }
                worm.days = days;
                Ok(())
            })
        }
        ("DELETE", "worm") => {
            state.store.change(|change| {
                if Worm::read(change, bucket, now)?.is_some_and(|worm| worm.is_locked) {
                    let message = "The WORM Configuration is locked.";
                    return Err(Refusal::new(403, "WORMConfigurationLocked", message));
                }
                change.remove_document(bucket, DOCUMENT)
            })?;
            Ok(Answer::no_content())
        }
        _ => Err(super::method_not_allowed(request, "BUCKET")),
    }
}

fn get(state: &State, bucket: &str, now: Timestamp) -> Outcome<Answer> {
    let worm = state.store.view(|view| Worm::read(view, bucket, now))?;
    let worm = worm.ok_or_else(|| none(bucket))?;
    Ok(Answer::xml("WormConfiguration", |root| {
        root.text("WormId", &worm.id);
        root.text("State", if worm.is_locked { "Locked" } else { "InProgress" });
        root.text("RetentionPeriodInDays", worm.days);
        root.text("CreationDate", xml_time(worm.created));
        if !worm.is_locked {
            root.text("ExpirationDate", xml_time(worm.created + PATIENCE));
        }
    }))
}

fn initiate(state: &State, request: &Incoming, bucket: &str, now: Timestamp) -> Outcome<Answer> {
    let days = days(request, "InitiateWormConfiguration")?;
    let id = state.new_secret();
    let worm = Worm { id: id.clone(), is_locked: false, days, created: now };
    state.store.change(|change| {
        if Worm::read(change, bucket, now)?.is_some() {
            return Err(conflict("The bucket has a retention policy already."));
        }
        change.put_document(bucket, DOCUMENT, worm.to_text().as_bytes())
    })?;
    Ok(Answer::ok().header("x-oss-worm-id", id))
}

/// Changes the policy that the request names.
fn change(
    state: &State,
    request: &Incoming,
    bucket: &str,
    work: impl FnOnce(&mut Worm) -> Outcome<()>,
) -> Outcome<Answer> {
    let now = state.stored_now();
    state.store.change(|change| {
        let worm = Worm::read(change, bucket, now)?;
        let worm = worm.filter(|worm| worm.id == request.text("wormId"));
        let mut worm = worm.ok_or_else(|| none(bucket))?;
        work(&mut worm)?;
        change.put_document(bucket, DOCUMENT, worm.to_text().as_bytes())
    })?;
    Ok(Answer::ok())
}

/// 1 day to 70 years.
fn days(request: &Incoming, root: &str) -> Outcome<u32> {
    let days = xml::parse(&request.body, root, |root| root.number("RetentionPeriodInDays"));
    let days: Option<u32> = days.map_err(|_| Refusal::malformed_xml())?;
    days.filter(|days| (1..=25_550).contains(days)).ok_or_else(Refusal::malformed_xml)
}

fn none(bucket: &str) -> Refusal {
    absent(bucket, "NoSuchWORMConfiguration", "The WORM Configuration does not exist.")
}

fn conflict(message: &str) -> Refusal {
    Refusal::new(409, "WORMConfigurationLocked", message)
}
