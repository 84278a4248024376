//! The file that lists what could not be done, a line each; of transfers `--files-from` reads it
//! back.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    display::escape,
    error::{Error, Result},
};

/// What stands before each failure.
const MARK: &str = "[Error] ";

/// A report of failures, which is only made when there is one.
pub(crate) struct Report {
    folder: PathBuf,
    /// The command, without options: they may hold secrets.
    command: String,
    zone: TimeZone,
    open: Option<(PathBuf, BufWriter<File>)>,
}

impl Report {
    pub(crate) fn new(folder: PathBuf, command: String, zone: TimeZone) -> Self {
        Self { folder, command, zone, open: None }
    }

    /// The file, once there is one.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.open.as_ref().map(|(path, _)| path.as_path())
    }

    /// Adds a failure to move something.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(crate) fn add(
        &mut self,
        now: Timestamp,
        verb: &str,
        (source, target): (&str, &str),
        message: &str,
    ) -> Result<()> {
        let (source, target) = (quoted(source), quoted(target));
        self.add_failure(now, &format!("{verb} {source} to {target}"), message)
    }

    /// Adds that something could not be done.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(crate) fn add_failure(&mut self, now: Timestamp, what: &str, message: &str) -> Result<()> {
        let time = now.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        let line = format!("{MARK}{time} {what} error, info: {}\n", escape(message));
        let write = |report: &mut Self| -> io::Result<()> {
            let (_, file) = report.opened(now)?;
            file.write_all(line.as_bytes())?;
            file.flush()
        };
        write(self).map_err(|error| {
            Error::failed(format!("cannot write a report to {}: {error}", self.folder.display()))
                .hint("--output-dir chooses another folder")
        })
    }

    fn opened(&mut self, now: Timestamp) -> io::Result<&mut (PathBuf, BufWriter<File>)> {
        if self.open.is_none() {
            fs::create_dir_all(&self.folder)?;
            let time = now.to_zoned(self.zone.clone()).strftime("%Y%m%d_%H%M%S").to_string();
            let (path, file) = create_new(&self.folder, &format!("ossutil_report_{time}"))?;
            let mut file = BufWriter::new(file);
            writeln!(file, "# {}", escape(&self.command))?;
            self.open = Some((path, file));
        }
        self.open.as_mut().ok_or_else(|| io::Error::other("no report"))
    }
}

/// A new file of this name, with a number behind it if another run has it in this second.
fn create_new(folder: &Path, name: &str) -> io::Result<(PathBuf, File)> {
    let mut number = 0;
    loop {
        let suffix = if number == 0 { String::new() } else { format!("_{number}") };
        let path = folder.join(format!("{name}{suffix}.report"));
        match File::options().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            file => return file.map(|file| (path, file)),
        }
    }
}

/// A name that can be told from what follows it on the line.
fn quoted(name: &str) -> String {
    let is_plain = !name.starts_with('"') && !name.contains(" to ") && escape(name) == name;
    match is_plain {
        true => name.to_owned(),
        false => escape(&serde_json::to_string(name).unwrap_or_default()).into_owned(),
    }
}

/// The names in a list: those of failures in a report, else a name a line.
pub(crate) fn names(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.strip_suffix('\r').unwrap_or(line));
    let lines = lines.filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(|line| failed_name(line).unwrap_or_else(|| line.to_owned())).collect()
}

/// The source in a line of a report.
fn failed_name(line: &str) -> Option<String> {
    let rest = line.strip_prefix(MARK)?;
    let rest = rest.splitn(4, ' ').nth(3)?;
    if rest.starts_with('"') {
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<String>();
        return values.next()?.ok();
    }
    rest.split_once(" to ").map(|(name, _)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_reported_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new");
        let mut report = Report::new(path, "ossutil cp -r a b".to_owned(), TimeZone::UTC);
        assert_eq!(report.path(), None);
        let names = ["a/plain", "a/from here to there", "a/\"x", "a/new\nline", "\"", "中文 x"];
        for name in names {
            let ends = (name, "oss://b/k");
            report.add(Timestamp::UNIX_EPOCH, "upload", ends, "it\nfailed to do so").unwrap();
        }
        let text = fs::read_to_string(report.path().unwrap()).unwrap();
        assert!(text.starts_with("# ossutil cp -r a b\n"), "{text}");
        assert!(text.contains(
            "\n[Error] 1970-01-01 00:00:00 upload a/plain to oss://b/k error, info: it\\nfailed"
        ));
        assert_eq!(super::names(&text), names);
        assert_eq!(super::names("# list\n\na b\r\nc\n"), ["a b", "c"]);
    }
}
