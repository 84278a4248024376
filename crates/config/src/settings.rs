//! The table of settings: one line each.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::bucket::BucketEntry;
use crate::layer::{Slots, settings};
use crate::{
    AddressingStyle, Language, LogLevel, Mode, OutputFormat, Setting, SignVersion, Source,
};

settings! {
    /// The texts of one source: an option's argument, a variable, a line of a profile.
    ///
    /// An empty text counts as not given. The texts may be secrets, so `Debug` leaves them out.
    layer Layer;

    /// What is in force, each value with its origin.
    resolved Settings {
        /// The profile in use.
        profile: Setting<String>,
        /// The profile that it builds on.
        source_profile: Option<Setting<String>>,
        /// What the file says about single buckets; see [`Settings::for_bucket`].
        buckets: BTreeMap<String, BucketEntry>,
        /// The texts that the values were read from, as `config show` lists them.
        layer: Layer,
    }

    /// Host of the service, with optional scheme and port.
    endpoint: String, env ["OSS_ENDPOINT"], also ["host"];
    /// Region id such as `cn-hangzhou`, which version 4 signatures need.
    region: String, env ["OSS_REGION"];
    /// Access key id.
    access_key_id: String, env ["OSS_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_ID"], also ["access_id"];
    /// Access key secret.
    access_key_secret: SecretString, env ["OSS_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"], also ["access_key"];
    /// Session token of temporary keys.
    sts_token: SecretString, env ["OSS_SESSION_TOKEN", "ALIBABA_CLOUD_SECURITY_TOKEN"];
    /// Where credentials come from; chosen by what is there when not given.
    mode: Mode;
    /// Signature version; chosen by whether the region is known when not given.
    sign_version: SignVersion;
    /// Where requests put the bucket's name.
    addressing_style: AddressingStyle = "virtual";
    /// Host endings that need path style, comma-separated; `DEFAULT` is `.privatelink.aliyuncs.com`.
    endpoint_suffix_list_path_style: String = "DEFAULT";
    /// Cloud box id, for endpoints of a cloud box.
    cloud_box_id: String;
    /// Attempts for one request in all, the first included.
    retry_times: u32 = "10" in "1"..="500";
    /// Longest wait for a connection, in seconds.
    connect_timeout: Duration = "10" in "1ms"..="1d";
    /// Longest wait for the next bytes of an answer, in seconds.
    read_timeout: Duration = "20" in "1ms"..="1d";
    /// Proxy URL, or `env` to take it from `HTTP_PROXY` and `HTTPS_PROXY`; secret, as it may hold a password.
    proxy: SecretString, also ["proxy_host"];
    /// User name for the proxy.
    proxy_user: String;
    /// Password for the proxy.
    proxy_password: SecretString, also ["proxy_pwd"];
    /// Accept any TLS certificate.
    skip_verify_cert: bool = "false";
    /// PEM file of certificate authorities to trust beside the system's.
    ca_file: PathBuf;
    /// Local IP address to connect from.
    bind_address: IpAddr, also ["local_host"];
    /// Text appended to the User-Agent header.
    user_agent: String, also ["ua"];
    /// ARN of the role to assume (modes RamRoleArn and OIDCRoleArn).
    ram_role_arn: String, env ["OSS_ROLE_ARN", "ALIBABA_CLOUD_ROLE_ARN"], also ["role_arn"];
    /// Name of the session of an assumed role.
    role_session_name: String, env ["OSS_ROLE_SESSION_NAME", "ALIBABA_CLOUD_ROLE_SESSION_NAME"];
    /// Life of the token of an assumed role, in seconds.
    token_timeout: Duration = "3600" in "1"..="12h";
    /// Policy in JSON that narrows an assumed role.
    role_policy: String;
    /// External id that the role's trust policy asks for.
    external_id: String, env ["ALIBABA_CLOUD_EXTERNAL_ID"];
    /// Host or URL of the STS service, in place of the one that `sts_region` names.
    sts_endpoint: String, env ["ALIBABA_CLOUD_STS_ENDPOINT"];
    /// Region of the STS service that is asked for a role.
    sts_region: String, env ["ALIBABA_CLOUD_STS_REGION"];
    /// Name of the role of the ECS instance; asked for when not given.
    ecs_role_name: String, env ["ALIBABA_CLOUD_ECS_METADATA"];
    /// Full URL of the metadata service's credentials.
    ecs_ak_url: String, also ["ecs_ak"];
    /// Ask the metadata service of an ECS instance with a token, its hardened mode, or not at all.
    metadata_token_required: bool = "false", env ["ALIBABA_CLOUD_IMDSV1_DISABLED"];
    /// Command that prints credentials as JSON; secret, as its arguments may be.
    credential_process: SecretString;
    /// Longest run of that command, in seconds.
    credential_process_timeout: Duration = "15" in "1"..="10m";
    /// URI that answers with credentials as JSON; secret, as its query may be.
    credential_uri: SecretString, env ["ALIBABA_CLOUD_CREDENTIALS_URI"];
    /// ARN of the OIDC identity provider.
    oidc_provider_arn: String, env ["ALIBABA_CLOUD_OIDC_PROVIDER_ARN"];
    /// File that holds the OIDC token.
    oidc_token_file: PathBuf, env ["ALIBABA_CLOUD_OIDC_TOKEN_FILE"], also ["oidc_token_file_path"];
    /// Profile of the aliyun CLI; the one it uses itself when not given.
    aliyun_profile: String, env ["ALIBABA_CLOUD_PROFILE"];
    /// File of the aliyun CLI's profiles.
    aliyun_config_file: PathBuf = "~/.aliyun/config.json", env ["ALIBABA_CLOUD_CONFIG_FILE"];
    /// Never take credentials from the aliyun CLI unasked.
    aliyun_profile_disabled: bool = "false", env ["ALIBABA_CLOUD_CLI_PROFILE_DISABLED"];
    /// Who pays for the requests: `requester`, or nothing for the bucket's owner.
    payer: String;
    /// Language, `EN` or `CH`, as `ossutil` 1 and 2 have it; what is printed here is English.
    language: Language;
    /// How much goes to the log: `off`, `info` or `debug`.
    loglevel: LogLevel = "off";
    /// File of the log; `-` is stderr.
    log_file: PathBuf;
    /// Form of the results: `raw`, `json`, `jsonl`, `yaml`, `xml` or `csv`.
    output_format: OutputFormat = "raw";
    /// Folder of report files.
    output_dir: PathBuf = "ossutil_output", also ["output_directory"];
    /// Folder of the files by which transfers resume.
    checkpoint_dir: PathBuf = ".ossutil_checkpoint";
    /// Files transferred at once.
    jobs: u32 = "16" in "1"..="10000", also ["job", "routines"];
    /// Parts of one file transferred at once; chosen by the file's size when not given.
    parallel: u32 in "1"..="10000";
    /// Size of a part in bytes; chosen by the file's size when not given.
    part_size: u64 in "1"..="9223372036854775807";
    /// Size in bytes from which a file is transferred in parts.
    bigfile_threshold: u64 = "100M" in "0"..="9223372036854775807";
    /// Size in bytes of the buffer in front of a file being written; chosen when not given.
    write_buffer_size: u64 in "1"..="1G";
}

impl Layer {
    /// The text under a key, in any spelling of its name.
    pub fn get(&self, key: &str) -> Option<&Setting<String>> {
        self.iter().find(|(known, _)| known.is_written(key)).map(|(_, text)| text)
    }

    /// Puts a text under a key, in any spelling of its name. False when there is no such key.
    pub fn set(&mut self, key: &str, text: Setting<String>) -> bool {
        self.slot(key).map(|(_, slot)| *slot = Some(text)).is_some()
    }

    /// This layer, with what it does not give taken from `lower`.
    ///
    /// Key id, secret and token are a set that belongs to the id: a layer that gives an id takes
    /// neither secret nor token from below, where they belong to another key. So `-i ID -k SECRET`
    /// is never joined with a session token of the file. A layer without an id may still bring the
    /// secret (one that was typed, or that a pipeline keeps in a variable) or the token for the id
    /// below.
    pub fn over(self, mut lower: Self) -> Self {
        if self.access_key_id.is_some() {
            lower.access_key_secret = None;
            lower.sts_token = None;
        }
        self.fill(lower)
    }

    /// The variables of one family, by the beginning of their names. `OSS…` and `ALIBABA_CLOUD_…`
    /// are two layers, so that the token of one never joins the key of the other.
    pub(crate) fn from_env(env: &BTreeMap<String, String>, family: &str) -> Self {
        let mut layer = Self::default();
        for (key, slot) in layer.slots() {
            *slot = key.env.iter().filter(|name| name.starts_with(family)).find_map(|name| {
                let text = env.get(*name).filter(|text| !text.is_empty())?;
                Some(Setting::new(text.as_str(), Source::Env(name)))
            });
        }
        layer
    }

    /// The built-in values.
    pub(crate) fn defaults() -> Self {
        let mut layer = Self::default();
        for (key, slot) in layer.slots() {
            *slot = key.default.map(|text| Setting::new(text, Source::Default));
        }
        layer
    }

    /// Drops empty texts, which count as not given.
    pub(crate) fn without_empty(mut self) -> Self {
        for (_, slot) in self.slots() {
            slot.take_if(|text| text.value.is_empty());
        }
        self
    }
}
