//! A file of ossutil 1 or 2 written anew as TOML.

use crate::edit_toml::{key_part, literal};
use crate::key_path::SOURCE_PROFILE;
use crate::profile::Buckets;
use crate::{ConfigFile, Key, Setting};

/// A file as TOML. It may hold secrets, so it has no `Debug`.
pub struct Migration {
    /// The new content.
    pub text: String,
    /// The `[buckets NAME]` sections that no profile points at: they have no place in TOML.
    pub unused: Vec<String>,
}

/// Writes what a file says as TOML, so that every profile has the same values as before. Comments
/// and what has no effect are left behind.
pub fn migrate(file: &ConfigFile) -> Migration {
    let mut text = String::new();
    for profile in &file.profiles {
        let path = format!("profiles.{}", key_part(&profile.name));
        let parent = profile.parent.as_ref().and_then(|name| file.profile_named(&name.value));
        let link = parent.map(|parent| Setting::new(parent.name.as_str(), crate::Source::Default));
        let link = link.iter().map(|name| (SOURCE_PROFILE, name));
        section(&mut text, &path, link.chain(profile.layer.iter()));
        let group = profile.bucket_group.as_ref().and_then(|group| file.bucket_group(group).ok());
        for buckets in group.into_iter().chain([&profile.buckets]) {
            sections_of(&mut text, &format!("{path}."), buckets);
        }
    }
    sections_of(&mut text, "", &file.buckets);
    let is_used = |name: &str| {
        let mut groups = file.profiles.iter().filter_map(|profile| profile.bucket_group.as_ref());
        groups.any(|group| group.value.eq_ignore_ascii_case(name))
    };
    let unused = file.bucket_groups.keys().filter(|name| !is_used(name)).cloned().collect();
    Migration { text, unused }
}

fn sections_of(text: &mut String, prefix: &str, buckets: &Buckets) {
    for (bucket, layer) in buckets {
        section(text, &format!("{prefix}buckets.{}", key_part(bucket)), layer.iter());
    }
}

fn section<'a>(
    text: &mut String,
    path: &str,
    entries: impl Iterator<Item = (&'static Key, &'a Setting<String>)>,
) {
    let gap = if text.is_empty() { "" } else { "\n" };
    *text += &format!("{gap}[{path}]\n");
    for (key, value) in entries {
        *text += &format!("{} = {}\n", key.name, literal(key, &value.value));
    }
}
