//! Lists by many requests at once, in order, and in bounded memory.
//!
//! A marker may be any text, so a listing can be cut anywhere: what lies between two cuts is a
//! *segment*, which is listed page after page like a listing of its own. A cut is a guess; where
//! it is good, its page is one that was needed anyway. Guesses are made
//!
//! - inside segments known to be long, a page ahead of each other, leftmost first, by the width of
//!   the pages that came ([`ruler`](self)); only a few at once where numbers have several lengths,
//!   as there one page says little of the next;
//! - a few at a time into the unknown: some pages ahead, and where keys may go on behind the fields
//!   they are made of ([`names`](self)). Each that finds something lets the next go further;
//! - where a name was seen in the same field of other keys, and, once there are letters beyond
//!   ASCII, where those of each script begin.
//!
//! What was wasted so far, and what the guesses on their way may waste, stays within a share of
//! what is useful; the first few pages are given some of it in advance. Entries are given out from
//! left to right; pages that have to wait for those before them are bounded in number.
//!
//! The [`Lister`] knows nothing of requests and time: it says what to ask next and is told what
//! came back.

mod answer;
mod chars;
mod cut;
mod ledger;
mod names;
mod position;
mod ruler;
mod segment;
mod window;

use std::collections::VecDeque;

use ledger::{Ledger, Open};
pub use position::{Position, Positioned};
use ruler::Ruler;
use segment::{Segment, State};
use window::Window;

/// How many pages ahead the first guess goes.
const FIRST_REACH: f64 = 4.0;

/// What a listing may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most requests at once.
    pub requests: usize,
    /// The most pages that are asked for or have come, and wait for those before them.
    pub waiting: usize,
    /// Whether ids of one key come in ascending order; else only keys are cut.
    pub ids_ascend: bool,
}

/// A page to be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Names it in the answer.
    pub id: u64,
    /// What it begins behind.
    pub after: Position,
}

/// A page as it came.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// Its entries, in the service's order.
    pub entries: Vec<T>,
    /// What the page behind it begins behind; `None` when it was the last.
    pub next: Option<Position>,
}

/// What comes next in the listing.
#[derive(Debug)]
pub enum Ready<T> {
    /// Entries.
    Entries(Vec<T>),
    /// Nothing more: this request failed.
    Failed(u64),
}

/// An answer that is not in the order of bytes, so that a listing of it cannot be split.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{after:?} is followed by {key:?}")]
pub struct Disorder {
    /// The key before.
    pub after: String,
    /// The key that does not belong behind it.
    pub key: String,
}

/// A listing that is under way.
#[derive(Debug)]
pub struct Lister<T> {
    /// What is not given out yet, from left to right, without gaps.
    segments: VecDeque<Segment<T>>,
    limits: Limits,
    ruler: Ruler,
    ledger: Ledger,
    window: Window,
    in_flight: usize,
    next_id: u64,
    /// Whether the first answer was out of order: then pages are taken one by one, as they come.
    is_plain: bool,
}

impl<T: Positioned> Lister<T> {
    /// A listing of what begins with `prefix` and lies behind `start`.
    pub fn new(start: Position, prefix: &str, limits: Limits) -> Self {
        Self {
            segments: VecDeque::from([Segment::new(start, None)]),
            ruler: Ruler::new(prefix),
            ledger: Ledger::default(),
            window: Window::new(limits.requests),
            in_flight: 0,
            next_id: 0,
            is_plain: false,
            limits,
        }
    }

    /// Whether everything was given out.
    pub fn is_done(&self) -> bool {
        self.segments.is_empty()
    }

    /// The page to ask for next; `None` when an answer has to come first.
    pub fn next_request(&mut self) -> Option<Request> {
        if self.in_flight >= self.window.size() || self.backlog() >= self.limits.requests {
            return None;
        }
        let index =
            self.continuation().or_else(|| self.guess()).or_else(|| self.far_continuation())?;
        let id = self.next_id;
        self.next_id += 1;
        self.in_flight += 1;
        self.segments[index].state = State::Asked(id);
        Some(Request { id, after: self.segments[index].after.clone() })
    }

    /// Pages that wait for nothing but to be given out.
    fn backlog(&self) -> usize {
        let done = self.segments.iter().take_while(|segment| segment.state == State::Done).count();
        self.segments.iter().take(done + 1).map(|segment| segment.ready.len()).sum()
    }

    /// The leftmost segment that can go on, of those that are near.
    fn continuation(&self) -> Option<usize> {
        let index = self.near().find(|index| self.segments[*index].state == State::Idle)?;
        (index == 0 || self.has_room(index)).then_some(index)
    }

    /// The leftmost segment that can go on though it is not near: when there is nothing better to
    /// do, and half of the room is left for what is.
    fn far_continuation(&self) -> Option<usize> {
        let is_failed = |segment: &Segment<T>| matches!(segment.state, State::Failed(_));
        let mut needed = self.segments.iter().take_while(|segment| !is_failed(segment));
        let has_room = self.waiting() < self.limits.waiting / 2;
        needed.position(|segment| segment.state == State::Idle).filter(|_| has_room)
    }

    /// The segments that may be worked on: those whose pages can all wait for the ones before
    /// them. Behind a failure nothing is needed any more.
    fn near(&self) -> impl Iterator<Item = usize> {
        let mut reserved = 0.0;
        let is_near = move |segment: &Segment<T>, index| {
            let is_free = reserved < count(self.limits.waiting);
            if index > 0 {
                reserved += count(segment.ready.len());
            }
            if segment.is_open() {
                let rest = if segment.pages < cut::PLAUSIBLE { segment.pages } else { 4.0 };
                reserved += rest.max(1.0);
            }
            is_free && !matches!(segment.state, State::Failed(_))
        };
        let near = self.segments.iter().enumerate();
        near.scan(is_near, |is_near, (index, segment)| is_near(segment, index).then_some(index))
    }

    /// Whether another page of segment `index` may come that has to wait. Some room is kept for
    /// the segments before it, as it waits for them.
    fn has_room(&self, index: usize) -> bool {
        let kept = index.min(self.limits.waiting / 8);
        self.waiting() < self.limits.waiting - kept
    }

    /// Pages that wait for those before them, or will.
    pub fn waiting(&self) -> usize {
        let behind = self.segments.iter().skip(1);
        let asked = |segment: &Segment<T>| usize::from(matches!(segment.state, State::Asked(_)));
        behind.map(|segment| segment.ready.len() + asked(segment)).sum()
    }

    /// Takes note that a request failed for good: the listing ends where its page would begin.
    pub fn failed(&mut self, id: u64) {
        if let Some(index) = self.take(id) {
            self.segments[index].state = State::Failed(id);
        }
    }

    /// Takes note that the service asked for fewer requests.
    pub fn slow_down(&mut self) {
        self.window.halve(self.in_flight);
    }

    /// What comes next, as far as it is there.
    pub fn pop_ready(&mut self) -> Option<Ready<T>> {
        loop {
            let first = self.segments.front_mut()?;
            if let Some(entries) = first.ready.pop_front() {
                return Some(Ready::Entries(entries));
            }
            match first.state {
                State::Done => self.segments.pop_front(),
                State::Failed(id) => {
                    self.segments.clear();
                    return Some(Ready::Failed(id));
                }
                State::Idle | State::Asked(_) => return None,
            };
        }
    }

    /// Any entries that are there, in no order of pages.
    pub fn pop_any(&mut self) -> Option<Ready<T>> {
        let ready = self.segments.iter_mut().find_map(|segment| segment.ready.pop_front());
        ready.map(Ready::Entries).or_else(|| self.pop_ready())
    }

    /// The segment that waits for this answer.
    fn take(&mut self, id: u64) -> Option<usize> {
        let index = self.segments.iter().position(|s| s.state == State::Asked(id))?;
        self.in_flight -= 1;
        Some(index)
    }

    fn open(&self) -> Open {
        let open = self.segments.iter().filter(|segment| segment.is_open());
        let guesses = self.segments.iter().filter(|segment| segment.is_guess).count();
        Open {
            in_flight: count(self.in_flight),
            guesses: count(guesses),
            seams: count(open.count().saturating_sub(1)),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
fn count(n: usize) -> f64 {
    n as f64
}
