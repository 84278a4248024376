//! Inventories: reports that a bucket asks for, by id. They are stored and listed, not made.

use ossutil_protocol::xml;

use super::documents::{absent, check_xml, given_back, plain_booleans};
use crate::{
    answer::Answer,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::Lookup,
};

const ROOT: &str = "InventoryConfiguration";

/// The document that holds the ids.
const INDEX: &str = "inventory";

/// How many a page of the listing has.
const PAGE: usize = 100;

fn document(id: &str) -> String {
    format!("inventory:{id}")
}

fn ids(lookup: &impl Lookup, bucket: &str) -> Outcome<Vec<String>> {
    let index = lookup.document(bucket, INDEX)?.unwrap_or_default();
    let index = String::from_utf8(index).map_err(|_| Refusal::internal())?;
    Ok(index.lines().map(str::to_owned).collect())
}

pub(super) fn answer(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let id = request.text("inventoryId");
    match (request.method.as_str(), id) {
        ("GET", "") => list(state, request, bucket),
        (_, "") => {
            let message = "The inventoryId is missing.";
            Err(Refusal::invalid_argument("inventoryId", "", message))
        }
        ("GET", id) => {
            let found = state.store.view(|view| view.document(bucket, &document(id)))?;
            let found = found.ok_or_else(|| {
                absent(bucket, "NoSuchInventory", "The specified inventory does not exist.")
            })?;
            Ok(given_back(found).header("content-type", "application/xml"))
        }
        ("PUT", id) => put(state, request, bucket, id),
        ("DELETE", id) => {
            state.store.change(|change| {
                let left: Vec<String> =
                    ids(change, bucket)?.into_iter().filter(|other| other != id).collect();
                change.put_document(bucket, INDEX, left.join("\n").as_bytes())?;
                change.remove_document(bucket, &document(id))
            })?;
            Ok(Answer::no_content())
        }
        _ => Err(super::method_not_allowed(request, "BUCKET")),
    }
}

fn put(state: &State, request: &Incoming, bucket: &str, id: &str) -> Outcome<Answer> {
    let required: &[(&str, &[&str])] = &[
        ("Id", &[]),
        ("IsEnabled", &["true", "false"]),
        ("Destination", &[]),
        ("Schedule", &[]),
        ("IncludedObjectVersions", &["All", "Current"]),
    ];
    check_xml(&request.body, ROOT, required)?;
    let named = xml::parse_lenient(&request.body, ROOT, |root| Ok(root.text_or_empty("Id")));
    if named.unwrap_or_default().trim() != id || !is_id(id) {
        let message = "The inventory id is not valid, or not that of the document.";
        return Err(Refusal::invalid_argument("inventoryId", id, message));
    }
    state.store.change(|change| {
        let mut all = ids(change, bucket)?;
        if all.iter().any(|other| other == id) {
            let message = "An inventory with this id is there already.";
            return Err(Refusal::new(409, "InventoryAlreadyExist", message));
        }
        all.push(id.to_owned());
        all.sort_unstable();
        change.put_document(bucket, INDEX, all.join("\n").as_bytes())?;
        change.put_document(bucket, &document(id), as_stored(&request.body).as_bytes())
    })?;
    Ok(Answer::ok())
}

fn is_id(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// The document as the service keeps it: it lists storage classes in their order.
fn as_stored(body: &[u8]) -> String {
    let text = plain_booleans(body);
    let (start, end) = ("<StorageClass>", "</StorageClass>");
    let Some((head, (classes, tail))) =
        text.split_once(start).and_then(|(head, rest)| Some((head, rest.split_once(end)?)))
    else {
        return text;
    };
    let mut classes: Vec<&str> = classes.split(',').map(str::trim).collect();
    classes.sort_unstable();
    format!("{head}{start}{}{end}{tail}", classes.join(","))
}

fn list(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let marker = request.text("continuation-token");
    if !is_id(marker) {
        let message = "The continuation token provided is incorrect.";
        return Err(Refusal::invalid_argument("continuation-token", marker, message));
    }
    let (found, is_truncated) = state.store.view(|view| {
        let all = ids(view, bucket)?.into_iter().filter(|id| id.as_str() > marker);
        let all: Vec<String> = all.collect();
        let mut found = Vec::new();
        for id in all.iter().take(PAGE) {
            let text = view.document(bucket, &document(id))?.unwrap_or_default();
            found.push((id.clone(), String::from_utf8_lossy(&text).into_owned()));
        }
        Ok((found, all.len() > PAGE))
    })?;
    if found.is_empty() {
        let message = "The specified inventory does not exist.";
        return Err(absent(bucket, "NoSuchInventory", message));
    }
    let next = found.last().filter(|_| is_truncated).map(|(id, _)| id.clone());
    let mut body =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListInventoryConfigurationsResult>".to_owned();
    for (_, text) in &found {
        body += text.find("<InventoryConfiguration").map_or("", |start| &text[start..]);
    }
    body += &format!("<IsTruncated>{is_truncated}</IsTruncated>");
    if !marker.is_empty() {
        body += &format!("<ContinuationToken>{marker}</ContinuationToken>");
    }
    if let Some(next) = next {
        body += &format!("<NextContinuationToken>{next}</NextContinuationToken>");
    }
    body += "</ListInventoryConfigurationsResult>";
    Ok(given_back(body.into_bytes()).header("content-type", "application/xml"))
}
