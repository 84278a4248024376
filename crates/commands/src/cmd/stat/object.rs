//! What an object is: its headers and its access control list.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ossutil_client::{
    Client,
    protocol::operations::{GetObjectAcl, HeadObject},
};
use serde::Serialize;

use crate::{
    cloud_url::CloudUrl,
    context::Context,
    display::binary_size,
    error::Result,
    output::Record,
    properties::{self, http_time, widest_name},
};

#[derive(Default, Serialize)]
struct ObjectRecord<'a> {
    bucket: &'a str,
    key: &'a str,
    version_id: Option<&'a str>,
    bytes: Option<u64>,
    last_modified: Option<Timestamp>,
    storage_class: Option<&'a str>,
    etag: Option<&'a str>,
    object_type: Option<&'a str>,
    content_type: Option<&'a str>,
    crc64: Option<u64>,
    acl: &'a str,
    owner: Option<&'a str>,
}

impl Record for ObjectRecord<'_> {
    const LIST: &'static str = "objects";
    const ITEM: &'static str = "object";
}

pub(super) async fn show(
    context: &mut Context<'_>,
    client: &Client,
    url: CloudUrl,
    version_id: Option<String>,
    is_for_people: bool,
) -> Result<()> {
    let CloudUrl { bucket, key } = url;
    let access =
        GetObjectAcl { bucket: bucket.clone(), key: key.clone(), version_id: version_id.clone() };
    let access = client.send(&access).await?;
    let look = HeadObject { bucket, key, version_id };
    let head = client.send(&look).await?;
    let owner = access.owner.as_ref().map(|owner| owner.id.as_str());
    let record = ObjectRecord {
        bucket: &look.bucket,
        key: &look.key,
        version_id: head.version_id.as_deref(),
        bytes: head.content_length,
        last_modified: head.last_modified.as_deref().and_then(http_time),
        storage_class: head.storage_class.as_deref(),
        etag: head.etag.as_deref().map(|etag| etag.trim_matches('"')),
        object_type: head.object_type.as_deref(),
        content_type: head.header("content-type"),
        crc64: head.hash_crc64,
        acl: &access.grant,
        owner,
    };
    let mut shown = properties::of_head(&head, &context.zone());
    shown.insert("ACL".to_owned(), access.grant.clone());
    shown.insert("Owner".to_owned(), owner.unwrap_or_default().to_owned());
    if let (true, Some(bytes)) = (is_for_people, head.content_length) {
        let size = format!("{bytes} ({})", binary_size(bytes.into()));
        shown.insert("Content-Length".to_owned(), size);
    }
    let width = widest_name(&head) + 2;
    context.printer.record(&record, |out| properties::write(&shown, width, out))?;
    let headers: BTreeMap<&String, &String> =
        head.headers.iter().map(|(name, value)| (name, value)).collect();
    Ok(context.printer.fact("headers", &headers, |_| Ok(()))?)
}
