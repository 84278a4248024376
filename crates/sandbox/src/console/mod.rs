//! The console: one page that shows what the sandbox holds, and what it was asked.

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    accounts,
    admin::{json_answer, refused},
    answer::{Answer, xml_time},
    incoming::Incoming,
    operations::versions,
    refusal::{Outcome, Refusal},
    server::State,
    store::{Lookup, Scan, View, at, behind},
};

/// Where the page is.
pub(crate) const PATH: &str = "/_console/";

/// How many objects, and how many uploads, a page of the console shows.
const PAGE: usize = 200;

/// How many requests it shows.
const REQUESTS: usize = 100;

/// The page may load nothing but what the sandbox says of itself, and stands in no frame.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
                      connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The page.
pub(crate) fn page() -> Answer {
    Answer { body: include_str!("console.html").into(), ..Answer::ok() }
        .header("content-type", "text/html; charset=utf-8")
        .header("content-security-policy", POLICY)
        .header("x-content-type-options", "nosniff")
}

/// Answers what the page asks for, if that is what is asked.
pub(crate) fn answer(state: &State, request: &Incoming, path: &str) -> Option<Outcome<Answer>> {
    let bucket = request.text("bucket");
    let found = match (&request.method, path) {
        (&Method::GET, "about") => Ok(json!({
            "region": state.accounts.region,
            "writes": state.console_writes,
        })),
        (&Method::GET, "log") => Ok(log(state)),
        (&Method::GET, "buckets") => state.store.view(buckets),
        (&Method::GET, "objects") => {
            let (prefix, marker) = (request.text("prefix"), request.text("marker"));
            state.store.view(|view| objects(view, bucket, prefix, marker))
        }
        (&Method::GET, "uploads") => {
            let marker = request.text("marker");
            state.store.view(|view| uploads(view, bucket, marker))
        }
        (&Method::POST, "abort" | "delete") => write(state, request, path),
        _ => return None,
    };
    Some(found.map(|found| json_answer(&found)))
}

fn log(state: &State) -> Value {
    let records = state.records(REQUESTS).into_iter().rev();
    let record = records.map(|record| {
        json!({
            "time": record.time.to_string(),
            "method": record.method,
            "target": record.target,
            "operation": record.operation,
            "signature": record.signature,
            "request_id": record.request_id,
            "status": record.status,
        })
    });
    record.collect()
}

fn time(time: Timestamp) -> String {
    xml_time(time).replace(".000Z", "Z")
}

fn buckets(view: &View<'_>) -> Outcome<Value> {
    let buckets = view.buckets("", "", usize::MAX)?.into_iter();
    let buckets = buckets.map(|bucket| {
        Ok(json!({
            "name": bucket.name,
            "created": time(bucket.created),
            "acl": bucket.acl,
            "storage_class": bucket.storage_class,
            "versioning": format!("{:?}", bucket.versioning),
            "owner": accounts::owner(view, &bucket.name)?,
        }))
    });
    buckets.collect()
}

fn objects(view: &View<'_>, bucket: &str, prefix: &str, marker: &str) -> Outcome<Value> {
    let from = match marker {
        marker if marker <= prefix => at(bucket, prefix),
        marker => behind(bucket, marker),
    };
    let (mut found, mut last, mut is_truncated) = (Vec::new(), None::<String>, false);
    view.scan_versions(bucket, &from, &mut |version| {
        if !version.key.starts_with(prefix) {
            return Scan::Stop;
        }
        if last.as_deref() == Some(&*version.key) {
            return Scan::Next;
        }
        is_truncated = found.len() == PAGE;
        if is_truncated {
            return Scan::Stop;
        }
        last = Some(version.key.to_string());
        if let Ok(summary) = version.summary()
            && !summary.is_delete_marker()
        {
            found.push(json!({
                "key": version.key,
                "size": summary.size,
                "modified": time(summary.modified),
                "kind": summary.kind.name(),
                "storage_class": summary.storage_class,
                "etag": summary.etag,
            }));
        }
        Scan::Next
    })?;
    Ok(json!({"objects": found, "next": last.filter(|_| is_truncated)}))
}

fn uploads(view: &View<'_>, bucket: &str, marker: &str) -> Outcome<Value> {
    let from = if marker.is_empty() { at(bucket, "") } else { behind(bucket, marker) };
    let (mut found, mut is_truncated) = (Vec::new(), false);
    view.scan_uploads(bucket, &from, &mut |key, id, upload| {
        is_truncated = found.len() == PAGE;
        match upload {
            _ if is_truncated => return Scan::Stop,
            Ok(upload) => found.push((key.to_owned(), id.to_owned(), upload)),
            Err(_) => {}
        }
        Scan::Next
    })?;
    let next = found.last().filter(|_| is_truncated).map(|(key, ..)| key.clone());
    let mut shown = Vec::new();
    for (key, id, upload) in found {
        let parts = view.parts(&id, 0, usize::MAX)?.into_iter();
        let parts: Vec<Value> = parts.map(|(number, part)| json!([number, part.size])).collect();
        shown.push(json!({
            "key": key,
            "upload_id": id,
            "initiated": time(upload.initiated),
            "storage_class": upload.storage_class,
            "parts": parts,
        }));
    }
    Ok(json!({"uploads": shown, "next": next}))
}

/// Aborts an upload or deletes an object, if the sandbox was started so.
fn write(state: &State, request: &Incoming, what: &str) -> Outcome<Value> {
    if !state.console_writes {
        return Err(refused(403, "the console only reads; start the sandbox with --console-write"));
    }
    let (bucket, key) = (request.text("bucket"), request.text("key"));
    let id = request.text("uploadId");
    state.store.change(|change| match what {
        "abort" => match change.upload(bucket, key, id)? {
            Some(_) => change.delete_upload(bucket, key, id),
            None => Err(Refusal::no_such_upload(id)),
        },
        _ => {
            let bucket = versions::bucket(change, bucket)?;
            versions::delete(state, change, &bucket, key, None).map(|_| ())
        }
    })?;
    Ok(json!({}))
}
