//! The INI files of ossutil 1 and 2. One file may hold sections of both.
//!
//! Where a section stands twice the first counts, and where a key does the last, as in ossutil 1.

use std::collections::BTreeMap;

use crate::ini::{Content, Ini, Line};
use crate::notes::Notes;
use crate::profile::{Buckets, DEFAULT, Profile};
use crate::{ConfigFile, Layer, Setting, Source, Warning, name};

/// A section that ossutil knows; names are compared without case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Section {
    /// `[Credentials]` of ossutil 1: the default profile.
    Credentials,
    /// `[AkService]` of ossutil 1: the URL of the metadata service.
    AkService,
    /// `[Bucket-Endpoint]` of ossutil 1: `bucket = endpoint`.
    BucketEndpoint,
    /// `[Bucket-Cname]` of ossutil 1: `bucket = host`.
    BucketCname,
    /// `[profile NAME]` of ossutil 2. `[default]` is one; ossutil 1 has some keys in it too, below
    /// those of `[Credentials]`.
    Profile(String),
    /// `[buckets NAME]` of ossutil 2.
    Buckets(String),
}

impl Section {
    /// The section of this name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        Some(match lower.as_str() {
            "credentials" => Self::Credentials,
            "akservice" => Self::AkService,
            "bucket-endpoint" => Self::BucketEndpoint,
            "bucket-cname" => Self::BucketCname,
            DEFAULT => Self::Profile(DEFAULT.into()),
            _ => {
                let (kind, rest) = lower.split_once([' ', '\t'])?;
                // The name keeps its case for display; `lower` is as long, being ASCII-lowered.
                let rest = name[name.len() - rest.len()..].trim().trim_matches('"');
                match kind {
                    "profile" if !rest.is_empty() => Self::Profile(rest.into()),
                    "buckets" if !rest.is_empty() => Self::Buckets(rest.into()),
                    _ => return None,
                }
            }
        })
    }

    /// Whether ossutil 1 alone writes it.
    pub(crate) fn is_ossutil1(&self) -> bool {
        !matches!(self, Self::Profile(_) | Self::Buckets(_))
    }

    /// The name of the section, as a file has it.
    pub(crate) fn title(&self) -> String {
        match self {
            Self::Credentials => "Credentials".into(),
            Self::AkService => "AkService".into(),
            Self::BucketEndpoint => "Bucket-Endpoint".into(),
            Self::BucketCname => "Bucket-Cname".into(),
            Self::Profile(name) if name.eq_ignore_ascii_case(DEFAULT) => DEFAULT.into(),
            Self::Profile(name) => format!("profile {name}"),
            Self::Buckets(name) => format!("buckets {name}"),
        }
    }

    /// What two sections share when they are the same one.
    pub(crate) fn identity(&self) -> Self {
        match self {
            Self::Profile(name) => Self::Profile(name.to_ascii_lowercase()),
            Self::Buckets(name) => Self::Buckets(name.to_ascii_lowercase()),
            other => other.clone(),
        }
    }
}

/// Reads a file.
pub(crate) fn read(text: &str, file: &mut ConfigFile, notes: &mut Notes) {
    let first = BTreeMap::new();
    let mut reader =
        Reader { file, notes, place: Place::Top, first, credentials: None, bucket: None };
    for line in Ini::parse(text).lines() {
        reader.line(line);
    }
    if let Some(upper) = reader.credentials {
        let profile = default_profile(&mut file.profiles);
        profile.layer = upper.over(std::mem::take(&mut profile.layer));
    }
}

fn default_profile(profiles: &mut Vec<Profile>) -> &mut Profile {
    let is_default = |profile: &Profile| profile.name.eq_ignore_ascii_case(DEFAULT);
    let at = profiles.iter().position(is_default).unwrap_or_else(|| {
        profiles.insert(0, Profile { name: DEFAULT.into(), ..Profile::default() });
        0
    });
    &mut profiles[at]
}

/// Where the line at hand stands.
enum Place {
    /// Above the first section.
    Top,
    /// In a section that is not read.
    Skipped,
    In(Section),
}

struct Reader<'a> {
    file: &'a mut ConfigFile,
    notes: &'a mut Notes,
    place: Place,
    /// The sections so far, and their lines.
    first: BTreeMap<Section, usize>,
    /// `[Credentials]` and `[AkService]`, which go above `[default]`.
    credentials: Option<Layer>,
    /// The bucket whose indented lines may follow, in `[buckets NAME]`.
    bucket: Option<String>,
}

impl Reader<'_> {
    fn line(&mut self, line: Line<'_>) {
        match line.content {
            Content::Nothing => {}
            Content::Section(name) => self.section(name, line.number),
            Content::Entry(key, value) => self.entry(&line, key, value),
            Content::Stray => {
                let origin = self.notes.source(line.number, None);
                self.notes.warn(Warning::Stray { origin });
            }
        }
    }

    fn section(&mut self, name: &str, number: usize) {
        self.notes.begin_section();
        self.bucket = None;
        self.place = Place::Skipped;
        let origin = self.notes.source(number, None);
        let Some(section) = Section::of(name) else {
            return self.notes.warn(Warning::UnknownSection { name: name.into(), origin });
        };
        if let Some(&first) = self.first.get(&section.identity()) {
            return self.notes.warn(Warning::RepeatedSection { name: name.into(), origin, first });
        }
        self.first.insert(section.identity(), number);
        match &section {
            Section::Profile(name) => {
                let profile = Profile { name: name.clone(), ..Profile::default() };
                self.file.profiles.push(profile);
            }
            Section::Buckets(name) => {
                self.file.bucket_groups.entry(name.clone()).or_default();
            }
            Section::Credentials | Section::AkService => {
                self.credentials.get_or_insert_default();
            }
            Section::BucketEndpoint | Section::BucketCname => {}
        }
        self.place = Place::In(section);
    }

    fn entry(&mut self, line: &Line<'_>, key: &str, value: &str) {
        let origin = self.notes.source(line.number, None);
        let section = match &self.place {
            Place::Skipped => return,
            Place::Top => {
                return self.notes.warn(Warning::NoSection { key: key.into(), origin });
            }
            Place::In(section) => section.clone(),
        };
        match section {
            Section::Credentials | Section::AkService => {
                let layer = self.credentials.get_or_insert_default();
                self.notes.put(layer, key, value, origin);
            }
            Section::BucketEndpoint | Section::BucketCname => {
                let entry = self.file.buckets.entry(key.into()).or_default();
                let host = (!value.is_empty()).then(|| Setting::new(value, origin));
                match section {
                    Section::BucketCname => entry.cname = host,
                    _ => entry.endpoint = host,
                }
            }
            Section::Profile(name) => {
                let origin = self.notes.source(line.number, Some(&name));
                self.profile_entry(key, value, origin);
            }
            Section::Buckets(group) => self.bucket_entry(&group, line, key, value),
        }
    }

    /// A line of the profile that was added last.
    fn profile_entry(&mut self, key: &str, value: &str, origin: Source) {
        let Some(profile) = self.file.profiles.last_mut() else { return };
        let link = |origin| (!value.is_empty()).then(|| Setting::new(value, origin));
        if name::same(key, "source_profile") {
            profile.parent = link(origin);
        } else if name::same(key, "buckets") {
            profile.bucket_group = link(origin);
        } else {
            self.notes.put(&mut profile.layer, key, value, origin);
        }
    }

    /// `bucket =` with indented lines to follow, one of those, or `bucket = region=R, endpoint=E`.
    fn bucket_entry(&mut self, group: &str, line: &Line<'_>, key: &str, value: &str) {
        let origin = self.notes.source(line.number, None);
        let buckets: &mut Buckets = self.file.bucket_groups.entry(group.into()).or_default();
        if let Some(bucket) = self.bucket.as_ref().filter(|_| line.indented) {
            let layer = buckets.entry(bucket.clone()).or_default();
            return self.notes.put(layer, key, value, origin);
        }
        self.notes.begin_section();
        self.bucket = Some(key.into());
        let layer = buckets.entry(key.into()).or_default();
        let inside = value.trim_start_matches('{').trim_end_matches('}');
        for pair in inside.split([',', ';', ' ', '\t']).filter(|pair| !pair.is_empty()) {
            let (name, text) = pair.split_once('=').unwrap_or(("endpoint", pair));
            self.notes.put(layer, name, text, origin.clone());
        }
    }
}
