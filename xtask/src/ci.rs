//! What must pass: formatting, lints, tests, documentation, the README's demo, and the official
//! SDKs against the sandbox.

use std::{path::Path, process::Command};

use crate::{Failure, cargo, root, sandbox::Sandbox};

/// Runs all of it; stops at the first failure.
pub(crate) fn run() -> Result<(), Failure> {
    step("format", cargo(&["fmt", "--all", "--check"]))?;
    step("format of the commands", rustfmt_commands()?)?;
    let lints = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    step("lints", cargo(&lints))?;
    let mut docs = cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    docs.env("RUSTDOCFLAGS", "-D warnings");
    step("documentation", docs)?;
    step("demo", cargo(&["run", "--release", "--locked", "--", "sandbox", "demo"]))?;
    step("benchmarks run", cargo(&["xtask", "bench", "--smoke"]))?;
    interop()?;
    step("tests", cargo(&["test", "--workspace", "--locked"]))?;
    println!("\nsteps: 8 passed, 0 failed");
    Ok(())
}

/// `cargo fmt` does not follow modules that a macro declares.
fn rustfmt_commands() -> Result<Command, Failure> {
    let folder = root().join("crates/commands/src/cmd");
    let entries = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut command = Command::new("rustfmt");
    command.args(["--check", "--edition", "2024"]);
    command.args(entries.filter_map(Result::ok).map(|entry| entry.path()));
    Ok(command)
}

fn step(name: &str, mut command: Command) -> Result<(), Failure> {
    println!("== {name}");
    let status = command.current_dir(root()).status();
    match status.map_err(|error| format!("{name}: {error}"))?.success() {
        true => Ok(()),
        false => Err(format!("{name} failed")),
    }
}

/// Runs the suites in tests/interop, which use the official Python SDKs, in a virtual environment
/// below target/.
fn interop() -> Result<(), Failure> {
    let folder = root().join("target/interop");
    let python = folder.join("bin/python3");
    if !python.exists() {
        let mut command = Command::new("python3");
        command.args(["-m", "venv"]).arg(&folder);
        step("virtual environment", command)?;
    }
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "-q", "-r", "tests/interop/requirements.txt"]);
    step("SDKs", install)?;
    let sandbox = Sandbox::start(&root().join("target/release/ossutil"), &[])?;
    step("interop", suites(&python, &sandbox))
}

fn suites(python: &Path, sandbox: &Sandbox) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "unittest", "discover", "-s", "tests/interop"]).envs(sandbox.variables());
    command
}
