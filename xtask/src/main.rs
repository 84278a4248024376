//! `cargo xtask ci` runs what must pass before a change lands; `cargo xtask new-command NAME`
//! begins a command; `cargo xtask bench` measures.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a tool that talks to developers")]
#![expect(clippy::disallowed_methods, reason = "it reads its own arguments")]

mod bench;
mod ci;
mod new_command;
mod sandbox;

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

const USAGE: &str = "usage: cargo xtask ci | cargo xtask new-command NAME | \
                     cargo xtask bench [--help]";

/// Why a task did not end well.
type Failure = String;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["ci"] => ci::run(),
        ["new-command", name] => new_command::run(name),
        ["bench", ref options @ ..] => bench::run(options),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Cargo, at the top of the workspace, as from a shell: with the variables that `cargo xtask` was
/// run with, crates that look at them would be built anew.
fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).current_dir(root());
    for (name, _) in std::env::vars() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
}

/// The top of the workspace.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}
