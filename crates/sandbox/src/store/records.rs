//! What the tables hold.
//!
//! A record begins with what listings show, so that a page need not read the rest.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    #[serde(with = "millis")]
    pub(crate) created: Timestamp,
    pub(crate) acl: String,
    pub(crate) storage_class: String,
    pub(crate) redundancy_type: String,
    pub(crate) versioning: Versioning,
}

impl Bucket {
    /// A bucket as one is made when nothing more is said.
    pub(crate) fn new(name: &str, created: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            created,
            acl: "private".to_owned(),
            storage_class: "Standard".to_owned(),
            redundancy_type: "LRS".to_owned(),
            versioning: Versioning::Off,
        }
    }
}

/// Whether a bucket keeps versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Versioning {
    /// It never did.
    #[default]
    Off,
    Enabled,
    /// What it has is kept; what is new takes the place of the version `null`.
    Suspended,
}

/// How an object came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Normal,
    Multipart,
    Appendable,
    Symlink,
    /// No object: the newest version of a key that was deleted.
    DeleteMarker,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Multipart => "Multipart",
            Self::Appendable => "Appendable",
            Self::Symlink => "Symlink",
            Self::DeleteMarker => "DeleteMarker",
        }
    }
}

/// What listings show of an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) kind: Kind,
    pub(crate) version_id: String,
    #[serde(with = "millis")]
    pub(crate) modified: Timestamp,
    pub(crate) size: u64,
    pub(crate) etag: String,
    pub(crate) storage_class: String,
    pub(crate) restoration: Option<Restoration>,
}

impl Summary {
    pub(crate) fn is_delete_marker(&self) -> bool {
        self.kind == Kind::DeleteMarker
    }
}

/// A copy of an archived object that can be read for some days.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Restoration {
    #[serde(with = "millis")]
    pub(crate) ready: Timestamp,
    #[serde(with = "millis")]
    pub(crate) expires: Timestamp,
}

/// A version of an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Object {
    pub(crate) summary: Summary,
    pub(crate) crc64: u64,
    /// Of an object that was sent in one piece.
    pub(crate) md5: Option<[u8; 16]>,
    pub(crate) acl: String,
    /// Headers that are given back as they came: type, user metadata.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) symlink_target: Option<String>,
    pub(crate) segments: Vec<Segment>,
}

/// A piece of a body. An object's content is its segments, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Segment {
    pub(crate) body: u64,
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

/// An unfinished upload.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Upload {
    #[serde(with = "millis")]
    pub(crate) initiated: Timestamp,
    pub(crate) storage_class: String,
    /// What the object will have.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) tags: Vec<(String, String)>,
    /// Its parts must come in the order of their numbers.
    pub(crate) is_sequential: bool,
}

/// A part that has arrived.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) size: u64,
    pub(crate) etag: String,
    pub(crate) crc64: u64,
    #[serde(with = "millis")]
    pub(crate) modified: Timestamp,
    pub(crate) segments: Vec<Segment>,
}

mod millis {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        time.as_millisecond().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        Timestamp::from_millisecond(i64::deserialize(from)?).map_err(D::Error::custom)
    }
}
