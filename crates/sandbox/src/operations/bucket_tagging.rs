//! The tags of a bucket: PutBucketTags, GetBucketTags, DeleteBucketTags. They are given back as
//! they came.

use super::tagging::parse;
use crate::{
    answer::Answer,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::Lookup,
};

/// The name the tags are stored under.
const DOCUMENT: &str = "tagging";

pub(super) fn put(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    parse(&request.body)?;
    state.store.change(|change| change.put_document(bucket, DOCUMENT, &request.body))?;
    Ok(Answer::ok())
}

pub(super) fn get(state: &State, bucket: &str) -> Outcome<Answer> {
    let document = state.store.view(|view| view.document(bucket, DOCUMENT))?;
    let document = document.ok_or_else(|| {
        let message = "The TagSet does not exist.";
        Refusal::new(404, "NoSuchTagSet", message).detail("BucketName", bucket)
    })?;
    let answer = Answer::ok().header("content-type", "application/xml");
    Ok(Answer { body: document.into(), ..answer })
}

pub(super) fn delete(state: &State, bucket: &str) -> Outcome<Answer> {
    state.store.change(|change| change.remove_document(bucket, DOCUMENT))?;
    Ok(Answer::no_content())
}
