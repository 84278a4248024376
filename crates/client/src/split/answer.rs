//! What is made of an answer.

use std::sync::Arc;

use super::{
    Disorder, Lister, Page, Positioned, count,
    position::{Position, is_ascending},
    ruler::Span,
    segment::{Hint, Sample, State},
};

/// How many keys of a page are looked at to learn what keys are made of.
const SAMPLES: usize = 64;

/// How different the width of half a page must be for it to count more than the whole.
const UNEVEN: f64 = 0.15;

impl<T: Positioned> Lister<T> {
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
        let mut is_news = self.ruler.learn(texts.iter().map(String::as_str));
        is_news |= self.learn_gap(index, texts.first().map(String::as_str));
        let sample = self.sample(&page.entries);
        let page = sample.as_ref().and_then(|sample| self.width(sample));
        let segment = &mut self.segments[index];
        segment.sample = sample.map(Arc::new);
        segment.page = page;
        if is_news {
            self.measure_again();
        }
    }

    /// Learns from what does not lie between a guess and the first key behind it: the field that
    /// the guess went into may end before.
    fn learn_gap(&mut self, index: usize, first: Option<&str>) -> bool {
        let segment = &self.segments[index];
        let mut left = self.segments.iter().take(index).rev();
        let Some(known) = left.find(|left| !left.is_guess).filter(|_| segment.is_guess) else {
            return false;
        };
        let (key, at) = (self.base_text(&known.after), self.position_text(&segment.after));
        self.ruler.learn_gap(&key, &at, first)
    }

    /// Measures all segments by what is known of keys now: what was measured before some characters
    /// were seen is wrong by their share.
    fn measure_again(&mut self) {
        for index in 0..self.segments.len() {
            let segment = &self.segments[index];
            if let Some(sample) = segment.sample.as_ref().filter(|_| segment.is_open()) {
                self.segments[index].page = self.width(sample);
                self.measure(index);
            }
        }
    }

    /// Keys of a page that show how wide it is.
    fn sample(&self, entries: &[T]) -> Option<Sample> {
        let [first, .., last] = entries else { return None };
        let page = self.ledger.page().max(count(entries.len()));
        let middle = entries.len() / 2;
        Some(Sample {
            first: self.text(first),
            middle: self.text(&entries[middle]),
            last: self.text(last),
            pages: page / count(entries.len() - 1),
            half_pages: page / count(entries.len() - 1 - middle),
        })
    }

    /// How wide a page is: as wide as this one, or as twice its second half where that is another
    /// matter, since it is nearer to what comes.
    fn width(&self, sample: &Sample) -> Option<Span> {
        let whole = self.extent(&sample.first, &sample.last, sample.pages)?;
        let half = self.extent(&sample.middle, &sample.last, sample.half_pages)?;
        let is_even = half.level == whole.level && (half.chars / whole.chars - 1.0).abs() < UNEVEN;
        Some(if is_even { whole } else { half })
    }

    /// So many times the way between two keys.
    fn extent(&self, first: &str, last: &str, times: f64) -> Option<Span> {
        let mut width = self.ruler.distance(first, last);
        width.chars *= times;
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
            if segment.hint == Hint::Width || !is_miss {
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
}

/// Whether this stands for keys on both sides of `after`.
fn is_rolled_over(entry: &impl Positioned, after: &Position) -> bool {
    entry.is_common_prefix() && after.key.starts_with(entry.key())
}

/// Whether `b` may follow `a` where ids of one key are in no order.
fn is_key_order_kept(a: &impl Positioned, b: &impl Positioned) -> bool {
    a.key() < b.key() || (a.key() == b.key() && a.id().is_some() && a.id() != b.id())
}
