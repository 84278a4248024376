//! The tags of a bucket: PutBucketTags, GetBucketTags, DeleteBucketTags. They are given back as
//! they came.

use ossutil_protocol::xml::Writer;

use super::tagging::parse;
use crate::{answer::Answer, incoming::Incoming, refusal::Outcome, server::State, store::Lookup};

/// The name the tags are stored under.
const DOCUMENT: &str = "tagging";

pub(super) fn put(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    parse(&request.body)?;
    state.store.change(|change| change.put_document(bucket, DOCUMENT, &request.body))?;
    Ok(Answer::ok())
}

pub(super) fn get(state: &State, bucket: &str) -> Outcome<Answer> {
    let document = state.store.view(|view| view.document(bucket, DOCUMENT))?;
    let document = document
        .unwrap_or_else(|| Writer::document("Tagging", |root| super::tagging::write(root, &[])));
    let answer = Answer::ok().header("content-type", "application/xml");
    Ok(Answer { body: document.into(), ..answer })
}

/// Removes the tags whose keys are named, with commas between them, or all.
pub(super) fn delete(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let named: Vec<&str> = request.text("tagging").split(',').filter(|k| !k.is_empty()).collect();
    state.store.change(|change| {
        let mut left = tags(change, bucket)?;
        left.retain(|(key, _)| !named.contains(&&**key));
        if named.is_empty() || left.is_empty() {
            return change.remove_document(bucket, DOCUMENT);
        }
        let document = Writer::document("Tagging", |root| super::tagging::write(root, &left));
        change.put_document(bucket, DOCUMENT, &document)
    })?;
    Ok(Answer::no_content())
}

/// The tags that the parameter `tagging` of a listing names: `"a":"1","b":"2"`.
pub(super) fn named(text: &str) -> Vec<(String, String)> {
    let pair = |pair: &str| {
        let (key, value) = pair.trim().split_once("\":\"").unwrap_or((pair, ""));
        (key.trim_matches('"').to_owned(), value.trim_matches('"').to_owned())
    };
    text.split("\",").filter(|text| !text.trim().is_empty()).map(pair).collect()
}

/// The tags of a bucket.
pub(super) fn tags(lookup: &impl Lookup, bucket: &str) -> Outcome<Vec<(String, String)>> {
    let document = lookup.document(bucket, DOCUMENT)?;
    document.map_or(Ok(Vec::new()), |document| parse(&document))
}
