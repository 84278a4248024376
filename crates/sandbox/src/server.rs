//! The server: connections in, answers out, and what every answer has.

use std::{
    collections::VecDeque,
    convert::Infallible,
    io,
    net::{Ipv4Addr, SocketAddr},
    panic::AssertUnwindSafe,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderValue, Method, Response, request::Parts};
use hyper::{body::Incoming as Wire, service::service_fn};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use ossutil_signing::v1::http_date;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::{net::TcpListener, sync::watch};

use crate::{
    answer::Answer,
    auth::{Accounts, Session},
    counts::Counts,
    digest::hex,
    incoming::Incoming,
    operations,
    permissions::{Permissions, Rule},
    refusal::{Outcome, Refusal},
    seed::Seed,
    store::Store,
    wire::{self, Outgoing},
};

/// Tells the time; the sandbox never reads the system's clock.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How many requests are remembered.
const MAX_RECORDS: usize = 100_000;

/// A request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRecord {
    /// The method.
    pub method: String,
    /// Path and query, as they came.
    pub target: String,
    /// The status of the answer.
    pub status: u16,
}

/// What a sandbox is made of.
pub struct Builder {
    listen: SocketAddr,
    keys: Vec<(String, String)>,
    sessions: Vec<Session>,
    region: String,
    permissions: Permissions,
    latency: Duration,
    store: Option<Store>,
    seeds: Vec<Seed>,
    clock: Clock,
}

/// A running server; it ends when this is dropped.
pub struct Sandbox {
    address: SocketAddr,
    state: Arc<State>,
    stop: watch::Sender<bool>,
}

/// What all requests share.
pub(crate) struct State {
    pub(crate) accounts: Accounts,
    pub(crate) store: Store,
    latency: Duration,
    clock: Clock,
    /// How far the clock of what is stored is ahead, in milliseconds.
    ahead: AtomicI64,
    counter: AtomicU64,
    counts: Counts,
    records: Mutex<VecDeque<RequestRecord>>,
}

impl State {
    /// The time of requests and answers.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The time of what is stored, which can be moved.
    pub(crate) fn stored_now(&self) -> Timestamp {
        let ahead = SignedDuration::from_millis(self.ahead.load(Ordering::Relaxed));
        self.now().saturating_add(ahead).unwrap_or_else(|_| self.now())
    }

    /// A new upload id: 32 upper-case hex digits, in no order of time.
    pub(crate) fn new_upload_id(&self) -> String {
        let mut bytes = [0; 16];
        if SystemRandom::new().fill(&mut bytes).is_err() {
            let count = self.counter.fetch_add(1, Ordering::Relaxed);
            bytes[..8].copy_from_slice(&count.to_be_bytes());
        }
        hex(&bytes)
    }

    /// A new request id: 24 upper-case hex digits.
    fn new_request_id(&self) -> String {
        let count = self.counter.fetch_add(1, Ordering::Relaxed);
        format!("{:08X}{count:016X}", self.now().as_second() & 0xFFFF_FFFF)
    }

    fn remember(&self, record: RequestRecord) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() == MAX_RECORDS {
            records.pop_front();
        }
        records.push_back(record);
    }
}

impl Builder {
    /// The address to listen on; a free port of 127.0.0.1 unless set.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Adds a key pair; `sandbox` and `sandbox-secret` when none is added.
    pub fn access_key(mut self, id: &str, secret: &str) -> Self {
        self.keys.push((id.to_owned(), secret.to_owned()));
        self
    }

    /// Adds a temporary key pair: it needs this session token, which ends at `expiration`.
    pub fn temporary_key(
        mut self,
        id: &str,
        secret: &str,
        token: &str,
        expiration: Timestamp,
    ) -> Self {
        let (access_key_id, token) = (id.to_owned(), token.to_owned());
        self.sessions.push(Session { access_key_id, token, expiration });
        self.access_key(id, secret)
    }

    /// The region, without `oss-`; cn-hangzhou unless set.
    pub fn region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.region);
        self
    }

    /// Holds a key to a rule; a key without any may do everything.
    pub fn rule(mut self, access_key_id: &str, rule: Rule) -> Self {
        self.permissions.add(access_key_id, rule);
        self
    }

    /// How long each answer is held back.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Keeps everything in a folder, which is made if it is not there; in memory unless set.
    ///
    /// # Errors
    /// A folder that cannot be written, is in use, or was written by another version.
    pub fn data(mut self, folder: &Path) -> io::Result<Self> {
        self.store = Some(Store::open(folder)?);
        Ok(self)
    }

    /// Fills a bucket, which is made if need be, before connections are accepted.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seeds.push(seed);
        self
    }

    /// Begins to accept connections.
    ///
    /// # Errors
    /// An address that cannot be listened on.
    pub async fn start(mut self) -> io::Result<Sandbox> {
        if self.keys.is_empty() {
            self = self.access_key("sandbox", "sandbox-secret");
        }
        let listener = TcpListener::bind(self.listen).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            accounts: Accounts {
                keys: self.keys,
                sessions: self.sessions,
                region: self.region,
                permissions: self.permissions,
            },
            store: self.store.unwrap_or_else(Store::in_memory),
            latency: self.latency,
            clock: self.clock,
            ahead: AtomicI64::new(0),
            counter: AtomicU64::new(1),
            counts: Counts::default(),
            records: Mutex::default(),
        });
        for seed in &self.seeds {
            seed.plant(&state.store, state.now())
                .map_err(|_| io::Error::other("the store does not take the seed"))?;
        }
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(accept(listener, Arc::clone(&state), stopped));
        Ok(Sandbox { address, state, stop })
    }
}

impl Sandbox {
    /// A sandbox to be started, on a free port of 127.0.0.1.
    pub fn builder(clock: Clock) -> Builder {
        Builder {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            keys: Vec::new(),
            sessions: Vec::new(),
            region: "cn-hangzhou".to_owned(),
            permissions: Permissions::default(),
            latency: Duration::ZERO,
            store: None,
            seeds: Vec::new(),
            clock,
        }
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint for clients: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Moves the time of what is stored: objects that are restored become readable, and expire.
    /// The time that requests are signed with stays as it is.
    pub fn advance_clock(&self, by: SignedDuration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.state.ahead.fetch_add(millis, Ordering::Relaxed);
    }

    /// What was asked so far, oldest first.
    pub fn requests(&self) -> Vec<RequestRecord> {
        let records = self.state.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.iter().cloned().collect()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}

async fn accept(listener: TcpListener, state: Arc<State>, mut stopped: watch::Receiver<bool>) {
    loop {
        let (stream, peer) = tokio::select! {
            _ = stopped.changed() => return,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let _ = stream.set_nodelay(true);
        let (state, mut stopped) = (Arc::clone(&state), stopped.clone());
        tokio::spawn(async move {
            let is_local = peer.ip().is_loopback();
            let service = service_fn(|request| serve(Arc::clone(&state), is_local, request));
            let mut http = hyper::server::conn::http1::Builder::new();
            let connection =
                http.max_buf_size(128 << 10).serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                _ = stopped.changed() => {}
                _ = connection => {}
            }
        });
    }
}

/// Answers one request.
async fn serve(
    state: Arc<State>,
    is_local: bool,
    request: http::Request<Wire>,
) -> Result<Response<Outgoing>, Infallible> {
    let request_id = state.new_request_id();
    let (head, mut body) = request.into_parts();
    if let Some(answer) = state.counts.answer(&head.method, head.uri.path(), is_local) {
        return Ok(respond(&head.method, Ok(answer), &request_id, "", state.now()));
    }
    tokio::time::sleep(state.latency).await;
    let target = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let host = head.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = host.to_owned();
    let (method, waits) = (head.method.clone(), head.headers.contains_key("expect"));
    let outcome = perform(&state, head, &mut body).await;
    if outcome.is_err() && !waits {
        wire::drain(&mut body).await;
    }
    let response = respond(&method, outcome, &request_id, &host, state.now());
    let (method, status) = (method.to_string(), response.status().as_u16());
    tracing::debug!(method, target, status, request_id, "answered");
    state.remember(RequestRecord { method, target, status });
    Ok(response)
}

/// Checks a request, receives its body, and does what it asks.
async fn perform(state: &Arc<State>, head: Parts, body: &mut Wire) -> Outcome<Answer> {
    let mut incoming = Incoming::new(head.method, &head.uri, head.headers)?;
    state.counts.add(&incoming);
    operations::admit(state, &incoming)?;
    match operations::brings_content(&incoming)? {
        true => incoming.received = Some(wire::receive(state, body).await?),
        false => incoming.body = wire::collect(body).await?,
    }
    // A copy of a range is read for its checksums.
    let takes_time = state.store.is_durable() || incoming.header("x-oss-copy-source").is_some();
    if !takes_time {
        return guarded(state, &incoming);
    }
    let state = Arc::clone(state);
    let work = tokio::task::spawn_blocking(move || guarded(&state, &incoming));
    work.await.unwrap_or_else(|_| Err(Refusal::internal()))
}

/// Does what is asked; a defect of ours is one failed request, not the end of the server.
fn guarded(state: &State, incoming: &Incoming) -> Outcome<Answer> {
    let work = AssertUnwindSafe(|| operations::answer(state, incoming));
    std::panic::catch_unwind(work).unwrap_or_else(|_| Err(Refusal::internal()))
}

/// The answer with what every answer has. An error of HEAD stands in a header.
fn respond(
    method: &Method,
    outcome: Outcome<Answer>,
    request_id: &str,
    host: &str,
    now: Timestamp,
) -> Response<Outgoing> {
    let mut answer = outcome.unwrap_or_else(|refusal| {
        let body = refusal.to_xml(request_id, host);
        let mut answer = Answer::empty(refusal.status());
        for (name, value) in &refusal.headers {
            answer = answer.header(name, value);
        }
        let answer = match refusal.ec {
            "" => answer,
            ec => answer.header("x-oss-ec", ec),
        };
        match *method {
            _ if refusal.status == 304 => answer,
            Method::HEAD => answer.header("x-oss-err", BASE64_STANDARD.encode(body)),
            _ => Answer { body: body.into(), ..answer.header("content-type", "application/xml") },
        }
    });
    answer = answer
        .header("server", "AliyunOSS")
        .header("date", http_date(now))
        .header("connection", "keep-alive")
        .header("x-oss-request-id", request_id)
        .header("x-oss-server-time", "1");
    let mut response = Response::new(Outgoing::from(answer.body));
    *response.status_mut() = answer.status;
    for (name, value) in answer.headers {
        let name = http::HeaderName::try_from(name);
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
