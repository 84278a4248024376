//! `object-tagging`: the tags of an object, or of many.

use clap::Args;
use ossutil_client::protocol::operations::{
    DeleteObjectTagging, GetObjectTagging, PutObjectTagging, Tag,
};
use serde::Serialize;

use crate::{
    context::Context,
    display::{escape, object_url},
    error::{Error, Result},
    objects::{ObjectsArgs, Outcome, Selection, Target, Words},
    output::Record,
    registry::Command,
    tags,
};

const HEADING: &str = "object index   tag index      tag key\ttag value\tobject";

/// Set, show or remove the tags of objects
///
/// An object has at most ten tags; putting tags replaces those it has.
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket/object, with -r oss://bucket[/prefix]
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// With --method put the tags, each as NAME#VALUE
    #[arg(value_name = "TAG")]
    tags: Vec<String>,
    /// put, get or delete
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,
    #[command(flatten)]
    objects: ObjectsArgs,
}

#[derive(Default, Serialize)]
struct TagRecord<'a> {
    bucket: &'a str,
    key: &'a str,
    tag: &'a str,
    value: &'a str,
}

impl Record for TagRecord<'_> {
    const LIST: &'static str = "tags";
    const ITEM: &'static str = "tag";
}

impl Command for Arguments {
    const NAME: &'static str = "object-tagging";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        (
            "ossutil object-tagging --method put oss://bucket/photo.jpg 'team#a' 'draft#'",
            "two tags",
        ),
        ("ossutil object-tagging --method get oss://bucket/photos/ -r", "those below a prefix"),
        ("ossutil object-tagging --method delete oss://bucket/photo.jpg", "removes them"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let method = self.method.as_deref().unwrap_or_default().to_lowercase();
        let tags = self.check(&method)?;
        let words = Words { command: Self::NAME, question: None, no_key: "object key is empty" };
        let selection = self.objects.select(context, &self.url, &words).await?;
        match &*method {
            "get" => show(context, &selection).await,
            "put" => {
                let put = async |target: Target| {
                    let Target { client, bucket, object } = target;
                    let (key, version_id, tags) = (object.key, object.version_id, tags.clone());
                    client.send(&PutObjectTagging { bucket, key, version_id, tags }).await?;
                    Ok(Outcome::Done)
                };
                selection.change(context, "ObjectTagging", put).await
            }
            _ => {
                let delete = async |target: Target| {
                    let Target { client, bucket, object } = target;
                    let (key, version_id) = (object.key, object.version_id);
                    client.send(&DeleteObjectTagging { bucket, key, version_id }).await?;
                    Ok(Outcome::Done)
                };
                selection.change(context, "ObjectTagging", delete).await
            }
        }
    }
}

impl Arguments {
    /// Checks the method, and reads the tags that are to be put.
    fn check(&self, method: &str) -> Result<Vec<Tag>> {
        let hint = "write it like this: ossutil object-tagging --method put oss://bucket/object \
                    'name#value'";
        let message = match (method, self.tags.is_empty()) {
            ("", _) => "--method value is empty",
            ("put", true) => "When the method value is put, there must be at least 2 parameters",
            ("get" | "delete", false) => "tags are only put, not got or deleted one by one",
            ("put" | "get" | "delete", _) => "",
            _ => "--method value is not in the optional value:put|get|delete",
        };
        if !message.is_empty() {
            return Err(Error::usage(message).hint(hint));
        }
        let tag = |text: &String| match text.split_once('#') {
            Some((key, value)) if !value.contains('#') => {
                Ok(Tag { key: key.to_owned(), value: value.to_owned() })
            }
            _ => Err(Error::usage(format!(
                "{text} error,tag name and tag value must be separated by #"
            ))
            .hint(hint)),
        };
        tags::check(self.tags.iter().map(tag).collect::<Result<_>>()?)
    }
}

/// Prints the tags of each object that has any.
async fn show(context: &mut Context<'_>, selection: &Selection) -> Result<()> {
    context.printer.list::<TagRecord<'_>>()?;
    let get = async |target: Target| {
        let Target { client, bucket, object } = target;
        let (key, version_id) = (object.key, object.version_id);
        Ok(client.send(&GetObjectTagging { bucket, key, version_id }).await?)
    };
    let mut count = 0;
    selection
        .look(context, get, |printer, target, tags: Vec<Tag>| {
            if tags.is_empty() {
                return Ok(());
            }
            if count == 0 {
                printer.line(HEADING)?;
                printer.line("-".repeat(75))?;
            }
            count += 1;
            let (bucket, key) = (&*target.bucket, &*target.object.key);
            let url = object_url(bucket, key);
            for (index, Tag { key: tag, value }) in tags.iter().enumerate() {
                let record = TagRecord { bucket, key, tag, value };
                let (tag, value) = (escape(tag), escape(value));
                printer.record(&record, |out| {
                    writeln!(out, "{count:<15}{index:<15}\"{tag}\"\t\"{value}\"\t{url}")
                })?;
            }
            Ok(())
        })
        .await
}
