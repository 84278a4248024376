//! The aliyun CLI's profiles, in files as it writes them.

use ossutil_client::{
    CredentialsProvider, Error,
    credentials::{AliyunCli, CredentialsError, CredentialsFailure},
};
use serde_json::json;

use crate::{
    SECRET, Time, assert_setup, file, network,
    stand_in::{StandIn, reply},
    texts,
};

/// Opens a profile of a file that holds `profiles`; `current` is the CLI's own choice.
fn open(
    profiles: &serde_json::Value,
    current: &str,
    profile: Option<&str>,
) -> Result<AliyunCli, CredentialsError> {
    let folder = tempfile::tempdir().unwrap();
    let text = json!({ "current": current, "profiles": profiles, "meta_path": "" }).to_string();
    let path = file(&folder, "config.json", &text);
    AliyunCli::open(&path, profile, network(), Time::default().clock())
}

#[tokio::test]
async fn the_current_profile_counts_unless_another_is_named() {
    let profiles = json!([
        {"name": "default", "mode": "AK", "access_key_id": "a", "access_key_secret": "s",
         "sts_token": "", "region_id": "cn-hangzhou"},
        {"name": "temporary", "mode": "StsToken", "access_key_id": "b", "access_key_secret": "s",
         "sts_token": "t"},
        {"name": "nobody", "mode": "Anonymous"},
    ]);
    for (current, profile, expected) in [
        ("default", None, Some(("a", "s", None))),
        ("temporary", None, Some(("b", "s", Some("t")))),
        ("temporary", Some("default"), Some(("a", "s", None))),
        ("", None, Some(("a", "s", None))),
        ("nobody", None, None),
    ] {
        let provider = open(&profiles, current, profile).unwrap();
        let credentials = provider.credentials().await.unwrap();
        assert_eq!(credentials.as_ref().map(texts), expected);
    }
}

#[tokio::test]
async fn each_mode_has_its_provider() {
    let service = StandIn::new(|asked| {
        let text = match asked.method.as_str() {
            "GET" => r#"{"AccessKeyId":"uri","AccessKeySecret":"s"}"#,
            _ => {
                r#"{"Credentials":{"AccessKeyId":"STS.role","AccessKeySecret":"s","SecurityToken":"t",
                    "Expiration":"2026-01-01T01:00:00Z"}}"#
            }
        };
        reply(200, text)
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let token = file(&folder, "token", "oidc");
    let profiles = json!([
        {"name": "uri", "mode": "CredentialsURI", "credentials_uri": service.url},
        {"name": "external", "mode": "External", "process_command":
         "echo '{\"mode\":\"AK\",\"access_key_id\":\"external\",\"access_key_secret\":\"s\"}'"},
        {"name": "role", "mode": "RamRoleArn", "access_key_id": "a", "access_key_secret": "s",
         "ram_role_arn": "role-1", "ram_session_name": "me", "expired_seconds": 900,
         "external_id": "ext", "sts_endpoint": service.url},
        {"name": "chain", "mode": "ChainableRamRoleArn", "source_profile": "uri",
         "ram_role_arn": "role-2", "sts_endpoint": service.url},
        {"name": "oidc", "mode": "OIDC", "ram_role_arn": "role-3", "oidc_provider_arn": "p",
         "oidc_token_file": token, "sts_endpoint": service.url},
    ]);
    for (name, id) in [
        ("uri", "uri"),
        ("external", "external"),
        ("role", "STS.role"),
        ("chain", "STS.role"),
        ("oidc", "STS.role"),
    ] {
        let provider = open(&profiles, name, None).unwrap();
        let credentials = provider.credentials().await.unwrap().unwrap();
        assert_eq!(credentials.access_key_id, id, "{name}");
        assert!(
            provider.describe().starts_with(&format!("the profile {name} of the aliyun CLI ("))
        );
        assert!(provider.reject(&credentials), "{name} is fetched, and can be fetched again");
    }
    let asked = service.asked();
    let role = "RoleArn=role-1&RoleSessionName=me&DurationSeconds=900&ExternalId=ext";
    assert_eq!(asked[1].body, role);
    assert!(asked[3].target.contains("AccessKeyId=uri&"), "{asked:?}");
    assert_eq!(
        asked[3].body, "RoleArn=role-2&RoleSessionName=ossutil&DurationSeconds=3600",
        "the defaults"
    );
}

/// The metadata service cannot be stood in for here: what they are is said.
#[test]
fn the_modes_of_an_instance() {
    let profiles = json!([
        {"name": "ecs", "mode": "EcsRamRole", "ram_role_name": "web"},
        {"name": "ecs-role", "mode": "RamRoleArnWithRoleName", "ram_role_name": "web",
         "ram_role_arn": "role-1"},
    ]);
    let description = |name| open(&profiles, name, None).unwrap().describe();
    assert!(description("ecs").ends_with("): the role web of this ECS instance"));
    let text = "): the role role-1, assumed with the role web of this ECS instance";
    assert!(description("ecs-role").ends_with(text));
}

#[test]
fn a_file_that_is_wrong_is_an_error() {
    let profiles = json!([
        {"name": "a", "mode": "ChainableRamRoleArn", "source_profile": "b", "ram_role_arn": "r"},
        {"name": "b", "mode": "ChainableRamRoleArn", "source_profile": "a", "ram_role_arn": "r"},
        {"name": "sso", "mode": "CloudSSO", "access_token": SECRET},
        {"name": "empty", "mode": "AK", "access_key_id": "", "access_key_secret": SECRET},
        {"name": "lost", "mode": "ChainableRamRoleArn", "source_profile": "x", "ram_role_arn": "r"},
    ]);
    for (name, expected) in [
        ("a", "go round: a -> b -> a"),
        ("sso", "has the mode CloudSSO, which only the CLI can use"),
        ("empty", "the profile empty has no access_key_id"),
        ("lost", "no profile x; its profiles: a, b, sso, empty, lost"),
    ] {
        assert_setup(open(&profiles, name, None).err().unwrap(), expected);
    }
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| {
        let path = folder.path().join(name);
        AliyunCli::open(&path, None, network(), Time::default().clock()).err().unwrap()
    };
    assert_setup(open("missing.json"), "missing.json: it cannot be read");
    file(&folder, "broken.json", &format!("{{\"profiles\": [\"{SECRET}\""));
    assert_setup(open("broken.json"), "broken.json: it is not JSON (line 1, column ");
    file(&folder, "other.json", "[]");
    assert_setup(open("other.json"), "no profile default");
}

#[tokio::test]
async fn a_failure_names_the_provider_behind_the_profile() {
    let profiles = json!([{"name": "p", "mode": "External", "process_command": "exit 1"}]);
    let error = open(&profiles, "p", None).unwrap().credentials().await.unwrap_err();
    let Error::Credentials(error) = error else { panic!("{error}") };
    assert!(matches!(error.failure, CredentialsFailure::Unreachable(_)), "{error}");
}
