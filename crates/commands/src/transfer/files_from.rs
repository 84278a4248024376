//! `--files-from`: a list of names in place of a tree or a listing.

use std::path::{Path, PathBuf};

use futures_util::{StreamExt, stream};
use ossutil_client::Client;

use super::{
    entry::{Entries, Entry, Origin, Trouble},
    local::{self, cannot_read},
    place::Place,
    remote, report,
    route::base_length,
    walk::file_entry,
};
use crate::{
    cloud_url::CloudUrl,
    context::Context,
    error::{Error, Result},
};

/// How many names are looked up at once.
const AT_ONCE: usize = 32;

/// The names in a file, or in standard input.
///
/// # Errors
/// A file that cannot be read.
pub(crate) async fn read(list: &str) -> Result<Vec<String>> {
    let text = match list {
        "-" => Context::read_stdin().await?,
        path => {
            std::fs::read_to_string(path).map_err(|error| cannot_read(Path::new(path), &error))?
        }
    };
    Ok(report::names(&text))
}

/// The entries of these names: below the source, or named as a report names them.
pub(crate) fn entries(
    names: Vec<String>,
    source: &Place,
    client: Option<(Client, String)>,
) -> Entries {
    let source = source.clone();
    stream::iter(names)
        .map(move |name| look_up(name, source.clone(), client.clone()))
        .buffered(AT_ONCE)
        .boxed()
}

async fn look_up(
    name: String,
    source: Place,
    client: Option<(Client, String)>,
) -> std::result::Result<Entry, Trouble> {
    match (&source, client) {
        (Place::Cloud(url), Some((client, bucket))) => {
            let base = &url.key[..base_length(&url.key)];
            let key = key_of(&name, &bucket, base);
            let failed = |error| Trouble::Entry { name: name.clone(), error };
            let Some(below) = key.strip_prefix(base) else {
                let message = format!("{key} is not below oss://{bucket}/{base}");
                return Err(failed(Error::failed(message)));
            };
            match remote::head(&client, &bucket, &key, None).await {
                Ok(Some(head)) => Ok(remote::object_entry(&key, None, below, &head)),
                Ok(None) => Err(failed(Error::failed(format!("there is no oss://{bucket}/{key}")))),
                Err(error) => Err(failed(error.into())),
            }
        }
        (Place::Local(folder), _) => {
            let folder = Path::new(folder);
            let below = Path::new(&name).strip_prefix(folder);
            let below = below.ok().and_then(Path::to_str).unwrap_or(&name).to_owned();
            local_entry(folder, below)
        }
        _ => Err(Trouble::End(Error::usage("standard input has no names"))),
    }
}

/// A key, from a name below the source or a URL.
fn key_of(name: &str, bucket: &str, base: &str) -> String {
    match CloudUrl::parse(name, false) {
        Ok(url) if url.bucket == bucket => url.key,
        _ => format!("{base}{name}"),
    }
}

fn local_entry(folder: &Path, name: String) -> std::result::Result<Entry, Trouble> {
    let path: PathBuf = match local::path_within(folder, &name) {
        Ok(path) => path,
        Err(error) => return Err(Trouble::Entry { name, error }),
    };
    match std::fs::metadata(&path) {
        Ok(data) if data.is_dir() => {
            let name = format!("{}/", name.trim_end_matches('/'));
            let modified = local::modified(&data);
            Ok(Entry { name, size: 0, modified, origin: Origin::Directory(path) })
        }
        Ok(data) => file_entry(name, path, &data, false),
        Err(error) => Err(Trouble::Entry { name, error: cannot_read(&path, &error) }),
    }
}
