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

/// The endpoint of the same kind in another region; none if it is there, or tells no region.
/// A cloud box stays where it is.
pub(crate) fn move_endpoint(endpoint: &str, region: &str) -> Option<String> {
    let here = region_of_endpoint(endpoint)
        .filter(|here| here != region && cloud_box_of_endpoint(endpoint).is_none())?;
    let moved = endpoint.to_ascii_lowercase().replacen(&here, region, 1);
    let has_moved = region_of_endpoint(&moved).as_deref() == Some(region);
    Some(if has_moved { moved } else { endpoint_of_region(region) })
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

/// Brings the texts of regions into their one form, without `oss-`. Others are errors: an STS
/// region becomes part of a host name, so anything else could send signed requests elsewhere.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_endpoints() {
        for (endpoint, region) in [
            ("oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou"),
            ("https://oss-cn-hangzhou-internal.aliyuncs.com:443/x?y", "cn-hangzhou"),
            (" HTTP://OSS-CN-Beijing.aliyuncs.com. ", "cn-beijing"),
            ("oss-cn-shanghai-finance-1-internal.aliyuncs.com", "cn-shanghai-finance-1"),
            ("oss-cn-shenzhen-finance-1-pub.aliyuncs.com", "cn-shenzhen-finance-1"),
            ("cn-hangzhou.oss.aliyuncs.com", "cn-hangzhou"),
            ("oss.aliyuncs.com", "cn-hangzhou"),
            ("oss-internal.aliyuncs.com", "cn-hangzhou"),
            ("vpc100-oss-cn-beijing.aliyuncs.com", "cn-beijing"),
            ("s3.oss-us-east-1.aliyuncs.com", "us-east-1"),
            ("s3.oss-us-east-1-internal.aliyuncs.com", "us-east-1"),
            ("my-bucket.oss-ap-southeast-1.aliyuncs.com", "ap-southeast-1"),
            ("my-bucket.cn-hangzhou.oss.aliyuncs.com", "cn-hangzhou"),
            ("cb-x1.cn-hangzhou.oss-cloudbox.aliyuncs.com", "cb-x1"),
            ("b.cb-x1.cn-hangzhou.oss-cloudbox-control.aliyuncs.com", "cb-x1"),
        ] {
            assert_eq!(region_of_endpoint(endpoint).as_deref(), Some(region), "{endpoint}");
        }
    }

    #[test]
    fn endpoints_that_do_not_tell() {
        for endpoint in [
            "",
            "127.0.0.1:8080",
            "http://[::1]:8080",
            "localhost",
            "img.example.com",
            "oss-accelerate.aliyuncs.com",
            "bucket.oss-accelerate-overseas.aliyuncs.com",
            "oss-cn-hangzhou.aliyuncs.com.evil.example",
            "http://oss-cn-hangzhou.aliyuncs.com@evil.example",
            "a.b.oss-cn-hangzhou.aliyuncs.com",
            "oss-.aliyuncs.com",
            "oss-cn_x.aliyuncs.com",
            "aliyuncs.com",
        ] {
            assert_eq!(region_of_endpoint(endpoint), None, "{endpoint}");
        }
    }

    #[test]
    fn cloud_boxes() {
        let box_endpoint = "https://cb-f8z.cn-heyuan.oss-cloudbox.aliyuncs.com";
        assert_eq!(cloud_box_of_endpoint(box_endpoint).as_deref(), Some("cb-f8z"));
        assert_eq!(cloud_box_of_endpoint("x.cn-heyuan.oss-cloudbox.aliyuncs.com"), None);
        assert_eq!(cloud_box_of_endpoint("oss-cn-heyuan.aliyuncs.com"), None);
    }

    #[test]
    fn hosts() {
        for (endpoint, expected) in [
            ("http://user:pw@Host:80/p", "host"),
            ("[::1]:80", "[::1]"),
            ("::1", "::1"),
            ("host.", "host"),
        ] {
            assert_eq!(host(endpoint), expected, "{endpoint}");
        }
    }

    #[test]
    fn endpoints_move_in_their_own_form() {
        for (endpoint, moved) in [
            (
                "https://oss-cn-hangzhou-internal.aliyuncs.com:443",
                Some("https://oss-r-1-internal.aliyuncs.com:443"),
            ),
            ("cn-hangzhou.oss.aliyuncs.com", Some("r-1.oss.aliyuncs.com")),
            ("oss.aliyuncs.com", Some("oss-r-1.aliyuncs.com")),
            ("oss-r-1.aliyuncs.com", None),
            ("cb-1.cn-hangzhou.oss-cloudbox.aliyuncs.com", None),
            ("oss-accelerate.aliyuncs.com", None),
            ("example.com", None),
        ] {
            assert_eq!(move_endpoint(endpoint, "r-1").as_deref(), moved, "{endpoint}");
        }
    }

    #[test]
    fn endpoint_of_a_region_names_the_region() {
        for region in ["cn-hangzhou", "us-east-1", "cn-shanghai-finance-1"] {
            let endpoint = endpoint_of_region(region);
            assert_eq!(region_of_endpoint(&endpoint).as_deref(), Some(region));
            assert_eq!(endpoint_of_region(&format!("oss-{region}")), endpoint);
        }
    }
}
