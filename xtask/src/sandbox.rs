//! The sandbox as a process of its own.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::Failure;

/// A server that is ended with this value.
pub(crate) struct Sandbox {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub(crate) endpoint: String,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Sandbox {
    /// Runs `program sandbox` with these options; comes back once it accepts.
    pub(crate) fn start(program: &Path, options: &[String]) -> Result<Self, Failure> {
        let failed = |error: &dyn std::fmt::Display| format!("sandbox: {error}");
        let mut command = Command::new(program);
        command.arg("sandbox").args(options).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| failed(&error))?;
        let stdout = child.stdout.take().ok_or("sandbox: no output")?;
        let mut sandbox = Self { child, endpoint: String::new() };
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).map_err(|error| failed(&error))?;
        let endpoint = line.trim().strip_prefix("listening on ").ok_or("sandbox: no endpoint")?;
        endpoint.clone_into(&mut sandbox.endpoint);
        Ok(sandbox)
    }

    /// The variables by which a program reaches it.
    pub(crate) fn variables(&self) -> [(&'static str, &str); 4] {
        [
            ("OSS_ENDPOINT", &self.endpoint),
            ("OSS_REGION", "cn-hangzhou"),
            ("OSS_ACCESS_KEY_ID", "sandbox"),
            ("OSS_ACCESS_KEY_SECRET", "sandbox-secret"),
        ]
    }

    /// The CPU time it has used, in steps of 10 ms; nothing where `/proc` does not tell.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.unwrap_or_default();
        // The name before it may hold anything; user and system time are the 12th and 13th behind.
        let (_, fields) = stat.rsplit_once(") ").unwrap_or_default();
        let ticks =
            fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok());
        Duration::from_millis(ticks.sum::<u64>() * 10)
    }

    /// How many requests it has answered.
    pub(crate) fn requests(&self) -> Result<u64, Failure> {
        let failed = |error: &dyn std::fmt::Display| format!("the sandbox's counts: {error}");
        let address = self.endpoint.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).map_err(|error| failed(&error))?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).map_err(|error| failed(&error))?;
        let request = "GET /_sandbox/requests HTTP/1.1\r\nhost: localhost\r\n";
        write!(stream, "{request}connection: close\r\n\r\n").map_err(|error| failed(&error))?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_err(|error| failed(&error))?;
        let (_, body) = answer.split_once("\r\n\r\n").ok_or_else(|| failed(&"no answer"))?;
        let counts: serde_json::Value =
            serde_json::from_str(body).map_err(|error| failed(&error))?;
        let counts = counts.as_object().ok_or_else(|| failed(&body))?;
        Ok(counts.values().filter_map(serde_json::Value::as_u64).sum())
    }
}
