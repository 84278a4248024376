//! The questions that make a configuration file, those of `ossutil` 1 in their order.

use std::path::PathBuf;

use ossutil_client::protocol::operations::{GetBucketInfo, ListBuckets};
use ossutil_config::{Editor, KeyPath, Setting, Source, expand_home};

use super::{change_all, edit_file, report::MASK};
use crate::{
    context::Context,
    error::{Error, Result},
};

/// The keys that are asked for, by the names that `ossutil` 1 gives them.
const QUESTIONS: [(&str, &str); 4] = [
    ("endpoint", "endpoint"),
    ("access_key_id", "accessKeyID"),
    ("access_key_secret", "accessKeySecret"),
    ("sts_token", "stsToken"),
];

/// Asks, writes the answers, and offers to try them. In a pipe each answer is a line.
pub(super) async fn run(context: &mut Context<'_>) -> Result<()> {
    context.printer.say("The command writes a configuration file with your credentials.");
    let path = ask_path(context).await?;
    let is_new = !path.exists();
    let content = (!is_new).then(|| std::fs::read(&path)).transpose();
    let content = content
        .map_err(|error| Error::failed(format!("cannot read {}: {error}", path.display())))?;
    // The answers are judged here as they come, and written at the end, when nothing can fail.
    let mut draft = Editor::new(&path, content.as_deref())?;
    let profile = context.profile(Some(draft.file()));
    let name = profile.value.clone();
    let verb = if is_new { "Writing a new file" } else { "Changing" };
    context.printer.say(format_args!(
        "{verb}: {}, profile {name}. Return keeps what stands in brackets, or leaves it empty.",
        path.display()
    ));
    let mut answers: Vec<(&str, String)> = Vec::new();
    if is_new {
        ask(context, &mut draft, &name, &mut answers, ("language", "language (CH/EN)")).await?;
    }
    for question in QUESTIONS {
        ask(context, &mut draft, &name, &mut answers, question).await?;
    }
    edit_file(context, &path, |editor, _| {
        let values = answers.iter().map(|(key, value)| (*key, value.as_str()));
        change_all(editor, &name, &values.collect::<Vec<_>>())
    })?;
    context.printer.line(format_args!("wrote {}, profile {name}", path.display()))?;
    test(context, &path, &name).await
}

/// The file that an option names, or the answer.
async fn ask_path(context: &mut Context<'_>) -> Result<PathBuf> {
    let path = context.config_path();
    if matches!(path.source, Source::Flag(_)) {
        return Ok(path.value);
    }
    let question = format!("Please enter the config file name [{}]: ", path.value.display());
    match answer(context, "the config file name", &question).await?.as_str() {
        "" => Ok(path.value),
        name => {
            let home = context.environment.home.clone().unwrap_or_default();
            context.printer.say(format_args!(
                "hint: give other commands --config-file {name}, or set OSSUTIL_CONFIG_FILE"
            ));
            Ok(expand_home(name, &home))
        }
    }
}

/// Asks for one value. On a terminal a value that is none is asked for again.
async fn ask(
    context: &mut Context<'_>,
    draft: &mut Editor,
    profile: &str,
    answers: &mut Vec<(&'static str, String)>,
    (key, name): (&'static str, &str),
) -> Result<()> {
    let at = KeyPath::parse(key, &Setting::new(profile, Source::Flag("--profile")))?;
    loop {
        let now = match draft.get(&at) {
            Some(_) if at.key.is_secret => format!(" [{MASK}]"),
            Some(value) => format!(" [{}]", crate::display::escape(&value.value)),
            None => String::new(),
        };
        let question = format!("Please enter {name}{now}");
        let value = if at.key.is_secret && context.environment.is_stdin_terminal {
            Context::read_secret(question).await?
        } else {
            answer(context, name, &format!("{question}: ")).await?
        };
        if value.is_empty() {
            return Ok(());
        }
        match change_all(draft, profile, &[(key, value.as_str())]) {
            Ok(()) => {
                answers.push((key, value));
                return Ok(());
            }
            Err(error) if context.environment.is_stdin_terminal => {
                context.printer.say_error(&error.to_string());
            }
            Err(error) => return Err(error),
        }
    }
}

/// A line of the input without the white space around it. An input that ends too early changes
/// nothing.
async fn answer(context: &mut Context<'_>, name: &str, question: &str) -> Result<String> {
    context.printer.ask(question)?;
    let line = Context::read_line().await?;
    if line.is_empty() {
        context.printer.say("");
        let message = format!("the input ended before the question for {name}; nothing is written");
        return Err(Error::usage(message)
            .hint("without questions: ossutil config -e ENDPOINT -i ID -k SECRET"));
    }
    Ok(line.trim().to_owned())
}

/// Offers to try what was written; only `y` or `yes` is a yes, and the end of the input is a no.
async fn test(context: &mut Context<'_>, path: &std::path::Path, profile: &str) -> Result<()> {
    context.printer.ask("Test the connection now (y or N)? ")?;
    let line = Context::read_line().await?;
    if !["y", "yes"].contains(&line.trim().to_lowercase().as_str()) {
        if line.is_empty() {
            context.printer.say("");
        }
        return Ok(());
    }
    context.printer.ask("A bucket to look at (return: list the buckets): ")?;
    let line = Context::read_line().await?;
    let bucket = line.trim().trim_start_matches("oss://").trim_end_matches('/').to_owned();
    // Neither options nor variables: what counts is what the next shell finds.
    context.use_file_only(path, profile);
    let client = context.bucket(&bucket, None)?;
    if bucket.is_empty() {
        client.send(&ListBuckets { max_keys: Some(1), ..ListBuckets::default() }).await?;
        context.printer.line("the connection works, and the credentials may list buckets")?;
    } else {
        let info = client.send(&GetBucketInfo { bucket }).await?;
        context.printer.line(format_args!(
            "the connection works: bucket {} is in {}",
            crate::display::escape(&info.name),
            crate::display::escape(&info.location)
        ))?;
    }
    Ok(())
}
