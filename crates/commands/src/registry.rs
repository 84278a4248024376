//! What a command is, and how the table of them is made.

use clap::{ArgMatches, Args, Id};
use futures_util::future::LocalBoxFuture;

use crate::{context::Context, error::Result, options::CommonOptions};

/// A command: its arguments (the type itself), its help, and what it does.
///
/// The doc comment of the type is the command's description.
pub(crate) trait Command: Args + 'static {
    /// The word on the command line.
    const NAME: &'static str;
    /// Other words for it: what `ossutil` 1 and 2 call it, where they differ.
    const ALIASES: &'static [&'static str] = &[];
    /// Examples, each a command line and what it is for. `UPLOADID` stands for an upload id.
    const EXAMPLES: &'static [(&'static str, &'static str)];
    /// Whether it talks to the service, and so takes endpoint, credentials and the like.
    const USES_SERVICE: bool = true;
    /// Whether it ends with the time it took.
    const IS_TIMED: bool = Self::USES_SERVICE;

    /// Does it.
    fn run(self, context: &mut Context<'_>) -> impl Future<Output = Result<()>>;
}

/// A command in the table.
pub(crate) struct Entry {
    /// The word on the command line.
    pub(crate) name: &'static str,
    /// Other words for it.
    aliases: &'static [&'static str],
    examples: &'static [(&'static str, &'static str)],
    /// Whether it takes endpoint, credentials and the like.
    pub(crate) takes_options: bool,
    /// Whether the time it took is printed.
    pub(crate) is_timed: bool,
    /// Adds its description and arguments.
    augment: fn(clap::Command) -> clap::Command,
    /// Does it.
    pub(crate) run:
        for<'a> fn(&'a ArgMatches, &'a mut Context<'_>) -> LocalBoxFuture<'a, Result<()>>,
}

impl Entry {
    pub(crate) const fn of<C: Command>() -> Self {
        Self {
            name: C::NAME,
            aliases: C::ALIASES,
            examples: C::EXAMPLES,
            takes_options: C::USES_SERVICE,
            is_timed: C::IS_TIMED,
            augment: C::augment_args,
            run: run::<C>,
        }
    }

    /// Its arguments and help.
    pub(crate) fn definition(&self) -> clap::Command {
        let examples = self.examples.iter().map(|(line, what)| format!("  {line}\n      {what}\n"));
        let aliases = match self.aliases {
            [] => String::new(),
            words => format!("Also called: {}\n\n", words.join(", ")),
        };
        let command = clap::Command::new(self.name).visible_aliases(self.aliases);
        let command = (self.augment)(command)
            .after_help(format!("{aliases}Examples:\n{}", examples.collect::<String>()));
        if self.takes_options { with_common_options(command) } else { command }
    }

    /// Whether `word` is what it is called, or another word for it.
    pub(crate) fn is_called(&self, word: &str) -> bool {
        self.name == word || self.aliases.contains(&word)
    }
}

fn run<'a, C: Command>(
    matches: &'a ArgMatches,
    context: &'a mut Context<'_>,
) -> LocalBoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let arguments = C::from_arg_matches(matches)
            .map_err(|error| crate::error::Error::usage(error.to_string()))?;
        arguments.run(context).await
    })
}

fn with_common_options(command: clap::Command) -> clap::Command {
    let command = command.next_help_heading("Options common to all commands");
    let own: Vec<Id> = command.get_arguments().map(|own| own.get_id().clone()).collect();
    let has_commands = command.has_subcommands();
    CommonOptions::augment_args(command.clone())
        .about(command.get_about().cloned().unwrap_or_default())
        .mut_args(|argument| {
            let is_shared = has_commands && !own.contains(argument.get_id());
            if is_shared { argument.global(true) } else { argument }
        })
}

/// Makes the table: for each name a module, and its `Arguments` as an entry.
macro_rules! commands {
    ($($module:ident),* $(,)?) => {
        $(mod $module;)*

        /// Every command, in alphabetical order.
        pub(crate) const ALL: &[$crate::registry::Entry] =
            &[$($crate::registry::Entry::of::<$module::Arguments>()),*];
    };
}
pub(crate) use commands;

#[cfg(test)]
mod tests {
    use crate::cmd;

    #[test]
    fn every_word_is_one_command() {
        let words = cmd::ALL.iter().flat_map(|entry| entry.aliases.iter().chain([&entry.name]));
        let mut words: Vec<&str> = words.copied().collect();
        let count = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), count);
    }
}
