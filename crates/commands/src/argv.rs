//! The grammar of the command line that `ossutil` 1 taught its users, rewritten for clap.
//!
//! Options may stand before the command, single letters may be combined and take their values from
//! the words that follow (`-sdiek ID URL SECRET`), and a value that begins with `-` needs the form
//! `--name=-value`. What comes out is: the command, its options one word each, `--`, its arguments.

use std::collections::BTreeMap;

use crate::error::{Error, Result};

/// The options of all commands together: whether each takes a value.
pub(crate) struct Vocabulary {
    long: BTreeMap<String, bool>,
    short: BTreeMap<char, bool>,
}

impl Vocabulary {
    /// Collects the options of `root` and all commands below it.
    pub(crate) fn of(root: &clap::Command) -> Self {
        let mut vocabulary = Self { long: BTreeMap::new(), short: BTreeMap::new() };
        vocabulary.long.insert("help".to_owned(), false);
        vocabulary.short.insert('h', false);
        vocabulary.add(root);
        vocabulary
    }

    fn add(&mut self, command: &clap::Command) {
        for argument in command.get_arguments() {
            // A value that may be left out is only ever joined to its option by `=`.
            let is_joined = argument.is_require_equals_set();
            let takes_value = argument.get_action().takes_values() && !is_joined;
            let names = argument.get_long_and_visible_aliases().unwrap_or_default();
            self.long.extend(names.into_iter().map(|name| (name.to_owned(), takes_value)));
            self.short.extend(argument.get_short().map(|letter| (letter, takes_value)));
        }
        command.get_subcommands().for_each(|command| self.add(command));
    }

    /// The one long option that `name` is, or begins.
    fn long(&self, name: &str) -> Option<(&str, bool)> {
        if let Some((name, &takes_value)) = self.long.get_key_value(name) {
            return Some((name, takes_value));
        }
        let mut candidates = self.long.iter().filter(|(long, _)| long.starts_with(name));
        match (candidates.next(), candidates.next()) {
            (Some((long, &takes_value)), None) => Some((long, takes_value)),
            _ => None,
        }
    }
}

/// A command line in parts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// The options before the command, then those behind it.
    pub(crate) options: Vec<String>,
    /// The command and its arguments.
    pub(crate) words: Vec<String>,
    /// Where in the original the command stood.
    pub(crate) command_at: Option<usize>,
}

/// Takes `words` (without the program's name) apart.
pub(crate) fn split(words: &[String], vocabulary: &Vocabulary) -> Result<Line> {
    let mut line = Line::default();
    let mut at = 0;
    while at < words.len() {
        let word = &words[at];
        at += 1;
        if word == "--" {
            line.command_at = line.command_at.or((at < words.len()).then_some(at));
            line.words.extend_from_slice(&words[at..]);
            break;
        } else if let Some(long) = word.strip_prefix("--") {
            let (name, has_value) = (long.split('=').next().unwrap_or(long), long.contains('='));
            match vocabulary.long(name) {
                Some((full, true)) if !has_value => {
                    let value = value(words, &mut at, word)?;
                    line.options.push(format!("--{full}={value}"));
                }
                Some((full, _)) => line.options.push(format!("--{full}{}", &long[name.len()..])),
                None => line.options.push(word.clone()),
            }
        } else if word.len() > 1 && word.starts_with('-') {
            line.options.extend(cluster(&word[1..], words, &mut at, vocabulary)?);
        } else {
            line.command_at = line.command_at.or(Some(at - 1));
            line.words.push(word.clone());
        }
    }
    Ok(line)
}

/// The options in `-letters`; each that takes a value takes one of the words that follow. With a
/// letter among them that is no option it is the first one's value (`-ehttp://…`).
fn cluster(
    letters: &str,
    words: &[String],
    at: &mut usize,
    vocabulary: &Vocabulary,
) -> Result<Vec<String>> {
    let first = letters.chars().next().unwrap_or_default();
    if !letters.chars().all(|letter| vocabulary.short.contains_key(&letter)) {
        let value = &letters[first.len_utf8()..];
        let value = value.strip_prefix('=').unwrap_or(value);
        return Ok(match vocabulary.short.get(&first) {
            Some(true) => vec![format!("-{first}"), value.to_owned()],
            _ => vec![format!("-{letters}")],
        });
    }
    let mut options = Vec::new();
    for letter in letters.chars() {
        options.push(format!("-{letter}"));
        if vocabulary.short[&letter] {
            options.push(value(words, at, &format!("-{letter}"))?);
        }
    }
    Ok(options)
}

fn value(words: &[String], at: &mut usize, option: &str) -> Result<String> {
    match words.get(*at) {
        Some(value) if value == "-" || !(value.is_empty() || value.starts_with('-')) => {
            *at += 1;
            Ok(value.clone())
        }
        _ => Err(Error::usage(format!("Flag {option} requires argument!"))
            .hint("a value that begins with `-` is given like this: --name=-value")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Arg, ArgAction, Command};

    fn split(text: &str) -> Result<Line> {
        let flag = |name: &'static str, letter| {
            Arg::new(name).long(name).short(letter).action(ArgAction::SetTrue)
        };
        let command = Command::new("x")
            .arg(flag("short-format", 's'))
            .arg(flag("directory", 'd'))
            .arg(Arg::new("access-key-id").long("access-key-id").short('i'))
            .arg(Arg::new("access-key-secret").long("access-key-secret").short('k'))
            .arg(Arg::new("endpoint").long("endpoint").short('e'));
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        super::split(&words, &Vocabulary::of(&command))
    }

    #[test]
    fn lines() {
        for (text, options, words) in [
            ("ls oss://b -sd", "-s -d", "ls oss://b"),
            ("-e URL ls -s oss://b", "-e URL -s", "ls oss://b"),
            ("ls oss://b -sdiek ID URL K", "-s -d -i ID -e URL -k K", "ls oss://b"),
            ("ls -ehttp://h oss://b", "-e http://h", "ls oss://b"),
            ("ls -e=http://h", "-e http://h", "ls"),
            ("ls --endp http://h --short", "--endpoint=http://h --short-format", "ls"),
            ("ls --access-key x", "--access-key", "ls x"),
            ("ls --endpoint=-x -- -s", "--endpoint=-x", "ls -s"),
            ("listpart -", "", "listpart -"),
            ("ls --nosuch -Z", "--nosuch -Z", "ls"),
        ] {
            let line = split(text).unwrap();
            assert_eq!(line.options.join(" "), options, "{text}");
            assert_eq!(line.words.join(" "), words, "{text}");
        }
    }

    #[test]
    fn missing_values() {
        for text in ["ls -e", "ls --endpoint", "ls --endpoint -s", "ls --endpoint "] {
            assert!(split(text).is_err(), "{text}");
        }
    }
}
