//! Which target an entry has: the naming rules of `cp` and `sync`.

use std::path::PathBuf;

use super::local;
use crate::{
    cloud_url::CloudUrl,
    display::object_url,
    error::{Error, Result},
};

/// Where entries go.
#[derive(Clone, Debug)]
pub(crate) enum Route {
    /// To an object of this key.
    Object { bucket: String, key: String },
    /// To objects whose keys begin with this.
    Below { bucket: String, prefix: String },
    /// To this file.
    File(PathBuf),
    /// To files in this folder, and in none outside of it.
    Within(PathBuf),
    /// To standard output.
    Pipe,
}

/// Where one entry goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// An object.
    Object { bucket: String, key: String },
    /// A file, or a directory.
    File(PathBuf),
    /// Standard output.
    Pipe,
}

impl Route {
    /// To a cloud URL: a whole tree goes below it, a single thing below it where it ends in `/`
    /// or names only a bucket.
    ///
    /// # Errors
    /// A key that begins with a slash, which no path of a file system can mean.
    pub(crate) fn to_cloud(url: &CloudUrl, is_tree: bool) -> Result<Self> {
        if url.key.starts_with(['/', '\\']) {
            let message = format!(
                "invalid cloud url: oss://{}/{}, object name should not begin with \"{}\"",
                url.bucket,
                url.key,
                &url.key[..1]
            );
            return Err(Error::usage(message).hint("leave out the second slash behind the bucket"));
        }
        let (bucket, mut key) = (url.bucket.clone(), url.key.clone());
        if is_tree && !key.is_empty() && !key.ends_with('/') {
            key.push('/');
        }
        Ok(match key.is_empty() || key.ends_with('/') {
            true => Self::Below { bucket, prefix: key },
            false => Self::Object { bucket, key },
        })
    }

    /// To a file or a folder: a whole tree goes into it, a single thing into it where it ends in
    /// `/` or is one.
    pub(crate) fn to_local(name: &str, is_tree: bool) -> Self {
        let path = PathBuf::from(name);
        let is_folder = is_tree || name.ends_with(std::path::is_separator) || path.is_dir();
        if is_folder { Self::Within(path) } else { Self::File(path) }
    }

    /// Where an entry of this name goes.
    ///
    /// # Errors
    /// A name that leads out of the folder, or that no file can have.
    pub(crate) fn target(&self, name: &str) -> Result<Target> {
        Ok(match self {
            Self::Object { bucket, key } => {
                Target::Object { bucket: bucket.clone(), key: key.clone() }
            }
            Self::Below { bucket, prefix } => {
                Target::Object { bucket: bucket.clone(), key: format!("{prefix}{name}") }
            }
            Self::File(path) => Target::File(path.clone()),
            Self::Within(folder) => Target::File(local::path_within(folder, name)?),
            Self::Pipe => Target::Pipe,
        })
    }

    /// How the target of such a name is written for people, whether or not it can exist.
    pub(crate) fn describe(&self, name: &str) -> String {
        match self {
            Self::Within(folder) => format!("{}/{name}", folder.display()),
            _ => self.target(name).map(|target| target.to_string()).unwrap_or_default(),
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Object { bucket, key } => f.write_str(&object_url(bucket, key)),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Pipe => f.write_str("-"),
        }
    }
}

/// The last part of a key or a path: all behind the last `/`.
pub(crate) fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}

/// How much of a prefix is not part of the names below it: all up to its last `/`.
pub(crate) fn base_length(prefix: &str) -> usize {
    prefix.rfind('/').map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_uploads_and_copies() {
        for (url, is_tree, name, key) in [
            ("oss://bkt", false, "f.txt", "f.txt"),
            ("oss://bkt/d/", false, "f.txt", "d/f.txt"),
            ("oss://bkt/d", false, "f.txt", "d"),
            ("oss://bkt", true, "a/f.txt", "a/f.txt"),
            ("oss://bkt/d", true, "a/f.txt", "d/a/f.txt"),
            ("oss://bkt/d/", true, "a/", "d/a/"),
        ] {
            let route = Route::to_cloud(&CloudUrl::parse(url, false).unwrap(), is_tree).unwrap();
            let target = Target::Object { bucket: "bkt".to_owned(), key: key.to_owned() };
            assert_eq!(route.target(name).unwrap(), target, "{url} {name}");
        }
        for url in ["oss://bkt//d", "oss://bkt/\\d"] {
            assert!(Route::to_cloud(&CloudUrl::parse(url, false).unwrap(), false).is_err());
        }
    }

    #[test]
    fn names_below_a_prefix() {
        for (prefix, base) in [("", 0), ("p", 0), ("p/", 2), ("p/ab", 2), ("a/b/c", 4)] {
            assert_eq!(base_length(prefix), base, "{prefix}");
        }
    }
}
