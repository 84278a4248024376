//! ListCloudBoxes: the cloud boxes of the account.

use http::Method;

use super::Owner;
use crate::{DecodeError, Operation, Request, Response, xml};

/// Asks for one page of cloud boxes. Needs `oss:ListCloudBoxes`.
#[derive(Clone, Debug, Default)]
pub struct ListCloudBoxes {
    /// Only ids that begin with this.
    pub prefix: String,
    /// Ids behind this one.
    pub marker: String,
}

/// One page of cloud boxes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloudBoxesPage {
    /// Whether there are more.
    pub is_truncated: bool,
    /// The id the next page begins behind; absent on the last page.
    pub next_marker: Option<String>,
    /// Whose cloud boxes these are.
    pub owner: Option<Owner>,
    /// The cloud boxes.
    pub cloud_boxes: Vec<CloudBox>,
}

/// A cloud box: an OSS in the customer's own rooms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloudBox {
    /// The id, which signatures name in place of the region.
    pub id: String,
    /// The name it was given.
    pub name: String,
    /// The region it belongs to.
    pub region: String,
    /// The endpoint for requests about buckets.
    pub control_endpoint: String,
    /// The endpoint for requests about objects.
    pub data_endpoint: String,
}

impl Operation for ListCloudBoxes {
    const NAME: &'static str = "ListCloudBoxes";
    type Output = CloudBoxesPage;

    fn request(&self) -> Request {
        Request::service(Method::GET)
            .query("cloudboxes", "")
            .query_if("prefix", Some(&self.prefix))
            .query_if("marker", Some(&self.marker))
    }

    fn decode(&self, response: &Response) -> Result<CloudBoxesPage, DecodeError> {
        xml::parse(&response.body, "ListCloudBoxResult", |root| {
            let list = root.child("CloudBoxes").into_iter().flat_map(|list| list.children());
            let boxes = list.filter(|element| element.name() == "CloudBox").map(cloud_box);
            Ok(CloudBoxesPage {
                is_truncated: root.boolean("IsTruncated")?,
                next_marker: root.filled("NextMarker"),
                owner: Owner::below(root),
                cloud_boxes: boxes.collect::<Result<_, _>>()?,
            })
        })
    }
}

fn cloud_box(element: xml::Element<'_, '_>) -> Result<CloudBox, DecodeError> {
    Ok(CloudBox {
        id: element.required("ID")?,
        name: element.text_or_empty("Name"),
        region: element.text_or_empty("Region"),
        control_endpoint: element.text_or_empty("ControlEndpoint"),
        data_endpoint: element.text_or_empty("DataEndpoint"),
    })
}
