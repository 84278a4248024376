//! What was fetched is kept, and fetched again once and in time.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::future::{BoxFuture, join_all};
use jiff::SignedDuration;
use ossutil_client::{
    Credentials, CredentialsProvider, Error,
    credentials::{Cached, CredentialsError, CredentialsFailure, Fetch, Fetched},
};
use tokio::sync::Semaphore;

use crate::{Time, start};

/// Gives prepared credentials, each once it is let through.
#[derive(Clone)]
struct Script {
    answers: Arc<Mutex<VecDeque<Result<Fetched, CredentialsError>>>>,
    fetches: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
}

impl Fetch for Script {
    fn fetch(&self) -> BoxFuture<'_, Result<Fetched, CredentialsError>> {
        Box::pin(async {
            self.fetches.fetch_add(1, Ordering::SeqCst);
            self.gate.acquire().await.unwrap().forget();
            self.answers.lock().unwrap().pop_front().expect("no further fetch")
        })
    }

    fn describe(&self) -> String {
        "the script".to_owned()
    }
}

impl Script {
    /// Of each answer the life in seconds from the start; none for a failure.
    fn new(ends: &[Option<i64>], open: usize) -> Self {
        let answer = |(number, end): (usize, &Option<i64>)| match end {
            Some(end) => Ok(Fetched {
                credentials: key(&format!("key-{number}")),
                expiration: Some(start() + SignedDuration::from_secs(*end)),
            }),
            None => Err(failure()),
        };
        Self {
            answers: Arc::new(Mutex::new(ends.iter().enumerate().map(answer).collect())),
            fetches: Arc::default(),
            gate: Arc::new(Semaphore::new(open)),
        }
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    fn remaining(&self) -> usize {
        self.answers.lock().unwrap().len()
    }
}

fn key(id: &str) -> Credentials {
    Credentials {
        access_key_id: id.to_owned(),
        access_key_secret: "secret".into(),
        security_token: Some(format!("token of {id}").into()),
    }
}

fn failure() -> CredentialsError {
    CredentialsError {
        provider: "the script".to_owned(),
        failure: CredentialsFailure::Unreachable("scripted".to_owned()),
    }
}

async fn id(cached: &Cached) -> Result<String, Error> {
    Ok(cached.credentials().await?.unwrap().access_key_id)
}

/// Lets everything run that can.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn they_are_kept_until_shortly_before_their_end() {
    let (script, time) = (Script::new(&[Some(3600), Some(7200)], 2), Time::default());
    let cached = Cached::new(script.clone(), time.clock());
    assert_eq!(script.fetches(), 0, "nothing is fetched unasked");
    for _ in 0..3 {
        assert_eq!(id(&cached).await.unwrap(), "key-0");
    }
    time.advance(3600 - 181);
    assert_eq!(id(&cached).await.unwrap(), "key-0");
    settle().await;
    assert_eq!(script.fetches(), 1);
    time.advance(1);
    assert_eq!(id(&cached).await.unwrap(), "key-0", "while new ones are fetched");
    settle().await;
    assert_eq!((id(&cached).await.unwrap().as_str(), script.fetches()), ("key-1", 2));
}

#[tokio::test]
async fn a_request_waits_when_the_end_is_near() {
    let (script, time) = (Script::new(&[Some(3600), Some(7200)], 2), Time::default());
    let cached = Cached::new(script.clone(), time.clock());
    assert_eq!(id(&cached).await.unwrap(), "key-0");
    time.advance(3600 - 10);
    assert_eq!(id(&cached).await.unwrap(), "key-1");
}

#[tokio::test]
async fn thirty_two_requests_share_one_fetch() {
    let (script, time) = (Script::new(&[Some(3600), Some(7200), None], 0), Time::default());
    let cached = Arc::new(Cached::new(script.clone(), time.clock()));
    let ask_all = || {
        let ask = || {
            let cached = Arc::clone(&cached);
            tokio::spawn(async move { id(&cached).await })
        };
        (0..32).map(|_| ask()).collect::<Vec<_>>()
    };
    for (round, expected) in [Some("key-0"), Some("key-1"), None].into_iter().enumerate() {
        let asking = ask_all();
        settle().await;
        assert_eq!(script.fetches(), round + 1, "while all wait");
        script.gate.add_permits(1);
        for asked in join_all(asking).await {
            assert_eq!(asked.unwrap().ok().as_deref(), expected);
        }
        assert_eq!(script.fetches(), round + 1, "when all are served");
        time.advance(3600);
    }
}

#[tokio::test]
async fn one_that_gives_up_does_not_end_the_fetch_of_the_others() {
    let (script, time) = (Script::new(&[Some(3600)], 0), Time::default());
    let cached = Arc::new(Cached::new(script.clone(), time.clock()));
    let first = Arc::clone(&cached);
    let first = tokio::spawn(async move { id(&first).await });
    settle().await;
    first.abort();
    let second = Arc::clone(&cached);
    let second = tokio::spawn(async move { id(&second).await });
    settle().await;
    script.gate.add_permits(1);
    assert_eq!(second.await.unwrap().unwrap(), "key-0");
    assert_eq!(script.fetches(), 1);
}

#[tokio::test]
async fn where_a_fetch_fails_the_old_ones_are_used_to_their_end() {
    let script = Script::new(&[Some(3600), None, None, None, Some(9999)], 9);
    let time = Time::default();
    let cached = Cached::new(script.clone(), time.clock());
    assert_eq!(id(&cached).await.unwrap(), "key-0");
    time.advance(3600 - 100);
    for _ in 0..3 {
        assert_eq!(id(&cached).await.unwrap(), "key-0");
        settle().await;
    }
    assert_eq!(script.fetches(), 2, "a pause after a failure");
    time.advance(95);
    assert_eq!(id(&cached).await.unwrap(), "key-0", "near the end, where it waited in vain");
    assert_eq!(script.fetches(), 3);
    time.advance(5);
    let error = id(&cached).await.unwrap_err();
    assert!(matches!(error, Error::Credentials(error) if *error == failure()));
    assert_eq!(id(&cached).await.unwrap(), "key-4");
}

#[tokio::test]
async fn what_the_service_rejects_is_fetched_anew_once() {
    let (script, time) = (Script::new(&[Some(3600), Some(3600)], 9), Time::default());
    let cached = Cached::new(script.clone(), time.clock());
    let old = cached.credentials().await.unwrap().unwrap();
    for _ in 0..32 {
        assert!(cached.reject(&old));
        assert_eq!(id(&cached).await.unwrap(), "key-1");
    }
    assert_eq!((script.fetches(), script.remaining()), (2, 0));
}

#[tokio::test]
async fn what_ended_before_it_came_is_left_to_the_service_to_judge() {
    let (script, time) = (Script::new(&[Some(-3600), Some(3600)], 9), Time::default());
    let cached = Cached::new(script.clone(), time.clock());
    for _ in 0..3 {
        assert_eq!(id(&cached).await.unwrap(), "key-0");
    }
    assert_eq!(script.fetches(), 1);
    time.advance(60);
    assert_eq!(id(&cached).await.unwrap(), "key-1");
}
