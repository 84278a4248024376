//! `set-meta`: headers and user metadata of an object, or of many.

use clap::Args;
use ossutil_client::{
    protocol::operations::CopySource,
    transfer::{Metadata, Rewrite},
};

use crate::{
    context::Context,
    error::{Error, Result},
    headers::parse_standing,
    objects::{ObjectsArgs, Outcome, Target, Words},
    registry::Command,
};

/// Set the headers and user metadata of objects
///
/// The service changes nothing about an object: it is copied onto itself with other headers, an
/// object above 1 GiB part by part. With --update and --delete all that is not named stays: headers,
/// user metadata, storage class, access control and tags. Without them all headers and user metadata
/// are replaced, and tags stay. `ossutil set-props` does the same by options of their own.
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket/object, with -r oss://bucket[/prefix], with --object-file oss://bucket
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// HEADER:VALUE#HEADER:VALUE…, such as Cache-Control:no-cache#X-Oss-Meta-Author:me
    #[arg(value_name = "META")]
    meta: Option<String>,
    /// Change the headers that are named, and leave the others
    #[arg(short, long, conflicts_with = "delete")]
    update: bool,
    /// Remove the headers that are named, and leave the others
    #[arg(long)]
    delete: bool,
    /// Of ossutil 1: the language of the question
    #[arg(short = 'L', long = "language", hide = true)]
    _language: Option<String>,
    #[command(flatten)]
    objects: ObjectsArgs,
}

impl Command for Arguments {
    const NAME: &'static str = "set-meta";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        (
            "ossutil set-meta oss://bucket/photo.jpg Content-Type:image/jpeg#X-Oss-Meta-Of:me -u",
            "sets two headers and leaves the others",
        ),
        (
            "ossutil set-meta -r -f -u oss://bucket/photos/ Cache-Control:no-cache",
            "all below a prefix, without asking",
        ),
        ("ossutil set-meta --delete oss://bucket/photo.jpg X-Oss-Meta-Of", "removes one header"),
        ("ossutil set-meta oss://bucket/photo.jpg Expires:2027-01-31T12:00:00Z", "replaces all"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let headers = parse_standing(self.meta.as_deref().unwrap_or_default(), Self::NAME)?;
        self.check(&headers)?;
        let no_key = format!(
            "set object meta invalid cloud url: {}, object empty. Set bucket meta is not \
             supported, if you mean batch set meta on objects, please use --recursive or \
             --object-file",
            self.url
        );
        let words = Words { command: Self::NAME, question: Some("set meta on"), no_key: &no_key };
        let selection = self.objects.select(context, &self.url, &words).await?;
        self.ask(context).await?;
        let named: Metadata = headers.into_iter().collect();
        let set = async |target: Target| {
            let Target { client, bucket, object } = target;
            let (key, version_id) = (object.key, object.version_id);
            let rewrite = Rewrite { client, object: CopySource { bucket, key, version_id } };
            let is_changed = match (self.update, self.delete) {
                (true, _) => rewrite.edit(|metadata| metadata.extend(named.clone())).await?,
                (_, true) => {
                    rewrite
                        .edit(|metadata| metadata.retain(|name, _| !named.contains_key(name)))
                        .await?
                }
                (false, false) => rewrite.replace(&named).await.map(|()| true)?,
            };
            Ok(if is_changed { Outcome::Done } else { Outcome::Skipped })
        };
        selection.change(context, "Setted meta on", set).await
    }
}

impl Arguments {
    fn check(&self, headers: &[(String, String)]) -> Result<()> {
        let valued = headers.iter().find(|(_, value)| self.delete && !value.is_empty());
        if let Some((name, value)) = valued {
            let message = format!(
                "delete meta for object do no support value for header:{name}, please set \
                 value:{value} to empty"
            );
            return Err(Error::usage(message).hint("--delete takes names only"));
        }
        if (self.update || self.delete) && headers.is_empty() {
            return Err(Error::usage("no header is named that is to be changed")
                .hint("write it like this: Cache-Control:no-cache#X-Oss-Meta-Author:me"));
        }
        Ok(())
    }

    /// Asks before all metadata are replaced, and before they are replaced by none.
    async fn ask(&self, context: &mut Context<'_>) -> Result<()> {
        if self.update || self.delete || self.objects.is_sure() {
            return Ok(());
        }
        let question = "Warning: --update option means update the specified header, --delete \
                        option means delete the specified header, miss both options means update \
                        the whole meta info, continue to update the whole meta info(y or N)? ";
        if !context.confirm(question).await? {
            return Err(Error::canceled());
        }
        context.printer.line("")?;
        let question = "Do you really mean the empty meta(or forget to input header:value \
                        pair)(y or N)? ";
        if self.meta.is_none() && !context.confirm(question).await? {
            return Err(Error::canceled());
        }
        Ok(())
    }
}
