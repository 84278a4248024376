//! Accounts: who has which access keys, whose a bucket is, and what others may do with it.

use std::{
    collections::BTreeMap,
    sync::{PoisonError, RwLock},
};

use jiff::Timestamp;

use crate::{
    auth::{denied, is_equal},
    bucket_policy::{BucketPolicy, Verdict},
    ec,
    incoming::Incoming,
    operations,
    permissions::{self, Permissions, Rule, check_rules},
    refusal::{Outcome, Refusal},
    store::{Lookup, Store},
};

/// The account of those keys that are given no other.
pub(crate) const FIRST: &str = "1000000000000001";

/// The name under which the owner of a bucket is stored, if it is not the first account.
const OWNER: &str = "owner";

/// An access key.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) account: String,
    pub(crate) secret: String,
    /// What makes it temporary.
    pub(crate) session: Option<Session>,
}

/// What makes a key temporary.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) token: String,
    pub(crate) expiration: Timestamp,
    /// The key that asked for it, to whose rules it is held too.
    pub(crate) parent: Option<String>,
    /// The rules of the policy it was asked for with.
    pub(crate) rules: Vec<Rule>,
}

/// What requests are checked against.
pub(crate) struct Accounts {
    /// Keys by id.
    keys: RwLock<BTreeMap<String, Key>>,
    /// The region that version 4 signatures must be for.
    pub(crate) region: String,
    /// What each key may do.
    pub(crate) permissions: Permissions,
}

/// Who sends a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller {
    /// The id of the access key, unless the request is anonymous.
    pub(crate) access_key_id: Option<String>,
    pub(crate) account: Option<String>,
    /// What is to be said of the signature: `V4 sandbox`, or `anonymous`.
    pub(crate) signature: String,
}

impl Accounts {
    pub(crate) fn new(
        keys: BTreeMap<String, Key>,
        region: String,
        permissions: Permissions,
    ) -> Self {
        Self { keys: RwLock::new(keys), region, permissions }
    }

    /// The key with this id.
    pub(crate) fn key(&self, id: &str) -> Option<Key> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Adds a key, and forgets those that have ended.
    pub(crate) fn add(&self, id: String, key: Key, now: Timestamp) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.retain(|_, key| key.session.as_ref().is_none_or(|session| session.expiration > now));
        keys.insert(id, key);
    }

    /// Who sends a request whose signature is right, which is of `version`: a temporary key needs
    /// its token, which ends.
    pub(crate) fn caller(
        &self,
        id: &str,
        version: &str,
        token: Option<&str>,
        now: Timestamp,
    ) -> Outcome<Caller> {
        let key = self.key(id).ok_or_else(|| unknown_key(id))?;
        let token = token.filter(|token| !token.is_empty());
        match (&key.session, token) {
            (None, None) => {}
            // Without its token, the id of a temporary key is none.
            (Some(_), None) => return Err(unknown_key(id)),
            (Some(session), Some(token))
                if is_equal(token.as_bytes(), session.token.as_bytes()) =>
            {
                if now >= session.expiration {
                    let message = "The security token you provided has expired.";
                    return Err(Refusal::new(403, "SecurityTokenExpired", message));
                }
            }
            (_, Some(token)) => return Err(self.wrong_token(token)),
        }
        Ok(Caller {
            access_key_id: Some(id.to_owned()),
            account: Some(key.account),
            signature: format!("{version} {id}"),
        })
    }

    /// The refusal of a token that is not that of the key.
    fn wrong_token(&self, token: &str) -> Refusal {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let mut sessions = keys.values().filter_map(|key| key.session.as_ref());
        if sessions.any(|session| is_equal(session.token.as_bytes(), token.as_bytes())) {
            let message = "The OSS access key id and security token you provided does not match.";
            return Refusal::new(403, "AccessKeyIdAndSecurityTokenNotMatch", message);
        }
        let message = "The security token you provided is invalid.";
        Refusal::new(403, "InvalidSecurityToken", message)
    }

    /// Whether the caller may do what is asked: by the rules of the key, and by who owns the
    /// bucket.
    pub(crate) fn authorize(
        &self,
        store: &Store,
        caller: &Caller,
        request: &Incoming,
    ) -> Outcome<()> {
        if let Some(id) = &caller.access_key_id {
            self.permissions.check(id, request)?;
            if let Some(session) = self.key(id).and_then(|key| key.session) {
                check_rules(&session.rules, id, request)?;
                session.parent.map_or(Ok(()), |id| self.permissions.check(&id, request))?;
            }
        }
        let operation = operations::name(request);
        let (Some(bucket), false) = (&request.bucket, operation == "PutBucket") else {
            return match caller.account {
                Some(_) => Ok(()),
                None => Err(denied("Anonymous access is forbidden for this operation.")),
            };
        };
        let need = needed(&operation);
        check_payer(store, caller, bucket, request)?;
        check_public(store, bucket, request)?;
        for (action, resource) in permissions::needs(request) {
            let (bucket, key) = match resource.split_once('/') {
                Some((bucket, key)) => (bucket, Some(key)),
                None => (&*resource, None),
            };
            let need = if action == "oss:GetObject" { Need::Read } else { need };
            match check_policy(store, caller, bucket, (&action, &resource), request)? {
                Verdict::Allowed => {}
                Verdict::Denied => {
                    return Err(
                        denied("Access denied by bucket policy.").ec(ec::BUCKET_POLICY_DENIES)
                    );
                }
                Verdict::Silent => check_grant(store, caller, bucket, key, need)?,
            }
        }
        Ok(())
    }
}

/// Whose a bucket is.
pub(crate) fn owner(lookup: &impl Lookup, bucket: &str) -> Outcome<String> {
    let owner = lookup.document(bucket, OWNER)?.and_then(|owner| String::from_utf8(owner).ok());
    Ok(owner.unwrap_or_else(|| FIRST.to_owned()))
}

/// Says whose a new bucket is.
pub(crate) fn set_owner(
    change: &mut crate::store::Change<'_>,
    bucket: &str,
    account: &str,
) -> Outcome<()> {
    match account {
        FIRST => Ok(()),
        account => change.put_document(bucket, OWNER, account.as_bytes()),
    }
}

/// What an ACL must grant to those who do not own the bucket.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Read,
    Write,
    /// Only the owner may.
    Own,
}

fn needed(operation: &str) -> Need {
    match operation {
        "GetObject" | "HeadObject" | "GetObjectMeta" | "GetSymlink" | "ListObjects"
        | "ListObjectsV2" | "ListObjectVersions" => Need::Read,
        "PutObject"
        | "PostObject"
        | "AppendObject"
        | "CopyObject"
        | "PutSymlink"
        | "DeleteObject"
        | "DeleteMultipleObjects"
        | "InitiateMultipartUpload"
        | "UploadPart"
        | "UploadPartCopy"
        | "CompleteMultipartUpload"
        | "AbortMultipartUpload"
        | "ListParts"
        | "ListMultipartUploads" => Need::Write,
        _ => Need::Own,
    }
}

/// Refuses what is neither one's own nor granted by the object's ACL, or else the bucket's.
pub(crate) fn check_grant(
    store: &Store,
    caller: &Caller,
    bucket: &str,
    key: Option<&str>,
    need: Need,
) -> Outcome<()> {
    let acl = store.view(|view| {
        let Some(record) = view.bucket(bucket)? else { return Ok(None) };
        if caller.account.as_ref() == Some(&owner(view, bucket)?) {
            return Ok(None);
        }
        let object = key.map(|key| view.latest(bucket, key)).transpose()?.flatten();
        let acl = object.map(|(_, object)| object.acl);
        let acl = acl.filter(|acl| !acl.is_empty() && acl != "default");
        let acl = acl.unwrap_or(record.acl);
        let is_void = acl.starts_with("public-") && blocks_public(view, bucket)?;
        Ok(Some(if is_void { "private".to_owned() } else { acl }))
    })?;
    let is_granted = match acl.as_deref() {
        // One's own, or not there, which the operation says better.
        None => true,
        Some("public-read") => need == Need::Read,
        Some("public-read-write") => need != Need::Own,
        Some(_) => false,
    };
    match is_granted {
        true => Ok(()),
        false => Err(denied("You have no right to access this object because of bucket acl.")),
    }
}

/// Whether a bucket, or all buckets, are closed to everyone whatever their ACLs say.
fn blocks_public(lookup: &impl Lookup, bucket: &str) -> Outcome<bool> {
    let is_blocked = |bucket| -> Outcome<bool> {
        let document = lookup.document(bucket, "publicAccessBlock")?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&document).contains("<BlockPublicAccess>true<"))
    };
    Ok(is_blocked(bucket)? || is_blocked("")?)
}

/// Refuses an ACL for everyone where there is to be none.
fn check_public(store: &Store, bucket: &str, request: &Incoming) -> Outcome<()> {
    let is_public = |name| request.header(name).is_some_and(|acl| acl.starts_with("public-"));
    let (of_object, of_bucket) = (is_public("x-oss-object-acl"), is_public("x-oss-acl"));
    if !(of_object || of_bucket) || !store.view(|view| blocks_public(view, bucket))? {
        return Ok(());
    }
    Err(match of_object {
        true => denied("Put public object acl is not allowed").ec(ec::PUBLIC_OBJECT_ACL),
        false => denied("Put public bucket acl is not allowed").ec(""),
    })
}

/// What the policy of a bucket says of a request; its owner needs none.
fn check_policy(
    store: &Store,
    caller: &Caller,
    bucket: &str,
    need: (&str, &str),
    request: &Incoming,
) -> Outcome<Verdict> {
    store.view(|view| {
        if caller.account.as_ref() == Some(&owner(view, bucket)?) {
            return Ok(Verdict::Silent);
        }
        let policy = BucketPolicy::of(view, bucket)?;
        Ok(policy.map_or(Verdict::Silent, |policy| policy.judge(caller, need, request)))
    })
}

/// Refuses those who do not own a bucket whose requests are paid by who sends them, and do not say
/// that they will.
fn check_payer(store: &Store, caller: &Caller, bucket: &str, request: &Incoming) -> Outcome<()> {
    let is_free = store.view(|view| {
        let payment = view.document(bucket, "requestPayment")?.unwrap_or_default();
        let is_own = caller.account.as_ref() == Some(&owner(view, bucket)?);
        Ok(is_own || !String::from_utf8_lossy(&payment).contains(">Requester<"))
    })?;
    let payer = request.header("x-oss-request-payer");
    let payer = payer.or_else(|| request.parameter("x-oss-request-payer").map(str::to_owned));
    match is_free || (payer.as_deref() == Some("requester") && caller.account.is_some()) {
        true => Ok(()),
        false => Err(denied("Access denied for requester pay bucket").ec(ec::PAYER_MISSING)),
    }
}

pub(crate) fn unknown_key(id: &str) -> Refusal {
    let message = "The OSS Access Key Id you provided does not exist in our records.";
    Refusal::new(403, "InvalidAccessKeyId", message).detail("OSSAccessKeyId", id)
}
