//! A service on a virtual clock, and a lister that lists it.

use std::collections::{BTreeSet, HashSet};

use ossutil_client::split::{Limits, Lister, Page, Position, Positioned, Ready};

/// An entry: a key, or an upload of a key, or a common prefix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) id: Option<String>,
    pub(crate) is_common_prefix: bool,
}

impl Positioned for Entry {
    fn key(&self) -> &str {
        &self.key
    }

    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    fn is_common_prefix(&self) -> bool {
        self.is_common_prefix
    }
}

/// Pseudo-random numbers that are the same everywhere.
#[derive(Clone)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    pub(crate) fn hex(&mut self, digits: usize) -> String {
        format!("{:016x}{:016x}", self.next(), self.next())[..digits].to_owned()
    }
}

/// The service.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) entries: Vec<(String, Option<String>)>,
    pub(crate) delimiter: String,
    pub(crate) prefix: String,
    pub(crate) page: usize,
    /// Whether it shows a common prefix again behind a marker within it.
    pub(crate) repeats_prefixes: bool,
}

impl Service {
    pub(crate) fn new(mut entries: Vec<(String, Option<String>)>, page: usize) -> Self {
        entries.sort();
        entries.dedup();
        let (delimiter, prefix) = (String::new(), String::new());
        Self { entries, delimiter, prefix, page, repeats_prefixes: true }
    }

    /// A page behind `after`.
    pub(crate) fn page(&self, after: &Position) -> Page<Entry> {
        let is_behind = |entry: &(String, Option<String>)| {
            Position { key: entry.0.clone(), id: entry.1.clone() } > *after
        };
        let start = self.entries.partition_point(|entry| !is_behind(entry));
        let mut entries: Vec<Entry> = Vec::new();
        for (key, id) in &self.entries[start..] {
            let Some(rest) = key.strip_prefix(self.prefix.as_str()) else {
                if *key > self.prefix {
                    break;
                }
                continue;
            };
            let at = rest.find(self.delimiter.as_str()).filter(|_| !self.delimiter.is_empty());
            let entry = match at {
                Some(at) => {
                    let end = self.prefix.len() + at + self.delimiter.len();
                    let prefix = key[..end].to_owned();
                    let is_known = prefix == after.key
                        || (!self.repeats_prefixes && after.key.starts_with(&prefix))
                        || entries.last().is_some_and(|last| last.key == prefix);
                    if is_known {
                        continue;
                    }
                    Entry { key: prefix, id: None, is_common_prefix: true }
                }
                None => Entry { key: key.clone(), id: id.clone(), is_common_prefix: false },
            };
            if entries.len() == self.page {
                let next = entries.last().map(Position::of);
                return Page { entries, next };
            }
            entries.push(entry);
        }
        Page { entries, next: None }
    }

    /// What a listing has to give: page after page.
    pub(crate) fn all(&self, start: &Position) -> (Vec<Entry>, u64) {
        let (mut all, mut after, mut pages) = (Vec::new(), start.clone(), 0);
        loop {
            let page = self.page(&after);
            pages += 1;
            all.extend(page.entries);
            match page.next {
                Some(next) => after = next,
                None => return (all, pages),
            }
        }
    }
}

/// How a listing went.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) entries: Vec<Entry>,
    pub(crate) requests: u64,
    /// Answers came one after another so often.
    pub(crate) rounds: u64,
    pub(crate) most_waiting: usize,
    pub(crate) most_in_flight: usize,
    pub(crate) failed: Option<u64>,
}

/// What else happens while a listing is under way.
pub(crate) trait World {
    /// When the answer to a request comes that is sent now.
    fn latency(&mut self) -> u64 {
        1
    }

    /// What the service answers; `None` is a failure.
    fn answer(&mut self, service: &mut Service, after: &Position) -> Option<Page<Entry>> {
        Some(service.page(after))
    }

    /// Whether the service asks for less with this answer.
    fn is_busy(&mut self) -> bool {
        false
    }
}

/// All as it should be.
pub(crate) struct Calm;
impl World for Calm {}

/// Lists on a virtual clock.
pub(crate) fn list(
    service: &mut Service,
    start: &Position,
    limits: Limits,
    world: &mut dyn World,
) -> Outcome {
    let waiting = limits.waiting;
    let mut lister: Lister<Entry> = Lister::new(start.clone(), &service.prefix, limits);
    let mut outcome = Outcome::default();
    let mut on_their_way: BTreeSet<(u64, u64)> = BTreeSet::new();
    let mut markers: Vec<Position> = Vec::new();
    let mut asked = HashSet::new();
    let mut now = 0;
    loop {
        while let Some(ready) = lister.pop_ready() {
            match ready {
                Ready::Entries(entries) => outcome.entries.extend(entries),
                Ready::Failed(id) => outcome.failed = Some(id),
            }
        }
        if lister.is_done() {
            outcome.rounds = now;
            return outcome;
        }
        while let Some(request) = lister.next_request() {
            let key = (request.after.key.clone(), request.after.id.clone());
            assert!(asked.insert(key), "asked twice behind {:?}", request.after);
            assert_eq!(request.id, outcome.requests);
            markers.push(request.after);
            outcome.requests += 1;
            on_their_way.insert((now + world.latency(), request.id));
        }
        outcome.most_in_flight = outcome.most_in_flight.max(on_their_way.len());
        outcome.most_waiting = outcome.most_waiting.max(lister.waiting());
        assert!(lister.waiting() <= waiting, "{} pages wait", lister.waiting());
        let (time, id) = on_their_way.pop_first().expect("a request is on its way");
        now = time;
        if world.is_busy() {
            lister.slow_down();
        }
        match world.answer(service, &markers[usize::try_from(id).unwrap()]) {
            Some(page) => lister.answer(id, page).expect("an answer in order"),
            None => lister.failed(id),
        }
    }
}
