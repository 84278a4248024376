//! `config`: the configuration file written, changed, shown and checked.

mod report;
mod wizard;

use std::path::Path;

use clap::{Args, Subcommand};
use ossutil_config::{
    ConfigFile, Editor, Format, KeyPath, Layer, Place, Setting, Source, Store, migrate,
};

use crate::{
    context::Context,
    error::{Error, Result},
    registry::Command,
};

/// Write, change, show and check the configuration file
///
/// Without options it asks for everything; with -e, -i, -k, -t and the like it writes what they give into the
/// profile and asks nothing. What else the file says stays as it is.
#[derive(Args)]
pub(super) struct Arguments {
    /// Write the folder of report files
    #[arg(long, value_name = "DIR")]
    output_dir: Option<String>,
    /// Write the language of help and prompts: EN or CH
    #[arg(short = 'L', long, value_name = "LANGUAGE")]
    language: Option<String>,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Subcommand)]
enum Action {
    /// Write one value: KEY of the profile, defaults.KEY, or buckets.BUCKET.KEY
    Set {
        /// A key of docs/configuration.md, in any spelling
        key: String,
        /// Its value; an empty one takes the key away
        value: String,
    },
    /// Print one value as the file has it
    Get {
        /// A key, as for set
        key: String,
        /// Print it even if it is a secret
        #[arg(long)]
        reveal: bool,
    },
    /// Take one value away
    Unset {
        /// A key, as for set
        key: String,
    },
    /// Print the names of the profiles
    ListProfiles,
    /// Choose the profile of runs that choose none
    Use {
        /// A profile of the file
        profile: String,
    },
    /// Print every value in force; secrets are masked
    Show {
        /// And where each comes from
        #[arg(long)]
        origin: bool,
    },
    /// Turn a file of ossutil 1 or 2 into TOML; the old one stays as FILE.bak
    Migrate,
    /// Print where the file is
    Path,
    /// Read the file and print everything that is wrong or odd in it
    Check,
}

impl Command for Arguments {
    const NAME: &'static str = "config";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil config -e oss-cn-hangzhou.aliyuncs.com -i ID -k SECRET", "a first file"),
        ("ossutil config set region cn-shanghai --profile prod", "one value of a profile"),
        ("ossutil config set buckets.photos.cname img.example.com", "the domain of a bucket"),
        ("ossutil config get region --profile prod", "one value, as the file has it"),
        ("ossutil config use prod", "the profile of runs that choose none"),
        ("ossutil config show --origin", "every value in force, and where it comes from"),
        ("ossutil config check", "whether the file is in order"),
    ];
    const IS_TIMED: bool = false;

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let Some(action) = self.action else {
            let mut given = context.options.layer();
            for (text, slot, option) in [
                (self.output_dir, &mut given.output_dir, "--output-dir"),
                (self.language, &mut given.language, "--language"),
            ] {
                *slot = text.map(|text| Setting::new(text, Source::Flag(option)));
            }
            return match given.iter().next() {
                Some(_) => write_given(context, &given),
                None => wizard::run(context).await,
            };
        };
        match action {
            Action::Set { key, value } => edit(context, |editor, profile| {
                change(editor, &KeyPath::parse(&key, profile)?, &value)
            }),
            Action::Get { key, reveal } => get(context, &key, reveal),
            Action::Unset { key } => {
                let found = edit(context, |editor, profile| {
                    Ok(editor.unset(&KeyPath::parse(&key, profile)?)?)
                })?;
                if !found {
                    context.printer.say(format_args!("{key} is not in the file"));
                }
                Ok(())
            }
            Action::ListProfiles => {
                for name in read(context)?.iter().flat_map(ConfigFile::profiles) {
                    context.printer.line(crate::display::escape(name))?;
                }
                Ok(())
            }
            Action::Use { profile } => edit(context, |editor, chosen| {
                Ok(editor.set(&KeyPath::parse("profile", chosen)?, &profile)?)
            }),
            Action::Show { origin } => report::show(context, origin),
            Action::Migrate => migrate_file(context),
            Action::Path => {
                let path = context.config_path().value;
                Ok(context.printer.line(path.display())?)
            }
            Action::Check => report::check(context),
        }
    }
}

/// Changes the file under its lock; a change that fails leaves it as it was.
fn edit<T>(
    context: &Context<'_>,
    change: impl FnOnce(&mut Editor, &Setting<String>) -> Result<T>,
) -> Result<T> {
    edit_file(context, &context.config_path().value, change)
}

fn edit_file<T>(
    context: &Context<'_>,
    path: &Path,
    change: impl FnOnce(&mut Editor, &Setting<String>) -> Result<T>,
) -> Result<T> {
    let store = Store::open(path)?;
    let mut editor = Editor::new(path, store.read()?.as_deref())?;
    let before = editor.text().to_owned();
    let profile = context.profile(Some(editor.file()));
    let outcome = change(&mut editor, &profile)?;
    if editor.text() != before {
        store.write(editor.text())?;
    }
    Ok(outcome)
}

/// Writes a value; an empty one takes the key away.
fn change(editor: &mut Editor, at: &KeyPath, value: &str) -> Result<()> {
    match value.is_empty() {
        true => drop(editor.unset(at)?),
        false => editor.set(at, value)?,
    }
    Ok(())
}

/// Writes several values into a profile. Secret and token belong to the key id: with another id
/// those of the old one go.
fn change_all(editor: &mut Editor, profile: &str, values: &[(&str, &str)]) -> Result<()> {
    // Named as by an option, so that a key is one of the profile.
    let profile = Setting::new(profile, Source::Flag("--profile"));
    let at = |key: &str| KeyPath::parse(key, &profile);
    let given = |key: &str| values.iter().any(|(name, _)| *name == key);
    if let Some((_, id)) = values.iter().find(|(key, _)| *key == "access_key_id") {
        let old = editor.get(&at("access_key_id")?);
        if old.is_none_or(|old| old.value != *id) {
            for key in ["access_key_secret", "sts_token"].into_iter().filter(|key| !given(key)) {
                editor.unset(&at(key)?)?;
            }
        }
    }
    for (key, value) in values {
        change(editor, &at(key)?, value)?;
    }
    Ok(())
}

/// Writes what the options give.
fn write_given(context: &Context<'_>, given: &Layer) -> Result<()> {
    edit(context, |editor, profile| {
        let values = given.iter().map(|(key, text)| (key.name, text.value.as_str()));
        change_all(editor, &profile.value, &values.collect::<Vec<_>>())
    })
}

/// Reads the file; none when there is none.
fn read(context: &Context<'_>) -> Result<Option<ConfigFile>> {
    Ok(ConfigFile::read(&context.config_path().value)?)
}

fn get(context: &mut Context<'_>, key: &str, reveal: bool) -> Result<()> {
    let path = context.config_path().value;
    let file = read(context)?;
    let profile = context.profile(file.as_ref());
    let at = KeyPath::parse(key, &profile)?;
    let Some(found) = file.as_ref().and_then(|file| file.value_at(&at)) else {
        let place = match &at.place {
            Place::Profile(name) => format!(" for profile {name}"),
            _ => String::new(),
        };
        let message = format!("{key} is not set{place} in {}", path.display());
        return Err(Error::usage(message).hint("`ossutil config show` prints what is in force"));
    };
    if at.key.is_secret && !reveal {
        return Err(Error::usage(format!("{} is a secret", at.key.name))
            .hint(format!("`ossutil config get {key} --reveal` prints it all the same")));
    }
    Ok(context.printer.line(&found.value)?)
}

fn migrate_file(context: &mut Context<'_>) -> Result<()> {
    let path = context.config_path().value;
    let store = Store::open(&path)?;
    let Some(text) = store.read()? else {
        return Err(Error::usage(format!("{} does not exist", path.display()))
            .hint("`ossutil config` writes a new one"));
    };
    let file = ConfigFile::parse(&path, &text)?;
    if file.format == Format::Toml {
        context.printer.say(format_args!("{} is TOML already", path.display()));
        return Ok(());
    }
    let migration = migrate(&file);
    // What cannot be read back is not written.
    ConfigFile::parse(&path, migration.text.as_bytes())?;
    let backup = store.back_up()?;
    store.write(&migration.text)?;
    for warning in &file.warnings {
        context.printer.say(format_args!("warning: {warning}; left out"));
    }
    for name in &migration.unused {
        context.printer.say(format_args!(
            "warning: no profile points at section [buckets {}]; left out",
            crate::display::escape(name)
        ));
    }
    Ok(context.printer.line(format_args!(
        "{} is TOML now; {} is the file as it was, with its comments and secrets",
        path.display(),
        backup.display()
    ))?)
}
