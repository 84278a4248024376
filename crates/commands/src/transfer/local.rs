//! Paths of downloads, which never lead out of the folder they are meant for.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
    time::SystemTime,
};

use jiff::Timestamp;
use ossutil_client::transfer::FileSource;

use crate::error::{Error, Result};

/// What the usual file systems take for one part of a path, in bytes.
const MAX_COMPONENT: usize = 255;

/// The path of a key's name within a folder.
///
/// # Errors
/// A name that is no path within the folder, or none that comes back as it is when it is uploaded
/// again: `.`, `..` or nothing between two `/`, a NUL, a part that is too long.
pub(crate) fn path_within(folder: &Path, name: &str) -> Result<PathBuf> {
    let mut path = folder.to_owned();
    for part in name.strip_suffix('/').unwrap_or(name).split('/') {
        let what = match part {
            "" => "a part of it is empty",
            "." | ".." => "it leads out of the folder, or nowhere",
            _ if part.contains('\0') => "it has a NUL",
            _ if part.len() > MAX_COMPONENT => "a part of it is longer than 255 bytes",
            _ if !is_one_component(part) => "this system reads a part of it as more than a name",
            _ => {
                path.push(part);
                continue;
            }
        };
        return Err(Error::failed(format!("{name:?} is no name for a file: {what}"))
            .hint("a single object can be fetched under another name"));
    }
    Ok(path)
}

/// Whether this system takes the part for a name, and not for a drive or a path of its own.
fn is_one_component(part: &str) -> bool {
    let mut components = Path::new(part).components();
    let is_name = matches!(components.next(), Some(Component::Normal(name)) if name == part);
    is_name && components.next().is_none() && !(cfg!(windows) && part.contains([':', '\\']))
}

/// Makes the folders between `root` and `path`, both left out of what may be a link: what stands
/// there must be a directory of the tree itself.
///
/// # Errors
/// A file or a link where a directory is needed; what the system says.
pub(crate) fn make_parents(root: &Path, path: &Path) -> Result<()> {
    let Some(parent) = path.parent() else { return Ok(()) };
    match parent.strip_prefix(root) {
        Ok(below) => {
            fs::create_dir_all(root).map_err(|error| cannot_make(root, &error))?;
            let mut folder = root.to_owned();
            below.components().try_for_each(|component| {
                folder.push(component);
                make_folder(&folder)
            })
        }
        Err(_) => Ok(()),
    }
}

/// Makes the folders that a file is in, which the user has named.
///
/// # Errors
/// What the system says.
pub(crate) fn make_own_parents(path: &Path) -> Result<()> {
    match path.parent() {
        Some(parent) => fs::create_dir_all(parent).map_err(|error| cannot_make(parent, &error)),
        None => Ok(()),
    }
}

/// Makes one directory, whose parents are there.
///
/// # Errors
/// A file or a link of that name; what the system says.
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    let made = fs::create_dir(path);
    match (made, fs::symlink_metadata(path)) {
        (Ok(()), _) => Ok(()),
        (Err(_), Ok(data)) if data.is_dir() => Ok(()),
        (Err(_), Ok(data)) => {
            let what = if data.is_symlink() { "a symbolic link" } else { "a file" };
            Err(Error::failed(format!("{} is {what}, and a directory is needed", path.display()))
                .hint("move it out of the way, or choose another folder"))
        }
        (Err(error), Err(_)) => Err(cannot_make(path, &error)),
    }
}

/// Where a path really leads, links and `..` followed as far as it exists.
pub(crate) fn real_path(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match (fs::canonicalize(&path), path.parent(), path.file_name()) {
        (Ok(real), ..) => real,
        (Err(_), Some(parent), Some(name)) => real_path(parent).join(name),
        (Err(_), ..) => path,
    }
}

fn cannot_make(path: &Path, error: &io::Error) -> Error {
    Error::failed(format!("cannot make the folder {}: {error}", path.display()))
}

/// What is said when something of the file system cannot be read.
pub(crate) fn cannot_read(path: &Path, error: &io::Error) -> Error {
    Error::failed(format!("cannot read {}: {error}", path.display()))
}

/// When a file was last written.
pub(crate) fn modified(data: &fs::Metadata) -> Option<Timestamp> {
    data.modified().ok().and_then(|time: SystemTime| Timestamp::try_from(time).ok())
}

/// The CRC-64 of a file.
///
/// # Errors
/// A file that cannot be read.
pub(crate) async fn crc64(path: &Path) -> Result<u64> {
    let failed = |error: io::Error| cannot_read(path, &error);
    let file = FileSource::open(path).map_err(failed)?;
    Ok(file.content().digests().await.map_err(failed)?.crc64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_where_the_system_says() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir(root.join("d")).unwrap();
        for (path, real) in [("d/../x/y", "x/y"), ("d", "d"), ("d/..", ""), ("d/x", "d/x")] {
            let real = if real.is_empty() { root.clone() } else { root.join(real) };
            assert_eq!(real_path(&root.join(path)), real, "{path}");
        }
    }

    #[test]
    fn names_stay_within_the_folder() {
        let folder = Path::new("out");
        for name in ["a", "a/b.txt", "a/b/", "...", "a b/c\nd"] {
            let path = path_within(folder, name).unwrap();
            assert!(path.starts_with(folder) && path != folder, "{name}");
        }
        let long = "x".repeat(256);
        for name in ["", "/", "/etc", "../a", "a/../b", "a//b", "a/./b", ".", "..", "a\0b", &long] {
            assert!(path_within(folder, name).is_err(), "{name}");
        }
    }
}
