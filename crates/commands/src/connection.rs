//! How the service is reached, by the settings: endpoint, signature, proxy, TLS.

use std::{collections::BTreeMap, sync::Arc};

use ossutil_client::{
    Addressing, Endpoint, HttpTransport, Limiter, Paced, Proxy, SignatureVersion, Timeouts,
    Transport, TransportOptions,
};
use ossutil_config::{AddressingStyle, BucketSettings, Setting, Settings, SignVersion};
use secrecy::ExposeSecret;

use crate::{
    context::Environment,
    error::{Error, Result},
};

/// What is wrong with the endpoints of the settings: the general one and those of buckets.
pub(crate) fn endpoint_errors(settings: &Settings) -> Vec<String> {
    let buckets = std::iter::once("").chain(settings.buckets.keys().map(String::as_str));
    let places = buckets.map(|bucket| settings.for_bucket(bucket));
    let places = places.filter(|place| place.endpoint.is_some());
    places.filter_map(|place| endpoint(&place).err()).map(|error| error.message).collect()
}

pub(crate) fn endpoint(place: &BucketSettings) -> Result<Endpoint> {
    let Some(endpoint) = &place.endpoint else {
        let message = "invalid endpoint, endpoint is empty, please check your config";
        return Err(Error::usage(message)
            .hint("give it with -e, with OSS_ENDPOINT or OSS_REGION, or in ~/.ossutilconfig"));
    };
    let addressing = match place.addressing_style.value {
        AddressingStyle::Virtual => Addressing::Virtual,
        AddressingStyle::Path => Addressing::Path,
        AddressingStyle::Cname => Addressing::Cname,
    };
    Endpoint::parse(&endpoint.value, addressing).map_err(|error| {
        Error::usage(format!("{error} (from {})", endpoint.source))
            .hint("the endpoints of all regions are in the service's documentation")
    })
}

/// Version 4 where the region is known, else version 1; what was asked for comes first.
pub(crate) fn signature_version(
    settings: &Settings,
    place: &BucketSettings,
) -> Result<SignatureVersion> {
    let region = place.cloud_box_id.as_ref().or(place.region.as_ref());
    let v4 = |region: &Setting<String>| SignatureVersion::V4 {
        region: region.value.clone(),
        product: if place.cloud_box_id.is_some() { "oss-cloudbox" } else { "oss" }.to_owned(),
    };
    match (settings.sign_version.as_ref().map(|version| version.value), region) {
        (Some(SignVersion::V1), _) | (None, None) => Ok(SignatureVersion::V1),
        (Some(SignVersion::V2), _) => Ok(SignatureVersion::V2),
        (Some(SignVersion::V4) | None, Some(region)) => Ok(v4(region)),
        (Some(SignVersion::V4), None) => {
            Err(Error::usage("In the v4 signature scenario, please enter the region")
                .hint("for example --region cn-hangzhou"))
        }
    }
}

/// The proxy of the settings, or of the environment if they say so, for requests to `url`.
fn proxy(
    settings: &Settings,
    variables: &BTreeMap<String, String>,
    url: &str,
) -> Result<Option<Proxy>> {
    let Some(proxy) = &settings.proxy else { return Ok(None) };
    let invalid = |error| Error::usage(format!("{error} (from {})", proxy.source));
    let text = proxy.value.expose_secret();
    if text == "env" {
        return Proxy::of_environment(variables, url).map_err(invalid);
    }
    let user = settings.proxy_user.as_ref().map(|user| user.value.as_str());
    let password = settings.proxy_password.as_ref();
    let password = password.map(|password| password.value.expose_secret());
    Proxy::new(text, user, password).map(Some).map_err(invalid)
}

pub(crate) fn transport(options: &TransportOptions) -> Result<HttpTransport> {
    HttpTransport::new(options)
        .map_err(|error| Error::failed(format!("cannot set up TLS: {error}")))
}

/// How fast data may go, each way; as fast as it will where nothing is said.
#[derive(Clone, Default)]
pub(crate) struct Pace {
    /// Of what is sent.
    pub(crate) up: Option<Arc<Limiter>>,
    /// Of what is received.
    pub(crate) down: Option<Arc<Limiter>>,
}

impl Pace {
    /// A transport that keeps to it.
    pub(crate) fn of(&self, inner: HttpTransport) -> Arc<dyn Transport> {
        match (&self.up, &self.down) {
            (None, None) => Arc::new(inner),
            (up, down) => Arc::new(Paced { inner, up: up.clone(), down: down.clone() }),
        }
    }
}

/// How requests to `url` are sent.
pub(crate) fn transport_options(
    settings: &Settings,
    environment: &Environment,
    url: &str,
) -> Result<TransportOptions> {
    let more_roots = settings.ca_file.as_ref().map(|file| {
        let path = environment.expand(&file.value);
        std::fs::read(&path).map(Into::into).map_err(|error| {
            let path = path.display();
            Error::usage(format!("cannot read the CA file {path} (from {}): {error}", file.source))
        })
    });
    Ok(TransportOptions {
        is_https: url.starts_with("https://"),
        timeouts: Timeouts {
            connect: settings.connect_timeout.value,
            read: settings.read_timeout.value,
        },
        proxy: proxy(settings, &environment.variables, url)?,
        skip_verify_cert: settings.skip_verify_cert.value,
        more_roots: more_roots.transpose()?,
        bind_address: settings.bind_address.as_ref().map(|address| address.value),
    })
}

/// Who pays: what was typed, else what the settings say.
pub(crate) fn check_payer(
    typed: Option<&str>,
    setting: Option<&Setting<String>>,
) -> Result<Option<String>> {
    let (payer, source) = match (typed, setting) {
        (Some(payer), _) => (payer, "--payer".to_owned()),
        (None, Some(setting)) => (setting.value.as_str(), setting.source.to_string()),
        (None, None) => return Ok(None),
    };
    match payer.to_lowercase().as_str() {
        "requester" => Ok(Some("requester".to_owned())),
        // The owner pays unless told otherwise; `du` of ossutil 1 takes the word.
        "bucketowner" => Ok(None),
        _ => {
            let message = format!("invalid request payer: {payer}, please check");
            Err(Error::usage(message).hint(format!("{source} may name requester only")))
        }
    }
}

/// The `User-Agent` of every request.
pub(crate) fn user_agent(settings: &Settings) -> String {
    let own = format!("ossutil/{} ({})", env!("CARGO_PKG_VERSION"), std::env::consts::OS);
    match &settings.user_agent {
        Some(more) => format!("{own}/{}", more.value),
        None => own,
    }
}
