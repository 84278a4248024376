//! `stat`: what a bucket or an object is.

mod bucket;
mod object;

use clap::Args;

use crate::{
    cloud_url::CloudUrl,
    context::Context,
    error::{Error, Result},
    options::{NameEncoding, RequestPayer},
    registry::Command,
};

/// Show what a bucket or an object is
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket[/object]
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// A version of the object, if not the latest
    #[arg(long, value_name = "ID")]
    version_id: Option<String>,
    /// Also show the size of an object the way people say it
    #[arg(short = 'H', long)]
    human_readable: bool,
    #[command(flatten)]
    encoding: NameEncoding,
    #[command(flatten)]
    payer: RequestPayer,
}

impl Command for Arguments {
    const NAME: &'static str = "stat";
    const ALIASES: &'static [&'static str] = &["info"];
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil stat oss://bucket", "where a bucket is, who may read it, what is set up on it"),
        (
            "ossutil appendfromfile video.mp4 oss://bucket/o && ossutil stat oss://bucket/o",
            "the headers and the access control list of an object",
        ),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        if CloudUrl::parse(&self.url, self.encoding.is_url())?.bucket.is_empty() {
            return Err(Error::usage(format!("invalid cloud url: {}, miss bucket", self.url))
                .hint("a bucket is named like this: oss://my-bucket"));
        }
        let payer = self.payer.payer.as_deref();
        let (client, url) = context.open(&self.url, &self.encoding, payer)?;
        match (url.key.is_empty(), self.version_id) {
            (true, Some(_)) => Err(Error::usage(
                "--version-id is about an object, and this is a \
                                                 bucket",
            )
            .hint(format!("name an object: oss://{}/path/of/the/object", url.bucket))),
            (true, None) => bucket::show(context, &client, url.bucket).await,
            (false, version_id) => {
                object::show(context, &client, url, version_id, self.human_readable).await
            }
        }
    }
}
