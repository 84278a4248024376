//! Files to the sandbox and back, over a transport that breaks, damages, or lets things change.

use std::{
    fs,
    future::Future,
    num::NonZeroUsize,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt, future::BoxFuture, stream};
use ossutil_client::{
    Addressing, AnswerBody, Client, Content, Credentials, Endpoint, Error, HttpTransport, Options,
    Outgoing, SignatureVersion, StaticCredentials, Timeouts, Transport, TransportError,
    TransportErrorKind, TransportOptions,
    protocol::operations::{ListMultipartUploads, PutBucket, PutObject},
    retry::Policy,
    transfer::{Destination, Download, FileSource, Progress},
};
use ossutil_sandbox::Sandbox;
use tempfile::TempDir;

/// What happens to the third answer to a GET that has a body of an object.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// It ends halfway.
    Break,
    /// One byte is another.
    Damage,
    /// Before it is asked for, the object is replaced.
    Replace,
}

struct Faulty {
    inner: HttpTransport,
    fault: Fault,
    gets: AtomicUsize,
    /// Sends past the fault.
    plain: Mutex<Option<Client>>,
}

impl Faulty {
    async fn exchange(
        &self,
        request: http::Request<Outgoing>,
    ) -> Result<http::Response<AnswerBody>, TransportError> {
        let is_third =
            request.method() == http::Method::GET && self.gets.fetch_add(1, Ordering::SeqCst) == 2;
        if is_third && self.fault == Fault::Replace {
            let client = self.plain.lock().unwrap().clone().expect("a client");
            put(&client, &letters(200_000, b'n')).await;
        }
        let answer = self.inner.send(request).await?;
        let fault = self.fault;
        Ok(match is_third {
            true if fault == Fault::Break => answer.map(|body| {
                let broken =
                    TransportError { kind: TransportErrorKind::Broken, source: "scripted".into() };
                let half = body.map(|piece| piece.map(|piece| piece.slice(..piece.len() / 2)));
                AnswerBody::new(half.take(1).chain(stream::iter([Err(broken)])), None)
            }),
            true if fault == Fault::Damage => answer.map(|body| {
                let damaged = body.map(|piece| {
                    let mut piece = piece?.to_vec();
                    piece[0] ^= 1;
                    Ok(piece.into())
                });
                AnswerBody::new(damaged, None)
            }),
            _ => answer,
        })
    }
}

impl Transport for Faulty {
    fn send(
        &self,
        request: http::Request<Outgoing>,
    ) -> BoxFuture<'_, Result<http::Response<AnswerBody>, TransportError>> {
        Box::pin(self.exchange(request))
    }
}

/// A sandbox, a client of it with a fault on the way, and a folder.
struct World {
    sandbox: Sandbox,
    client: Client,
    folder: TempDir,
}

fn client(sandbox: &Sandbox, fault: Fault, plain: Option<Client>) -> Client {
    let limit = Duration::from_secs(10);
    let inner = HttpTransport::new(&TransportOptions {
        is_https: false,
        timeouts: Timeouts { connect: limit, read: limit },
        proxy: None,
        skip_verify_cert: false,
        more_roots: None,
        bind_address: None,
    });
    let transport = Faulty {
        inner: inner.unwrap(),
        fault,
        gets: AtomicUsize::new(0),
        plain: Mutex::new(plain),
    };
    let credentials = Credentials {
        access_key_id: "sandbox".to_owned(),
        access_key_secret: "sandbox-secret".into(),
        security_token: None,
    };
    Client::new(Options {
        endpoint: Endpoint::parse(&sandbox.endpoint(), Addressing::Path).unwrap(),
        signature_version: SignatureVersion::V1,
        credentials: Arc::new(StaticCredentials(Some(credentials))),
        transport: Arc::new(transport),
        retry: Policy { attempts: 3, ..Policy::default() },
        request_payer: None,
        user_agent: "test".to_owned(),
        clock: Arc::new(|| "2026-01-01T00:00:00Z".parse().unwrap()),
    })
}

async fn world(fault: Fault) -> World {
    let clock = Arc::new(|| "2026-01-01T00:00:00Z".parse().unwrap());
    let sandbox = Sandbox::builder(clock).start().await.unwrap();
    let plain = client(&sandbox, Fault::None, None);
    let bucket = PutBucket { bucket: "bkt".to_owned(), ..PutBucket::default() };
    plain.send(&bucket).await.unwrap();
    let client = client(&sandbox, fault, Some(plain));
    World { sandbox, client, folder: tempfile::tempdir().unwrap() }
}

/// Bytes that tell places apart.
fn letters(length: usize, first: u8) -> Vec<u8> {
    (0..length).map(|index| first.wrapping_add((index % 251).to_le_bytes()[0])).collect()
}

async fn put(client: &Client, content: &[u8]) {
    let request =
        PutObject { bucket: "bkt".to_owned(), key: "k".to_owned(), ..PutObject::default() };
    let content = Content::from(Bytes::copy_from_slice(content));
    client.send_content(&request, &content).await.unwrap();
}

impl World {
    /// Fetches the object in ranges; gives the outcome, what the target holds then, and how many
    /// files are in its folder.
    async fn fetch(&self, part_size: u64) -> (Result<(), Error>, Option<Vec<u8>>, usize) {
        let target = self.folder.path().join("target");
        let download = Download {
            client: self.client.clone(),
            bucket: "bkt".to_owned(),
            key: "k".to_owned(),
            version_id: None,
            range: None,
            known: None,
            threshold: 0,
            part_size: Some(part_size),
            parallel: NonZeroUsize::new(3).unwrap(),
            is_resumable: false,
        };
        let mut last = Progress::default();
        let outcome = download.fetch(&target, |progress| last = progress).await;
        if let Ok(object) = &outcome {
            assert_eq!(
                Some(last.bytes),
                object.content_length.filter(|_| last.parts > 0).or(Some(0))
            );
        }
        let files = fs::read_dir(self.folder.path()).unwrap().count();
        (outcome.map(|_| ()), fs::read(target).ok(), files)
    }

    fn destination(&self, threshold: u64, overwrite: bool) -> Destination {
        Destination {
            client: self.client.clone(),
            bucket: "bkt".to_owned(),
            key: "k".to_owned(),
            headers: vec![("x-oss-meta-a".to_owned(), "b".to_owned())],
            threshold,
            part_size: Some(102_400),
            parallel: NonZeroUsize::new(3).unwrap(),
            overwrite,
            content_md5: false,
            adopt: false,
        }
    }

    fn source(&self, content: &[u8]) -> FileSource {
        let path = self.folder.path().join("source");
        fs::write(&path, content).unwrap();
        FileSource::open(&path).unwrap()
    }
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(test);
}

#[test]
fn an_object_is_fetched_whole_whatever_its_size_and_the_ranges() {
    run(async {
        let world = world(Fault::None).await;
        for (size, part_size) in [(0, 10), (1, 10), (10, 10), (100_001, 1000), (100_000, u64::MAX)]
        {
            let content = letters(size, b'a');
            put(&world.client, &content).await;
            let (outcome, target, files) = world.fetch(part_size).await;
            outcome.unwrap();
            assert_eq!((target.as_deref(), files), (Some(&content[..]), 1), "{size}, {part_size}");
        }
    });
}

#[test]
fn a_range_that_breaks_goes_on_where_it_was() {
    run(async {
        let world = world(Fault::Break).await;
        let content = letters(100_000, b'a');
        put(&world.client, &content).await;
        let (outcome, target, _) = world.fetch(20_000).await;
        outcome.unwrap();
        assert_eq!(target.unwrap(), content);
        let gets = world.sandbox.requests().iter().filter(|r| r.method == "GET").count();
        assert_eq!(gets, 6, "five ranges, one of them in two halves");
    });
}

#[test]
fn what_comes_damaged_does_not_get_the_targets_name() {
    run(async {
        let world = world(Fault::Damage).await;
        fs::write(world.folder.path().join("target"), "old").unwrap();
        put(&world.client, &letters(100_000, b'a')).await;
        let (outcome, target, files) = world.fetch(20_000).await;
        assert!(matches!(outcome, Err(Error::Damaged { .. })), "{outcome:?}");
        assert_eq!((target.unwrap(), files), (b"old".to_vec(), 1));
    });
}

#[test]
fn an_object_that_changes_meanwhile_is_fetched_anew() {
    run(async {
        let world = world(Fault::Replace).await;
        put(&world.client, &letters(100_000, b'a')).await;
        let (outcome, target, files) = world.fetch(20_000).await;
        outcome.unwrap();
        assert_eq!((target.unwrap(), files), (letters(200_000, b'n'), 1));
    });
}

#[test]
fn a_target_that_cannot_be_written_or_an_object_that_is_not_there_leaves_nothing() {
    run(async {
        let world = world(Fault::None).await;
        let (outcome, _, files) = world.fetch(10).await;
        assert_eq!(outcome.unwrap_err().service().unwrap().status, 404);
        assert_eq!(files, 0);
        put(&world.client, b"content").await;
        fs::create_dir(world.folder.path().join("target")).unwrap();
        let (outcome, _, files) = world.fetch(10).await;
        assert!(matches!(outcome, Err(Error::Save { .. })), "{outcome:?}");
        assert_eq!(files, 1);
    });
}

#[test]
fn a_file_goes_in_one_request_below_the_threshold_and_in_parts_from_it_on() {
    run(async {
        let world = world(Fault::None).await;
        for (size, parts) in [(0, 0), (299_999, 0), (300_000, 3)] {
            let content = letters(size, b'a');
            let source = world.source(&content);
            let before = world.sandbox.requests().len();
            let mut begun = 0;
            let destination = world.destination(300_000, true);
            destination.send_file(source, None, |_| begun += 1, |_| {}).await.unwrap();
            let requests = &world.sandbox.requests()[before..];
            let sent = requests.iter().filter(|r| r.target.contains("partNumber=")).count();
            assert_eq!((sent, begun), (parts, usize::from(parts > 0)));
            let (outcome, target, _) = world.fetch(50_000).await;
            outcome.unwrap();
            assert_eq!(target.unwrap(), content);
        }
    });
}

#[test]
fn an_object_that_exists_is_kept_and_nothing_is_left_unfinished() {
    run(async {
        let world = world(Fault::None).await;
        put(&world.client, b"old").await;
        let source = world.source(&letters(300_000, b'a'));
        for threshold in [1, u64::MAX] {
            let destination = world.destination(threshold, false);
            let outcome = destination.send_file(source.clone(), None, |_| {}, |_| {}).await;
            assert!(outcome.unwrap_err().has_code("FileAlreadyExists"));
        }
        assert_eq!(world.fetch(10).await.1.unwrap(), b"old");
        let list =
            ListMultipartUploads { bucket: "bkt".to_owned(), ..ListMultipartUploads::default() };
        assert_eq!(world.client.send(&list).await.unwrap().uploads, []);
    });
}
