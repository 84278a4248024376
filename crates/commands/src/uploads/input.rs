//! Reads back what `ls -m` printed, in any of its forms.

use ossutil_client::protocol::xml;
use serde_json::Value;

use super::UploadRef;
use crate::{
    cloud_url::CloudUrl,
    error::{Error, Result},
};

/// Reads a listing of uploads: text, `json`, `jsonl`, `yaml`, `xml` or `csv`.
///
/// What is neither an upload nor known to be something else is an error and nothing is returned:
/// half a list must not be aborted because the other half could not be read.
pub(crate) fn parse_listing(text: &str) -> Result<Vec<UploadRef>> {
    let unreadable = |form: &str, error: &dyn std::fmt::Display| {
        Error::usage(format!("standard input looks like {form} but cannot be read: {error}"))
            .hint("it must be what `ossutil ls -m --output-format` printed, all of it")
    };
    let mut uploads = Vec::new();
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    match start.chars().next() {
        Some('{' | '[') => {
            for value in serde_json::Deserializer::from_str(start).into_iter::<Value>() {
                let value = value.map_err(|error| unreadable("JSON", &error))?;
                collect(&value, &mut uploads).map_err(|error| unreadable("JSON", &error))?;
            }
        }
        Some('<') => uploads = from_xml(start).map_err(|error| unreadable("XML", &error))?,
        _ if start.starts_with("uploads:") => {
            let value: Value =
                serde_saphyr::from_str(start).map_err(|error| unreadable("YAML", &error))?;
            collect(&value, &mut uploads).map_err(|error| unreadable("YAML", &error))?;
        }
        _ if start.starts_with("bucket,key,upload_id") => {
            uploads = from_csv(start).map_err(|error| unreadable("CSV", &error))?;
        }
        _ => return parse_text(text),
    }
    Ok(uploads)
}

/// Finds the uploads in a document; members of other names, such as the totals, are none.
fn collect(value: &Value, uploads: &mut Vec<UploadRef>) -> std::result::Result<(), String> {
    match value {
        Value::Array(list) => list.iter().try_for_each(|value| collect(value, uploads)),
        Value::Object(fields) if fields.contains_key("upload_id") => {
            let field = |name: &str| {
                let text = fields.get(name).and_then(Value::as_str);
                text.map(str::to_owned).ok_or_else(|| format!("an upload without a {name}"))
            };
            uploads.push(checked(field("bucket")?, field("key")?, field("upload_id")?)?);
            Ok(())
        }
        // A line of another type, such as the totals.
        Value::Object(fields) if fields.contains_key("type") => Ok(()),
        Value::Object(fields) if fields.contains_key("uploads") => {
            collect(&fields["uploads"], uploads)
        }
        _ => Err("there is something that is no upload".to_owned()),
    }
}

fn from_xml(text: &str) -> std::result::Result<Vec<UploadRef>, String> {
    let mut uploads = Vec::new();
    xml::parse_lenient(text.as_bytes(), "Result", |root| {
        for upload in root.all("uploads").flat_map(|list| list.children().collect::<Vec<_>>()) {
            uploads.push((
                upload.required("bucket")?,
                upload.required("key")?,
                upload.required("upload_id")?,
            ));
        }
        Ok(())
    })
    .map_err(|error| error.to_string())?;
    uploads.into_iter().map(|(bucket, key, id)| checked(bucket, key, id)).collect()
}

/// Reads the table of uploads; behind an empty line another one would follow, which is not read.
fn from_csv(text: &str) -> std::result::Result<Vec<UploadRef>, String> {
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let row = |row: std::result::Result<csv::StringRecord, csv::Error>| {
        let row = row.map_err(|error| error.to_string())?;
        let field = |at: usize| row.get(at).unwrap_or_default().to_owned();
        checked(field(0), field(1), field(2))
    };
    reader.records().map(row).collect()
}

/// An upload of which nothing is missing.
fn checked(
    bucket: String,
    key: String,
    upload_id: String,
) -> std::result::Result<UploadRef, String> {
    match bucket.is_empty() || key.is_empty() || upload_id.is_empty() {
        true => Err(format!("an upload lacks its name or id: {bucket}/{key} {upload_id}")),
        false => Ok(UploadRef { bucket, key, upload_id }),
    }
}

/// Reads lines, with or without `-s` or `--parts`: headings, totals and empty lines are skipped.
fn parse_text(text: &str) -> Result<Vec<UploadRef>> {
    let mut uploads = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match parse_line(line) {
            Some(upload) => uploads.push(upload),
            None if is_skipped(line) => {}
            None => {
                let message = format!(
                    "line {} of standard input is not a line of `ossutil ls -m`: {line}",
                    index + 1
                );
                return Err(Error::usage(message).hint(
                    "a key with a line break can only be read from the output of this ossutil, \
                     which quotes it",
                ));
            }
        }
    }
    Ok(uploads)
}

/// Reads `[time] UPLOADID oss://bucket/key`, the URL as [`object_url`] writes it.
fn parse_line(line: &str) -> Option<UploadRef> {
    // Upload ids and times hold neither, so the first match is where the URL begins.
    let begins = [" oss://", " \"oss://"].into_iter().filter_map(|mark| line.find(mark)).min()?;
    let (before, url) = (&line[..begins], &line[begins + 1..]);
    let upload_id = before.split_whitespace().next_back()?.to_owned();
    let url = match url.starts_with('"') {
        true => serde_json::from_str(url).ok()?,
        false => url.to_owned(),
    };
    let CloudUrl { bucket, key } = CloudUrl::parse(&url, false).ok()?;
    (!key.is_empty()).then_some(UploadRef { bucket, key, upload_id })
}

/// Whether a line of the listing is about no upload: a heading, a total, the time it took, or a
/// directory of `ls -m -d`.
fn is_skipped(line: &str) -> bool {
    let line = line.trim();
    line.is_empty()
        || line.ends_with("(s) elapsed")
        || line.starts_with("oss://") && line.ends_with('/')
        || ["UploadID Number is:", "Directory Number is:", "total part count:"]
            .iter()
            .any(|mark| line.starts_with(mark))
        || line.starts_with("InitiatedTime") && line.ends_with("ObjectName")
        || line.starts_with("UploadID") && line.ends_with("ObjectName")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::object_url;

    #[test]
    fn a_listing_is_read_back() {
        let keys =
            ["dir/a.bin", " two  spaces ", "q'\"", "new\nline", "中文😀", "x oss://y", "t\u{1b}"];
        let mut text = "InitiatedTime                     UploadID        ObjectName\n".to_owned();
        for key in keys {
            let url = object_url("bkt", key);
            text += &format!("2026-02-23 04:18:23 +0000 UTC     ID{}    {url}\n", key.len());
        }
        text += "UploadID Number is: 7\n\n0.001329(s) elapsed\n";
        let uploads = parse_listing(&text).unwrap();
        assert_eq!(uploads.iter().map(|upload| &*upload.key).collect::<Vec<_>>(), keys);
        assert!(uploads.iter().all(|u| u.upload_id == format!("ID{}", u.key.len())));
    }

    #[test]
    fn short_listings_and_directories() {
        let text = "UploadID    ObjectName\nA    oss://b/k\n            oss://b/dir/\n";
        let uploads = parse_listing(text).unwrap();
        assert_eq!(uploads.len(), 1);
        assert_eq!(uploads[0].to_string(), "oss://b/k A");
    }

    #[test]
    fn one_line_that_cannot_be_read_refuses_all() {
        let error = parse_listing("A    oss://b/k\nthe rest of a key\n").unwrap_err();
        assert!(error.message.contains("line 2"), "{error}");
    }
}
