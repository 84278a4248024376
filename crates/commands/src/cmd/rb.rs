//! `rb`: removes an empty bucket.

use clap::Args;

use crate::{
    bucket_removal,
    context::Context,
    error::{Error, Result},
    options::NameEncoding,
    registry::Command,
};

/// Remove a bucket, which must be empty
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// Do not ask
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    encoding: NameEncoding,
}

impl Command for Arguments {
    const NAME: &'static str = "rb";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil mb oss://my-bucket && ossutil rb oss://my-bucket", "asks, then removes it"),
        ("ossutil mb oss://my-bucket && ossutil rb -f oss://my-bucket", "without asking"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let (client, url) = context.open(&self.url, &self.encoding, None)?;
        let bucket = url.bucket;
        if !url.key.is_empty() {
            let message = format!(
                "remove bucket invalid url: {}, object not empty, if you mean remove object, \
                 please use \"rm\" command",
                self.url
            );
            return Err(Error::usage(message).hint(format!("write oss://{bucket}")));
        }
        bucket_removal::remove(context, &client, &bucket, self.force).await
    }
}
