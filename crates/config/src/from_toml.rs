//! Our own file format: TOML with `[defaults]`, `[profiles.NAME]` and `[buckets.NAME]`, or flat.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::file::line_at;
use crate::layer::Slots;
use crate::notes::Notes;
use crate::profile::{Buckets, DEFAULT, Profile};
use crate::{ConfigFile, Error, Key, Layer, Setting, name};

/// Keys at the top of a file that are not settings, for suggestions.
const TOP: [&str; 5] = ["profile", "defaults", "profiles", "buckets", "source_profile"];

/// Reads a file.
pub(crate) fn read(text: &str, file: &mut ConfigFile, notes: &mut Notes) {
    let text = text.trim_start_matches('\u{feff}');
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        Reader { text, file, notes }.top(table.get_ref());
    }
    for error in errors {
        notes.errors.push(syntax_error(text, file, &error));
    }
}

/// The parser's message with its place, without the line itself, which may hold a secret.
fn syntax_error(text: &str, file: &ConfigFile, error: &toml::de::Error) -> Error {
    let offset = text.floor_char_boundary(error.span().map_or(0, |span| span.start));
    let line_start = text[..offset].rfind('\n').map_or(0, |end| end + 1);
    Error::Syntax {
        path: file.path.clone(),
        line: line_at(text.as_bytes(), offset),
        column: text[line_start..offset].chars().count() + 1,
        message: error.message().replace('\n', ", "),
    }
}

/// A key, its line, and what it holds.
struct Item<'a> {
    key: &'a str,
    line: usize,
    value: &'a DeValue<'a>,
}

struct Reader<'a> {
    text: &'a str,
    file: &'a mut ConfigFile,
    notes: &'a mut Notes,
}

impl Reader<'_> {
    /// The items of a table in the order of the file.
    fn items<'t>(&self, table: &'t DeTable<'t>) -> Vec<Item<'t>> {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
            .into_iter()
            .map(|(key, value)| Item {
                key: key.get_ref(),
                line: line_at(self.text.as_bytes(), key.span().start),
                value: Spanned::get_ref(value),
            })
            .collect()
    }

    fn top(&mut self, table: &DeTable<'_>) {
        let mut flat = Profile { name: DEFAULT.into(), ..Profile::default() };
        let mut defaults = Layer::default();
        let mut is_flat = false;
        for item in self.items(table) {
            match item.key {
                "profile" => self.file.profile = self.text_of(&item, None),
                "defaults" => self.settings(&item, &mut defaults, None),
                "profiles" => self.profiles(&item),
                "buckets" => self.file.buckets = self.buckets(&item, None),
                _ => is_flat |= self.top_setting(&item, &mut flat),
            }
        }
        self.file.defaults = defaults;
        if is_flat {
            self.add_flat(flat);
        }
    }

    /// A setting above all tables belongs to the default profile.
    fn top_setting(&mut self, item: &Item<'_>, flat: &mut Profile) -> bool {
        let known = flat.layer.slot(item.key).is_some() || name::same(item.key, "source_profile");
        if known {
            self.profile_item(item, flat, None);
        } else {
            let keys = Layer::KEYS.iter().flat_map(Key::names);
            let origin = self.notes.source(item.line, None);
            self.notes.warn_unknown(item.key, keys.chain(TOP), origin);
        }
        known
    }

    /// Joins the settings above all tables with `[profiles.default]`, which counts more.
    fn add_flat(&mut self, flat: Profile) {
        let profiles = &mut self.file.profiles;
        match profiles.iter_mut().find(|profile| profile.name == DEFAULT) {
            Some(profile) => {
                profile.layer = std::mem::take(&mut profile.layer).over(flat.layer);
                profile.parent = profile.parent.take().or(flat.parent);
            }
            None => profiles.insert(0, flat),
        }
    }

    fn profiles(&mut self, item: &Item<'_>) {
        let Some(table) = self.table_of(item, None) else { return };
        for item in self.items(table) {
            let Some(table) = self.table_of(&item, None) else { continue };
            self.notes.begin_section();
            let mut profile = Profile { name: item.key.into(), ..Profile::default() };
            for inner in self.items(table) {
                self.profile_item(&inner, &mut profile, Some(item.key));
            }
            self.file.profiles.push(profile);
        }
    }

    fn profile_item(&mut self, item: &Item<'_>, profile: &mut Profile, label: Option<&str>) {
        if name::same(item.key, "source_profile") {
            profile.parent = self.text_of(item, label);
        } else if name::same(item.key, "buckets") {
            profile.buckets = self.buckets(item, label);
        } else {
            self.setting(item, &mut profile.layer, label);
        }
    }

    fn buckets(&mut self, item: &Item<'_>, label: Option<&str>) -> Buckets {
        let mut buckets = Buckets::new();
        let Some(table) = self.table_of(item, label) else { return buckets };
        for item in self.items(table) {
            self.settings(&item, buckets.entry(item.key.into()).or_default(), label);
        }
        buckets
    }

    /// A table that holds settings and nothing else.
    fn settings(&mut self, item: &Item<'_>, layer: &mut impl Slots, label: Option<&str>) {
        let Some(table) = self.table_of(item, label) else { return };
        self.notes.begin_section();
        for item in self.items(table) {
            self.setting(&item, layer, label);
        }
    }

    fn setting<S: Slots>(&mut self, item: &Item<'_>, layer: &mut S, label: Option<&str>) {
        if layer.slot(item.key).is_none() {
            let origin = self.notes.source(item.line, label);
            let known = S::TABLE.iter().flat_map(Key::names);
            return self.notes.warn_unknown(item.key, known, origin);
        }
        match scalar(item.value) {
            Some(text) => {
                let origin = self.notes.source(item.line, label);
                self.notes.put(layer, item.key, &text, origin);
            }
            None => self.wrong_shape(item, label, "a single value"),
        }
    }

    fn table_of<'t>(&mut self, item: &Item<'t>, label: Option<&str>) -> Option<&'t DeTable<'t>> {
        let table = item.value.as_table();
        if table.is_none() {
            self.wrong_shape(item, label, "a table");
        }
        table
    }

    /// The text of a key that is not a setting; none if it is empty or, with an error, no text.
    fn text_of(&mut self, item: &Item<'_>, label: Option<&str>) -> Option<Setting<String>> {
        let Some(text) = item.value.as_str() else {
            self.wrong_shape(item, label, "a text");
            return None;
        };
        let origin = self.notes.source(item.line, label);
        (!text.is_empty()).then(|| Setting::new(text, origin))
    }

    fn wrong_shape(&mut self, item: &Item<'_>, label: Option<&str>, expected: &'static str) {
        let origin = self.notes.source(item.line, label);
        self.notes.errors.push(Error::Shape { key: item.key.into(), origin, expected });
    }
}

/// The text of a single value: numbers and booleans are read as if they stood in quotes.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().replace('_', "")),
        DeValue::Float(number) => Some(number.as_str().replace('_', "")),
        DeValue::Boolean(yes) => Some(yes.to_string()),
        _ => None,
    }
}
