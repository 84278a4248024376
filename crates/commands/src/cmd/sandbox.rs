//! `sandbox`: an OSS of one's own, to try things on and to test against.

use std::{net::SocketAddr, path::PathBuf, process::Command as Process, sync::Arc, time::Duration};

use bytes::Bytes;
use clap::{Args, Subcommand};
use ossutil_client::{
    Addressing, Client, Credentials, Endpoint, HttpTransport, Options, SignatureVersion,
    StaticCredentials, Timeouts, TransportOptions,
    protocol::operations::{InitiateMultipartUpload, PutBucket, UploadPart},
    retry::Policy,
};
use ossutil_sandbox::{Builder, Rule, Sandbox, Seed};

use crate::{
    context::Context,
    error::{Error, Result},
    registry::Command,
};

/// Run an OSS-compatible server, in memory or in a folder, or show what ossutil does on one
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The access key id it knows
    #[arg(short = 'i', long, value_name = "ID", default_value = "sandbox")]
    access_key_id: String,
    /// The secret of that id
    #[arg(
        short = 'k',
        long,
        value_name = "SECRET",
        default_value = "sandbox-secret",
        hide_default_value = true
    )]
    access_key_secret: String,
    /// The region it is in
    #[arg(long, value_name = "REGION", default_value = "cn-hangzhou")]
    region: String,
    /// How long each answer is held back, such as 20ms
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
    #[command(subcommand)]
    command: Option<Demo>,
}

#[derive(Subcommand)]
enum Demo {
    /// Make some unfinished uploads in a sandbox, then find, list and abort them
    Demo,
}

impl Command for Arguments {
    const NAME: &'static str = "sandbox";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil sandbox demo", "unfinished uploads made, found, looked into and aborted"),
        ("ossutil sandbox --listen 127.0.0.1:9000", "serves until it is stopped"),
        ("ossutil sandbox --latency 20ms", "with the delay of a network"),
        ("ossutil sandbox --deny 'oss:ListParts@bucket/tmp/*'", "without a permission"),
        ("ossutil sandbox --data ~/oss", "what is written is there the next time"),
        (
            "ossutil sandbox --seed dates:100000@logs --seed parts:10000@videos",
            "with unfinished uploads to list: many in one bucket, one of many parts in another",
        ),
    ];
    const USES_SERVICE: bool = false;

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        (context.environment.start_log)("warn");
        let mut builder = Sandbox::builder(Arc::clone(&context.environment.clock))
            .listen(self.listen)
            .access_key(&self.access_key_id, &self.access_key_secret)
            .region(&self.region)
            .latency(self.latency);
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
        let sandbox = builder.start().await.map_err(|error| {
            Error::failed(format!("cannot listen on {}: {error}", self.listen))
                .hint("another program may have the port; --listen 127.0.0.1:0 takes a free one")
        })?;
        match self.command {
            Some(Demo::Demo) => self.demo(context, &sandbox).await,
            None => self.serve(context, &sandbox).await,
        }
    }
}

impl Arguments {
    /// Says how to reach it, then serves until the process ends.
    async fn serve(&self, context: &mut Context<'_>, sandbox: &Sandbox) -> Result<()> {
        let printer = &mut context.printer;
        let endpoint = sandbox.endpoint();
        printer.line(format_args!("listening on {endpoint}"))?;
        printer.line(format_args!("access key id:     {}", self.access_key_id))?;
        printer.line(format_args!("access key secret: {}", self.access_key_secret))?;
        printer.line("\n# for ~/.ossutilconfig, then use: ossutil --profile sandbox …")?;
        printer.line("[profiles.sandbox]")?;
        printer.line(format_args!("endpoint = {endpoint:?}"))?;
        printer.line(format_args!("region = {:?}", self.region))?;
        printer.line(format_args!("access_key_id = {:?}", self.access_key_id))?;
        printer.line(format_args!("access_key_secret = {:?}", self.access_key_secret))?;
        printer.flush()?;
        std::future::pending().await
    }

    async fn demo(&self, context: &mut Context<'_>, sandbox: &Sandbox) -> Result<()> {
        let video = self.make_uploads(context, &sandbox.endpoint()).await?;
        let steps = [
            vec!["ls", "-m", "oss://demo"],
            vec!["listpart", "oss://demo/videos/holiday 2026.mp4", &video],
            vec!["abort", "-f", "oss://demo/videos/holiday 2026.mp4", &video],
            vec!["ls", "-m", "oss://demo"],
        ];
        for step in steps {
            let words = step.iter().map(|word| match word.contains(' ') {
                true => format!("'{word}'"),
                false => (*word).to_owned(),
            });
            let line: Vec<String> = words.collect();
            context.printer.line(format_args!("$ ossutil {}", line.join(" ")))?;
            context.printer.flush()?;
            self.run_step(context, sandbox, &step)?;
            context.printer.line("")?;
        }
        Ok(())
    }

    /// Runs this program as a user would, with the sandbox in its environment.
    fn run_step(&self, context: &Context<'_>, sandbox: &Sandbox, words: &[&str]) -> Result<()> {
        let program = &context.environment.program;
        let mut process = Process::new(program);
        let inherited = ["PATH", "TZ", "SystemRoot"].into_iter();
        let inherited =
            inherited.filter_map(|name| Some((name, context.environment.variables.get(name)?)));
        process
            .env_clear()
            .envs(inherited)
            .env("OSS_ENDPOINT", sandbox.endpoint())
            .env("OSS_REGION", &self.region)
            .env("OSS_ACCESS_KEY_ID", &self.access_key_id)
            .env("OSS_ACCESS_KEY_SECRET", &self.access_key_secret)
            .args(words);
        let status = process
            .status()
            .map_err(|error| Error::failed(format!("cannot run {}: {error}", program.display())))?;
        match status.success() {
            true => Ok(()),
            false => Err(Error::failed(format!("ossutil {} ended with {status}", words[0]))),
        }
    }

    /// A bucket with a handful of unfinished uploads; gives the id of the one that is shown.
    async fn make_uploads(&self, context: &Context<'_>, endpoint: &str) -> Result<String> {
        let client = self.client(context, endpoint)?;
        let bucket = "demo".to_owned();
        client.send(&PutBucket { bucket, ..PutBucket::default() }).await?;
        upload(&client, "backup/db-2026-11-01.tar", &[300 << 10, 300 << 10]).await?;
        upload(&client, "backup/db-2026-11-01.tar", &[]).await?;
        upload(&client, "logs/访问日志.gz", &[128 << 10]).await?;
        upload(&client, "videos/holiday 2026.mp4", &[1 << 20, 1 << 20, 1 << 20, 4321]).await
    }

    fn client(&self, context: &Context<'_>, endpoint: &str) -> Result<Client> {
        let wait = Duration::from_secs(20);
        let transport = TransportOptions {
            is_https: false,
            timeouts: Timeouts { connect: wait, read: wait },
            proxy: None,
            skip_verify_cert: false,
        };
        let unusable = |error: &dyn std::fmt::Display| Error::failed(error.to_string());
        let credentials = Credentials {
            access_key_id: self.access_key_id.clone(),
            access_key_secret: self.access_key_secret.clone().into(),
            security_token: None,
        };
        Ok(Client::new(Options {
            endpoint: Endpoint::parse(endpoint, Addressing::Path).map_err(|e| unusable(&e))?,
            signature_version: SignatureVersion::V4 {
                region: self.region.clone(),
                product: "oss".to_owned(),
            },
            credentials: Arc::new(StaticCredentials(Some(credentials))),
            transport: Arc::new(HttpTransport::new(&transport).map_err(|e| unusable(&e))?),
            retry: Policy::default(),
            request_payer: None,
            user_agent: "ossutil-sandbox-demo".to_owned(),
            clock: Arc::clone(&context.environment.clock),
        }))
    }
}

/// Starts an upload and sends parts of these sizes; gives its id.
async fn upload(client: &Client, key: &str, sizes: &[usize]) -> Result<String> {
    let (bucket, key) = ("demo".to_owned(), key.to_owned());
    let started =
        InitiateMultipartUpload { bucket: bucket.clone(), key: key.clone(), headers: vec![] };
    let upload_id = client.send(&started).await?.upload_id;
    for (part_number, &size) in (1..).zip(sizes) {
        let part = UploadPart {
            bucket: bucket.clone(),
            key: key.clone(),
            upload_id: upload_id.clone(),
            part_number,
            body: Bytes::from(vec![b'.'; size]),
            content_md5: None,
        };
        client.send(&part).await?;
    }
    Ok(upload_id)
}

/// Reads `20ms` or `1.5s`.
fn parse_latency(text: &str) -> std::result::Result<Duration, String> {
    let duration: jiff::SignedDuration =
        text.parse().map_err(|_| "a time such as 20ms or 1s is wanted".to_owned())?;
    Duration::try_from(duration).map_err(|_| "a time cannot be negative".to_owned())
}
