//! `set-acl`: who may read and write a bucket, an object, or many.

use clap::Args;
use ossutil_client::protocol::operations::{GetBucketInfo, PutBucketAcl, PutObjectAcl};

use crate::{
    cloud_url::CloudUrl,
    context::Context,
    error::{Error, Result},
    headers::{BUCKET_ACLS, OBJECT_ACLS, check_acl},
    objects::{ObjectsArgs, Outcome, Target, Words},
    registry::Command,
};

/// Set who may read and write objects or a bucket
///
/// The ACL is private, public-read or public-read-write, and of objects also default, which is
/// what the bucket says.
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket/object, with -r oss://bucket[/prefix], with -b oss://bucket
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// private, public-read, public-read-write or default
    #[arg(value_name = "ACL")]
    acl: Option<String>,
    /// Set the ACL of the bucket itself
    #[arg(short, long)]
    bucket: bool,
    #[command(flatten)]
    objects: ObjectsArgs,
}

impl Command for Arguments {
    const NAME: &'static str = "set-acl";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil set-acl oss://bucket/photo.jpg private", "one object"),
        ("ossutil set-acl oss://bucket/photos/ default -r", "all below a prefix, after a question"),
        ("ossutil set-acl oss://bucket private -b", "the bucket itself"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let known = if self.bucket { BUCKET_ACLS } else { OBJECT_ACLS };
        let acl = match &self.acl {
            Some(acl) => acl.clone(),
            None => ask(context, known).await?,
        };
        let acl = check_acl(&acl, known)?;
        if self.bucket {
            return self.set_bucket_acl(context, acl).await;
        }
        let no_key = format!(
            "set object acl invalid url: {}, object empty, if you mean set bucket acl, you should \
             use --bucket option",
            self.url
        );
        let words = Words { command: Self::NAME, question: Some("set acl on"), no_key: &no_key };
        let selection = self.objects.select(context, &self.url, &words).await?;
        let set = async |target: Target| {
            let Target { client, bucket, object } = target;
            let (key, version_id) = (object.key, object.version_id);
            let acl = acl.to_owned();
            client.send(&PutObjectAcl { bucket, key, version_id, acl }).await?;
            Ok(Outcome::Done)
        };
        selection.change(context, "Setted acl on", set).await
    }
}

/// Asks which ACL is to be set, where somebody can answer.
async fn ask(context: &mut Context<'_>, known: &[&str]) -> Result<String> {
    let known = known.join(", ");
    if !context.environment.is_stdin_terminal {
        return Err(Error::usage("set-acl needs the ACL that is to be set")
            .hint(format!("it is one of {known}")));
    }
    context.printer.ask(&format!("Which ACL is to be set ({known})? "))?;
    let answer = Context::read_line().await?;
    match answer.trim() {
        "" => {
            context.printer.line("operation is canceled.")?;
            Err(Error::canceled())
        }
        acl => Ok(acl.to_owned()),
    }
}

impl Arguments {
    /// Setting the ACL of a bucket that is not there would make one, so it is looked for first.
    async fn set_bucket_acl(&self, context: &mut Context<'_>, acl: &str) -> Result<()> {
        let message = match self.objects.are_many() {
            true => Some(
                "set bucket acl do not support --recursive option, if you mean set object acl \
                 recursivlly, you should not use --bucket option"
                    .to_owned(),
            ),
            false if !CloudUrl::parse(&self.url, false)?.key.is_empty() => Some(format!(
                "set bucket acl invalid url: {}, object not empty, if you mean set object acl, \
                 you should not use --bucket option",
                self.url
            )),
            false => None,
        };
        if let Some(message) = message {
            return Err(Error::usage(message).hint("leave out --bucket"));
        }
        let (client, CloudUrl { bucket, .. }) = self.objects.open(context, &self.url)?;
        client.send(&GetBucketInfo { bucket: bucket.clone() }).await?;
        Ok(client.send(&PutBucketAcl { bucket, acl: acl.to_owned() }).await?)
    }
}
