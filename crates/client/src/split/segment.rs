//! A piece of the key space that is listed page after page.

use std::{collections::VecDeque, sync::Arc};

use super::{Position, ruler::Span};

/// What a segment does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It waits to be asked for.
    Idle,
    /// Its next page was asked for by this request.
    Asked(u64),
    /// All of its pages came.
    Done,
    /// This request for its next page failed.
    Failed(u64),
}

/// What a guess goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hint {
    /// How many entries lie in a part of what is known to be there.
    Width,
    /// A name that was seen elsewhere.
    Name,
    /// Nothing: it goes into the unknown.
    Nothing,
}

/// Keys of a page, which show how wide it is whenever more is known of what keys are made of.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) first: String,
    pub(super) middle: String,
    pub(super) last: String,
    /// How many times as wide a whole page is as what lies between `first` and `last`.
    pub(super) pages: f64,
    /// The same for what lies between `middle` and `last`.
    pub(super) half_pages: f64,
}

/// Everything behind `after` up to `end`.
#[derive(Debug)]
pub(super) struct Segment<T> {
    /// What its next page begins behind.
    pub(super) after: Position,
    /// Its last place; without it, it goes on to the end of the listing.
    pub(super) end: Option<Position>,
    pub(super) state: State,
    /// Pages that came and wait for those before them.
    pub(super) ready: VecDeque<Vec<T>>,
    /// Whether a page of its own came.
    pub(super) is_answered: bool,
    /// Whether it was begun by a guess that is not answered yet.
    pub(super) is_guess: bool,
    /// What that guess went by.
    pub(super) hint: Hint,
    /// Whether a guess behind it found nothing.
    pub(super) has_missed: bool,
    /// Whether entries are known to follow behind its end.
    pub(super) is_closed: bool,
    /// How wide a page is, as far as is known.
    pub(super) page: Option<Span>,
    /// What that is measured by.
    pub(super) sample: Option<Arc<Sample>>,
    /// How many pages ahead a guess goes while nothing is known of what lies there.
    pub(super) reach: f64,
    /// How many pages fit between `after` and `end`, by the width of one.
    pub(super) pages: f64,
}

impl<T> Segment<T> {
    pub(super) fn new(after: Position, end: Option<Position>) -> Self {
        Self {
            after,
            end,
            state: State::Idle,
            ready: VecDeque::new(),
            is_answered: false,
            is_guess: false,
            hint: Hint::Width,
            has_missed: false,
            is_closed: false,
            page: None,
            sample: None,
            reach: super::FIRST_REACH,
            pages: f64::INFINITY,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Idle | State::Asked(_))
    }
}
