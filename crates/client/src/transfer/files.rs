//! Files that take their name only when they are whole.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use ring::rand::{SecureRandom, SystemRandom};

/// A name beside `target` that no other file has.
pub(super) fn name_beside(target: &Path) -> io::Result<PathBuf> {
    let mut random = [0; 8];
    SystemRandom::new().fill(&mut random).map_err(|_| io::Error::other("no random numbers"))?;
    Ok(target.with_file_name(format!(".ossutil-{:016x}.part", u64::from_le_bytes(random))))
}

/// Puts a file of this content in the place of `target`, at once and on the disk. What a run that
/// was killed meanwhile leaves is taken away by the next one, or by [`remove`].
pub(super) fn replace(target: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = new(target);
    remove_if_there(&temporary)?;
    let write = || {
        let mut file = File::options().write(true).create_new(true).open(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&temporary, target)?;
        // The name lasts once the folder is on the disk too; not every system can do that.
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
        let _ = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
        Ok(())
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(&temporary);
    })
}

/// Removes a file that [`replace`] wrote, if it is there.
pub(super) fn remove(target: &Path) -> io::Result<()> {
    remove_if_there(&new(target))?;
    remove_if_there(target)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The name of what will be `target`.
fn new(target: &Path) -> PathBuf {
    target.with_extension("new")
}
