//! What it costs to start.

use std::{path::Path, process::Command, time::Duration};

use super::process::{Usage, measure as measure_process};
use crate::Failure;

/// What starting takes, beside what starting anything takes.
#[derive(Clone, Copy)]
pub(super) struct Startup {
    /// `ossutil --version`.
    pub(super) version: Usage,
    /// `/bin/true`.
    pub(super) nothing: Duration,
    /// The binary, in bytes.
    pub(super) size: u64,
}

/// Starts both in turn.
pub(super) fn measure(program: &Path, runs: usize) -> Result<Startup, Failure> {
    let (mut version, mut nothing) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        version.push(measure_process(Command::new(program).arg("--version"), None)?.0);
        nothing.push(measure_process(&mut Command::new("/bin/true"), None)?.0);
    }
    let metadata = std::fs::metadata(program).map_err(|error| error.to_string())?;
    let (version, nothing) = (Usage::median(&version), Usage::median(&nothing).wall);
    Ok(Startup { version, nothing, size: metadata.len() })
}
