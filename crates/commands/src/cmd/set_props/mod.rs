//! `set-props`: access control, storage class, headers, user metadata and tags in one.

mod change;

use clap::{Args, ValueEnum};
use ossutil_client::protocol::operations::Tag;

use self::change::{Change, TagChange};
use crate::{
    context::Context,
    error::{Error, Result},
    objects::{
        ObjectsArgs, Target, Words,
        properties::{USER_METADATA, check_header, check_tags},
    },
    registry::Command,
    transfer::headers::{OBJECT_ACLS, STORAGE_CLASSES, one_of},
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
    /// Who may read and write; default is what the bucket's says
    #[arg(long, value_name = "ACL", ignore_case = true, value_parser = one_of(OBJECT_ACLS))]
    acl: Option<String>,
    /// Storage class
    #[arg(long, value_name = "CLASS", ignore_case = true, value_parser = one_of(STORAGE_CLASSES))]
    storage_class: Option<String>,
    /// How caches treat it
    #[arg(long, value_name = "VALUE")]
    cache_control: Option<String>,
    /// What it is called when it is saved
    #[arg(long, value_name = "VALUE")]
    content_disposition: Option<String>,
    /// How it is encoded, such as gzip
    #[arg(long, value_name = "VALUE")]
    content_encoding: Option<String>,
    /// What it is, such as video/mp4
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// Until when caches keep it: 2027-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
    /// User metadata, NAME=VALUE; more than once for more
    #[arg(long, value_name = "NAME=VALUE")]
    metadata: Vec<String>,
    /// What becomes of headers and user metadata that are not named
    #[arg(long, value_name = "HOW", default_value = "update", ignore_case = true)]
    metadata_directive: Directive,
    /// Tags, NAME=VALUE or NAME=VALUE&NAME=VALUE; more than once for more
    #[arg(long, value_name = "NAME=VALUE")]
    tagging: Vec<String>,
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
        let change = Change {
            acl: self.acl.clone(),
            headers: self.headers()?,
            metadata: self.metadata()?,
            metadata_directive: self.metadata_directive,
            tags: self.tags()?,
        };
        match change.is_empty() {
            true => Err(Error::usage("nothing is named that is to be set")
                .hint("`ossutil set-props --help` shows what can be")),
            false => Ok(change),
        }
    }

    fn headers(&self) -> Result<Vec<(String, String)>> {
        let given = [
            ("x-oss-storage-class", &self.storage_class),
            ("cache-control", &self.cache_control),
            ("content-disposition", &self.content_disposition),
            ("content-encoding", &self.content_encoding),
            ("content-type", &self.content_type),
            ("expires", &self.expires),
        ];
        let given = given.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        given.map(|(name, value)| check_header(name, value)).collect()
    }

    fn metadata(&self) -> Result<Vec<(String, String)>> {
        let pairs = pairs("metadata", &self.metadata, self.metadata_directive, false)?;
        let header = |(name, value): (String, String)| {
            let name = name.to_ascii_lowercase();
            check_header(&format!("{USER_METADATA}{name}"), &value)
        };
        pairs.into_iter().map(header).collect()
    }

    fn tags(&self) -> Result<Option<TagChange>> {
        let directive = self.tagging_directive;
        let pairs = pairs("tagging", &self.tagging, directive, true)?;
        let tags = pairs.into_iter().map(|(key, value)| Tag { key, value });
        let tags = check_tags(tags.collect())?;
        let is_given = !tags.is_empty() || directive == Directive::Purge;
        Ok(is_given.then_some(TagChange { tags, directive }))
    }
}

/// Reads `NAME=VALUE`s, and refuses those that the directive has no use for, or that it lacks.
fn pairs(
    option: &str,
    given: &[String],
    directive: Directive,
    are_joined: bool,
) -> Result<Vec<(String, String)>> {
    let usage = |message: String| Error::usage(message).hint("write it like this: NAME=VALUE");
    match (directive, given.is_empty()) {
        (Directive::Purge, false) => {
            return Err(usage(format!("purge removes all, so --{option} has no place beside it")));
        }
        (Directive::Replace | Directive::Delete, true) => {
            return Err(usage(format!("the directive needs --{option}, which says of what")));
        }
        _ => {}
    }
    let texts = given.iter().flat_map(|text| match are_joined {
        true => text.split('&').collect(),
        false => vec![text.as_str()],
    });
    let pair = |text: &str| match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        None if directive == Directive::Delete && !text.is_empty() => {
            Ok((text.to_owned(), String::new()))
        }
        _ => Err(usage(format!("`{text}` of --{option} has no name, or no value"))),
    };
    texts.map(pair).collect()
}
