//! Edits of an INI file of ossutil 1 or 2, line by line.

use crate::from_ini::Section;
use crate::ini::{Content, Ini};
use crate::key_path::{KeyPath, Place};
use crate::profile::DEFAULT;
use crate::{ConfigFile, Error, Format, Key};

/// The text with `value` at `at`.
pub(crate) fn set(
    text: &str,
    file: &ConfigFile,
    at: &KeyPath,
    value: &str,
) -> Result<Option<String>, Error> {
    let no_place = |what| Error::NoPlace { path: file.path.clone(), what };
    match &at.place {
        Place::Top => return Err(no_place("the choice of a profile")),
        Place::Defaults => return Err(no_place("defaults of every profile")),
        _ => {}
    }
    let mut ini = Ini::parse(text);
    let home = Home::of(file, at);
    match Map::of(&ini).find(&home, at).pop() {
        Some(Spot { line, pair: None }) => ini.set_value(line, value),
        Some(Spot { line, pair: Some(index) }) => {
            if value.contains([',', ';', ' ', '\t', '{', '}']) {
                return Ok(None);
            }
            edit_pair(&mut ini, line, index, Some(value));
        }
        None => insert(&mut ini, file, &home, at, value),
    }
    Ok(Some(ini.to_string()))
}

/// The text with nothing at `at`.
pub(crate) fn unset(text: &str, file: &ConfigFile, at: &KeyPath) -> String {
    let mut ini = Ini::parse(text);
    // From the end, so that the numbers of the lines before stay true.
    let mut spots = Map::of(&ini).find(&Home::of(file, at), at);
    spots.sort_by_key(|spot| std::cmp::Reverse((spot.line, spot.pair)));
    for spot in spots {
        match spot.pair {
            None => ini.remove(spot.line),
            Some(index) => edit_pair(&mut ini, spot.line, index, None),
        }
    }
    ini.to_string()
}

/// Whether the entry of a bucket stands in a section of ossutil 1, which has hosts only and knows
/// no profiles.
pub(crate) fn is_ossutil1_bucket(format: Format, profile: Option<&str>, key: &Key) -> bool {
    format == Format::Ini1 && profile.is_none() && matches!(key.name, "endpoint" | "cname")
}

/// Where values stand: sections, the one that counts last; and in `[buckets NAME]` the bucket.
struct Home {
    sections: Vec<Section>,
    bucket: Option<String>,
    /// The profile whose `buckets` points at the section, if none does yet.
    unlinked: Option<String>,
}

impl Home {
    fn of(file: &ConfigFile, at: &KeyPath) -> Self {
        let plain = |sections| Self { sections, bucket: None, unlinked: None };
        match &at.place {
            Place::Top | Place::Defaults => plain(vec![]),
            Place::Profile(name) if name.eq_ignore_ascii_case(DEFAULT) => plain(vec![
                Section::Profile(DEFAULT.into()),
                Section::AkService,
                Section::Credentials,
            ]),
            Place::Profile(name) => plain(vec![Section::Profile(name.clone())]),
            Place::Bucket { profile, bucket } => {
                if is_ossutil1_bucket(file.format, profile.as_deref(), at.key) {
                    return plain(vec![match at.key.name {
                        "cname" => Section::BucketCname,
                        _ => Section::BucketEndpoint,
                    }]);
                }
                let name = profile.as_deref().unwrap_or(DEFAULT);
                let group = file.profile_named(name).and_then(|found| found.bucket_group.as_ref());
                Self {
                    sections: vec![Section::Buckets(
                        group.map_or_else(|| name.into(), |group| group.value.clone()),
                    )],
                    bucket: Some(bucket.clone()),
                    unlinked: group.is_none().then(|| name.into()),
                }
            }
        }
    }
}

/// Where a value stands: on a line, perhaps as one of the pairs in `bucket = region=R, endpoint=E`.
struct Spot {
    line: usize,
    pair: Option<usize>,
}

/// A line that is read, in its section.
struct Entry {
    section: Section,
    line: usize,
    /// Whether it begins a bucket's entry, where the section is one of buckets.
    is_bucket: bool,
    key: String,
    value: String,
}

/// The sections that are read, with the lines of their headers, and their entries.
struct Map {
    headers: Vec<(Section, usize)>,
    entries: Vec<Entry>,
}

impl Map {
    fn of(ini: &Ini) -> Self {
        let mut map = Self { headers: Vec::new(), entries: Vec::new() };
        let mut here = None;
        for line in ini.lines() {
            match line.content {
                Content::Section(name) => {
                    let section = Section::of(name).map(|section| section.identity());
                    let is_new = |section: &Section| map.header(section).is_none();
                    here = section.filter(is_new);
                    map.headers.extend(here.clone().map(|section| (section, line.number)));
                }
                Content::Entry(key, value) => {
                    let Some(section) = here.clone() else { continue };
                    let is_first = map.entries.last().is_none_or(|last| last.section != section);
                    map.entries.push(Entry {
                        is_bucket: is_first || !line.indented,
                        section,
                        line: line.number,
                        key: key.into(),
                        value: value.into(),
                    });
                }
                Content::Nothing | Content::Stray => {}
            }
        }
        map
    }

    fn header(&self, section: &Section) -> Option<usize> {
        let section = section.identity();
        self.headers.iter().find(|(known, _)| *known == section).map(|(_, line)| *line)
    }

    fn entries_of(&self, section: &Section) -> impl Iterator<Item = &Entry> {
        let section = section.identity();
        self.entries.iter().filter(move |entry| entry.section == section)
    }

    /// The line behind which a new entry of a section goes.
    fn end_of(&self, section: &Section) -> Option<usize> {
        let last = self.entries_of(section).last().map(|entry| entry.line);
        last.or_else(|| self.header(section))
    }

    /// The entries of a bucket in `[buckets NAME]`: `bucket = …`, and the lines below it.
    fn bucket(&self, section: &Section, bucket: &str) -> Vec<&Entry> {
        let mut is_inside = false;
        let own = self.entries_of(section).filter(|entry| {
            if entry.is_bucket {
                is_inside = entry.key == bucket;
            }
            is_inside
        });
        own.collect()
    }

    /// Every spot of a key, the one that counts last.
    fn find(&self, home: &Home, at: &KeyPath) -> Vec<Spot> {
        let on_line = |entry: &Entry| Spot { line: entry.line, pair: None };
        let mut spots = Vec::new();
        for section in &home.sections {
            if let Some(bucket) = &home.bucket {
                for entry in self.bucket(section, bucket) {
                    if entry.is_bucket {
                        let pairs = pairs(&entry.value).into_iter().enumerate();
                        let own = pairs.filter(|(_, (name, _))| at.key.is_written(name));
                        spots.extend(
                            own.map(|(index, _)| Spot { line: entry.line, pair: Some(index) }),
                        );
                    } else if at.key.is_written(&entry.key) {
                        spots.push(on_line(entry));
                    }
                }
            } else if let Place::Bucket { bucket, .. } = &at.place {
                spots.extend(self.entries_of(section).filter(|e| e.key == *bucket).map(on_line));
            } else {
                let is_own = |entry: &&Entry| at.key.is_written(&entry.key);
                spots.extend(self.entries_of(section).filter(is_own).map(on_line));
            }
        }
        spots
    }
}

/// The pairs of a bucket's own line; a host without a key is its endpoint.
fn pairs(value: &str) -> Vec<(&str, &str)> {
    let inside = value.trim_start_matches('{').trim_end_matches('}');
    let pairs = inside.split([',', ';', ' ', '\t']).filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or(("endpoint", pair))).collect()
}

/// Changes one pair of a bucket's own line, or takes it away.
fn edit_pair(ini: &mut Ini, number: usize, index: usize, value: Option<&str>) {
    let line = ini.lines().nth(number - 1);
    let Some(Content::Entry(_, text)) = line.map(|line| line.content) else { return };
    let mut pairs: Vec<String> =
        pairs(text).into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    match value {
        Some(value) => {
            let name = pairs[index].split('=').next().unwrap_or_default().to_owned();
            pairs[index] = format!("{name}={value}");
        }
        None => drop(pairs.remove(index)),
    }
    let text = pairs.join(", ");
    ini.set_value(number, &text);
}

/// Writes a key that is not there.
fn insert(ini: &mut Ini, file: &ConfigFile, home: &Home, at: &KeyPath, value: &str) {
    let sign = ini.equals_sign();
    let section = home_section(&Map::of(ini), file, home);
    if let (Some(profile), Section::Buckets(name)) = (&home.unlinked, &section) {
        let owner = Section::Profile(profile.clone());
        add_line(ini, &owner, &format!("buckets{sign}{name}"));
    }
    let Some(bucket) = &home.bucket else {
        let key = match &at.place {
            Place::Bucket { bucket, .. } => bucket,
            _ => &at.spelled,
        };
        return add_line(ini, &section, &format!("{key}{sign}{value}"));
    };
    let last = |ini: &Ini| Map::of(ini).bucket(&section, bucket).last().map(|entry| entry.line);
    let last = last(ini).or_else(|| {
        add_line(ini, &section, &format!("{bucket}{}", sign.trim_end()));
        last(ini)
    });
    if let Some(last) = last {
        ini.insert_after(last, &format!("  {}{sign}{value}", at.spelled));
    }
}

/// Puts a line at the end of a section, which is added if it is not there.
fn add_line(ini: &mut Ini, section: &Section, line: &str) {
    let end = Map::of(ini).end_of(section);
    let end = end.unwrap_or_else(|| ini.add_section(&section.title()));
    ini.insert_after(end, line);
}

/// The section for a new key: the one that counts, of those that are there.
fn home_section(map: &Map, file: &ConfigFile, home: &Home) -> Section {
    let is_there =
        |section: &&Section| **section != Section::AkService && map.header(section).is_some();
    match (home.sections.iter().rev().find(is_there), &home.sections[..]) {
        (Some(section), _) => section.clone(),
        (None, [_, _, credentials]) if file.format == Format::Ini1 => credentials.clone(),
        (None, sections) => sections[0].clone(),
    }
}
