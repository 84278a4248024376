//! Bodies in files, one each. A file has its name when it is whole and on the disk.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::{Bytes, BytesMut};

use super::{
    bodies::{Bodies, BodyWriter, CHUNK},
    records::Segment,
};

/// Bodies in the files of a folder.
pub(crate) struct Files {
    folder: PathBuf,
    /// Whether files got their names since the folder was last synchronised.
    has_news: Arc<AtomicBool>,
}

impl Files {
    /// Opens the folder, or makes it, and removes what was never finished. Gives the bodies that
    /// are there too.
    pub(crate) fn open(folder: &Path) -> io::Result<(Self, BTreeSet<u64>)> {
        fs::create_dir_all(folder)?;
        let mut ids = BTreeSet::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            match name.to_str().and_then(|name| u64::from_str_radix(name, 16).ok()) {
                Some(id) => {
                    ids.insert(id);
                }
                None if name.to_string_lossy().ends_with(".tmp") => fs::remove_file(entry.path())?,
                None => {}
            }
        }
        Ok((Self { folder: folder.to_owned(), has_news: Arc::default() }, ids))
    }

    fn path(&self, id: u64) -> PathBuf {
        self.folder.join(format!("{id:016x}"))
    }
}

impl Bodies for Files {
    fn create(&self, id: u64) -> io::Result<Box<dyn BodyWriter>> {
        let path = self.path(id);
        let temporary = path.with_extension("tmp");
        let file = File::create_new(&temporary)?;
        let has_news = Arc::clone(&self.has_news);
        Ok(Box::new(FileWriter { file, temporary: Some(temporary), path, has_news }))
    }

    fn read(
        &self,
        segment: &Segment,
        sink: &mut dyn FnMut(Bytes) -> ControlFlow<()>,
    ) -> io::Result<()> {
        let mut file = File::open(self.path(segment.body))?;
        file.seek(SeekFrom::Start(segment.offset))?;
        let mut left = segment.length;
        while left > 0 {
            let length = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
            let mut piece = BytesMut::zeroed(length);
            file.read_exact(&mut piece)?;
            left -= length as u64;
            if sink(piece.freeze()).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn remove(&self, id: u64) {
        if let Err(error) = fs::remove_file(self.path(id)) {
            tracing::warn!("cannot remove {}: {error}", self.path(id).display());
        }
    }

    fn sync(&self) -> io::Result<()> {
        match self.has_news.swap(false, Ordering::AcqRel) {
            true => File::open(&self.folder)?.sync_all(),
            false => Ok(()),
        }
    }
}

struct FileWriter {
    file: File,
    /// The file's name until it is finished.
    temporary: Option<PathBuf>,
    path: PathBuf,
    has_news: Arc<AtomicBool>,
}

impl BodyWriter for FileWriter {
    fn write(&mut self, piece: &Bytes) -> io::Result<()> {
        self.file.write_all(piece)
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.file.sync_data()?;
        if let Some(temporary) = &self.temporary {
            fs::rename(temporary, &self.path)?;
        }
        self.temporary = None;
        self.has_news.store(true, Ordering::Release);
        Ok(())
    }
}

impl Drop for FileWriter {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            let _ = fs::remove_file(temporary);
        }
    }
}
