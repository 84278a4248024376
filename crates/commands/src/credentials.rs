//! Which credentials a run has: from the settings to a provider, in the documented order.

use std::sync::Arc;

use ossutil_client::{
    Credentials, CredentialsProvider, StaticCredentials,
    credentials::{
        AliyunCli, AssumeRole, AssumeRoleWithOidc, Cached, DEFAULT_SESSION_NAME, EcsRamRole, Fetch,
        METADATA_ENDPOINT, Network, Process, Role, Sts, Uri,
    },
};
use ossutil_config::{Mode, Setting, Settings, Source};
use secrecy::ExposeSecret;

use crate::{
    connection::{transport_options, user_agent},
    context::Environment,
    error::{Error, Result},
};

/// An address that stands for those that role credentials are asked from, to choose a proxy by.
const STS_URL: &str = "https://sts.aliyuncs.com";

/// The credentials of a run.
#[derive(Clone)]
pub(crate) struct Chosen {
    pub(crate) provider: Arc<dyn CredentialsProvider>,
    /// Why these: `mode is AK (the option --mode)`.
    pub(crate) reason: String,
}

/// What the choice depends on.
pub(crate) struct Chooser<'a> {
    pub(crate) environment: &'a Environment,
    /// The settings of another profile, for a role that is assumed with its credentials.
    pub(crate) settings_of: &'a dyn Fn(&Setting<String>) -> Result<Settings>,
}

impl Chooser<'_> {
    /// The provider for these settings. Nothing is fetched yet.
    pub(crate) fn choose(&self, settings: &Settings) -> Result<Chosen> {
        let (mode, reason) = match &settings.mode {
            Some(mode) => (mode.value, format!("mode is {} ({})", mode.value, mode.source)),
            None => self.infer(settings),
        };
        Ok(Chosen { provider: self.provider(mode, settings)?, reason })
    }

    /// The mode of settings that name none: by what is given, in the documented order.
    fn infer(&self, settings: &Settings) -> (Mode, String) {
        fn given<T>(mode: Mode, key: &str, setting: Option<&Setting<T>>) -> Option<(Mode, String)> {
            Some((mode, format!("{key} is given ({})", setting?.source)))
        }
        let oidc = settings
            .oidc_provider_arn
            .as_ref()
            .filter(|_| settings.oidc_token_file.is_some() && settings.ram_role_arn.is_some());
        given(Mode::Ak, "access_key_id", settings.access_key_id.as_ref())
            .or_else(|| given(Mode::OidcRoleArn, "oidc_provider_arn", oidc))
            .or_else(|| {
                given(Mode::Process, "credential_process", settings.credential_process.as_ref())
            })
            .or_else(|| given(Mode::Uri, "credential_uri", settings.credential_uri.as_ref()))
            .or_else(|| given(Mode::EcsRamRole, "ecs_ak_url", settings.ecs_ak_url.as_ref()))
            .or_else(|| given(Mode::EcsRamRole, "ecs_role_name", settings.ecs_role_name.as_ref()))
            .or_else(|| self.infer_aliyun_cli(settings))
            .unwrap_or_else(|| (Mode::Ak, "nothing else is given".to_owned()))
    }

    fn infer_aliyun_cli(&self, settings: &Settings) -> Option<(Mode, String)> {
        let file = self.environment.expand(&settings.aliyun_config_file.value);
        let is_there = !settings.aliyun_profile_disabled.value && file.is_file();
        let reason = || format!("nothing else is given, and {} is there", file.display());
        is_there.then(|| (Mode::AliyunCli, reason()))
    }

    fn provider(&self, mode: Mode, settings: &Settings) -> Result<Arc<dyn CredentialsProvider>> {
        let network = || self.network(settings);
        Ok(match mode {
            Mode::Ak | Mode::StsToken => Arc::new(StaticCredentials(Some(key_pair(settings)?))),
            Mode::Anonymous => Arc::new(StaticCredentials(None)),
            Mode::RamRoleArn => self.cached(AssumeRole {
                sts: self.sts(settings)?,
                role: role(settings)?,
                source: self.source(settings)?,
            }),
            Mode::OidcRoleArn => self.cached(AssumeRoleWithOidc {
                sts: self.sts(settings)?,
                role: role(settings)?,
                provider_arn: need(settings.oidc_provider_arn.as_ref(), "oidc_provider_arn")?
                    .clone(),
                token_file: self
                    .environment
                    .expand(need(settings.oidc_token_file.as_ref(), "oidc_token_file")?),
            }),
            Mode::EcsRamRole | Mode::AliEcsRamRole => self.ecs_ram_role(mode, settings)?,
            Mode::Process => self.cached(Process {
                command: need(settings.credential_process.as_ref(), "credential_process")?
                    .expose_secret()
                    .to_owned(),
                timeout: settings.credential_process_timeout.value,
            }),
            Mode::Uri => self.cached(Uri {
                uri: need(settings.credential_uri.as_ref(), "credential_uri")?
                    .expose_secret()
                    .to_owned(),
                network: network()?,
            }),
            Mode::AliyunCli => {
                let file = self.environment.expand(&settings.aliyun_config_file.value);
                let profile = settings.aliyun_profile.as_ref();
                let profile = profile.map(|profile| profile.value.as_str());
                Arc::new(AliyunCli::open(
                    &file,
                    profile,
                    network()?,
                    Arc::clone(&self.environment.clock),
                )?)
            }
        })
    }

    /// Whose credentials a role is assumed with: the key pair; without one those of the profile
    /// that this one builds on; else whatever else is given.
    fn source(&self, settings: &Settings) -> Result<Arc<dyn CredentialsProvider>> {
        if settings.access_key_id.is_some() {
            return Ok(Arc::new(StaticCredentials(Some(key_pair(settings)?))));
        }
        if let Some(owner) = inherited_from(settings) {
            return self.source(&(self.settings_of)(&owner)?);
        }
        if let Some(profile) = &settings.source_profile {
            let settings = (self.settings_of)(profile)?;
            return Ok(self.choose(&settings)?.provider);
        }
        let (mode, _) = self.infer(settings);
        self.provider(mode, settings)
    }

    /// A URL that was given is asked as it stands, unless it is the metadata service's own.
    fn ecs_ram_role(
        &self,
        mode: Mode,
        settings: &Settings,
    ) -> Result<Arc<dyn CredentialsProvider>> {
        let network = self.network(settings)?;
        let url = settings.ecs_ak_url.as_ref().map(|url| url.value.as_str());
        let named = url.and_then(|url| {
            let (_, role) = url.strip_prefix(METADATA_ENDPOINT)?.rsplit_once("credentials/")?;
            Some(role.to_owned()).filter(|role| !role.is_empty())
        });
        if let (Some(url), None) = (url, &named) {
            return Ok(self.cached(Uri { uri: url.to_owned(), network }));
        }
        let role_name = settings.ecs_role_name.as_ref().map(|name| name.value.clone());
        Ok(self.cached(EcsRamRole {
            endpoint: METADATA_ENDPOINT.to_owned(),
            role_name: named.or(role_name),
            is_plain_allowed: mode == Mode::EcsRamRole && !settings.metadata_token_required.value,
            network,
        }))
    }

    fn sts(&self, settings: &Settings) -> Result<Sts> {
        let endpoint = settings.sts_endpoint.as_ref().map(|endpoint| endpoint.value.as_str());
        let region = settings.sts_region.as_ref().map(|region| region.value.as_str());
        Ok(Sts::new(endpoint, region, self.network(settings)?, Arc::clone(&self.environment.clock)))
    }

    /// How the services that are asked for credentials are reached.
    fn network(&self, settings: &Settings) -> Result<Network> {
        let transport = transport_options(settings, self.environment, STS_URL)?;
        Ok(Network { transport, user_agent: user_agent(settings) })
    }

    fn cached(&self, source: impl Fetch + 'static) -> Arc<dyn CredentialsProvider> {
        Arc::new(Cached::new(source, Arc::clone(&self.environment.clock)))
    }
}

/// The profile that the mode is inherited from, where it is not the one in use.
fn inherited_from(settings: &Settings) -> Option<Setting<String>> {
    let mode = settings.mode.as_ref()?;
    let Source::File { profile: Some(owner), .. } = &mode.source else { return None };
    let is_own = owner.eq_ignore_ascii_case(&settings.profile.value);
    (!is_own).then(|| Setting::new(owner.as_str(), mode.source.clone()))
}

/// The key pair, once it is known to be whole.
fn key_pair(settings: &Settings) -> Result<Credentials> {
    let hint = "set it with -i and -k, with OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET, or in \
                ~/.ossutilconfig; --mode chooses another source, and Anonymous none, for a public \
                bucket";
    let empty = |name: &str| {
        let message = format!("invalid {name}, {name} is empty, please check your config");
        Error::usage(message).hint(hint)
    };
    let id = settings.access_key_id.as_ref().ok_or_else(|| empty("accessKeyID"))?;
    let secret = settings.access_key_secret.as_ref().ok_or_else(|| empty("accessKeySecret"))?;
    let mode = settings.mode.as_ref().map(|mode| mode.value);
    // An AK given as such is used without a token that happens to be there.
    let token = settings.sts_token.as_ref().filter(|_| mode != Some(Mode::Ak));
    if mode == Some(Mode::StsToken) && token.is_none() {
        return Err(Error::usage("stsToken is empty").hint("set it with -t or OSS_SESSION_TOKEN"));
    }
    Ok(Credentials {
        access_key_id: id.value.clone(),
        access_key_secret: secret.value.clone(),
        security_token: token.map(|token| token.value.clone()),
    })
}

fn role(settings: &Settings) -> Result<Role> {
    let text =
        |setting: &Option<Setting<String>>| setting.as_ref().map(|setting| setting.value.clone());
    let session_name = text(&settings.role_session_name);
    Ok(Role {
        arn: need(settings.ram_role_arn.as_ref(), "ram_role_arn")?.clone(),
        session_name: session_name.unwrap_or_else(|| DEFAULT_SESSION_NAME.to_owned()),
        duration: settings.token_timeout.value,
        policy: text(&settings.role_policy),
        external_id: text(&settings.external_id),
    })
}

fn need<'a, T>(setting: Option<&'a Setting<T>>, key: &str) -> Result<&'a T> {
    setting.map(|setting| &setting.value).ok_or_else(|| {
        Error::usage(format!("{key} is empty, and the mode of the credentials needs it"))
            .hint("docs/configuration.md, section Credentials, says what each mode needs")
    })
}
