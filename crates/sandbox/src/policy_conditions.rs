//! Conditions of policies: what a request must be like for a statement to apply.

use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::Value;

use crate::{incoming::Incoming, permissions::is_like};

/// All of them must hold. One of a kind that is not known here never does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conditions(Vec<Condition>);

/// What a request has under a key is compared with some values, one of which must fit; none, where
/// the operator is negated.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    key: String,
    /// Nothing for an operator that is not known here.
    operator: Option<(Test, bool)>,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    Same,
    SameInAnyCase,
    Like,
    Within,
    SameTime,
    Before,
    NotAfter,
    After,
    NotBefore,
}

/// The operators, and whether each is the opposite of its test.
const OPERATORS: &[(&str, Test, bool)] = &[
    ("StringEquals", Test::Same, false),
    ("StringNotEquals", Test::Same, true),
    ("StringEqualsIgnoreCase", Test::SameInAnyCase, false),
    ("StringNotEqualsIgnoreCase", Test::SameInAnyCase, true),
    ("StringLike", Test::Like, false),
    ("StringNotLike", Test::Like, true),
    ("Bool", Test::SameInAnyCase, false),
    ("IpAddress", Test::Within, false),
    ("NotIpAddress", Test::Within, true),
    ("DateEquals", Test::SameTime, false),
    ("DateNotEquals", Test::SameTime, true),
    ("DateLessThan", Test::Before, false),
    ("DateLessThanEquals", Test::NotAfter, false),
    ("DateGreaterThan", Test::After, false),
    ("DateGreaterThanEquals", Test::NotBefore, false),
];

impl Conditions {
    /// Reads the `Condition` of a statement; there may be none.
    ///
    /// # Errors
    /// A sentence about what is no condition.
    pub(crate) fn parse(value: Option<&Value>) -> Result<Self, String> {
        let Some(value) = value else { return Ok(Self::default()) };
        let invalid = || "a Condition is not an object of operators, keys and values".to_owned();
        let mut all = Vec::new();
        for (name, keys) in value.as_object().ok_or_else(invalid)? {
            let operator = OPERATORS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
            let operator = operator.map(|(_, test, is_negated)| (*test, *is_negated));
            for (key, values) in keys.as_object().ok_or_else(invalid)? {
                let values = texts(values).ok_or_else(invalid)?;
                if let Some((test, _)) = operator {
                    values.iter().try_for_each(|value| check_value(test, value))?;
                }
                all.push(Condition { key: key.clone(), operator, values });
            }
        }
        Ok(Self(all))
    }

    /// Whether all keys and operators are known.
    pub(crate) fn are_known(&self) -> bool {
        self.0.iter().all(|condition| condition.operator.is_some() && is_key(&condition.key))
    }

    pub(crate) fn hold(&self, request: &Incoming) -> bool {
        self.0.iter().all(|condition| condition.holds(request))
    }
}

impl Condition {
    fn holds(&self, request: &Incoming) -> bool {
        let (Some((test, is_negated)), Some(found)) = (self.operator, found(&self.key, request))
        else {
            return false;
        };
        self.values.iter().any(|value| test.holds(&found, value)) != is_negated
    }
}

impl Test {
    /// Whether what a request has fits a value of a policy.
    fn holds(self, found: &str, value: &str) -> bool {
        let times = || time(found).zip(time(value));
        let compare = |holds: fn(&Timestamp, &Timestamp) -> bool| {
            times().is_some_and(|(found, value)| holds(&found, &value))
        };
        match self {
            Self::Same => found == value,
            Self::SameInAnyCase => found.eq_ignore_ascii_case(value),
            Self::Like => is_like(found.as_bytes(), value.as_bytes()),
            Self::Within => {
                let (found, network) = (found.parse().ok(), Network::parse(value));
                found.zip(network).is_some_and(|(address, network)| network.contains(address))
            }
            Self::SameTime => compare(Timestamp::eq),
            Self::Before => compare(Timestamp::lt),
            Self::NotAfter => compare(Timestamp::le),
            Self::After => compare(Timestamp::gt),
            Self::NotBefore => compare(Timestamp::ge),
        }
    }
}

/// What a request has under a key: an empty text for what it does not have, and nothing where the
/// key is not known here.
fn found(key: &str, request: &Incoming) -> Option<String> {
    let header = |name: &str| request.header(name).unwrap_or_default();
    Some(match key.to_ascii_lowercase().as_str() {
        "acs:sourceip" => request.address.to_string(),
        "acs:securetransport" => "false".to_owned(),
        "acs:useragent" => header("user-agent"),
        "acs:currenttime" => request.time.to_string(),
        // No request comes by a private network.
        "acs:sourcevpc" => String::new(),
        "oss:prefix" => request.text("prefix").to_owned(),
        "oss:delimiter" => request.text("delimiter").to_owned(),
        "oss:x-oss-acl" => header("x-oss-acl"),
        "oss:x-oss-object-acl" => header("x-oss-object-acl"),
        _ => return None,
    })
}

fn is_key(key: &str) -> bool {
    const KEYS: [&str; 9] = [
        "acs:CurrentTime",
        "acs:SecureTransport",
        "acs:SourceIp",
        "acs:SourceVpc",
        "acs:UserAgent",
        "oss:Delimiter",
        "oss:Prefix",
        "oss:x-oss-acl",
        "oss:x-oss-object-acl",
    ];
    KEYS.iter().any(|known| known.eq_ignore_ascii_case(key))
}

/// The values of a condition: one or several, texts or not.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Bool(_) | Value::Number(_) => Some(vec![value.to_string()]),
        Value::Array(values) => {
            let values: Option<Vec<_>> = values.iter().map(texts).collect();
            values.map(|values| values.concat())
        }
        _ => None,
    }
}

/// Refuses a value that nothing can fit.
fn check_value(test: Test, value: &str) -> Result<(), String> {
    let is_right = match test {
        Test::Same | Test::SameInAnyCase | Test::Like => true,
        Test::Within => Network::parse(value).is_some(),
        _ => time(value).is_some(),
    };
    match is_right {
        true => Ok(()),
        false => Err(format!("a Condition has the value `{value}`, which is of another kind")),
    }
}

fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// Addresses that begin alike.
struct Network {
    address: IpAddr,
    /// How many bits they have in common.
    bits: u32,
}

impl Network {
    /// Reads `192.0.2.1`, `192.0.2.0/24` or the same of version 6.
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        (bits <= most).then_some(Self { address, bits })
    }

    fn contains(&self, address: IpAddr) -> bool {
        let differing = match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros()
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros()
            }
            _ => return false,
        };
        differing >= self.bits
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};
    use serde_json::json;

    use super::*;

    fn holds(condition: &Value) -> bool {
        let headers = [("host", "127.0.0.1"), ("user-agent", "tool/1.0")];
        let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let uri = "/b/?prefix=docs/a&delimiter=/".parse().unwrap();
        let mut request = Incoming::new(Method::GET, &uri, HeaderMap::from_iter(headers)).unwrap();
        request.address = "192.0.2.77".parse().unwrap();
        request.time = "2026-03-01T12:00:00Z".parse().unwrap();
        Conditions::parse(Some(condition)).unwrap().hold(&request)
    }

    #[test]
    fn what_holds() {
        for (operator, key, value, expected) in [
            ("IpAddress", "acs:SourceIp", json!("192.0.2.77"), true),
            ("IpAddress", "acs:SourceIp", json!(["10.0.0.0/8", "192.0.2.64/26"]), true),
            ("IpAddress", "acs:SourceIp", json!("192.0.2.128/25"), false),
            ("IpAddress", "acs:SourceIp", json!("::/0"), false),
            ("IpAddress", "acs:SourceIp", json!("0.0.0.0/0"), true),
            ("NotIpAddress", "acs:SourceIp", json!(["10.0.0.0/8", "192.0.2.0/24"]), false),
            ("NotIpAddress", "acs:SourceIp", json!("10.0.0.0/8"), true),
            ("Bool", "acs:SecureTransport", json!("true"), false),
            ("Bool", "acs:SecureTransport", json!([false]), true),
            ("StringLike", "acs:UserAgent", json!("tool/*"), true),
            ("StringNotLike", "acs:UserAgent", json!("tool/?"), true),
            ("StringEquals", "oss:Prefix", json!(["", "docs/a"]), true),
            ("StringEquals", "oss:Prefix", json!("docs/*"), false),
            ("StringNotEquals", "oss:Prefix", json!(["docs/a", "docs/b"]), false),
            ("StringEqualsIgnoreCase", "oss:prefix", json!("DOCS/A"), true),
            ("StringEquals", "oss:Delimiter", json!("/"), true),
            ("StringLike", "acs:SourceVpc", json!("*"), true),
            ("DateLessThan", "acs:CurrentTime", json!("2026-03-01T20:00:00+08:00"), false),
            ("DateLessThanEquals", "acs:CurrentTime", json!("2026-03-01T20:00:00+08:00"), true),
            ("DateGreaterThan", "acs:CurrentTime", json!("2026-03-01T11:59:59Z"), true),
            ("StringEquals", "oss:Unheard", json!("x"), false),
            ("StringNotEquals", "oss:Unheard", json!("x"), false),
            ("NumericLessThan", "oss:Prefix", json!(1), false),
        ] {
            let condition = json!({operator: {key: value}});
            assert_eq!(holds(&condition), expected, "{condition}");
        }
    }

    #[test]
    fn all_must_hold() {
        let prefix =
            |text: &str| json!({"StringEquals": {"oss:Prefix": text, "oss:Delimiter": "/"}});
        assert!(holds(&prefix("docs/a")) && !holds(&prefix("docs/b")));
        assert!(holds(&json!({})));
    }

    #[test]
    fn what_is_no_condition() {
        for condition in [
            json!([]),
            json!("x"),
            json!({"Bool": "true"}),
            json!({"Bool": {"acs:SecureTransport": null}}),
            json!({"IpAddress": {"acs:SourceIp": "192.0.2.0/33"}}),
            json!({"IpAddress": {"acs:SourceIp": "here"}}),
            json!({"DateLessThan": {"acs:CurrentTime": "tomorrow"}}),
        ] {
            assert!(Conditions::parse(Some(&condition)).is_err(), "{condition}");
        }
        let known = |condition| Conditions::parse(Some(&condition)).unwrap().are_known();
        assert!(known(json!({"Bool": {"acs:SecureTransport": true}})));
        assert!(!known(json!({"Bool": {"acs:MFAPresent": true}})));
        assert!(!known(json!({"NumericEquals": {"oss:Prefix": 1}})));
    }
}
