//! Who sends a request: signatures checked as the service checks them.

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use ossutil_signing::{Message, v1, v2, v4};

use crate::{
    accounts::{Accounts, Caller, unknown_key},
    digest::hex,
    ec,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
};

/// The largest difference between a request's time and the service's.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(15);

/// The longest life of a version 4 URL, in seconds.
const MAX_EXPIRES: i64 = 604_800;

/// The sub-resources that version 1 signs in the newer SDKs only, which are those that know them.
const SUB_RESOURCES: &[&str] = &[
    "cleanRestoredObject",
    "dataPipeline",
    "legalHold",
    "metadataConfiguration",
    "metadataInventoryTable",
    "metadataJournalTable",
    "objectWorm",
    "overwriteConfig",
    "policyStatus",
    "quota",
    "retention",
    "seal",
    "userDefinedLogFieldsConfig",
    "x-oss-redundancy-transition-taskid",
    "x-oss-target-redundancy-type",
];

/// A signature as it came, with the text it should be of.
struct Claim {
    access_key_id: String,
    signature: String,
    string_to_sign: String,
    canonical_request: Option<String>,
    method: Method,
}

enum Method {
    V1,
    V2,
    V4 { day: String, region: String, product: String },
}

impl Method {
    fn name(&self) -> &'static str {
        match self {
            Self::V1 => "V1",
            Self::V2 => "V2",
            Self::V4 { .. } => "V4",
        }
    }
}

impl Accounts {
    /// Checks the signature of `request`, and says who sends it.
    pub(crate) fn authenticate(&self, request: &Incoming, now: Timestamp) -> Outcome<Caller> {
        let header = request.header("authorization");
        let in_url = request.parameter("x-oss-signature").is_some()
            || request.parameter("Signature").is_some();
        let claim = match header {
            Some(_) if in_url => {
                let message = "Only one auth mechanism allowed.";
                return Err(Refusal::invalid_argument("Authorization", "", message));
            }
            Some(header) => self.header_claim(request, &header, now)?,
            None if request.text("x-oss-signature-version") == "OSS2" => {
                url_v2_claim(request, now)?
            }
            None if request.parameter("x-oss-signature-version").is_some() => {
                self.url_v4_claim(request, now)?
            }
            None if in_url || request.parameter("OSSAccessKeyId").is_some() => {
                url_v1_claim(request, now)?
            }
            None => {
                let signature = "anonymous".to_owned();
                return Ok(Caller { signature, ..Caller::default() });
            }
        };
        self.verify(&claim)?;
        let in_url = || request.parameter("x-oss-security-token");
        let token = request
            .header("x-oss-security-token")
            .or_else(|| in_url().or(request.parameter("security-token")).map(str::to_owned));
        self.caller(&claim.access_key_id, claim.method.name(), token.as_deref(), now)
    }

    fn verify(&self, claim: &Claim) -> Outcome<()> {
        let key = self.key(&claim.access_key_id);
        let secret = &key.ok_or_else(|| unknown_key(&claim.access_key_id))?.secret;
        let expected = match &claim.method {
            Method::V1 => v1::signature(secret, &claim.string_to_sign),
            Method::V2 => v2::signature(secret, &claim.string_to_sign),
            Method::V4 { day, region, product } => {
                let scope = v4::Scope { day, region, product };
                v4::signature(secret, &scope, &claim.string_to_sign)
            }
        };
        if is_equal(expected.as_bytes(), claim.signature.as_bytes()) {
            return Ok(());
        }
        let message = "The request signature we calculated does not match the signature you \
                       provided. Check your key and signing method.";
        let refusal = Refusal::new(403, "SignatureDoesNotMatch", message)
            .detail("OSSAccessKeyId", &claim.access_key_id)
            .detail("SignatureProvided", &claim.signature)
            .detail("StringToSign", &claim.string_to_sign)
            .detail("StringToSignBytes", hex(claim.string_to_sign.as_bytes()));
        Err(match &claim.canonical_request {
            Some(request) => refusal.detail("CanonicalRequest", request),
            None => refusal,
        })
    }

    fn header_claim(&self, request: &Incoming, header: &str, now: Timestamp) -> Outcome<Claim> {
        let headers = request.header_pairs();
        let message = message(request, &request.query, &headers);
        if let Some(fields) = header.strip_prefix("OSS4-HMAC-SHA256 ") {
            let field = |name: &str| {
                let mut fields = fields.split(',').map(str::trim);
                fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
            };
            let (Some(credential), Some(signature)) = (field("Credential"), field("Signature"))
            else {
                return Err(malformed(header));
            };
            check_v4(request, field("AdditionalHeaders"))?;
            let stamp = request.header("x-oss-date").or(request.header("date"));
            let stamp = stamp.unwrap_or_default();
            check_skew(&stamp, now)?;
            let additional = field("AdditionalHeaders").unwrap_or_default();
            return self.v4_claim(&message, credential, signature, &stamp, additional);
        }
        let date = request.header("date").unwrap_or_default();
        let signed_date = request.header("x-oss-date").unwrap_or_else(|| date.clone());
        check_skew(&signed_date, now)?;
        if let Some(fields) = header.strip_prefix("OSS2 ") {
            let (id, signature) = fields
                .strip_prefix("AccessKeyId:")
                .and_then(|rest| rest.split_once(",Signature:"))
                .ok_or_else(|| malformed(header).ec(ec::AUTHORIZATION_V2))?;
            let (id, additional) = id.split_once(",AdditionalHeaders:").unwrap_or((id, ""));
            return Ok(Claim {
                access_key_id: id.to_owned(),
                signature: signature.to_owned(),
                string_to_sign: v2::string_to_sign_with(&message, &date, &names(additional)),
                canonical_request: None,
                method: Method::V2,
            });
        }
        let Some(pair) = header.strip_prefix("OSS ") else {
            let message = "Unsupported Authorization Type";
            let refusal = Refusal::invalid_argument("Authorization", header, message);
            return Err(refusal.ec(ec::AUTHORIZATION_TYPE));
        };
        let pair = pair.trim().split_once(':');
        let (id, signature) = pair.ok_or_else(|| malformed(header).ec(ec::AUTHORIZATION_V1))?;
        Ok(Claim {
            access_key_id: id.to_owned(),
            signature: signature.to_owned(),
            string_to_sign: v1::string_to_sign(&message, &date, SUB_RESOURCES),
            canonical_request: None,
            method: Method::V1,
        })
    }

    fn url_v4_claim(&self, request: &Incoming, now: Timestamp) -> Outcome<Claim> {
        let stamp = request.text("x-oss-date");
        let signed =
            parse_time(stamp).ok_or_else(|| denied("x-oss-date is missing or invalid.").ec(""))?;
        let expires = request.text("x-oss-expires").parse::<i64>().ok();
        let expires = expires.filter(|seconds| (1..=MAX_EXPIRES).contains(seconds));
        let expires = expires.ok_or_else(|| {
            let value = request.text("x-oss-expires");
            Refusal::invalid_argument("x-oss-expires", value, "x-oss-expires is out of range.")
        })?;
        if signed > now + MAX_SKEW {
            return Err(denied("Request is not valid yet.").ec(ec::URL_NOT_YET));
        }
        check_until(signed + SignedDuration::from_secs(expires), now)?;
        let query: Vec<(String, String)> =
            request.query.iter().filter(|(name, _)| name != "x-oss-signature").cloned().collect();
        let headers = request.header_pairs();
        let message = message(request, &query, &headers);
        let additional = request.text("x-oss-additional-headers");
        let (credential, signature) =
            (request.text("x-oss-credential"), request.text("x-oss-signature"));
        self.v4_claim(&message, credential, signature, stamp, additional)
    }

    /// `credential` is `id/day/region/product/aliyun_v4_request`.
    fn v4_claim(
        &self,
        message: &Message<'_>,
        credential: &str,
        signature: &str,
        stamp: &str,
        additional: &str,
    ) -> Outcome<Claim> {
        let parts: Vec<&str> = credential.rsplitn(5, '/').collect();
        let [request, product, region, day, id] = parts[..] else {
            return Err(malformed(credential));
        };
        let invalid = |what: &str, value: &str| {
            let message = format!("Invalid {what} in the signing scope: {value}.");
            Refusal::invalid_argument("Credential", credential, &message)
        };
        if request != "aliyun_v4_request" {
            return Err(invalid("request version", request));
        }
        if region != self.region {
            let in_url = message.query.iter().any(|(name, _)| name == "x-oss-credential");
            let message = match in_url {
                true => "The signing region in credential is invalid.",
                false => "Invalid signing region in Authorization header.",
            };
            let refusal = Refusal::invalid_argument("Credential", credential, message);
            return Err(refusal.ec(ec::SCOPE_REGION));
        }
        let is_day = |time: Timestamp| v4::timestamp(time).starts_with(day) && day.len() == 8;
        if !parse_time(stamp).is_some_and(is_day) {
            return Err(invalid("date", day).ec(ec::SCOPE_DATE));
        }
        let additional: Vec<&str> = additional.split(';').filter(|name| !name.is_empty()).collect();
        let additional = v4::additional_headers(message, &additional);
        let canonical_request = v4::canonical_request(message, &additional);
        let scope = v4::Scope { day, region, product };
        Ok(Claim {
            access_key_id: id.to_owned(),
            signature: signature.to_owned(),
            string_to_sign: v4::string_to_sign(stamp, &scope, &canonical_request),
            canonical_request: Some(canonical_request),
            method: Method::V4 {
                day: day.to_owned(),
                region: region.to_owned(),
                product: product.to_owned(),
            },
        })
    }
}

/// Refuses a URL that is past its time, in seconds since 1970.
fn check_expires(expires: &str, now: Timestamp) -> Outcome<()> {
    let until = expires.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let invalid =
        || denied("Invalid date (should be seconds since epoch).").ec(ec::URL_EXPIRES_INVALID);
    check_until(until.ok_or_else(invalid)?, now)
}

/// Refuses a URL that is past its time.
fn check_until(until: Timestamp, now: Timestamp) -> Outcome<()> {
    match now <= until {
        true => Ok(()),
        false => Err(denied("Request has expired.")
            .ec(ec::URL_EXPIRED)
            .detail("Expires", crate::answer::xml_time(until))
            .detail("ServerTime", crate::answer::xml_time(now))),
    }
}

fn url_v2_claim(request: &Incoming, now: Timestamp) -> Outcome<Claim> {
    let expires = request.text("x-oss-expires");
    check_expires(expires, now)?;
    let query: Vec<(String, String)> =
        request.query.iter().filter(|(name, _)| name != "x-oss-signature").cloned().collect();
    let headers = request.header_pairs();
    let message = message(request, &query, &headers);
    let additional = request.text("x-oss-additional-headers");
    Ok(Claim {
        access_key_id: request.text("x-oss-access-key-id").to_owned(),
        signature: request.text("x-oss-signature").to_owned(),
        string_to_sign: v2::string_to_sign_with(&message, expires, &names(additional)),
        canonical_request: None,
        method: Method::V2,
    })
}

/// The names of additional headers, as version 2 signs them.
fn names(additional: &str) -> Vec<String> {
    let names = additional.split(';').filter(|name| !name.is_empty());
    let mut names: Vec<String> = names.map(str::to_lowercase).collect();
    names.sort();
    names
}

fn url_v1_claim(request: &Incoming, now: Timestamp) -> Outcome<Claim> {
    let needed = ["Signature", "Expires", "OSSAccessKeyId"];
    if needed.iter().any(|name| request.parameter(name).is_none()) {
        let message = "Query-string authentication requires the Signature, Expires and \
                       OSSAccessKeyId parameters";
        return Err(denied(message).ec(""));
    }
    let expires = request.text("Expires");
    check_expires(expires, now)?;
    let headers = request.header_pairs();
    let message = message(request, &request.query, &headers);
    Ok(Claim {
        access_key_id: request.text("OSSAccessKeyId").to_owned(),
        signature: request.text("Signature").to_owned(),
        string_to_sign: v1::string_to_sign(&message, expires, SUB_RESOURCES),
        canonical_request: None,
        method: Method::V1,
    })
}

fn message<'a>(
    request: &'a Incoming,
    query: &'a [(String, String)],
    headers: &'a [(String, String)],
) -> Message<'a> {
    Message {
        method: request.method.as_str(),
        bucket: request.bucket.as_deref(),
        key: request.key.as_deref(),
        query,
        headers,
    }
}

/// Refuses a request whose time is missing or too far from the service's.
pub(crate) fn check_skew(stamp: &str, now: Timestamp) -> Outcome<()> {
    let missing = "OSS authentication requires a valid Date.";
    let time = parse_time(stamp).ok_or_else(|| denied(missing).ec(""))?;
    if now.duration_since(time).abs() <= MAX_SKEW {
        return Ok(());
    }
    let message = "The difference between the request time and the current time is too large.";
    Err(Refusal::new(403, "RequestTimeTooSkewed", message)
        .detail("MaxAllowedSkewMilliseconds", "900000")
        .detail("RequestTime", crate::answer::xml_time(time))
        .detail("ServerTime", crate::answer::xml_time(now)))
}

/// Compares in a time that does not tell where the difference is.
pub(crate) fn is_equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

/// Reads either form a request's time has.
fn parse_time(stamp: &str) -> Option<Timestamp> {
    let http = rfc2822::parse(stamp).ok().map(|zoned| zoned.timestamp());
    http.or_else(|| stamp.parse().ok())
}

pub(crate) fn denied(message: &str) -> Refusal {
    Refusal::new(403, "AccessDenied", message).ec(ec::NOT_GRANTED)
}

fn malformed(value: &str) -> Refusal {
    Refusal::invalid_argument("Authorization", value, "Authorization header is invalid.")
}

/// Refuses what version 4 has no place for.
fn check_v4(request: &Incoming, additional: Option<&str>) -> Outcome<()> {
    if additional == Some("") {
        let message = "AdditionalHeaders must not be empty.";
        let refusal = Refusal::invalid_argument("AdditionalHeaders", "", message);
        return Err(refusal.ec(ec::ADDITIONAL_HEADERS_EMPTY));
    }
    let name = "x-oss-content-sha256";
    match request.header(name).filter(|value| value != "UNSIGNED-PAYLOAD") {
        None => Ok(()),
        Some(value) => {
            let message = "x-oss-content-sha256 must be UNSIGNED-PAYLOAD.";
            Err(Refusal::invalid_argument(name, &value, message).ec(ec::CONTENT_SHA256))
        }
    }
}
