//! `create-symlink`: writes an object that stands for another one of its bucket.

use clap::Args;
use ossutil_client::protocol::operations::PutSymlink;

use crate::{
    cloud_url::{CloudUrl, decode_argument, is_cloud_url},
    context::Context,
    error::{Error, Result},
    headers::HeaderArgs,
    options::{NameEncoding, RequestPayer},
    registry::Command,
};

/// Write a symlink: an object that stands for another one of its bucket
///
/// Whoever reads the symlink gets the object it stands for. That need not be there yet, and must
/// not be a symlink itself.
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket/symlink
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// The key it stands for, or its URL
    #[arg(value_name = "TARGET")]
    target: String,
    #[command(flatten)]
    headers: HeaderArgs,
    #[command(flatten)]
    encoding: NameEncoding,
    #[command(flatten)]
    payer: RequestPayer,
}

impl Command for Arguments {
    const NAME: &'static str = "create-symlink";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil create-symlink oss://bucket/latest builds/7.tar", "by the target's key"),
        ("ossutil create-symlink oss://bucket/latest oss://bucket/builds/8.tar", "by its URL"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let headers = self.headers.headers()?;
        let payer = self.payer.payer.as_deref();
        let (client, url) = context.open_object(&self.url, &self.encoding, payer)?;
        let target = self.target(&url)?;
        if target == url.key {
            return Err(Error::usage("a symlink cannot stand for itself")
                .hint("the target is the key of another object of the bucket"));
        }
        let CloudUrl { bucket, key } = url;
        Ok(client.send(&PutSymlink { bucket, key, target, headers }).await?)
    }
}

impl Arguments {
    /// The key of the target, which is in the bucket of the symlink.
    fn target(&self, symlink: &CloudUrl) -> Result<String> {
        let is_encoded = self.encoding.is_url();
        let target = match is_cloud_url(&self.target) {
            true => CloudUrl::parse_object(&self.target, is_encoded)?,
            false => {
                let key = match is_encoded {
                    true => decode_argument(&self.target).map_err(|error| {
                        Error::usage(format!("the target is not url encoded, {error}"))
                    })?,
                    false => self.target.clone(),
                };
                CloudUrl { bucket: symlink.bucket.clone(), key }
            }
        };
        if target.bucket != symlink.bucket {
            let message =
                format!("the bucket of the target is {}, not {}", target.bucket, symlink.bucket);
            return Err(Error::usage(message).hint("a symlink stays within its bucket"));
        }
        match target.key.is_empty() {
            true => Err(Error::usage("the target is empty")),
            false => Ok(target.key),
        }
    }
}
