//! `cargo xtask bench`: the release binary as a whole process, against the sandbox as another one
//! with the latency of a network, beside its own sequential mode in the same run.

mod files;
mod micro;
mod process;
mod report;
mod startup;
mod transfer;
mod work;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use self::{
    process::{Usage, measure},
    report::{Report, Row},
    work::Work,
};
use crate::{Failure, cargo, root, sandbox::Sandbox};

const USAGE: &str = "\
usage: cargo xtask bench [OPTION]...

  --runs N      medians of N runs (5)
  --only NAME   only what has NAME in its name (may be given again): listpart, ls-m-uniform, …
  --peer PATH   run another program with ossutil's command line on the same work too
  --smoke       everything once and on little, to see that it runs; nothing is judged
  --micro       micro-benchmarks instead: signing, parsing a page, printing lines";

/// What was asked for.
struct Options {
    runs: usize,
    only: Vec<String>,
    peer: Option<PathBuf>,
    is_smoke: bool,
}

/// Builds the release binary and measures it.
pub(crate) fn run(arguments: &[&str]) -> Result<(), Failure> {
    match arguments {
        ["--help"] => {
            println!("{USAGE}");
            return Ok(());
        }
        ["--micro"] => return micro::run(),
        _ => {}
    }
    let options = Options::parse(arguments)?;
    let build = cargo(&["build", "--release", "--locked", "-p", "ossutil"]).status();
    if !build.map_err(|error| format!("cargo build: {error}"))?.success() {
        return Err("the release binary cannot be built".to_owned());
    }
    let bench = Bench { program: root().join("target/release/ossutil"), options };
    let mut report = Report::new(bench.options.is_smoke);
    if bench.is_wanted("version") {
        report.add_startup(startup::measure(&bench.program, bench.startup_runs())?);
    }
    for work in work::ALL.iter().filter(|work| bench.is_wanted(work.name)) {
        match bench.options.is_smoke {
            true => bench.run(&work.small(), &mut report)?,
            false => bench.run(work, &mut report)?,
        }
    }
    transfer::run(&bench, &mut report)?;
    report.finish()
}

impl Options {
    fn parse(arguments: &[&str]) -> Result<Self, Failure> {
        let mut options = Self { runs: 5, only: Vec::new(), peer: None, is_smoke: false };
        let mut rest = arguments.iter();
        while let Some(&option) = rest.next() {
            let mut value = || rest.next().ok_or(format!("{option} needs a value\n{USAGE}"));
            match option {
                "--runs" => {
                    let runs = value()?.parse().ok().filter(|runs| *runs > 0);
                    options.runs = runs.ok_or("--runs needs a number above 0")?;
                }
                "--only" => options.only.push((*value()?).to_owned()),
                "--peer" => {
                    let path = value()?;
                    let found = std::fs::canonicalize(path);
                    options.peer = Some(found.map_err(|error| format!("{path}: {error}"))?);
                }
                "--smoke" => (options.is_smoke, options.runs) = (true, 1),
                _ => return Err(format!("unknown option {option}\n{USAGE}")),
            }
        }
        Ok(options)
    }
}

/// The binary under test, and how it is tested.
struct Bench {
    program: PathBuf,
    options: Options,
}

/// One way to do a piece of work.
struct Mode<'a> {
    program: &'a Path,
    options: &'a [&'a str],
    count: u64,
}

impl Bench {
    fn is_wanted(&self, name: &str) -> bool {
        let only = &self.options.only;
        only.is_empty() || only.iter().any(|part| name.contains(part.as_str()))
    }

    /// Starting takes about a millisecond, which one run says little about.
    fn startup_runs(&self) -> usize {
        if self.options.is_smoke { 1 } else { self.options.runs * 100 }
    }

    /// Does a piece of work in each of its modes in turn, as often as there are runs.
    fn run(&self, work: &Work, report: &mut Report) -> Result<(), Failure> {
        let unknown = unknown_option(&self.program, work.command[0], work.command)?;
        if let Some(option) = unknown {
            println!("{}: skipped, this ossutil has no {option}", work.name);
            return Ok(());
        }
        let known = |options: &'static [&'static str]| {
            let unknown = unknown_option(&self.program, work.command[0], options)?;
            if let Some(option) = unknown {
                println!("{}: this ossutil has no {option}", work.name);
            }
            Ok::<_, Failure>(unknown.is_none())
        };
        let program = &*self.program;
        let fast: &[&str] = if known(work.fast)? { work.fast } else { &[] };
        let mut modes = vec![Mode { program, options: fast, count: work.count }];
        let has_sequential = known(work.sequential)?;
        if has_sequential {
            let (options, count) = (work.sequential, work.sequential_count);
            modes.push(Mode { program, options, count });
        }
        let mut medians = self.measure_in_turn(work, &modes)?.into_iter();
        let fast = medians.next().ok_or("nothing was measured")?;
        let sequential = if has_sequential { medians.next() } else { None };
        report.add(Row { work, fast, sequential, peer: self.measure_peer(work) })
    }

    /// The same work by the peer, which may be unable to do it.
    fn measure_peer(&self, work: &Work) -> Option<Usage> {
        let program = self.options.peer.as_deref()?;
        let mode = Mode { program, options: &[], count: work.count };
        match self.measure_in_turn(work, &[mode]) {
            Ok(medians) => medians.into_iter().next(),
            Err(failure) => {
                println!("{}: the peer cannot: {failure}", work.name);
                None
            }
        }
    }

    /// The median usage in each mode.
    fn measure_in_turn(&self, work: &Work, modes: &[Mode<'_>]) -> Result<Vec<Usage>, Failure> {
        let mut runs = vec![Vec::new(); modes.len()];
        let mut sandboxes: Vec<(u64, Sandbox)> = Vec::new();
        for _ in 0..self.options.runs {
            for (mode, runs) in modes.iter().zip(&mut runs) {
                if work.consumes_listing {
                    sandboxes.clear();
                }
                let known = sandboxes.iter().position(|(count, _)| *count == mode.count);
                let at = known.map_or_else(
                    || {
                        let options = work.sandbox_options(mode.count);
                        sandboxes.push((mode.count, Sandbox::start(&self.program, &options)?));
                        Ok::<_, Failure>(sandboxes.len() - 1)
                    },
                    Ok,
                )?;
                runs.push(self.run_once(work, mode, &sandboxes[at].1)?);
            }
        }
        Ok(runs.iter().map(|runs| Usage::median(runs)).collect())
    }

    fn run_once(&self, work: &Work, mode: &Mode<'_>, sandbox: &Sandbox) -> Result<Usage, Failure> {
        let listing = self.listing(work, sandbox)?;
        let mut command = isolated(mode.program, sandbox);
        for word in work.command.iter().chain(mode.options) {
            match (*word, &listing) {
                ("UPLOADID", Some((_, id))) => command.arg(id),
                ("FOLDER", _) => command.arg(files::folder(mode.count)?),
                _ => command.arg(word),
            };
        }
        command.args(reach(sandbox));
        let (before, server_before) = (sandbox.requests()?, sandbox.cpu());
        let input = listing.as_ref().filter(|_| work.consumes_listing).map(|(path, _)| &**path);
        let (usage, lines) = measure(&mut command, input)?;
        let requests = sandbox.requests()? - before;
        let server = sandbox.cpu().saturating_sub(server_before);
        if lines < mode.count && !work.consumes_listing {
            return Err(format!("{}: {lines} lines for {} entries", work.name, mode.count));
        }
        if work.consumes_listing && self.uploads(sandbox)?.contains("oss://") {
            return Err(format!("{}: uploads are left", work.name));
        }
        Ok(Usage { requests, server, ..usage })
    }

    /// What `ls -m` prints, in a file, and the first id in it; for work that needs either.
    fn listing(
        &self,
        work: &Work,
        sandbox: &Sandbox,
    ) -> Result<Option<(PathBuf, String)>, Failure> {
        if !work.consumes_listing && !work.command.contains(&"UPLOADID") {
            return Ok(None);
        }
        let text = self.uploads(sandbox)?;
        let path = root().join("target/bench-uploads.txt");
        std::fs::write(&path, &text).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut lines = text.lines().filter(|line| line.contains("oss://"));
        let id = lines.next().and_then(|line| line.split(' ').next()).ok_or("no uploads")?;
        Ok(Some((path, id.to_owned())))
    }

    fn uploads(&self, sandbox: &Sandbox) -> Result<String, Failure> {
        let mut command = isolated(&self.program, sandbox);
        let output = command.args(["ls", "-m", "-s", "oss://bkt"]).output();
        let output = output.map_err(|error| format!("ls -m: {error}"))?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(format!("ls -m: {}", String::from_utf8_lossy(&output.stderr))),
        }
    }
}

/// A program in an environment of its own, in which it finds the sandbox.
fn isolated(program: &Path, sandbox: &Sandbox) -> Command {
    let folder = root().join("target");
    let mut command = Command::new(program);
    command.env_clear().envs(sandbox.variables()).env("TZ", "UTC").env("HOME", &folder);
    command.current_dir(folder);
    command
}

/// The same for programs that do not look at their environment.
fn reach(sandbox: &Sandbox) -> [&str; 6] {
    ["-e", &sandbox.endpoint, "-i", "sandbox", "-k", "sandbox-secret"]
}

/// The first option among `words` that the help of `command` does not know.
fn unknown_option<'a>(
    program: &Path,
    command: &str,
    words: &[&'a str],
) -> Result<Option<&'a str>, Failure> {
    let output = Command::new(program).args([command, "--help"]).output();
    let output = output.map_err(|error| format!("{}: {error}", program.display()))?;
    let help = String::from_utf8_lossy(&output.stdout);
    let is_known = |option: &str| {
        let mut words = help.split(|c: char| c.is_whitespace() || c == ',' || c == '=');
        words.any(|word| word == option)
    };
    let mut options = words.iter().filter(|word| word.starts_with('-') && word.len() > 1);
    Ok(options.find(|option| !is_known(option)).copied())
}
