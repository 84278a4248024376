//! A program `ossutil-NAME` on PATH is a command too.

use std::{path::PathBuf, process::Command};

use ossutil_config::Settings;
use secrecy::ExposeSecret;

use crate::{
    context::{Context, Environment},
    error::{Error, Result},
};

/// The program for the command `name`, if there is one.
pub(crate) fn find(environment: &Environment, name: &str) -> Option<PathBuf> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(is_name) {
        return None;
    }
    let path = environment.variables.get("PATH")?;
    let file = format!("ossutil-{name}{}", std::env::consts::EXE_SUFFIX);
    path.split(if cfg!(windows) { ';' } else { ':' })
        .map(|folder| PathBuf::from(folder).join(&file))
        .find(|candidate| candidate.is_file())
}

/// Runs it with the settings of the chosen profile in its environment; gives its exit code.
pub(crate) fn run(context: &mut Context<'_>, program: &PathBuf, words: &[String]) -> Result<u8> {
    let mut command = Command::new(program);
    command.args(words).env("OSSUTIL", &context.environment.program);
    for (name, value) in variables(context.settings()?) {
        command.env(name, value);
    }
    let status = command
        .status()
        .map_err(|error| Error::failed(format!("cannot run {}: {error}", program.display())))?;
    Ok(u8::try_from(status.code().unwrap_or(3)).unwrap_or(3))
}

/// The settings under the names in which this program reads them.
fn variables(settings: &Settings) -> Vec<(&'static str, String)> {
    let text = |setting: &Option<ossutil_config::Setting<String>>| {
        setting.as_ref().map(|setting| setting.value.clone())
    };
    let secret = |setting: &Option<ossutil_config::Setting<secrecy::SecretString>>| {
        setting.as_ref().map(|setting| setting.value.expose_secret().to_owned())
    };
    let pairs = [
        ("OSS_ENDPOINT", text(&settings.endpoint)),
        ("OSS_REGION", text(&settings.region)),
        ("OSS_ACCESS_KEY_ID", text(&settings.access_key_id)),
        ("OSS_ACCESS_KEY_SECRET", secret(&settings.access_key_secret)),
        ("OSS_SESSION_TOKEN", secret(&settings.sts_token)),
    ];
    pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
