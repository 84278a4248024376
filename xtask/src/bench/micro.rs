//! Micro-benchmarks, in the `benches` of the crates that are measured.

use std::{process::Stdio, time::Duration};

use crate::{Failure, cargo, root};

/// Runs all of them.
pub(super) fn run() -> Result<(), Failure> {
    bench(&["-p", "ossutil-signing", "-p", "ossutil-protocol", "-p", "ossutil-commands"], "", false)
}

/// What parsing a page of a thousand objects takes: the fastest sample, since the clock also runs
/// while others have the machine.
pub(super) fn page_of_objects() -> Result<Duration, Failure> {
    bench(&["-p", "ossutil-protocol"], "parse/ListObjects$", true)?;
    let path = root().join("target/criterion/parse_ListObjects/new/sample.json");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let sample: serde_json::Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    let numbers = |name: &str| {
        let values = sample[name].as_array().into_iter().flatten();
        values.filter_map(serde_json::Value::as_f64).collect::<Vec<_>>()
    };
    let (iterations, times) = (numbers("iters"), numbers("times"));
    let each = times.iter().zip(&iterations).map(|(time, iterations)| time / iterations);
    let fastest = each.min_by(f64::total_cmp).ok_or("no samples of parsing")?;
    Ok(Duration::from_secs_f64(fastest / 1e9))
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
