//! What is sent: a file, or what can be read only once.

use std::{fs::File, io, io::Read, path::PathBuf};

use ossutil_client::transfer::FileSource;

/// What is sent.
pub(crate) enum Input {
    /// A regular file, any part of which can be read again.
    File(FileSource),
    /// What can be read only once: standard input, a named pipe.
    Pipe(Box<dyn Read + Send>),
}

impl Input {
    /// Opens what is named, `-` for standard input. Beside the runtime: a named pipe waits for its
    /// writer.
    pub(crate) async fn open(name: &str) -> io::Result<Self> {
        if name == "-" {
            return Ok(Self::Pipe(Box::new(io::stdin())));
        }
        let path = PathBuf::from(name);
        let open = move || {
            let is_pipe = path.metadata().is_ok_and(|data| !data.is_file() && !data.is_dir());
            match is_pipe {
                true => Ok(Self::Pipe(Box::new(File::open(path)?))),
                false => Ok(Self::File(FileSource::open(&path)?)),
            }
        };
        tokio::task::spawn_blocking(open).await.map_err(io::Error::other)?
    }
}
