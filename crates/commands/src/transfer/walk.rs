//! The files of a folder, as a stream in the order their keys have.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;

use super::{
    entry::{Entries, Entry, Origin, Trouble},
    local::{cannot_read, modified},
    own::OwnFiles,
};
use crate::error::Error;

/// How many entries the walk may be ahead.
const AHEAD: usize = 1024;

/// How links and directories are taken.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WalkRules {
    /// Goes on behind links to directories.
    pub(crate) follows_directories: bool,
    /// Passes over every link.
    pub(crate) skips_links: bool,
    /// Takes links for what they are: a thing of the tree, which leads nowhere.
    pub(crate) keeps_links: bool,
    /// Takes the files of the folder itself only.
    pub(crate) is_flat: bool,
    /// Leaves out the directories themselves.
    pub(crate) skips_directories: bool,
}

/// Walks a folder, and leaves out what is `own`. Names are in the order of their bytes, as the service lists keys, so that both
/// can be merged; only the names of the directories on the way are held in memory.
pub(crate) fn walk(root: PathBuf, rules: WalkRules, own: OwnFiles) -> Entries {
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        let mut walk = Walk { rules, own, sender, ancestors: Vec::new() };
        // Whoever asked may have stopped listening.
        let _ = walk.folder(&root, "");
    });
    stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|entry| (entry, receiver))
    })
    .boxed()
}

struct Walk {
    rules: WalkRules,
    own: OwnFiles,
    sender: mpsc::Sender<Result<Entry, Trouble>>,
    /// Where the directories on the way really are, when links are followed.
    ancestors: Vec<PathBuf>,
}

/// Nobody listens any more.
struct Gone;

struct Child {
    /// The name that decides the order: that of a directory with its `/`.
    name: String,
    path: PathBuf,
    data: fs::Metadata,
}

impl Walk {
    fn send(&self, entry: Result<Entry, Trouble>) -> Result<(), Gone> {
        self.sender.blocking_send(entry).map_err(|_| Gone)
    }

    fn failed(&self, name: &str, error: Error) -> Result<(), Gone> {
        self.send(Err(Trouble::Entry { name: name.to_owned(), error }))
    }

    fn folder(&mut self, folder: &Path, prefix: &str) -> Result<(), Gone> {
        if self.rules.follows_directories {
            let place = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
            if self.ancestors.contains(&place) {
                let text = format!("{} leads back to {}", folder.display(), place.display());
                return self.send(Err(Trouble::Note(format!("{text}; it is not followed"))));
            }
            self.ancestors.push(place);
        }
        let walked = self.children(folder, prefix);
        if self.rules.follows_directories {
            self.ancestors.pop();
        }
        walked
    }

    fn children(&mut self, folder: &Path, prefix: &str) -> Result<(), Gone> {
        let list = match fs::read_dir(folder) {
            Ok(list) => list,
            Err(error) => return self.failed(prefix, cannot_read(folder, &error)),
        };
        let mut children = Vec::new();
        for child in list {
            match child {
                Ok(child) => {
                    children.extend(self.child(child.path(), child.file_name(), prefix)?);
                }
                Err(error) => self.failed(prefix, cannot_read(folder, &error))?,
            }
        }
        children.sort_unstable_by(|one: &Child, other| one.name.cmp(&other.name));
        children.into_iter().try_for_each(|child| self.visit(child, prefix))
    }

    /// A child of a folder, unless it is none to be moved.
    fn child(&self, path: PathBuf, name: OsString, prefix: &str) -> Result<Option<Child>, Gone> {
        let name = match name.into_string() {
            Ok(name) => name,
            Err(name) => {
                let error = Error::failed(format!("{} is not UTF-8", path.display()))
                    .hint("keys are UTF-8; rename it");
                self.failed(&format!("{prefix}{}", name.display()), error)?;
                return Ok(None);
            }
        };
        let failed = |error: &std::io::Error| {
            self.failed(&format!("{prefix}{name}"), cannot_read(&path, error)).map(|()| None)
        };
        let mut data = match fs::symlink_metadata(&path) {
            Ok(data) => data,
            Err(error) => return failed(&error),
        };
        if data.is_symlink() && !self.rules.keeps_links {
            if self.rules.skips_links {
                return Ok(None);
            }
            data = match fs::metadata(&path) {
                Ok(data) => data,
                Err(error) => return failed(&error),
            };
            if data.is_dir() && !self.rules.follows_directories {
                let text =
                    format!("{} is a link to a directory and is passed over", path.display());
                let note = format!("{text}; --enable-symlink-dir follows it");
                self.send(Err(Trouble::Note(note)))?;
                return Ok(None);
            }
        }
        if self.own.have(&path, data.is_dir()) {
            return Ok(None);
        }
        let name = if data.is_dir() { format!("{name}/") } else { name };
        Ok(Some(Child { name, path, data }))
    }

    fn visit(&mut self, child: Child, prefix: &str) -> Result<(), Gone> {
        let Child { name, path, data } = child;
        let name = format!("{prefix}{name}");
        if !data.is_dir() {
            return self.send(file_entry(name, path, &data, self.rules.keeps_links));
        }
        if self.rules.is_flat {
            return Ok(());
        }
        if !self.rules.skips_directories {
            let (size, modified) = (0, modified(&data));
            let origin = Origin::Directory(path.clone());
            self.send(Ok(Entry { name: name.clone(), size, modified, origin }))?;
        }
        self.folder(&path, &name)
    }
}

/// A file as an entry; anything but a regular one has no content that could be sent.
pub(crate) fn file_entry(
    name: String,
    path: PathBuf,
    data: &fs::Metadata,
    keeps_links: bool,
) -> Result<Entry, Trouble> {
    if data.is_file() || keeps_links {
        let modified = modified(data);
        return Ok(Entry { name, size: data.len(), modified, origin: Origin::File(path) });
    }
    let error = Error::failed(format!("{} is not a regular file", path.display()));
    Err(Trouble::Entry { name, error })
}
