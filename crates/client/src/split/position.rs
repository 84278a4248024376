//! Where an entry stands in a listing.

/// A place in the order of a listing: by the bytes of the key, then by the id.
///
/// A marker is a position too: what lies behind it is still to come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The key, or the common prefix.
    pub key: String,
    /// The upload or version within the key; `None` is behind all of them.
    pub id: Option<String>,
}

/// What a listing holds: entries that know their places.
pub trait Positioned {
    /// The key, or the common prefix.
    fn key(&self) -> &str;

    /// The upload or version, where a key may have many.
    fn id(&self) -> Option<&str> {
        None
    }

    /// Whether this stands for all keys that begin with it.
    fn is_common_prefix(&self) -> bool {
        false
    }
}

impl Position {
    /// Behind everything of this key.
    pub fn behind(key: impl Into<String>) -> Self {
        Self { key: key.into(), id: None }
    }

    /// The place of an entry.
    pub fn of(entry: &impl Positioned) -> Self {
        Self { key: entry.key().to_owned(), id: entry.id().map(str::to_owned) }
    }

    /// Whether `entry` lies behind this place, where ids of one key are in no order.
    pub(super) fn is_before_key(&self, entry: &impl Positioned) -> bool {
        match self.id {
            Some(_) => entry.key() >= self.key.as_str(),
            None => entry.key() > self.key.as_str(),
        }
    }

    /// Whether `entry` lies behind this place.
    pub(super) fn is_before(&self, entry: &impl Positioned) -> bool {
        rank(&self.key, self.id.as_deref()) < rank(entry.key(), entry.id())
    }
}

/// Whether `a` stands before `b`.
pub(super) fn is_ascending(a: &impl Positioned, b: &impl Positioned) -> bool {
    rank(a.key(), a.id()) < rank(b.key(), b.id())
}

/// Sorts `None` behind every id.
fn rank<'a>(key: &'a str, id: Option<&'a str>) -> (&'a str, bool, &'a str) {
    (key, id.is_none(), id.unwrap_or_default())
}

impl Ord for Position {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        rank(&self.key, self.id.as_deref()).cmp(&rank(&other.key, other.id.as_deref()))
    }
}

impl PartialOrd for Position {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
