//! What the service makes of the signature, and what it permits.

use bytes::Bytes;
use ossutil_client::{
    Client, Error as ClientError, SignatureVersion,
    protocol::{
        ServiceError,
        operations::{
            AbortMultipartUpload, GetBucketLocation, ListBuckets, ListMultipartUploads,
            ListObjects, ListParts, UploadPart,
        },
        ram,
    },
};
use ossutil_config::region_of_endpoint;

use super::{Doctor, GoesOn, policy, settings::Clients};
use crate::{
    cloud_url::CloudUrl,
    error::{Error, Result},
    exit::Status,
};

/// An upload id that the service never gives: its own are hexadecimal.
const NO_UPLOAD: &str = "ossutil-doctor";

/// The longest key, in bytes.
const MAX_KEY: usize = 1023;

/// Something that may be permitted or not, and can be tried without a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trial {
    ListBuckets,
    ListObjects,
    ListMultipartUploads,
    ListParts,
    AbortMultipartUpload,
    PutObject,
}

impl Trial {
    /// What is tried for `url`; only the first is about no bucket.
    pub(super) fn all(url: &CloudUrl) -> &'static [Self] {
        const ALL: &[Trial] = &[
            Trial::ListBuckets,
            Trial::ListObjects,
            Trial::ListMultipartUploads,
            Trial::ListParts,
            Trial::AbortMultipartUpload,
            Trial::PutObject,
        ];
        if url.bucket.is_empty() { &ALL[..1] } else { ALL }
    }

    /// The operation, as the API reference names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ListBuckets => "ListBuckets",
            Self::ListObjects => "ListObjects",
            Self::ListMultipartUploads => "ListMultipartUploads",
            Self::ListParts => "ListParts",
            Self::AbortMultipartUpload => "AbortMultipartUpload",
            Self::PutObject => "PutObject",
        }
    }

    /// What it is to be permitted on, as a policy names it.
    pub(super) fn resource(self, url: &CloudUrl) -> String {
        match self {
            Self::ListBuckets => ram::resource("*"),
            Self::ListObjects | Self::ListMultipartUploads => ram::resource(&url.bucket),
            _ => ram::resource(&format!("{}/{}*", url.bucket, url.key)),
        }
    }

    /// The prefixes that it is to be permitted for. The condition is documented for ListObjects
    /// alone; on another action it might never be met.
    pub(super) fn condition(self, url: &CloudUrl) -> Option<String> {
        (self == Self::ListObjects && !url.key.is_empty()).then(|| format!("{}*", url.key))
    }

    /// Asks for it. What would change something is asked of an upload that cannot exist: the
    /// service looks at permissions first, so that `NoSuchUpload` means that it is permitted.
    async fn send(self, client: &Client, url: &CloudUrl) -> std::result::Result<(), ClientError> {
        let (bucket, prefix) = (url.bucket.clone(), url.key.clone());
        let key = match prefix.len() + NO_UPLOAD.len() <= MAX_KEY {
            true => format!("{prefix}{NO_UPLOAD}"),
            false => prefix.clone(),
        };
        let upload_id = NO_UPLOAD.to_owned();
        let sent = match self {
            Self::ListBuckets => client
                .send(&ListBuckets { max_keys: Some(1), ..ListBuckets::default() })
                .await
                .map(drop),
            Self::ListObjects => {
                let max_keys = Some(1);
                let list = ListObjects { bucket, prefix, max_keys, ..ListObjects::default() };
                client.send(&list).await.map(drop)
            }
            Self::ListMultipartUploads => {
                let max_uploads = Some(1);
                let rest = ListMultipartUploads::default();
                let list = ListMultipartUploads { bucket, prefix, max_uploads, ..rest };
                client.send(&list).await.map(drop)
            }
            Self::ListParts => {
                let list = ListParts { bucket, key, upload_id, ..ListParts::default() };
                client.send(&list).await.map(drop)
            }
            Self::AbortMultipartUpload => {
                client.send(&AbortMultipartUpload { bucket, key, upload_id }).await
            }
            Self::PutObject => {
                let (part_number, body) = (1, Bytes::new());
                let rest = UploadPart::default();
                let part = UploadPart { bucket, key, upload_id, part_number, body, ..rest };
                client.send(&part).await.map(drop)
            }
        };
        match sent {
            Err(error) if error.has_code("NoSuchUpload") => Ok(()),
            sent => sent,
        }
    }
}

impl Doctor<'_, '_> {
    /// Whether the service accepts the key and the signature, be it to refuse what was asked.
    pub(super) async fn check_signature(&mut self, clients: &Clients) -> Result<GoesOn> {
        const CHECK: &str = "signature";
        if self.is_anonymous()? {
            self.skip(CHECK, "requests are not signed in the mode Anonymous")?;
            return Ok(true);
        }
        let Some((client, is_bucket)) = clients.nearest() else { return Ok(false) };
        let trial = if is_bucket { Trial::ListObjects } else { Trial::ListBuckets };
        let version = self.describe_signature(client)?;
        match trial.send(client, &self.url).await {
            Err(ClientError::Service { error, .. }) if error.code == "NoSuchBucket" => {
                self.skip(CHECK, "the service does not look at it for a bucket it does not have")?;
                Ok(true)
            }
            Err(ClientError::Service { error, context }) if error.code != "AccessDenied" => {
                let whole = ClientError::Service { error: error.clone(), context };
                self.explain_refusal(clients, &error, whole.into()).await?;
                Ok(false)
            }
            Err(error) if error.service().is_none() => {
                // Credentials that are fetched are so only now.
                let is_unsigned = matches!(error, ClientError::Credentials(_));
                self.fail_with(if is_unsigned { "credentials" } else { CHECK }, &error.into())?;
                Ok(false)
            }
            _ => {
                self.ok(CHECK, &version)?;
                Ok(true)
            }
        }
    }

    fn describe_signature(&mut self, client: &Client) -> Result<String> {
        let place = self.context.settings()?.for_bucket(&self.url.bucket);
        let source = place.cloud_box_id.or(place.region).map(|region| region.source);
        let source = source.map(|source| source.to_string()).unwrap_or_default();
        Ok(match client.signature_version() {
            SignatureVersion::V1 => "version 1, which needs no region".to_owned(),
            SignatureVersion::V2 => "version 2, which needs no region".to_owned(),
            SignatureVersion::V4 { region, .. } => {
                format!("version 4 for the region {region} (from {source})")
            }
        })
    }

    /// Says which of the settings the service does not accept.
    async fn explain_refusal(
        &mut self,
        clients: &Clients,
        error: &ServiceError,
        whole: Error,
    ) -> Result<()> {
        const CHECK: &str = "signature";
        let id = self.access_key_id()?;
        match error.code.as_str() {
            "InvalidAccessKeyId" => self.refuse(
                CHECK,
                error,
                &format!("the service does not know the access key id {id}"),
                "check its spelling, and in the RAM console whether it was deleted or disabled",
            ),
            "SignatureDoesNotMatch" => {
                let secret = self.context.settings()?.access_key_secret.as_ref();
                let secret = secret.map(|secret| secret.source.to_string()).unwrap_or_default();
                self.refuse(
                    CHECK,
                    error,
                    &format!("the secret from {secret} is not that of the access key id {id}"),
                    "set the secret again; -p asks for it, to try one out",
                )
            }
            "SecurityTokenExpired"
            | "InvalidSecurityToken"
            | "AccessKeyIdAndSecurityTokenNotMatch" => {
                let hint = "get fresh temporary credentials (-i, -k and -t)";
                self.refuse(CHECK, error, "the session token is refused", hint)
            }
            "InvalidArgument" if error.message.to_lowercase().contains("region") => {
                self.explain_region(clients, error).await
            }
            _ => Ok(self.fail_with(CHECK, &whole)?),
        }
    }

    /// The service does not sign for this region; which one it does may be found out.
    async fn explain_region(&mut self, clients: &Clients, error: &ServiceError) -> Result<()> {
        let region = self.right_region(clients, error).await?;
        let place = self.context.settings()?.for_bucket(&self.url.bucket);
        let signed =
            place.region.map(|region| format!("{} (from {})", region.value, region.source));
        let signed = signed.unwrap_or_default();
        let (detail, hint) = match region {
            Some(region) => (
                format!("signed for the region {signed}, but the region is {region}"),
                format!("use --region {region}, or correct it where it is set"),
            ),
            None => (
                format!("signed for the region {signed}, which is not that of the endpoint"),
                "name the region of the endpoint with --region, or correct it where it is set"
                    .to_owned(),
            ),
        };
        self.refuse("signature", error, &detail, &hint)
    }

    /// The region as the service tells it, else as the endpoint's name does. A signature of version
    /// 1 is good in every region, so the bucket can be asked with one.
    async fn right_region(
        &mut self,
        clients: &Clients,
        error: &ServiceError,
    ) -> Result<Option<String>> {
        if let Some(region) = error.endpoint.as_deref().and_then(region_of_endpoint) {
            return Ok(Some(region));
        }
        if let Some(client) = &clients.bucket {
            let bucket = self.url.bucket.clone();
            let client = client.with_signature_version(SignatureVersion::V1);
            if let Ok(location) = client.send(&GetBucketLocation { bucket }).await {
                let region = location.strip_prefix("oss-").unwrap_or(&location);
                return Ok(Some(region.to_owned()));
            }
        }
        let endpoint = self.context.settings()?.for_bucket(&self.url.bucket).endpoint;
        Ok(endpoint.and_then(|endpoint| region_of_endpoint(&endpoint.value)))
    }

    /// Tries what the commands for uploads do, then prints the policy that grants what is missing.
    pub(super) async fn check_permissions(&mut self, clients: &Clients) -> Result<()> {
        let mut missing = Vec::new();
        for trial in Trial::all(&self.url) {
            let client = match trial {
                Trial::ListBuckets => &clients.service,
                _ => &clients.bucket,
            };
            let Some(client) = client else {
                self.skip(trial.name(), "there is no endpoint beside the bucket's own")?;
                continue;
            };
            match trial.send(client, &self.url).await {
                Ok(()) => self.ok(trial.name(), &allowed(*trial, &self.url))?,
                Err(error) => {
                    if !self.explain_denial(*trial, error, &mut missing)? {
                        break;
                    }
                }
            }
        }
        if missing.is_empty() || self.is_anonymous()? {
            return Ok(());
        }
        let policy = policy::granting(&missing, &self.url);
        let policy = serde_json::to_string_pretty(&policy).expect("JSON of our own");
        let printer = &mut self.context.printer;
        printer.line("\nThis RAM policy grants what is missing:")?;
        Ok(printer.line(policy)?)
    }

    /// Says why it is not permitted, and notes what a policy could grant.
    fn explain_denial(
        &mut self,
        trial: Trial,
        error: ClientError,
        missing: &mut Vec<Trial>,
    ) -> Result<GoesOn> {
        let (name, action) = (trial.name(), ram::action(trial.name()));
        let Some(refusal) = error.service() else {
            self.fail_with(name, &error.into())?;
            return Ok(false);
        };
        let is_elsewhere = refusal.endpoint.is_some();
        if refusal.code != "AccessDenied" || is_elsewhere {
            let goes_on = refusal.code != "NoSuchBucket" && !is_elsewhere;
            self.fail_with(name, &error.into())?;
            return Ok(goes_on);
        }
        if self.is_anonymous()? {
            let hint = "sign requests, or let the bucket's ACL or policy permit it to everyone";
            let detail = format!("{action} is not permitted to everyone");
            self.refuse(name, refusal, &detail, hint)?;
            return Ok(true);
        }
        missing.push(trial);
        let resource = trial.resource(&self.url);
        let (detail, hint) = match refusal.detail("NoPermissionType") {
            Some("ExplicitDeny") => (
                format!("{action} on {resource} is denied by a policy"),
                "take its Deny statement out: no policy that allows outweighs it",
            ),
            _ => (
                format!("{action} on {resource} is not allowed"),
                "attach the policy below to the user or the role; a bucket of another account \
                 needs a policy of its owner",
            ),
        };
        self.refuse(name, refusal, &detail, hint)?;
        Ok(true)
    }

    /// A refusal in our words, with those of the service behind them.
    fn refuse(
        &mut self,
        check: &'static str,
        error: &ServiceError,
        detail: &str,
        hint: &str,
    ) -> Result<()> {
        let ServiceError { code, message, request_id, .. } = error;
        let detail = format!("{detail} ({code}: {message} RequestId={request_id})");
        Ok(self.fail(check, Status::Refused, &detail, hint)?)
    }
}

fn allowed(trial: Trial, url: &CloudUrl) -> String {
    format!("{} on {} is allowed", ram::action(trial.name()), trial.resource(url))
}
