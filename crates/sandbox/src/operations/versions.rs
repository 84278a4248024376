//! Versions: which one a request is about, and what is written when one is made or removed.

use crate::{
    answer::Answer,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::{Bucket, Change, Kind, Lookup, Object, Summary, Versioning},
};

/// An object as a request finds it.
pub(super) struct Wanted {
    pub(super) number: u64,
    pub(super) object: Object,
    /// Whether answers say which version it is.
    pub(super) shows_version: bool,
}

impl Wanted {
    pub(super) fn shown_version(&self) -> Option<&str> {
        self.shows_version.then_some(&self.object.summary.version_id)
    }
}

pub(crate) fn bucket(lookup: &impl Lookup, name: &str) -> Outcome<Bucket> {
    lookup.bucket(name)?.ok_or_else(|| Refusal::no_such_bucket(name))
}

/// The version that is asked for, or the newest; a delete marker is neither.
pub(super) fn find(
    lookup: &impl Lookup,
    bucket_name: &str,
    key: &str,
    version_id: Option<&str>,
) -> Outcome<Wanted> {
    let shows_version = bucket(lookup, bucket_name)?.versioning != Versioning::Off;
    let found = match version_id {
        Some(id) => lookup
            .version(bucket_name, key, id)?
            .ok_or_else(|| Refusal::no_such_version(key, id))?,
        None => lookup.latest(bucket_name, key)?.ok_or_else(|| Refusal::no_such_key(key))?,
    };
    let (number, object) = found;
    if !object.summary.is_delete_marker() {
        return Ok(Wanted { number, object, shows_version });
    }
    let refusal = match version_id {
        Some(_) => {
            let message = "The specified method is not allowed against this resource.";
            Refusal::new(405, "MethodNotAllowed", message)
                .detail("ResourceType", "DeleteMarker")
                .header("allow", "DELETE")
        }
        None => Refusal::no_such_key(key),
    };
    let refusal = refusal.header("x-oss-delete-marker", true);
    Err(refusal.header("x-oss-version-id", &object.summary.version_id))
}

/// As [`find`], for what stands in the request.
pub(super) fn find_requested(
    state: &State,
    request: &Incoming,
    bucket: &str,
    key: &str,
) -> Outcome<Wanted> {
    state.store.view(|view| find(view, bucket, key, request.version_id()))
}

/// Changes what stands with the version that is asked for.
pub(super) fn update(
    state: &State,
    request: &Incoming,
    bucket: &str,
    key: &str,
    work: impl FnOnce(&mut Object) -> Outcome<Answer>,
) -> Outcome<Answer> {
    state.store.change(|change| {
        let mut wanted = find(change, bucket, key, request.version_id())?;
        let answer = work(&mut wanted.object)?;
        change.update_version(bucket, key, wanted.number, &wanted.object)?;
        Ok(answer.header_if("x-oss-version-id", wanted.shown_version()))
    })
}

/// Whether an object is there.
pub(super) fn exists(lookup: &impl Lookup, bucket: &str, key: &str) -> Outcome<bool> {
    let latest = lookup.latest(bucket, key)?;
    Ok(latest.is_some_and(|(_, object)| !object.summary.is_delete_marker()))
}

/// Refuses to overwrite. In a bucket that keeps versions nothing is overwritten.
pub(super) fn check_overwrite(
    lookup: &impl Lookup,
    bucket: &Bucket,
    key: &str,
    is_forbidden: bool,
) -> Outcome<()> {
    let matters = is_forbidden && bucket.versioning == Versioning::Off;
    match matters && exists(lookup, &bucket.name, key)? {
        true => Err(super::properties::already_exists()),
        false => Ok(()),
    }
}

/// Makes an object; gives its version, in a bucket that has versions.
pub(super) fn write(
    change: &mut Change<'_>,
    bucket: &Bucket,
    key: &str,
    object: Object,
) -> Outcome<Option<String>> {
    let id = change.add_version(&bucket.name, key, bucket.versioning, object)?;
    Ok((bucket.versioning != Versioning::Off).then_some(id))
}

/// What became of an object that was deleted.
pub(crate) struct Deletion {
    pub(super) version_id: Option<String>,
    /// Whether that version is a delete marker, made or removed.
    pub(super) is_delete_marker: bool,
}

/// Removes a version for good; without one, removes the object, or puts a marker over it.
pub(crate) fn delete(
    state: &State,
    change: &mut Change<'_>,
    bucket: &Bucket,
    key: &str,
    version_id: Option<&str>,
) -> Outcome<Deletion> {
    let name = &bucket.name;
    let version_id = version_id.or((bucket.versioning == Versioning::Off).then_some("null"));
    if let Some(id) = version_id {
        let found = change.version(name, key, id)?;
        if let Some((number, object)) = &found {
            change.remove_version(name, key, *number, object)?;
        }
        let is_delete_marker = found.is_some_and(|(_, object)| object.summary.is_delete_marker());
        let shown = bucket.versioning != Versioning::Off;
        return Ok(Deletion { version_id: shown.then(|| id.to_owned()), is_delete_marker });
    }
    let summary = Summary {
        kind: Kind::DeleteMarker,
        version_id: String::new(),
        modified: state.stored_now(),
        size: 0,
        etag: String::new(),
        storage_class: String::new(),
        restoration: None,
    };
    let marker = Object {
        summary,
        crc64: 0,
        md5: None,
        acl: String::new(),
        headers: Vec::new(),
        tags: Vec::new(),
        symlink_target: None,
        segments: Vec::new(),
    };
    let version_id = write(change, bucket, key, marker)?;
    Ok(Deletion { version_id, is_delete_marker: true })
}
