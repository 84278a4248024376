//! Keeps fetched credentials until shortly before they end, and fetches once for all who wait.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use jiff::{SignedDuration, Timestamp};
use ossutil_signing::Credentials;
use secrecy::ExposeSecret;

use super::{CredentialsError, CredentialsFailure, CredentialsProvider, Fetch, Fetched};
use crate::{Clock, Error};

/// How long before their end new credentials are fetched, in the background; a fifth of their
/// life where that is less.
const REFRESH_BEFORE: SignedDuration = SignedDuration::from_secs(180);

/// How long before their end a request rather waits for new ones; a twentieth of their life where
/// that is less.
const WAIT_BEFORE: SignedDuration = SignedDuration::from_secs(15);

/// How long after a failure those that are still good are used without another try.
const PAUSE: SignedDuration = SignedDuration::from_secs(10);

/// How long credentials are used that had ended when they came: this machine's clock may be
/// ahead, and the service is the judge.
const GRACE: SignedDuration = SignedDuration::from_secs(60);

/// A provider that keeps what a [`Fetch`] got.
///
/// New credentials are fetched in the background while the old ones are good, once for all
/// requests, however many wait. Where that fails the old ones are used to their end.
pub struct Cached(Arc<Inner>);

struct Inner {
    source: Box<dyn Fetch>,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// The fetch that is under way.
    refresh: Option<Refresh>,
    /// After a failure: when the next try is due.
    paused_until: Option<Timestamp>,
}

type Refresh = Shared<BoxFuture<'static, Result<Credentials, CredentialsError>>>;

struct Held {
    credentials: Credentials,
    times: Option<Times>,
}

/// When credentials that end are to be renewed.
struct Times {
    refresh_from: Timestamp,
    wait_from: Timestamp,
    end: Timestamp,
}

/// What a request is to do.
enum Step {
    Use(Credentials),
    Wait { refresh: Refresh, old: Option<Credentials> },
}

impl Cached {
    /// Nothing is fetched until credentials are asked for, which must be in a Tokio runtime.
    pub fn new(source: impl Fetch + 'static, clock: Clock) -> Self {
        let (source, state) = (Box::new(source), Mutex::default());
        Self(Arc::new(Inner { source, clock, state }))
    }
}

impl CredentialsProvider for Cached {
    fn credentials(&self) -> BoxFuture<'_, Result<Option<Credentials>, Error>> {
        Box::pin(async {
            let (refresh, old) = match self.0.step() {
                Step::Use(credentials) => return Ok(Some(credentials)),
                Step::Wait { refresh, old } => (refresh, old),
            };
            match (refresh.await, old) {
                (Ok(new), _) => Ok(Some(new)),
                (Err(_), Some(old)) => Ok(Some(old)),
                (Err(error), None) => Err(Error::Credentials(Box::new(error))),
            }
        })
    }

    fn describe(&self) -> String {
        self.0.source.describe()
    }

    fn reject(&self, rejected: &Credentials) -> bool {
        let mut state = self.0.lock();
        let is_rejected = |held: &Held| is_same(&held.credentials, rejected);
        // Otherwise another request was told the same before, and new ones are here or coming.
        if state.held.as_ref().is_some_and(is_rejected) {
            tracing::info!("the service rejects the credentials from {}", self.describe());
            state.held = None;
            state.paused_until = None;
        }
        true
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn step(self: &Arc<Self>) -> Step {
        let now = (self.clock)();
        let mut state = self.lock();
        let held = state.held.as_ref().filter(|held| !held.is_after(now, |times| times.end));
        let Some(held) = held else {
            return Step::Wait { refresh: self.refresh(&mut state), old: None };
        };
        let credentials = held.credentials.clone();
        let is_due = held.is_after(now, |times| times.refresh_from);
        let must_wait = held.is_after(now, |times| times.wait_from);
        if !is_due || state.paused_until.is_some_and(|until| now < until) {
            return Step::Use(credentials);
        }
        let refresh = self.refresh(&mut state);
        match must_wait {
            true => Step::Wait { refresh, old: Some(credentials) },
            false => Step::Use(credentials),
        }
    }

    /// The fetch that is under way, or a new one. It is a task of its own: whoever began it may
    /// give up while others wait.
    fn refresh(self: &Arc<Self>, state: &mut State) -> Refresh {
        if let Some(refresh) = &state.refresh {
            return refresh.clone();
        }
        let inner = Arc::clone(self);
        let task = tokio::spawn(async move {
            let outcome = inner.source.fetch().await;
            inner.settle(outcome)
        });
        let provider = self.source.describe();
        let ended = move |error: tokio::task::JoinError| {
            let failure = CredentialsFailure::Unreachable(error.to_string());
            Err(CredentialsError::new(provider, failure))
        };
        let refresh = task.map(|joined| joined.unwrap_or_else(ended)).boxed().shared();
        state.refresh = Some(refresh.clone());
        refresh
    }

    /// Takes in what was fetched.
    fn settle(
        &self,
        outcome: Result<Fetched, CredentialsError>,
    ) -> Result<Credentials, CredentialsError> {
        let now = (self.clock)();
        let mut state = self.lock();
        state.refresh = None;
        match outcome {
            Ok(fetched) => {
                let credentials = fetched.credentials.clone();
                tracing::info!(
                    access_key_id = credentials.access_key_id,
                    expiration = fetched.expiration.map(tracing::field::display),
                    "new credentials from {}",
                    self.source.describe()
                );
                state.held = Some(Held::new(fetched, now));
                state.paused_until = None;
                Ok(credentials)
            }
            Err(error) => {
                if state.held.is_some() {
                    tracing::warn!("{error}");
                }
                state.paused_until = now.checked_add(PAUSE).ok();
                Err(error)
            }
        }
    }
}

impl Held {
    fn new(fetched: Fetched, now: Timestamp) -> Self {
        let times = fetched.expiration.map(|end| {
            let grace = now.checked_add(GRACE).unwrap_or(now);
            let end = if end <= now { grace } else { end };
            let life = end.duration_since(now);
            let before = |longest: SignedDuration, fraction: i32| {
                end.checked_sub(longest.min(life / fraction)).unwrap_or(end)
            };
            let (refresh_from, wait_from) = (before(REFRESH_BEFORE, 5), before(WAIT_BEFORE, 20));
            Times { refresh_from, wait_from, end }
        });
        Self { credentials: fetched.credentials, times }
    }

    /// Whether one of the times has come; never, for credentials that do not end.
    fn is_after(&self, now: Timestamp, time: impl Fn(&Times) -> Timestamp) -> bool {
        self.times.as_ref().is_some_and(|times| time(times) <= now)
    }
}

fn is_same(left: &Credentials, right: &Credentials) -> bool {
    let token = |credentials: &Credentials| {
        credentials.security_token.as_ref().map(|token| token.expose_secret().to_owned())
    };
    left.access_key_id == right.access_key_id && token(left) == token(right)
}
