//! A folder of small files, to be sent.

use std::{fs, io, path::PathBuf};

use crate::{Failure, root};

/// Bytes of each file.
const SIZE: usize = 10 << 10;

/// How many files a folder below it has.
const PER_FOLDER: u64 = 100;

/// A folder with `count` files, as an earlier call has left it or a new one.
pub(super) fn folder(count: u64) -> Result<PathBuf, Failure> {
    let path = root().join(format!("target/bench-files-{count}"));
    let fill = || -> io::Result<()> {
        // The whole folder takes its name at once: what is there is whole.
        let temporary = path.with_extension("new");
        if path.exists() {
            return Ok(());
        }
        if temporary.exists() {
            fs::remove_dir_all(&temporary)?;
        }
        for number in 0..count {
            let below = temporary.join(format!("{:04}", number / PER_FOLDER));
            if number % PER_FOLDER == 0 {
                fs::create_dir_all(&below)?;
            }
            let content = number.to_le_bytes().repeat(SIZE / size_of::<u64>());
            fs::write(below.join(format!("{number:06}.bin")), content)?;
        }
        fs::rename(&temporary, &path)
    };
    fill().map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}
