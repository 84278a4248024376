//! `restore`: has archived objects made readable for some days.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, builder::PossibleValue};
use ossutil_client::protocol::operations::RestoreObject;

use crate::{
    context::Context,
    error::{Error, Result},
    objects::{ObjectsArgs, Outcome, Target, Words},
    registry::Command,
};

/// Restore archived objects, so that they can be read for some days
///
/// The service takes its time: `ossutil stat` shows how far it is. An object that is being restored
/// already counts as restored.
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket/object, with -r oss://bucket[/prefix], with --object-file oss://bucket
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// File with a RestoreRequest in XML, which says for how long and how urgently
    #[arg(value_name = "FILE", conflicts_with_all = ["days", "tier"])]
    file: Option<PathBuf>,
    /// For so many days (1, of the class Archive 7, unless said)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=365))]
    days: Option<u32>,
    /// How urgently, of the classes ColdArchive and DeepColdArchive
    #[arg(long, value_name = "TIER", ignore_case = true)]
    tier: Option<Tier>,
    #[command(flatten)]
    objects: ObjectsArgs,
}

/// How urgently an object is restored.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "PascalCase")]
enum Tier {
    /// The fastest.
    Expedited,
    /// As by default.
    Standard,
    /// The cheapest.
    Bulk,
}

impl Command for Arguments {
    const NAME: &'static str = "restore";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        (
            "ossutil restore oss://bucket/archive/film.mp4 --days 3",
            "one object; ossutil stat tells when it is there",
        ),
        ("ossutil restore -r -f oss://bucket/archive/ --days 7", "all below a prefix"),
        (
            "ossutil restore oss://bucket/cold/film.mp4 --days 7 --tier Bulk",
            "one of the class ColdArchive, cheaply",
        ),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let xml = self.document()?;
        let no_key = format!(
            "restore object invalid cloud url: {}, object empty. Restore bucket is not supported, \
             if you mean batch restore objects, please use --recursive or --object-file",
            self.url
        );
        let words = Words { command: Self::NAME, question: Some("restore"), no_key: &no_key };
        let selection = self.objects.select(context, &self.url, &words).await?;
        let restore = async |target: Target| {
            let Target { client, bucket, object } = target;
            let (key, version_id) = (object.key, object.version_id);
            let request = RestoreObject { bucket, key, version_id, xml: xml.clone() };
            match client.send(&request).await {
                Err(error) if error.has_code("RestoreAlreadyInProgress") => Ok(Outcome::Done),
                answer => Ok(answer.map(|_| Outcome::Done)?),
            }
        };
        selection.change(context, "Restore", restore).await
    }
}

impl Arguments {
    /// The document to send; empty where the service decides.
    fn document(&self) -> Result<String> {
        match (&self.file, self.days, self.tier) {
            (Some(file), ..) => read(file),
            (None, None, None) => Ok(String::new()),
            (None, days, tier) => {
                let tier = tier.and_then(|tier| tier.to_possible_value());
                let tier = tier.as_ref().map(PossibleValue::get_name);
                Ok(RestoreObject::document(days.unwrap_or(1), tier))
            }
        }
    }
}

fn read(file: &Path) -> Result<String> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Error::failed(format!("cannot read {}: {error}", file.display())))?;
    match text.trim().is_empty() {
        true => Err(Error::usage(format!("{} is empty file", file.display()))
            .hint("--days and --tier do without a file")),
        false => Ok(text),
    }
}
