//! What is in force, and what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use ossutil_config::{ConfigFile, Errors, Inputs, Layer, Setting, Settings, Source, resolve};

use crate::{
    context::Context,
    display::escape,
    error::{Error, Result, config_text},
    exit::Status,
};

/// What stands for a secret.
pub(super) const MASK: &str = "******";

/// Prints every value in force, secrets masked.
pub(super) fn show(context: &mut Context<'_>, with_origin: bool) -> Result<()> {
    let mut lines = Vec::new();
    let settings = context.settings()?;
    lines.push(("profile".to_owned(), settings.profile.value.clone(), &settings.profile.source));
    for (key, text) in settings.layer.iter() {
        let value = if key.is_secret { MASK } else { &text.value };
        lines.push((key.name.to_owned(), value.to_owned(), &text.source));
    }
    lines.extend(bucket_lines(settings));
    let lines: Vec<String> = lines
        .into_iter()
        .map(|(key, value, source)| {
            let line = format!("{key} = {value}");
            if with_origin { format!("{line}  # {source}") } else { line }
        })
        .collect();
    for line in lines {
        context.printer.line(escape(&line))?;
    }
    Ok(())
}

/// The entries of buckets, each as `buckets.BUCKET.KEY`.
fn bucket_lines(settings: &Settings) -> Vec<(String, String, &Source)> {
    let mut lines = Vec::new();
    for (bucket, entry) in &settings.buckets {
        let text = |setting: &Option<Setting<String>>| {
            setting.as_ref().map(|setting| setting.value.clone())
        };
        let style = entry.addressing_style.as_ref();
        for (key, value, source) in [
            ("endpoint", text(&entry.endpoint), entry.endpoint.as_ref().map(|e| &e.source)),
            ("region", text(&entry.region), entry.region.as_ref().map(|e| &e.source)),
            ("cname", text(&entry.cname), entry.cname.as_ref().map(|e| &e.source)),
            ("addressing_style", style.map(|s| s.value.to_string()), style.map(|s| &s.source)),
        ] {
            if let (Some(value), Some(source)) = (value, source) {
                lines.push((format!("buckets.{bucket}.{key}"), value, source));
            }
        }
    }
    lines
}

/// Prints what is wrong or odd in the file, in every profile of it.
pub(super) fn check(context: &mut Context<'_>) -> Result<()> {
    let path = context.config_path();
    let name = path.value.display().to_string();
    let (errors, warnings) = match ConfigFile::read(&path.value) {
        Ok(None) if path.source == Source::Default => {
            return Ok(context
                .printer
                .line(format_args!("{name} does not exist: nothing to check"))?);
        }
        Ok(None) => {
            let message = format!("{name} ({}) does not exist", path.source);
            return Err(Error::usage(message).hint("check the name, or leave it out"));
        }
        Ok(Some(file)) => {
            let warnings = file.warnings.iter().map(ToString::to_string).collect();
            (errors_of(&file), warnings)
        }
        Err(errors) => (texts(&errors).collect(), Vec::new()),
    };
    let warnings: Vec<String> =
        warnings.into_iter().chain(ossutil_config::permissions_warning(&path.value)).collect();
    for error in &errors {
        context.printer.line(format_args!("error: {}", escape(error)))?;
    }
    for warning in &warnings {
        context.printer.line(format_args!("warning: {}", escape(warning)))?;
    }
    let (wrong, odd) = (errors.len(), warnings.len());
    context.printer.line(format_args!("{name}: {wrong} errors, {odd} warnings"))?;
    if errors.is_empty() { Ok(()) } else { Err(Error::reported(Status::Usage)) }
}

/// What is wrong with the values of every profile, each error once.
fn errors_of(file: &ConfigFile) -> Vec<String> {
    let env = BTreeMap::new();
    let mut known = BTreeSet::new();
    let mut found = Vec::new();
    // What the file chooses comes first; it may not exist.
    let names = file.profiles().map(|name| Some(Setting::new(name, Source::Argument)));
    for profile in [None].into_iter().chain(names) {
        let inputs = Inputs {
            flags: Layer::default(),
            env: &env,
            file: Some(file.clone()),
            profile,
            ignore_env: true,
        };
        let outcome = resolve(inputs);
        let errors: Vec<String> = match &outcome {
            Ok(settings) => crate::connection::endpoint_errors(settings),
            Err(errors) => texts(errors).collect(),
        };
        found.extend(errors.into_iter().filter(|error| known.insert(error.clone())));
    }
    found
}

fn texts(errors: &Errors) -> impl Iterator<Item = String> {
    errors.iter().map(config_text)
}
