//! The role of an ECS instance, from stand-ins for metadata services of each kind.

use ossutil_client::credentials::{CredentialsFailure, EcsRamRole, Fetch};

use crate::{
    assert_setup, failure, impatient, network,
    stand_in::{Asked, Reply, StandIn, reply},
    texts,
};

const FOLDER: &str = "/latest/meta-data/ram/security-credentials/";

/// What each kind of service has in common.
fn roles(asked: &Asked) -> Reply {
    let name = asked.target.strip_prefix(FOLDER).unwrap();
    match name {
        "" => reply(200, "web\n"),
        "web" => reply(
            200,
            r#"{"Code":"Success","AccessKeyId":"STS.web","AccessKeySecret":"s","SecurityToken":"t",
                "Expiration":"2026-01-01T06:00:00Z","LastUpdated":"2026-01-01T00:00:00Z"}"#,
        ),
        _ => reply(404, "<html>not found</html>"),
    }
}

/// Nothing without a token.
fn hardened(asked: &Asked) -> Reply {
    match (asked.method.as_str(), asked.header("x-aliyun-ecs-metadata-token")) {
        ("PUT", _) if asked.header("x-aliyun-ecs-metadata-token-ttl-seconds") == Some("21600") => {
            assert_eq!(asked.target, "/latest/api/token");
            reply(200, "metadata-token")
        }
        ("GET", Some("metadata-token")) => roles(asked),
        _ => reply(403, "no token"),
    }
}

/// The service as it was before tokens.
fn plain(asked: &Asked) -> Reply {
    if asked.method == "PUT" { reply(404, "no such page") } else { roles(asked) }
}

fn source(service: &StandIn, role_name: Option<&str>, is_plain_allowed: bool) -> EcsRamRole {
    EcsRamRole {
        endpoint: service.url.clone(),
        role_name: role_name.map(str::to_owned),
        is_plain_allowed,
        network: network(),
    }
}

#[tokio::test]
async fn the_role_is_asked_for_unless_given() {
    for (role_name, requests) in [(Some("web"), 2), (None, 3)] {
        let service = StandIn::new(hardened).await;
        let fetched = source(&service, role_name, false).fetch().await.unwrap();
        assert_eq!(texts(&fetched.credentials), ("STS.web", "s", Some("t")));
        assert_eq!(fetched.expiration, Some("2026-01-01T06:00:00Z".parse().unwrap()));
        assert_eq!(service.asked().len(), requests);
    }
}

#[tokio::test]
async fn a_service_without_tokens_is_asked_without_unless_forbidden() {
    let service = StandIn::new(plain).await;
    assert!(source(&service, None, true).fetch().await.is_ok());
    let error = failure(source(&service, None, false).fetch().await.unwrap_err());
    assert!(
        matches!(&error, CredentialsFailure::Unusable(text) if text.contains("404")),
        "{error}"
    );
}

/// The token's answer crosses no router: from a container nothing comes.
#[tokio::test]
async fn a_token_that_does_not_arrive_is_done_without() {
    let service = StandIn::new(|asked| match asked.method.as_str() {
        "PUT" => Reply::Never,
        _ => roles(asked),
    })
    .await;
    let from = |is_plain_allowed| EcsRamRole {
        network: impatient(),
        ..source(&service, Some("web"), is_plain_allowed)
    };
    let error = failure(from(false).fetch().await.unwrap_err());
    assert!(matches!(error, CredentialsFailure::Unreachable(_)), "{error}");
    let patient = EcsRamRole { network: network(), ..from(true) };
    assert!(patient.fetch().await.is_ok());
}

#[tokio::test]
async fn an_instance_without_the_role_is_told_so() {
    let service = StandIn::new(hardened).await;
    let error = source(&service, Some("db"), true).fetch().await.unwrap_err();
    assert_setup(error, "does not have the role db");
    let bare = StandIn::new(|_| reply(404, "")).await;
    assert_setup(source(&bare, None, true).fetch().await.unwrap_err(), "has no RAM role");
}

#[tokio::test]
async fn no_service_is_an_error() {
    let source = EcsRamRole {
        endpoint: "http://127.0.0.1:1".to_owned(),
        role_name: None,
        is_plain_allowed: true,
        network: network(),
    };
    let error = failure(source.fetch().await.unwrap_err());
    assert!(matches!(error, CredentialsFailure::Unreachable(_)), "{error}");
}
