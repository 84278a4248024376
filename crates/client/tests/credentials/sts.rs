//! Roles that STS gives: with other credentials, and with an OIDC token.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use ossutil_client::{
    Credentials, CredentialsProvider, StaticCredentials,
    credentials::{AssumeRole, AssumeRoleWithOidc, Cached, CredentialsFailure, Fetch, Role, Sts},
};
use ossutil_signing::rpc;

use crate::{
    SECRET, Time, assert_setup, failure, file, network,
    stand_in::{Asked, Reply, StandIn, reply},
    texts,
};

const ARN: &str = "acs:ram::1:role/reader";

/// The parameters of query and form, decoded.
fn parameters(text: &str) -> BTreeMap<String, String> {
    let url = text.split('&').filter_map(|pair| pair.split_once('='));
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'%' => {
                    let hex = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(str::from_utf8(&hex).unwrap(), 16).unwrap()
                }
                byte => byte,
            });
        }
        String::from_utf8(bytes).unwrap()
    };
    url.map(|(name, value)| (name.to_owned(), decode(value))).collect()
}

fn query(asked: &Asked) -> BTreeMap<String, String> {
    parameters(asked.target.strip_prefix("/?").unwrap())
}

/// The service: it gives a role to whoever signs with one of these key pairs.
async fn service(keys: &'static [(&'static str, &'static str)]) -> StandIn {
    StandIn::new(move |asked| {
        let (query, form) = (query(asked), parameters(&asked.body));
        let id = &query["AccessKeyId"];
        let secret = keys.iter().find(|(known, _)| known == id).map(|(_, secret)| *secret);
        let all = query.iter().chain(&form).filter(|(name, _)| *name != "Signature");
        let all: Vec<(&str, &str)> = all.map(|(name, value)| (&**name, &**value)).collect();
        let expected = secret.map(|secret| rpc::signature(&secret.into(), "POST", &all));
        if expected.as_ref() == Some(&query["Signature"]) { granted(&form) } else { denied(SECRET) }
    })
    .await
}

fn granted(form: &BTreeMap<String, String>) -> Reply {
    let name = form["RoleArn"].rsplit('/').next().unwrap();
    let text = format!(
        r#"{{"RequestId":"R","Credentials":{{"AccessKeyId":"STS.{name}","AccessKeySecret":"{name}",
            "SecurityToken":"token-{name}","Expiration":"2026-01-01T01:00:00Z"}}}}"#
    );
    reply(200, text)
}

fn denied(signed: &str) -> Reply {
    let text = format!(
        r#"{{"Code":"SignatureDoesNotMatch","RequestId":"R-7","Message":"Specified signature is not
           matched. server string to sign is:POST&%2F&{signed}"}}"#
    );
    reply(400, text.replace('\n', " "))
}

fn role(name: &str) -> Role {
    Role {
        arn: format!("acs:ram::1:role/{name}"),
        session_name: "session".to_owned(),
        duration: Duration::from_mins(15),
        policy: None,
        external_id: None,
    }
}

fn sts(service: &StandIn) -> Sts {
    Sts::new(Some(&service.url), None, network(), Time::default().clock())
}

fn key(secret: &str, token: Option<&str>) -> Arc<dyn CredentialsProvider> {
    Arc::new(StaticCredentials(Some(Credentials {
        access_key_id: "me".to_owned(),
        access_key_secret: secret.into(),
        security_token: token.map(Into::into),
    })))
}

#[tokio::test]
async fn a_role_is_assumed_with_a_key_pair() {
    let service = service(&[("me", "mine")]).await;
    let role = Role {
        policy: Some(r#"{"Version": "1"}"#.to_owned()),
        external_id: Some("ext 1".to_owned()),
        ..role("reader")
    };
    let source = AssumeRole { sts: sts(&service), role, source: key("mine", Some("a/b+c=")) };
    let fetched = source.fetch().await.unwrap();
    assert_eq!(texts(&fetched.credentials), ("STS.reader", "reader", Some("token-reader")));
    assert_eq!(fetched.expiration, Some("2026-01-01T01:00:00Z".parse().unwrap()));
    source.fetch().await.unwrap();

    let asked = service.asked();
    let (query, form) = (query(&asked[0]), parameters(&asked[0].body));
    for (name, value) in [
        ("Action", "AssumeRole"),
        ("Version", "2015-04-01"),
        ("Format", "JSON"),
        ("Timestamp", "2026-01-01T00:00:00Z"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("AccessKeyId", "me"),
        ("SecurityToken", "a/b+c="),
    ] {
        assert_eq!(query[name], value);
    }
    assert_ne!(query["SignatureNonce"], self::query(&asked[1])["SignatureNonce"]);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(
        form,
        [
            ("DurationSeconds", "900"),
            ("ExternalId", "ext 1"),
            ("Policy", r#"{"Version": "1"}"#),
            ("RoleArn", ARN),
            ("RoleSessionName", "session"),
        ]
    );
}

#[tokio::test]
async fn a_role_is_assumed_with_another_role() {
    let service = service(&[("me", "mine"), ("STS.first", "first")]).await;
    let first = AssumeRole { sts: sts(&service), role: role("first"), source: key("mine", None) };
    let first = Arc::new(Cached::new(first, Time::default().clock()));
    let second = AssumeRole { sts: sts(&service), role: role("second"), source: first };
    let expected = "the role acs:ram::1:role/second, assumed with the role acs:ram::1:role/first, \
                    assumed with the key pair me";
    assert_eq!(second.describe(), expected);
    for _ in 0..2 {
        assert_eq!(second.fetch().await.unwrap().credentials.access_key_id, "STS.second");
    }
    let ids: Vec<String> =
        service.asked().iter().map(|asked| query(asked)["AccessKeyId"].clone()).collect();
    assert_eq!(ids, ["me", "STS.first", "STS.first"], "the first role is kept");
    assert_eq!(query(&service.asked()[1])["SecurityToken"], "token-first");
}

#[tokio::test]
async fn a_refusal_does_not_repeat_what_was_signed() {
    let service = service(&[("me", "mine")]).await;
    let source =
        AssumeRole { sts: sts(&service), role: role("reader"), source: key(SECRET, Some(SECRET)) };
    let error = source.fetch().await.unwrap_err();
    let shown = error.to_string();
    for text in [ARN, "StatusCode=400", "ErrorCode=SignatureDoesNotMatch", "RequestId=R-7"] {
        assert!(shown.contains(text), "no `{text}` in {shown}");
    }
    assert!(!shown.contains("POST&"), "{shown}");
    failure(error);
    let anonymous = Arc::new(StaticCredentials(None));
    let source = AssumeRole { sts: sts(&service), role: role("reader"), source: anonymous };
    assert_setup(source.fetch().await.unwrap_err(), "without credentials");
}

#[tokio::test]
async fn a_role_is_assumed_with_the_token_that_the_file_holds_now() {
    let service = StandIn::new(|asked| granted(&parameters(&asked.body))).await;
    let folder = tempfile::tempdir().unwrap();
    let token_file = file(&folder, "token", "first\n");
    let source = AssumeRoleWithOidc {
        sts: sts(&service),
        role: role("pod"),
        provider_arn: "acs:ram::1:oidc-provider/k8s".to_owned(),
        token_file: token_file.clone(),
    };
    let fetched = source.fetch().await.unwrap();
    assert_eq!(texts(&fetched.credentials), ("STS.pod", "pod", Some("token-pod")));
    file(&folder, "token", "second");
    source.fetch().await.unwrap();
    let asked = service.asked();
    let tokens: Vec<String> =
        asked.iter().map(|asked| parameters(&asked.body)["OIDCToken"].clone()).collect();
    assert_eq!(tokens, ["first", "second"]);
    assert_eq!(parameters(&asked[0].body)["OIDCProviderArn"], source.provider_arn);
    let query = query(&asked[0]);
    assert_eq!(query["Action"], "AssumeRoleWithOIDC");
    assert!(!query.contains_key("Signature") && !query.contains_key("AccessKeyId"));

    file(&folder, "token", " \n");
    assert_setup(source.fetch().await.unwrap_err(), "is empty");
    std::fs::remove_file(token_file).unwrap();
    assert_setup(source.fetch().await.unwrap_err(), "cannot be read");
}

#[tokio::test]
async fn a_refusal_does_not_repeat_the_token() {
    let service = StandIn::new(|asked| {
        let token = &parameters(&asked.body)["OIDCToken"];
        reply(400, format!(r#"{{"Code":"AuthenticationFail","Message":"bad token {token}."}}"#))
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let source = AssumeRoleWithOidc {
        sts: sts(&service),
        role: role("pod"),
        provider_arn: "p".to_owned(),
        token_file: file(&folder, "token", SECRET),
    };
    let CredentialsFailure::Refused { code, message, .. } =
        failure(source.fetch().await.unwrap_err())
    else {
        panic!("refused")
    };
    assert_eq!((code.as_str(), message.as_str()), ("AuthenticationFail", "bad token ***."));
}

#[tokio::test]
async fn the_service_is_found_by_region() {
    let time = Time::default();
    for (endpoint, region, host) in [
        (None, None, "https://sts.aliyuncs.com"),
        (None, Some("cn-hangzhou"), "https://sts.cn-hangzhou.aliyuncs.com"),
        (
            Some("sts-vpc.cn-beijing.aliyuncs.com"),
            Some("x"),
            "https://sts-vpc.cn-beijing.aliyuncs.com",
        ),
        (Some("http://127.0.0.1:1/"), None, "http://127.0.0.1:1"),
    ] {
        assert_eq!(Sts::new(endpoint, region, network(), time.clock()).url(), host);
    }
}
