//! AssumeRole, below `/sts` as the service's STS answers it: temporary keys for the account of the
//! key that asks.

use jiff::{SignedDuration, Timestamp};
use ossutil_protocol::{names, xml::Writer};
use ossutil_signing::{percent_encode, v1};
use serde_json::json;

use crate::{
    accounts::{Key, Session},
    answer::{Answer, xml_time},
    auth::is_equal,
    incoming::Incoming,
    permissions::parse_policy,
    refusal::{Outcome, Refusal},
    server::State,
};

/// The bounds of a session's life, in seconds.
const DURATIONS: std::ops::RangeInclusive<i64> = 900..=43_200;

/// How far the time of a request may be from ours.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(15);

/// Whether a request is for STS: to `/sts`, or with an `Action` to the service itself.
pub(crate) fn is_for(request: &Incoming) -> bool {
    let is_form = request
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let is_to = matches!(request.bucket.as_deref(), None | Some("sts")) && request.key.is_none();
    is_to && (request.parameter("Action").is_some() || request.method == "POST" && is_form)
}

/// Answers a request; an error in the form that was asked for.
pub(crate) fn answer(state: &State, request: &Incoming, now: Timestamp) -> Outcome<Answer> {
    let parameters = parameters(request)?;
    let is_json = get(&parameters, "Format").eq_ignore_ascii_case("json");
    let outcome = assume_role(state, request, &parameters, now);
    match (outcome, is_json) {
        (Ok(granted), true) => Ok(json_answer(Answer::ok(), &granted.to_json())),
        (Ok(granted), false) => Ok(granted.to_xml()),
        (Err(refusal), true) => {
            let body = json!({
                "RequestId": state.new_request_id(),
                "HostId": request.host,
                "Code": refusal.code,
                "Message": refusal.message(),
            });
            Ok(json_answer(Answer::empty(refusal.status()), &body))
        }
        (Err(refusal), false) => Err(refusal),
    }
}

fn json_answer(answer: Answer, body: &serde_json::Value) -> Answer {
    Answer { body: body.to_string().into(), ..answer }.header("content-type", "application/json")
}

/// The parameters of query and form.
fn parameters(request: &Incoming) -> Outcome<Vec<(String, String)>> {
    let invalid = || Refusal::new(400, "InvalidParameter", "The form is not well-formed.");
    let form = std::str::from_utf8(&request.body).map_err(|_| invalid())?;
    let decode = |text: &str| names::decode(&text.replace('+', "%20")).map_err(|_| invalid());
    let mut parameters = request.query.clone();
    for pair in form.trim().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        parameters.push((decode(name)?, decode(value)?));
    }
    Ok(parameters)
}

fn get<'a>(parameters: &'a [(String, String)], name: &str) -> &'a str {
    let found = parameters.iter().find(|(candidate, _)| candidate == name);
    found.map_or("", |(_, value)| value)
}

/// What was granted.
struct Granted {
    request_id: String,
    role: String,
    session_name: String,
    access_key_id: String,
    access_key_secret: String,
    token: String,
    expiration: Timestamp,
}

fn assume_role(
    state: &State,
    request: &Incoming,
    parameters: &[(String, String)],
    now: Timestamp,
) -> Outcome<Granted> {
    let of = |name| get(parameters, name);
    if of("Action") != "AssumeRole" {
        return Err(Refusal::not_implemented(of("Action")));
    }
    let (account, parent) = verify(state, request, parameters, now)?;
    let (role, session_name) = (of("RoleArn"), of("RoleSessionName"));
    let is_role = role.strip_prefix("acs:ram::").is_some_and(|rest| rest.contains(":role/"));
    if !is_role {
        return Err(invalid("RoleArn", "a role such as acs:ram::1000000000000001:role/name"));
    }
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b".@-_".contains(&b);
    if !(2..=64).contains(&session_name.len()) || !session_name.bytes().all(is_name) {
        return Err(invalid("RoleSessionName", "2 to 64 letters, digits and any of .@-_"));
    }
    let seconds = match of("DurationSeconds") {
        "" => Some(3600),
        text => text.parse().ok().filter(|seconds| DURATIONS.contains(seconds)),
    };
    let seconds = seconds.ok_or_else(|| invalid("DurationSeconds", "900 to 43200 seconds"))?;
    let rules = match of("Policy") {
        "" => Vec::new(),
        policy => parse_policy(policy).map_err(|error| invalid("Policy", &error))?,
    };
    let granted = Granted {
        request_id: state.new_request_id(),
        role: role.to_owned(),
        session_name: session_name.to_owned(),
        access_key_id: format!("STS.{}", &state.new_secret()[..24]),
        access_key_secret: state.new_secret(),
        token: format!("CAIS{}{}", state.new_secret(), state.new_secret()),
        expiration: now + SignedDuration::from_secs(seconds),
    };
    let (token, expiration) = (granted.token.clone(), granted.expiration);
    let session = Some(Session { token, expiration, parent: Some(parent), rules });
    let key = Key { account, secret: granted.access_key_secret.clone(), session };
    state.accounts.add(granted.access_key_id.clone(), key, now);
    Ok(granted)
}

/// Checks the signature; gives the account and the key. HMAC-SHA1 over the method and all
/// parameters, sorted, with `&` behind the secret.
fn verify(
    state: &State,
    request: &Incoming,
    parameters: &[(String, String)],
    now: Timestamp,
) -> Outcome<(String, String)> {
    let of = |name| get(parameters, name);
    let time = of("Timestamp").parse::<Timestamp>().ok();
    if time.is_none_or(|time| now.duration_since(time).abs() > MAX_SKEW) {
        let message = "Specified time stamp or date value is expired.";
        return Err(Refusal::new(400, "InvalidTimeStamp.Expired", message));
    }
    let id = of("AccessKeyId");
    let key = state.accounts.key(id).ok_or_else(|| {
        Refusal::new(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    })?;
    let encode = |(name, value): &(String, String)| (percent_encode(name), percent_encode(value));
    let signed = parameters.iter().filter(|(name, _)| name != "Signature");
    let mut pairs: Vec<(String, String)> = signed.map(encode).collect();
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let text = format!("{}&%2F&{}", request.method, percent_encode(&pairs.join("&")));
    let expected = v1::signature(&format!("{}&", key.secret), &text);
    if !is_equal(expected.as_bytes(), of("Signature").as_bytes()) {
        let message = format!(
            "Specified signature is not matched with our calculation. server string to sign is:{text}"
        );
        return Err(Refusal::new(400, "SignatureDoesNotMatch", message));
    }
    state.accounts.caller(id, "STS", Some(of("SecurityToken")), now)?;
    Ok((key.account, id.to_owned()))
}

fn invalid(name: &str, wanted: &str) -> Refusal {
    Refusal::new(400, format!("InvalidParameter.{name}"), format!("{name}: {wanted} is wanted."))
}

impl Granted {
    fn user(&self) -> (String, String) {
        let user = self.role.replacen(":role/", ":assumed-role/", 1);
        (
            format!("{user}/{}", self.session_name),
            format!("3{}:{}", "0".repeat(17), self.session_name),
        )
    }

    fn expiration(&self) -> String {
        xml_time(self.expiration).replace(".000Z", "Z")
    }

    fn to_json(&self) -> serde_json::Value {
        let (arn, id) = self.user();
        json!({
            "RequestId": self.request_id,
            "AssumedRoleUser": {"Arn": arn, "AssumedRoleId": id},
            "Credentials": {
                "AccessKeyId": self.access_key_id,
                "AccessKeySecret": self.access_key_secret,
                "SecurityToken": self.token,
                "Expiration": self.expiration(),
            },
        })
    }

    fn to_xml(&self) -> Answer {
        let (arn, id) = self.user();
        Answer::xml("AssumeRoleResponse", |root: &mut Writer| {
            root.text("RequestId", &self.request_id);
            root.element("AssumedRoleUser", |user| {
                user.text("Arn", arn);
                user.text("AssumedRoleId", id);
            });
            root.element("Credentials", |credentials| {
                credentials.text("AccessKeyId", &self.access_key_id);
                credentials.text("AccessKeySecret", &self.access_key_secret);
                credentials.text("SecurityToken", &self.token);
                credentials.text("Expiration", self.expiration());
            });
        })
    }
}
