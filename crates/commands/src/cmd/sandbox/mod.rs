//! `sandbox`: an OSS of one's own, to try things on and to test against.

mod demo;
mod exec;
mod options;

use clap::{Args, Subcommand};
use ossutil_sandbox::Sandbox;

use self::options::ServerOptions;
use crate::{context::Context, error::Result, registry::Command};

/// Run an OSS-compatible server, in memory or in a folder, or show what ossutil does on one
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(flatten)]
    options: ServerOptions,
    #[command(subcommand)]
    command: Option<Use>,
}

/// What a sandbox is for, if it is not to serve until it is stopped.
#[derive(Subcommand)]
enum Use {
    /// Make some unfinished uploads in a sandbox, then find, list and abort them
    Demo,
    /// Run a command with a sandbox of its own, which ends with it
    ///
    /// The command finds the sandbox in its environment, as OSS_ENDPOINT, OSS_REGION,
    /// OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET and the names of the other Alibaba Cloud tools. Its
    /// exit status is that of ossutil.
    Exec {
        #[command(flatten)]
        options: Box<ServerOptions>,
        /// The command and its arguments
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<String>,
    },
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
        (
            "ossutil sandbox --fault 'UploadPart: status=503 rate=0.1'",
            "where one in ten parts is refused",
        ),
        ("ossutil sandbox exec -- ossutil ls", "a command with a sandbox of its own"),
        (
            "ossutil sandbox exec --fault 'ListBuckets: status=503 count=1' -- ossutil ls",
            "and with a fault in it",
        ),
    ];
    const USES_SERVICE: bool = false;

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        if let Some(Use::Exec { options, command }) = self.command {
            let sandbox = options.start(context).await?;
            return exec::run(context, &options, &sandbox, &command).await;
        }
        let sandbox = self.options.start(context).await?;
        match self.command {
            Some(_) => self.options.demo(context, &sandbox).await,
            None => serve(&self.options, context, &sandbox).await,
        }
    }
}

/// Says how to reach it, then serves until the process ends.
async fn serve(
    options: &ServerOptions,
    context: &mut Context<'_>,
    sandbox: &Sandbox,
) -> Result<()> {
    let printer = &mut context.printer;
    let endpoint = sandbox.endpoint();
    printer.line(format_args!("listening on {endpoint}"))?;
    printer.line(format_args!("console:           {}", sandbox.console()))?;
    printer.line(format_args!("access key id:     {}", options.access_key_id))?;
    printer.line(format_args!("access key secret: {}", options.access_key_secret))?;
    printer.line("\n# for ~/.ossutilconfig, then use: ossutil --profile sandbox …")?;
    printer.line("[profiles.sandbox]")?;
    printer.line(format_args!("endpoint = {endpoint:?}"))?;
    printer.line(format_args!("region = {:?}", options.region))?;
    printer.line(format_args!("access_key_id = {:?}", options.access_key_id))?;
    printer.line(format_args!("access_key_secret = {:?}", options.access_key_secret))?;
    printer.flush()?;
    std::future::pending().await
}
