//! One profile of a file, and the order in which profiles build on each other.

use std::collections::BTreeMap;

use crate::bucket::BucketLayer;
use crate::{ConfigFile, Error, Format, Layer, Setting};

/// The profile when none is chosen.
pub(crate) const DEFAULT: &str = "default";

/// What a file says about single buckets, by name.
pub(crate) type Buckets = BTreeMap<String, BucketLayer>;

/// One named group of settings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) layer: Layer,
    /// The profile that gives what this one does not.
    pub(crate) parent: Option<Setting<String>>,
    /// The profile's own buckets.
    pub(crate) buckets: Buckets,
    /// The `[buckets NAME]` section it points at, in ossutil 2 files.
    pub(crate) bucket_group: Option<Setting<String>>,
}

/// `upper`, and what it does not say about a bucket from `lower`.
pub(crate) fn buckets_over(mut upper: Buckets, lower: &Buckets) -> Buckets {
    for (name, layer) in lower {
        let entry = upper.entry(name.clone()).or_default();
        *entry = std::mem::take(entry).over(layer.clone());
    }
    upper
}

impl ConfigFile {
    /// Names of profiles have a case in TOML and none in ossutil 2.
    fn is_name(&self, left: &str, right: &str) -> bool {
        match self.format {
            Format::Toml => left == right,
            Format::Ini1 | Format::Ini2 => left.eq_ignore_ascii_case(right),
        }
    }

    pub(crate) fn profile_named(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| self.is_name(&profile.name, name))
    }

    /// A profile and those it builds on, nearest first. `default` may be missing: it is then empty.
    pub(crate) fn chain(&self, name: &Setting<String>) -> Result<Vec<&Profile>, Error> {
        let mut chain: Vec<&Profile> = Vec::new();
        let mut next = Some(name);
        while let Some(name) = next {
            let Some(profile) = self.profile_named(&name.value) else {
                if chain.is_empty() && self.is_name(&name.value, DEFAULT) {
                    break;
                }
                return Err(self.unknown_profile(name));
            };
            let goes_round = chain.iter().any(|earlier| earlier.name == profile.name);
            chain.push(profile);
            if goes_round {
                let chain = chain.iter().map(|profile| profile.name.clone()).collect();
                return Err(Error::ProfileCycle { chain });
            }
            next = profile.parent.as_ref();
        }
        Ok(chain)
    }

    fn unknown_profile(&self, name: &Setting<String>) -> Error {
        Error::UnknownProfile {
            name: name.value.clone(),
            origin: name.source.clone(),
            known: self.profiles().map(Into::into).collect(),
        }
    }

    /// What the file says about buckets for a chain: nearer profiles first, a profile's own entries
    /// before those of the section it points at, file-wide entries last.
    pub(crate) fn buckets_of(&self, chain: &[&Profile]) -> Result<Buckets, Error> {
        let mut buckets = Buckets::new();
        for profile in chain {
            buckets = buckets_over(buckets, &profile.buckets);
            if let Some(group) = &profile.bucket_group {
                buckets = buckets_over(buckets, self.bucket_group(group)?);
            }
        }
        Ok(buckets_over(buckets, &self.buckets))
    }

    pub(crate) fn bucket_group(&self, name: &Setting<String>) -> Result<&Buckets, Error> {
        let group = self.bucket_groups.iter().find(|(group, _)| self.is_name(group, &name.value));
        group.map(|(_, buckets)| buckets).ok_or_else(|| Error::UnknownBuckets {
            name: name.value.clone(),
            origin: name.source.clone(),
            known: self.bucket_groups.keys().cloned().collect(),
        })
    }
}
