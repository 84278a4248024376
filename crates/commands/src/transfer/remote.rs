//! The objects below a prefix, as a stream in the service's order.

use std::future;

use futures_util::{StreamExt, TryStreamExt};
use ossutil_client::{
    Client,
    listing::{self, Entry as Listed},
    protocol::operations::{HeadObject, ListObjects, ObjectHead},
};

use super::{
    entry::{Entries, Entry, Origin, Trouble},
    route::base_length,
};
use crate::{cloud_url::CloudUrl, error::Error};

/// The objects whose keys begin with a prefix, under their names below its last `/`; with
/// `is_flat` only those with no further `/`. The directory that the prefix itself names is left
/// out: it is where the others are.
pub(crate) fn objects(client: &Client, url: &CloudUrl, is_flat: bool) -> Entries {
    let first = ListObjects {
        bucket: url.bucket.clone(),
        prefix: url.key.clone(),
        marker: if url.key.ends_with('/') { url.key.clone() } else { String::new() },
        delimiter: if is_flat { "/".to_owned() } else { String::new() },
        max_keys: Some(1000),
    };
    let base = base_length(&url.key);
    listing::entries(client, first)
        .try_filter_map(move |listed| {
            future::ready(Ok(match listed {
                Listed::Item(object) => Some(Entry::of_object(object, base)),
                Listed::CommonPrefix(_) => None,
            }))
        })
        .map_err(|error| Trouble::End(Error::from(error)))
        .boxed()
}

/// One object, as its headers describe it, under a name.
pub(crate) fn object_entry(
    key: &str,
    version_id: Option<&str>,
    name: &str,
    head: &ObjectHead,
) -> Entry {
    Entry {
        name: name.to_owned(),
        size: head.content_length.unwrap_or_default(),
        modified: last_modified(head),
        origin: Origin::Object {
            key: key.to_owned(),
            version_id: version_id.map(str::to_owned),
            etag: head.etag.clone().unwrap_or_default(),
        },
    }
}

/// When an object was last written.
pub(crate) fn last_modified(head: &ObjectHead) -> Option<jiff::Timestamp> {
    let date = head.last_modified.as_deref()?;
    jiff::fmt::rfc2822::parse(date).ok().map(|date| date.timestamp())
}

/// What the headers of an object say; nothing if there is none.
pub(crate) async fn head(
    client: &Client,
    bucket: &str,
    key: &str,
    version_id: Option<&str>,
) -> Result<Option<ObjectHead>, ossutil_client::Error> {
    let request = HeadObject {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        version_id: version_id.map(str::to_owned),
    };
    match client.send(&request).await {
        Ok(head) => Ok(Some(head)),
        Err(error) if error.service().is_some_and(|e| e.status.as_u16() == 404) => Ok(None),
        Err(error) => Err(error),
    }
}
