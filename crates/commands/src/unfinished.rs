//! The one upload that `complete` and `resume` are about, what it holds, and what stands at its
//! place already.

use std::pin::pin;

use futures_util::TryStreamExt;
use ossutil_client::{
    Client, Error as ClientError,
    listing::{self, Entry},
    protocol::operations::{HeadObject, ListMultipartUploads, ObjectHead, Part, Upload},
};

use crate::{
    cloud_url::CloudUrl,
    context::Context,
    display::{object_url, utc_time},
    error::{Error, Result},
    exit::Status,
    uploads::UploadRef,
};

/// The upload that is named, or else the only unfinished one of exactly that key; nothing when
/// there is none.
pub(crate) async fn find(
    context: &mut Context<'_>,
    client: &Client,
    url: &CloudUrl,
    upload_id: Option<&str>,
) -> Result<Option<UploadRef>> {
    let upload = |upload_id: &str| UploadRef {
        bucket: url.bucket.clone(),
        key: url.key.clone(),
        upload_id: upload_id.to_owned(),
    };
    if let Some(upload_id) = upload_id {
        return Ok(Some(upload(upload_id)));
    }
    let found = uploads_of(client, url).await?;
    if found.len() < 2 {
        return Ok(found.first().map(|found| upload(&found.upload_id)));
    }
    for candidate in &found {
        let begun = utc_time(candidate.initiated);
        context.printer.say(format_args!("{begun}  {}", upload(&candidate.upload_id)));
    }
    let place = object_url(&url.bucket, &url.key);
    let message = format!("{place} has {} unfinished uploads", found.len());
    Err(Error::usage(message).hint("name one of them by its id, which stands behind the key above"))
}

/// The unfinished uploads of exactly that key.
async fn uploads_of(client: &Client, url: &CloudUrl) -> Result<Vec<Upload>> {
    let first = ListMultipartUploads {
        bucket: url.bucket.clone(),
        prefix: url.key.clone(),
        max_uploads: Some(1000),
        ..ListMultipartUploads::default()
    };
    let mut entries = pin!(listing::entries(client, first));
    let mut found = Vec::new();
    while let Some(entry) = entries.try_next().await? {
        match entry {
            Entry::Item(upload) if upload.key == url.key => found.push(upload),
            // The key itself comes before all that it is a prefix of.
            _ => break,
        }
    }
    Ok(found)
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
