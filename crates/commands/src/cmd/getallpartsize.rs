//! `getallpartsize`: every part of every unfinished upload of a bucket, and what they add up to.

use std::pin::pin;

use clap::Args;
use futures_util::{StreamExt, TryStreamExt};
use ossutil_client::{
    Client, Error as ClientError,
    listing::{self, Entry},
    protocol::{
        names,
        operations::{Part, Upload},
    },
};

use crate::{
    context::Context,
    display::{escape, mebibytes, object_url},
    error::Result,
    options::{ListingMode, NameEncoding},
    registry::Command,
    uploads::{Held, PartRecord, Totals, UploadRef, selection::list_below},
};

/// How many uploads are looked into at once.
const CONCURRENCY: usize = 16;

/// List the size of every part of every unfinished multipart upload
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket[/prefix]
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    #[command(flatten)]
    listing: ListingMode,
    #[command(flatten)]
    encoding: NameEncoding,
}

impl Command for Arguments {
    const NAME: &'static str = "getallpartsize";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil getallpartsize oss://bucket", "what unfinished uploads cost, part by part"),
        ("ossutil getallpartsize oss://bucket/videos/", "those below a prefix"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let is_encoded = self.encoding.is_url();
        let (client, url) = context.open(&self.url, &self.encoding, None)?;
        let client = client.with_listing(self.listing.mode());
        let first = list_below(&url);
        let uploads = listing::entries(&client, first).try_filter_map(|entry| async {
            Ok(match entry {
                Entry::Item(upload) => Some(upload),
                Entry::CommonPrefix(_) => None,
            })
        });
        // Uploads are looked into ahead of the printing, which keeps their order.
        let looked = uploads.map_ok(|upload| parts(client.clone(), url.bucket.clone(), upload));
        let mut looked = pin!(looked.try_buffered(CONCURRENCY));
        context.printer.list::<PartRecord<'_>>()?;
        let (mut uploads, mut total) = (0, Held::default());
        while let Some((upload, parts)) = looked.try_next().await? {
            let path = match is_encoded {
                true => format!(
                    "oss://{}/{}",
                    url.bucket,
                    names::encode(&upload.key).replace("%20", "+")
                ),
                false => object_url(&url.bucket, &upload.key).into_owned(),
            };
            let Some(parts) = parts else {
                let message =
                    format!("{path} {}: completed or aborted meanwhile", upload.upload_id);
                context.printer.say(message);
                continue;
            };
            uploads += 1;
            for part in parts {
                if total.parts == 0 {
                    context.printer.line(row("PartNumber", "UploadId", "Size(Byte)", "Path"))?;
                }
                context.printer.record(&PartRecord::of(&upload, &part), |out| {
                    let (number, size) = (part.part_number.to_string(), part.size.to_string());
                    writeln!(out, "{}", row(&number, &escape(&upload.upload_id), &size, &path))
                })?;
                total.add(&part);
            }
        }
        let totals = Totals::new(uploads, Some(total));
        Ok(context.printer.fact("totals", &totals, |out| match total.parts {
            0 => Ok(()),
            count => {
                let size = mebibytes(total.bytes);
                writeln!(out, "\ntotal part count:{count}\ttotal part size(MB):{size}\n")
            }
        })?)
    }
}

/// An upload with its parts; without them when it is no longer there.
async fn parts(
    client: Client,
    bucket: String,
    upload: Upload,
) -> std::result::Result<(UploadRef, Option<Vec<Part>>), ClientError> {
    let upload = UploadRef { bucket, key: upload.key, upload_id: upload.upload_id };
    match listing::entries(&client, upload.list_parts()).boxed().try_collect().await {
        Ok(parts) => Ok((upload, Some(parts))),
        Err(error) if error.has_code("NoSuchUpload") => Ok((upload, None)),
        Err(error) => Err(error),
    }
}

fn row(number: &str, upload_id: &str, size: &str, path: &str) -> String {
    format!("{number:<10}\t{upload_id:<32}\t{size:<10}\t{path}")
}
