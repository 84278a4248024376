//! `report`: what unfinished uploads cost, where, since when, and what would free it.

mod data;
mod html;
mod text;

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;
use futures_util::TryStreamExt;
use ossutil_client::{listing, protocol::operations::Part};

use crate::{
    context::Context,
    error::{Error, Result},
    exit::Status,
    options::{Jobs, ListingMode, NameEncoding, RequestPayer},
    registry::Command,
    uploads::{
        Found, State, UploadFilterArgs,
        selection::{choose, list_below, listed},
    },
};

/// Report what unfinished uploads cost, where, since when, and what would free it
///
/// Shows bytes by folder, how old and how long idle uploads are, the largest ones with a map of
/// their parts, what a rule by age or by idleness would free, and the lifecycle rule that does it.
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket[/prefix]
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// Write a page for the browser to this file, in place of the text
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// What a GB costs a month, to show money
    #[arg(long, value_name = "PRICE", value_parser = price)]
    price: Option<f64>,
    /// How many of the largest uploads are shown
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
    /// How many levels of folders below the prefix are told apart
    #[arg(long, value_name = "DEPTH", default_value_t = 1)]
    depth: usize,
    #[command(flatten)]
    filters: UploadFilterArgs,
    #[command(flatten)]
    jobs: Jobs,
    #[command(flatten)]
    listing: ListingMode,
    #[command(flatten)]
    encoding: NameEncoding,
    #[command(flatten)]
    payer: RequestPayer,
}

impl Command for Arguments {
    const NAME: &'static str = "report";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil report oss://bucket", "on the terminal"),
        ("ossutil report --html report.html --price 0.12 oss://bucket", "as a page, with money"),
        ("ossutil report --output-format json oss://bucket/videos/", "for a program"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let filters = self.filters.check()?;
        let payer = self.payer.payer.as_deref();
        let (client, url) = context.open(&self.url, &self.encoding, payer)?;
        let client = client.with_listing(self.listing.mode());
        let listed = listed(&client, list_below(&url), filters.clone());
        let mut uploads = choose(listed, filters, true, self.jobs.get());
        let mut data = data::Report::new(&url, client.now(), self.depth, self.top);
        let mut unreadable = 0;
        while let Some(found) = uploads.try_next().await? {
            match &found.state {
                State::Unreadable(error) => {
                    context.printer.say(format_args!("{}: {error}", found.upload));
                    unreadable += 1;
                }
                State::Holds(_) => data.add(found),
                State::Gone | State::Unknown => {}
            }
            if data.total.uploads.is_multiple_of(100) {
                context.printer.progress(&format!("{} uploads", data.total.uploads))?;
            }
        }
        data.finish();
        let maps = part_maps(&data.largest).await?;
        match &self.html {
            Some(path) => {
                let page = html::page(&data, &maps, self.price);
                write(path, page.as_bytes())?;
                context.printer.line(format_args!("Succeed: wrote {}", path.display()))?;
            }
            None => text::print(context, &data, &maps, self.price)?,
        }
        if unreadable > 0 {
            context.printer.complete();
            return Err(Error::reported(Status::Partial));
        }
        Ok(())
    }
}

/// The parts of each upload; none of one that ended meanwhile.
async fn part_maps(uploads: &[Found]) -> Result<Vec<Vec<Part>>> {
    let mut maps = Vec::new();
    for found in uploads {
        let parts = listing::entries(&found.client, found.upload.list_parts());
        maps.push(match parts.try_collect().await {
            Err(error) if error.has_code("NoSuchUpload") => Vec::new(),
            parts => parts?,
        });
    }
    Ok(maps)
}

/// Writes a file under its final name only once it is whole.
fn write(path: &Path, content: &[u8]) -> Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    let draft = PathBuf::from(name);
    let written = std::fs::File::create(&draft)
        .and_then(|mut file| file.write_all(content))
        .and_then(|()| std::fs::rename(&draft, path));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&draft);
        Error::failed(format!("cannot write {}: {error}", path.display()))
    })
}

fn price(text: &str) -> std::result::Result<f64, String> {
    let price = text.parse::<f64>().ok().filter(|price| price.is_finite() && *price >= 0.0);
    price.ok_or_else(|| "not a price; write 0.12".to_owned())
}
