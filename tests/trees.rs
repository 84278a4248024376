//! Files and objects, many at a time: what a test writes, and what it finds.

use std::{fs, path::Path};

use crate::support::{Run, World};

impl World {
    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file below the home folder, and the folders it is in.
    pub(crate) fn write(&self, name: &str, content: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, content).expect("a file");
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The keys of the bucket.
    pub(crate) fn keys(&self) -> Vec<String> {
        let listing = self.run(&["ls", "-s", "oss://bkt"]).ok().stdout.clone();
        let keys = listing.lines().filter_map(|line| line.strip_prefix("oss://bkt/"));
        keys.map(str::to_owned).collect()
    }

    /// The value of a header of an object.
    pub(crate) fn header(&self, key: &str, name: &str) -> Option<String> {
        let stat = self.head(key);
        stat.into_iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }

    /// How many requests of a kind there were.
    pub(crate) fn count(&self, method: &str) -> usize {
        self.requests().iter().filter(|line| line.starts_with(method)).count()
    }
}

/// The names of what is in a folder and below, sorted.
pub(crate) fn tree(folder: &Path) -> Vec<String> {
    fn collect(folder: &Path, prefix: &str, names: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("an entry");
            let name = format!("{prefix}{}", entry.file_name().display());
            if entry.file_type().expect("a type").is_dir() {
                names.push(format!("{name}/"));
                collect(&entry.path(), &format!("{name}/"), names);
            } else {
                names.push(name);
            }
        }
    }
    let mut names = Vec::new();
    collect(folder, "", &mut names);
    names.sort();
    names
}

/// The line that says what a run came to.
pub(crate) fn summary(run: &Run) -> String {
    run.stdout.lines().find(|line| line.contains(" num: ")).unwrap_or_default().to_owned()
}
