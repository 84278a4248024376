//! A file up and down again, beside a bare HTTP client that moves as many bytes from and to memory
//! (`crates/client/examples/bare.rs`) on the same server in the same run.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    Bench, isolated,
    process::{Usage, measure},
    report::Report,
};
use crate::{Failure, cargo, root, sandbox::Sandbox};

/// How many parts are moved at once.
const PARALLEL: &str = "8";

/// What was measured of one direction.
pub(super) struct Transfer {
    pub(super) name: &'static str,
    pub(super) bytes: u64,
    pub(super) ours: Usage,
    pub(super) bare: Usage,
}

/// Measures both directions, if either is wanted.
pub(super) fn run(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    const NAMES: [&str; 2] = ["upload", "download"];
    if !NAMES.iter().any(|name| bench.is_wanted(name)) {
        return Ok(());
    }
    let bytes = if bench.options.is_smoke { 24 << 20 } else { 4 << 30 };
    let folder = Folder::new(bytes)?;
    let bare = build_bare()?;
    let options = ["--seed=objects-uniform:1@bkt".to_owned()];
    let sandbox = Sandbox::start(&bench.program, &options)?;
    let (file, out) = (folder.0.join("file"), folder.0.join("out"));
    let (file, out) = (file.to_string_lossy(), out.to_string_lossy());
    let ours = |from: &str, to: &str| {
        let mut command = isolated(&bench.program, &sandbox);
        command.args(["cp", "-f", from, to, "--parallel", PARALLEL, "--bigfile-threshold", "1"]);
        command.arg("--checkpoint-dir").arg(folder.0.join("checkpoints"));
        measure_requests(&mut command, &sandbox)
    };
    let bare = |method: &str| {
        let mut command = Command::new(&bare);
        command.args([&sandbox.endpoint, method, "bkt", "k", &bytes.to_string(), PARALLEL]);
        measure_requests(&mut command, &sandbox)
    };
    // Both begin with a server that holds nothing, and has had memory for all of it.
    let clear =
        || measure(isolated(&bench.program, &sandbox).args(["rm", "-rf", "oss://bkt/k"]), None);
    let mut runs: [Vec<Usage>; 4] = Default::default();
    for _ in 0..bench.options.runs {
        bare("put")?;
        clear()?;
        runs[0].push(ours(&file, "oss://bkt/k")?);
        runs[2].push(ours("oss://bkt/k", &out)?);
        runs[3].push(bare("get")?);
        clear()?;
        runs[1].push(bare("put")?);
        clear()?;
        fs::remove_file(&*out).map_err(|error| format!("{out}: {error}"))?;
    }
    let [up, bare_up, down, bare_down] = runs.map(|runs| Usage::median(&runs));
    for (name, ours, bare) in [(NAMES[0], up, bare_up), (NAMES[1], down, bare_down)] {
        if bench.is_wanted(name) {
            report.add_transfer(&Transfer { name, bytes, ours, bare });
        }
    }
    Ok(())
}

fn measure_requests(command: &mut Command, sandbox: &Sandbox) -> Result<Usage, Failure> {
    let before = sandbox.requests()?;
    let (usage, _) = measure(command, None)?;
    Ok(Usage { requests: sandbox.requests()? - before, ..usage })
}

fn build_bare() -> Result<PathBuf, Failure> {
    let words = ["build", "--release", "--locked", "-p", "ossutil-client", "--example", "bare"];
    let build = cargo(&words).status().map_err(|error| format!("cargo build: {error}"))?;
    match build.success() {
        true => Ok(root().join("target/release/examples/bare")),
        false => Err("the bare client cannot be built".to_owned()),
    }
}

/// A folder with a file of so many bytes in it, which goes with this value.
struct Folder(PathBuf);

impl Folder {
    fn new(bytes: u64) -> Result<Self, Failure> {
        let folder = Self(root().join("target/bench-transfer"));
        let path = folder.0.join("file");
        fs::create_dir_all(&folder.0)
            .and_then(|()| fill(&path, bytes))
            .map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Writes a file in which no part is like another.
fn fill(path: &Path, bytes: u64) -> std::io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    for word in 1..=bytes / 8 {
        file.write_all(&word.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes())?;
    }
    file.flush()
}
