//! What a run found as one document: named lists of records, and single facts.
//!
//! `json`, `jsonl` and `csv` are written as the records come; `yaml`, `xml` and the result of a
//! query need the whole document. A document that the run did not reach the end of stays open, so
//! that nobody takes half an answer for a whole one.

use std::io::{self, Write};

use ossutil_config::OutputFormat;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Query, Record, plain};

/// The document of one run.
pub(super) struct Document {
    form: Form,
    /// The list that records go to now.
    list: Option<&'static str>,
    /// How many members the document has, and how many records the list.
    members: usize,
    records: usize,
    is_complete: bool,
}

enum Form {
    Json,
    Jsonl,
    Csv,
    Whole(Whole),
}

/// A document that is written when it is complete.
pub(super) struct Whole {
    pub(super) format: OutputFormat,
    pub(super) query: Option<Query>,
    pub(super) members: Map<String, Value>,
    /// For each list the word for one of its records.
    pub(super) items: Vec<(&'static str, &'static str)>,
}

impl Document {
    /// A document in this form; `None` when plain text was asked for.
    pub(super) fn new(format: OutputFormat, query: Option<Query>) -> Option<Self> {
        let form = match (format, &query) {
            (OutputFormat::Raw, None) => return None,
            (OutputFormat::Json, None) => Form::Json,
            (OutputFormat::Jsonl, None) => Form::Jsonl,
            (OutputFormat::Csv, None) => Form::Csv,
            _ => Form::Whole(Whole { format, query, members: Map::new(), items: Vec::new() }),
        };
        Some(Self { form, list: None, members: 0, records: 0, is_complete: false })
    }

    /// Begins the list of such records, if it is not the one that is open.
    pub(super) fn open<R: Record>(&mut self, out: &mut impl Write) -> io::Result<()> {
        if self.list == Some(R::LIST) {
            return Ok(());
        }
        self.close_list(out)?;
        match &mut self.form {
            Form::Json => write!(out, "{}\"{}\": [", self.lead(), R::LIST)?,
            Form::Jsonl => {}
            Form::Csv => {
                let blank = if self.members > 0 { "\n" } else { "" };
                write!(out, "{blank}{}", plain::csv_heading(&R::default())?)?;
            }
            Form::Whole(whole) => {
                whole.members.entry(R::LIST).or_insert_with(|| Value::Array(Vec::new()));
                whole.items.push((R::LIST, R::ITEM));
            }
        }
        self.list = Some(R::LIST);
        self.members += 1;
        self.records = 0;
        Ok(())
    }

    /// Adds a record to its list.
    pub(super) fn push<R: Record>(&mut self, record: &R, out: &mut impl Write) -> io::Result<()> {
        self.open::<R>(out)?;
        match &mut self.form {
            Form::Json => {
                out.write_all(if self.records > 0 { b",\n" } else { b"\n" })?;
                serde_json::to_writer(&mut *out, record)?;
            }
            Form::Jsonl => jsonl(R::ITEM, record, out)?,
            Form::Csv => plain::csv_row(record, out)?,
            Form::Whole(whole) => {
                if let Some(Value::Array(list)) = whole.members.get_mut(R::LIST) {
                    list.push(serde_json::to_value(record)?);
                }
            }
        }
        self.records += 1;
        Ok(())
    }

    /// Adds a single fact; `csv` has no place for it.
    pub(super) fn fact(
        &mut self,
        name: &'static str,
        fact: &impl Serialize,
        out: &mut impl Write,
    ) -> io::Result<()> {
        if matches!(self.form, Form::Csv) {
            return Ok(());
        }
        self.close_list(out)?;
        match &mut self.form {
            Form::Csv => {}
            Form::Json => {
                write!(out, "{}\"{name}\": ", self.lead())?;
                serde_json::to_writer(&mut *out, fact)?;
            }
            Form::Jsonl => jsonl(name, fact, out)?,
            Form::Whole(whole) => {
                whole.members.insert(name.to_owned(), serde_json::to_value(fact)?);
            }
        }
        self.members += 1;
        Ok(())
    }

    /// All there is to say has been said, whatever happens now.
    pub(super) fn complete(&mut self) {
        self.is_complete = true;
    }

    /// Ends the document; one that was not completed is left as it is.
    pub(super) fn finish(
        mut self,
        is_complete: bool,
        out: &mut impl Write,
    ) -> Result<(), crate::error::Error> {
        if !(is_complete || self.is_complete) {
            return Ok(());
        }
        self.close_list(out)?;
        match self.form {
            Form::Json if self.members > 0 => out.write_all(b"}\n")?,
            Form::Json | Form::Jsonl | Form::Csv => {}
            // A command that lists nothing has no document.
            Form::Whole(whole) if whole.members.is_empty() => {}
            Form::Whole(whole) => plain::write(whole, out)?,
        }
        Ok(())
    }

    /// What stands before a member.
    fn lead(&self) -> &'static str {
        if self.members == 0 { "{" } else { ",\n" }
    }

    fn close_list(&mut self, out: &mut impl Write) -> io::Result<()> {
        if self.list.take().is_some() && matches!(self.form, Form::Json) {
            out.write_all(if self.records > 0 { b"\n]" } else { b"]" })?;
        }
        Ok(())
    }
}

/// A line that says what it is about: `{"type":"upload",…}`.
fn jsonl(kind: &'static str, record: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Line<'a, R> {
        r#type: &'static str,
        #[serde(flatten)]
        record: &'a R,
    }
    serde_json::to_writer(&mut *out, &Line { r#type: kind, record })?;
    out.write_all(b"\n")
}
