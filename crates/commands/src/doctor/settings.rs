//! What was set, and where: the configuration file, the endpoint, the credentials.

use ossutil_client::{Client, probe::Probe};
use ossutil_config::{Mode, Settings, SignVersion};

use super::{Doctor, GoesOn};
use crate::{credentials::Chosen, error::Result};

/// Clients for what is examined.
pub(super) struct Clients {
    /// For requests to the service itself, if it has an endpoint.
    pub(super) service: Option<Client>,
    /// For requests to the bucket, if one is examined.
    pub(super) bucket: Option<Client>,
}

impl Clients {
    /// The one for what is examined, and whether it is for a bucket.
    pub(super) fn nearest(&self) -> Option<(&Client, bool)> {
        let bucket = self.bucket.as_ref().map(|client| (client, true));
        let service = self.service.as_ref().map(|client| (client, false));
        match (bucket, service) {
            // Every key may be checked there, whether the bucket exists or not.
            (Some((bucket, _)), Some((service, _))) if bucket.endpoint() == service.endpoint() => {
                Some((service, false))
            }
            (bucket, service) => bucket.or(service),
        }
    }
}

impl Doctor<'_, '_> {
    /// Which file is read, whether it can be, and who else can.
    pub(super) fn check_configuration(&mut self) -> Result<GoesOn> {
        const CHECK: &str = "configuration";
        let path = self.context.config_path();
        let profile = match self.context.settings() {
            Ok(settings) => settings.profile.clone(),
            Err(error) => {
                self.fail_with(CHECK, &error)?;
                return Ok(false);
            }
        };
        let shown = path.value.display();
        if !path.value.exists() {
            self.ok(CHECK, &format!("no {shown}: options, environment and defaults count"))?;
            return Ok(true);
        }
        let detail = format!("{shown}, profile {} (from {})", profile.value, profile.source);
        match ossutil_config::permissions_warning(&path.value) {
            Some(warning) => self.warn(CHECK, &detail, &warning)?,
            None => self.ok(CHECK, &detail)?,
        }
        Ok(true)
    }

    /// Where requests go.
    pub(super) fn check_endpoint(&mut self) -> Result<Option<Probe>> {
        const CHECK: &str = "endpoint";
        let bucket = self.url.bucket.clone();
        let probe = match self.context.probe(&bucket) {
            Ok(probe) => probe,
            Err(error) => {
                self.fail_with(CHECK, &error)?;
                return Ok(None);
            }
        };
        let endpoint = self.context.settings()?.for_bucket(&bucket).endpoint;
        let source = endpoint.map(|endpoint| endpoint.source.to_string()).unwrap_or_default();
        let url = probe.url().to_string();
        let url = url.trim_end_matches('/');
        let way = match probe.proxy() {
            Some(proxy) => format!("{url} (from {source}) through the proxy {proxy}"),
            None => format!("{url} (from {source})"),
        };
        self.ok(CHECK, &way)?;
        Ok(Some(probe))
    }

    /// Which credentials are used, and why these.
    pub(super) fn check_credentials(&mut self) -> Result<Option<Clients>> {
        const CHECK: &str = "credentials";
        let bucket = self.url.bucket.clone();
        let service = self.context.service(None);
        let made = match bucket.is_empty() {
            true => service.map(|client| Clients { service: Some(client), bucket: None }),
            false => self
                .context
                .bucket(&bucket, None)
                .map(|client| Clients { service: service.ok(), bucket: Some(client) }),
        };
        let chosen = self.context.credentials().ok().cloned();
        let settings = self.context.settings()?;
        let place = settings.for_bucket(&bucket);
        let wants_v4 = settings.sign_version.as_ref().is_some_and(|v| v.value == SignVersion::V4);
        let lacks_region = wants_v4 && place.region.is_none() && place.cloud_box_id.is_none();
        let described = describe(settings, chosen.as_ref());
        match made {
            Ok(clients) => {
                self.ok(CHECK, &described)?;
                return Ok(Some(clients));
            }
            Err(error) if lacks_region => {
                self.ok(CHECK, &described)?;
                self.fail_with("signature", &error)?;
            }
            Err(error) => self.fail_with(CHECK, &error)?,
        }
        Ok(None)
    }

    /// The access key id and where it was found, for messages.
    pub(super) fn access_key_id(&mut self) -> Result<String> {
        let id = self.context.settings()?.access_key_id.as_ref();
        Ok(id.map(|id| format!("{} (from {})", id.value, id.source)).unwrap_or_default())
    }

    /// Whether requests go unsigned because that was asked for.
    pub(super) fn is_anonymous(&mut self) -> Result<bool> {
        let mode = self.context.settings()?.mode.as_ref();
        Ok(mode.is_some_and(|mode| mode.value == Mode::Anonymous))
    }
}

/// What is used, and which setting says so. The secret and the token are named by their place.
fn describe(settings: &Settings, chosen: Option<&Chosen>) -> String {
    let choice =
        chosen.map(|chosen| format!("{}, as {}", chosen.provider.describe(), chosen.reason));
    let id = settings.access_key_id.as_ref();
    let id = id.map(|id| format!("id {} from {}", id.value, id.source));
    let secret = settings.access_key_secret.as_ref();
    let secret = secret.map(|secret| format!("secret from {}", secret.source));
    let token = settings.sts_token.as_ref().map(|token| format!("token from {}", token.source));
    let is_key_pair = settings
        .mode
        .as_ref()
        .is_none_or(|mode| matches!(mode.value, Mode::Ak | Mode::StsToken | Mode::RamRoleArn));
    let keys = [id, secret, token].into_iter().filter(|_| is_key_pair);
    choice.into_iter().chain(keys.flatten()).collect::<Vec<_>>().join(", ")
}
