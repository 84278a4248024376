//! ListBuckets (GetService): the buckets of the account, in all regions.

use http::Method;
use jiff::Timestamp;

use super::Owner;
use crate::{DecodeError, Operation, Request, Response, xml};

/// Asks for one page of buckets. Needs `oss:ListBuckets`.
#[derive(Clone, Debug, Default)]
pub struct ListBuckets {
    /// Only names that begin with this.
    pub prefix: String,
    /// Names behind this one.
    pub marker: String,
    /// How many at most, 1 to 1000; the service's own default is 100.
    pub max_keys: Option<u32>,
    /// Only those in the region of the endpoint.
    pub region_only: bool,
}

/// One page of buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketsPage {
    /// Whether there are more.
    pub is_truncated: bool,
    /// The name the next page begins behind; absent on the last page.
    pub next_marker: Option<String>,
    /// Whose buckets these are.
    pub owner: Option<Owner>,
    /// The buckets.
    pub buckets: Vec<Bucket>,
}

/// A bucket as the listing shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// The name.
    pub name: String,
    /// Where it is, as `oss-cn-hangzhou`.
    pub location: String,
    /// Where it is, as `cn-hangzhou`.
    pub region: Option<String>,
    /// When it was made.
    pub creation_date: Option<Timestamp>,
    /// The endpoint it has on the internet.
    pub extranet_endpoint: String,
    /// The endpoint it has within its region.
    pub intranet_endpoint: String,
    /// The class new objects get.
    pub storage_class: String,
    /// A comment.
    pub comment: Option<String>,
    /// The resource group it belongs to.
    pub resource_group_id: Option<String>,
}

impl Operation for ListBuckets {
    const NAME: &'static str = "ListBuckets";
    type Output = BucketsPage;

    fn request(&self) -> Request {
        let request = Request::service(Method::GET)
            .query_if("prefix", Some(&self.prefix))
            .query_if("marker", Some(&self.marker))
            .query_if("max-keys", self.max_keys);
        if self.region_only { request.query("regionList", "") } else { request }
    }

    fn decode(&self, response: &Response) -> Result<BucketsPage, DecodeError> {
        xml::parse(&response.body, "ListAllMyBucketsResult", |root| {
            let buckets = root.child("Buckets").into_iter().flat_map(|list| list.children());
            let buckets = buckets.filter(|element| element.name() == "Bucket").map(bucket);
            Ok(BucketsPage {
                is_truncated: root.boolean("IsTruncated")?,
                next_marker: root.filled("NextMarker"),
                owner: Owner::below(root),
                buckets: buckets.collect::<Result<_, _>>()?,
            })
        })
    }
}

fn bucket(element: xml::Element<'_, '_>) -> Result<Bucket, DecodeError> {
    Ok(Bucket {
        name: element.required("Name")?,
        location: element.text_or_empty("Location"),
        region: element.filled("Region"),
        creation_date: element.time("CreationDate")?,
        extranet_endpoint: element.text_or_empty("ExtranetEndpoint"),
        intranet_endpoint: element.text_or_empty("IntranetEndpoint"),
        storage_class: element.text_or_empty("StorageClass"),
        comment: element.filled("Comment"),
        resource_group_id: element.filled("ResourceGroupId"),
    })
}
