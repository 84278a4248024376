//! Lists by many requests at once, in order, and in bounded memory.
//!
//! A marker may be any text, so a listing can be cut anywhere: what lies between two cuts is a
//! *segment*, which is listed page after page like a listing of its own. A cut is a guess; where
//! it is good, its page is one that was needed anyway. Guesses are made
//!
//! - inside segments known to be long, a page ahead of each other, leftmost first, by the width of
//!   the pages that came ([`ruler`](self));
//! - a few at a time into the unknown: some pages ahead, and where keys may go on behind the fields
//!   they are made of ([`names`](self)). Each that finds something lets the next go further.
//!
//! What was wasted so far, and what the guesses on their way may waste, stays within a share of
//! what is useful. Entries are given out from left to right; pages that have to wait for those
//! before them are bounded in number.
//!
//! The [`Lister`] knows nothing of requests and time: it says what to ask next and is told what
//! came back.

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
use position::is_ascending;
pub use position::{Position, Positioned};
use ruler::{Ruler, Span};
use segment::{Segment, State};
use window::Window;

/// How many pages ahead the first guess goes.
const FIRST_REACH: f64 = 4.0;

/// How many keys of a page are looked at to learn what keys are made of.
const SAMPLES: usize = 64;

/// How different the width of half a page must be for it to count more than the whole.
const UNEVEN: f64 = 0.15;

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
        if self.in_flight >= self.window.size() {
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

    /// Whether another page of segment `index` may come that has to wait. A quarter of the room is
    /// kept for the first segment: all others wait for it.
    fn has_room(&self, index: usize) -> bool {
        let kept = if index == 0 { 0 } else { self.limits.waiting / 8 };
        self.waiting() < self.limits.waiting - kept
    }

    /// Pages that wait for those before them, or will.
    pub fn waiting(&self) -> usize {
        let behind = self.segments.iter().skip(1);
        let asked = |segment: &Segment<T>| usize::from(matches!(segment.state, State::Asked(_)));
        behind.map(|segment| segment.ready.len() + asked(segment)).sum()
    }

    /// Takes the answer to a request.
    ///
    /// # Errors
    /// Entries that are not in order, or not behind where the page was to begin. The request then
    /// counts as failed.
    pub fn answer(&mut self, id: u64, page: Page<T>) -> Result<(), Disorder> {
        let Some(index) = self.take(id) else { return Ok(()) };
        self.window.answer();
        if let Err(disorder) = self.check(index, &page) {
            self.is_plain = self.next_id == 1 && self.is_advance(index, &page);
            if !self.is_plain {
                self.segments[index].state = State::Failed(id);
                return Err(disorder);
            }
        }
        if self.is_plain {
            self.take_plain(index, page);
            return Ok(());
        }
        self.learn(index, &page);
        let came = page.entries.len();
        let (entries, is_last) = self.cut_off(index, page);
        self.ledger.answer(came, entries.len());
        self.settle(index, entries, is_last);
        Ok(())
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

    /// Whether a page is in order and behind its marker. A common prefix may reach over the
    /// marker.
    fn check(&self, index: usize, page: &Page<T>) -> Result<(), Disorder> {
        let after = &self.segments[index].after;
        let disorder = |after: &str, entry: &T| {
            Err(Disorder { after: after.to_owned(), key: entry.key().to_owned() })
        };
        let is_behind = |entry: &T| match self.limits.ids_ascend {
            true => after.is_before(entry),
            false => after.is_before_key(entry),
        };
        if !self.is_advance(index, page) {
            let next = page.next.iter().map(|next| next.key.clone()).collect();
            return Err(Disorder { after: after.key.clone(), key: next });
        }
        if self.is_plain {
            return Ok(());
        }
        let first = page.entries.iter().find(|entry| !is_rolled_over(*entry, after));
        if let Some(first) = first.filter(|first| !is_behind(first)) {
            return disorder(&after.key, first);
        }
        for pair in page.entries.windows(2) {
            let is_ordered = match self.limits.ids_ascend {
                true => is_ascending(&pair[0], &pair[1]),
                false => is_key_order_kept(&pair[0], &pair[1]),
            };
            if !is_ordered {
                return disorder(pair[0].key(), &pair[1]);
            }
        }
        Ok(())
    }

    /// Whether the page leads on, if it is not the last. Ids in no order can only be told from
    /// standing still.
    fn is_advance(&self, index: usize, page: &Page<T>) -> bool {
        let after = &self.segments[index].after;
        page.next.as_ref().is_none_or(|next| match self.limits.ids_ascend {
            true => after < next,
            false => after.key < next.key || (after.key == next.key && after.id != next.id),
        })
    }

    /// Takes a page as it comes.
    fn take_plain(&mut self, index: usize, page: Page<T>) {
        let segment = &mut self.segments[index];
        segment.ready.push_back(page.entries);
        segment.state = if page.next.is_some() { State::Idle } else { State::Done };
        segment.after = page.next.unwrap_or_default();
    }

    /// Learns from a page what keys are made of, and how wide a page is here.
    fn learn(&mut self, index: usize, page: &Page<T>) {
        let step = (page.entries.len() / SAMPLES).max(1);
        let texts: Vec<String> = page
            .entries
            .iter()
            .step_by(step)
            .chain(page.entries.last())
            .map(|entry| self.text(entry))
            .collect();
        self.ruler.learn(texts.iter().map(String::as_str));
        self.segments[index].page = self.width(&page.entries);
    }

    /// How wide a page is: as wide as this one, or as twice its second half where that is another
    /// matter, since it is nearer to what comes.
    fn width(&self, entries: &[T]) -> Option<Span> {
        let middle = entries.len() / 2;
        let whole = self.extent(entries)?;
        let half = self.extent(&entries[middle..])?;
        let is_even = half.level == whole.level && (half.chars / whole.chars - 1.0).abs() < UNEVEN;
        Some(if is_even { whole } else { half })
    }

    /// How wide a page of entries such as these is.
    fn extent(&self, entries: &[T]) -> Option<Span> {
        let [first, .., last] = entries else { return None };
        let mut width = self.ruler.distance(&self.text(first), &self.text(last));
        width.chars *= self.ledger.page().max(count(entries.len())) / count(entries.len() - 1);
        (width.chars > 0.0).then_some(width)
    }

    /// Cuts off what belongs to other segments. Says whether the segment ends with this page.
    fn cut_off(&mut self, index: usize, page: Page<T>) -> (Vec<T>, bool) {
        let is_first = self.next_id == 1;
        let segment = &mut self.segments[index];
        let Page { mut entries, next } = page;
        // A prefix that reaches over the marker was given out before it, unless nothing was.
        if !is_first {
            let over = entries.iter().take_while(|entry| is_rolled_over(*entry, &segment.after));
            entries.drain(..over.count());
        }
        let mut is_last = true;
        if let Some(next) = next {
            is_last = segment.end.as_ref().is_some_and(|end| *end <= next);
            segment.after = next;
        }
        if let Some(end) = &segment.end {
            let inside = entries.partition_point(|entry| !end.is_before(entry));
            is_last |= inside < entries.len();
            entries.truncate(inside);
        }
        (entries, is_last)
    }

    /// Puts the entries of a page where they wait, and draws conclusions.
    fn settle(&mut self, index: usize, entries: Vec<T>, is_last: bool) {
        let segment = &mut self.segments[index];
        let is_miss = entries.is_empty() && is_last;
        let was_guess = std::mem::take(&mut segment.is_guess);
        if is_last && segment.end.is_some() {
            self.ledger.seam(entries.len());
        }
        let segment = &mut self.segments[index];
        segment.is_answered = true;
        segment.state = if is_last { State::Done } else { State::Idle };
        if !entries.is_empty() {
            segment.ready.push_back(entries);
        }
        if was_guess {
            if !(segment.is_leap && is_miss) {
                self.ledger.guess(is_miss);
            }
            self.conclude(index, is_miss);
        }
        if is_miss && index > 0 && self.segments[index].ready.is_empty() {
            self.segments.remove(index);
        } else {
            self.measure(index);
        }
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

/// Whether this stands for keys on both sides of `after`.
fn is_rolled_over(entry: &impl Positioned, after: &Position) -> bool {
    entry.is_common_prefix() && after.key.starts_with(entry.key())
}

/// Whether `b` may follow `a` where ids of one key are in no order.
fn is_key_order_kept(a: &impl Positioned, b: &impl Positioned) -> bool {
    a.key() < b.key() || (a.key() == b.key() && a.id().is_some() && a.id() != b.id())
}

#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
fn count(n: usize) -> f64 {
    n as f64
}
