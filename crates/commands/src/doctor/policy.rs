//! The smallest policy that grants what is missing.

use ossutil_client::protocol::ram;
use serde_json::{Value, json};

use super::access::Trial;
use crate::cloud_url::CloudUrl;

/// A RAM policy, as its console takes it, that allows `missing` on what `url` names.
pub(super) fn granting(missing: &[Trial], url: &CloudUrl) -> Value {
    // What is granted in the same place stands in one statement.
    let mut statements: Vec<(String, Option<String>, Vec<String>)> = Vec::new();
    for trial in missing {
        let (resource, prefix) = (trial.resource(url), trial.condition(url));
        let action = ram::action(trial.name());
        let mut places = statements.iter_mut();
        match places.find(|(other, condition, _)| *other == resource && *condition == prefix) {
            Some((.., actions)) => actions.push(action),
            None => statements.push((resource, prefix, vec![action])),
        }
    }
    let statements = statements.into_iter().map(|(resource, prefix, actions)| {
        let mut statement = json!({ "Effect": "Allow", "Action": actions, "Resource": [resource] });
        if let Some(prefix) = prefix {
            statement["Condition"] = json!({ "StringLike": { "oss:Prefix": [prefix] } });
        }
        statement
    });
    json!({ "Version": "1", "Statement": statements.collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(missing: &[Trial], url: &str) -> Value {
        granting(missing, &CloudUrl::parse(url, false).unwrap())
    }

    #[test]
    fn statements_are_few_and_narrow() {
        let all = Trial::all(&CloudUrl::parse("oss://b/a/", false).unwrap());
        let expected = json!({ "Version": "1", "Statement": [
            { "Effect": "Allow", "Action": ["oss:ListBuckets"], "Resource": ["acs:oss:*:*:*"] },
            { "Effect": "Allow", "Action": ["oss:ListObjects"], "Resource": ["acs:oss:*:*:b"],
              "Condition": { "StringLike": { "oss:Prefix": ["a/*"] } } },
            { "Effect": "Allow", "Action": ["oss:ListMultipartUploads"],
              "Resource": ["acs:oss:*:*:b"] },
            { "Effect": "Allow",
              "Action": ["oss:ListParts", "oss:AbortMultipartUpload", "oss:PutObject"],
              "Resource": ["acs:oss:*:*:b/a/*"] },
        ] });
        assert_eq!(policy(all, "oss://b/a/"), expected);
        let expected = json!({ "Version": "1", "Statement": [
            { "Effect": "Allow", "Action": ["oss:ListObjects", "oss:ListMultipartUploads"],
              "Resource": ["acs:oss:*:*:b"] },
        ] });
        assert_eq!(policy(&[Trial::ListObjects, Trial::ListMultipartUploads], "oss://b"), expected);
    }
}
