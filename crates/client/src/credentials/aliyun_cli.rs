//! The profiles of the `aliyun` CLI, in its `~/.aliyun/config.json`.
//!
//! Source: the CLI's documentation, "Configure profiles", and the file as it writes it.

use std::{path::Path, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use ossutil_signing::Credentials;
use serde_json::Value;

use super::{
    AssumeRole, AssumeRoleWithOidc, Cached, CredentialsError, CredentialsProvider,
    DEFAULT_SESSION_NAME, EcsRamRole, Fetch, METADATA_ENDPOINT, Network, Process, Role,
    StaticCredentials, Sts, Uri,
};
use crate::{Clock, Error};

/// The longest run of a profile's command, which is the CLI's own.
const PROCESS_TIMEOUT: Duration = Duration::from_mins(1);

/// How long the CLI lets an assumed role last.
const DEFAULT_DURATION: Duration = Duration::from_hours(1);

type Provider = Arc<dyn CredentialsProvider>;

/// A profile of the `aliyun` CLI.
pub struct AliyunCli {
    provider: Provider,
    description: String,
}

impl AliyunCli {
    /// Reads the file, and from it the profile of this name, or the one the CLI uses now. Nothing
    /// is sent yet.
    ///
    /// # Errors
    /// A file that cannot be read or is no JSON, a profile that is not there, that lacks what its
    /// mode needs or that builds on itself, a mode that needs a person to sign in.
    pub fn open(
        path: &Path,
        profile: Option<&str>,
        network: Network,
        clock: Clock,
    ) -> Result<Self, CredentialsError> {
        let file = format!("the aliyun CLI's file {}", path.display());
        let failed = |text: String| CredentialsError::setup(&file, text);
        let text =
            std::fs::read(path).map_err(|error| failed(format!("it cannot be read: {error}")))?;
        let value: Value = serde_json::from_slice(&text).map_err(|error| {
            failed(format!("it is not JSON (line {}, column {})", error.line(), error.column()))
        })?;
        let current = value.get("current").and_then(Value::as_str);
        let name = profile.or(current).filter(|name| !name.is_empty()).unwrap_or("default");
        let mut reader = Reader { file: &value, network, clock, chain: Vec::new() };
        let provider = reader.provider(name).map_err(failed)?;
        let description = format!(
            "the profile {name} of the aliyun CLI ({}): {}",
            path.display(),
            provider.describe()
        );
        Ok(Self { provider, description })
    }
}

impl CredentialsProvider for AliyunCli {
    fn credentials(&self) -> BoxFuture<'_, Result<Option<Credentials>, Error>> {
        self.provider.credentials()
    }

    fn describe(&self) -> String {
        self.description.clone()
    }

    fn reject(&self, rejected: &Credentials) -> bool {
        self.provider.reject(rejected)
    }
}

/// Makes providers of the profiles of a file.
struct Reader<'a> {
    file: &'a Value,
    network: Network,
    clock: Clock,
    /// The profiles on the way to this one.
    chain: Vec<String>,
}

/// One profile.
struct Profile<'a> {
    name: &'a str,
    fields: &'a Value,
}

impl Profile<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.fields.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    fn need(&self, key: &str) -> Result<&str, String> {
        self.get(key).ok_or_else(|| format!("the profile {} has no {key}", self.name))
    }

    fn key_pair(&self, token: Option<&str>) -> Result<Provider, String> {
        Ok(Arc::new(StaticCredentials(Some(Credentials {
            access_key_id: self.need("access_key_id")?.to_owned(),
            access_key_secret: self.need("access_key_secret")?.into(),
            security_token: token.map(Into::into),
        }))))
    }

    fn role(&self) -> Result<Role, String> {
        let seconds = self.fields.get("expired_seconds").and_then(Value::as_u64);
        Ok(Role {
            arn: self.need("ram_role_arn")?.to_owned(),
            session_name: self.get("ram_session_name").unwrap_or(DEFAULT_SESSION_NAME).to_owned(),
            duration: seconds
                .filter(|seconds| *seconds > 0)
                .map_or(DEFAULT_DURATION, Duration::from_secs),
            policy: self.get("policy").map(str::to_owned),
            external_id: self.get("external_id").map(str::to_owned),
        })
    }
}

impl<'a> Reader<'a> {
    fn provider(&mut self, name: &str) -> Result<Provider, String> {
        if self.chain.iter().any(|earlier| earlier == name) {
            return Err(format!("its profiles go round: {} -> {name}", self.chain.join(" -> ")));
        }
        self.chain.push(name.to_owned());
        let profile = self.profile(name)?;
        let mode = profile.get("mode").unwrap_or("AK");
        match mode.to_ascii_lowercase().as_str() {
            "ak" => profile.key_pair(None),
            "ststoken" => profile.key_pair(Some(profile.need("sts_token")?)),
            "ramrolearn" => {
                let source = profile.key_pair(profile.get("sts_token"))?;
                self.assume_role(&profile, source)
            }
            "ecsramrole" => Ok(self.ecs_ram_role(&profile)),
            "ramrolearnwithrolename" => {
                let source = self.ecs_ram_role(&profile);
                self.assume_role(&profile, source)
            }
            "chainableramrolearn" => {
                let source = self.provider(profile.need("source_profile")?)?;
                self.assume_role(&profile, source)
            }
            "oidc" => Ok(self.cached(AssumeRoleWithOidc {
                sts: self.sts(&profile),
                role: profile.role()?,
                provider_arn: profile.need("oidc_provider_arn")?.to_owned(),
                token_file: profile.need("oidc_token_file")?.into(),
            })),
            "external" => Ok(self.cached(Process {
                command: profile.need("process_command")?.to_owned(),
                timeout: PROCESS_TIMEOUT,
            })),
            "credentialsuri" => Ok(self.cached(Uri {
                uri: profile.need("credentials_uri")?.to_owned(),
                network: self.network.clone(),
            })),
            "anonymous" => Ok(Arc::new(StaticCredentials(None))),
            _ => Err(format!("the profile {name} has the mode {mode}, which only the CLI can use")),
        }
    }

    fn profile(&self, name: &str) -> Result<Profile<'a>, String> {
        let profiles = self.file.get("profiles").and_then(Value::as_array);
        let profiles = profiles.map(Vec::as_slice).unwrap_or_default().iter();
        let named = profiles
            .filter_map(|fields| Some(Profile { name: fields.get("name")?.as_str()?, fields }));
        if let Some(found) = named.clone().find(|profile| profile.name == name) {
            return Ok(found);
        }
        let known: Vec<&str> = named.map(|profile| profile.name).collect();
        Err(format!("it has no profile {name}; its profiles: {}", known.join(", ")))
    }

    fn cached(&self, source: impl Fetch + 'static) -> Provider {
        Arc::new(Cached::new(source, Arc::clone(&self.clock)))
    }

    fn sts(&self, profile: &Profile<'_>) -> Sts {
        let (endpoint, region) = (profile.get("sts_endpoint"), profile.get("sts_region"));
        Sts::new(endpoint, region, self.network.clone(), Arc::clone(&self.clock))
    }

    fn assume_role(&self, profile: &Profile<'_>, source: Provider) -> Result<Provider, String> {
        Ok(self.cached(AssumeRole { sts: self.sts(profile), role: profile.role()?, source }))
    }

    fn ecs_ram_role(&self, profile: &Profile<'_>) -> Provider {
        self.cached(EcsRamRole {
            endpoint: METADATA_ENDPOINT.to_owned(),
            role_name: profile.get("ram_role_name").map(str::to_owned),
            is_plain_allowed: true,
            network: self.network.clone(),
        })
    }
}
