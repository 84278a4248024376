//! Listings that span many pages, as streams of typed entries in the service's order.
//!
//! How a listing goes on behind a page is written once for each operation, in [`Paged`]; a page
//! that would lead to the same place again is an error, never a loop. [`entries`] does not wait
//! for one page to ask for the next where the operation allows it: parts and splittable listings
//! have modules of their own.

mod parts;
mod splitting;

use std::{
    pin::Pin,
    task::{self, Poll, ready},
    vec,
};

use futures_util::stream::{self, BoxStream, Stream, StreamExt, TryStreamExt};
use ossutil_protocol::{
    Operation,
    operations::{
        Bucket, CloudBox, ListBuckets, ListCloudBoxes, ListMultipartUploads, ListObjectVersions,
        ListObjects, ListParts, Object, Owner, Part, Upload, VersionEntry,
    },
};

use crate::{Client, Context, Error};

/// The entries of a listing, one by one. They come a page at a time, so that what is done for each
/// is little.
pub struct Entries<T> {
    pages: BoxStream<'static, Result<Vec<T>, Error>>,
    page: vec::IntoIter<T>,
}

impl<T> Entries<T> {
    fn of(pages: impl Stream<Item = Result<Vec<T>, Error>> + Send + 'static) -> Self {
        Self { pages: pages.boxed(), page: vec::IntoIter::default() }
    }
}

// Entries are only moved out.
impl<T> Unpin for Entries<T> {}

impl<T> Stream for Entries<T> {
    type Item = Result<T, Error>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        task: &mut task::Context<'_>,
    ) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(entry) = self.page.next() {
                return Poll::Ready(Some(Ok(entry)));
            }
            match ready!(self.pages.poll_next_unpin(task)) {
                Some(Ok(page)) => self.page = page.into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

/// How a client lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// The most pages that are asked for at once; with 1 they come one after another.
    pub requests: usize,
    /// Whether entries come in the service's order; else as they arrive.
    pub is_ordered: bool,
}

impl Default for Mode {
    /// 32 at once, in order.
    fn default() -> Self {
        Self { requests: 32, is_ordered: true }
    }
}

/// An operation that lists, a page at a time.
pub trait Paged: Operation<Output: Send> + Clone + Send + Sync + 'static {
    /// What a page holds.
    type Entry: Send + 'static;

    /// The request for the page behind `page`; `None` when that was the last one.
    ///
    /// # Errors
    /// A marker that is not behind the one of this request, as text for the error message.
    fn next(&self, page: &Self::Output) -> Result<Option<Self>, String>;

    /// The entries of a page, in its order.
    fn entries(page: Self::Output) -> Vec<Self::Entry>;

    /// The entries of this page and of all that follow, in the client's [`Mode`].
    fn list(self, client: &Client) -> Entries<Self::Entry> {
        one_by_one(client, self)
    }
}

/// What stands in a listing that may roll keys up to a delimiter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry<T> {
    /// An entry of its own.
    Item(T),
    /// Everything that begins with this prefix, which ends in the delimiter.
    CommonPrefix(String),
}

impl<T> Entry<T> {
    /// The entry, if it is one of its own.
    pub fn into_item(self) -> Option<T> {
        match self {
            Self::Item(item) => Some(item),
            Self::CommonPrefix(_) => None,
        }
    }
}

/// The answers to `first` and to all that follow from it.
pub fn pages<O: Paged>(
    client: &Client,
    first: O,
) -> impl Stream<Item = Result<O::Output, Error>> + use<O> {
    let client = client.clone();
    stream::try_unfold(Some(first), move |request| {
        let client = client.clone();
        async move {
            let Some(request) = request else { return Ok(None) };
            let page = client.send(&request).await?;
            let next = request.next(&page).map_err(|marker| stuck(&request, marker))?;
            Ok(Some((page, next)))
        }
    })
}

/// The entries of `first` and of all pages that follow from it, by the client's [`Mode`].
pub fn entries<O: Paged>(client: &Client, first: O) -> Entries<O::Entry> {
    first.list(client)
}

/// The entries of all pages, which are asked for one after another.
fn one_by_one<O: Paged>(client: &Client, first: O) -> Entries<O::Entry> {
    Entries::of(pages(client, first).map_ok(O::entries))
}

fn context<O: Operation>(request: &O) -> Context {
    let request = request.request();
    Context { operation: O::NAME, bucket: request.bucket, key: request.key }
}

fn stuck<O: Operation>(request: &O, marker: String) -> Error {
    Error::Stuck { context: context(request), marker }
}

/// `next` if it lies behind `last` in the order of bytes, which is the service's.
fn advance<T: PartialOrd + std::fmt::Debug>(last: &T, next: T) -> Result<T, String> {
    if next > *last { Ok(next) } else { Err(format!("{next:?}")) }
}

/// Items first, then common prefixes, as the answers have them.
fn rolled<T>(items: Vec<T>, common_prefixes: Vec<String>) -> Vec<Entry<T>> {
    let prefixes = common_prefixes.into_iter().map(Entry::CommonPrefix);
    items.into_iter().map(Entry::Item).chain(prefixes).collect()
}

impl Paged for ListMultipartUploads {
    type Entry = Entry<Upload>;

    /// Goes on behind a key *and* an upload id: behind the key alone, its other uploads would be
    /// skipped.
    fn next(&self, page: &Self::Output) -> Result<Option<Self>, String> {
        if !page.is_truncated {
            return Ok(None);
        }
        let last = (self.key_marker.clone(), self.upload_id_marker.clone());
        let next = (page.next_key_marker.clone(), page.next_upload_id_marker.clone());
        let (key_marker, upload_id_marker) = advance(&last, next)?;
        Ok(Some(Self { key_marker, upload_id_marker, ..self.clone() }))
    }

    fn entries(page: Self::Output) -> Vec<Self::Entry> {
        rolled(page.uploads, page.common_prefixes)
    }

    fn list(self, client: &Client) -> Entries<Self::Entry> {
        splitting::list(client, self)
    }
}

impl Paged for ListParts {
    type Entry = Part;

    fn next(&self, page: &Self::Output) -> Result<Option<Self>, String> {
        if !page.is_truncated {
            return Ok(None);
        }
        let next = page.next_part_number_marker.unwrap_or_default();
        let part_number_marker = advance(&self.part_number_marker, next)?;
        Ok(Some(Self { part_number_marker, ..self.clone() }))
    }

    fn entries(page: Self::Output) -> Vec<Self::Entry> {
        page.parts
    }

    fn list(self, client: &Client) -> Entries<Self::Entry> {
        parts::list(client, self)
    }
}

impl Paged for ListObjects {
    type Entry = Entry<Object>;

    fn next(&self, page: &Self::Output) -> Result<Option<Self>, String> {
        if !page.is_truncated {
            return Ok(None);
        }
        let last_key = page.objects.last().map(|object| &object.key);
        let last_prefix = page.common_prefixes.last();
        // The marker may be left out of answers without a delimiter: it is then the last name.
        let next = page.next_marker.clone().filter(|marker| !marker.is_empty());
        let next = next.or(last_key.max(last_prefix).cloned()).unwrap_or_default();
        let marker = advance(&self.marker, next)?;
        Ok(Some(Self { marker, ..self.clone() }))
    }

    fn entries(page: Self::Output) -> Vec<Self::Entry> {
        rolled(page.objects, page.common_prefixes)
    }

    fn list(self, client: &Client) -> Entries<Self::Entry> {
        splitting::list(client, self)
    }
}

impl Paged for ListObjectVersions {
    type Entry = Entry<VersionEntry>;

    fn next(&self, page: &Self::Output) -> Result<Option<Self>, String> {
        if !page.is_truncated {
            return Ok(None);
        }
        let (key, version) = (page.next_key_marker.clone(), page.next_version_id_marker.clone());
        // Versions of one key come newest first, so their ids may descend; only standing still
        // and going back to an earlier key are wrong.
        if key < self.key_marker || (key == self.key_marker && version == self.version_id_marker) {
            return Err(format!("{:?}", (key, version)));
        }
        Ok(Some(Self { key_marker: key, version_id_marker: version, ..self.clone() }))
    }

    fn entries(page: Self::Output) -> Vec<Self::Entry> {
        rolled(page.entries, page.common_prefixes)
    }

    fn list(self, client: &Client) -> Entries<Self::Entry> {
        splitting::list(client, self)
    }
}

impl Paged for ListBuckets {
    type Entry = Bucket;

    fn next(&self, page: &Self::Output) -> Result<Option<Self>, String> {
        if !page.is_truncated {
            return Ok(None);
        }
        let next = page.next_marker.clone().unwrap_or_default();
        let marker = advance(&self.marker, next)?;
        Ok(Some(Self { marker, ..self.clone() }))
    }

    fn entries(page: Self::Output) -> Vec<Self::Entry> {
        page.buckets
    }
}

impl Paged for ListCloudBoxes {
    /// A cloud box, and whose it is, which only the page says.
    type Entry = (CloudBox, Option<Owner>);

    fn next(&self, page: &Self::Output) -> Result<Option<Self>, String> {
        if !page.is_truncated {
            return Ok(None);
        }
        let next = page.next_marker.clone().unwrap_or_default();
        let marker = advance(&self.marker, next)?;
        Ok(Some(Self { marker, ..self.clone() }))
    }

    fn entries(page: Self::Output) -> Vec<Self::Entry> {
        page.cloud_boxes.into_iter().map(|cloud_box| (cloud_box, page.owner.clone())).collect()
    }
}
