//! The options every command that talks to the service takes: a layer of settings.

use std::path::Path;

use clap::{ArgAction, Args};
use ossutil_client::listing::Mode;
use ossutil_config::{Layer, Setting, Source};

use crate::error::{Error, Result};

/// The options of `ossutil`, as typed: they are judged together with the other layers.
#[derive(Args, Clone, Default)]
pub(crate) struct CommonOptions {
    /// Service endpoint, such as oss-cn-hangzhou.aliyuncs.com (https unless it begins with http://)
    #[arg(short, long, value_name = "URL")]
    endpoint: Option<String>,
    /// Access key id
    #[arg(short = 'i', long, value_name = "ID")]
    access_key_id: Option<String>,
    /// Access key secret
    #[arg(short = 'k', long, value_name = "SECRET")]
    access_key_secret: Option<String>,
    /// Ask for the access key secret on the terminal
    #[arg(short, long)]
    password: bool,
    /// Session token of temporary credentials
    #[arg(short = 't', long, value_name = "TOKEN")]
    sts_token: Option<String>,
    /// Configuration file, in place of ~/.ossutilconfig
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config_file: Option<String>,
    /// Profile of the configuration file
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Region, such as cn-hangzhou; read off the endpoint where that names it
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Signature version: v1, v2 or v4 (v4 when the region is known, else v1)
    #[arg(long, value_name = "VERSION")]
    sign_version: Option<String>,
    /// How credentials are had: AK, StsToken, RamRoleArn, EcsRamRole, Ali-EcsRamRole, OIDCRoleArn,
    /// Process, Uri, AliyunCli or Anonymous (by what is given, unless set)
    #[arg(long, value_name = "MODE")]
    mode: Option<String>,
    /// Role to assume, for the mode RamRoleArn
    #[arg(long, visible_alias = "role-arn", value_name = "ARN")]
    ram_role_arn: Option<String>,
    /// Session name of that role
    #[arg(long, value_name = "NAME")]
    role_session_name: Option<String>,
    /// Region of the STS endpoint
    #[arg(long, value_name = "REGION")]
    sts_region: Option<String>,
    /// Seconds that fetched credentials are to last
    #[arg(long, value_name = "SECONDS")]
    token_timeout: Option<String>,
    /// Role of the machine, for the mode EcsRamRole
    #[arg(long, value_name = "NAME")]
    ecs_role_name: Option<String>,
    /// Put the bucket into the path of URLs
    #[arg(long)]
    force_path_style: bool,
    /// Where URLs have the bucket: virtual (in the host), path, or cname (the host is the bucket's)
    #[arg(long, value_name = "STYLE", conflicts_with = "force_path_style")]
    addressing_style: Option<String>,
    /// Cloud box id
    #[arg(long, value_name = "ID")]
    cloudbox_id: Option<String>,
    /// Attempts in all, 1 to 500 (10 unless set)
    #[arg(long, value_name = "N")]
    retry_times: Option<String>,
    /// Seconds to wait for a connection (10 unless set)
    #[arg(long, value_name = "SECONDS")]
    connect_timeout: Option<String>,
    /// Seconds to wait for an answer, and for each piece of it (20 unless set)
    #[arg(long, value_name = "SECONDS")]
    read_timeout: Option<String>,
    /// Proxy, as http://host:port, or `env` for that of HTTP_PROXY and HTTPS_PROXY
    #[arg(long, visible_alias = "proxy", value_name = "URL")]
    proxy_host: Option<String>,
    /// User name for the proxy
    #[arg(long, value_name = "NAME")]
    proxy_user: Option<String>,
    /// Password for the proxy
    #[arg(long, value_name = "PASSWORD")]
    proxy_pwd: Option<String>,
    /// Accept any TLS certificate
    #[arg(long)]
    skip_verify_cert: bool,
    /// Local address to connect from
    #[arg(long, visible_alias = "local-host", value_name = "IP")]
    bind_address: Option<String>,
    /// Text to add to the User-Agent header
    #[arg(long, visible_alias = "user-agent", value_name = "TEXT")]
    ua: Option<String>,
    /// What to log: off, info or debug
    #[arg(long, value_name = "LEVEL")]
    loglevel: Option<String>,
    /// Where to log; - is standard error
    #[arg(long, value_name = "FILE")]
    log_file: Option<String>,
    /// Say less: neither progress nor the time it took
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Form of the results: raw, json, jsonl, yaml, xml or csv
    #[arg(long, value_name = "FORM")]
    output_format: Option<String>,
    /// Print what this JMESPath expression finds in the results
    #[arg(long, value_name = "JMESPATH")]
    pub(crate) output_query: Option<String>,
    /// Ignore the OSS_* and ALIBABA_CLOUD_* variables
    #[arg(long, action = ArgAction::SetTrue)]
    pub(crate) ignore_env_var: bool,
}

/// How names on the command line are written, for commands that take any.
#[derive(Args, Clone, Debug)]
pub(crate) struct NameEncoding {
    /// Names on the command line are percent-encoded
    #[arg(long, value_name = "url", ignore_case = true, value_parser = ["url"])]
    encoding_type: Option<String>,
}

impl NameEncoding {
    /// Whether names are percent-encoded.
    pub(crate) fn is_url(&self) -> bool {
        self.encoding_type.is_some()
    }
}

/// How much is done at once, for commands that work on many things.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Jobs {
    /// How many objects or uploads are worked on at once
    #[arg(short, long, value_name = "N", default_value_t = 32,
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    jobs: u16,
}

impl Jobs {
    /// How many, at least one.
    pub(crate) fn get(self) -> usize {
        usize::from(self.jobs)
    }
}

/// How listings are made, for commands that list.
#[derive(Args, Clone, Debug)]
pub(crate) struct ListingMode {
    /// Ask for up to N pages of a listing at once, 1 to 1000 (32 unless set)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    parallel: Option<u16>,
}

impl ListingMode {
    /// The mode for a client: in order.
    pub(crate) fn mode(&self) -> Mode {
        let mode = Mode::default();
        Mode { requests: self.parallel.map_or(mode.requests, usize::from), ..mode }
    }
}

/// Who pays, for commands that may touch other people's buckets.
#[derive(Args, Clone, Debug)]
pub(crate) struct RequestPayer {
    /// Who pays for the requests: requester
    #[arg(long, visible_alias = "request-payer", value_name = "PAYER")]
    pub(crate) payer: Option<String>,
}

impl CommonOptions {
    /// Those of a run that uses a profile of a file, and nothing else.
    pub(crate) fn of_file(path: &Path, profile: &str) -> Self {
        Self {
            config_file: Some(path.display().to_string()),
            profile: Some(profile.to_owned()),
            ignore_env_var: true,
            ..Self::default()
        }
    }

    /// Whether a form of output was asked for on the command line.
    pub(crate) fn choose_form(&self) -> bool {
        self.output_format.is_some() || self.output_query.is_some()
    }

    /// Asks for the secret, where that was asked for; what is typed is not shown.
    pub(crate) fn ask_password(&mut self) -> Result<()> {
        if self.password {
            let prompt = dialoguer::Password::new().with_prompt("input access key secret");
            let secret = prompt.interact().map_err(|error| {
                Error::usage(format!("cannot ask for the access key secret: {error}")).hint(
                    "-p needs a terminal; OSS_ACCESS_KEY_SECRET or the configuration file do not",
                )
            })?;
            self.access_key_secret = Some(secret);
        }
        Ok(())
    }

    /// What was given, each with the option it came from.
    pub(crate) fn layer(&self) -> Layer {
        let given = |text: &Option<String>, option| {
            text.as_ref().map(|text| Setting::new(text.as_str(), Source::Flag(option)))
        };
        let set = |is_set: bool, text: &str, option| {
            is_set.then(|| Setting::new(text, Source::Flag(option)))
        };
        Layer {
            endpoint: given(&self.endpoint, "--endpoint"),
            access_key_id: given(&self.access_key_id, "--access-key-id"),
            access_key_secret: given(&self.access_key_secret, "--access-key-secret"),
            sts_token: given(&self.sts_token, "--sts-token"),
            region: given(&self.region, "--region"),
            sign_version: given(&self.sign_version, "--sign-version"),
            mode: given(&self.mode, "--mode"),
            addressing_style: set(self.force_path_style, "path", "--force-path-style")
                .or_else(|| given(&self.addressing_style, "--addressing-style")),
            ram_role_arn: given(&self.ram_role_arn, "--ram-role-arn"),
            role_session_name: given(&self.role_session_name, "--role-session-name"),
            sts_region: given(&self.sts_region, "--sts-region"),
            token_timeout: given(&self.token_timeout, "--token-timeout"),
            ecs_role_name: given(&self.ecs_role_name, "--ecs-role-name"),
            cloud_box_id: given(&self.cloudbox_id, "--cloudbox-id"),
            retry_times: given(&self.retry_times, "--retry-times"),
            connect_timeout: given(&self.connect_timeout, "--connect-timeout"),
            read_timeout: given(&self.read_timeout, "--read-timeout"),
            proxy: given(&self.proxy_host, "--proxy-host"),
            proxy_user: given(&self.proxy_user, "--proxy-user"),
            proxy_password: given(&self.proxy_pwd, "--proxy-pwd"),
            skip_verify_cert: set(self.skip_verify_cert, "true", "--skip-verify-cert"),
            bind_address: given(&self.bind_address, "--bind-address"),
            user_agent: given(&self.ua, "--ua"),
            loglevel: given(&self.loglevel, "--loglevel"),
            log_file: given(&self.log_file, "--log-file"),
            output_format: given(&self.output_format, "--output-format"),
            ..Layer::default()
        }
    }
}
