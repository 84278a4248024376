//! From the command line to the exit code.

use clap::{CommandFactory, FromArgMatches, Parser};

use crate::{
    argv::{self, Vocabulary},
    cmd,
    context::{Context, Environment},
    error::{Error, Result},
    exit::Status,
    external,
    options::CommonOptions,
    registry::Entry,
};

/// What blocks of freed memory are kept: those below so many bytes.
const KEPT: usize = 4 << 20;

/// Find, understand, finish and reclaim unfinished multipart uploads in Alibaba Cloud OSS.
#[derive(Parser)]
#[command(name = "ossutil", disable_version_flag = true, arg_required_else_help = false)]
struct Root {
    /// Print the version
    #[arg(short, long)]
    version: bool,
}

/// The options that may stand before the name of a program `ossutil-NAME`.
#[derive(Parser)]
struct External {
    #[command(flatten)]
    options: CommonOptions,
}

/// The whole command line, every command included.
fn definition() -> clap::Command {
    let commands = cmd::ALL.iter().map(Entry::definition);
    Root::command()
        .subcommands(commands)
        .after_help("`ossutil help COMMAND` says more, with examples.")
}

/// Runs the command that the arguments name; gives the exit code.
pub fn run(environment: &Environment) -> u8 {
    match try_run(environment) {
        Ok(code) => code,
        Err(error) if error.is_broken_pipe => Status::Done.code(),
        Err(error) => {
            crate::output::Printer::new(false).say_error(&error.to_string());
            error.status.code()
        }
    }
}

/// The command line taken apart, and the grammar that the rest of it has to follow.
///
/// The options of the command that seems to be named are tried first: to make those of all
/// commands takes longer than anything else before the first request.
fn take_apart(words: &[String]) -> Result<(clap::Command, argv::Line)> {
    let named = words.iter().find_map(|word| cmd::ALL.iter().find(|entry| entry.is_called(word)));
    if let Some(entry) = named {
        let root = Root::command().subcommand(entry.definition());
        let line = argv::split(words, &Vocabulary::of(&root));
        match line {
            Ok(line) if line.words[..].first().is_some_and(|word| entry.is_called(word)) => {
                return Ok((root, line));
            }
            _ => {}
        }
    }
    let root = definition();
    let line = argv::split(words, &Vocabulary::of(&root))?;
    Ok((root, line))
}

fn try_run(environment: &Environment) -> Result<u8> {
    if let [option] = &environment.arguments[..]
        && is_version(option)
    {
        return print_version();
    }
    let (root, line) = take_apart(&environment.arguments)?;
    let Some(name) = line.words.first() else { return without_command(root, &line.options) };
    let entry = cmd::ALL.iter().find(|entry| entry.is_called(name));
    let program = entry.map_or_else(|| external::find(environment, name), |_| None);
    if let (Some(program), Some(at)) = (program, line.command_at) {
        let (before, after) = environment.arguments.split_at(at);
        let before = std::iter::once("ossutil").chain(before.iter().map(String::as_str));
        let options =
            External::try_parse_from(before).map_err(|error| usage(&error, "COMMAND"))?.options;
        return external::run(&mut Context::new(environment, options), &program, &after[1..]);
    }
    let matches = match parse(root, environment, &line) {
        Ok(matches) => matches,
        Err(error) if !error.use_stderr() => return print_help(environment, &error),
        Err(error) => return Err(usage(&error, entry.map_or("COMMAND", |entry| entry.name))),
    };
    let (Some(entry), Some((_, matches))) = (entry, matches.subcommand()) else {
        return Ok(Status::Done.code());
    };
    execute(environment, entry, matches)
}

/// Parses the canonical line. What follows `help`, or a word that is no command, stays as it stands.
fn parse(
    root: clap::Command,
    environment: &Environment,
    line: &argv::Line,
) -> std::result::Result<clap::ArgMatches, clap::Error> {
    let name = line.words[0].as_str();
    let command = root.find_subcommand(name);
    let has_own = command.is_some_and(clap::Command::has_subcommands);
    let is_help = has_own && line.words.get(1).is_some_and(|word| word == "help");
    let mut words = vec!["ossutil".to_owned(), name.to_owned()];
    if command.is_none() || is_help {
        let at = line.command_at.unwrap_or_default();
        words.extend_from_slice(&environment.arguments[at + 1..]);
    } else {
        // A command of the command stands before the options, which may be its own.
        let arguments = 1 + usize::from(has_own && line.words.len() > 1);
        words.extend_from_slice(&line.words[1..arguments]);
        words.extend_from_slice(&line.options);
        if !has_own || line.words.len() > arguments {
            words.push("--".to_owned());
        }
        words.extend_from_slice(&line.words[arguments..]);
    }
    root.args_override_self(true).try_get_matches_from(words)
}

/// `ossutil` alone, or with options only.
fn without_command(mut root: clap::Command, options: &[String]) -> Result<u8> {
    if options.iter().any(|option| is_version(option)) {
        return print_version();
    }
    let is_help = |option: &String| option == "-h" || option == "--help";
    if let Some(option) = options.iter().find(|option| !is_help(option)) {
        return Err(Error::usage(format!("the option {option} needs a command"))
            .hint("`ossutil help` lists the commands"));
    }
    let mut printer = crate::output::Printer::new(false);
    printer.text(&root.render_help().to_string())?;
    printer.flush()?;
    Ok(Status::Done.code())
}

fn is_version(option: &str) -> bool {
    ["-v", "--version"].contains(&option)
}

fn print_version() -> Result<u8> {
    let mut printer = crate::output::Printer::new(false);
    printer.line(format_args!("ossutil version: v{}", env!("CARGO_PKG_VERSION")))?;
    printer.flush()?;
    Ok(Status::Done.code())
}

fn print_help(environment: &Environment, help: &clap::Error) -> Result<u8> {
    let mut printer = crate::output::Printer::new(environment.is_stderr_terminal);
    printer.text(&help.render().to_string())?;
    printer.flush()?;
    Ok(Status::Done.code())
}

/// What clap says of a command, in our form: its first line is the error, its tips are hints.
fn usage(error: &clap::Error, command: &str) -> Error {
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let mut message = first.strip_prefix("error: ").unwrap_or(first).to_owned();
    let mut hints = Vec::new();
    for line in lines {
        if let Some(tip) = line.strip_prefix("tip: ") {
            hints.push(tip.to_owned());
        } else if let Some(values) = line.strip_prefix("[possible values: ") {
            hints.push(format!("it is one of {}", values.trim_end_matches(']')));
        } else if message.ends_with(':') {
            message = format!("{message} {line}");
        } else if let Some(usage) = line.strip_prefix("Usage: ") {
            hints.push(format!("usage: {usage}"));
        }
    }
    if hints.is_empty() {
        hints.push(format!("`ossutil help {command}` shows how it is used"));
    }
    hints.into_iter().fold(Error::usage(message), Error::hint)
}

/// Has the allocator keep the memory of a page for the next one. Blocks as large as those of a page
/// glibc returns to the system when they are freed, which then has to find and clear them again: a
/// tenth of the CPU of a listing. It keeps those that are smaller than the largest that was freed
/// so far (mallopt(3), `M_MMAP_THRESHOLD`).
fn keep_freed_memory() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(KEPT)));
}

fn execute(environment: &Environment, entry: &Entry, matches: &clap::ArgMatches) -> Result<u8> {
    let mut options = match entry.takes_options {
        true => {
            CommonOptions::from_arg_matches(matches).map_err(|error| usage(&error, entry.name))?
        }
        false => CommonOptions::default(),
    };
    options.ask_password()?;
    keep_freed_memory();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Error::failed(format!("cannot start: {error}")))?;
    let mut context = Context::new(environment, options);
    let interrupts = context.interrupts.clone();
    let mut outcome = runtime.block_on(async {
        let mut run = (entry.run)(matches, &mut context);
        loop {
            tokio::select! {
                outcome = &mut run => return outcome,
                _ = tokio::signal::ctrl_c() => {}
            }
            if !interrupts.pass_on() {
                return Err(Error::interrupted());
            }
        }
    });
    if let Err(error) = &mut outcome {
        error.hints.append(&mut context.hints_if_stopped);
    }
    if entry.is_timed && outcome.is_ok() && !context.options.quiet && !context.is_stdout_data {
        let elapsed = environment.started.elapsed().as_secs_f64();
        context.printer.line(format_args!("\n{elapsed:.6}(s) elapsed"))?;
    }
    let finished = context.printer.finish(outcome.is_ok());
    // A blocking read of standard input must not keep an interrupted run alive.
    runtime.shutdown_background();
    // What went wrong comes before the reader that is no longer there to see it.
    outcome?;
    finished?;
    Ok(Status::Done.code())
}
