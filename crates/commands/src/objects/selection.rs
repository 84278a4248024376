//! The objects that a command works on: one, those below a prefix, or those that a file names.

use std::path::{Path, PathBuf};

use clap::Args;
use futures_util::{StreamExt, TryStreamExt, future, stream};
use ossutil_client::{
    Client,
    listing::{self, Entry},
    protocol::operations::{ListObjects, ObjectId},
};

use super::{
    Chosen,
    filter::{ObjectFilterArgs, ObjectFilters},
};
use crate::{
    cloud_url::{CloudUrl, decode_argument},
    context::Context,
    error::{Error, Result},
    options::{Jobs, NameEncoding, RequestPayer},
};

/// The options of commands that work on one object or on many.
#[derive(Args, Clone, Debug)]
pub(crate) struct ObjectsArgs {
    /// Work on every object whose key begins with the prefix
    #[arg(short, long)]
    recursive: bool,
    /// Do not ask
    #[arg(short, long)]
    force: bool,
    /// Show which objects would be worked on, and change nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Work on this version of the object
    #[arg(long, value_name = "ID")]
    version_id: Option<String>,
    /// Work on the objects of the bucket that this file names, a key a line (`-`: standard input)
    #[arg(long, value_name = "FILE")]
    object_file: Option<PathBuf>,
    /// Stop at the first object that fails
    #[arg(long)]
    disable_ignore_error: bool,
    /// Of many objects, folder of reports of failures (ossutil_output unless set)
    #[arg(long, value_name = "FOLDER")]
    output_dir: Option<PathBuf>,
    #[command(flatten)]
    filters: ObjectFilterArgs,
    #[command(flatten)]
    jobs: Jobs,
    #[command(flatten)]
    encoding: NameEncoding,
    #[command(flatten)]
    payer: RequestPayer,
}

/// How a command speaks of what it does.
pub(crate) struct Words<'a> {
    /// The command's name.
    pub(crate) command: &'a str,
    /// What is asked: `set acl on`. Without it nothing is.
    pub(crate) question: Option<&'a str>,
    /// What is wrong with a URL without a key.
    pub(crate) no_key: &'a str,
}

/// An object to work on.
#[derive(Clone)]
pub(crate) struct Target {
    /// Sends to its bucket.
    pub(crate) client: Client,
    /// Its bucket.
    pub(crate) bucket: String,
    /// Its key, and its version if one was named.
    pub(crate) object: ObjectId,
}

/// The objects that were chosen.
pub(crate) struct Selection {
    pub(super) client: Client,
    pub(super) bucket: String,
    kind: Kind,
    pub(super) jobs: usize,
    pub(super) is_dry: bool,
    pub(super) stops_at_failure: bool,
    /// What a report calls the command, and the folder for it.
    pub(super) command: String,
    pub(super) output_dir: PathBuf,
}

enum Kind {
    One(ObjectId),
    Below(String, ObjectFilters),
    Named(Vec<String>),
}

impl ObjectsArgs {
    /// Whether nothing is to be asked.
    pub(crate) fn is_sure(&self) -> bool {
        self.force || self.dry_run
    }

    /// Whether it is about many objects.
    pub(crate) fn are_many(&self) -> bool {
        self.recursive || self.object_file.is_some()
    }

    /// The bucket that a URL names, and the client for it.
    pub(crate) fn open(&self, context: &mut Context<'_>, url: &str) -> Result<(Client, CloudUrl)> {
        context.open(url, &self.encoding, self.payer.payer.as_deref())
    }

    /// Finds out which objects are meant, and asks whether they are.
    ///
    /// # Errors
    /// What cannot be meant, and a question that was not answered with yes.
    pub(crate) async fn select(
        &self,
        context: &mut Context<'_>,
        url: &str,
        words: &Words<'_>,
    ) -> Result<Selection> {
        let filters = self.filters.check()?;
        self.check(&CloudUrl::parse(url, self.encoding.is_url())?, &filters, words)?;
        let (client, CloudUrl { bucket, key }) = self.open(context, url)?;
        let kind = match &self.object_file {
            Some(file) => Kind::Named(self.keys_of(file).await?),
            None if self.recursive => Kind::Below(key, filters),
            None => Kind::One(ObjectId { key, version_id: self.version_id.clone() }),
        };
        let is_asked = self.are_many() && !self.is_sure();
        if let Some(what) = words.question.filter(|_| is_asked) {
            if self.object_file.as_deref() == Some(Path::new("-")) {
                let message = "the keys come from standard input, so there is nobody to ask";
                return Err(
                    Error::usage(message).hint("look at them with --dry-run, then use --force")
                );
            }
            let question =
                format!("Do you really mean to recursivlly {what} objects of {url}(y or N)? ");
            if !context.confirm(&question).await? {
                return Err(Error::canceled());
            }
        }
        let output_dir = &context.settings()?.output_dir.value;
        let output_dir = self.output_dir.clone().unwrap_or_else(|| output_dir.clone());
        Ok(Selection {
            client,
            bucket,
            kind,
            jobs: self.jobs.get(),
            is_dry: self.dry_run,
            stops_at_failure: self.disable_ignore_error,
            command: words.command.to_owned(),
            output_dir: context.environment.expand(&output_dir),
        })
    }

    /// Refuses what cannot be meant.
    fn check(&self, url: &CloudUrl, filters: &ObjectFilters, words: &Words<'_>) -> Result<()> {
        if url.key.is_empty() && !url.bucket.is_empty() && !self.are_many() {
            return Err(Error::usage(words.no_key)
                .hint("-r works on every object whose key begins with the prefix"));
        }
        if self.object_file.is_some() && (!url.key.is_empty() || self.recursive) {
            return Err(Error::usage(format!(
                "the first arg of `ossutil {}` only support oss://bucket when set option \
                 --object-file",
                words.command
            ))
            .hint("the keys of the file are whole keys"));
        }
        if !filters.is_empty() && !self.recursive {
            return Err(Error::usage("--include or --exclude only work with --recursive")
                .hint("and so do the other filters"));
        }
        if self.version_id.is_some() && self.are_many() {
            return Err(Error::usage("--version-id only work on single object")
                .hint("leave out --recursive or --object-file"));
        }
        Ok(())
    }

    /// The keys that a file names.
    async fn keys_of(&self, file: &Path) -> Result<Vec<String>> {
        let text = match file == Path::new("-") {
            true => Context::read_stdin().await?,
            false => std::fs::read_to_string(file).map_err(|error| {
                Error::usage(format!("cannot read {}: {error}", file.display()))
                    .hint("a list of keys in UTF-8, one a line, is wanted")
            })?,
        };
        let mut keys = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let key = line.trim_matches([' ', '\r']);
            let failed = |what: String| {
                Error::usage(format!("{what} ({}, line {})", file.display(), index + 1))
                    .hint("nothing has been done")
            };
            if key.is_empty() {
                return Err(failed("object can't be '' in --object-file".to_owned()));
            }
            keys.push(match self.encoding.is_url() {
                true => decode_argument(key).map_err(failed)?,
                false => key.to_owned(),
            });
        }
        match keys.is_empty() {
            true => Err(Error::usage(format!("{} is empty file", file.display()))
                .hint("it names the objects, a key a line")),
            false => Ok(keys),
        }
    }
}

impl Selection {
    /// Whether one object was named.
    pub(crate) fn is_single(&self) -> bool {
        matches!(self.kind, Kind::One(_))
    }

    /// The objects, in the order of their keys or of the file.
    pub(super) fn targets(&self) -> Chosen<Target> {
        let (client, bucket) = (self.client.clone(), self.bucket.clone());
        let target = move |key: String, version_id: Option<String>| Target {
            client: client.clone(),
            bucket: bucket.clone(),
            object: ObjectId { key, version_id },
        };
        match &self.kind {
            Kind::One(ObjectId { key, version_id }) => {
                let one = target(key.clone(), version_id.clone());
                stream::once(future::ok(one)).boxed()
            }
            Kind::Named(keys) => {
                let targets = keys.clone().into_iter().map(move |key| Ok(target(key, None)));
                stream::iter(targets).boxed()
            }
            Kind::Below(prefix, filters) => {
                let first = ListObjects {
                    bucket: self.bucket.clone(),
                    prefix: prefix.clone(),
                    max_keys: Some(1000),
                    ..ListObjects::default()
                };
                let (filters, now) = (filters.clone(), self.client.now());
                let chosen = listing::entries(&self.client, first).try_filter_map(move |entry| {
                    future::ok(match entry {
                        Entry::Item(object) if filters.matches(&object, now) => {
                            Some(target(object.key, None))
                        }
                        _ => None,
                    })
                });
                chosen.boxed()
            }
        }
    }
}
