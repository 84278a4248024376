//! The one door for output: data to standard output, talk to standard error.

use std::{
    fmt,
    io::{self, BufWriter, Stderr, Stdout, Write},
};

use ossutil_config::OutputFormat;
use serde::Serialize;

use super::{Query, Record, document::Document};
use crate::error::Result;

/// Writes what a command finds and says.
pub(crate) struct Printer {
    out: BufWriter<Stdout>,
    err: Stderr,
    /// Whether standard error is a terminal, so that progress can be drawn on it.
    is_live: bool,
    /// The width of the progress that stands on the terminal now.
    drawn: usize,
    /// How many lines the picture has that stands on the terminal now.
    rows: usize,
    /// What is found goes here instead of being printed as text.
    document: Option<Document>,
}

impl Printer {
    pub(crate) fn new(is_live: bool) -> Self {
        let out = BufWriter::with_capacity(64 << 10, io::stdout());
        Self { out, err: io::stderr(), is_live, drawn: 0, rows: 0, document: None }
    }

    /// The form that everything found is to have, before anything is.
    pub(crate) fn set_form(&mut self, format: OutputFormat, query: Option<Query>) {
        self.document = Document::new(format, query);
    }

    /// Something found: `text` writes it for people, line break included.
    pub(crate) fn record<R: Record>(
        &mut self,
        record: &R,
        text: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        self.clear_progress()?;
        match &mut self.document {
            Some(document) => document.push(record, &mut self.out),
            None => text(&mut self.out),
        }
    }

    /// There is a list of such records, even if it stays empty.
    pub(crate) fn list<R: Record>(&mut self) -> io::Result<()> {
        match &mut self.document {
            Some(document) => document.open::<R>(&mut self.out),
            None => Ok(()),
        }
    }

    /// A single fact, such as the totals; `text` writes it for people.
    pub(crate) fn fact(
        &mut self,
        name: &'static str,
        fact: &impl Serialize,
        text: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        self.clear_progress()?;
        match &mut self.document {
            Some(document) => document.fact(name, fact, &mut self.out),
            None => text(&mut self.out),
        }
    }

    /// The document is whole, even if the run ends with an error.
    pub(crate) fn complete(&mut self) {
        if let Some(document) = &mut self.document {
            document.complete();
        }
    }

    /// Ends what was printed; `is_done` says that the run reached its end.
    pub(crate) fn finish(&mut self, is_done: bool) -> Result<()> {
        let _ = self.clear_progress();
        if let Some(document) = self.document.take() {
            document.finish(is_done, &mut self.out)?;
        }
        Ok(self.out.flush()?)
    }

    /// A line for people; other forms leave it out.
    pub(crate) fn line(&mut self, line: impl fmt::Display) -> io::Result<()> {
        self.clear_progress()?;
        match self.document {
            Some(_) => Ok(()),
            None => writeln!(self.out, "{line}"),
        }
    }

    /// Data as it stands.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
    }

    /// Where the content of an object goes as it is, in whatever form the rest is asked for.
    pub(crate) fn content(&mut self) -> io::Result<Stdout> {
        self.out.flush()?;
        Ok(io::stdout())
    }

    /// What has been written so far is seen, before something else is.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// A line of talk. That nobody reads it is no reason to stop.
    pub(crate) fn say(&mut self, text: impl fmt::Display) {
        let _ = self.clear_progress();
        let _ = self.out.flush();
        let _ = writeln!(self.err, "{text}");
    }

    /// An error, which ends with its own line break.
    pub(crate) fn say_error(&mut self, text: &str) {
        let _ = write!(self.err, "{text}");
    }

    /// A question, without a line break behind it.
    pub(crate) fn ask(&mut self, question: &str) -> io::Result<()> {
        self.clear_progress()?;
        self.out.flush()?;
        let _ = write!(self.err, "{question}");
        let _ = self.err.flush();
        Ok(())
    }

    /// How far the work is; drawn over the last such line, and only on a terminal.
    pub(crate) fn progress(&mut self, text: &str) -> io::Result<()> {
        if self.is_live {
            self.clear_progress()?;
            write!(self.err, "\r{text}")?;
            self.err.flush()?;
            self.drawn = text.chars().count();
        }
        Ok(())
    }

    /// Lines that replace what was last drawn like this; only for a terminal.
    pub(crate) fn redraw(&mut self, text: &str) -> io::Result<()> {
        // Up over the last picture, and whatever is left of it goes.
        let up = std::mem::replace(&mut self.rows, text.lines().count());
        if up > 0 {
            write!(self.err, "\x1b[{up}A\r\x1b[J")?;
        }
        writeln!(self.err, "{text}")?;
        self.err.flush()
    }

    fn clear_progress(&mut self) -> io::Result<()> {
        match std::mem::take(&mut self.drawn) {
            0 => Ok(()),
            width => write!(self.err, "\r{:width$}\r", ""),
        }
    }
}
