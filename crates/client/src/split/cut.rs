//! Where to cut.

use super::{
    Lister, Position, Positioned,
    ruler::{ID_MARK, Span},
    segment::Segment,
};

/// Stands in a text behind a key and all of its ids.
const KEY_END: char = '\u{1}';

/// How much of the useful requests may be spent on guesses that turn out useless.
const SHARE: f64 = 0.3;

/// A cut lies this much before a whole number of pages, as pages that are a little narrower than
/// thought would leave a rest that costs a request.
const MARGIN: f64 = 0.08;

/// How many pages may fit into a segment by the width of one, for that to be believed.
const PLAUSIBLE: f64 = 512.0;

/// How far guesses go at most, in pages.
const MAX_REACH: f64 = 64.0;

/// A cut that could be made.
struct Cut {
    at: String,
    /// How wide a page is behind it, where that is as before it.
    page: Option<Span>,
}

impl<T: Positioned> Lister<T> {
    /// Cuts a segment in two, where that may be done; gives the right one.
    pub(super) fn guess(&mut self) -> Option<usize> {
        if !self.has_room() || !self.ledger.allows_guess(self.open(), SHARE) {
            return None;
        }
        let (index, cut, at) = (0..self.segments.len()).find_map(|index| {
            let cut = self.cut(index)?;
            let segment = &self.segments[index];
            let at = self.position(&cut.at);
            let fits = segment.after < at && segment.end.as_ref().is_none_or(|end| at < *end);
            fits.then_some((index, cut, at))
        })?;
        let left = &mut self.segments[index];
        let mut right = Segment::new(at.clone(), left.end.replace(at));
        right.page = cut.page;
        right.is_guess = true;
        right.is_closed = left.is_closed;
        right.reach = left.reach;
        self.segments.insert(index + 1, right);
        self.measure(index);
        self.measure(index + 1);
        Some(index + 1)
    }

    /// Where segment `index` would be cut.
    fn cut(&self, index: usize) -> Option<Cut> {
        let segment = &self.segments[index];
        let unit = segment.page.filter(|_| segment.is_open())?;
        let text = self.position_text(&segment.after);
        if segment.is_closed && segment.pages < PLAUSIBLE {
            let piece = self.piece();
            let span = Span { chars: unit.chars * (piece - MARGIN), ..unit };
            return (segment.pages > piece + 0.9)
                .then(|| self.ruler.advance(&text, span))?
                .map(|at| Cut { at, page: Some(unit) });
        }
        let is_waiting = self.segments.get(index + 1).is_some_and(|right| right.is_guess);
        if is_waiting {
            return None;
        }
        self.leap(segment, &text, unit)
    }

    /// A cut into the unknown.
    fn leap(&self, segment: &Segment<T>, text: &str, unit: Span) -> Option<Cut> {
        let room = self.ruler.room(text, unit);
        let reach = if segment.is_closed { self.piece() } else { segment.reach };
        let reach = reach.min(segment.pages / 2.0);
        if reach < 0.9 {
            return None;
        }
        if room < 2.0 * reach {
            let boundary = self.ruler.boundary(text, unit.level);
            if let Some(at) = boundary {
                let is_inside = segment.end.as_ref().is_none_or(|end| self.position(&at) < *end);
                if is_inside {
                    return Some(Cut { at, page: None });
                }
            }
        }
        let pages = reach.min(room / 2.0);
        if room < 1.5 {
            return None;
        }
        let span = Span { chars: unit.chars * (pages.floor().max(1.0) - MARGIN), ..unit };
        let at = self.ruler.advance(text, span)?;
        Some(Cut { at, page: Some(unit) })
    }

    /// How many pages a piece of a long segment has.
    fn piece(&self) -> f64 {
        (self.limits.waiting as f64 / self.limits.requests as f64).floor().max(1.0)
    }

    /// Draws conclusions from the answer to the guess that begins segment `index`.
    pub(super) fn conclude(&mut self, index: usize, is_miss: bool) {
        let Some(left) = index.checked_sub(1) else { return };
        if self.segments[left].is_closed {
            return;
        }
        if is_miss {
            self.segments[left].reach /= 4.0;
        } else {
            self.segments[left].is_closed = true;
            let right = &mut self.segments[index];
            right.reach = (right.reach * 4.0).min(MAX_REACH);
        }
    }

    /// Takes note of how many pages fit into a segment.
    pub(super) fn measure(&mut self, index: usize) {
        let segment = &self.segments[index];
        let pages = match (segment.page, &segment.end) {
            (Some(unit), Some(end)) => {
                let (after, end) = (self.position_text(&segment.after), self.position_text(end));
                self.ruler.units(&after, &end, unit)
            }
            _ => f64::INFINITY,
        };
        self.segments[index].pages = pages;
    }

    /// The text that stands for an entry where distances are measured.
    pub(super) fn text(&self, entry: &T) -> String {
        match entry.id().filter(|_| self.limits.ids_ascend) {
            Some(id) => format!("{}{ID_MARK}{id}", entry.key()),
            None => entry.key().to_owned(),
        }
    }

    fn position_text(&self, position: &Position) -> String {
        match &position.id {
            Some(id) if self.limits.ids_ascend => format!("{}{ID_MARK}{id}", position.key),
            None if self.limits.ids_ascend => format!("{}{KEY_END}", position.key),
            _ => position.key.clone(),
        }
    }

    /// The position that a text stands for.
    fn position(&self, text: &str) -> Position {
        match text.split_once(ID_MARK).filter(|_| self.limits.ids_ascend) {
            Some((key, id)) => Position { key: key.to_owned(), id: Some(id.to_owned()) },
            None => Position::behind(text.trim_end_matches(KEY_END)),
        }
    }
}
