//! The policy of a form: until when it may be sent, and with what in it.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    ec,
    refusal::{Outcome, Refusal},
};

/// A policy.
pub(super) struct Policy {
    expiration: Timestamp,
    conditions: Vec<Condition>,
}

/// What a form must meet.
enum Condition {
    /// A field (`bucket`, or one of the form, in lower case) compared with texts.
    Field { kind: Kind, name: String, texts: Vec<String>, written: String },
    /// The size of the file, from and to, in bytes.
    Length(u64, u64),
}

enum Kind {
    Equal,
    StartsWith,
    In,
    NotIn,
}

impl Policy {
    /// Reads the base64 of a JSON document.
    pub(super) fn parse(encoded: &str) -> Outcome<Self> {
        let json = BASE64_STANDARD.decode(encoded.trim()).map_err(|_| invalid("not base64"))?;
        let json: Value = serde_json::from_slice(&json).map_err(|_| invalid("not JSON"))?;
        let expiration = json["expiration"].as_str().and_then(|text| text.parse().ok());
        let expiration = expiration.ok_or_else(|| invalid("no expiration in ISO 8601"))?;
        let conditions = json["conditions"].as_array().ok_or_else(|| invalid("no conditions"))?;
        let mut all = Vec::new();
        for condition in conditions {
            match condition {
                Value::Object(pairs) => all.extend(pairs.iter().map(|(name, value)| {
                    Condition::field(Kind::Equal, name, vec![to_text(value)], condition)
                })),
                Value::Array(items) => all.push(Condition::parse(items, condition)?),
                _ => return Err(invalid("a condition is neither a list nor an object")),
            }
        }
        Ok(Self { expiration, conditions: all })
    }

    /// Refuses a form that is too late, or holds something else.
    pub(super) fn check(
        &self,
        bucket: &str,
        fields: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Outcome<()> {
        if now > self.expiration {
            return Err(denied("Policy expired."));
        }
        self.conditions.iter().try_for_each(|condition| match condition {
            Condition::Length(..) => Ok(()),
            Condition::Field { kind, name, texts, written } => {
                let field = fields.get(name).map(String::as_str).unwrap_or_default();
                let value = if name == "bucket" { bucket } else { field };
                let is_met = match kind {
                    Kind::Equal => texts.iter().any(|text| text == value),
                    Kind::StartsWith => texts.iter().any(|text| value.starts_with(text)),
                    Kind::In => texts.iter().any(|text| text == value),
                    Kind::NotIn => texts.iter().all(|text| text != value),
                };
                match is_met {
                    true => Ok(()),
                    false => Err(denied(&format!("Policy Condition failed: {written}"))),
                }
            }
        })
    }

    /// Refuses a file that is too large or too small.
    pub(super) fn check_length(&self, size: u64) -> Outcome<()> {
        self.conditions.iter().try_for_each(|condition| match condition {
            Condition::Length(least, _) if size < *least => {
                let message = "Your proposed upload is smaller than the minimum allowed size.";
                Err(Refusal::new(400, "EntityTooSmall", message))
            }
            Condition::Length(_, most) if size > *most => Err(Refusal::too_large()),
            _ => Ok(()),
        })
    }
}

impl Condition {
    fn parse(items: &[Value], whole: &Value) -> Outcome<Self> {
        let [Value::String(kind), first, second] = items else {
            return Err(invalid("a condition has not three items"));
        };
        let kind = match kind.to_ascii_lowercase().as_str() {
            "eq" => Kind::Equal,
            "starts-with" => Kind::StartsWith,
            "in" => Kind::In,
            "not-in" => Kind::NotIn,
            "content-length-range" => {
                let (least, most) = (first.as_u64(), second.as_u64());
                let range = least.zip(most).ok_or_else(|| invalid("a range is not of numbers"))?;
                return Ok(Self::Length(range.0, range.1));
            }
            _ => return Err(invalid("a condition is of no known kind").ec(ec::FORM_CONDITION)),
        };
        let name = to_text(first);
        let name =
            name.strip_prefix('$').ok_or_else(|| invalid("a field does not begin with $"))?;
        let texts = match second {
            Value::Array(texts) => texts.iter().map(to_text).collect(),
            text => vec![to_text(text)],
        };
        Ok(Self::field(kind, name, texts, whole))
    }

    fn field(kind: Kind, name: &str, texts: Vec<String>, whole: &Value) -> Self {
        Self::Field { kind, name: name.to_ascii_lowercase(), texts, written: whole.to_string() }
    }
}

fn to_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn invalid(what: &str) -> Refusal {
    let message = format!("Invalid Policy: {what}.");
    Refusal::new(400, "InvalidPolicyDocument", message)
}

fn denied(what: &str) -> Refusal {
    Refusal::new(403, "AccessDenied", format!("Invalid according to Policy: {what}"))
}
