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

/// Puts a file of this content in the place of `target`, at once and on the disk.
pub(super) fn replace(target: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = name_beside(target)?;
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
