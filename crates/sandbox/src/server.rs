//! The server: connections in, answers out, and what every answer has.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::{net::TcpListener, sync::watch};

use crate::{
    accounts::{self, Accounts, Key, Session},
    connection, console,
    counts::Counts,
    digest::hex,
    faults::{Fault, Faults},
    metrics::Metrics,
    operations::lifecycle,
    permissions::{Permissions, Rule},
    seed::Seed,
    store::Store,
};

/// Tells the time; the sandbox never reads the system's clock.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How many requests are remembered.
const MAX_RECORDS: usize = 100_000;

/// A request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRecord {
    /// When it came.
    pub time: Timestamp,
    /// The method.
    pub method: String,
    /// Path and query, as they came.
    pub target: String,
    /// The operation, named as in the API reference; empty if the request made no sense.
    pub operation: String,
    /// What became of its signature: `V4 sandbox` if it was right, else the code of the refusal.
    pub signature: String,
    /// The request id of the answer.
    pub request_id: String,
    /// The status of the answer; 0 if a fault held it back.
    pub status: u16,
}

/// What a sandbox is made of.
pub struct Builder {
    listen: SocketAddr,
    keys: BTreeMap<String, Key>,
    region: String,
    permissions: Permissions,
    latency: Duration,
    faults: Vec<Fault>,
    random_seed: u64,
    console_writes: bool,
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
    pub(crate) latency: Duration,
    pub(crate) faults: Faults,
    pub(crate) counts: Counts,
    pub(crate) metrics: Metrics,
    /// Whether the console may abort uploads and delete objects.
    pub(crate) console_writes: bool,
    clock: Clock,
    /// How far the clock of what is stored is ahead, in milliseconds.
    ahead: AtomicI64,
    counter: AtomicU64,
    records: Mutex<VecDeque<RequestRecord>>,
}

impl State {
    /// The time of requests and answers.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The time of what is stored, which can be moved.
    pub(crate) fn stored_now(&self) -> Timestamp {
        self.now().saturating_add(self.ahead()).unwrap_or_else(|_| self.now())
    }

    /// A new upload id: 32 upper-case hex digits, in no order of time.
    pub(crate) fn new_upload_id(&self) -> String {
        self.new_secret()
    }

    /// 32 upper-case hex digits that nobody can guess.
    pub(crate) fn new_secret(&self) -> String {
        let mut bytes = [0; 16];
        if SystemRandom::new().fill(&mut bytes).is_err() {
            let count = self.counter.fetch_add(1, Ordering::Relaxed);
            bytes[..8].copy_from_slice(&count.to_be_bytes());
        }
        hex(&bytes)
    }

    /// A new request id: 24 upper-case hex digits.
    pub(crate) fn new_request_id(&self) -> String {
        let count = self.counter.fetch_add(1, Ordering::Relaxed);
        format!("{:08X}{count:016X}", self.now().as_second() & 0xFFFF_FFFF)
    }

    /// How far the clock of what is stored is ahead.
    pub(crate) fn ahead(&self) -> SignedDuration {
        SignedDuration::from_millis(self.ahead.load(Ordering::Relaxed))
    }

    /// Moves the clock of what is stored.
    pub(crate) fn advance(&self, by: SignedDuration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        let moved = |ahead: i64| Some(ahead.saturating_add(millis));
        let _ = self.ahead.fetch_update(Ordering::Relaxed, Ordering::Relaxed, moved);
    }

    /// Counts a request that was answered, and keeps its record.
    pub(crate) fn remember(&self, record: RequestRecord) {
        self.metrics.add(&record.operation, record.status);
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() == MAX_RECORDS {
            records.pop_front();
        }
        records.push_back(record);
    }

    /// The last requests, oldest first; at most `limit`.
    pub(crate) fn records(&self, limit: usize) -> Vec<RequestRecord> {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.iter().skip(records.len().saturating_sub(limit)).cloned().collect()
    }
}

impl Builder {
    /// The address to listen on; a free port of 127.0.0.1 unless set.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Adds a key pair; `sandbox` and `sandbox-secret` when none is added.
    pub fn access_key(self, id: &str, secret: &str) -> Self {
        self.account_key(accounts::FIRST, id, secret)
    }

    /// Adds a key pair of another account, which has buckets of its own; all others belong to
    /// account 1000000000000001.
    pub fn account_key(self, account: &str, id: &str, secret: &str) -> Self {
        self.add_key(account, id, secret, None)
    }

    /// Adds a temporary key pair: it needs this session token, which ends at `expiration`.
    pub fn temporary_key(self, id: &str, secret: &str, token: &str, expiration: Timestamp) -> Self {
        let (token, rules) = (token.to_owned(), Vec::new());
        let session = Session { token, expiration, parent: None, rules };
        self.add_key(accounts::FIRST, id, secret, Some(session))
    }

    fn add_key(mut self, account: &str, id: &str, secret: &str, session: Option<Session>) -> Self {
        let (account, secret) = (account.to_owned(), secret.to_owned());
        self.keys.insert(id.to_owned(), Key { account, secret, session });
        self
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

    /// How long after its request each answer comes, unless it takes longer to make.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Adds something that goes wrong.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// What decides about chances in faults; the same seed decides the same. 0 unless set.
    pub fn random_seed(mut self, seed: u64) -> Self {
        self.random_seed = seed;
        self
    }

    /// Lets the console abort uploads and delete objects; it only reads unless set.
    pub fn console_write(mut self, writes: bool) -> Self {
        self.console_writes = writes;
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
            accounts: Accounts::new(self.keys, self.region, self.permissions),
            store: self.store.unwrap_or_else(Store::in_memory),
            latency: self.latency,
            faults: Faults::new(self.random_seed, self.faults),
            counts: Counts::default(),
            metrics: Metrics::default(),
            console_writes: self.console_writes,
            clock: self.clock,
            ahead: AtomicI64::new(0),
            counter: AtomicU64::new(1),
            records: Mutex::default(),
        });
        for seed in &self.seeds {
            seed.plant(&state.store, state.now())
                .map_err(|_| io::Error::other("the store does not take the seed"))?;
        }
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(connection::accept(listener, Arc::clone(&state), stopped));
        Ok(Sandbox { address, state, stop })
    }
}

impl Sandbox {
    /// A sandbox to be started, on a free port of 127.0.0.1.
    pub fn builder(clock: Clock) -> Builder {
        Builder {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            keys: BTreeMap::new(),
            region: "cn-hangzhou".to_owned(),
            permissions: Permissions::default(),
            latency: Duration::ZERO,
            faults: Vec::new(),
            random_seed: 0,
            console_writes: false,
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

    /// The page that shows what it holds, for a browser on this machine.
    pub fn console(&self) -> String {
        format!("http://{}{}", self.address, console::PATH)
    }

    /// Moves the time of what is stored: objects that are restored become readable, and expire,
    /// and what lifecycle rules say is done. The time that requests are signed with stays as it is.
    pub fn advance_clock(&self, by: SignedDuration) {
        self.state.advance(by);
        self.run_lifecycle();
    }

    /// Does what the lifecycle rules of all buckets say, as the service does once a day.
    pub fn run_lifecycle(&self) {
        if let Err(refusal) = lifecycle::run(&self.state) {
            tracing::error!("lifecycle rules were not applied: {}", refusal.message());
        }
    }

    /// Adds a fault while it runs.
    pub fn add_fault(&self, fault: Fault) {
        self.state.faults.add(fault);
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.state.faults.replace(Vec::new());
    }

    /// What was asked so far, oldest first.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.state.records(MAX_RECORDS)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}
