//! What must pass: formatting, lints, tests, documentation, the README's demo, and the official
//! SDKs against the sandbox.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::{Failure, root};

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
    interop()?;
    step("tests", cargo(&["test", "--workspace", "--locked"]))?;
    println!("\nsteps: 7 passed, 0 failed");
    Ok(())
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments);
    command
}

/// `cargo fmt` does not follow modules that a macro declares.
fn rustfmt_commands() -> Result<Command, Failure> {
    let folder = root().join("crates/commands/src/cmd");
    let entries = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut command = Command::new("rustfmt");
    command.args(["--check", "--edition", "2024"]);
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    command.args(paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs")));
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

/// A server that is ended with this value.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
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
    let (_server, endpoint) = serve()?;
    step("interop", suites(&python, &endpoint))
}

fn serve() -> Result<(Server, String), Failure> {
    let mut command = Command::new(root().join("target/release/ossutil"));
    command.arg("sandbox").stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("sandbox: {error}"))?;
    let stdout = child.stdout.take().ok_or("sandbox: no output")?;
    let server = Server(child);
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).map_err(|error| format!("sandbox: {error}"))?;
    let endpoint = line.trim().strip_prefix("listening on ").ok_or("sandbox: no endpoint")?;
    Ok((server, endpoint.to_owned()))
}

fn suites(python: &Path, endpoint: &str) -> Command {
    let mut command = Command::new(python);
    command
        .args(["-m", "unittest", "discover", "-s", "tests/interop"])
        .env("OSS_ENDPOINT", endpoint)
        .env("OSS_REGION", "cn-hangzhou")
        .env("OSS_ACCESS_KEY_ID", "sandbox")
        .env("OSS_ACCESS_KEY_SECRET", "sandbox-secret");
    command
}
