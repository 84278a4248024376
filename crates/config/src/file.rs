//! A configuration file, whatever its format.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::ini::{Content, Ini};
use crate::notes::Notes;
use crate::profile::{Buckets, Profile};
use crate::{Error, Errors, Layer, Setting, Warning, from_ini, from_toml};

/// The format of a file, told by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Our own: TOML.
    Toml,
    /// The INI of ossutil 1: `[Credentials]` and its kin, perhaps with sections of ossutil 2.
    Ini1,
    /// The INI of ossutil 2: `[default]`, `[profile NAME]`, `[buckets NAME]`.
    Ini2,
}

/// What a configuration file says. `Debug` shows no values.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    /// The file as it was named.
    pub path: PathBuf,
    /// Its format.
    pub format: Format,
    /// The profile it chooses for runs that choose none.
    pub profile: Option<Setting<String>>,
    /// What has no effect in it, or an unexpected one.
    pub warnings: Vec<Warning>,
    pub(crate) profiles: Vec<Profile>,
    /// Settings below those of every profile.
    pub(crate) defaults: Layer,
    /// Buckets of every profile.
    pub(crate) buckets: Buckets,
    /// The `[buckets NAME]` sections, for profiles that point at them.
    pub(crate) bucket_groups: BTreeMap<String, Buckets>,
}

impl ConfigFile {
    /// Reads a file; none when there is no such file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or [`ConfigFile::parse`] refuses it.
    pub fn read(path: &Path) -> Result<Option<Self>, Errors> {
        match std::fs::read(path) {
            Ok(text) => Self::parse(path, &text).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Read { path: path.into(), source }.into()),
        }
    }

    /// Parses the content of a file; `path` is only named in sources and messages.
    ///
    /// Values stay texts here: those of profiles that are not used are never judged.
    ///
    /// # Errors
    ///
    /// The text is not UTF-8, not TOML where it is to be TOML, or has a table where a value belongs
    /// or the reverse. All errors are returned.
    pub fn parse(path: &Path, text: &[u8]) -> Result<Self, Errors> {
        let text = std::str::from_utf8(text).map_err(|error| {
            let line = line_at(text, error.valid_up_to());
            Error::NotUtf8 { path: path.into(), line }
        })?;
        let mut file = Self::empty(path, format_of(text));
        let mut notes = Notes::new(path);
        match file.format {
            Format::Toml => from_toml::read(text, &mut file, &mut notes),
            Format::Ini1 | Format::Ini2 => from_ini::read(text, &mut file, &mut notes),
        }
        file.warnings = notes.warnings;
        notes.errors.or(Some(file))
    }

    fn empty(path: &Path, format: Format) -> Self {
        Self {
            path: path.into(),
            format,
            profile: None,
            warnings: Vec::new(),
            profiles: Vec::new(),
            defaults: Layer::default(),
            buckets: Buckets::new(),
            bucket_groups: BTreeMap::new(),
        }
    }

    /// The names of the profiles, in the order of the file.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.profiles.iter().map(|profile| profile.name.as_str())
    }
}

/// INI when it has a section that only ossutil's INI has, else TOML.
fn format_of(text: &str) -> Format {
    let mut format = Format::Toml;
    for line in Ini::parse(text).lines() {
        let Content::Section(name) = line.content else { continue };
        match from_ini::Section::of(name) {
            Some(section) if section.is_ossutil1() => return Format::Ini1,
            Some(_) => format = Format::Ini2,
            None => {}
        }
    }
    format
}

/// The line of a byte, from 1.
pub(crate) fn line_at(text: &[u8], offset: usize) -> usize {
    1 + text.iter().take(offset).filter(|byte| **byte == b'\n').count()
}
