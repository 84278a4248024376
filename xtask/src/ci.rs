//! What must pass: formatting, lints, tests, documentation, the README's demo, and the official
//! SDKs against the sandbox.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

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
    let mut fuzzing = cargo(&["test", "-p", "ossutil-sandbox", "--locked", "--test", "it", "fuzz"]);
    fuzzing.env("OSSUTIL_FUZZ_SECONDS", "60");
    step("a minute of requests that nobody would send", fuzzing)?;
    println!("\nsteps: 9 passed, 0 failed");
    Ok(())
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

/// Runs the suites in tests/interop, which use the official SDKs for Python and JavaScript, on a
/// sandbox in memory and on one in a folder. The SDKs are installed below target/.
fn interop() -> Result<(), Failure> {
    let folder = root().join("target/interop");
    let suites = [install_python(&folder)?, install_node(&folder.join("node"))?];
    let data = folder.join("data");
    if data.exists() {
        std::fs::remove_dir_all(&data).map_err(|error| format!("{}: {error}", data.display()))?;
    }
    let in_folder = vec!["--data".to_owned(), data.display().to_string()];
    for (place, options) in [("in memory", vec![]), ("in a folder", in_folder)] {
        let sandbox = Sandbox::start(&root().join("target/release/ossutil"), &options)?;
        for suite in suites.iter().flatten() {
            let mut command = Command::new(&suite.program);
            command.args(suite.arguments).envs(suite.variables.clone()).envs(sandbox.variables());
            step(&format!("interop, {}, {place}", suite.name), command)?;
        }
    }
    Ok(())
}

/// How the cases of one language are run.
struct Suite {
    name: &'static str,
    program: PathBuf,
    arguments: &'static [&'static str],
    variables: Vec<(&'static str, PathBuf)>,
}

fn install_python(folder: &Path) -> Result<Option<Suite>, Failure> {
    let python = folder.join("bin/python3");
    if !python.exists() {
        let mut command = Command::new("python3");
        command.args(["-m", "venv"]).arg(folder);
        step("virtual environment", command)?;
    }
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "-q", "-r", "tests/interop/requirements.txt"]);
    step("SDKs for Python", install)?;
    let arguments = &["-m", "unittest", "discover", "-s", "tests/interop"];
    Ok(Some(Suite { name: "Python", program: python, arguments, variables: Vec::new() }))
}

fn install_node(folder: &Path) -> Result<Option<Suite>, Failure> {
    if Command::new("npm").arg("--version").output().is_err() {
        println!("== interop, JavaScript: skipped, npm is not installed");
        return Ok(None);
    }
    std::fs::create_dir_all(folder)
        .and_then(|()| {
            std::fs::copy(root().join("tests/interop/package.json"), folder.join("package.json"))
        })
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut install = Command::new("npm");
    install.args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]);
    install.arg("--prefix").arg(folder);
    step("SDK for JavaScript", install)?;
    let variables = vec![("NODE_PATH", folder.join("node_modules"))];
    let arguments = &["--test", "tests/interop/"];
    Ok(Some(Suite { name: "JavaScript", program: "node".into(), arguments, variables }))
}
