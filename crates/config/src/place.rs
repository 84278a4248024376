//! What the host name of an endpoint says about its region, and the other way round.
//!
//! The forms of host names are those of the OSS documentation on regions and endpoints: public,
//! internal (`-internal`), dual stack (`R.oss`), and the older ones (`vpc100-`, `-pub`, `s3.`). No
//! official SDK does this; all of them want the region spelled out.

use crate::layer::Slots;
use crate::{Error, Errors, Layer, Setting, Source};

/// The region whose endpoint names none.
const OLD_DEFAULT_REGION: &str = "cn-hangzhou";

/// The region to sign with for an endpoint, when its host name tells: `cn-hangzhou` for
/// `https://oss-cn-hangzhou-internal.aliyuncs.com:443`, and the box's id for a cloud box.
///
/// None for IP addresses, custom domains and transfer acceleration, where it must be given.
pub fn region_of_endpoint(endpoint: &str) -> Option<String> {
    of_host_or_bucket_host(&host(endpoint), region_of_host)
}

/// The id of the cloud box (`cb-…`) whose endpoint this is. Its requests are signed for the product
/// `oss-cloudbox`, with the id in the place of the region.
pub fn cloud_box_of_endpoint(endpoint: &str) -> Option<String> {
    of_host_or_bucket_host(&host(endpoint), cloud_box_of_host)
}

/// The public endpoint of a region; `oss-cn-hangzhou` is accepted for `cn-hangzhou`.
pub fn endpoint_of_region(region: &str) -> String {
    format!("oss-{}.aliyuncs.com", region.strip_prefix("oss-").unwrap_or(region))
}

/// The host of an endpoint: lower case, without scheme, user, port, path and final dot.
pub(crate) fn host(endpoint: &str) -> String {
    let endpoint = endpoint.trim();
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.find(']') {
        Some(end) => &host[..=end],
        None if host.matches(':').count() == 1 => host.split(':').next().unwrap_or_default(),
        None => host,
    };
    host.trim_end_matches('.').to_ascii_lowercase()
}

/// Asks of a host, then of what follows its first label, which may be the name of a bucket.
fn of_host_or_bucket_host<'a>(
    host: &'a str,
    ask: impl Fn(&'a str) -> Option<&'a str>,
) -> Option<String> {
    ask(host).or_else(|| ask(host.split_once('.')?.1)).map(Into::into)
}

fn region_of_host(host: &str) -> Option<&str> {
    if let Some(id) = cloud_box_of_host(host) {
        return Some(id);
    }
    let name = host.strip_suffix(".aliyuncs.com")?;
    if matches!(name, "oss" | "oss-internal") {
        return Some(OLD_DEFAULT_REGION);
    }
    if let Some(region) = name.strip_suffix(".oss") {
        return Some(region).filter(|region| is_region(region));
    }
    let name = name.strip_prefix("s3.").or(name.strip_prefix("vpc100-")).unwrap_or(name);
    let name = name.strip_prefix("oss-")?;
    let region = name.strip_suffix("-internal").or(name.strip_suffix("-pub")).unwrap_or(name);
    Some(region).filter(|region| is_region(region) && !region.starts_with("accelerate"))
}

/// `cb-ID.R.oss-cloudbox.aliyuncs.com`, or `oss-cloudbox-control`.
fn cloud_box_of_host(host: &str) -> Option<&str> {
    let labels: Vec<&str> = host.split('.').collect();
    match labels[..] {
        [id, _, "oss-cloudbox" | "oss-cloudbox-control", "aliyuncs", "com"] => {
            Some(id).filter(|id| id.starts_with("cb-"))
        }
        _ => None,
    }
}

/// Whether a text has the form of a region id.
fn is_region(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
}

/// Brings the texts of regions into their one form, without `oss-`. Others are errors: an STS region
/// becomes part of a host name, so anything else could send signed requests elsewhere.
pub(crate) fn check_regions(layer: &mut impl Slots, errors: &mut Errors) {
    for (key, slot) in layer.slots() {
        let Some(region) = slot.as_mut().filter(|_| key.name.ends_with("region")) else { continue };
        let id = region.value.strip_prefix("oss-").unwrap_or(&region.value);
        if is_region(id) {
            region.value = id.to_owned();
        } else {
            errors.push(Error::Value {
                value: region.value.clone(),
                key: key.name,
                origin: region.source.clone(),
                expected: "a region id such as cn-hangzhou".into(),
            });
        }
    }
}

/// Fills what endpoint and region say about each other.
///
/// A region that is written down gives way to that of an endpoint given for this run: signed for
/// another region, the request would be refused.
pub(crate) fn infer(layer: &mut Layer) {
    let endpoint = layer.endpoint.as_ref();
    let given = endpoint.is_some_and(|endpoint| endpoint.source.is_given());
    let written = |setting: &Option<Setting<String>>| {
        setting.as_ref().is_none_or(|setting| given && !setting.source.is_given())
    };
    let inferred = |text: String| Setting::new(text, Source::Inferred);
    let region = endpoint.and_then(|endpoint| region_of_endpoint(&endpoint.value));
    let cloud_box = endpoint.and_then(|endpoint| cloud_box_of_endpoint(&endpoint.value));
    if let (Some(region), true) = (region, written(&layer.region)) {
        layer.region = Some(inferred(region));
    }
    if let (Some(cloud_box), true) = (cloud_box, written(&layer.cloud_box_id)) {
        layer.cloud_box_id = Some(inferred(cloud_box));
    }
    if let (None, Some(region)) = (&layer.endpoint, &layer.region) {
        layer.endpoint = Some(inferred(endpoint_of_region(&region.value)));
    }
}
