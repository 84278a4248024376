//! DeleteObject and DeleteMultipleObjects.

use ossutil_protocol::{names::Encoding, operations::DeleteMultipleObjects};

use super::{properties::check_content_md5, versions};
use crate::{
    answer::Answer,
    digest::Checksums,
    ec,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::is_version_id,
};

pub(super) fn delete(
    state: &State,
    request: &Incoming,
    bucket: &str,
    key: &str,
) -> Outcome<Answer> {
    let deletion = state.store.change(|change| {
        let bucket = versions::bucket(change, bucket)?;
        versions::delete(state, change, &bucket, key, request.version_id())
    })?;
    Ok(Answer::no_content()
        .header_if("x-oss-version-id", deletion.version_id)
        .header_if("x-oss-delete-marker", deletion.is_delete_marker.then_some(true)))
}

pub(super) fn delete_multiple(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    if request.header("content-md5").is_none() {
        let message = "Missing Some Required Arguments.";
        return Err(Refusal::new(400, "MissingArgument", message)
            .ec(ec::DELETE_WITHOUT_MD5)
            .detail("ArgumentName", "Content-MD5"));
    }
    check_content_md5(request, &Checksums::of(&request.body))?;
    let parsed = DeleteMultipleObjects::parse_body(&request.body);
    let parsed = parsed.ok().filter(|(_, objects)| (1..=1000).contains(&objects.len()));
    let malformed = || Refusal::malformed_xml().ec(ec::DELETE_XML);
    let (is_quiet, objects) = parsed.ok_or_else(malformed)?;
    let ids = objects.iter().filter_map(|object| object.version_id.as_deref());
    if let Some(id) = ids.into_iter().find(|id| !is_version_id(id)) {
        return Err(Refusal::invalid_argument("VersionId", id, "Invalid version id specified."));
    }
    let deletions = state.store.change(|change| {
        let bucket = versions::bucket(change, bucket)?;
        let delete = |object: &ossutil_protocol::operations::ObjectId| {
            versions::delete(state, change, &bucket, &object.key, object.version_id.as_deref())
        };
        objects.iter().map(delete).collect::<Outcome<Vec<_>>>()
    })?;
    if is_quiet {
        return Ok(Answer::ok());
    }
    let encoding = Encoding::from_name(request.parameter("encoding-type"));
    Ok(Answer::xml("DeleteResult", |root| {
        root.text_if("EncodingType", (encoding == Encoding::Url).then_some("url"));
        for (object, deletion) in objects.iter().zip(&deletions) {
            root.element("Deleted", |element| {
                element.text("Key", encoding.encode(&object.key));
                element.text_if("VersionId", object.version_id.as_ref());
                if deletion.is_delete_marker {
                    element.text("DeleteMarker", true);
                    element.text_if("DeleteMarkerVersionId", deletion.version_id.as_ref());
                }
            });
        }
    }))
}
