//! `mkdir`: makes a directory, which is an empty object whose key ends in `/`.

use clap::Args;
use ossutil_client::{
    Client,
    protocol::operations::{GetObjectMeta, PutObject},
};

use crate::{
    cloud_url::CloudUrl,
    context::Context,
    display::object_url,
    error::{Error, Result},
    options::{NameEncoding, RequestPayer},
    registry::Command,
};

/// Make a directory: an empty object whose key ends in `/`
///
/// Keys need no directories; consoles show one that has no keys in it yet.
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket/directory
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    #[command(flatten)]
    encoding: NameEncoding,
    #[command(flatten)]
    payer: RequestPayer,
}

impl Command for Arguments {
    const NAME: &'static str = "mkdir";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil mkdir oss://bucket/photos", "the directory photos/"),
        ("ossutil mkdir oss://bucket/photos/2026/", "needs no directory photos/"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let payer = self.payer.payer.as_deref();
        let (client, mut url) = context.open_object(&self.url, &self.encoding, payer)?;
        if !url.key.ends_with('/') {
            url.key.push('/');
        }
        match make(&client, &url).await? {
            true => Ok(()),
            false => Err(Error::failed(format!("{} already exists", url.key))
                .hint(format!("`ossutil ls {}` shows it", object_url(&url.bucket, &url.key)))),
        }
    }
}

/// Makes the object, unless it is there; whether it was not.
async fn make(client: &Client, url: &CloudUrl) -> Result<bool> {
    let CloudUrl { bucket, key } = url.clone();
    let look = GetObjectMeta { bucket: bucket.clone(), key: key.clone(), version_id: None };
    match client.send(&look).await {
        Ok(_) => return Ok(false),
        Err(error) if error.is_missing_object() => {}
        Err(error) => return Err(error.into()),
    }
    let headers = vec![("x-oss-forbid-overwrite".to_owned(), "true".to_owned())];
    match client.send(&PutObject { bucket, key, headers, ..PutObject::default() }).await {
        // Somebody else was quicker.
        Err(error) if error.has_code("FileAlreadyExists") => Ok(false),
        answer => Ok(answer.map(|_| true)?),
    }
}
