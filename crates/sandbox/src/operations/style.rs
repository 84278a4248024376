//! Image styles of a bucket: named texts. They are stored, and do nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ossutil_protocol::xml::{self, Writer};
use ossutil_signing::v1::http_date;
use serde::{Deserialize, Serialize};

use super::{documents::absent, method_not_allowed};
use crate::{
    answer::Answer,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::Lookup,
};

/// The name they are stored under.
const DOCUMENT: &str = "style";

/// The longest name.
const MAX_NAME: usize = 63;

#[derive(Serialize, Deserialize)]
struct Style {
    content: String,
    created: Timestamp,
    modified: Timestamp,
}

type Styles = BTreeMap<String, Style>;

fn read(lookup: &impl Lookup, bucket: &str) -> Outcome<Styles> {
    let document = lookup.document(bucket, DOCUMENT)?;
    let styles = document.map(|document| serde_json::from_slice(&document)).transpose();
    Ok(styles.map_err(|_| Refusal::internal())?.unwrap_or_default())
}

pub(super) fn answer(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let name = request.text("styleName");
    match (request.method.as_str(), name) {
        ("GET", "") => {
            let styles = state.store.view(|view| read(view, bucket))?;
            Ok(Answer::xml("StyleList", |root| {
                for (name, style) in &styles {
                    root.element("Style", |element| write(element, name, style));
                }
            }))
        }
        ("GET", name) => {
            let mut styles = state.store.view(|view| read(view, bucket))?;
            let style = styles.remove(name).ok_or_else(|| {
                absent(bucket, "NoSuchStyle", "The specified style does not exist.")
            })?;
            Ok(Answer::xml("Style", |root| write(root, name, &style)))
        }
        ("PUT", name) => put(state, request, bucket, name),
        ("DELETE", name) => {
            change(state, bucket, |styles| {
                styles.remove(name);
            })?;
            Ok(Answer::no_content())
        }
        _ => Err(method_not_allowed(request, "BUCKET")),
    }
}

fn put(state: &State, request: &Incoming, bucket: &str, name: &str) -> Outcome<Answer> {
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if !(1..=MAX_NAME).contains(&name.len()) || !name.bytes().all(is_name) {
        let message = "The style name is invalid.";
        return Err(Refusal::invalid_argument("styleName", name, message));
    }
    let content = xml::parse_lenient(&request.body, "Style", |root| Ok(root.filled("Content")));
    let content = content
        .map_err(|_| Refusal::malformed_xml())?
        .ok_or_else(|| Refusal::invalid_argument("Content", "", "Style content is invalid."))?;
    let now = state.stored_now();
    change(state, bucket, |styles| {
        let created = styles.get(name).map_or(now, |style| style.created);
        styles.insert(name.to_owned(), Style { content, created, modified: now });
    })?;
    Ok(Answer::ok())
}

fn change(state: &State, bucket: &str, work: impl FnOnce(&mut Styles)) -> Outcome<()> {
    state.store.change(|change| {
        let mut styles = read(change, bucket)?;
        work(&mut styles);
        let document = serde_json::to_vec(&styles).map_err(|_| Refusal::internal())?;
        change.put_document(bucket, DOCUMENT, &document)
    })
}

fn write(element: &mut Writer, name: &str, style: &Style) {
    element.text("Name", name);
    element.text("Content", &style.content);
    element.text("CreateTime", http_date(style.created));
    element.text("LastModifyTime", http_date(style.modified));
}
