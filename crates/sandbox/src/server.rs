//! The server: connections in, answers out, and what every answer has.

use std::{
    collections::VecDeque,
    convert::Infallible,
    io,
    net::{Ipv4Addr, SocketAddr},
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderValue, Method, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{body::Incoming as Body, service::service_fn};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use ossutil_signing::v1::http_date;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::{net::TcpListener, sync::watch};

use crate::{
    answer::Answer,
    auth::Accounts,
    counts::Counts,
    digest::hex,
    incoming::Incoming,
    operations,
    refusal::{Outcome, Refusal},
    seed::Seed,
    store::{Memory, Store},
};

/// Tells the time; the sandbox never reads the system's clock.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The largest body of a part or an object.
const MAX_BODY: usize = 5 << 30;

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
    region: String,
    latency: Duration,
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
    pub(crate) store: Box<dyn Store>,
    latency: Duration,
    clock: Clock,
    counter: AtomicU64,
    counts: Counts,
    records: Mutex<VecDeque<RequestRecord>>,
}

impl State {
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
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

    /// The region, without `oss-`; cn-hangzhou unless set.
    pub fn region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.region);
        self
    }

    /// How long each answer is held back.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
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
            accounts: Accounts { keys: self.keys, region: self.region },
            store: Box::<Memory>::default(),
            latency: self.latency,
            clock: self.clock,
            counter: AtomicU64::new(1),
            counts: Counts::default(),
            records: Mutex::default(),
        });
        for seed in &self.seeds {
            seed.plant(&*state.store, state.now());
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
            region: "cn-hangzhou".to_owned(),
            latency: Duration::ZERO,
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
    request: http::Request<Body>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let request_id = state.new_request_id();
    let (head, body) = request.into_parts();
    if let Some(answer) = state.counts.answer(&head.method, head.uri.path(), is_local) {
        return Ok(respond(&head.method, Ok(answer), &request_id, "", state.now()));
    }
    tokio::time::sleep(state.latency).await;
    let target = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let host = head.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = host.to_owned();
    let outcome = match read(body).await {
        Ok(body) => Incoming::new(head.method.clone(), &head.uri, head.headers, body)
            .inspect(|incoming| state.counts.add(incoming))
            .and_then(|incoming| guarded(&state, &incoming)),
        Err(refusal) => Err(refusal),
    };
    let response = respond(&head.method, outcome, &request_id, &host, state.now());
    let (method, status) = (head.method.to_string(), response.status().as_u16());
    tracing::debug!(method, target, status, request_id, "answered");
    state.remember(RequestRecord { method, target, status });
    Ok(response)
}

async fn read(body: Body) -> Outcome<Bytes> {
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let message = "Your proposed upload exceeds the maximum allowed size.";
            Err(Refusal::new(400, "EntityTooLarge", message))
        }
        Err(_) => Err(Refusal::new(400, "IncompleteBody", "The request body is incomplete.")),
    }
}

/// Does what is asked; a defect of ours is one failed request, not the end of the server.
fn guarded(state: &State, incoming: &Incoming) -> Outcome<Answer> {
    let work = AssertUnwindSafe(|| operations::answer(state, incoming));
    std::panic::catch_unwind(work).unwrap_or_else(|_| {
        let message = "We encountered an internal error, please try again.";
        Err(Refusal::new(500, "InternalError", message))
    })
}

/// The answer with what every answer has. An error of HEAD stands in a header.
fn respond(
    method: &Method,
    outcome: Outcome<Answer>,
    request_id: &str,
    host: &str,
    now: Timestamp,
) -> Response<Full<Bytes>> {
    let mut answer = outcome.unwrap_or_else(|refusal| {
        let body = refusal.to_xml(request_id, host);
        let answer = Answer::empty(refusal.status());
        let answer = match refusal.ec {
            "" => answer,
            ec => answer.header("x-oss-ec", ec),
        };
        match *method {
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
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status;
    for (name, value) in answer.headers {
        let name = http::HeaderName::try_from(name);
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
