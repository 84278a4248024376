//! The example file and the page for users have every key.

use ossutil_config::{BucketLayer, Format, Key, Layer};

use crate::{file, settings, text};

const EXAMPLE: &str = include_str!("../../../../config.example.toml");
const PAGE: &str = include_str!("../../../../docs/configuration.md");

#[test]
fn the_example_loads() {
    let file = file(EXAMPLE);
    assert_eq!((file.format, &file.warnings[..]), (Format::Toml, &[][..]));
    assert_eq!(file.profiles().collect::<Vec<_>>(), ["default", "prod"]);
}

/// The example with its settings switched on: a line `# key = value` becomes `key = value`.
fn switched_on() -> String {
    let on = |line: &str| match line.strip_prefix("# ") {
        Some(rest) if rest.split_once(" = ").is_some_and(|(key, _)| is_key(key)) => rest.into(),
        _ => line.to_owned(),
    };
    EXAMPLE.lines().map(on).collect::<Vec<_>>().join("\n")
}

fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_lowercase() || c == b'_')
}

#[test]
fn the_example_has_every_key_with_its_default() {
    let text_of_file = switched_on();
    assert_eq!(file(&text_of_file).warnings, [], "{text_of_file}");
    let settings = settings(&text_of_file);
    for key in Layer::KEYS {
        let found =
            settings.layer.get(key.name).unwrap_or_else(|| panic!("{} is missing", key.name));
        assert!(found.source != ossutil_config::Source::Default, "{} is missing", key.name);
        if let Some(default) = key.default {
            assert_eq!(text(Some(found)), Some(default), "{}", key.name);
        }
    }
    let entry = format!("{:?}", settings.buckets.values().collect::<Vec<_>>());
    for key in BucketLayer::KEYS {
        assert!(entry.contains(&format!("{}: Some", key.name)), "{} of a bucket", key.name);
    }
}

/// The row of the page's tables that begins with a key.
fn row(key: &str) -> Option<&'static str> {
    PAGE.lines().find(|line| line.starts_with(&format!("| `{key}` |")))
}

#[test]
fn the_page_has_every_key_default_variable_and_other_name() {
    for key in Layer::KEYS {
        let Key { name, default, env, aliases, .. } = *key;
        let row = row(name).unwrap_or_else(|| panic!("no row for {name}"));
        let texts = default.iter().chain(env).chain(aliases);
        for text in texts {
            assert!(row.contains(&format!("`{text}`")), "{text} in the row of {name}");
        }
    }
    for key in BucketLayer::KEYS {
        assert!(PAGE.contains(&format!("`{}`", key.name)), "{} of a bucket", key.name);
    }
}
