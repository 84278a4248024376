//! A value and where it came from.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody gave it: the program's own default.
    Default,
    /// A line of a configuration file.
    File {
        /// The file as it was opened.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The profile whose section it stands in; none for file-wide and ossutil 1 sections.
        profile: Option<String>,
    },
    /// An environment variable, by name.
    Env(&'static str),
    /// A command line option, with its dashes.
    Flag(&'static str),
    /// An argument of a command, or an answer to a question.
    Argument,
    /// Worked out from another setting, as the region from the endpoint.
    Inferred,
}

impl Source {
    /// Whether the value was given for this run, by option or variable, rather than written down.
    pub fn is_given(&self) -> bool {
        matches!(self, Self::Env(_) | Self::Flag(_))
    }

    /// The source as it reads after "`value` for `key`": "in FILE:LINE", "from the option --jobs".
    pub(crate) fn phrase(&self) -> String {
        let preposition = if matches!(self, Self::File { .. }) { "in" } else { "from" };
        format!("{preposition} {self}")
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the default"),
            Self::File { path, line, profile: None } => write!(f, "{}:{line}", path.display()),
            Self::File { path, line, profile: Some(profile) } => {
                write!(f, "{}:{line} (profile {})", path.display(), profile.escape_debug())
            }
            Self::Env(name) => write!(f, "the variable {name}"),
            Self::Flag(name) => write!(f, "the option {name}"),
            Self::Argument => f.write_str("this command"),
            Self::Inferred => f.write_str("another setting"),
        }
    }
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub source: Source,
}

impl<T> Setting<T> {
    /// Joins a value and its source.
    pub fn new(value: impl Into<T>, source: Source) -> Self {
        Self { value: value.into(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_read_as_a_user_would_say_them() {
        let file = |profile: Option<&str>| Source::File {
            path: "/p/.ossutilconfig".into(),
            line: 12,
            profile: profile.map(Into::into),
        };
        for (source, text, phrase) in [
            (Source::Default, "the default", "from the default"),
            (file(None), "/p/.ossutilconfig:12", "in /p/.ossutilconfig:12"),
            (
                file(Some("prod")),
                "/p/.ossutilconfig:12 (profile prod)",
                "in /p/.ossutilconfig:12 (profile prod)",
            ),
            (Source::Env("OSS_REGION"), "the variable OSS_REGION", "from the variable OSS_REGION"),
            (Source::Flag("--region"), "the option --region", "from the option --region"),
            (Source::Inferred, "another setting", "from another setting"),
        ] {
            assert_eq!(source.to_string(), text);
            assert_eq!(source.phrase(), phrase);
        }
    }
}
