//! Where to cut.

use super::{
    Lister, Position, Positioned, count,
    ruler::{ID_MARK, Span},
    segment::Segment,
};

/// Stands in a text behind a key and all of its ids.
const KEY_END: char = '\u{1}';

/// How much of the useful requests may be spent on guesses that turn out useless.
const SHARE: f64 = 0.4;

/// How much of a piece the guess that begins it may cost.
const GUESS_SHARE: f64 = 0.2;

/// The longest pieces, in pages.
const MAX_PIECE: f64 = 8.0;

/// A cut lies this much before a whole number of pages, as pages that are a little narrower than
/// thought would leave a rest that costs a request.
const MARGIN: f64 = 0.08;

/// How many pages may fit into a segment by the width of one, for that to be believed.
pub(super) const PLAUSIBLE: f64 = 512.0;

/// How far guesses go at most, in pages.
const MAX_REACH: f64 = 64.0;

/// How little is left of that after guesses that found nothing: a page found makes it one again.
const LEAST_REACH: f64 = 0.5;

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
        let (index, cut, at) = self.near().find_map(|index| {
            let cut = self.cut(index)?;
            let segment = &self.segments[index];
            let mut at = self.position(&cut.at);
            // Only a key that is being listed is known to be one, and not part of a common prefix.
            at.id = at.id.filter(|_| at.key == segment.after.key);
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
        let can_chain = segment.is_closed && self.ledger.trusts_guesses();
        let is_waiting = self.segments.get(index + 1).is_some_and(|right| right.is_guess);
        if !can_chain && (is_waiting || segment.is_guess) {
            return None;
        }
        match segment.is_closed {
            true => self.inner(segment, &text, unit, is_waiting),
            false => self.leap(segment, &text, unit),
        }
    }

    /// A cut in front of entries that are known: a piece ahead where keys go on as they are, else
    /// a single one further on.
    fn inner(&self, segment: &Segment<T>, text: &str, unit: Span, is_waiting: bool) -> Option<Cut> {
        let piece = self.piece();
        if segment.pages < piece + 0.9 {
            return None;
        }
        let next = self.step(text, unit, piece)?;
        let Some(end) = self.ruler.left_behind(text, &next.at, unit) else { return Some(next) };
        if is_waiting {
            return None;
        }
        if segment.pages < PLAUSIBLE && segment.pages > 4.0 * piece {
            let half = self.step(text, unit, segment.pages / 2.0)?;
            return Some(Cut { page: None, ..half });
        }
        if segment.is_guess {
            return None;
        }
        let at = self.ruler.boundary(text, end).filter(|at| self.is_inside(segment, at));
        Some(Cut { at: at.unwrap_or(next.at), page: None })
    }

    /// Whether a cut lies before the end of a segment.
    fn is_inside(&self, segment: &Segment<T>, at: &str) -> bool {
        segment.end.as_ref().is_none_or(|end| self.position(at) < *end)
    }

    /// A cut into the unknown.
    fn leap(&self, segment: &Segment<T>, text: &str, unit: Span) -> Option<Cut> {
        let reach = segment.reach.min(segment.pages / 2.0);
        if reach < 1.0 - MARGIN {
            let strides = [16.0, 4.0, 2.0].into_iter().filter(|pages| *pages <= segment.reach);
            let mut cuts = strides.filter_map(|pages| self.ruler.stride(text, unit, pages));
            return cuts.find(|at| self.is_inside(segment, at)).map(|at| Cut { at, page: None });
        }
        let Some((level, room)) = self.ruler.room(text, unit, reach) else {
            // The prefix ends before: half of what is left.
            let (_, room) = self.ruler.room(text, unit, 1.5)?;
            return self.step(text, unit, (room / 2.0).min(reach));
        };
        if room < 2.0 * reach
            && let Some(at) = self.ruler.boundary(text, level)
            && self.is_inside(segment, &at)
        {
            return Some(Cut { at, page: None });
        }
        self.step(text, unit, reach)
    }

    /// A cut so many pages ahead.
    fn step(&self, text: &str, unit: Span, pages: f64) -> Option<Cut> {
        let pages = pages.floor().max(1.0) - MARGIN;
        let at = self.ruler.advance(text, Span { chars: unit.chars * pages, ..unit })?;
        Some(Cut { at, page: Some(unit) })
    }

    /// How many pages a piece of a long segment has: as few as keep all requests busy, but more
    /// where guesses go wrong.
    fn piece(&self) -> f64 {
        let fill = self.limits.waiting / self.limits.requests.max(1);
        (self.ledger.cost_of_guess() / GUESS_SHARE).max(count(fill)).floor().clamp(1.0, MAX_PIECE)
    }

    /// Draws conclusions from the answer to the guess that begins segment `index`.
    pub(super) fn conclude(&mut self, index: usize, is_miss: bool) {
        let Some(left) = index.checked_sub(1) else { return };
        let piece = self.piece();
        let (left, right) = (left, index);
        if is_miss {
            let left = &mut self.segments[left];
            let reach = if left.is_closed { piece } else { left.reach };
            (left.is_closed, left.reach) = (false, (reach / 4.0).max(LEAST_REACH));
        } else if !self.segments[left].is_closed {
            self.segments[left].is_closed = true;
            let right = &mut self.segments[right];
            right.reach = (right.reach * 4.0).clamp(super::FIRST_REACH, MAX_REACH);
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
