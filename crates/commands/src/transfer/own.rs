//! What transfers write for themselves beside what they move. It belongs to no tree: else the
//! upload of a folder would send the record of its own uploads.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where it is.
#[derive(Clone, Debug)]
pub(crate) struct OwnFiles {
    /// The folder of checkpoints.
    pub(crate) checkpoints: PathBuf,
    /// The folder of reports, which may hold other things as well.
    pub(crate) reports: PathBuf,
}

impl OwnFiles {
    /// Whether something of a folder is ours: the folder of checkpoints, a report, or a download
    /// that is not whole.
    pub(crate) fn have(&self, path: &Path, is_directory: bool) -> bool {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
        let is_at = |place: &Path| matches!((fs::canonicalize(path), fs::canonicalize(place)), (Ok(one), Ok(other)) if one == other);
        if is_directory {
            return self.checkpoints.file_name() == path.file_name() && is_at(&self.checkpoints);
        }
        is_partial(name) || is_report(name) && is_at(&self.reports.join(name))
    }
}

/// Whether a file of this name is one that a download has not finished: `.ossutil-HEX.part`.
fn is_partial(name: &str) -> bool {
    let hex = name.strip_prefix(".ossutil-").and_then(|name| name.strip_suffix(".part"));
    hex.is_some_and(|hex| hex.len() >= 16 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_report(name: &str) -> bool {
    name.starts_with("ossutil_report_") && name.ends_with(".report")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_and_what_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let own = OwnFiles { checkpoints: at(".ossutil_checkpoint"), reports: at("out") };
        for name in [".ossutil_checkpoint", "out", "d/.ossutil_checkpoint"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        let report = "ossutil_report_20261125_010203.report";
        let part = ".ossutil-0d309019b144c822.part";
        for name in [report, part, &format!("out/{report}"), "out/mine", ".ossutil-x.part"] {
            fs::write(at(name), "").unwrap();
        }
        for (name, is_ours) in [
            (".ossutil_checkpoint", true),
            ("d/../.ossutil_checkpoint", true),
            ("d/.ossutil_checkpoint", false),
            ("out", false),
            ("out/ossutil_report_20261125_010203.report", true),
            ("out/mine", false),
            (report, false),
            (part, true),
            (".ossutil-x.part", false),
        ] {
            assert_eq!(own.have(&at(name), at(name).is_dir()), is_ours, "{name}");
        }
    }
}
