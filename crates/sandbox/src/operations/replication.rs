//! Replication of a bucket: its rules are stored and listed. Nothing is copied.

use ossutil_protocol::xml::{self, Element};

use super::{
    documents::{absent, given_back, plain_booleans},
    method_not_allowed,
};
use crate::{
    answer::Answer,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::Lookup,
};

/// The name the rules are stored under: their elements, one after the other.
const DOCUMENT: &str = "replication";

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

/// The regions there are to copy to, and how the content gets there.
const LOCATIONS: [&str; 3] = ["oss-cn-beijing", "oss-cn-shanghai", "oss-us-west-1"];
const TRANSFER: [&str; 2] = ["oss_acc", "internal"];

/// A rule as it is stored.
struct Rule {
    id: String,
    target: String,
    text: String,
}

fn read(lookup: &impl Lookup, bucket: &str) -> Outcome<Vec<Rule>> {
    let document = lookup.document(bucket, DOCUMENT)?.unwrap_or_default();
    let text = format!("<Rules>{}</Rules>", String::from_utf8_lossy(&document));
    let rule = |rule: Element<'_, '_>| Rule {
        id: rule.text_or_empty("ID"),
        target: target(rule),
        text: text[rule.range()].to_owned(),
    };
    let rules =
        xml::parse(text.as_bytes(), "Rules", |root| Ok(root.all("Rule").map(rule).collect()));
    rules.map_err(|_| Refusal::internal())
}

/// The bucket that a rule copies to.
fn target(rule: Element<'_, '_>) -> String {
    rule.child("Destination").map(|to| to.text_or_empty("Bucket")).unwrap_or_default()
}

pub(super) fn answer(
    state: &State,
    request: &Incoming,
    bucket: &str,
    sub_resource: &str,
) -> Outcome<Answer> {
    let rules = || state.store.view(|view| read(view, bucket));
    match (request.method.as_str(), sub_resource, request.text("comp")) {
        ("GET", "replicationLocation", _) => Ok(locations()),
        ("GET", "replicationProgress", _) => {
            let id = request.text("rule-id");
            let rule = rules()?.into_iter().find(|rule| rule.id == id);
            let rule = rule.ok_or_else(|| no_rule(bucket))?;
            let progress = "<Progress><HistoricalObject>0</HistoricalObject></Progress></Rule>";
            Ok(document("ReplicationProgress", &rule.text.replace("</Rule>", progress)))
        }
        ("GET", _, _) => {
            let texts: String = rules()?.into_iter().map(|rule| rule.text).collect();
            if texts.is_empty() {
                let message = "The bucket you specified does not have replication configuration.";
                return Err(absent(bucket, "NoSuchReplicationConfiguration", message));
            }
            Ok(document("ReplicationConfiguration", &texts))
        }
        ("PUT", "rtc", _) => put_rtc(state, request, bucket),
        (_, "rtc", _) => Err(method_not_allowed(request, "BUCKET")),
        ("POST", _, "add") => add(state, request, bucket),
        ("POST", _, "delete") => close(state, request, bucket),
        _ => Err(method_not_allowed(request, "BUCKET")),
    }
}

fn document(root: &str, content: &str) -> Answer {
    let text = format!("{DECLARATION}<{root}>{content}</{root}>");
    given_back(text.into_bytes()).header("content-type", "application/xml")
}

/// Whether a rule copies what KMS encrypts; otherwise it has no key for that.
fn copies_encrypted(rule: Element<'_, '_>) -> bool {
    let criteria = rule.child("SourceSelectionCriteria");
    let objects = criteria.and_then(|criteria| criteria.child("SseKmsEncryptedObjects"));
    objects.is_some_and(|objects| objects.text_or_empty("Status") == "Enabled")
}

/// Adds a rule, with what the service fills in.
fn add(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let id = state.new_secret().to_lowercase();
    let body = plain_booleans(&request.body);
    let added = xml::parse_lenient(body.as_bytes(), "ReplicationConfiguration", |root| {
        let Some(rule) = root.child("Rule") else { return Ok(None) };
        let missing = |name: &str| rule.text(name).is_none();
        let defaults =
            [("ID", &*id), ("Action", "ALL"), ("HistoricalObjectReplication", "enabled")];
        let defaults = defaults.into_iter().filter(|(name, _)| missing(name));
        let mut filled: String =
            defaults.map(|(name, value)| format!("<{name}>{value}</{name}>")).collect();
        filled += "<Status>starting</Status></Rule>";
        let key = rule.child("EncryptionConfiguration").filter(|_| !copies_encrypted(rule));
        Ok(Some((target(rule), rule.range(), key.map(|key| key.range()), filled)))
    });
    let (target, range, key, filled) = added.ok().flatten().ok_or_else(Refusal::malformed_xml)?;
    let text = body.get(range).and_then(|text| text.strip_suffix("</Rule>"));
    let text = text.filter(|_| !target.is_empty()).ok_or_else(Refusal::malformed_xml)?;
    let key = key.and_then(|key| body.get(key)).unwrap_or_default();
    let text = if key.is_empty() { text.to_owned() } else { text.replace(key, "") };
    state.store.change(|change| {
        let rules = read(change, bucket)?;
        if rules.iter().any(|rule| rule.target == target) {
            let message = "The bucket replication already exists.";
            return Err(Refusal::new(400, "BucketReplicationAlreadyExist", message));
        }
        let mut texts: String = rules.into_iter().map(|rule| rule.text).collect();
        texts += &format!("{text}{filled}");
        change.put_document(bucket, DOCUMENT, texts.as_bytes())
    })?;
    Ok(Answer::ok())
}

/// Says whether what a rule copies is there in a time that is guaranteed.
fn put_rtc(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let asked = xml::parse_lenient(&request.body, "ReplicationRule", |root| {
        let status = root.child("RTC").and_then(|rtc| rtc.filled("Status"));
        Ok(root.filled("ID").zip(status))
    });
    let (id, status) = asked.ok().flatten().ok_or_else(Refusal::malformed_xml)?;
    if !["enabled", "disabled"].contains(&&*status) {
        return Err(Refusal::malformed_xml());
    }
    state.store.change(|change| {
        let mut rules = read(change, bucket)?;
        let rule = rules.iter_mut().find(|rule| rule.id == id).ok_or_else(|| no_rule(bucket))?;
        let start = rule.text.find("<RTC>").unwrap_or(rule.text.len() - "</Rule>".len());
        let end = rule.text[start..].find("</RTC>").map_or(start, |at| start + at + "</RTC>".len());
        rule.text.replace_range(start..end, &format!("<RTC><Status>{status}</Status></RTC>"));
        let texts: String = rules.into_iter().map(|rule| rule.text).collect();
        change.put_document(bucket, DOCUMENT, texts.as_bytes())
    })?;
    Ok(Answer::ok())
}

/// Ends a rule; it is listed until it has ended, which here is for good.
fn close(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let id = xml::parse_lenient(&request.body, "ReplicationRules", |root| Ok(root.filled("ID")));
    let id = id.ok().flatten().ok_or_else(Refusal::malformed_xml)?;
    state.store.change(|change| {
        let mut rules = read(change, bucket)?;
        let rule = rules.iter_mut().find(|rule| rule.id == id).ok_or_else(|| no_rule(bucket))?;
        rule.text = rule.text.replace("<Status>starting<", "<Status>closing<");
        let texts: String = rules.into_iter().map(|rule| rule.text).collect();
        change.put_document(bucket, DOCUMENT, texts.as_bytes())
    })?;
    Ok(Answer::ok())
}

fn locations() -> Answer {
    Answer::xml("ReplicationLocation", |root| {
        for location in LOCATIONS {
            root.text("Location", location);
        }
        root.element("LocationTransferTypeConstraint", |constraint| {
            for location in LOCATIONS {
                constraint.element("LocationTransferType", |element| {
                    element.text("Location", location);
                    element.element("TransferTypes", |types| {
                        for name in TRANSFER {
                            types.text("Type", name);
                        }
                    });
                });
            }
        });
    })
}

fn no_rule(bucket: &str) -> Refusal {
    absent(bucket, "NoSuchReplicationRule", "The specified replication rule does not exist.")
}
