//! What the access control of Alibaba Cloud (RAM) calls the permission that an operation needs.

/// The operations that need a permission of another name, after the list of OSS actions in the
/// documentation of RAM policies. The copies need `oss:GetObject` of their source as well.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("AppendObject", "oss:PutObject"),
    ("CompleteMultipartUpload", "oss:PutObject"),
    ("CopyObject", "oss:PutObject"),
    ("DeleteMultipleObjects", "oss:DeleteObject"),
    ("GetObjectMeta", "oss:GetObject"),
    ("GetSymlink", "oss:GetObject"),
    ("HeadObject", "oss:GetObject"),
    ("InitiateMultipartUpload", "oss:PutObject"),
    ("ListObjectsV2", "oss:ListObjects"),
    ("PostObject", "oss:PutObject"),
    ("PutSymlink", "oss:PutObject"),
    ("UploadPart", "oss:PutObject"),
    ("UploadPartCopy", "oss:PutObject"),
];

/// The action that a policy must allow for `operation`, which is named as in the API reference:
/// `oss:ListParts` for `ListParts`, `oss:PutObject` for `UploadPart`.
pub fn action(operation: &str) -> String {
    let other = OTHER_NAMES.iter().find(|(name, _)| *name == operation);
    other.map_or_else(|| format!("oss:{operation}"), |(_, action)| (*action).to_owned())
}

/// What a policy calls a bucket, the objects that begin with a prefix (`bucket/prefix*`), or
/// everything (`*`): in any region, of any account.
pub fn resource(path: &str) -> String {
    format!("acs:oss:*:*:{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_of_operations() {
        for (operation, expected) in [
            ("ListParts", "oss:ListParts"),
            ("AbortMultipartUpload", "oss:AbortMultipartUpload"),
            ("UploadPart", "oss:PutObject"),
            ("CompleteMultipartUpload", "oss:PutObject"),
            ("HeadObject", "oss:GetObject"),
            ("ListObjectsV2", "oss:ListObjects"),
        ] {
            assert_eq!(action(operation), expected);
        }
    }
}
