//! Credentials that a command prints.

use std::{
    process::{ExitStatus, Stdio},
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::{io::AsyncReadExt, process::Command};

use super::{
    CredentialsError, CredentialsFailure, Fetch, Fetched,
    answer::{self, MAX_TEXT},
};

/// Runs a command in a shell, which prints JSON: with the names that a [`Uri`](super::Uri) answers
/// with, or with `access_key_id`, `access_key_secret`, `sts_token` and `expiration`.
///
/// What it says on standard error goes where ours goes; it gets no input.
pub struct Process {
    /// The command line.
    pub command: String,
    /// Its longest run.
    pub timeout: Duration,
}

impl Process {
    async fn output(&self, provider: &str) -> Result<Vec<u8>, CredentialsError> {
        let cannot =
            |error| CredentialsError::setup(provider, format!("it cannot be run: {error}"));
        let mut child = shell(&self.command)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(cannot)?;
        let mut output = Vec::new();
        let run = async {
            if let Some(stdout) = child.stdout.take() {
                // One byte more than may be, so that too long an output is known as such.
                stdout.take(MAX_TEXT as u64 + 1).read_to_end(&mut output).await?;
            }
            if output.len() > MAX_TEXT {
                // Nobody reads on, so how it ends would be our doing; the parser refuses it.
                return Ok(ExitStatus::default());
            }
            child.wait().await
        };
        let unreachable =
            |text| CredentialsError::new(provider, CredentialsFailure::Unreachable(text));
        match tokio::time::timeout(self.timeout, run).await {
            Ok(Ok(status)) if status.success() => Ok(output),
            Ok(Ok(status)) => Err(unreachable(format!("it ended with {status}"))),
            Ok(Err(error)) => Err(unreachable(format!("its output cannot be read: {error}"))),
            Err(_) => {
                let limit = self.timeout.as_secs_f64();
                Err(unreachable(format!("it did not end within {limit} s")))
            }
        }
    }
}

impl Fetch for Process {
    fn fetch(&self) -> BoxFuture<'_, Result<Fetched, CredentialsError>> {
        Box::pin(async {
            let provider = self.describe();
            let output = self.output(&provider).await?;
            answer::parse(&provider, &output, &[])
        })
    }

    /// The program alone: its arguments may hold secrets.
    fn describe(&self) -> String {
        let program = self.command.split_whitespace().next().unwrap_or_default();
        format!("the command {program}")
    }
}

fn shell(command: &str) -> Command {
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut shell = Command::new(shell);
    shell.arg(option).arg(command);
    shell
}
