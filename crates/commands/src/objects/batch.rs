//! Work on many things at once, while the listing that finds them goes on.

use std::cell::{Cell, RefCell};

use futures_util::{Stream, StreamExt, future, stream};
use ossutil_client::Error as ClientError;

use crate::{
    error::{Error, Result},
    interrupt::Stop,
};

/// Does `work` for each, `jobs` of them at once, and hands what became of it to `done`, in the
/// order of `source`.
///
/// After an error of `done` or of `source`, and after an interrupt, nothing new is begun; but what
/// is begun comes to its end and is handed to `done`, so that what is counted there is true.
///
/// # Errors
/// The first of those errors.
pub(crate) async fn each<T, R, W: Future<Output = R>>(
    source: impl Stream<Item = std::result::Result<T, ClientError>>,
    jobs: usize,
    stop: &Stop,
    work: impl Fn(T) -> W,
    mut done: impl FnMut(R) -> Result<()>,
) -> Result<()> {
    let failure = RefCell::new(None);
    let mut stopping = stop.clone();
    let begun = source
        .take_until(async move { stopping.requested().await })
        .take_while(|_| future::ready(failure.borrow().is_none()));
    let mut results = std::pin::pin!(
        begun
            .map(|item| {
                let item = item.map(&work);
                async {
                    match item {
                        Ok(work) => Ok(work.await),
                        Err(error) => Err(Error::from(error)),
                    }
                }
            })
            .buffered(jobs)
    );
    while let Some(result) = results.next().await {
        if let Err(error) = result.and_then(&mut done) {
            failure.borrow_mut().get_or_insert(error);
        }
    }
    failure.take().map_or(Ok(()), Err)
}

/// How many things have been found: a listing counts while others count what is done with them.
#[derive(Default)]
pub(crate) struct Counted {
    found: Cell<u64>,
    is_total: Cell<bool>,
}

impl Counted {
    /// Counts what a listing finds, and notes when it has come to its end.
    pub(crate) fn counting<T, E>(
        &self,
        listed: impl Stream<Item = std::result::Result<T, E>>,
    ) -> impl Stream<Item = std::result::Result<T, E>> {
        let mut is_broken = false;
        let end = stream::once(future::ready(None));
        listed.map(Some).chain(end).filter_map(move |item| {
            match &item {
                Some(Ok(_)) => self.found.set(self.found.get() + 1),
                Some(Err(_)) => is_broken = true,
                None => self.is_total.set(!is_broken),
            }
            future::ready(item)
        })
    }

    /// So many are all there are.
    pub(crate) fn set_total(&self, found: u64) {
        self.found.set(found);
        self.is_total.set(true);
    }

    /// How many have been found.
    pub(crate) fn found(&self) -> u64 {
        self.found.get()
    }

    /// Whether these are all there are.
    pub(crate) fn is_total(&self) -> bool {
        self.is_total.get()
    }
}
