//! `mb`: makes a bucket.

use std::path::PathBuf;

use clap::Args;
use ossutil_client::protocol::operations::PutBucket;

use crate::{
    context::Context,
    error::{Error, Result},
    headers::{self, BUCKET_ACLS, STORAGE_CLASSES, one_of},
    options::NameEncoding,
    registry::Command,
};

/// Make a bucket, in the region of the endpoint
///
/// Making a bucket that is one's own already changes its access control list, if one is given.
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// The bucket's configuration as XML (`CreateBucketConfiguration`), in place of storage class
    /// and redundancy
    #[arg(value_name = "FILE", conflicts_with_all = ["storage_class", "redundancy_type"])]
    file: Option<PathBuf>,
    /// Access control list
    #[arg(long, value_name = "ACL", ignore_case = true, value_parser = one_of(BUCKET_ACLS))]
    acl: Option<String>,
    /// Class new objects get (Standard unless set)
    #[arg(long, value_name = "CLASS", ignore_case = true, value_parser = one_of(STORAGE_CLASSES))]
    storage_class: Option<String>,
    /// In how many zones copies are kept: LRS is one, ZRS several
    #[arg(long, value_name = "TYPE", ignore_case = true, value_parser = one_of(&["LRS", "ZRS"]))]
    redundancy_type: Option<String>,
    /// Resource group
    #[arg(long, value_name = "ID")]
    resource_group_id: Option<String>,
    /// Further headers of the request, as name:value#name:value
    #[arg(long, value_name = "HEADERS")]
    meta: Option<String>,
    /// Language of questions; there are none
    #[arg(short = 'L', long = "language", hide = true)]
    _language: Option<String>,
    #[command(flatten)]
    encoding: NameEncoding,
}

impl Command for Arguments {
    const NAME: &'static str = "mb";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil mb oss://my-new-bucket", "a private bucket"),
        (
            "ossutil mb oss://my-archive --storage-class IA --redundancy-type ZRS",
            "for data that is read seldom, kept in several zones",
        ),
        ("ossutil mb oss://my-site --acl public-read", "a bucket that everybody may read"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let (client, url) = context.open(&self.url, &self.encoding, None)?;
        if !url.key.is_empty() {
            let message = format!(
                "invalid cloud url: {}, object not empty, upload object please use \"cp\" command",
                self.url
            );
            return Err(Error::usage(message)
                .hint("`ossutil mkdir` makes a directory in a bucket that is there"));
        }
        let mut headers = headers::parse(self.meta.as_deref().unwrap_or_default(), Self::NAME)?;
        let group = self.resource_group_id.map(|id| ("x-oss-resource-group-id".to_owned(), id));
        headers.extend(group);
        let configuration = match &self.file {
            None => None,
            Some(file) => {
                let text = std::fs::read(file).map_err(|error| {
                    Error::failed(format!("cannot read {}: {error}", file.display()))
                })?;
                PutBucket::parse_body(&text)
                    .map_err(|error| Error::usage(format!("{}: {error}", file.display())))?;
                Some(text.into())
            }
        };
        let standard = || "Standard".to_owned();
        let request = PutBucket {
            bucket: url.bucket,
            acl: self.acl,
            storage_class: Some(self.storage_class.unwrap_or_else(standard)),
            redundancy_type: self.redundancy_type,
            configuration,
            headers,
        };
        Ok(client.send(&request).await?)
    }
}
