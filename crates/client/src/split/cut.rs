//! Where to cut.

use std::collections::VecDeque;

use super::{
    Lister, Position, Positioned,
    names::Outward,
    ruler::{ID_MARK, Span},
    segment::{Hint, Segment},
};

/// Stands in a text behind a key and all of its ids.
const KEY_END: char = '\u{1}';

/// How much of the useful requests may be spent on guesses that turn out useless.
const SHARE: f64 = 0.40;

/// How much of a piece the guess that begins it may cost.
const GUESS_SHARE: f64 = 0.2;

/// The longest pieces, in pages.
const MAX_PIECE: f64 = 8.0;

/// A cut lies this much before a whole number of pages, as pages that are a little narrower than
/// thought would leave a rest that costs a request.
const MARGIN: f64 = 0.08;

/// From so many pages on a segment is cut into pieces of one length, as a rest of a little more than
/// a page would come a round trip late. In a shorter one that costs more requests than it is worth.
const LONG: f64 = 4.0;

/// How many pages may fit into a segment by the width of one, for that to be believed.
pub(super) const PLAUSIBLE: f64 = 512.0;

/// How many guesses into the unknown may be on their way.
const LEAPS: usize = 3;

/// How far guesses into the unknown lie apart at least, in pages.
const APART: f64 = 1.5;

/// How many guesses in a row go by the width of a page where fields have several lengths: there
/// pages differ in width, as between `19` and `2` lies less than between `2` and `3`.
const UNEVEN: usize = 2;

/// How far guesses go at most, in pages.
const MAX_REACH: f64 = 64.0;

/// A cut that could be made.
struct Cut {
    at: String,
    /// How wide a page is behind it, where that is as before it.
    page: Option<Span>,
    hint: Hint,
}

impl<T: Positioned> Lister<T> {
    /// Cuts a segment in two, where that may be done; gives the right one.
    pub(super) fn guess(&mut self) -> Option<usize> {
        if !self.has_room(0) || !self.ledger.allows_guess(self.open(), SHARE) {
            return None;
        }
        let (base, (index, cut)) = self
            .near()
            .take_while(|index| self.has_room(*index))
            .find_map(|index| Some((index, self.cut(index)?)))?;
        let at = self.cut_position(&cut.at, &self.segments[index]);
        let sample = cut.page.and_then(|_| self.segments[base].sample.clone());
        let left = &mut self.segments[index];
        let mut right = Segment::new(at.clone(), left.end.replace(at));
        right.page = cut.page;
        right.sample = sample;
        right.is_guess = true;
        right.is_closed = left.is_closed;
        right.hint = cut.hint;
        right.reach = if left.is_closed { left.reach } else { (left.reach * 4.0).min(MAX_REACH) };
        self.segments.insert(index + 1, right);
        self.measure(index);
        self.measure(index + 1);
        Some(index + 1)
    }

    /// A cut that segment `index` suggests, and the segment that it lies in.
    fn cut(&self, index: usize) -> Option<(usize, Cut)> {
        let segment = &self.segments[index];
        let unit = segment.page.filter(|_| segment.is_open())?;
        let right = self.segments.get(index + 1).filter(|right| right.is_guess);
        if !segment.is_closed || segment.pages >= PLAUSIBLE {
            let is_base = !segment.is_guess && right.is_none_or(|right| right.hint != Hint::Width);
            return if is_base { self.leap(index, unit) } else { None };
        }
        let is_alone = !segment.is_guess && right.is_none();
        if !is_alone && !self.ledger.trusts_guesses() {
            return None;
        }
        let text = self.base_text(&segment.after);
        if self.guesses_before(index) >= UNEVEN && !self.ruler.is_even(&text, unit) {
            return None;
        }
        let cut = self.inner(segment, &text, unit, right.is_some())?;
        // One guess tells whether a field goes on behind all that it was seen to be.
        if self.guesses_before(index) > 0 && self.ruler.is_beyond(&text, &cut.at) {
            return None;
        }
        self.is_inside(segment, &cut.at).then_some((index, cut))
    }

    /// How many segments in a row, up to this one, begin by guesses that are not answered yet.
    fn guesses_before(&self, index: usize) -> usize {
        let before = self.segments.iter().take(index + 1).rev();
        before.take_while(|segment| segment.is_guess).count()
    }

    /// A cut in front of entries that are known: a piece ahead where keys go on as they are, else
    /// where the next field of them begins.
    fn inner(&self, segment: &Segment<T>, text: &str, unit: Span, is_waiting: bool) -> Option<Cut> {
        let piece = self.piece().min((segment.pages / 2.0).floor()).max(1.0);
        if segment.pages < piece + 0.3 {
            return None;
        }
        let next = self.at(text, unit, Self::length(segment.pages, piece))?;
        if self.ruler.is_past(text, &next.at) {
            return None;
        }
        let Some(end) = self.ruler.left_behind(text, &next.at, unit) else { return Some(next) };
        let behind = self.ruler.behind(text, end);
        match behind.filter(|(at, _)| self.is_inside(segment, at)) {
            Some((at, is_known)) if is_known || !(is_waiting || segment.is_guess) => {
                Some(Cut { at, page: Some(unit), hint: Hint::Width })
            }
            Some(_) => None,
            None if is_waiting || segment.is_guess => None,
            None => Some(Cut { page: None, ..next }),
        }
    }

    /// Whether a cut lies within a segment.
    fn is_inside(&self, segment: &Segment<T>, at: &str) -> bool {
        let at = self.cut_position(at, segment);
        segment.after < at && segment.end.as_ref().is_none_or(|end| at < *end)
    }

    /// The position that a text stands for where `segment` is cut. Only a key that is being listed
    /// is known to be one, and not part of a common prefix.
    fn cut_position(&self, at: &str, segment: &Segment<T>) -> Position {
        let Position { key, id } = self.position(at);
        Position { id: id.filter(|_| key == segment.after.key), key }
    }

    /// A cut into the unknown behind segment `index`, that was not made yet: at a name that was seen
    /// elsewhere, or else one of a few that its last page suggests, first near, then far, and on in
    /// turn.
    fn leap(&self, index: usize, unit: Span) -> Option<(usize, Cut)> {
        let base = &self.segments[index];
        let right = || {
            let right = self.segments.iter().skip(index + 1);
            right.take_while(|right| right.is_guess && right.hint != Hint::Width)
        };
        let guesses = right().count();
        let text = self.base_text(&base.after);
        let is_open = self.segments[index + guesses].end.is_none();
        let is_first = self.segments.iter().take(index).all(|segment| !segment.is_open());
        let Outward { seen, beyond } = self.ruler.outward(&text, unit, is_open, is_first);
        let place = |cut: Cut| Some((self.new_place(index, guesses, &cut, unit)?, cut));
        let named = seen.into_iter().map(|at| Cut { at, page: None, hint: Hint::Name });
        if let Some(found) = named.into_iter().find_map(place) {
            return Some(found);
        }
        let leaps = right().filter(|right| right.hint == Hint::Nothing).count();
        if leaps >= LEAPS - usize::from(base.has_missed) {
            return None;
        }
        let pages = self.pages(&base.after, self.segments[index + guesses].end.as_ref(), unit);
        let room = self.ruler.field_room(&text, unit).min(pages);
        let mut cuts: VecDeque<Cut> = self.ahead(&text, unit, base.reach, room).collect();
        cuts.extend(beyond.into_iter().map(|at| Cut { at, page: None, hint: Hint::Nothing }));
        let in_turn = [true, false].into_iter().cycle();
        let in_turn =
            in_turn.map_while(|is_near| if is_near { cuts.pop_front() } else { cuts.pop_back() });
        // How far a field goes is a guess too: all of these may lie behind its end.
        let is_far = leaps == 0 && room >= super::FIRST_REACH * 2.0;
        let nearest = is_far.then(|| self.step(&text, unit, super::FIRST_REACH)).flatten();
        let mut cuts = in_turn.chain(nearest).map(|cut| Cut { hint: Hint::Nothing, ..cut });
        cuts.find_map(place)
    }

    /// Cuts ahead in a field that has room for so many pages: near, farther, and close to its end,
    /// if that can be told.
    fn ahead(&self, text: &str, unit: Span, reach: f64, room: f64) -> impl Iterator<Item = Cut> {
        let is_told = room < PLAUSIBLE && self.ruler.is_even(text, unit);
        let last = if is_told { room - 2.0 } else { 0.0 };
        let pages = [reach.min(room / 2.0), (reach * 4.0).min(room / 2.0), last];
        let pages = pages.into_iter().filter(|pages| *pages >= super::FIRST_REACH);
        pages.filter_map(move |pages| self.step(text, unit, pages))
    }

    /// Which of the segment `index` and the `guesses` behind it a cut lies in, if it is a new one.
    fn new_place(&self, index: usize, guesses: usize, cut: &Cut, unit: Span) -> Option<usize> {
        let mut near = index..=index + guesses;
        let found = near.find(|index| self.is_inside(&self.segments[*index], &cut.at))?;
        let at = self.position(&cut.at);
        let segment = &self.segments[found];
        let is_apart = |from: &Position, to: Option<&Position>| self.pages(from, to, unit) > APART;
        let is_new = cut.hint == Hint::Name
            || (found == index || is_apart(&segment.after, Some(&at)))
                && (found == index + guesses || is_apart(&at, segment.end.as_ref()));
        is_new.then_some(found)
    }

    /// A cut a whole number of pages ahead.
    fn step(&self, text: &str, unit: Span, pages: f64) -> Option<Cut> {
        self.at(text, unit, pages.floor().max(1.0) - MARGIN)
    }

    /// A cut so many pages ahead.
    fn at(&self, text: &str, unit: Span, pages: f64) -> Option<Cut> {
        let at = self.ruler.advance(text, Span { chars: unit.chars * pages, ..unit })?;
        Some(Cut { at, page: Some(unit), hint: Hint::Width })
    }

    /// How long a piece of `piece` pages is in a segment of `pages`.
    fn length(pages: f64, piece: f64) -> f64 {
        let most = piece - MARGIN;
        if pages < LONG { most } else { pages / (pages / most).ceil() }
    }

    /// How many pages a piece of a long segment has: as few as keep all requests busy, but more
    /// where guesses go wrong.
    fn piece(&self) -> f64 {
        (self.ledger.cost_of_guess() / GUESS_SHARE).floor().clamp(1.0, MAX_PIECE)
    }

    /// Draws conclusions from the answer to the guess that begins segment `index`.
    pub(super) fn conclude(&mut self, index: usize, is_miss: bool) {
        let Some(left) = index.checked_sub(1) else { return };
        self.segments[left].has_missed = is_miss;
        if is_miss {
            let left = &mut self.segments[left];
            left.reach = (left.reach / 4.0).max(super::FIRST_REACH);
            return;
        }
        // What was found somewhere else, such as in the next directory, says nothing of what lies
        // between two guesses here.
        let found = self.position_text(&self.segments[index].after);
        let is_near = |segment: &Segment<T>| {
            let after = self.base_text(&segment.after);
            segment.page.is_none_or(|unit| self.ruler.is_measurable(&after, &found, unit))
        };
        let near: Vec<usize> = (0..index).filter(|left| is_near(&self.segments[*left])).collect();
        for left in near {
            self.segments[left].is_closed = true;
        }
    }

    /// Takes note of how many pages fit into a segment, if that can be told.
    pub(super) fn measure(&mut self, index: usize) {
        let segment = &self.segments[index];
        let pages = segment.page.map(|unit| self.pages(&segment.after, segment.end.as_ref(), unit));
        self.segments[index].pages = pages.unwrap_or(f64::INFINITY);
    }

    /// How many pages fit between two places; infinitely many where that cannot be told.
    fn pages(&self, after: &Position, end: Option<&Position>, unit: Span) -> f64 {
        let Some(end) = end else { return f64::INFINITY };
        let (after, end) = (self.base_text(after), self.position_text(end));
        match self.ruler.is_measurable(&after, &end, unit) {
            true => self.ruler.units(&after, &end, unit),
            false => f64::INFINITY,
        }
    }

    /// The text that stands for an entry where distances are measured.
    pub(super) fn text(&self, entry: &T) -> String {
        match entry.id().filter(|_| self.limits.ids_ascend) {
            Some(id) => format!("{}{ID_MARK}{id}", entry.key()),
            None => entry.key().to_owned(),
        }
    }

    /// The text that keys behind a position are measured from.
    pub(super) fn base_text(&self, position: &Position) -> String {
        match position.id {
            Some(_) => self.position_text(position),
            None => position.key.clone(),
        }
    }

    pub(super) fn position_text(&self, position: &Position) -> String {
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
