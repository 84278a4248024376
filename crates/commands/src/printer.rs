//! The one door for output: data to standard output, talk to standard error.

use std::{
    fmt,
    io::{self, BufWriter, Stderr, Stdout, Write},
};

/// Writes what a command finds and says.
pub(crate) struct Printer {
    out: BufWriter<Stdout>,
    err: Stderr,
    /// Whether standard error is a terminal, so that progress can be drawn on it.
    is_live: bool,
    /// The width of the progress that stands on the terminal now.
    drawn: usize,
}

impl Printer {
    pub(crate) fn new(is_live: bool) -> Self {
        let out = BufWriter::with_capacity(64 << 10, io::stdout());
        Self { out, err: io::stderr(), is_live, drawn: 0 }
    }

    /// A line of data.
    pub(crate) fn line(&mut self, line: impl fmt::Display) -> io::Result<()> {
        self.clear_progress()?;
        writeln!(self.out, "{line}")
    }

    /// Data as it stands.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
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

    fn clear_progress(&mut self) -> io::Result<()> {
        match std::mem::take(&mut self.drawn) {
            0 => Ok(()),
            width => write!(self.err, "\r{:width$}\r", ""),
        }
    }
}
