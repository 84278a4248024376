//! For any file: `set` then `get` gives the value, nothing else changes, and `unset` undoes a `set`.

use proptest::prelude::*;

use ossutil_config::{Format, KeyPath, Layer};

use crate::{editor, key_path};

/// Keys as files spell them, each with two values for the file and one to be set.
const KEYS: [(&str, [&str; 3]); 6] = [
    ("region", ["cn-a", "us-b-1", "r-2"]),
    ("retry-times", ["5", "12", "99"]),
    ("accessKeySecret", ["a;b#c=d", "é\"x", "new#;=:'\"\\é"]),
    ("endpoint", ["http://h:1", "h", "https://[::1]:9"]),
    ("skip_verify_cert", ["true", "false", "true"]),
    ("host", ["g", "f", "e"]),
];

const PROFILES: [&str; 3] = ["default", "prod", "dev"];

/// One section's entries: key, value, whether a comment follows or stands above.
type Entries = Vec<(usize, usize, bool, bool)>;

#[derive(Clone, Debug)]
struct Layout {
    style: usize,
    sections: Vec<(usize, Entries)>,
    is_crlf: bool,
    is_mixed: bool,
    has_mark: bool,
    has_end: bool,
    is_spaced: bool,
}

fn layout() -> impl Strategy<Value = Layout> {
    // `endpoint` and `host` are one key, so a section has one of them.
    let keys = prop::sample::subsequence(vec![0, 1, 2, 3, 4], 0..=5);
    let entry = |key: usize| (Just(key), 0usize..2, any::<bool>(), any::<bool>());
    let entries = keys.prop_flat_map(move |keys| keys.into_iter().map(entry).collect::<Vec<_>>());
    let names = prop::sample::subsequence(vec![0, 1, 2], 0..=3).prop_shuffle();
    let sections = names.prop_flat_map(move |names| {
        names.into_iter().map(|name| (Just(name), entries.clone())).collect::<Vec<_>>()
    });
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (0usize..4, sections, flags).prop_map(|(style, sections, flags)| {
        let (is_crlf, is_mixed, has_mark, has_end, is_spaced) = flags;
        Layout { style, sections, is_crlf, is_mixed, has_mark, has_end, is_spaced }
    })
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

impl Layout {
    /// The lines, with their ends, mark and all.
    fn finish(&self, lines: &[String]) -> String {
        let mut text = if self.has_mark { "\u{feff}".to_owned() } else { String::new() };
        for (index, line) in lines.iter().enumerate() {
            let is_crlf = self.is_crlf ^ (self.is_mixed && index % 3 == 1);
            let is_last = index + 1 == lines.len();
            text += line;
            text += match (is_last && !self.has_end, is_crlf) {
                (true, _) => "",
                (false, true) => "\r\n",
                (false, false) => "\n",
            };
        }
        text
    }

    fn toml(&self) -> String {
        let mut lines = vec!["# of mine".to_owned(), String::new()];
        if self.style == 3 {
            lines.push("[profiles]".into());
        }
        for (name, entries) in &self.sections {
            let name = PROFILES[*name];
            if self.style == 0 {
                lines.extend([String::new(), format!("[profiles.{name}] # {name}")]);
            }
            let pairs = entries.iter().map(|(key, value, ..)| {
                let (key, values) = KEYS[*key];
                format!("{key} = {}", quoted(values[*value]))
            });
            if self.style == 3 {
                let pairs: Vec<String> = pairs.collect();
                let pad = if self.is_spaced { " " } else { "" };
                lines.push(format!("{name} = {{{pad}{}{pad}}}", pairs.join(", ")));
                continue;
            }
            for (pair, (_, _, above, behind)) in pairs.zip(entries) {
                let prefix = match self.style {
                    1 => format!("profiles.{name}."),
                    2 if name != "default" => format!("profiles.{name}."),
                    _ => String::new(),
                };
                lines.extend(above.then(|| "# above".to_owned()));
                lines.push(format!("{prefix}{pair}{}", if *behind { " # behind" } else { "" }));
            }
        }
        self.finish(&lines)
    }

    fn ini(&self) -> String {
        let mut lines = vec!["; of mine".to_owned(), "[buckets none]".to_owned()];
        for (name, entries) in &self.sections {
            let title = match (PROFILES[*name], self.style) {
                ("default", 0 | 1) => "Credentials".to_owned(),
                ("default", _) => "default".to_owned(),
                (name, _) => format!("profile {name}"),
            };
            lines.extend([String::new(), format!("[{title}]")]);
            for (key, value, above, behind) in entries {
                let (key, values) = KEYS[*key];
                let sign = if self.is_spaced { " = " } else { "=" };
                lines.extend(above.then(|| "# above".to_owned()));
                lines.push(format!(
                    "{key}{sign}{}{}",
                    values[*value],
                    if *behind { " " } else { "" }
                ));
            }
        }
        self.finish(&lines)
    }
}

/// Everything the file says, by place and key.
fn everything(text: &str) -> Vec<(String, Option<String>)> {
    let editor = editor(text);
    let mut found = Vec::new();
    for profile in PROFILES {
        for key in Layer::KEYS {
            let at = key_path(key.name, profile);
            let value = editor.get(&at).map(|value| value.value.clone());
            found.push((format!("{profile}.{}", key.name), value));
        }
    }
    found
}

/// Checks one edit of one file.
fn check(text: &str, at: &KeyPath, name: &str, value: &str) -> Result<(), TestCaseError> {
    let mut editor = editor(text);
    let before = editor.get(at).cloned();
    editor.set(at, value).map_err(|errors| TestCaseError::fail(errors.to_string()))?;
    let edited = editor.text().to_owned();
    prop_assert_eq!(editor.get(at).map(|value| value.value.as_str()), Some(value));

    for ((key, old), (_, new)) in everything(text).into_iter().zip(everything(&edited)) {
        prop_assert!(key == name || old == new, "{} changed", key);
    }
    let same = |left: &mut dyn Iterator<Item = (u8, u8)>| left.take_while(|(a, b)| a == b).count();
    let front = same(&mut text.bytes().zip(edited.bytes()));
    let back = same(&mut text.bytes().rev().zip(edited.bytes().rev()));
    let lost = text.len().saturating_sub(front + back);
    if let Some(before) = before {
        let is_toml = editor.file().format == Format::Toml;
        let written = if is_toml { quoted(&before.value) } else { before.value };
        prop_assert!(lost <= written.len(), "more than the value:\n{}\n{}", text, edited);
        return Ok(());
    }
    prop_assert!(lost == 0, "more than an insertion:\n{}\n{}", text, edited);

    let is_header = |line: &&str| line.trim_start_matches('\u{feff}').starts_with('[');
    let headers = |text: &str| text.lines().filter(is_header).count();
    let adds_section = headers(text) < headers(&edited);
    prop_assert!(editor.unset(at).map_err(|errors| TestCaseError::fail(errors.to_string()))?);
    if !adds_section {
        prop_assert_eq!(editor.text(), text);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn toml_edits(layout in layout(), key in 0usize..6, profile in 0usize..3) {
        let (key, values) = KEYS[key];
        let at = key_path(key, PROFILES[profile]);
        let name = format!("{}.{}", PROFILES[profile], at.key.name);
        check(&layout.toml(), &at, &name, values[2])?;
    }

    #[test]
    fn ini_edits(layout in layout(), key in 0usize..6, profile in 0usize..3) {
        let (key, values) = KEYS[key];
        let at = key_path(key, PROFILES[profile]);
        let name = format!("{}.{}", PROFILES[profile], at.key.name);
        check(&layout.ini(), &at, &name, values[2])?;
    }

    #[test]
    fn any_value_comes_back_from_toml(value in "[^\\p{Cc}]{1,40}") {
        let at = key_path("access_key_secret", "");
        let mut editor = editor("jobs = 1\r\n");
        editor.set(&at, &value).unwrap();
        prop_assert_eq!(&editor.get(&at).unwrap().value, &value);
        prop_assert!(editor.unset(&at).unwrap());
        prop_assert_eq!(editor.text(), "jobs = 1\r\n");
    }
}
