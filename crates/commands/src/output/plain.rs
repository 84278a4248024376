//! The forms that hold plain values: `yaml`, `xml`, `csv`, and what a query gives.

use std::io::{self, Write};

use ossutil_client::protocol::xml;
use ossutil_config::OutputFormat;
use serde::Serialize;
use serde_json::Value;

use super::document::Whole;
use crate::error::{Error, Result};

/// Writes a complete document, or what the query finds in it.
pub(super) fn write(whole: Whole, out: &mut impl Write) -> Result<()> {
    let Whole { format, query, members, items } = whole;
    let document = Value::Object(members);
    let value = match query {
        Some(query) => query.search(document)?,
        None => document,
    };
    match (format, &value) {
        (OutputFormat::Yaml, _) => {
            let text = serde_saphyr::to_string(&value)
                .map_err(|error| Error::failed(format!("cannot write as YAML: {error}")))?;
            out.write_all(text.as_bytes())?;
            if !text.ends_with('\n') {
                out.write_all(b"\n")?;
            }
        }
        (OutputFormat::Xml, _) => {
            out.write_all(&xml::Writer::document("Result", |root| member(root, &value, &items)))?;
            out.write_all(b"\n")?;
        }
        (OutputFormat::Csv, Value::Array(rows)) => csv_rows(rows, out)?,
        (OutputFormat::Csv, _) => csv_rows(std::slice::from_ref(&value), out)?,
        (OutputFormat::Jsonl, Value::Array(rows)) => {
            for row in rows {
                writeln!(out, "{row}")?;
            }
        }
        (OutputFormat::Jsonl, _) => writeln!(out, "{value}")?,
        (OutputFormat::Raw | OutputFormat::Json, _) => {
            serde_json::to_writer_pretty(&mut *out, &value).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}

/// The content of an element: members by their names, items of a list by the word for one.
fn member(writer: &mut xml::Writer, value: &Value, items: &[(&str, &str)]) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| match value {
            Value::Array(list) => {
                let word = items.iter().find(|(list, _)| list == name);
                let word = word.map_or("item", |(_, word)| word);
                writer.element(name, |writer| self::list(writer, word, list, items));
            }
            Value::Object(_) => writer.element(name, |writer| member(writer, value, items)),
            Value::Null => {}
            _ => writer.text(name, scalar(value)),
        }),
        Value::Array(list) => self::list(writer, "item", list, items),
        Value::Null => {}
        _ => writer.text("value", scalar(value)),
    }
}

fn list(writer: &mut xml::Writer, word: &str, list: &[Value], items: &[(&str, &str)]) {
    for value in list {
        match value {
            Value::Object(_) | Value::Array(_) => {
                writer.element(word, |writer| member(writer, value, items));
            }
            _ => writer.text(word, scalar(value)),
        }
    }
}

/// A value in one field, strings without quotes.
fn scalar(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The names of a record's fields as a line.
pub(super) fn csv_heading(record: &impl Serialize) -> io::Result<String> {
    let fields = serde_json::to_value(record)?;
    let names = fields.as_object().into_iter().flat_map(|fields| fields.keys());
    csv_line(names)
}

/// A record as a line, without a heading.
pub(super) fn csv_row(record: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    // A writer of its own: flushing one over `out` would flush that as well.
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    writer.serialize(record).map_err(io::Error::from)?;
    out.write_all(&writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?)
}

/// What a query found: objects with a heading of the first one's names, lists and scalars without.
fn csv_rows(rows: &[Value], out: &mut impl Write) -> io::Result<()> {
    if let Some(Value::Object(first)) = rows.first() {
        write!(out, "{}", csv_line(first.keys())?)?;
    }
    for row in rows {
        let line = match row {
            Value::Object(fields) => csv_line(fields.values().map(scalar)),
            Value::Array(fields) => csv_line(fields.iter().map(scalar)),
            _ => csv_line([scalar(row)]),
        };
        write!(out, "{}", line?)?;
    }
    Ok(())
}

fn csv_line<T: AsRef<[u8]>>(fields: impl IntoIterator<Item = T>) -> io::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(fields).map_err(io::Error::from)?;
    let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}
