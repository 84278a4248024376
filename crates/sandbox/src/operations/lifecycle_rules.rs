//! Whether the lifecycle rules of a bucket make sense.

use jiff::Timestamp;
use ossutil_protocol::{
    operations::{Age, LifecycleRule},
    xml::{self, Element},
};

use super::{lifecycle::parse, properties::has_tag_letters};
use crate::{
    ec,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
};

/// The most rules of a bucket.
const MAX_RULES: usize = 1000;

/// The classes that objects are moved to, from warm to cold.
const COLDER: [&str; 4] = ["IA", "Archive", "ColdArchive", "DeepColdArchive"];

/// Checks a document.
pub(super) fn check(_: &State, request: &Incoming) -> Outcome<()> {
    let rules = parse(&request.body)?;
    if rules.len() > MAX_RULES {
        return Err(Refusal::malformed_xml());
    }
    for (at, rule) in rules.iter().enumerate() {
        check_form(rule, &rules[..at])?;
        check_order(rule)?;
    }
    check_actions(&request.body)?;
    check_noncurrent(&request.body)?;
    let header = request.header("x-oss-allow-same-action-overlap");
    if header.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Ok(());
    }
    for (at, rule) in rules.iter().enumerate() {
        rules[..at].iter().try_for_each(|other| check_overlap(rule, other))?;
    }
    Ok(())
}

/// A status, ages, tags, and an id that no rule before it has.
fn check_form(rule: &LifecycleRule, before: &[LifecycleRule]) -> Outcome<()> {
    if !["Enabled", "Disabled"].contains(&&*rule.status) {
        return Err(Refusal::malformed_xml());
    }
    let ages = [&rule.abort_multipart_upload, &rule.expiration].into_iter().flatten();
    let mut ages = ages.chain(rule.transitions.iter().map(|transition| &transition.age));
    if rule.expiration.as_ref().is_some_and(is_empty) {
        return Err(Refusal::malformed_xml().ec(ec::EXPIRATION_EMPTY));
    }
    if !ages.all(is_age) || rule.noncurrent_days == Some(0) {
        return Err(Refusal::malformed_xml());
    }
    let mut tags = rule.tags.iter().flat_map(|tag| [&tag.key, &tag.value]);
    if let Some(text) = tags.find(|text| !has_tag_letters(text)) {
        return Err(Refusal::invalid_argument("Tag", text, "The tag of a rule is invalid."));
    }
    let is_twice = |id| before.iter().any(|other| other.id.as_ref() == Some(id));
    match rule.id.as_ref().filter(|id| id.len() > 255 || is_twice(id)) {
        Some(id) => {
            let message = "Rule ID must be unique, and have at most 255 bytes.";
            Err(Refusal::invalid_argument("ID", id, message))
        }
        None => Ok(()),
    }
}

fn is_empty(age: &Age) -> bool {
    age.days.is_none() && age.created_before_date.is_none() && !age.expired_object_delete_marker
}

/// One of days, a midnight, and what is not about age.
fn is_age(age: &Age) -> bool {
    let is_midnight = |time: Timestamp| time.as_second() % 86_400 == 0;
    match (age.days, age.created_before_date) {
        (Some(days), None) => days > 0,
        (None, Some(time)) => is_midnight(time),
        (None, None) => age.expired_object_delete_marker,
        (Some(_), Some(_)) => false,
    }
}

/// Objects get colder as they get older, and are removed last.
fn check_order(rule: &LifecycleRule) -> Outcome<()> {
    let ages: Vec<&Age> = rule
        .expiration
        .iter()
        .chain(rule.transitions.iter().map(|transition| &transition.age))
        .filter(|age| !age.expired_object_delete_marker)
        .collect();
    if ages.iter().any(|age| age.days.is_some()) && ages.iter().any(|age| age.days.is_none()) {
        let class = rule.transitions.first().map_or("", |to| &*to.storage_class);
        let message = format!(
            "Found mixed CreatedBeforeDate and Days based Expiration and Transition for \
             StorageClass {class} actions"
        );
        return Err(Refusal::new(400, "InvalidRequest", message).ec(ec::RULE_MIXES_AGES));
    }
    let moves = rule.transitions.iter();
    let moves = moves.map(|to| Ok((class_rank(&to.storage_class)?, to.age.days)));
    let moves: Vec<(usize, Option<u32>)> = moves.collect::<Outcome<_>>()?;
    check_days(moves.iter().filter_map(|(rank, days)| Some((*rank, (*days)?))).collect())?;
    let expires = rule.expiration.as_ref().and_then(|age| age.days);
    let last = moves.iter().filter_map(|(_, days)| *days).max();
    match (last, expires) {
        (Some(last), Some(expires)) if last >= expires => {
            let message = "The days of a transition must be less than those of the expiration.";
            Err(Refusal::invalid_argument("Days", &last.to_string(), message))
        }
        _ => Ok(()),
    }
}

fn class_rank(class: &str) -> Outcome<usize> {
    COLDER.iter().position(|colder| *colder == class).ok_or_else(|| {
        let message = "Objects cannot be moved to this storage class.";
        Refusal::invalid_argument("StorageClass", class, message)
    })
}

/// Refuses days that are fewer for a colder class.
fn check_days(mut moves: Vec<(usize, u32)>) -> Outcome<()> {
    moves.sort_unstable();
    match moves.is_sorted_by_key(|(_, days)| *days) {
        true => Ok(()),
        false => {
            let message = "The days of a transition must be more for a colder storage class.";
            Err(Refusal::invalid_argument("Days", "", message))
        }
    }
}

/// A rule does something.
fn check_actions(body: &[u8]) -> Outcome<()> {
    const ACTIONS: [&str; 5] = [
        "AbortMultipartUpload",
        "Expiration",
        "NoncurrentVersionExpiration",
        "NoncurrentVersionTransition",
        "Transition",
    ];
    let all_act = xml::parse_lenient(body, "LifecycleConfiguration", |root| {
        let acts = |rule: Element<'_, '_>| ACTIONS.iter().any(|name| rule.child(name).is_some());
        Ok(root.all("Rule").all(acts))
    });
    match all_act {
        Ok(true) => Ok(()),
        _ => Err(Refusal::malformed_xml().ec(ec::RULE_WITHOUT_ACTION)),
    }
}

/// As [`check_order`], for versions that are not the latest.
fn check_noncurrent(body: &[u8]) -> Outcome<()> {
    let rules = xml::parse_lenient(body, "LifecycleConfiguration", |root| {
        let rules = root.all("Rule").map(|rule| {
            let moves = rule.all("NoncurrentVersionTransition").map(|to| {
                Ok((to.text_or_empty("StorageClass"), to.number::<u32>("NoncurrentDays")?))
            });
            moves.collect::<Result<Vec<_>, _>>()
        });
        rules.collect::<Result<Vec<_>, _>>()
    });
    for rule in rules.map_err(|_| Refusal::malformed_xml())? {
        let moves = rule.into_iter().filter_map(|(class, days)| Some((class, days?)));
        let moves = moves.map(|(class, days)| Ok((class_rank(class.trim())?, days)));
        check_days(moves.collect::<Outcome<_>>()?)?;
    }
    Ok(())
}

/// Two rules must not do the same to one object.
fn check_overlap(rule: &LifecycleRule, other: &LifecycleRule) -> Outcome<()> {
    let is_nested =
        rule.prefix.starts_with(&other.prefix) || other.prefix.starts_with(&rule.prefix);
    if !is_nested || rule.tags != other.tags {
        return Ok(());
    }
    let both = |action: fn(&LifecycleRule) -> bool| action(rule) && action(other);
    let action = match () {
        () if both(|rule| rule.expiration.is_some()) => "Expiration",
        () if both(|rule| rule.abort_multipart_upload.is_some()) => "AbortMultipartUpload",
        () if both(|rule| !rule.transitions.is_empty()) => "Transition",
        () => return Ok(()),
    };
    let message = format!("Overlap for same action type {action}");
    Err(Refusal::invalid_argument("Prefix", &rule.prefix, &message).ec(ec::RULES_OVERLAP))
}
