//! Single values of a file, changed while every other byte stays as it is.

use std::path::Path;

use crate::bucket::BucketEntry;
use crate::key_path::{PROFILE, SOURCE_PROFILE};
use crate::layer::Slots;
use crate::profile::{Buckets, DEFAULT};
use crate::{
    BucketLayer, ConfigFile, Error, Errors, Format, Key, KeyPath, Layer, Place, Setting, Settings,
    Source, edit_ini, edit_toml, place,
};

/// A file being edited, in memory. It may hold secrets, so it has no `Debug`.
///
/// Every change is read back before it counts: a file that would say something else than it should is
/// left as it was.
#[derive(Clone)]
pub struct Editor {
    text: String,
    file: ConfigFile,
}

impl Editor {
    /// Begins with the content of a file; without one, with an empty TOML file.
    ///
    /// # Errors
    ///
    /// [`ConfigFile::parse`] refuses it.
    pub fn new(path: &Path, text: Option<&[u8]>) -> Result<Self, Errors> {
        let text = text.unwrap_or_default();
        let file = ConfigFile::parse(path, text)?;
        // It was found to be UTF-8 above.
        Ok(Self { text: String::from_utf8_lossy(text).into_owned(), file })
    }

    /// What the file says now.
    pub fn file(&self) -> &ConfigFile {
        &self.file
    }

    /// The file as it is to be written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text that stands at one place of the file; what is inherited does not count.
    pub fn get(&self, at: &KeyPath) -> Option<&Setting<String>> {
        self.file.value_at(at)
    }

    /// Writes a value, in place of the one that is there or on a new line.
    ///
    /// # Errors
    ///
    /// The value is not one for the key, or the file has no place for it. The file is as it was.
    pub fn set(&mut self, at: &KeyPath, value: &str) -> Result<(), Errors> {
        if value.is_empty() || value.chars().any(char::is_control) {
            let expected = "a text on one line, without control characters".into();
            return Err(Error::NotAccepted { key: at.key.name, expected }.into());
        }
        check(at, value).map_err(|expected| Error::NotAccepted { key: at.key.name, expected })?;
        let text = match self.file.format {
            Format::Toml => edit_toml::set(&self.text, at, value),
            Format::Ini1 | Format::Ini2 => edit_ini::set(&self.text, &self.file, at, value)?,
        };
        self.accept(text, at, Some(value))
    }

    /// Takes a value away. What it stood in, a section or a table, stays. False when there is none.
    ///
    /// # Errors
    ///
    /// The value stands in a form that cannot be edited. The file is as it was.
    pub fn unset(&mut self, at: &KeyPath) -> Result<bool, Errors> {
        let text = match self.file.format {
            Format::Toml => edit_toml::unset(&self.text, at),
            Format::Ini1 | Format::Ini2 => Some(edit_ini::unset(&self.text, &self.file, at)),
        };
        let is_change = text.as_ref() != Some(&self.text);
        self.accept(text, at, None)?;
        Ok(is_change)
    }

    /// Takes a new text, if it parses and says what it should.
    fn accept(
        &mut self,
        text: Option<String>,
        at: &KeyPath,
        expected: Option<&str>,
    ) -> Result<(), Errors> {
        let path = self.file.path.clone();
        let refused = || Error::NotEditable { path: path.clone(), key: at.key.name };
        let text = text.ok_or_else(refused)?;
        let file = ConfigFile::parse(&path, text.as_bytes()).map_err(|_| refused())?;
        if file.value_at(at).map(|found| found.value.as_str()) != expected
            || file.format != self.file.format
        {
            return Err(refused().into());
        }
        match (&at.place, expected) {
            (Place::Top, Some(name)) => check_chain(&file, name)?,
            (Place::Profile(name), Some(_)) if at.key == SOURCE_PROFILE => {
                check_chain(&file, name)?;
            }
            _ => {}
        }
        (self.text, self.file) = (text, file);
        Ok(())
    }
}

/// A profile that is pointed at must be there, and not build on itself.
fn check_chain(file: &ConfigFile, name: &str) -> Result<(), Error> {
    file.chain(&Setting::new(name, Source::Argument)).map(drop)
}

/// Whether a text is one for the key; else what is expected.
fn check(at: &KeyPath, value: &str) -> Result<(), String> {
    let mut errors = Errors::default();
    let text = Setting::new(value, Source::Argument);
    if at.key == PROFILE || at.key == SOURCE_PROFILE {
        return Ok(());
    } else if matches!(at.place, Place::Bucket { .. }) {
        let mut layer = BucketLayer::default();
        put(&mut layer, at.key, text);
        place::check_regions(&mut layer, &mut errors);
        let _ = BucketEntry::read(&layer, &mut errors);
    } else {
        let mut layer = Layer::default();
        put(&mut layer, at.key, text.clone());
        place::check_regions(&mut layer, &mut errors);
        let _ = Settings::read(&layer, text, None, [].into(), Layer::default(), &mut errors);
    }
    match errors.into_iter().next() {
        Some(Error::Value { expected, .. }) => Err(expected),
        _ => Ok(()),
    }
}

fn put(layer: &mut impl Slots, key: &Key, text: Setting<String>) {
    if let Some((_, slot)) = layer.slot(key.name) {
        *slot = Some(text);
    }
}

impl ConfigFile {
    /// The text that stands at one place, without what is inherited.
    pub fn value_at(&self, at: &KeyPath) -> Option<&Setting<String>> {
        match &at.place {
            Place::Top => self.profile.as_ref(),
            Place::Defaults => self.defaults.get(at.key.name),
            Place::Profile(name) => {
                let profile = self.profile_named(name)?;
                if at.key == SOURCE_PROFILE {
                    return profile.parent.as_ref();
                }
                profile.layer.get(at.key.name)
            }
            Place::Bucket { profile, bucket } => {
                let layer = self.bucket_home(profile.as_deref(), at.key)?.get(bucket)?;
                layer.iter().find(|(key, _)| *key == at.key).map(|(_, text)| text)
            }
        }
    }

    /// The buckets among which one of `profile` stands.
    fn bucket_home(&self, profile: Option<&str>, key: &Key) -> Option<&Buckets> {
        if self.format == Format::Toml {
            return match profile {
                Some(name) => Some(&self.profile_named(name)?.buckets),
                None => Some(&self.buckets),
            };
        }
        if edit_ini::is_ossutil1_bucket(self.format, profile, key) {
            return Some(&self.buckets);
        }
        let profile = self.profile_named(profile.unwrap_or(DEFAULT))?;
        self.bucket_group(profile.bucket_group.as_ref()?).ok()
    }
}
