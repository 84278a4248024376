//! `lrb`: the buckets of the account in single regions.

use std::{path::PathBuf, pin::pin};

use clap::Args;
use futures_util::TryStreamExt;
use ossutil_client::{Client, listing, protocol::operations::ListBuckets};
use ossutil_config::{Setting, Source};

use crate::{
    bucket_table::BucketTable,
    context::Context,
    error::{Error, Result},
    exit::Status,
    registry::Command,
};

/// List the buckets in the region of the endpoint, or of each endpoint in a file
#[derive(Args)]
pub(super) struct Arguments {
    /// A file of endpoints, one a line; lines that begin with # are passed over
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Command for Arguments {
    const NAME: &'static str = "lrb";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil lrb", "the buckets in the region of the endpoint"),
        ("ossutil lrb --output-query 'buckets[].name'", "their names alone"),
        ("echo $OSS_ENDPOINT > endpoints && ossutil lrb endpoints", "those of several regions"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let zone = context.zone();
        let Some(file) = &self.file else {
            let client = context.service(None)?;
            let mut table = BucketTable::new(&mut context.printer, zone, false)?;
            list(context, &client, &mut table).await?;
            return end(context, &table);
        };
        let endpoints = read(file)?;
        context.settings()?;
        let mut table = BucketTable::new(&mut context.printer, zone, false)?;
        let mut failures: Vec<Error> = Vec::new();
        for endpoint in &endpoints {
            let listed = match context.service_at(endpoint.clone()) {
                Ok(client) => list(context, &client, &mut table).await,
                Err(error) => Err(error),
            };
            match listed {
                Err(error) if error.is_broken_pipe => return Err(error),
                Err(mut error) => {
                    error.message = format!("{}: {}", endpoint.value, error.message);
                    context.printer.say_error(&error.to_string());
                    failures.push(error);
                }
                Ok(()) => {}
            }
        }
        end(context, &table)?;
        match (failures.pop(), failures.len() + 1 < endpoints.len()) {
            (None, _) => Ok(()),
            (Some(_), true) => {
                context.printer.complete();
                Err(Error::reported(Status::Partial))
            }
            (Some(last), false) => Err(Error::reported(last.status)),
        }
    }
}

/// The endpoints in a file, of which there has to be one.
fn read(file: &PathBuf) -> Result<Vec<Setting<String>>> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Error::failed(format!("cannot read {}: {error}", file.display())))?;
    let lines = (1..).zip(text.lines().map(str::trim));
    let lines = lines.filter(|(_, text)| !text.is_empty() && !text.starts_with('#'));
    let endpoint =
        |(line, text)| Setting::new(text, Source::File { path: file.clone(), line, profile: None });
    let endpoints: Vec<Setting<String>> = lines.map(endpoint).collect();
    match endpoints.is_empty() {
        true => Err(Error::usage(format!("there is no endpoint in {}", file.display()))
            .hint("write one a line, such as oss-cn-hangzhou.aliyuncs.com")),
        false => Ok(endpoints),
    }
}

async fn list(context: &mut Context<'_>, client: &Client, table: &mut BucketTable) -> Result<()> {
    let first = ListBuckets { region_only: true, ..ListBuckets::default() };
    let mut buckets = pin!(listing::entries(client, first));
    while let Some(bucket) = buckets.try_next().await? {
        table.print(&mut context.printer, &bucket)?;
    }
    Ok(())
}

fn end(context: &mut Context<'_>, table: &BucketTable) -> Result<()> {
    Ok(context.printer.line(format_args!("\nBucket Number is: {}\n", table.count()))?)
}
