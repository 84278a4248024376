//! Policies of buckets: what they grant to, and take from, those who do not own the bucket.

use serde_json::Value;

use crate::{
    accounts::Caller,
    incoming::Incoming,
    permissions::{self, Rule},
    refusal::{Outcome, Refusal},
    store::Lookup,
};

/// A policy that can be judged by.
pub(crate) struct BucketPolicy(Vec<Statement>);

struct Statement {
    principals: Vec<String>,
    rules: Vec<Rule>,
}

/// What a policy says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allowed,
    Denied,
    /// Nothing: the ACL decides.
    Silent,
}

impl BucketPolicy {
    /// Reads a policy.
    ///
    /// # Errors
    /// A sentence about a document that is none.
    pub(crate) fn parse(document: &[u8]) -> Result<Self, String> {
        let invalid = "The bucket policy is not a JSON document with a list of statements.";
        let policy: Value = serde_json::from_slice(document).map_err(|_| invalid.to_owned())?;
        let statements = policy["Statement"].as_array().ok_or(invalid)?;
        let statements = statements.iter().map(|statement| {
            let rules = permissions::statement_rules(statement)?;
            // Who is not named is everyone.
            let principals = match statement.get("Principal") {
                Some(principal) => permissions::texts(principal),
                None => vec!["*".to_owned()],
            };
            Ok(Statement { principals, rules })
        });
        statements.collect::<Result<_, _>>().map(Self)
    }

    /// Whether it allows something to everyone.
    pub(crate) fn is_public(&self) -> bool {
        self.0.iter().any(|statement| {
            statement.principals.iter().any(|principal| principal == "*")
                && statement.rules.iter().any(Rule::is_allow)
        })
    }

    /// The policy of a bucket, if it has one.
    pub(crate) fn of(lookup: &impl Lookup, bucket: &str) -> Outcome<Option<Self>> {
        let document = lookup.document(bucket, "policy")?;
        let policy = document.map(|document| Self::parse(&document)).transpose();
        policy.map_err(|_| Refusal::internal())
    }

    /// What it says of an action on a resource, by a request. What any statement denies none can
    /// allow.
    pub(crate) fn judge(
        &self,
        caller: &Caller,
        (action, resource): (&str, &str),
        request: &Incoming,
    ) -> Verdict {
        let is_meant = |principal: &String| {
            let account = caller.account.as_deref();
            principal == "*" || account.is_some_and(|id| is_account(principal, id))
        };
        let meant = self.0.iter().filter(|statement| statement.principals.iter().any(is_meant));
        let rules = meant.flat_map(|statement| &statement.rules);
        let mut verdict = Verdict::Silent;
        for rule in rules.filter(|rule| rule.covers(action, resource, request)) {
            match rule.is_allow() {
                true => verdict = Verdict::Allowed,
                false => return Verdict::Denied,
            }
        }
        verdict
    }
}

/// Whether a principal is the account: its id, or an ARN of one of its users or roles.
fn is_account(principal: &str, account: &str) -> bool {
    principal == account || principal.split(':').nth(3) == Some(account)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};

    use super::*;

    fn judge(policy: &str, account: Option<&str>, action: &str, resource: &str) -> Verdict {
        let caller = Caller { account: account.map(str::to_owned), ..Caller::default() };
        let headers = HeaderMap::from_iter([(http::header::HOST, "127.0.0.1".parse().unwrap())]);
        let request = Incoming::new(Method::GET, &"/b/k".parse().unwrap(), headers).unwrap();
        let policy = BucketPolicy::parse(policy.as_bytes()).unwrap();
        policy.judge(&caller, (action, resource), &request)
    }

    #[test]
    fn who_may_what() {
        let policy = r#"{"Version": "1", "Statement": [
            {"Effect": "Allow", "Principal": ["2"], "Action": ["oss:Get*", "oss:ListObjects"],
             "Resource": ["acs:oss:*:1:b", "acs:oss:*:1:b/*"]},
            {"Effect": "Deny", "Principal": "*", "Action": "oss:GetObject",
             "Resource": "acs:oss:*:*:b/secret/*"},
            {"Effect": "Allow", "Principal": "*", "Action": "oss:*", "Resource": "*",
             "Condition": {"Bool": {"acs:SecureTransport": "true"}}}]}"#;
        for (account, action, resource, expected) in [
            (Some("2"), "oss:GetObject", "b/k", Verdict::Allowed),
            (Some("2"), "oss:ListObjects", "b", Verdict::Allowed),
            (Some("2"), "oss:PutObject", "b/k", Verdict::Silent),
            (Some("3"), "oss:GetObject", "b/k", Verdict::Silent),
            (Some("2"), "oss:GetObject", "b/secret/k", Verdict::Denied),
            (None, "oss:GetObject", "b/secret/k", Verdict::Denied),
            (None, "oss:GetObject", "b/k", Verdict::Silent),
        ] {
            assert_eq!(judge(policy, account, action, resource), expected, "{account:?} {action}");
        }
    }

    #[test]
    fn documents_that_are_none() {
        for policy in ["", "[]", r#"{"Statement": 1}"#, r#"{"Statement": [{"Effect": "Maybe"}]}"#] {
            assert!(BucketPolicy::parse(policy.as_bytes()).is_err(), "{policy}");
        }
    }
}
