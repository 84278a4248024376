//! What is wrong on the way from the settings to what a bucket lets these credentials do.
//!
//! The checks run in the order in which a request depends on them. One that fails in a way that
//! later ones cannot do without ends the examination; what was not reached is said to be skipped.

mod access;
mod network;
mod policy;
mod settings;

use std::io;

use ossutil_client::probe::Probe;

use crate::{
    cloud_url::CloudUrl,
    context::Context,
    display::escape,
    error::{Error, Result},
    exit::Status,
};
use access::Trial;

/// The checks of the settings, which come first.
const SETTINGS: [&str; 3] = ["configuration", "endpoint", "credentials"];

/// The checks of the way to the service, in their order.
const WAY: [&str; 5] = ["DNS", "TCP", "TLS", "HTTP", "clock"];

/// An examination, and what it found so far.
pub(crate) struct Doctor<'d, 'c> {
    context: &'d mut Context<'c>,
    /// What is asked about; without a bucket it is the service.
    url: CloudUrl,
    /// The checks that are still to come.
    pending: Vec<&'static str>,
    /// The first failure, which decides how the run ends.
    status: Option<Status>,
    /// The latest failure, which is why what is pending in the end was skipped.
    failed: &'static str,
}

/// Whether what comes next can be checked.
type GoesOn = bool;

/// Checks everything up to `url` and prints what was found.
pub(crate) async fn examine(context: &mut Context<'_>, url: CloudUrl) -> Result<()> {
    let trials = Trial::all(&url).iter().map(|trial| trial.name());
    let checks = SETTINGS.into_iter().chain(WAY).chain(["signature"]);
    let pending = checks.chain(trials).collect();
    let mut doctor = Doctor { context, url, pending, status: None, failed: "" };
    doctor.check_all().await?;
    doctor.end()
}

/// Checks the way to where `probe` leads, and prints what was found.
pub(crate) async fn examine_way(context: &mut Context<'_>, probe: &Probe) -> Result<()> {
    let pending = WAY.to_vec();
    let url = CloudUrl { bucket: String::new(), key: String::new() };
    let mut doctor = Doctor { context, url, pending, status: None, failed: "" };
    doctor.check_network(probe).await?;
    doctor.end()
}

impl Doctor<'_, '_> {
    async fn check_all(&mut self) -> Result<()> {
        if !self.check_configuration()? {
            return Ok(());
        }
        let Some(probe) = self.check_endpoint()? else { return Ok(()) };
        // The network can be looked at without credentials.
        let clients = self.check_credentials()?;
        if !self.check_network(&probe).await? {
            return Ok(());
        }
        let Some(clients) = clients else { return Ok(()) };
        if self.check_signature(&clients).await? {
            self.check_permissions(&clients).await?;
        }
        Ok(())
    }

    /// Says what was not reached, and how it ends.
    fn end(mut self) -> Result<()> {
        for check in std::mem::take(&mut self.pending) {
            self.skip(check, &format!("not reached, as {} failed", self.failed))?;
        }
        match self.status {
            Some(status) => Err(Error::reported(status)),
            None => Ok(()),
        }
    }

    fn ok(&mut self, check: &'static str, detail: &str) -> io::Result<()> {
        self.line("ok", check, detail)
    }

    /// Something that can be lived with.
    fn warn(&mut self, check: &'static str, detail: &str, hint: &str) -> io::Result<()> {
        self.line("warn", check, detail)?;
        self.hint(hint)
    }

    fn fail(
        &mut self,
        check: &'static str,
        status: Status,
        detail: &str,
        hint: &str,
    ) -> io::Result<()> {
        self.status.get_or_insert(status);
        self.failed = check;
        self.line("FAIL", check, detail)?;
        self.hint(hint)
    }

    /// A failure that the commands have an error for.
    fn fail_with(&mut self, check: &'static str, error: &Error) -> io::Result<()> {
        let status = match error.status {
            Status::Refused => Status::Refused,
            _ => Status::Failed,
        };
        let (first, more) = error.hints.split_first().map_or(("", &[][..]), |(a, b)| (a, b));
        self.fail(check, status, &error.message, first)?;
        more.iter().try_for_each(|hint| self.hint(hint))
    }

    fn skip(&mut self, check: &'static str, why: &str) -> io::Result<()> {
        self.line("skip", check, why)
    }

    fn line(&mut self, mark: &str, check: &'static str, detail: &str) -> io::Result<()> {
        self.pending.retain(|pending| *pending != check);
        let printer = &mut self.context.printer;
        printer.line(format_args!("{mark:<4}  {check:<20}  {}", escape(detail)))?;
        // A step may take its time: what is known is seen before.
        printer.flush()
    }

    fn hint(&mut self, hint: &str) -> io::Result<()> {
        match hint {
            "" => Ok(()),
            _ => self.context.printer.line(format_args!("      hint: {}", escape(hint))),
        }
    }
}
