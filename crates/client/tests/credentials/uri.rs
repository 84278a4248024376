//! Credentials that a URI answers with, and everything else it may answer with.

use ossutil_client::credentials::{CredentialsFailure, Fetch, Uri};

use crate::{
    SECRET, assert_setup, failure, impatient, network,
    stand_in::{Reply, StandIn, reply},
    texts,
};

async fn fetch(url: &str) -> Result<ossutil_client::credentials::Fetched, CredentialsFailure> {
    let source = Uri { uri: url.to_owned(), network: network() };
    source.fetch().await.map_err(failure)
}

#[tokio::test]
async fn its_answer_is_read() {
    let text = r#"{"Code":"Success","AccessKeyId":"STS.x","AccessKeySecret":"s","SecurityToken":"t",
                   "Expiration":"2026-01-01T06:00:00Z"}"#;
    let service = StandIn::new(move |_| reply(200, text)).await;
    let fetched = fetch(&format!("{}/creds?a=b", service.url)).await.unwrap();
    assert_eq!(texts(&fetched.credentials), ("STS.x", "s", Some("t")));
    assert_eq!(fetched.expiration, Some("2026-01-01T06:00:00Z".parse().unwrap()));
    let asked = &service.asked()[0];
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("GET", "/creds?a=b"));
    assert_eq!(asked.header("user-agent"), Some("test/1"));

    let service =
        StandIn::new(|_| reply(200, r#"{"AccessKeyId":"a","AccessKeySecret":"s"}"#)).await;
    let fetched = fetch(&service.url).await.unwrap();
    assert_eq!(texts(&fetched.credentials), ("a", "s", None));
    assert_eq!(fetched.expiration, None);
}

#[tokio::test]
async fn what_is_no_credentials_is_said_and_not_shown() {
    let long = " ".repeat(70_000);
    for (text, expected) in [
        ("", "not JSON (line 1, column 0)"),
        ("<html>very-secret-text</html>", "not JSON (line 1, column 1)"),
        (r#"{"AccessKeyId":"a","AccessKeySecret":"very-secret-text""#, "not JSON"),
        (r#"{"AccessKeyId":"a","AccessKeySecret":["very-secret-text"]}"#, "no AccessKeySecret"),
        (r#"{"AccessKeyId":"","AccessKeySecret":"very-secret-text"}"#, "no AccessKeyId"),
        (
            r#"{"AccessKeyId":"a","AccessKeySecret":"x","Expiration":"very-secret-text"}"#,
            "Expiration is no time",
        ),
        ("[]", "no AccessKeyId"),
        (&long, "longer than 64 KiB"),
    ] {
        let answer = text.to_owned();
        let service = StandIn::new(move |_| reply(200, answer.as_str())).await;
        let CredentialsFailure::Unusable(shown) = fetch(&service.url).await.unwrap_err() else {
            panic!("{text}");
        };
        assert!(shown.contains(expected), "no `{expected}` in {shown}");
    }
}

#[tokio::test]
async fn a_refusal_has_code_message_and_request_id() {
    let text = r#"{"Code":"Forbidden","Message":"not you","RequestId":"R-1"}"#;
    for (status, code) in [(403, "Forbidden"), (200, "Forbidden")] {
        let service = StandIn::new(move |_| reply(status, text)).await;
        let expected = CredentialsFailure::Refused {
            status,
            code: code.to_owned(),
            message: "not you".to_owned(),
            request_id: "R-1".to_owned(),
        };
        assert_eq!(fetch(&service.url).await.unwrap_err(), expected);
        assert_eq!(service.asked().len(), 1);
    }
}

#[tokio::test]
async fn passing_failures_are_tried_again() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let service =
        StandIn::new(move |_| match count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 | 1 => reply(503, "busy"),
            _ => reply(200, r#"{"AccessKeyId":"a","AccessKeySecret":"s"}"#),
        })
        .await;
    fetch(&service.url).await.unwrap();
    assert_eq!(service.asked().len(), 3);

    let service = StandIn::new(|_| reply(500, "broken")).await;
    let error = fetch(&service.url).await.unwrap_err();
    assert!(matches!(error, CredentialsFailure::Refused { status: 500, .. }), "{error}");
    assert_eq!(service.asked().len(), 3);
}

#[tokio::test]
async fn no_answer_is_an_error() {
    let service = StandIn::new(|_| Reply::Never).await;
    let source = Uri { uri: service.url.clone(), network: impatient() };
    let error = failure(source.fetch().await.unwrap_err());
    assert!(
        matches!(&error, CredentialsFailure::Unreachable(text) if text.contains("within 0.05 s"))
    );
    let error = fetch("http://127.0.0.1:1/").await.unwrap_err();
    assert!(matches!(&error, CredentialsFailure::Unreachable(text) if text.contains("127.0.0.1")));
}

#[tokio::test]
async fn secrets_in_the_uri_are_not_shown() {
    let uri = format!("http://me:{SECRET}@127.0.0.1:1/creds?key={SECRET}");
    let source = Uri { uri, network: network() };
    assert_eq!(source.describe(), "the URI http://127.0.0.1:1/creds");
    failure(source.fetch().await.unwrap_err());
    for uri in ["ftp://x", "nonsense", "http://", ""] {
        let source = Uri { uri: uri.to_owned(), network: network() };
        assert_setup(source.fetch().await.unwrap_err(), "");
    }
}
