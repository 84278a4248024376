//! `set-props`: access control, storage class, headers, user metadata and tags in one.

mod change;

use clap::{Args, ValueEnum};

use self::change::{Change, TagChange};
use crate::{
    context::Context,
    error::{Error, Result},
    headers::PropertyArgs,
    objects::{ObjectsArgs, Target, Words},
    registry::Command,
    tags,
};

/// Set access control, storage class, headers, user metadata and tags of objects
///
/// What is not named stays as it is. Another class, other headers and other metadata need a copy of
/// the object onto itself, which the service makes without sending the content; of an object above
/// 1 GiB part by part. An object that has all that is asked for already is left alone.
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket/object, with -r oss://bucket[/prefix], with --object-file oss://bucket
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    #[command(flatten)]
    properties: PropertyArgs,
    /// What becomes of headers and user metadata that are not named
    #[arg(long, value_name = "HOW", default_value = "update", ignore_case = true)]
    metadata_directive: Directive,
    /// What becomes of tags that are not named
    #[arg(long, value_name = "HOW", default_value = "update", ignore_case = true)]
    tagging_directive: Directive,
    #[command(flatten)]
    objects: ObjectsArgs,
}

/// What becomes of what is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Directive {
    /// What is named is added or changed, the others stay.
    Update,
    /// What is named takes the place of all.
    Replace,
    /// What is named is removed; its value may be left out.
    Delete,
    /// All are removed.
    Purge,
}

impl Command for Arguments {
    const NAME: &'static str = "set-props";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        (
            "ossutil set-props oss://bucket/photo.jpg --metadata of=me --content-type image/jpeg",
            "user metadata and a header; the others stay",
        ),
        (
            "ossutil set-props -r -f oss://bucket/logs/ --older-than 30d --storage-class IA",
            "another class for what is a month old",
        ),
        (
            "ossutil set-props oss://bucket/photo.jpg --acl private --tagging 'team=a&draft='",
            "access control and two tags",
        ),
        (
            "ossutil set-props oss://bucket/photo.jpg --metadata of --metadata-directive delete",
            "removes one of its user metadata",
        ),
        (
            "ossutil set-props oss://bucket/photo.jpg --tagging-directive purge",
            "removes all of its tags",
        ),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let change = self.change()?;
        let no_key = format!(
            "set object props invalid cloud url: {}, object empty, if you mean many objects, \
             please use --recursive or --object-file",
            self.url
        );
        let words = Words { command: Self::NAME, question: Some("set props on"), no_key: &no_key };
        let selection = self.objects.select(context, &self.url, &words).await?;
        let apply = async |target: Target| change.apply(target).await;
        selection.change(context, "Setted props on", apply).await
    }
}

impl Arguments {
    /// What is to be changed about each object.
    fn change(&self) -> Result<Change> {
        let properties = &self.properties;
        self.metadata_directive.check("metadata", &properties.metadata)?;
        self.tagging_directive.check("tagging", &properties.tagging)?;
        let only_named = |directive| directive == Directive::Delete;
        let directive = self.tagging_directive;
        let tags = tags::parse(&properties.tagging, only_named(directive))?;
        let has_tags = !tags.is_empty() || directive == Directive::Purge;
        let change = Change {
            acl: properties.acl.clone(),
            headers: properties.headers()?,
            metadata: properties.user_metadata(only_named(self.metadata_directive))?,
            metadata_directive: self.metadata_directive,
            tags: has_tags.then_some(TagChange { tags, directive }),
        };
        match change.is_empty() {
            true => Err(Error::usage("nothing is named that is to be set")
                .hint("`ossutil set-props --help` shows what can be")),
            false => Ok(change),
        }
    }
}

impl Directive {
    /// Refuses what the directive has no use for, and that what it needs is missing.
    fn check(self, option: &str, given: &[String]) -> Result<()> {
        let message = match (self, given.is_empty()) {
            (Self::Purge, false) => {
                format!("purge removes all, so --{option} has no place beside it")
            }
            (Self::Replace | Self::Delete, true) => {
                format!("the directive needs --{option}, which says of what")
            }
            _ => return Ok(()),
        };
        Err(Error::usage(message).hint("write it like this: NAME=VALUE"))
    }
}
