//! The configuration as the dispatcher uses it: files as users have them, layers, and the result.

use std::collections::BTreeMap;
use std::path::Path;

use ossutil_config::{
    ConfigFile, Editor, Errors, Inputs, KeyPath, Layer, Setting, Settings, Source, resolve,
};

mod buckets;
mod docs;
mod edit;
mod edit_properties;
mod ini;
mod layers;
mod migrate;
mod profiles;
mod secrets;
mod store;
mod toml;
mod values;

/// The name under which the files of the tests are parsed.
const PATH: &str = "/home/x/.ossutilconfig";

fn parse(text: &str) -> Result<ConfigFile, Errors> {
    ConfigFile::parse(Path::new(PATH), text.as_bytes())
}

fn file(text: &str) -> ConfigFile {
    parse(text).unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}

fn warnings(text: &str) -> Vec<String> {
    file(text).warnings.iter().map(ToString::to_string).collect()
}

/// What a run has: options, variables, a file, a profile.
#[derive(Default)]
struct Run<'a> {
    flags: &'a [(&'static str, &'a str)],
    env: &'a [(&'a str, &'a str)],
    file: &'a str,
    profile: &'a str,
    ignore_env: bool,
}

impl Run<'_> {
    fn resolve(&self) -> Result<Settings, Errors> {
        let mut flags = Layer::default();
        for (key, text) in self.flags {
            assert!(flags.set(key, Setting::new(*text, Source::Flag(key))), "{key}");
        }
        let env: BTreeMap<String, String> =
            self.env.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        resolve(Inputs {
            flags,
            env: &env,
            file: Some(file(self.file)),
            profile: Some(Setting::new(self.profile, Source::Flag("--profile"))),
            ignore_env: self.ignore_env,
        })
    }

    fn settings(&self) -> Settings {
        self.resolve().unwrap_or_else(|errors| panic!("{errors}\n{}", self.file))
    }

    fn errors(&self) -> String {
        self.resolve().map(drop).unwrap_err().to_string()
    }
}

/// The settings of a file alone.
fn settings(text: &str) -> Settings {
    Run { file: text, ..Run::default() }.settings()
}

fn text(setting: Option<&Setting<String>>) -> Option<&str> {
    setting.map(|setting| setting.value.as_str())
}

/// A path of a value in a profile; `profile` is the one an option chose, unless it is empty.
fn key_path(key: &str, profile: &str) -> KeyPath {
    let profile = match profile {
        "" => Setting::new("default", Source::Default),
        name => Setting::new(name, Source::Flag("--profile")),
    };
    KeyPath::parse(key, &profile).unwrap_or_else(|error| panic!("{error}"))
}

fn editor(text: &str) -> Editor {
    Editor::new(Path::new(PATH), Some(text.as_bytes()))
        .unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}
