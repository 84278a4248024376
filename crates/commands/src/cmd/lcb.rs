//! `lcb`: the cloud boxes of the account.

use std::{io::Write, pin::pin};

use clap::Args;
use futures_util::TryStreamExt;
use ossutil_client::{
    listing,
    protocol::operations::{CloudBox, ListCloudBoxes},
};
use serde::Serialize;

use crate::{
    cloud_url::CloudUrl, context::Context, display::escape, error::Result, output::Record,
    registry::Command,
};

/// List the cloud boxes of the account
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://PREFIX: only ids that begin so
    #[arg(value_name = "CLOUD_URL")]
    url: Option<String>,
    /// Stop after this many
    #[arg(long, value_name = "N")]
    limited_num: Option<u64>,
    /// Begin behind this id
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    marker: String,
}

#[derive(Default, Serialize)]
struct CloudBoxRecord<'a> {
    id: &'a str,
    name: &'a str,
    owner: Option<&'a str>,
    region: &'a str,
    control_endpoint: &'a str,
    data_endpoint: &'a str,
}

impl Record for CloudBoxRecord<'_> {
    const LIST: &'static str = "cloud_boxes";
    const ITEM: &'static str = "cloud_box";
}

impl Command for Arguments {
    const NAME: &'static str = "lcb";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil lcb", "all cloud boxes"),
        ("ossutil lcb oss://cb-", "those whose id begins so"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let prefix = match &self.url {
            Some(url) => CloudUrl::parse(url, false)?.bucket,
            None => String::new(),
        };
        let client = context.service(None)?;
        let first = ListCloudBoxes { prefix, marker: self.marker };
        let mut boxes = pin!(listing::entries(&client, first));
        context.printer.list::<CloudBoxRecord<'_>>()?;
        for number in 0..self.limited_num.unwrap_or(u64::MAX) {
            let Some((cloud_box, owner)) = boxes.try_next().await? else { break };
            let CloudBox { id, name, region, control_endpoint, data_endpoint } = &cloud_box;
            let owner = owner.as_ref().map(|owner| owner.display_name.as_str());
            let record =
                CloudBoxRecord { id, name, owner, region, control_endpoint, data_endpoint };
            let shown = number.to_string();
            let fields = [
                ("No", shown.as_str()),
                ("Id", id),
                ("Name", name),
                ("Owner", owner.unwrap_or_default()),
                ("Region", region),
                ("ControlEndpoint", control_endpoint),
                ("DataEndpoint", data_endpoint),
            ];
            context.printer.record(&record, |out: &mut dyn Write| {
                for (name, value) in fields {
                    writeln!(out, "{name:<15}:{}", escape(value))?;
                }
                writeln!(out, "{:-<70}", "")
            })?;
        }
        Ok(())
    }
}
