//! Providers of credentials, each against a stand-in for the service it asks.

mod aliyun_cli;
mod cached;
mod ecs_ram_role;
mod process;
mod session;
mod stand_in;
mod sts;
mod uri;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use ossutil_client::{
    Clock, Credentials, Timeouts, TransportOptions,
    credentials::{CredentialsError, CredentialsFailure, Network},
};
use secrecy::ExposeSecret;

/// When all tests begin.
const START: &str = "2026-01-01T00:00:00Z";

/// What no error may show.
const SECRET: &str = "very-secret-text";

fn start() -> Timestamp {
    START.parse().unwrap()
}

/// A clock that stands still until it is moved.
#[derive(Clone, Default)]
struct Time(Arc<AtomicI64>);

impl Time {
    fn clock(&self) -> Clock {
        let seconds = Arc::clone(&self.0);
        Arc::new(move || start() + jiff::SignedDuration::from_secs(seconds.load(Ordering::Relaxed)))
    }

    fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

fn network() -> Network {
    let wait = Duration::from_secs(20);
    Network {
        transport: TransportOptions {
            is_https: false,
            timeouts: Timeouts { connect: wait, read: wait },
            proxy: None,
            skip_verify_cert: false,
            more_roots: None,
            bind_address: None,
        },
        user_agent: "test/1".to_owned(),
    }
}

/// One that does not wait for what never comes.
fn impatient() -> Network {
    let read = Duration::from_millis(50);
    let mut network = network();
    network.transport.timeouts = Timeouts { connect: read, read };
    network
}

/// Id, secret and token.
fn texts(credentials: &Credentials) -> (&str, &str, Option<&str>) {
    let token = credentials.security_token.as_ref();
    let secret = credentials.access_key_secret.expose_secret();
    (&credentials.access_key_id, secret, token.map(ExposeSecret::expose_secret))
}

/// The failure, once its text is known to name the provider and no secret.
fn failure(error: CredentialsError) -> CredentialsFailure {
    let texts = format!("{error} {error:?}");
    assert!(texts.starts_with("no credentials from the "), "{texts}");
    assert!(!texts.contains(SECRET), "{texts}");
    error.failure
}

/// Something this machine lacks, as its text says.
fn assert_setup(error: CredentialsError, text: &str) {
    let shown = error.to_string();
    assert!(matches!(failure(error), CredentialsFailure::Setup(_)), "{shown}");
    assert!(shown.contains(text), "no `{text}` in {shown}");
}

/// A file that is gone with its folder.
fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}
