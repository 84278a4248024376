//! `doctor`: what is wrong between here and a bucket, and what to do about it.
//!
//! `docs/doctor.md` describes what is checked and how.

use clap::Args;

use crate::{
    cloud_url::CloudUrl, context::Context, doctor, error::Result, options::NameEncoding,
    registry::Command,
};

/// Check settings, network, clock, signature and permissions, and say what to mend; changes nothing
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
