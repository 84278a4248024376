//! `--include` and `--exclude`: patterns over the last part of a name, in the order they stand.

use clap::{ArgMatches, Args, FromArgMatches};

use crate::error::{Error, Result};

/// The two options, which keep their order among each other.
#[derive(Args)]
struct Options {
    /// Only names whose part after the last `/` matches the pattern
    #[arg(long, value_name = "PATTERN")]
    include: Vec<String>,
    /// Not the names whose part after the last `/` matches the pattern
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<String>,
}

/// A chain of filters: the first sets the result, each further include adds to it, each further
/// exclude takes away from it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filters {
    chain: Vec<(Kind, Glob)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Include,
    Exclude,
}

impl Filters {
    /// Whether no filter was given.
    pub(crate) fn is_empty(&self) -> bool {
        self.chain.is_empty()
    }

    /// Whether `name`, a key or a common prefix, passes.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let name = name.strip_suffix('/').unwrap_or(name);
        let name = name.rsplit('/').next().unwrap_or_default();
        let mut passes = None;
        for (kind, glob) in &self.chain {
            let is_match = glob.matches(name);
            passes = Some(match (kind, passes) {
                (Kind::Include, before) => before.unwrap_or(false) || is_match,
                (Kind::Exclude, before) => before.unwrap_or(true) && !is_match,
            });
        }
        passes.unwrap_or(true)
    }

    /// Checks the patterns: one that can match nothing by mistake is an error, since for a
    /// command that deletes "nothing is excluded" means everything.
    fn new(mut chain: Vec<(usize, Kind, String)>) -> Result<Self> {
        chain.sort_by_key(|(index, ..)| *index);
        let parse = |(_, kind, pattern): (usize, Kind, String)| {
            let option = if kind == Kind::Include { "--include" } else { "--exclude" };
            if pattern.is_empty() {
                let message = format!("the pattern of {option} is empty");
                return Err(Error::usage(message).hint("leave the option out to take every name"));
            }
            if pattern.contains('/') {
                return Err(Error::usage(
                    "--include or --exclude does not support format containing dir info",
                ));
            }
            let glob = Glob::parse(&pattern).ok_or_else(|| {
                Error::usage(format!("the pattern `{pattern}` of {option} is malformed"))
                    .hint("`[` needs its `]`, and `\\` a character behind it")
            })?;
            Ok((kind, glob))
        };
        Ok(Self { chain: chain.into_iter().map(parse).collect::<Result<_>>()? })
    }
}

/// The arguments as clap fills them in; [`FilterArgs::check`] gives the filters.
#[derive(Clone, Debug, Default)]
pub(crate) struct FilterArgs {
    chain: Vec<(usize, Kind, String)>,
}

impl FilterArgs {
    pub(crate) fn check(&self) -> Result<Filters> {
        Filters::new(self.chain.clone())
    }
}

impl Args for FilterArgs {
    fn augment_args(command: clap::Command) -> clap::Command {
        Options::augment_args(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Options::augment_args_for_update(command)
    }
}

impl FromArgMatches for FilterArgs {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        let mut chain = Vec::new();
        for (id, kind) in [("include", Kind::Include), ("exclude", Kind::Exclude)] {
            let indices = matches.indices_of(id).into_iter().flatten();
            let patterns = matches.get_many::<String>(id).into_iter().flatten();
            chain.extend(indices.zip(patterns).map(|(i, pattern)| (i, kind, pattern.clone())));
        }
        Ok(Self { chain })
    }

    fn update_from_arg_matches(
        &mut self,
        matches: &ArgMatches,
    ) -> std::result::Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// A pattern in the style of Go's `filepath.Match`: `*`, `?`, `[a-z]`, `[^a-z]` (also `[!a-z]`)
/// and `\x`, by character.
#[derive(Clone, Debug)]
struct Glob(Vec<Token>);

#[derive(Clone, Debug)]
enum Token {
    One(char),
    Any,
    Star,
    Set { is_negated: bool, ranges: Vec<(char, char)> },
}

impl Glob {
    fn parse(pattern: &str) -> Option<Self> {
        let mut tokens = Vec::new();
        let mut rest = pattern.chars().peekable();
        while let Some(character) = rest.next() {
            tokens.push(match character {
                '*' => Token::Star,
                '?' => Token::Any,
                '\\' => Token::One(rest.next()?),
                '[' => {
                    let is_negated = rest.next_if(|&c| c == '^' || c == '!').is_some();
                    let mut ranges = Vec::new();
                    while ranges.is_empty() || rest.peek() != Some(&']') {
                        let low = Self::set_member(&mut rest)?;
                        let high = match rest.next_if_eq(&'-') {
                            Some(_) => Self::set_member(&mut rest)?,
                            None => low,
                        };
                        ranges.push((low, high));
                    }
                    rest.next();
                    Token::Set { is_negated, ranges }
                }
                _ => Token::One(character),
            });
        }
        Some(Self(tokens))
    }

    fn set_member(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
        match rest.next()? {
            '-' | ']' => None,
            '\\' => rest.next(),
            character => Some(character),
        }
    }

    /// Goes back to the last star only, so the time is bounded by the product of the lengths.
    fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let (mut at, mut token) = (0, 0);
        let mut last_star: Option<(usize, usize)> = None;
        while at < name.len() {
            match self.0.get(token) {
                Some(Token::Star) => {
                    last_star = Some((token, at));
                    token += 1;
                }
                Some(single) if single.matches(name[at]) => {
                    token += 1;
                    at += 1;
                }
                _ => match &mut last_star {
                    Some((star, from)) => {
                        *from += 1;
                        (token, at) = (*star + 1, *from);
                    }
                    None => return false,
                },
            }
        }
        self.0[token..].iter().all(|token| matches!(token, Token::Star))
    }
}

impl Token {
    fn matches(&self, character: char) -> bool {
        match self {
            Self::One(one) => *one == character,
            Self::Any => true,
            Self::Star => false,
            Self::Set { is_negated, ranges } => {
                ranges.iter().any(|(low, high)| (low..=high).contains(&&character)) != *is_negated
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(chain: &[(Kind, &str)]) -> Result<Filters> {
        let chain = chain.iter().enumerate();
        Filters::new(chain.map(|(i, (kind, text))| (i, *kind, (*text).to_owned())).collect())
    }

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("*.bin", "a.bin", true),
            ("*.bin", "dir.bin/a.txt", false),
            ("?", "文", true),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("[!a-c]x", "dx", true),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*", "", true),
            ("sub*", "p/sub1/", true),
        ] {
            let filters = filters(&[(Kind::Include, pattern)]).unwrap();
            assert_eq!(filters.matches(name), expected, "{pattern} on {name}");
        }
    }

    #[test]
    fn order_decides() {
        use Kind::{Exclude, Include};
        let chain = filters(&[(Exclude, "*.bin"), (Include, "a*")]).unwrap();
        assert!(chain.matches("a.bin") && chain.matches("z.txt") && !chain.matches("z.bin"));
        let chain = filters(&[(Include, "a*"), (Exclude, "*.bin")]).unwrap();
        assert!(!chain.matches("a.bin") && chain.matches("a.txt") && !chain.matches("z.txt"));
    }

    #[test]
    fn malformed_patterns_are_refused() {
        for pattern in ["", "[", "[]", "[a-", "a\\", "dir/*"] {
            assert!(filters(&[(Kind::Exclude, pattern)]).is_err(), "{pattern}");
        }
    }
}
