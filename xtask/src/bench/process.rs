//! Runs a program to its end, and measures it as a whole process.

use std::{
    fs::File,
    io::Read,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use wait4::Wait4;

use crate::Failure;

/// What one run took, or the medians of several.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Usage {
    /// From the start to the end of the output.
    pub(super) wall: Duration,
    /// User and system time together.
    pub(super) cpu: Duration,
    /// Peak resident memory, in bytes.
    pub(super) memory: u64,
    /// Requests that the server answered.
    pub(super) requests: u64,
    /// The server's own CPU time, user and system; nothing where the system does not tell.
    pub(super) server: Duration,
}

impl Usage {
    /// The median of each figure by itself.
    pub(super) fn median(runs: &[Self]) -> Self {
        Self {
            wall: middle(runs.iter().map(|run| run.wall)),
            cpu: middle(runs.iter().map(|run| run.cpu)),
            memory: middle(runs.iter().map(|run| run.memory)),
            requests: middle(runs.iter().map(|run| run.requests)),
            server: middle(runs.iter().map(|run| run.server)),
        }
    }
}

fn middle<T: Ord + Default>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort();
    let at = values.len() / 2;
    values.into_iter().nth(at).unwrap_or_default()
}

/// Runs `command` and gives what it took, and how many lines it printed. It must end well.
///
/// Its output goes through a pipe, as to the next program of a user's line.
pub(super) fn measure(
    command: &mut Command,
    input: Option<&Path>,
) -> Result<(Usage, u64), Failure> {
    let name = command.get_program().display().to_string();
    let failed = |error: std::io::Error| format!("{name}: {error}");
    let stdin = match input {
        Some(path) => File::open(path).map_err(failed)?.into(),
        None => Stdio::null(),
    };
    command.stdin(stdin).stdout(Stdio::piped());
    let started = Instant::now();
    let mut child = command.spawn().map_err(failed)?;
    let stdout = child.stdout.take().ok_or("no output")?;
    let reader = std::thread::spawn(|| count_lines(stdout));
    let ended = child.wait4().map_err(failed)?;
    let lines = reader.join().map_err(|_| "the reader panicked")?.map_err(failed)?;
    let wall = started.elapsed();
    if !ended.status.success() {
        return Err(format!("{command:?} ended with {}", ended.status));
    }
    let cpu = ended.rusage.utime + ended.rusage.stime;
    Ok((Usage { wall, cpu, memory: ended.rusage.maxrss, ..Usage::default() }, lines))
}

#[expect(clippy::naive_bytecount, reason = "fast enough once it is vectorised")]
fn count_lines(mut output: impl Read) -> std::io::Result<u64> {
    let mut buffer = vec![0; 64 << 10];
    let mut lines = 0;
    loop {
        match output.read(&mut buffer)? {
            0 => return Ok(lines),
            read => lines += buffer[..read].iter().filter(|byte| **byte == b'\n').count() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_of_each_figure() {
        let run =
            |wall, memory| Usage { wall: Duration::from_millis(wall), memory, ..Usage::default() };
        let median = Usage::median(&[run(9, 1), run(1, 9), run(5, 5)]);
        assert_eq!((median.wall.as_millis(), median.memory), (5, 5));
    }

    #[test]
    fn a_process_is_measured_and_must_end_well() {
        let (usage, lines) = measure(Command::new("seq").arg("1000"), None).unwrap();
        assert!(lines == 1000 && usage.memory > 100_000 && !usage.wall.is_zero(), "{usage:?}");
        assert!(measure(&mut Command::new("false"), None).is_err());
    }
}
