//! A sandbox, a client of it over a transport that does what a test says, and a folder.

use std::{
    fs,
    future::Future,
    num::NonZeroUsize,
    path::PathBuf,
    sync::{Arc, Mutex},
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

/// The least that a part in the middle may have, in bytes.
pub(crate) const PART: usize = 102_400;

/// What happens to one exchange.
pub(crate) enum Fault {
    /// It does not take place, and will not if it is tried again.
    Fail,
    /// It takes place, and its answer is lost.
    Lose,
    /// The answer ends halfway.
    Break,
    /// The answer ends halfway, and does not say so.
    Shorten,
    /// One byte of the answer is another.
    Damage,
    /// Something happens before it.
    Before(BoxFuture<'static, ()>),
}

/// Says what happens to an exchange: method, path with query, and the client past all faults.
pub(crate) type Rule =
    Box<dyn FnMut(&http::Request<Outgoing>, &Client) -> Option<Fault> + Send + 'static>;

struct Faulty {
    inner: HttpTransport,
    plain: Mutex<Option<Client>>,
    rule: Arc<Mutex<Option<Rule>>>,
}

fn failure(kind: TransportErrorKind) -> TransportError {
    TransportError { kind, source: "scripted".into() }
}

impl Faulty {
    fn fault(&self, request: &http::Request<Outgoing>) -> Option<Fault> {
        let plain = self.plain.lock().unwrap().clone()?;
        self.rule.lock().unwrap().as_mut().and_then(|rule| rule(request, &plain))
    }

    async fn exchange(
        &self,
        request: http::Request<Outgoing>,
    ) -> Result<http::Response<AnswerBody>, TransportError> {
        let fault = self.fault(&request);
        match fault {
            Some(Fault::Fail) => return Err(failure(TransportErrorKind::Content)),
            Some(Fault::Before(future)) => {
                future.await;
                return self.inner.send(request).await;
            }
            _ => {}
        }
        let answer = self.inner.send(request).await?;
        let half = |body: AnswerBody| {
            body.map(|piece| piece.map(|piece| piece.slice(..piece.len() / 2))).take(1)
        };
        Ok(match fault {
            Some(Fault::Lose) => return Err(failure(TransportErrorKind::Broken)),
            Some(Fault::Break) => answer.map(|body| {
                let broken = stream::iter([Err(failure(TransportErrorKind::Broken))]);
                AnswerBody::new(half(body).chain(broken), None)
            }),
            Some(Fault::Shorten) => answer.map(|body| AnswerBody::new(half(body), None)),
            Some(Fault::Damage) => answer.map(|body| {
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

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: Client,
    /// Sends past the faults.
    pub(crate) plain: Client,
    pub(crate) folder: TempDir,
    rule: Arc<Mutex<Option<Rule>>>,
}

fn client(sandbox: &Sandbox, rule: &Arc<Mutex<Option<Rule>>>, plain: Option<Client>) -> Client {
    let limit = Duration::from_secs(10);
    let inner = HttpTransport::new(&TransportOptions {
        is_https: false,
        timeouts: Timeouts { connect: limit, read: limit },
        proxy: None,
        skip_verify_cert: false,
        more_roots: None,
        bind_address: None,
    });
    let transport =
        Faulty { inner: inner.unwrap(), plain: Mutex::new(plain), rule: Arc::clone(rule) };
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
        retry: Policy { attempts: 3, base: Duration::from_millis(1), ..Policy::default() },
        request_payer: None,
        user_agent: "test".to_owned(),
        clock: Arc::new(|| "2026-01-01T00:00:00Z".parse().unwrap()),
    })
}

/// Bytes that tell places apart.
pub(crate) fn letters(length: usize, first: u8) -> Vec<u8> {
    (0..length).map(|index| first.wrapping_add((index % 251).to_le_bytes()[0])).collect()
}

pub(crate) async fn put(client: &Client, key: &str, content: &[u8]) {
    put_with(client, key, content, &[]).await;
}

pub(crate) async fn put_with(client: &Client, key: &str, content: &[u8], headers: &[(&str, &str)]) {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let request = PutObject {
        bucket: "bkt".to_owned(),
        key: key.to_owned(),
        headers: headers.collect(),
        ..PutObject::default()
    };
    let content = Content::from(Bytes::copy_from_slice(content));
    client.send_content(&request, &content).await.unwrap();
}

pub(crate) fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(test);
}

/// A fault for the n-th exchange whose target has all of `words`.
pub(crate) fn nth(n: usize, words: &'static [&'static str], fault: fn() -> Fault) -> Rule {
    let mut count = 0;
    Box::new(move |request, _| {
        count += usize::from(is_about(request, words));
        (is_about(request, words) && count == n).then(fault)
    })
}

/// Whether method and target of a request hold all of these words.
pub(crate) fn is_about(request: &http::Request<Outgoing>, words: &[&str]) -> bool {
    let target = request.uri().path_and_query().unwrap();
    let line = format!("{} {target}", request.method());
    words.iter().all(|word| line.contains(word))
}

pub(crate) const ONE: NonZeroUsize = NonZeroUsize::MIN;

impl World {
    pub(crate) async fn new() -> Self {
        let clock = Arc::new(|| "2026-01-01T00:00:00Z".parse().unwrap());
        let sandbox = Sandbox::builder(clock).start().await.unwrap();
        let rule = Arc::new(Mutex::new(None));
        let plain = client(&sandbox, &rule, None);
        let bucket = PutBucket { bucket: "bkt".to_owned(), ..PutBucket::default() };
        plain.send(&bucket).await.unwrap();
        let client = client(&sandbox, &rule, Some(plain.clone()));
        Self { sandbox, client, plain, folder: tempfile::tempdir().unwrap(), rule }
    }

    /// From here on, this happens.
    pub(crate) fn faults(&self, rule: Rule) {
        *self.rule.lock().unwrap() = Some(rule);
    }

    pub(crate) fn no_faults(&self) {
        *self.rule.lock().unwrap() = None;
    }

    /// How many requests for an operation succeeded.
    pub(crate) fn count(&self, operation: &str) -> usize {
        let requests = self.sandbox.requests();
        requests.iter().filter(|it| it.operation == operation && it.status < 300).count()
    }

    pub(crate) fn target(&self) -> PathBuf {
        self.folder.path().join("target")
    }

    pub(crate) fn download(&self, part_size: u64) -> Download {
        Download {
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
        }
    }

    /// Fetches the object; gives the outcome, what the target holds then, and how many files are
    /// in its folder.
    pub(crate) async fn fetch(
        &self,
        download: &Download,
    ) -> (Result<(), Error>, Option<Vec<u8>>, usize) {
        let mut last = Progress::default();
        let outcome = download.fetch(&self.target(), |progress| last = progress).await;
        if outcome.is_ok() {
            assert_eq!(last.total.or(Some(0)), Some(last.bytes));
        }
        let files = fs::read_dir(self.folder.path()).unwrap().count();
        (outcome.map(|_| ()), fs::read(self.target()).ok(), files)
    }

    /// What the object of a key holds.
    pub(crate) async fn content(&self, key: &str) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        let client = self.plain.clone();
        let download = Download { client, key: key.to_owned(), ..self.download(u64::MAX) };
        download.fetch(&target, |_| {}).await.unwrap();
        fs::read(target).unwrap()
    }

    pub(crate) fn destination(&self, threshold: u64, overwrite: bool) -> Destination {
        Destination {
            client: self.client.clone(),
            bucket: "bkt".to_owned(),
            key: "k".to_owned(),
            headers: vec![("x-oss-meta-a".to_owned(), "b".to_owned())],
            threshold,
            part_size: Some(PART as u64),
            parallel: NonZeroUsize::new(3).unwrap(),
            overwrite,
            content_md5: false,
            adopt: false,
        }
    }

    pub(crate) fn source(&self, content: &[u8]) -> FileSource {
        let path = self.folder.path().join("source");
        fs::write(&path, content).unwrap();
        FileSource::open(&path).unwrap()
    }

    /// The ids of all unfinished uploads.
    pub(crate) async fn unfinished(&self) -> Vec<String> {
        let list =
            ListMultipartUploads { bucket: "bkt".to_owned(), ..ListMultipartUploads::default() };
        let page = self.plain.send(&list).await.unwrap();
        page.uploads.into_iter().map(|upload| upload.upload_id).collect()
    }
}
