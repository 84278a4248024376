//! `sandbox demo`: what ossutil does about unfinished uploads, on some that it makes.

use std::{process::Command as Process, sync::Arc, time::Duration};

use bytes::Bytes;
use ossutil_client::{
    Addressing, Client, Credentials, Endpoint, HttpTransport, Options, SignatureVersion,
    StaticCredentials, Timeouts, TransportOptions,
    protocol::operations::{InitiateMultipartUpload, PutBucket, UploadPart},
    retry::Policy,
};
use ossutil_sandbox::Sandbox;

use super::options::ServerOptions;
use crate::{
    context::Context,
    error::{Error, Result},
};

impl ServerOptions {
    pub(super) async fn demo(&self, context: &mut Context<'_>, sandbox: &Sandbox) -> Result<()> {
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
        process.env_clear().envs(inherited).envs(self.variables(sandbox)).args(words);
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
            more_roots: None,
            bind_address: None,
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
