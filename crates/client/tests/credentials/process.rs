//! Credentials that a command prints, and everything else a command may do.
#![cfg(unix)]

use std::time::Duration;

use ossutil_client::credentials::{CredentialsFailure, Fetch, Fetched, Process};

use crate::{SECRET, failure, texts};

async fn fetch(command: &str, timeout: Duration) -> Result<Fetched, CredentialsFailure> {
    let source = Process { command: command.to_owned(), timeout };
    source.fetch().await.map_err(failure)
}

const WHILE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn its_output_is_read_in_either_spelling() {
    for json in [
        r#"{"AccessKeyId":"a","AccessKeySecret":"s","SecurityToken":"t",
            "Expiration":"2026-01-01T06:00:00Z"}"#,
        r#"{"mode":"StsToken","access_key_id":"a","access_key_secret":"s","sts_token":"t",
            "expiration":"2026-01-01T06:00:00Z"}"#,
    ] {
        let fetched = fetch(&format!("printf '%s' '{json}'"), WHILE).await.unwrap();
        assert_eq!(texts(&fetched.credentials), ("a", "s", Some("t")));
        assert_eq!(fetched.expiration, Some("2026-01-01T06:00:00Z".parse().unwrap()));
    }
    let json = r#"{"mode":"AK","access_key_id":"a","access_key_secret":"s","sts_token":""}"#;
    let fetched = fetch(&format!("echo '{json}'"), WHILE).await.unwrap();
    assert_eq!((texts(&fetched.credentials), fetched.expiration), (("a", "s", None), None));
}

#[tokio::test]
async fn what_goes_wrong_with_it_is_said_and_its_output_not_shown() {
    for (command, expected) in [
        ("echo very-secret-text; exit 3", "exit status: 3"),
        ("kill -9 $$", "signal: 9"),
        ("no-such-program-anywhere 2>/dev/null", "exit status: 127"),
        ("echo very-secret-text", "not JSON (line 1, column 1)"),
        ("true", "not JSON"),
        ("cat", "not JSON"),
        ("head -c 70000 /dev/zero", "longer than 64 KiB"),
    ] {
        let error = fetch(command, WHILE).await.unwrap_err().to_string();
        assert!(error.contains(expected), "no `{expected}` in {error}");
    }
    let error = fetch("sleep 60", Duration::from_millis(50)).await.unwrap_err().to_string();
    assert_eq!(error, "it did not end within 0.05 s");
}

#[test]
fn its_arguments_may_be_secret() {
    let command = format!("vault --token={SECRET} read");
    assert_eq!(Process { command, timeout: WHILE }.describe(), "the command vault");
}
