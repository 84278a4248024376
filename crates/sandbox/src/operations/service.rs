//! What is asked of the service itself, besides its buckets.

use super::{buckets, documents, method_not_allowed, sub_resource};
use crate::{
    answer::Answer,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
};

/// Some of the regions there are; the sandbox is in one of them, or in another.
const REGIONS: [&str; 6] =
    ["cn-hangzhou", "cn-shanghai", "cn-beijing", "cn-chengdu", "ap-southeast-1", "us-west-1"];

/// What may pass a second for all buckets of an account, in Gbit; and the requests.
const BANDWIDTH: [(&str, u32); 9] = [
    ("TotalUploadBandwidth", 10),
    ("IntranetUploadBandwidth", 10),
    ("ExtranetUploadBandwidth", 10),
    ("TotalDownloadBandwidth", 10),
    ("IntranetDownloadBandwidth", 10),
    ("ExtranetDownloadBandwidth", 10),
    ("TotalQps", 10_000),
    ("IntranetQps", 10_000),
    ("ExtranetQps", 10_000),
];

pub(super) fn answer(state: &State, request: &Incoming) -> Outcome<Answer> {
    let name = sub_resource(request);
    match (request.method.as_str(), name) {
        ("GET", None | Some("tagging")) => buckets::list(state, request),
        ("GET", Some("cloudboxes")) => Ok(buckets::cloud_boxes()),
        ("GET", Some("regions")) => regions(state, request.text("regions")),
        ("GET", Some("qosInfo")) => Ok(limits(state)),
        (_, Some("publicAccessBlock")) => match documents::find("publicAccessBlock") {
            // It belongs to the account, and to no bucket.
            Some(kind) => documents::answer(state, request, "", kind),
            None => Err(Refusal::internal()),
        },
        (_, Some(name)) => Err(Refusal::not_implemented(name)),
        _ => Err(method_not_allowed(request, "SERVICE")),
    }
}

/// DescribeRegions: all, or the one that is named as `oss-cn-hangzhou`.
fn regions(state: &State, wanted: &str) -> Outcome<Answer> {
    let own = &*state.accounts.region;
    let mut regions: Vec<&str> = REGIONS.to_vec();
    if !regions.contains(&own) {
        regions.push(own);
    }
    if !wanted.is_empty() {
        regions.retain(|region| wanted.strip_prefix("oss-") == Some(region));
    }
    if regions.is_empty() {
        return Err(Refusal::new(404, "NoSuchRegion", wanted));
    }
    Ok(Answer::xml("RegionInfoList", |root| {
        for region in regions {
            root.element("RegionInfo", |element| {
                element.text("Region", format!("oss-{region}"));
                element.text("InternetEndpoint", format!("oss-{region}.aliyuncs.com"));
                element.text("InternalEndpoint", format!("oss-{region}-internal.aliyuncs.com"));
                element.text("AccelerateEndpoint", "oss-accelerate.aliyuncs.com");
            });
        }
    }))
}

fn limits(state: &State) -> Answer {
    Answer::xml("QoSConfiguration", |root| {
        root.text("Region", format!("oss-{}", state.accounts.region));
        for (name, value) in BANDWIDTH {
            root.text(name, value);
        }
    })
}

/// The most that a bucket may be given of one of the limits.
pub(super) fn limit(name: &str) -> Option<u32> {
    BANDWIDTH.iter().find(|(candidate, _)| *candidate == name).map(|(_, value)| *value)
}
