//! What is found while a file is read, and the one way a text gets into a layer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::layer::{Key, Slots};
use crate::{Errors, Setting, Source, Warning, name};

/// Errors and warnings of one file.
pub(crate) struct Notes {
    path: PathBuf,
    pub(crate) errors: Errors,
    pub(crate) warnings: Vec<Warning>,
    /// How the keys of the section at hand were written, and on which line.
    written: BTreeMap<&'static str, (String, usize)>,
}

impl Notes {
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.into(),
            errors: Errors::default(),
            warnings: Vec::new(),
            written: BTreeMap::new(),
        }
    }

    /// Forgets the spellings of the section before.
    pub(crate) fn begin_section(&mut self) {
        self.written.clear();
    }

    /// A line of the file.
    pub(crate) fn source(&self, line: usize, profile: Option<&str>) -> Source {
        Source::File { path: self.path.clone(), line, profile: profile.map(Into::into) }
    }

    pub(crate) fn warn(&mut self, warning: Warning) {
        self.warnings.push(warning);
    }

    /// Puts a text into the layer under the key that is written `spelled`. The last one counts, and
    /// an empty one takes back what stood before.
    pub(crate) fn put<S: Slots>(
        &mut self,
        layer: &mut S,
        spelled: &str,
        text: &str,
        origin: Source,
    ) {
        let Some((key, slot)) = layer.slot(spelled) else {
            return self.warn_unknown(spelled, S::TABLE.iter().flat_map(Key::names), origin);
        };
        let line = if let Source::File { line, .. } = origin { line } else { 0 };
        *slot = (!text.is_empty()).then(|| Setting::new(text, origin.clone()));
        let earlier = self.written.insert(key.name, (spelled.into(), line));
        if let Some((first_key, first)) = earlier
            && first_key != spelled
        {
            self.warn(Warning::TwoNames { key: spelled.into(), origin, first_key, first });
        }
    }

    /// Warns of a key that is none of `known`.
    pub(crate) fn warn_unknown(
        &mut self,
        key: &str,
        known: impl IntoIterator<Item = &'static str>,
        origin: Source,
    ) {
        let nearest = name::nearest(key, known);
        self.warn(Warning::UnknownKey { key: key.into(), origin, nearest });
    }
}
