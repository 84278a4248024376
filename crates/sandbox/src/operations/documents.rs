//! What is configured of a bucket: documents that are checked, stored, and given back as they came.

use ossutil_protocol::xml;

use super::{lifecycle, properties::check_content_md5};
use crate::{
    answer::Answer,
    digest::Checksums,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::Lookup,
};

/// A kind of document.
pub(super) struct Kind {
    /// The sub-resource that names it.
    pub(super) name: &'static str,
    /// Its root element; empty for JSON.
    root: &'static str,
    /// Elements it must have below the root, and what their text may be; nothing for any.
    required: &'static [(&'static str, &'static [&'static str])],
    absent: Absent,
    /// What else is wrong with it.
    check: fn(&[u8]) -> Outcome<()>,
    is_removable: bool,
}

/// What is answered when there is none.
#[derive(Clone, Copy)]
enum Absent {
    /// An error of status 404.
    Error(&'static str, &'static str),
    /// What a bucket has from the start, below the root.
    Default(&'static str),
}

const ANY: &[&str] = &[];
const BOOLEAN: &[&str] = &["true", "false"];

const fn kind(name: &'static str, root: &'static str, absent: Absent) -> Kind {
    Kind { name, root, required: &[], absent, check: |_| Ok(()), is_removable: true }
}

/// The kinds; those that are not alike (tags, versioning, inventories, worm) are elsewhere.
const KINDS: &[Kind] = &[
    Kind {
        required: &[("Rule", ANY)],
        check: lifecycle::check,
        ..kind(
            "lifecycle",
            "LifecycleConfiguration",
            Absent::Error("NoSuchLifecycle", "No Row found in Lifecycle Table."),
        )
    },
    Kind {
        required: &[("CORSRule", ANY)],
        check: super::cors::check,
        ..kind(
            "cors",
            "CORSConfiguration",
            Absent::Error("NoSuchCORSConfiguration", "The CORS Configuration does not exist."),
        )
    },
    Kind {
        required: &[("AllowEmptyReferer", BOOLEAN)],
        is_removable: false,
        ..kind(
            "referer",
            "RefererConfiguration",
            Absent::Default(
                "<AllowEmptyReferer>true</AllowEmptyReferer>\
                 <AllowTruncateQueryString>true</AllowTruncateQueryString>\
                 <TruncatePath>false</TruncatePath><RefererList/>",
            ),
        )
    },
    kind(
        "website",
        "WebsiteConfiguration",
        Absent::Error(
            "NoSuchWebsiteConfiguration",
            "The specified bucket does not have a website configuration.",
        ),
    ),
    kind("logging", "BucketLoggingStatus", Absent::Default("")),
    Kind {
        check: check_policy,
        ..kind(
            "policy",
            "",
            Absent::Error("NoSuchBucketPolicy", "The bucket policy does not exist."),
        )
    },
    Kind {
        required: &[("ApplyServerSideEncryptionByDefault", ANY)],
        check: check_encryption,
        ..kind(
            "encryption",
            "ServerSideEncryptionRule",
            Absent::Error(
                "NoSuchServerSideEncryptionRule",
                "The server side encryption configuration is not set.",
            ),
        )
    },
    Kind {
        required: &[("Payer", &["BucketOwner", "Requester"])],
        is_removable: false,
        ..kind(
            "requestPayment",
            "RequestPaymentConfiguration",
            Absent::Default("<Payer>BucketOwner</Payer>"),
        )
    },
    Kind {
        required: &[("Enabled", BOOLEAN)],
        is_removable: false,
        ..kind(
            "transferAcceleration",
            "TransferAccelerationConfiguration",
            Absent::Error(
                "NoSuchTransferAccelerationConfiguration",
                "The bucket you specified has no transfer acceleration configuration.",
            ),
        )
    },
    Kind {
        required: &[("ResourceGroupId", ANY)],
        is_removable: false,
        ..kind(
            "resourceGroup",
            "BucketResourceGroupConfiguration",
            Absent::Default("<ResourceGroupId>rg-sandbox</ResourceGroupId>"),
        )
    },
    Kind {
        required: &[("BlockPublicAccess", BOOLEAN)],
        ..kind(
            "publicAccessBlock",
            "PublicAccessBlockConfiguration",
            Absent::Default("<BlockPublicAccess>false</BlockPublicAccess>"),
        )
    },
];

/// The kind of document that a sub-resource is about.
pub(super) fn find(sub_resource: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == sub_resource)
}

/// Answers a request about a document.
pub(super) fn answer(
    state: &State,
    request: &Incoming,
    bucket: &str,
    kind: &Kind,
) -> Outcome<Answer> {
    match request.method.as_str() {
        "PUT" => put(state, request, bucket, kind),
        "GET" => get(state, bucket, kind),
        "DELETE" if kind.is_removable => {
            state.store.change(|change| change.remove_document(bucket, kind.name))?;
            Ok(Answer::no_content())
        }
        _ => Err(super::method_not_allowed(request, "BUCKET")),
    }
}

fn put(state: &State, request: &Incoming, bucket: &str, kind: &Kind) -> Outcome<Answer> {
    check_content_md5(request, &Checksums::of(&request.body))?;
    if !kind.root.is_empty() {
        check_xml(&request.body, kind.root, kind.required)?;
    }
    (kind.check)(&request.body)?;
    state.store.change(|change| change.put_document(bucket, kind.name, &request.body))?;
    Ok(Answer::ok())
}

fn get(state: &State, bucket: &str, kind: &Kind) -> Outcome<Answer> {
    let document = state.store.view(|view| view.document(bucket, kind.name))?;
    let body = match (document, kind.absent) {
        (Some(document), _) => document,
        (None, Absent::Error(code, message)) => return Err(absent(bucket, code, message)),
        (None, Absent::Default(content)) => {
            let root = kind.root;
            format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><{root}>{content}</{root}>").into()
        }
    };
    let form = if kind.root.is_empty() { "application/json" } else { "application/xml" };
    Ok(given_back(body).header("content-type", form))
}

/// A document as it came.
pub(super) fn given_back(body: Vec<u8>) -> Answer {
    Answer { body: body.into(), ..Answer::ok() }
}

/// There is none.
pub(super) fn absent(bucket: &str, code: &'static str, message: &str) -> Refusal {
    Refusal::new(404, code, message).detail("BucketName", bucket)
}

/// Checks the root and what must stand below it.
pub(super) fn check_xml(body: &[u8], root: &str, required: &[(&str, &[&str])]) -> Outcome<()> {
    let is_right = xml::parse_lenient(body, root, |root| {
        Ok(required.iter().all(|(name, texts)| {
            let text = root.text(name);
            // SDKs write booleans in the case of their language.
            let is_known = |text: &str| texts.iter().any(|t| t.eq_ignore_ascii_case(text.trim()));
            text.is_some_and(|text| texts.is_empty() || is_known(&text))
        }))
    });
    match is_right {
        Ok(true) => Ok(()),
        _ => Err(Refusal::malformed_xml()),
    }
}

fn check_policy(body: &[u8]) -> Outcome<()> {
    let policy: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    match policy.is_some_and(|policy| policy["Statement"].is_array()) {
        true => Ok(()),
        false => {
            let message = "The bucket policy is not a JSON document with a list of statements.";
            Err(Refusal::new(400, "InvalidPolicyDocument", message))
        }
    }
}

fn check_encryption(body: &[u8]) -> Outcome<()> {
    let algorithm = xml::parse(body, "ServerSideEncryptionRule", |root| {
        let rule = root.child("ApplyServerSideEncryptionByDefault");
        Ok(rule.map(|rule| rule.text_or_empty("SSEAlgorithm")).unwrap_or_default())
    });
    let algorithm = algorithm.map_err(|_| Refusal::malformed_xml())?;
    match ["AES256", "KMS", "SM4"].contains(&algorithm.trim()) {
        true => Ok(()),
        false => {
            let message = "The Encryption Method you specified is not supported.";
            let name = "SSEAlgorithm";
            let refusal = Refusal::new(400, "InvalidEncryptionAlgorithmError", message);
            Err(refusal.detail("ArgumentName", name).detail("ArgumentValue", algorithm))
        }
    }
}
