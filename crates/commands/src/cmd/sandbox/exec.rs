//! `sandbox exec`: a command with a sandbox of its own.

use std::process::ExitStatus;

use ossutil_sandbox::Sandbox;
use tokio::process::{Child, Command};

use super::options::ServerOptions;
use crate::{
    context::Context,
    error::{Error, Result},
    exit::Status,
};

/// Runs the command to its end, which becomes ours.
pub(super) async fn run(
    context: &mut Context<'_>,
    options: &ServerOptions,
    sandbox: &Sandbox,
    words: &[String],
) -> Result<()> {
    let (program, arguments) = words.split_first().expect("clap asks for one");
    let mut command = Command::new(program);
    command.args(arguments);
    for name in context.environment.variables.keys().filter(|name| is_about_oss(name)) {
        command.env_remove(name);
    }
    command.envs(options.variables(sandbox));
    // A key pressed in a terminal interrupts the command as it does us.
    context.interrupts.leave();
    // Before the command is there: what asks us to end from then on is for both.
    let asked = Asked::new().map_err(|error| Error::failed(format!("cannot start: {error}")))?;
    let mut child = command.spawn().map_err(|error| {
        Error::failed(format!("cannot run {program}: {error}"))
            .hint("the command stands behind --: ossutil sandbox exec -- COMMAND ARGUMENT…")
    })?;
    let status = asked.wait(&mut child).await;
    let status =
        status.map_err(|error| Error::failed(format!("lost sight of {program}: {error}")))?;
    match code(status) {
        0 => Ok(()),
        code => Err(Error::reported(Status::Program(code))),
    }
}

/// Whether a variable could lead the command elsewhere than to the sandbox.
fn is_about_oss(name: &str) -> bool {
    ["OSS_", "ALIBABA_CLOUD_", "OSSUTIL_"].iter().any(|family| name.starts_with(family))
}

/// What asks a run to end, beside the terminal.
struct Asked {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Asked {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the end of the command, and passes on what asks for it.
    async fn wait(mut self, child: &mut Child) -> std::io::Result<ExitStatus> {
        use rustix::process::{Pid, Signal, kill_process};

        let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        loop {
            let asked = tokio::select! {
                status = child.wait() => return status,
                _ = self.terminate.recv() => Signal::TERM,
                _ = self.hang_up.recv() => Signal::HUP,
            };
            if let Some(pid) = pid {
                kill_process(pid, asked)?;
            }
        }
    }
}

#[cfg(not(unix))]
impl Asked {
    fn new() -> std::io::Result<Self> {
        Ok(Self {})
    }

    async fn wait(self, child: &mut Child) -> std::io::Result<ExitStatus> {
        child.wait().await
    }
}

/// The exit code; of a command that a signal ended, the one a shell would give.
fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status).map(|signal| signal + 128);
    #[cfg(not(unix))]
    let signal = None;
    let code = status.code().or(signal).unwrap_or(1);
    // Beyond 255 there are only codes of systems whose 0 alone means that all is well.
    u8::try_from(code).unwrap_or(1)
}
