//! What an access key may do: rules in the terms of RAM policies, checked after the signature.

use std::collections::BTreeMap;

use ossutil_protocol::{names, operations::DeleteMultipleObjects, ram};

use serde_json::Value;

use crate::{
    ec,
    incoming::Incoming,
    operations,
    policy_conditions::Conditions,
    refusal::{Outcome, Refusal},
};

/// Allows or denies actions on resources to an access key.
///
/// As in RAM, what a rule denies no other rule can allow. A key without rules may do anything, and
/// a key that any rule allows something may do only what rules allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    is_allow: bool,
    action: String,
    resource: String,
    conditions: Conditions,
}

impl Rule {
    /// A rule that allows `ACTION[@RESOURCE]`: an action as RAM names it, such as `oss:ListParts`,
    /// on `bucket` (what is asked of the bucket itself), `bucket/prefix*` (of its objects) or,
    /// when there is none, on everything. `*` stands for any text and `?` for any character;
    /// resources may begin with `acs:oss:*:*:` as in a policy.
    ///
    /// # Errors
    /// A sentence about text that is no such rule.
    pub fn allow(text: &str) -> Result<Self, String> {
        Self::parse(true, text)
    }

    /// A rule that denies; the text is as for [`Rule::allow`].
    ///
    /// # Errors
    /// A sentence about text that is no such rule.
    pub fn deny(text: &str) -> Result<Self, String> {
        Self::parse(false, text)
    }

    fn parse(is_allow: bool, text: &str) -> Result<Self, String> {
        let (action, resource) = text.split_once('@').unwrap_or((text, "*"));
        let resource = match resource.strip_prefix("acs:oss:") {
            Some(rest) => rest.splitn(3, ':').nth(2).unwrap_or_default(),
            None => resource,
        };
        let is_action = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"*?".contains(&b))
        };
        if action != "*" && !action.strip_prefix("oss:").is_some_and(is_action) {
            return Err(format!("`{action}` is not an action such as oss:ListParts or oss:*"));
        }
        if resource.is_empty() {
            return Err(format!("`{text}` names no resource behind the @, such as bucket/prefix*"));
        }
        let (action, resource) = (action.to_owned(), resource.to_owned());
        Ok(Self { is_allow, action, resource, conditions: Conditions::default() })
    }

    pub(crate) fn is_allow(&self) -> bool {
        self.is_allow
    }

    /// Whether it is about this action on this resource, by this request.
    pub(crate) fn covers(&self, action: &str, resource: &str, request: &Incoming) -> bool {
        is_like(action.as_bytes(), self.action.as_bytes())
            && is_like(resource.as_bytes(), self.resource.as_bytes())
            && self.conditions.hold(request)
    }
}

/// The rules of each access key id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Permissions(BTreeMap<String, Vec<Rule>>);

impl Permissions {
    pub(crate) fn add(&mut self, access_key_id: &str, rule: Rule) {
        self.0.entry(access_key_id.to_owned()).or_default().push(rule);
    }

    /// Refuses what the rules of the key do not permit.
    pub(crate) fn check(&self, access_key_id: &str, request: &Incoming) -> Outcome<()> {
        let rules = self.0.get(access_key_id);
        rules.map_or(Ok(()), |rules| check_rules(rules, access_key_id, request))
    }
}

/// Refuses what the rules do not permit.
pub(crate) fn check_rules(rules: &[Rule], access_key_id: &str, request: &Incoming) -> Outcome<()> {
    if rules.is_empty() {
        return Ok(());
    }
    needs(request).iter().try_for_each(|(action, resource)| {
        let covers = |rule: &&Rule| rule.covers(action, resource, request);
        let restricts = rules.iter().any(|rule| rule.is_allow);
        if rules.iter().filter(|rule| !rule.is_allow).any(|rule| covers(&rule)) {
            Err(denied(access_key_id, action, true))
        } else if restricts && !rules.iter().filter(covers).any(|rule| rule.is_allow) {
            Err(denied(access_key_id, action, false))
        } else {
            Ok(())
        }
    })
}

/// The rules of a policy document of RAM.
///
/// # Errors
/// A sentence about a document that is none, or that has conditions of a kind not known here.
pub(crate) fn parse_policy(text: &str) -> Result<Vec<Rule>, String> {
    let policy: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let statements = policy["Statement"].as_array().ok_or("the policy has no Statement")?;
    let mut rules = Vec::new();
    for statement in statements {
        rules.extend(statement_rules(statement)?);
    }
    match rules.iter().all(|rule| rule.conditions.are_known()) {
        _ if rules.is_empty() => Err("the policy says nothing".to_owned()),
        true => Ok(rules),
        false => Err("the policy has a Condition that the sandbox does not know".to_owned()),
    }
}

/// The rules of one statement of a policy, whomever it is about.
pub(crate) fn statement_rules(statement: &Value) -> Result<Vec<Rule>, String> {
    let is_allow = match statement["Effect"].as_str() {
        Some("Allow") => true,
        Some("Deny") => false,
        _ => return Err("a statement has no Effect that is Allow or Deny".to_owned()),
    };
    let conditions = Conditions::parse(statement.get("Condition"))?;
    let mut rules = Vec::new();
    for action in texts(&statement["Action"]) {
        for resource in texts(&statement["Resource"]) {
            let rule = Rule::parse(is_allow, &format!("{action}@{resource}"))?;
            rules.push(Rule { conditions: conditions.clone(), ..rule });
        }
    }
    Ok(rules)
}

/// A text, or a list of texts, as policies have it.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => {
            values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        Value::String(text) => vec![text.clone()],
        _ => Vec::new(),
    }
}

/// The refusal as the service words it for a RAM user, whose id here is that of the key.
fn denied(access_key_id: &str, action: &str, is_explicit: bool) -> Refusal {
    let (message, kind, ec) = match is_explicit {
        true => ("Access denied by bucket policy.", "ExplicitDeny", ec::RAM_DENIES),
        false => (
            "You have no right to access this object because of bucket acl.",
            "ImplicitDeny",
            ec::NOT_GRANTED,
        ),
    };
    Refusal::new(403, "AccessDenied", message)
        .ec(ec)
        .access_denied("PolicyType", "AccountLevelIdentityBasedPolicy")
        .access_denied("AuthPrincipalType", "SubUser")
        .access_denied("AuthPrincipalDisplayName", access_key_id)
        .access_denied("NoPermissionType", kind)
        .access_denied("AuthAction", action)
}

/// The actions that a request needs, each with its resource.
pub(crate) fn needs(request: &Incoming) -> Vec<(String, String)> {
    let operation = operations::name(request);
    let action = ram::action(&operation);
    let bucket = request.bucket.as_deref().unwrap_or("*");
    if operation == "DeleteMultipleObjects" {
        let (_, objects) = DeleteMultipleObjects::parse_body(&request.body).unwrap_or_default();
        let resource = |key: &str| format!("{bucket}/{key}");
        return objects.iter().map(|object| (action.clone(), resource(&object.key))).collect();
    }
    let resource = match &request.key {
        Some(key) => format!("{bucket}/{key}"),
        None => bucket.to_owned(),
    };
    let source = request.header("x-oss-copy-source").map(|source| {
        let path = source.split('?').next().unwrap_or_default().trim_start_matches('/');
        let path = names::decode(path).unwrap_or_else(|_| path.to_owned());
        (ram::action("GetObject"), path)
    });
    std::iter::once((action, resource)).chain(source).collect()
}

/// Whether `pattern`, in which `*` is any text and `?` any character, covers all of `text`.
pub(crate) fn is_like(text: &[u8], pattern: &[u8]) -> bool {
    let (mut at, mut in_pattern) = (0, 0);
    // Where to go on when the text behind the last star turns out to be longer.
    let mut retry = None;
    while at < text.len() {
        match pattern.get(in_pattern) {
            Some(b'*') => {
                retry = Some((at, in_pattern));
                in_pattern += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[at] => {
                at += 1;
                in_pattern += 1;
            }
            _ => {
                let Some((start, star)) = retry else { return false };
                retry = Some((start + 1, star));
                (at, in_pattern) = (start + 1, star + 1);
            }
        }
    }
    pattern[in_pattern..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, Method};

    fn request(method: Method, uri: &str) -> Incoming {
        let headers = HeaderMap::from_iter([(http::header::HOST, "127.0.0.1".parse().unwrap())]);
        Incoming::new(method, &uri.parse().unwrap(), headers).unwrap()
    }

    #[test]
    fn what_requests_need() {
        for (method, uri, action, resource) in [
            (Method::GET, "/", "oss:ListBuckets", "*"),
            (Method::GET, "/b/?prefix=x", "oss:ListObjects", "b"),
            (Method::GET, "/b/?list-type=2", "oss:ListObjects", "b"),
            (Method::PUT, "/b/", "oss:PutBucket", "b"),
            (Method::DELETE, "/b", "oss:DeleteBucket", "b"),
            (Method::GET, "/b/?uploads", "oss:ListMultipartUploads", "b"),
            (Method::GET, "/b/?location", "oss:GetBucketLocation", "b"),
            (Method::PUT, "/b/?cors", "oss:PutBucketCors", "b"),
            (Method::GET, "/b/k", "oss:GetObject", "b/k"),
            (Method::HEAD, "/b/k", "oss:GetObject", "b/k"),
            (Method::HEAD, "/b/k?objectMeta", "oss:GetObject", "b/k"),
            (Method::PUT, "/b/a%2Fk", "oss:PutObject", "b/a/k"),
            (Method::DELETE, "/b/k", "oss:DeleteObject", "b/k"),
            (Method::POST, "/b/k?uploads", "oss:PutObject", "b/k"),
            (Method::PUT, "/b/k?partNumber=1&uploadId=U", "oss:PutObject", "b/k"),
            (Method::POST, "/b/k?uploadId=U", "oss:PutObject", "b/k"),
            (Method::GET, "/b/k?uploadId=U", "oss:ListParts", "b/k"),
            (Method::DELETE, "/b/k?uploadId=U", "oss:AbortMultipartUpload", "b/k"),
            (Method::PUT, "/b/k?acl", "oss:PutObjectAcl", "b/k"),
        ] {
            let needed = needs(&request(method.clone(), uri));
            assert_eq!(needed, [(action.to_owned(), resource.to_owned())], "{method} {uri}");
        }
    }

    #[test]
    fn a_copy_needs_its_source_and_a_deletion_each_key() {
        let mut copy = request(Method::PUT, "/b/k");
        copy.headers.insert("x-oss-copy-source", "/other/a%2Fb?versionId=1".parse().unwrap());
        let source = ("oss:GetObject".to_owned(), "other/a/b".to_owned());
        assert_eq!(needs(&copy)[1], source);
        let mut delete = request(Method::POST, "/b/?delete");
        let body = "<Delete><Object><Key>x</Key></Object><Object><Key>y/z</Key></Object></Delete>";
        delete.body = body.into();
        let wanted = ["b/x", "b/y/z"].map(|path| ("oss:DeleteObject".to_owned(), path.to_owned()));
        assert_eq!(needs(&delete), wanted);
    }

    fn outcome(rules: &[Rule], method: Method, uri: &str) -> Option<&'static str> {
        let mut permissions = Permissions::default();
        for rule in rules {
            permissions.add("id", rule.clone());
        }
        let refused = permissions.check("id", &request(method, uri)).err();
        assert!(permissions.check("other", &request(Method::GET, "/")).is_ok());
        let xml = refused.map(|refusal| String::from_utf8(refusal.to_xml("", "")).unwrap());
        xml.map(|xml| if xml.contains("ExplicitDeny") { "explicit" } else { "implicit" })
    }

    #[test]
    fn denying_wins_and_allowing_restricts() {
        let deny = |text| Rule::deny(text).unwrap();
        let allow = |text| Rule::allow(text).unwrap();
        let parts = "/b/a/k?uploadId=U";
        for (rules, expected) in [
            (vec![deny("oss:ListParts")], Some("explicit")),
            (vec![deny("oss:List*@b/a/*")], Some("explicit")),
            (vec![deny("oss:ListParts@b/x*")], None),
            (vec![deny("oss:ListParts@b")], None),
            (vec![deny("oss:PutObject")], None),
            (vec![allow("oss:*")], None),
            (vec![allow("*@acs:oss:*:*:b/?/k")], None),
            (vec![allow("oss:ListParts@c/*")], Some("implicit")),
            (vec![allow("oss:*"), deny("oss:ListParts")], Some("explicit")),
            (vec![allow("oss:ListBuckets"), allow("oss:ListParts@b/*")], None),
        ] {
            assert_eq!(outcome(&rules, Method::GET, parts), expected, "{rules:?}");
        }
    }

    #[test]
    fn a_refusal_names_what_is_missing() {
        let mut permissions = Permissions::default();
        permissions.add("id", Rule::allow("oss:ListBuckets").unwrap());
        let request = request(Method::GET, "/b/k?uploadId=U");
        let refusal = permissions.check("id", &request).unwrap_err();
        assert_eq!(refusal.status(), 403);
        let xml = String::from_utf8(refusal.to_xml("R", "H")).unwrap();
        for element in [
            "<Code>AccessDenied</Code>",
            "<AccessDeniedDetail><PolicyType>AccountLevelIdentityBasedPolicy</PolicyType>",
            "<NoPermissionType>ImplicitDeny</NoPermissionType>",
            "<AuthAction>oss:ListParts</AuthAction></AccessDeniedDetail>",
            "<EC>0003-00000001</EC>",
        ] {
            assert!(xml.contains(element), "no {element} in {xml}");
        }
    }

    #[test]
    fn rules_that_are_none() {
        for text in ["", "ListParts", "oss:", "oss:List Parts", "oss:ListParts@", "@b", "s3:Get"] {
            assert!(Rule::deny(text).is_err(), "{text}");
        }
    }

    #[test]
    fn patterns() {
        for (text, pattern, is_covered) in [
            ("", "", true),
            ("", "*", true),
            ("abc", "a*c", true),
            ("abcbc", "a*bc", true),
            ("abc", "a?c", true),
            ("ac", "a?c", false),
            ("abd", "a*c", false),
            ("abc", "ab", false),
            ("a/b", "*", true),
            ("aaaa", "*a*a", true),
        ] {
            assert_eq!(
                is_like(text.as_bytes(), pattern.as_bytes()),
                is_covered,
                "{text} {pattern}"
            );
        }
    }
}
