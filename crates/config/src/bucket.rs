//! What is in force for one bucket.

use std::net::IpAddr;

use crate::layer::{Slots, settings};
use crate::place::{self, cloud_box_of_endpoint, region_of_endpoint};
use crate::{AddressingStyle, Setting, Settings, Source};

settings! {
    /// The texts a file has for one bucket.
    layer BucketLayer;

    /// What a file says about one bucket.
    resolved BucketEntry {}

    /// Endpoint of the bucket.
    endpoint: String, also ["host"];
    /// Region of the bucket.
    region: String;
    /// Domain that is bound to the bucket.
    cname: String;
    /// Where requests put the bucket's name.
    addressing_style: AddressingStyle;
}

impl BucketLayer {
    /// This layer, with what it does not give taken from `lower`. An endpoint and a domain are both
    /// a host, so a layer that names one takes none from below.
    pub(crate) fn over(self, mut lower: Self) -> Self {
        if self.endpoint.is_some() || self.cname.is_some() {
            lower.endpoint = None;
            lower.cname = None;
        }
        self.fill(lower)
    }
}

/// Where the requests for one bucket go.
#[derive(Clone, Debug)]
pub struct BucketSettings {
    /// Host, with optional scheme and port.
    pub endpoint: Option<Setting<String>>,
    /// Region to sign for.
    pub region: Option<Setting<String>>,
    /// Where requests put the bucket's name; `Cname` when `endpoint` is a domain of the bucket.
    pub addressing_style: Setting<AddressingStyle>,
    /// Cloud box to sign for.
    pub cloud_box_id: Option<Setting<String>>,
}

impl Settings {
    /// What is in force for `bucket`.
    ///
    /// An endpoint given by option or variable always counts. Otherwise the bucket's own domain
    /// counts before its own endpoint, and that before the endpoint of the profile. The region
    /// follows the endpoint that was chosen, unless it is given.
    pub fn for_bucket(&self, bucket: &str) -> BucketSettings {
        let entry = self.buckets.get(bucket);
        let given = self.endpoint.as_ref().is_some_and(|endpoint| endpoint.source.is_given());
        let own = entry.filter(|_| !given);
        let cname = own.and_then(|entry| entry.cname.as_ref());
        let host = cname.or(own.and_then(|entry| entry.endpoint.as_ref()));
        let region = self.region_of_bucket(entry, host, given);
        let endpoint = match host {
            Some(host) => Some(host.clone()),
            None => self.endpoint_in(own.and_then(|entry| entry.region.as_ref())),
        };
        let host_text = endpoint.as_ref().map(|endpoint| endpoint.value.as_str());
        let addressing_style = match cname {
            Some(cname) => Setting::new(AddressingStyle::Cname, cname.source.clone()),
            None => self.addressing_of(entry, host_text.unwrap_or_default()),
        };
        let cloud_box_id = self.cloud_box_of_bucket(host);
        BucketSettings { endpoint, region, addressing_style, cloud_box_id }
    }

    /// What is in force for requests to another endpoint than that of the settings. Its region is
    /// the one that its host names; only where that names none does the general one count.
    pub fn at_endpoint(&self, endpoint: Setting<String>) -> BucketSettings {
        let inferred = |text| Setting::new(text, Source::Inferred);
        let region = region_of_endpoint(&endpoint.value).map(inferred);
        BucketSettings {
            region: region.or_else(|| self.region.clone()),
            addressing_style: self.addressing_of(None, &endpoint.value),
            cloud_box_id: cloud_box_of_endpoint(&endpoint.value).map(inferred),
            endpoint: Some(endpoint),
        }
    }

    /// A host of the bucket's own says whether it is a cloud box, unless the id is given.
    fn cloud_box_of_bucket(&self, host: Option<&Setting<String>>) -> Option<Setting<String>> {
        let general = self.cloud_box_id.as_ref();
        let Some(host) = host.filter(|_| !is_given(general)) else { return general.cloned() };
        let inferred = cloud_box_of_endpoint(&host.value);
        inferred
            .map(|id| Setting::new(id, Source::Inferred))
            .or_else(|| general.filter(|id| id.source != Source::Inferred).cloned())
    }

    /// Given by option or variable, of an endpoint so given, of the bucket, of its host, general.
    fn region_of_bucket(
        &self,
        entry: Option<&BucketEntry>,
        host: Option<&Setting<String>>,
        endpoint_given: bool,
    ) -> Option<Setting<String>> {
        let general = self.region.as_ref();
        let follows_given =
            endpoint_given && general.is_some_and(|region| region.source == Source::Inferred);
        if is_given(general) || follows_given {
            return self.region.clone();
        }
        if let Some(region) = entry.and_then(|entry| entry.region.as_ref()) {
            return Some(region.clone());
        }
        let inferred = host.and_then(|host| region_of_endpoint(&host.value));
        inferred.map(|region| Setting::new(region, Source::Inferred)).or_else(|| general.cloned())
    }

    /// The general endpoint, moved to the bucket's region when it names another one.
    fn endpoint_in(&self, region: Option<&Setting<String>>) -> Option<Setting<String>> {
        let general = self.endpoint.clone();
        let Some(region) = region.filter(|_| !is_given(self.region.as_ref())) else {
            return general;
        };
        let moved = match &general {
            Some(endpoint) => place::move_endpoint(&endpoint.value, &region.value),
            None => Some(place::endpoint_of_region(&region.value)),
        };
        moved.map(|endpoint| Setting::new(endpoint, Source::Inferred)).or(general)
    }

    /// An IP address has no sub-domains; `localhost` and some suffixes have none unless said so.
    fn addressing_of(
        &self,
        entry: Option<&BucketEntry>,
        endpoint: &str,
    ) -> Setting<AddressingStyle> {
        let general = &self.addressing_style;
        let own = entry.and_then(|entry| entry.addressing_style.as_ref());
        let chosen = own.filter(|_| !general.source.is_given()).unwrap_or(general);
        let host = place::host(endpoint);
        let is_ip = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        let must = is_ip && chosen.value == AddressingStyle::Virtual;
        let should = host == "localhost" || self.suffixes().any(|suffix| host.ends_with(suffix));
        if must || (should && chosen.source == Source::Default) {
            return Setting::new(AddressingStyle::Path, Source::Inferred);
        }
        chosen.clone()
    }

    /// The host endings that need path style.
    fn suffixes(&self) -> impl Iterator<Item = &str> {
        let list = self.endpoint_suffix_list_path_style.value.split(',').map(str::trim);
        list.filter(|suffix| !suffix.is_empty())
            .map(|suffix| if suffix == "DEFAULT" { ".privatelink.aliyuncs.com" } else { suffix })
    }
}

/// Whether a setting was given by option or variable.
fn is_given<T>(setting: Option<&Setting<T>>) -> bool {
    setting.is_some_and(|setting| setting.source.is_given())
}
