//! What is configured of a bucket: documents that are checked, stored, and given back as they came.

use ossutil_protocol::xml;

use super::{lifecycle_rules, properties::check_content_md5, website};
use crate::{
    answer::Answer,
    bucket_policy::BucketPolicy,
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
    check: fn(&State, &Incoming) -> Outcome<()>,
    /// What the service adds below the root when it is left out.
    added: &'static [(&'static str, &'static str)],
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

/// What a bucket is limited to when nothing is said: nothing.
const LIMITS: &[(&str, &str)] = &[
    ("TotalUploadBandwidth", "-1"),
    ("IntranetUploadBandwidth", "-1"),
    ("ExtranetUploadBandwidth", "-1"),
    ("TotalDownloadBandwidth", "-1"),
    ("IntranetDownloadBandwidth", "-1"),
    ("ExtranetDownloadBandwidth", "-1"),
    ("TotalQps", "-1"),
    ("IntranetQps", "-1"),
    ("ExtranetQps", "-1"),
];

const fn kind(name: &'static str, root: &'static str, absent: Absent) -> Kind {
    Kind { name, root, required: &[], absent, check: |_, _| Ok(()), added: &[], is_removable: true }
}

/// The kinds; those that are not alike (tags, versioning, inventories, worm) are elsewhere.
const KINDS: &[Kind] = &[
    Kind {
        required: &[("Rule", ANY)],
        check: lifecycle_rules::check,
        ..kind(
            "lifecycle",
            "LifecycleConfiguration",
            Absent::Error("NoSuchLifecycle", "No Row found in Lifecycle Table."),
        )
    },
    Kind {
        required: &[("CORSRule", ANY)],
        check: super::cors::check,
        added: &[("ResponseVary", "false")],
        ..kind(
            "cors",
            "CORSConfiguration",
            Absent::Error("NoSuchCORSConfiguration", "The CORS Configuration does not exist."),
        )
    },
    Kind {
        required: &[("AllowEmptyReferer", BOOLEAN)],
        added: &[("AllowTruncateQueryString", "true"), ("TruncatePath", "false")],
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
    Kind { check: check_logging, ..kind("logging", "BucketLoggingStatus", Absent::Default("")) },
    kind(
        "userDefinedLogFieldsConfig",
        "UserDefinedLogFieldsConfiguration",
        Absent::Error(
            "NoSuchUserDefinedLogFieldsConfig",
            "The user-defined log fields configuration does not exist.",
        ),
    ),
    Kind {
        check: check_policy,
        ..kind(
            "policy",
            "",
            Absent::Error("NoSuchBucketPolicy", "The bucket policy does not exist."),
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
    Kind {
        required: &[("Status", &["Enabled", "Disabled"])],
        is_removable: false,
        ..kind(
            "accessmonitor",
            "AccessMonitorConfiguration",
            Absent::Default("<Status>Disabled</Status>"),
        )
    },
    Kind {
        required: &[("Enabled", BOOLEAN)],
        is_removable: false,
        ..kind(
            "bucketArchiveDirectRead",
            "ArchiveDirectReadConfiguration",
            Absent::Default("<Enabled>false</Enabled>"),
        )
    },
    Kind {
        required: &[("TLS", ANY)],
        check: check_tls,
        is_removable: false,
        ..kind(
            "httpsConfig",
            "HttpsConfiguration",
            Absent::Default("<TLS><Enable>false</Enable></TLS>"),
        )
    },
    Kind {
        check: check_limits,
        added: LIMITS,
        ..kind(
            "qosInfo",
            "QoSConfiguration",
            Absent::Error("NoSuchBucketQosInfo", "The specified bucket has no QoS configuration."),
        )
    },
    Kind {
        required: &[("StorageCapacity", ANY)],
        check: check_capacity,
        is_removable: false,
        ..kind("qos", "BucketUserQos", Absent::Default("<StorageCapacity>-1</StorageCapacity>"))
    },
    kind(
        "policy&comp=callback",
        "BucketCallbackPolicy",
        Absent::Error("BucketCallbackPolicyNotExist", "The bucket callback policy does not exist."),
    ),
];

/// The name of the document that a request is about, by its sub-resource.
pub(super) fn name<'a>(request: &Incoming, sub_resource: &'a str) -> &'a str {
    match (sub_resource, request.text("comp")) {
        ("policy", "callback") => "policy&comp=callback",
        _ => sub_resource,
    }
}

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
    if kind.root.is_empty() {
        (kind.check)(state, request)?;
        state.store.change(|change| change.put_document(bucket, kind.name, &request.body))?;
        return Ok(Answer::ok());
    }
    check_xml(&request.body, kind.root, kind.required)?;
    (kind.check)(state, request)?;
    let text = completed(plain_booleans(&request.body), kind);
    let text = if kind.name == "website" { website::with_queries_passed(&text) } else { text };
    state.store.change(|change| change.put_document(bucket, kind.name, text.as_bytes()))?;
    Ok(Answer::ok())
}

/// The document with its booleans as clients expect them back: one SDK writes them as its language
/// does.
pub(super) fn plain_booleans(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    text.replace(">True<", ">true<").replace(">False<", ">false<")
}

/// The document with what was left out.
fn completed(mut text: String, kind: &Kind) -> String {
    let (root, empty) = (kind.root, text.rfind("/>"));
    if let (None, Some(end)) = (text.rfind("</"), empty) {
        text.replace_range(end.., &format!("></{root}>"));
    }
    let Some(end) = text.rfind("</") else { return text };
    let is_there = |name: &str| text.contains(&format!("<{name}>"));
    let missing = kind.added.iter().filter(|(name, _)| !is_there(name));
    let added: String = missing.map(|(name, value)| format!("<{name}>{value}</{name}>")).collect();
    text.insert_str(end, &added);
    text
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

/// Whether the policy of a bucket lets everyone in.
pub(super) fn policy_status(state: &State, bucket: &str) -> Outcome<Answer> {
    let policy = state.store.view(|view| BucketPolicy::of(view, bucket))?;
    let is_public = policy.is_some_and(|policy| policy.is_public());
    Ok(Answer::xml("PolicyStatus", |root| root.text("IsPublic", is_public)))
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

fn check_policy(_: &State, request: &Incoming) -> Outcome<()> {
    let statements = BucketPolicy::parse(&request.body);
    statements.map(drop).map_err(|message| Refusal::new(400, "InvalidPolicyDocument", message))
}

/// Versions of TLS that are permitted must be named, and be known.
fn check_tls(_: &State, request: &Incoming) -> Outcome<()> {
    const VERSIONS: [&str; 4] = ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
    let is_right = xml::parse_lenient(&request.body, "HttpsConfiguration", |root| {
        let Some(tls) = root.child("TLS") else { return Ok(false) };
        let versions: Vec<String> = tls.all("TLSVersion").map(|v| v.own_text()).collect();
        let are_known = versions.iter().all(|version| VERSIONS.contains(&version.trim()));
        let is_enabled = tls.text_or_empty("Enable").eq_ignore_ascii_case("true");
        Ok(are_known && (!is_enabled || !versions.is_empty()))
    });
    is_right.ok().filter(|is_right| *is_right).map(drop).ok_or_else(Refusal::malformed_xml)
}

/// A bucket has at most what its account has, and no part has more than the whole.
fn check_limits(_: &State, request: &Incoming) -> Outcome<()> {
    let limits = xml::parse_lenient(&request.body, "QoSConfiguration", |root| {
        LIMITS.iter().map(|(name, _)| Ok((*name, root.number::<i64>(name)?))).collect()
    });
    let limits: Vec<(&str, Option<i64>)> = limits.map_err(|_| Refusal::malformed_xml())?;
    let total = |name: &str| {
        let whole = name.replace("Intranet", "Total").replace("Extranet", "Total");
        let found = limits.iter().find(|(candidate, _)| *candidate == whole);
        found.and_then(|(_, value)| *value).filter(|value| *value >= 0)
    };
    for (name, value) in &limits {
        let value = value.unwrap_or(-1);
        let most = total(name).or_else(|| super::service::limit(name).map(i64::from));
        let most = most.min(super::service::limit(name).map(i64::from)).unwrap_or(-1);
        if value < -1 || value > most {
            let message = "The limit is out of range.";
            return Err(Refusal::invalid_argument(name, &value.to_string(), message));
        }
    }
    Ok(())
}

/// -1 for none.
fn check_capacity(_: &State, request: &Incoming) -> Outcome<()> {
    let capacity = xml::parse_lenient(&request.body, "BucketUserQos", |root| {
        root.number::<i64>("StorageCapacity")
    });
    match capacity.map_err(|_| Refusal::malformed_xml())? {
        Some(capacity) if capacity < -1 => {
            let message = "The storage capacity is out of range.";
            Err(Refusal::invalid_argument("StorageCapacity", &capacity.to_string(), message))
        }
        _ => Ok(()),
    }
}

/// Logs must go to a bucket that is there.
fn check_logging(state: &State, request: &Incoming) -> Outcome<()> {
    let target = xml::parse_lenient(&request.body, "BucketLoggingStatus", |root| {
        Ok(root.child("LoggingEnabled").map(|enabled| enabled.text_or_empty("TargetBucket")))
    });
    let Some(target) = target.map_err(|_| Refusal::malformed_xml())? else { return Ok(()) };
    match state.store.bucket(target.trim())? {
        Some(_) => Ok(()),
        None => {
            let message = "Put bucket log requester is not target bucket owner.";
            Err(Refusal::new(400, "InvalidTargetBucketForLogging", message)
                .detail("TargetBucket", target))
        }
    }
}
