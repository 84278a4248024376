//! `lifecycle`: what the service does to old objects and unfinished uploads by itself.

use std::{io::Write, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use ossutil_client::{
    Client,
    protocol::operations::{
        DeleteBucketLifecycle, GetBucketLifecycle, Lifecycle, LifecycleRule, PutBucketLifecycle,
    },
};
use serde::Serialize;

use crate::{
    cloud_url::CloudUrl,
    context::Context,
    display::escape,
    error::{Error, Result},
    options::NameEncoding,
    output::Record,
    registry::Command,
};

const DAY: u64 = 86_400;

/// Show or change the lifecycle rules of a bucket, above all the one that aborts unfinished
/// uploads
///
/// Writing rules replaces all of them, so --abort-multipart-after and --remove-abort-rule read the
/// present ones first and send back everything else as it stands.
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket; with the options for unfinished uploads oss://bucket[/prefix]
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// With --method put the XML document to send, with get the file to write
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// put, get or delete the whole document
    #[arg(long, value_name = "METHOD", ignore_case = true)]
    method: Option<Method>,
    /// Have the service abort uploads of the prefix so many days after they were begun: 7d
    #[arg(long, value_name = "AGE", value_parser = days, conflicts_with = "method")]
    abort_multipart_after: Option<u32>,
    /// Remove the rules that do nothing but abort uploads of exactly this prefix
    #[arg(long, conflicts_with_all = ["method", "abort_multipart_after"])]
    remove_abort_rule: bool,
    /// Show the document that would be sent, and send nothing
    #[arg(short = 'n', long, conflicts_with = "method")]
    dry_run: bool,
    #[command(flatten)]
    encoding: NameEncoding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Method {
    Put,
    Get,
    Delete,
}

#[derive(Default, Serialize)]
struct RuleRecord<'a> {
    id: Option<&'a str>,
    prefix: &'a str,
    enabled: bool,
    abort_multipart_days: Option<u32>,
    abort_multipart_before: Option<jiff::Timestamp>,
    only_aborts: bool,
}

impl Record for RuleRecord<'_> {
    const LIST: &'static str = "rules";
    const ITEM: &'static str = "rule";
}

impl Command for Arguments {
    const NAME: &'static str = "lifecycle";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        (
            "ossutil lifecycle --abort-multipart-after 7d oss://bucket",
            "the service aborts uploads a week after they were begun; other rules stay",
        ),
        ("ossutil lifecycle --abort-multipart-after 1d oss://bucket/tmp/", "those below a prefix"),
        ("ossutil lifecycle oss://bucket", "the rules there are"),
        ("ossutil lifecycle --method get oss://bucket", "the whole document"),
        ("ossutil lifecycle --remove-abort-rule oss://bucket", "takes the first one back"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let (client, url) = context.open(&self.url, &self.encoding, None)?;
        match self.method {
            Some(Method::Put) => self.put(&client, url.bucket).await,
            Some(Method::Get) => self.get(context, &client, url.bucket).await,
            Some(Method::Delete) => {
                Ok(client.send(&DeleteBucketLifecycle { bucket: url.bucket }).await?)
            }
            None if self.abort_multipart_after.is_some() || self.remove_abort_rule => {
                self.edit(context, &client, url).await
            }
            None => show(context, &current(&client, &url.bucket).await?),
        }
    }
}

impl Arguments {
    async fn put(&self, client: &Client, bucket: String) -> Result<()> {
        let Some(file) = &self.file else {
            return Err(Error::usage("--method put needs the file with the XML document")
                .hint("usage: ossutil lifecycle --method put oss://bucket FILE"));
        };
        let xml = std::fs::read_to_string(file)
            .map_err(|error| Error::failed(format!("cannot read {}: {error}", file.display())))?;
        Ok(client.send(&PutBucketLifecycle { bucket, xml }).await?)
    }

    async fn get(&self, context: &mut Context<'_>, client: &Client, bucket: String) -> Result<()> {
        let xml = client.send(&GetBucketLifecycle { bucket }).await?.xml;
        let Some(path) = &self.file else {
            return Ok(context.printer.line(format_args!("{xml}\n"))?);
        };
        let failed = |error: std::io::Error| {
            Error::failed(format!("cannot write {}: {error}", path.display()))
        };
        if path.exists() {
            let question = format!("bucket lifecycle: overwrite \"{}\"(y or N)? ", path.display());
            if !context.confirm(&question).await? {
                return Err(Error::canceled());
            }
        }
        std::fs::File::create(path)
            .and_then(|mut file| file.write_all(xml.as_bytes()))
            .map_err(failed)
    }

    /// Adds, changes or removes the rule for a prefix, and looks whether that is what is there.
    async fn edit(&self, context: &mut Context<'_>, client: &Client, url: CloudUrl) -> Result<()> {
        let CloudUrl { bucket, key: prefix } = url;
        let before = current(client, &bucket).await?;
        let is_same = |rule: &LifecycleRule| rule.only_aborts() && rule.prefix == prefix;
        let old: Vec<usize> =
            (0..before.rules.len()).filter(|index| is_same(&before.rules[*index])).collect();
        if self.remove_abort_rule && old.is_empty() {
            return Err(Error::failed(format!(
                "no rule does nothing but abort uploads of \"{prefix}\""
            ))
            .hint(format!("`ossutil lifecycle oss://{bucket}` shows the rules there are")));
        }
        let id = old.first().and_then(|index| before.rules[*index].id.clone());
        let id = id.unwrap_or_else(|| free_id(&before));
        let rule =
            self.abort_multipart_after.map(|days| LifecycleRule::aborting(&id, &prefix, days));
        let edited = before.edited(&old, rule.as_ref());
        if self.dry_run {
            let text = edited.unwrap_or_else(|| "no rule would be left".to_owned());
            return Ok(context.printer.line(text)?);
        }
        match edited {
            Some(xml) => client.send(&PutBucketLifecycle { bucket: bucket.clone(), xml }).await?,
            None => client.send(&DeleteBucketLifecycle { bucket: bucket.clone() }).await?,
        }
        let after = current(client, &bucket).await?;
        let expected = before.rules.len() - old.len() + usize::from(rule.is_some());
        let is_there = rule.as_ref().is_none_or(|rule| after.rules.contains(rule));
        if after.rules.len() != expected || !is_there {
            return Err(Error::failed(
                "the rules are not what was sent: somebody else changed them",
            )
            .hint(format!("look at them: ossutil lifecycle --method get oss://{bucket}")));
        }
        show(context, &after)
    }
}

/// The rules of a bucket; none are no error.
async fn current(client: &Client, bucket: &str) -> Result<Lifecycle> {
    match client.send(&GetBucketLifecycle { bucket: bucket.to_owned() }).await {
        Err(error) if error.has_code("NoSuchLifecycle") => Ok(Lifecycle::default()),
        answer => Ok(answer?),
    }
}

/// A name that no rule has.
fn free_id(lifecycle: &Lifecycle) -> String {
    let is_free = |id: &String| lifecycle.rules.iter().all(|rule| rule.id.as_ref() != Some(id));
    let numbered = (2..).map(|number| format!("ossutil-abort-multipart-{number}"));
    let mut ids = std::iter::once("ossutil-abort-multipart".to_owned()).chain(numbered);
    ids.find(is_free).unwrap_or_default()
}

fn show(context: &mut Context<'_>, lifecycle: &Lifecycle) -> Result<()> {
    context.printer.list::<RuleRecord<'_>>()?;
    for (index, rule) in lifecycle.rules.iter().enumerate() {
        if index == 0 {
            let heading = row("Status", "AbortUploads", "ID", "Prefix");
            context.printer.line(heading)?;
        }
        let abort = rule.abort_multipart_upload.as_ref();
        let days = abort.and_then(|age| age.days);
        let before = abort.and_then(|age| age.created_before_date);
        let record = RuleRecord {
            id: rule.id.as_deref(),
            prefix: &rule.prefix,
            enabled: rule.is_enabled(),
            abort_multipart_days: days,
            abort_multipart_before: before,
            only_aborts: rule.only_aborts(),
        };
        let when = match (days, before) {
            (Some(days), _) => format!("after {days}d"),
            (None, Some(time)) => format!("before {}", time.strftime("%Y-%m-%d")),
            (None, None) => "-".to_owned(),
        };
        let id = rule.id.as_deref().unwrap_or("-");
        let line = row(&rule.status, &when, &escape(id), &escape(&rule.prefix));
        context.printer.record(&record, |out| writeln!(out, "{line}"))?;
    }
    Ok(context.printer.line(format_args!("Rule Number is: {}", lifecycle.rules.len()))?)
}

fn row(status: &str, when: &str, id: &str, prefix: &str) -> String {
    format!("{status:<10}{when:<20}{id:<32}{prefix}")
}

/// An age in whole days, which is all the service knows.
fn days(text: &str) -> std::result::Result<u32, String> {
    let age = ossutil_config::parse_duration(text).filter(|age| *age >= Duration::from_secs(DAY));
    let days = age.filter(|age| age.as_secs().is_multiple_of(DAY) && age.subsec_nanos() == 0);
    days.and_then(|age| u32::try_from(age.as_secs() / DAY).ok())
        .ok_or_else(|| "the service counts whole days; write 1d or more".to_owned())
}
