//! How a sandbox is to be: the options of all that start one.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use clap::Args;
use ossutil_sandbox::{Builder, Fault, FaultFile, Rule, Sandbox, Seed};

use crate::{
    context::Context,
    error::{Error, Result},
};

/// Options of a sandbox.
#[derive(Args)]
pub(super) struct ServerOptions {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub(super) listen: SocketAddr,
    /// The access key id it knows
    #[arg(short = 'i', long, value_name = "ID", default_value = "sandbox")]
    pub(super) access_key_id: String,
    /// The secret of that id
    #[arg(
        short = 'k',
        long,
        value_name = "SECRET",
        default_value = "sandbox-secret",
        hide_default_value = true
    )]
    pub(super) access_key_secret: String,
    /// A key of another account, which has buckets of its own; may be given more than once
    #[arg(long = "account", value_name = "ACCOUNT:ID:SECRET", value_parser = parse_account)]
    accounts: Vec<[String; 3]>,
    /// The region it is in
    #[arg(long, value_name = "REGION", default_value = "cn-hangzhou")]
    pub(super) region: String,
    /// How long after its request each answer comes, such as 20ms
    #[arg(long, value_name = "TIME", default_value = "0ms", value_parser = parse_latency)]
    latency: Duration,
    /// Deny the key an action, such as oss:ListParts or oss:*, on a bucket or on bucket/prefix*
    #[arg(long, value_name = "ACTION[@RESOURCE]", value_parser = Rule::deny)]
    deny: Vec<Rule>,
    /// Allow the key nothing but this; may be given more than once, and --deny comes first
    #[arg(long, value_name = "ACTION[@RESOURCE]", value_parser = Rule::allow)]
    allow: Vec<Rule>,
    /// Folder to keep everything in; without it, all is gone when the server ends
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Fill a bucket first; SHAPE is uniform, prefix, one-key, dates, uuid, unicode or dirs, of
    /// unfinished uploads, or of objects with `objects-` before it; or `parts`, one upload of N
    /// parts. May be given more than once
    #[arg(long = "seed", value_name = "SHAPE:N@BUCKET")]
    seeds: Vec<Seed>,
    /// What goes wrong, as `UploadPart: status=503 rate=0.1`; may be given more than once
    ///
    /// Before the colon: operations, named as in the API reference, with commas between them; `*`
    /// stands for any text, and @BUCKET/PREFIX* picks what they are about. Behind it what happens:
    /// latency=50ms (or 50ms..300ms, or ~100ms: exponentially around that mean), status=503,
    /// code=InternalError, qps=100, reset=before|during|after (after: done, but the answer is lost),
    /// cut=BYTES, drip=BYTES (a second), length=+10, xml=bad, checksum=crc64|etag|md5, clock=+1h; and
    /// how often: skip=N, rate=0.1, count=N
    #[arg(long = "fault", value_name = "RULE", verbatim_doc_comment)]
    faults: Vec<Fault>,
    /// TOML file with faults = ["RULE", …], and perhaps seed = N
    #[arg(long = "faults", value_name = "FILE")]
    fault_file: Option<PathBuf>,
    /// What decides about chances in faults; the same number decides the same
    #[arg(long = "seed-random", value_name = "N")]
    random_seed: Option<u64>,
    /// Let the console at /_console/ abort uploads and delete objects
    #[arg(long)]
    console_write: bool,
}

impl ServerOptions {
    /// Starts the sandbox.
    pub(super) async fn start(&self, context: &Context<'_>) -> Result<Sandbox> {
        (context.environment.start_log)("warn", None)?;
        let mut builder = Sandbox::builder(Arc::clone(&context.environment.clock))
            .listen(self.listen)
            .access_key(&self.access_key_id, &self.access_key_secret)
            .region(&self.region)
            .latency(self.latency)
            .console_write(self.console_write);
        for [account, id, secret] in &self.accounts {
            builder = builder.account_key(account, id, secret);
        }
        let rules = self.deny.iter().chain(&self.allow);
        builder =
            rules.fold(builder, |builder, rule| builder.rule(&self.access_key_id, rule.clone()));
        builder = self.seeds.iter().cloned().fold(builder, Builder::seed);
        if let Some(folder) = &self.data {
            builder = builder.data(folder).map_err(|error| {
                let folder = folder.display();
                Error::failed(format!("cannot keep data in {folder}: {error}"))
                    .hint("a folder serves one sandbox at a time, and must be writable")
            })?;
        }
        builder = self.add_faults(builder)?;
        builder.start().await.map_err(|error| {
            Error::failed(format!("cannot listen on {}: {error}", self.listen))
                .hint("another program may have the port; --listen 127.0.0.1:0 takes a free one")
        })
    }

    /// Those of the command line come first: of each kind of effect the first fault decides.
    fn add_faults(&self, builder: Builder) -> Result<Builder> {
        let file = match &self.fault_file {
            Some(path) => {
                let unusable = |error: &dyn std::fmt::Display| {
                    Error::usage(format!("cannot use the faults in {}: {error}", path.display()))
                };
                let text = std::fs::read_to_string(path).map_err(|error| unusable(&error))?;
                text.parse().map_err(|error: ossutil_sandbox::FaultError| unusable(&error))?
            }
            None => FaultFile::default(),
        };
        let seed = self.random_seed.or(file.seed).unwrap_or_default();
        let faults = self.faults.iter().chain(&file.faults);
        Ok(faults.fold(builder.random_seed(seed), |builder, fault| builder.fault(fault.clone())))
    }

    /// The variables under which ossutil and the SDKs find the sandbox.
    pub(super) fn variables(&self, sandbox: &Sandbox) -> Vec<(&'static str, String)> {
        vec![
            ("OSS_ENDPOINT", sandbox.endpoint()),
            ("OSS_REGION", self.region.clone()),
            ("OSS_ACCESS_KEY_ID", self.access_key_id.clone()),
            ("OSS_ACCESS_KEY_SECRET", self.access_key_secret.clone()),
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", self.access_key_id.clone()),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", self.access_key_secret.clone()),
        ]
    }
}

/// Reads `ACCOUNT:ID:SECRET`; says nothing of what it was given, which holds a secret.
fn parse_account(text: &str) -> std::result::Result<[String; 3], String> {
    let parts: Vec<String> = text.splitn(3, ':').map(str::to_owned).collect();
    let parts: [String; 3] = parts.try_into().map_err(|_| "ACCOUNT:ID:SECRET is wanted")?;
    match parts.iter().all(|part| !part.is_empty()) {
        true => Ok(parts),
        false => Err("neither the account nor the id nor the secret can be empty".to_owned()),
    }
}

/// Reads `20ms` or `1.5s`.
fn parse_latency(text: &str) -> std::result::Result<Duration, String> {
    let duration: jiff::SignedDuration =
        text.parse().map_err(|_| "a time such as 20ms or 1s is wanted".to_owned())?;
    Duration::try_from(duration).map_err(|_| "a time cannot be negative".to_owned())
}
