//! What can be wrong with a configuration, and what is merely odd about one.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::Source;

/// One thing that is wrong with the configuration. Secrets never appear in the text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file exists and could not be read.
    #[error("cannot read the configuration file {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is not text.
    #[error("{}:{line} is not UTF-8 text; save the file as UTF-8", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The first line that is not UTF-8, from 1.
        line: usize,
    },
    /// The file is not TOML. The text of the line is left out, since it may hold a secret.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What the parser found.
        message: String,
    },
    /// A value of the wrong kind or out of range.
    #[error("`{}` for `{key}` {} is not {expected}", value.escape_debug(), origin.phrase())]
    Value {
        /// The text given.
        value: String,
        /// The setting.
        key: &'static str,
        /// Where the text was given.
        origin: Source,
        /// What was expected: "a whole number between 1 and 500".
        expected: String,
    },
    /// A key of a file holds something of another shape: a table for a value, a value for a table.
    #[error("`{}` {} is not {expected}", key.escape_debug(), origin.phrase())]
    Shape {
        /// The key as it is written.
        key: String,
        /// Where it stands.
        origin: Source,
        /// What was expected: "a table".
        expected: &'static str,
    },
    /// A profile that the file does not have.
    #[error("no profile `{}` ({origin}): {}", name.escape_debug(), known_text(known))]
    UnknownProfile {
        /// The name asked for.
        name: String,
        /// Who asked for it.
        origin: Source,
        /// The profiles there are.
        known: Vec<String>,
    },
    /// Profiles that build on each other in a ring.
    #[error("`source_profile` goes round in a circle: {}", chain.join(" -> "))]
    ProfileCycle {
        /// The names in order; the last is one of the earlier ones.
        chain: Vec<String>,
    },
    /// A key that an edit names and that does not exist.
    #[error("unknown key `{}`{}", key.escape_debug(), hint(*nearest))]
    UnknownKey {
        /// The key as it was typed.
        key: String,
        /// The known key it may be a slip for.
        nearest: Option<&'static str>,
    },
    /// A value that an edit was to write. It is left out, since it may be a secret.
    #[error("the value given for `{key}` is not {expected}")]
    NotAccepted {
        /// The setting.
        key: &'static str,
        /// What was expected: "a whole number between 1 and 500".
        expected: String,
    },
    /// An edit that the format of the file has no form for.
    #[error("{} has no place for {what}; `ossutil config migrate` turns it into TOML, which has", path.display())]
    NoPlace {
        /// The file.
        path: PathBuf,
        /// What was to be written.
        what: &'static str,
    },
    /// An edit after which the file would say something else than it should.
    #[error("`{key}` cannot be changed safely in {}, where it stands in an unusual form; edit the file by hand", path.display())]
    NotEditable {
        /// The file.
        path: PathBuf,
        /// The setting.
        key: &'static str,
    },
    /// The file could not be written; it is as it was.
    #[error("cannot write the configuration file {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A `buckets = NAME` without a section `[buckets NAME]`.
    #[error("no section [buckets {}] ({origin}): {}", name.escape_debug(), known_text(known))]
    UnknownBuckets {
        /// The name asked for.
        name: String,
        /// Who asked for it.
        origin: Source,
        /// The sections there are.
        known: Vec<String>,
    },
}

/// "the file has a, b", or that it has none.
fn known_text(known: &[String]) -> String {
    if known.is_empty() {
        return "the configuration has none".into();
    }
    format!("the configuration has {}", known.join(", ").escape_debug())
}

/// Everything that is wrong, in the order found; a line each when displayed.
#[derive(Debug, Default)]
pub struct Errors(Vec<Error>);

impl Errors {
    /// Adds one.
    pub(crate) fn push(&mut self, error: Error) {
        self.0.push(error);
    }

    /// The value of a success; a failure is added.
    pub(crate) fn keep<T>(&mut self, result: Result<T, Error>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// The value, unless anything went wrong on the way to it.
    pub(crate) fn or<T>(self, value: Option<T>) -> Result<T, Self> {
        value.filter(|_| self.0.is_empty()).ok_or(self)
    }

    /// The errors, in the order found.
    pub fn iter(&self) -> impl Iterator<Item = &Error> {
        self.0.iter()
    }
}

impl From<Error> for Errors {
    fn from(error: Error) -> Self {
        Self(vec![error])
    }
}

impl IntoIterator for Errors {
    type Item = Error;
    type IntoIter = std::vec::IntoIter<Error>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(Error::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// The source is that of the first error, since an error has one at most.
impl std::error::Error for Errors {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.first().and_then(std::error::Error::source)
    }
}

/// Something in a file that has no effect, or not the one its writer may expect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// A key that means nothing.
    #[error("unknown key `{}` {}{}", key.escape_debug(), origin.phrase(), hint(*nearest))]
    UnknownKey {
        /// The key as it is written.
        key: String,
        /// Where it stands.
        origin: Source,
        /// The known key it may be a slip for.
        nearest: Option<&'static str>,
    },
    /// A section of an INI file that means nothing.
    #[error("unknown section [{}] {}", name.escape_debug(), origin.phrase())]
    UnknownSection {
        /// The section as it is written.
        name: String,
        /// Where it begins.
        origin: Source,
    },
    /// A section of an INI file that repeats an earlier one; ossutil 1 reads the first only.
    #[error("section [{}] {} repeats line {first} and is not read",
        name.escape_debug(), origin.phrase())]
    RepeatedSection {
        /// The section as it is written.
        name: String,
        /// Where it begins.
        origin: Source,
        /// The line of the first.
        first: usize,
    },
    /// One setting under two names. ossutil 1 picks one at random.
    #[error("`{}` {} and `{}` on line {first} are one setting: the later counts",
        key.escape_debug(), origin.phrase(), first_key.escape_debug())]
    TwoNames {
        /// The later name.
        key: String,
        /// Where it stands.
        origin: Source,
        /// The earlier name.
        first_key: String,
        /// The line of the earlier name.
        first: usize,
    },
    /// A line of an INI file that is neither a section nor `key = value`. Its text may be a secret.
    #[error("the line {} is neither a [section] nor key = value", origin.phrase())]
    Stray {
        /// Where it stands.
        origin: Source,
    },
    /// A key of an INI file above the first section.
    #[error("`{}` {} stands above the first [section] and is not read",
        key.escape_debug(), origin.phrase())]
    NoSection {
        /// The key as it is written.
        key: String,
        /// Where it stands.
        origin: Source,
    },
}

/// "; did you mean `x`?"
fn hint(nearest: Option<&str>) -> String {
    nearest.map(|key| format!("; did you mean `{key}`?")).unwrap_or_default()
}
