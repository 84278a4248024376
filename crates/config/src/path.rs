//! Where the configuration file is, and who can read it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::{Setting, Source};

/// The variable that names the file.
const CONFIG_FILE: &str = "OSSUTIL_CONFIG_FILE";

/// `~/.ossutilconfig`, where every version of `ossutil` looks.
pub fn default_path(home: &Path) -> PathBuf {
    home.join(".ossutilconfig")
}

/// A path with its leading `~/` replaced, for a path that no shell has seen.
pub fn expand_home(path: &str, home: &Path) -> PathBuf {
    match path.strip_prefix('~') {
        Some("") => home.into(),
        Some(rest) if rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
        _ => path.into(),
    }
}

/// The file to read: `flag` (of `--config-file`), else `OSSUTIL_CONFIG_FILE`, else the default.
///
/// The variable counts even where the others are ignored: it says where to look, not what to do.
pub fn file_path(
    flag: Option<&str>,
    env: &BTreeMap<String, String>,
    home: &Path,
) -> Setting<PathBuf> {
    let given = |text: Option<&str>, source| {
        text.filter(|text| !text.is_empty())
            .map(|text| Setting::new(expand_home(text, home), source))
    };
    given(flag, Source::Flag("--config-file"))
        .or_else(|| given(env.get(CONFIG_FILE).map(String::as_str), Source::Env(CONFIG_FILE)))
        .unwrap_or_else(|| Setting::new(default_path(home), Source::Default))
}

/// A sentence for the user whose configuration file others can read, with the mend.
#[cfg(unix)]
pub fn permissions_warning(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;

    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let path = path.display();
    (mode & 0o044 != 0)
        .then(|| format!("{path} can be read by others (mode {mode:o}): run chmod 600 {path}"))
}

/// Nothing: this system has no file modes.
#[cfg(not(unix))]
pub fn permissions_warning(_path: &Path) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tilde_is_the_home_folder_only_in_front() {
        let home = Path::new("/home/x");
        for (path, expanded) in [
            ("~/a/b", "/home/x/a/b"),
            ("~", "/home/x"),
            ("~//etc", "/home/x/etc"),
            ("~user/a", "~user/a"),
            ("/a/~/b", "/a/~/b"),
            ("a", "a"),
        ] {
            assert_eq!(expand_home(path, home), Path::new(expanded), "{path}");
        }
        assert_eq!(default_path(home), Path::new("/home/x/.ossutilconfig"));
    }

    #[test]
    fn option_before_variable_before_default() {
        let home = Path::new("/h");
        let env = BTreeMap::from([(CONFIG_FILE.to_owned(), "~/env".to_owned())]);
        let flag = file_path(Some("~/flag"), &env, home);
        assert_eq!(
            (flag.value.to_str(), flag.source),
            (Some("/h/flag"), Source::Flag("--config-file"))
        );
        let variable = file_path(Some(""), &env, home);
        assert_eq!(
            (variable.value.to_str(), variable.source),
            (Some("/h/env"), Source::Env(CONFIG_FILE))
        );
        let default = file_path(None, &BTreeMap::new(), home);
        assert_eq!(default.value, default_path(home));
    }

    #[cfg(unix)]
    #[test]
    fn only_a_private_file_is_quiet() {
        use std::os::unix::fs::PermissionsExt;

        let file = tempfile::NamedTempFile::new().unwrap();
        for (mode, warns) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
            file.as_file().set_permissions(PermissionsExt::from_mode(mode)).unwrap();
            assert_eq!(permissions_warning(file.path()).is_some(), warns, "{mode:o}");
        }
        assert_eq!(permissions_warning(Path::new("/no/such/file")), None);
    }
}
