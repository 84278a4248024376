//! The parts of an upload, in two round trips.
//!
//! Part numbers are integers from 1 to 10,000, and a marker may be any of them. Behind a marker,
//! a page of a thousand holds all parts of the next thousand *numbers*, however they are spread:
//! what it holds beyond them belongs to the range behind. So the ranges behind a first page that
//! was cut short can be asked for at once, without gap and without overlap.

use std::sync::Arc;

use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use ossutil_protocol::operations::{ListParts, Part};
use tokio::{sync::Semaphore, task::JoinHandle};

use super::{Entries, Paged, context, one_by_one, stuck};
use crate::{Client, Error};

/// The largest part number.
const LAST_NUMBER: u32 = 10_000;

/// The most parts of a page.
const PAGE: u32 = 1000;

/// The parts behind a marker, up to the number `end` where there is one.
#[derive(Clone)]
struct Range {
    request: ListParts,
    end: Option<u32>,
}

/// The parts from `first` on, in ascending order.
pub(super) fn list(client: &Client, first: ListParts) -> Entries<Part> {
    let requests = client.listing_mode().requests;
    if requests < 2 {
        return one_by_one(client, first);
    }
    let client = client.clone();
    let first =
        ListParts { max_parts: Some(first.max_parts.unwrap_or(PAGE).clamp(1, PAGE)), ..first };
    let parts = async move {
        let page = client.send(&first).await?;
        let next = first.next(&page).map_err(|marker| stuck(&first, marker))?;
        // What fits into one page is taken as it comes.
        let is_whole = next.is_none();
        // They are on their way before the first page is printed, and parsed side by side.
        let permits = Arc::new(Semaphore::new(requests));
        let ranges = next.as_ref().map(ranges).unwrap_or_default().into_iter();
        let tasks: Vec<_> = ranges
            .map(|range| Task::spawn(read(client.clone(), range, Arc::clone(&permits))))
            .collect();
        let rest = stream::iter(tasks).then(Task::join);
        let parts = stream::once(async { Ok(page.parts) }).chain(rest);
        Ok::<_, Error>(match is_whole {
            true => parts.boxed(),
            false => ascending(first, parts).boxed(),
        })
    };
    Entries::of(stream::once(parts).try_flatten())
}

/// Work in a task of its own, which ends when this is dropped.
struct Task<T>(JoinHandle<T>);

impl<T: Send + 'static> Task<T> {
    fn spawn(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }

    async fn join(mut self) -> T {
        match (&mut self.0).await {
            Ok(value) => value,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The same pages, or an error where a part does not come behind the one before.
fn ascending(
    first: ListParts,
    pages: impl Stream<Item = Result<Vec<Part>, Error>>,
) -> impl Stream<Item = Result<Vec<Part>, Error>> {
    let mut last = first.part_number_marker;
    let mut check = move |parts: Vec<Part>| {
        for part in &parts {
            let before = std::mem::replace(&mut last, part.part_number);
            if before >= part.part_number {
                return Err(Error::Disorder {
                    context: context(&first),
                    after: before.to_string(),
                    key: part.part_number.to_string(),
                });
            }
        }
        Ok(parts)
    };
    pages.map(move |parts| check(parts?))
}

/// Everything from `next` on, in pieces that a page holds for sure.
fn ranges(next: &ListParts) -> Vec<Range> {
    let step = next.max_parts.unwrap_or(PAGE);
    let marker = next.part_number_marker;
    let markers = (marker..LAST_NUMBER.max(marker + 1)).step_by(step as usize);
    markers
        .map(|part_number_marker| {
            let end = part_number_marker + step;
            let request = ListParts { part_number_marker, ..next.clone() };
            // The last one has no end: what a service numbers beyond is not lost.
            Range { request, end: Some(end).filter(|end| *end < LAST_NUMBER) }
        })
        .collect()
}

/// The parts of a range. One page, unless the service gives fewer parts than it was asked for.
async fn read(client: Client, range: Range, permits: Arc<Semaphore>) -> Result<Vec<Part>, Error> {
    let _permit = permits.acquire().await;
    let Range { mut request, end } = range;
    let mut parts = Vec::new();
    loop {
        let page = client.send(&request).await?;
        let next = request.next(&page).map_err(|marker| stuck(&request, marker))?;
        let is_inside = |number: u32| end.is_none_or(|end| number <= end);
        parts.extend(page.parts.into_iter().filter(|part| is_inside(part.part_number)));
        match next {
            Some(next) if end.is_none_or(|end| next.part_number_marker < end) => request = next,
            _ => return Ok(parts),
        }
    }
}
