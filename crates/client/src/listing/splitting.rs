//! Listings by key, many pages at a time: what [`split`](crate::split) wants to know is asked for.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::stream::{self, StreamExt};
use ossutil_protocol::operations::{
    ListMultipartUploads, ListObjectVersions, ListObjects, Object, Upload, VersionEntry,
};
use tokio::task::{JoinError, JoinSet};

use super::{Entries, Entry, Mode, Paged, context, one_by_one, stuck};
use crate::{
    Client, Error,
    split::{Limits, Lister, Page, Position, Positioned, Ready},
};

/// The most entries of a page.
const PAGE: u32 = 1000;

/// How many pages wait, for each request that may be on its way.
const WAITING: usize = 3;

/// A listing that can begin anywhere.
pub(super) trait Split: Paged<Entry: Positioned> {
    /// Whether ids of one key come in ascending order.
    const IDS_ASCEND: bool;

    /// What the request asks for.
    fn scope(&self) -> Scope<'_>;

    /// Where the request begins.
    fn start(&self) -> Position;

    /// The same from elsewhere on.
    fn begin_behind(&self, after: Position) -> Self;
}

/// What a request asks for.
pub(super) struct Scope<'a> {
    prefix: &'a str,
    delimiter: &'a str,
    page: Option<u32>,
}

/// The entries of `first` and of all that follow.
pub(super) fn list<O: Split>(client: &Client, first: O) -> Entries<O::Entry> {
    let mode = client.listing_mode();
    if mode.requests < 2 {
        return one_by_one(client, first);
    }
    let Scope { delimiter, page, .. } = first.scope();
    let page = page.unwrap_or(PAGE) as usize;
    let is_rolled = !delimiter.is_empty() && mode.is_ordered;
    let listing = Listing::new(client, first, mode);
    let pages = stream::try_unfold(listing, |mut listing| async move {
        Ok(listing.next().await?.map(|entries| (entries, listing)))
    });
    if is_rolled {
        return regroup(Entries::of(pages), page);
    }
    Entries::of(pages)
}

/// What came back for a request.
type Answer<T> = (u64, Result<Page<T>, Error>);

/// A listing that is under way. Its requests end when it is dropped.
struct Listing<O: Split> {
    client: Client,
    first: O,
    is_ordered: bool,
    lister: Lister<O::Entry>,
    requests: JoinSet<Answer<O::Entry>>,
    /// Set when the service turned a request away for load.
    is_busy: Arc<AtomicBool>,
    errors: BTreeMap<u64, Error>,
    has_given: bool,
}

impl<O: Split> Listing<O> {
    fn new(client: &Client, first: O, mode: Mode) -> Self {
        let limits = Limits {
            requests: mode.requests,
            waiting: mode.requests.saturating_mul(WAITING),
            ids_ascend: O::IDS_ASCEND,
        };
        Self {
            lister: Lister::new(first.start(), first.scope().prefix, limits),
            client: client.clone(),
            first,
            is_ordered: mode.is_ordered,
            requests: JoinSet::new(),
            is_busy: Arc::default(),
            errors: BTreeMap::new(),
            has_given: false,
        }
    }

    /// The next entries. The first page is given out before anything else is asked for: a reader
    /// that wants no more costs one request.
    async fn next(&mut self) -> Result<Option<Vec<O::Entry>>, Error> {
        if self.has_given {
            while let Some(answer) = self.requests.try_join_next() {
                self.take(answer);
            }
            self.ask();
        }
        loop {
            let ready =
                if self.is_ordered { self.lister.pop_ready() } else { self.lister.pop_any() };
            match ready {
                Some(Ready::Entries(entries)) => {
                    self.has_given = true;
                    return Ok(Some(entries));
                }
                Some(Ready::Failed(id)) => match self.errors.remove(&id) {
                    Some(error) => return Err(error),
                    None => return Ok(None),
                },
                None if self.lister.is_done() => return Ok(None),
                None => {}
            }
            self.ask();
            if let Some(answer) = self.requests.join_next().await {
                self.take(answer);
            }
        }
    }

    /// Asks for what is to be asked now.
    fn ask(&mut self) {
        while let Some(request) = self.lister.next_request() {
            let operation = self.first.begin_behind(request.after);
            let (client, is_busy) = (self.client.clone(), Arc::clone(&self.is_busy));
            self.requests
                .spawn(async move { (request.id, page(&client, &operation, &is_busy).await) });
        }
    }

    /// Takes what came back.
    fn take(&mut self, answer: Result<Answer<O::Entry>, JoinError>) {
        let (id, answer) = match answer {
            Ok(answer) => answer,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        if self.is_busy.swap(false, Ordering::Relaxed) {
            self.lister.slow_down();
        }
        let error = match answer {
            Ok(page) => match self.lister.answer(id, page) {
                Ok(()) => return,
                Err(disorder) => Error::Disorder {
                    context: context(&self.first),
                    after: disorder.after,
                    key: disorder.key,
                },
            },
            Err(error) => {
                self.lister.failed(id);
                error
            }
        };
        self.errors.insert(id, error);
    }
}

/// Sends a request for a page.
async fn page<O: Split>(
    client: &Client,
    request: &O,
    is_busy: &AtomicBool,
) -> Result<Page<O::Entry>, Error> {
    let note = |error: &Error| {
        let is_turned_away =
            error.service().is_some_and(|error| matches!(error.status.as_u16(), 429 | 503));
        if is_turned_away {
            is_busy.store(true, Ordering::Relaxed);
        }
    };
    let page = client.send_watched(request, &note).await?;
    let next = request.next(&page).map_err(|marker| stuck(request, marker))?;
    Ok(Page { entries: merged(O::entries(page)), next: next.map(|next| next.start()) })
}

/// Entries and common prefixes, each in their order, by name. The answers have common prefixes
/// last.
fn merged<T: Positioned>(mut entries: Vec<T>) -> Vec<T> {
    let items = entries.iter().position(Positioned::is_common_prefix).unwrap_or(entries.len());
    let mut prefixes = entries.split_off(items).into_iter().peekable();
    if prefixes.peek().is_none() {
        return entries;
    }
    let mut merged = Vec::with_capacity(entries.len() + prefixes.len());
    for item in entries {
        while let Some(prefix) = prefixes.next_if(|prefix| prefix.key() < item.key()) {
            merged.push(prefix);
        }
        merged.push(item);
    }
    merged.extend(prefixes);
    merged
}

/// Puts entries and common prefixes into the order that pages have which are asked for one after
/// another: in each, common prefixes come last.
fn regroup<T: Positioned + Send + 'static>(entries: Entries<T>, size: usize) -> Entries<T> {
    let groups = stream::unfold(Some(entries), move |entries| async move {
        let mut entries = entries?;
        let mut group = Vec::new();
        loop {
            match entries.next().await {
                Some(Ok(entry)) => group.push(entry),
                Some(Err(error)) => return Some((vec![Ok(sorted(group)), Err(error)], None)),
                None => return Some((vec![Ok(sorted(group))], None)),
            }
            if group.len() == size {
                return Some((vec![Ok(sorted(group))], Some(entries)));
            }
        }
    });
    Entries::of(groups.map(stream::iter).flatten())
}

/// A group of entries with its common prefixes last.
fn sorted<T: Positioned>(mut group: Vec<T>) -> Vec<T> {
    group.sort_by_key(Positioned::is_common_prefix);
    group
}

impl<T: Positioned> Positioned for Entry<T> {
    fn key(&self) -> &str {
        match self {
            Self::Item(item) => item.key(),
            Self::CommonPrefix(prefix) => prefix,
        }
    }

    fn id(&self) -> Option<&str> {
        match self {
            Self::Item(item) => item.id(),
            Self::CommonPrefix(_) => None,
        }
    }

    fn is_common_prefix(&self) -> bool {
        matches!(self, Self::CommonPrefix(_))
    }
}

impl Positioned for Upload {
    fn key(&self) -> &str {
        &self.key
    }

    fn id(&self) -> Option<&str> {
        Some(&self.upload_id)
    }
}

impl Positioned for Object {
    fn key(&self) -> &str {
        &self.key
    }
}

impl Positioned for VersionEntry {
    fn key(&self) -> &str {
        &self.key
    }

    fn id(&self) -> Option<&str> {
        Some(&self.version_id)
    }
}

/// A marker of a key and an id that counts only beside a key.
fn position(key: &str, id: &str) -> Position {
    let id = Some(id).filter(|id| !id.is_empty() && !key.is_empty());
    Position { key: key.to_owned(), id: id.map(str::to_owned) }
}

impl Split for ListMultipartUploads {
    const IDS_ASCEND: bool = true;

    fn scope(&self) -> Scope<'_> {
        Scope { prefix: &self.prefix, delimiter: &self.delimiter, page: self.max_uploads }
    }

    fn start(&self) -> Position {
        position(&self.key_marker, &self.upload_id_marker)
    }

    fn begin_behind(&self, after: Position) -> Self {
        let upload_id_marker = after.id.unwrap_or_default();
        Self { key_marker: after.key, upload_id_marker, ..self.clone() }
    }
}

impl Split for ListObjects {
    const IDS_ASCEND: bool = false;

    fn scope(&self) -> Scope<'_> {
        Scope { prefix: &self.prefix, delimiter: &self.delimiter, page: self.max_keys }
    }

    fn start(&self) -> Position {
        Position::behind(&self.marker)
    }

    fn begin_behind(&self, after: Position) -> Self {
        Self { marker: after.key, ..self.clone() }
    }
}

impl Split for ListObjectVersions {
    const IDS_ASCEND: bool = false;

    fn scope(&self) -> Scope<'_> {
        Scope { prefix: &self.prefix, delimiter: &self.delimiter, page: self.max_keys }
    }

    fn start(&self) -> Position {
        position(&self.key_marker, &self.version_id_marker)
    }

    fn begin_behind(&self, after: Position) -> Self {
        let version_id_marker = after.id.unwrap_or_default();
        Self { key_marker: after.key, version_id_marker, ..self.clone() }
    }
}
