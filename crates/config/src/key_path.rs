//! How one value of a file is named: `region`, `defaults.region`, `buckets.my-bucket.endpoint`.

use crate::layer::Slots;
use crate::{BucketLayer, Error, Key, Layer, Setting, Source, name};

/// The profile that a profile builds on, as a key.
pub(crate) const SOURCE_PROFILE: &Key =
    &link("source_profile", "The profile that gives what this one does not");

/// The profile of runs that choose none, as a key.
pub(crate) const PROFILE: &Key = &link("profile", "The profile of runs that choose none");

/// A key that is no setting: it names a profile.
const fn link(name: &'static str, doc: &'static str) -> Key {
    Key { name, doc, default: None, range: None, env: &[], aliases: &[], is_secret: false }
}

/// A part of a file in which values stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Above everything else.
    Top,
    /// Below every profile.
    Defaults,
    /// A profile.
    Profile(String),
    /// A bucket, of one profile or of all.
    Bucket {
        /// The profile.
        profile: Option<String>,
        /// The bucket.
        bucket: String,
    },
}

/// One value of a file, whether it is there or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPath {
    /// Where it stands.
    pub place: Place,
    /// What it sets.
    pub key: &'static Key,
    /// The key as it was typed, which is how a new line of an INI file has it.
    pub(crate) spelled: String,
}

impl KeyPath {
    /// Reads `KEY` (of `profile`), `defaults.KEY`, `buckets.BUCKET.KEY` or `profile`, the key in any
    /// spelling. A bucket's entry is that of all profiles, unless an option chose the profile.
    ///
    /// # Errors
    ///
    /// There is no such key.
    pub fn parse(text: &str, profile: &Setting<String>) -> Result<Self, Error> {
        if let Some((bucket, key)) =
            text.strip_prefix("buckets.").and_then(|rest| rest.rsplit_once('.'))
        {
            let is_chosen = matches!(profile.source, Source::Flag(_));
            let profile = is_chosen.then(|| profile.value.clone());
            let place = Place::Bucket { profile, bucket: bucket.into() };
            return Self::of(place, key, BucketLayer::TABLE.iter());
        }
        if let Some(key) = text.strip_prefix("defaults.") {
            return Self::of(Place::Defaults, key, Layer::TABLE.iter());
        }
        if name::same(text, PROFILE.name) {
            return Ok(Self { place: Place::Top, key: PROFILE, spelled: text.into() });
        }
        let place = Place::Profile(profile.value.clone());
        Self::of(place, text, Layer::TABLE.iter().chain([SOURCE_PROFILE]))
    }

    fn of(
        place: Place,
        spelled: &str,
        mut known: impl Iterator<Item = &'static Key> + Clone,
    ) -> Result<Self, Error> {
        let names = known.clone().flat_map(Key::names);
        match known.find(|key| key.is_written(spelled)) {
            Some(key) => Ok(Self { place, key, spelled: spelled.into() }),
            None => {
                let nearest = name::nearest(spelled, names);
                Err(Error::UnknownKey { key: spelled.into(), nearest })
            }
        }
    }
}
