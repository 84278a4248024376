//! The one upload that `complete` and `resume` are about, what it holds, and what stands at its
//! place already.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use ossutil_client::{
    Client, Error as ClientError, listing,
    protocol::operations::{HeadObject, ObjectHead, Part},
};

use super::{Found, Selection, State, UploadFilters, UploadRef};
use crate::{
    cloud_url::CloudUrl,
    context::Context,
    display::{object_url, utc_time},
    error::{Error, Result},
    exit::Status,
};

/// The upload that is named, or else the only unfinished one of exactly that key that passes the
/// filters; nothing when there is none.
pub(crate) async fn find(
    context: &mut Context<'_>,
    client: &Client,
    url: &CloudUrl,
    upload_id: Option<&str>,
    filters: UploadFilters,
) -> Result<Option<UploadRef>> {
    let found = Selection::of_key(client, url, upload_id, filters).uploads(false);
    let mut found: Vec<Found> = found.try_collect().await?;
    found.retain(|found| !matches!(found.state, State::Gone));
    refuse_rivals(context, &found)?;
    Ok(found.into_iter().next().map(|found| found.upload))
}

/// Refuses uploads of the same key: of those only one can become the object.
pub(crate) fn refuse_rivals(context: &mut Context<'_>, uploads: &[Found]) -> Result<()> {
    let mut of_key: BTreeMap<(&str, &str), Vec<&Found>> = BTreeMap::new();
    for found in uploads {
        of_key.entry((&found.upload.bucket, &found.upload.key)).or_default().push(found);
    }
    let rivals = of_key.into_iter().find(|(_, uploads)| uploads.len() > 1);
    let Some(((bucket, key), rivals)) = rivals else { return Ok(()) };
    for rival in &rivals {
        let begun = utc_time(rival.initiated);
        context.printer.say(format_args!("{begun}  {}", rival.upload));
    }
    let message = format!("{} has {} unfinished uploads", object_url(bucket, key), rivals.len());
    Err(Error::usage(message).hint("name one of them by its id, which stands behind the key above"))
}

/// The parts of an upload; nothing when the service does not know it.
pub(crate) async fn parts(client: &Client, upload: &UploadRef) -> Result<Option<Vec<Part>>> {
    match listing::entries(client, upload.list_parts()).try_collect().await {
        Ok(parts) => Ok(Some(parts)),
        Err(error) if error.has_code("NoSuchUpload") => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The object at the place of an upload, if there is one that may be looked at.
pub(crate) async fn object(client: &Client, url: &CloudUrl) -> Result<Option<ObjectHead>> {
    let head = HeadObject { bucket: url.bucket.clone(), key: url.key.clone(), version_id: None };
    match client.send(&head).await {
        Ok(object) => Ok(Some(object)),
        Err(ClientError::Service { error, .. }) if matches!(error.status.as_u16(), 403 | 404) => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Refuses when an object stands at the place of an upload.
pub(crate) async fn check_place(client: &Client, url: &CloudUrl) -> Result<()> {
    let Some(object) = object(client, url).await? else { return Ok(()) };
    let size = object.content_length.unwrap_or_default();
    let place = object_url(&url.bucket, &url.key);
    Err(Error::failed(format!("{place} exists already, with {size} bytes"))
        .hint("--overwrite replaces it"))
}

/// There is no upload to work on.
pub(crate) fn not_found(url: &CloudUrl, upload_id: Option<&str>) -> Error {
    let place = object_url(&url.bucket, &url.key);
    let message = match upload_id {
        Some(upload_id) => format!("the upload {place} {upload_id} does not exist"),
        None => format!("{place} has no unfinished upload"),
    };
    let hint = format!(
        "it was completed or aborted, or has another key; `ossutil ls -m oss://{}` shows what is \
         unfinished",
        url.bucket
    );
    Error { status: Status::Refused, ..Error::failed(message).hint(hint) }
}
