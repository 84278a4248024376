//! PostObject: an object that an HTML form brings, whose policy says what the form may hold.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderName, HeaderValue, Method};
use http_body_util::BodyDataStream;
use hyper::body::Incoming as Wire;
use jiff::Timestamp;
use multer::{Constraints, Field, Multipart, SizeLimit};
use ossutil_signing::{v1, v4};

use super::{post_policy::Policy, put, sub_resource};
use crate::{
    accounts::{Caller, unknown_key},
    answer::{Answer, Body},
    auth::is_equal,
    ec,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    wire::Intake,
};

/// The most that a field other than the file may hold, in bytes.
const MAX_FIELD: u64 = 1 << 20;

/// What a form says of the answer.
pub(crate) struct FormAnswer {
    status: String,
    redirect: String,
}

/// The fields before the file, by their names in lower case.
type Fields = BTreeMap<String, String>;

/// Whether a request brings a form.
pub(crate) fn is_for(request: &Incoming) -> bool {
    request.method == Method::POST
        && request.bucket.is_some()
        && request.key.is_none()
        && sub_resource(request).is_none()
        && request
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("multipart/form-data"))
}

/// Receives a form, checks who sends it and whether its policy permits it, and leaves the request
/// as that of a PutObject.
pub(crate) async fn receive(
    state: &State,
    request: &mut Incoming,
    body: &mut Wire,
    now: Timestamp,
) -> Outcome<()> {
    let kind = request.header("content-type").unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|_| malformed())?;
    let limit = SizeLimit::new().per_field(MAX_FIELD).for_field("file", 5 << 30);
    let constraints = Constraints::new().size_limit(limit);
    let stream = BodyDataStream::new(body);
    let mut form = Multipart::with_constraints(stream, boundary, constraints);
    let mut fields = Fields::new();
    let mut file = loop {
        let field = form.next_field().await.map_err(|_| malformed())?;
        let field = field.ok_or_else(|| {
            let message = "POST requires exactly one file upload per request.";
            Refusal::new(400, "IncorrectNumberOfFilesInPOSTRequest", message)
        })?;
        let name = field.name().unwrap_or_default().to_ascii_lowercase();
        if name == "file" {
            break field;
        }
        fields.insert(name, field.text().await.map_err(|_| malformed())?);
    };
    let key = fields.get("key").filter(|key| !key.is_empty()).ok_or_else(|| {
        let message = "Bucket POST must contain a field named 'key'.";
        Refusal::invalid_argument("key", "", message)
    })?;
    let name = file.file_name().unwrap_or_default();
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let key = key.replace("${filename}", name);
    fields.insert("key".to_owned(), key.clone());
    let (caller, policy) = admit(state, request, &fields, now)?;
    request.key = Some(key);
    request.object()?;
    request.caller = caller;
    state.accounts.authorize(&state.store, &request.caller, request)?;
    take_headers(request, &fields, file.content_type().map(ToString::to_string));
    let received = receive_file(state, &mut file).await?;
    policy.map_or(Ok(()), |policy| policy.check_length(received.size))?;
    request.received = Some(received);
    let text = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let (status, redirect) = (text("success_action_status"), text("success_action_redirect"));
    request.form = Some(FormAnswer { status, redirect });
    Ok(())
}

async fn receive_file(state: &State, file: &mut Field<'_>) -> Outcome<crate::store::Received> {
    let intake = Intake::begin(state);
    let is_whole = loop {
        match file.chunk().await {
            Ok(Some(piece)) => {
                if !intake.take(piece).await {
                    break true;
                }
            }
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    intake.finish(is_whole).await
}

/// Who sends the form, and the policy that it meets. One without a policy is anonymous.
fn admit(
    state: &State,
    request: &Incoming,
    fields: &Fields,
    now: Timestamp,
) -> Outcome<(Caller, Option<Policy>)> {
    let is_signed = ["signature", "x-oss-signature"].iter().any(|name| fields.contains_key(*name));
    let Some(encoded) = fields.get("policy") else {
        if is_signed {
            let message = "Bucket POST must contain a field named 'policy' if it is signed.";
            let refusal = Refusal::invalid_argument("policy", "", message);
            return Err(refusal.ec(ec::FORM_POLICY_MISSING));
        }
        let signature = "anonymous".to_owned();
        return Ok((Caller { signature, ..Caller::default() }, None));
    };
    let text = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let is_v4 = fields.contains_key("x-oss-signature-version");
    let scope: Vec<&str> = text("x-oss-credential").rsplitn(5, '/').collect();
    let (id, given) = match (is_v4, &scope[..]) {
        (false, _) => (text("ossaccesskeyid"), text("signature")),
        (true, ["aliyun_v4_request", _, region, _, id]) if *region == state.accounts.region => {
            (*id, text("x-oss-signature"))
        }
        (true, _) => {
            let message = "The scope of the credential is not that of this region.";
            let credential = text("x-oss-credential");
            let refusal = Refusal::invalid_argument("x-oss-credential", credential, message);
            return Err(refusal.ec(ec::FORM_CREDENTIAL));
        }
    };
    if id.is_empty() {
        let message = "Bucket POST must contain a field named 'OSSAccessKeyId'.";
        let refusal = Refusal::invalid_argument("OSSAccessKeyId", "", message);
        return Err(refusal.ec(ec::FORM_KEY_ID_MISSING));
    }
    let key = state.accounts.key(id).ok_or_else(|| unknown_key(id))?;
    let expected = match scope[..] {
        [_, product, region, day, _] if is_v4 => {
            v4::signature(&key.secret, &v4::Scope { day, region, product }, encoded)
        }
        _ => v1::signature(&key.secret, encoded),
    };
    if !is_equal(expected.as_bytes(), given.as_bytes()) {
        let message = "The request signature we calculated does not match the signature you \
                       provided. Check your key and signing method.";
        return Err(Refusal::new(403, "SignatureDoesNotMatch", message)
            .detail("OSSAccessKeyId", id)
            .detail("SignatureProvided", given)
            .detail("StringToSign", encoded));
    }
    let policy = Policy::parse(encoded)?;
    policy.check(request.bucket.as_deref().unwrap_or_default(), fields, now)?;
    let token = fields.get("x-oss-security-token").map(String::as_str);
    let version = if is_v4 { "POST V4" } else { "POST V1" };
    Ok((state.accounts.caller(id, version, token, now)?, Some(policy)))
}

/// The fields that are headers of a PutObject; the file says its own type.
fn take_headers(request: &mut Incoming, fields: &Fields, kind: Option<String>) {
    const KEPT: [&str; 5] =
        ["cache-control", "content-disposition", "content-encoding", "content-type", "expires"];
    request.headers.remove("content-type");
    let kind = kind.map(|kind| ("content-type".to_owned(), kind));
    let is_kept = |name: &str| name.starts_with("x-oss-") || KEPT.contains(&name);
    let fields = fields.iter().map(|(name, value)| (name.clone(), value.clone()));
    let fields = fields.clone().chain(callback_headers(fields));
    for (name, value) in kind.into_iter().chain(fields.filter(|(name, _)| is_kept(name))) {
        let pair = (HeaderName::try_from(name), HeaderValue::from_bytes(value.as_bytes()));
        if let (Ok(name), Ok(value)) = pair {
            request.headers.insert(name, value);
        }
    }
}

/// The callback of a form, whose variables are fields of their own, as a PutObject has it.
fn callback_headers(fields: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut variables = serde_json::Map::new();
    let mut headers = Vec::new();
    for (name, value) in fields {
        if name == "callback" {
            headers.push(("x-oss-callback".to_owned(), value));
        } else if name.starts_with("x:") {
            variables.insert(name, value.into());
        }
    }
    if !headers.is_empty() && !variables.is_empty() {
        let variables = serde_json::Value::from(variables).to_string();
        headers.push(("x-oss-callback-var".to_owned(), BASE64_STANDARD.encode(variables)));
    }
    headers
}

/// Makes the object, and answers as the form asks.
pub(super) fn answer(state: &State, request: &Incoming, form: &FormAnswer) -> Outcome<Answer> {
    let bucket = request.bucket.as_deref().unwrap_or_default();
    let key = request.object()?;
    let put = put::put(state, request, bucket, key)?;
    let etag = put.headers.iter().find(|(name, _)| name == "etag");
    let etag = etag.map(|(_, etag)| etag.clone()).unwrap_or_default();
    let location = format!("http://{}/{bucket}/{}", request.host, percent(key));
    if !form.redirect.is_empty() {
        let joint = if form.redirect.contains('?') { '&' } else { '?' };
        let what = format!("bucket={bucket}&etag={}&key={}", percent(&etag), percent(key));
        let location = format!("{}{joint}{what}", form.redirect);
        return Ok(
            Answer { status: http::StatusCode::SEE_OTHER, ..put }.header("location", location)
        );
    }
    Ok(match form.status.as_str() {
        "200" => put,
        "201" => {
            let body = ossutil_protocol::xml::Writer::document("PostResponse", |root| {
                root.text("Bucket", bucket);
                root.text("ETag", &etag);
                root.text("Key", key);
                root.text("Location", &location);
            });
            let put = Answer { status: http::StatusCode::CREATED, body: Body::from(body), ..put };
            put.header("location", location).header("content-type", "application/xml")
        }
        _ => Answer { status: http::StatusCode::NO_CONTENT, ..put },
    })
}

fn percent(text: &str) -> String {
    ossutil_signing::percent_encode(text)
}

fn malformed() -> Refusal {
    let message = "The body of your POST request is not well-formed multipart/form-data.";
    Refusal::new(400, "MalformedPOSTRequest", message)
}
