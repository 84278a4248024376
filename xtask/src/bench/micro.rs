//! Micro-benchmarks, in the `benches` of the crates that are measured.

use std::{process::Stdio, time::Duration};

use crate::{Failure, cargo, root};

/// Runs all of them.
pub(super) fn run() -> Result<(), Failure> {
    bench(&["-p", "ossutil-signing", "-p", "ossutil-protocol", "-p", "ossutil-commands"], "", false)
}

/// What parsing a page of a thousand objects takes.
pub(super) fn page_of_objects() -> Result<Duration, Failure> {
    bench(&["-p", "ossutil-protocol"], "parse/ListObjects", true)?;
    let path = root().join("target/criterion/parse_ListObjects/new/estimates.json");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let estimates: serde_json::Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    let nanoseconds = estimates["median"]["point_estimate"].as_f64();
    let nanoseconds = nanoseconds.ok_or("no median in the estimates")?;
    Ok(Duration::from_secs_f64(nanoseconds / 1e9))
}

fn bench(packages: &[&str], filter: &str, is_quiet: bool) -> Result<(), Failure> {
    let mut command = cargo(&["bench", "--locked", "--benches", "-q"]);
    command.args(packages).args(["--", filter]).args(["--noplot"]);
    if is_quiet {
        command.stdout(Stdio::null()).stderr(Stdio::null());
    }
    match command.status().map_err(|error| format!("cargo bench: {error}"))?.success() {
        true => Ok(()),
        false => Err("cargo bench failed".to_owned()),
    }
}
