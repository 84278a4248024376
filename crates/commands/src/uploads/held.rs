//! What an unfinished upload holds: its parts, their bytes, and when the last one arrived.

use futures_util::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use ossutil_client::{
    Client, Error as ClientError, listing,
    protocol::operations::{Part, Word},
};

use super::UploadRef;

/// An unfinished upload that was found or named.
#[derive(Clone)]
pub(crate) struct Found {
    /// Which one.
    pub(crate) upload: UploadRef,
    /// Where it is.
    pub(crate) client: Client,
    /// When it was begun, if a listing said so.
    pub(crate) initiated: Option<Timestamp>,
    /// The class the object will have, if a listing said so.
    pub(crate) storage_class: Option<Word>,
    /// What is known of its parts.
    pub(crate) state: State,
}

/// What is known of an upload's parts.
#[derive(Clone)]
pub(crate) enum State {
    /// Nobody asked.
    Unknown,
    /// These had arrived.
    Holds(Held),
    /// There is no such upload: it was completed or aborted, or never was.
    Gone,
    /// The service did not tell; the text says why.
    Unreadable(std::sync::Arc<ClientError>),
}

/// A sum over parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// How many.
    pub(crate) parts: u64,
    /// Bytes; as wide as no sum of sizes can overflow.
    pub(crate) bytes: i128,
    /// When the last of them arrived.
    pub(crate) last_part: Option<Timestamp>,
}

impl Held {
    /// What these parts add up to.
    pub(crate) fn of(parts: &[Part]) -> Self {
        let mut held = Self::default();
        for part in parts {
            held.add(part);
        }
        held
    }

    /// Adds a part.
    pub(crate) fn add(&mut self, part: &Part) {
        self.merge(Self { parts: 1, bytes: i128::from(part.size), last_part: part.last_modified });
    }

    /// Adds what another upload holds.
    pub(crate) fn merge(&mut self, other: Self) {
        self.parts += other.parts;
        self.bytes += other.bytes;
        self.last_part = self.last_part.max(other.last_part);
    }

    /// The bytes as a field of a record.
    pub(crate) fn size(&self) -> i64 {
        i64::try_from(self.bytes).unwrap_or(i64::MAX)
    }
}

impl Found {
    /// What it holds, once that is known.
    pub(crate) fn held(&self) -> Option<Held> {
        match self.state {
            State::Holds(held) => Some(held),
            _ => None,
        }
    }

    /// When something last happened to it: a part arrived, or it was begun.
    pub(crate) fn last_activity(&self) -> Option<Timestamp> {
        self.held().and_then(|held| held.last_part).max(self.initiated)
    }

    /// How long nothing has happened to it; `None` when nothing is known to have happened.
    pub(crate) fn idle(&self, now: Timestamp) -> Option<SignedDuration> {
        self.last_activity().map(|last| now.duration_since(last))
    }

    /// Asks for its parts.
    pub(crate) async fn look(mut self) -> Self {
        self.state = match look(&self.client, &self.upload).await {
            Ok(Some(held)) => State::Holds(held),
            Ok(None) => State::Gone,
            Err(error) => State::Unreadable(error.into()),
        };
        self
    }
}

/// What an upload holds; nothing when the service does not know it.
pub(crate) async fn look(client: &Client, upload: &UploadRef) -> Result<Option<Held>, ClientError> {
    let sum = listing::entries(client, upload.list_parts()).try_fold(
        Held::default(),
        |mut held, part| async move {
            held.add(&part);
            Ok(held)
        },
    );
    match sum.await {
        Ok(held) => Ok(Some(held)),
        Err(error) if error.has_code("NoSuchUpload") => Ok(None),
        Err(error) => Err(error),
    }
}
