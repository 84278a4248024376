//! `doctor`: what is wrong between here and a bucket, and what to do about it.

use clap::Args;

use crate::{
    cloud_url::CloudUrl, context::Context, doctor, error::Result, options::NameEncoding,
    registry::Command,
};

/// Check settings, network, clock, signature and permissions, and say what to mend
///
/// Each check is a line: ok, warn, FAIL with a hint, or skip with the reason. Nothing is changed:
/// permissions are tried on an upload that cannot exist. When some are missing, the smallest RAM
/// policy that grants them is printed. The exit code is 0 when nothing failed, 2 when the service
/// refused, 3 when something else failed first.
#[derive(Args)]
pub(super) struct Arguments {
    /// oss://bucket[/prefix]; without it, everything up to listing the buckets is checked
    #[arg(value_name = "CLOUD_URL")]
    url: Option<String>,
    #[command(flatten)]
    encoding: NameEncoding,
}

impl Command for Arguments {
    const NAME: &'static str = "doctor";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil doctor", "settings, network, clock and signature"),
        ("ossutil doctor oss://bucket", "also what is permitted on a bucket"),
        ("ossutil doctor oss://bucket/videos/", "or below a prefix only"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let is_encoded = self.encoding.is_url();
        let url = match self.url.as_deref() {
            None => CloudUrl { bucket: String::new(), key: String::new() },
            Some(url) => CloudUrl::parse_bucket(url, is_encoded)?,
        };
        doctor::examine(context, url).await
    }
}
