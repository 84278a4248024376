//! `cp`: files to objects, objects to files, objects to objects.

use std::path::Path;

use clap::Args;
use futures_util::{StreamExt, stream};

use crate::{
    cloud_url::CloudUrl,
    context::Context,
    error::{Error, Result},
    registry::Command,
    transfer::{
        choice::parse_partition,
        entry::{Entry, Origin, Trouble},
        local::cannot_read,
        options::{Particulars, TransferArgs},
        place::{Direction, Place},
        remote::object_entry,
        route::last_part,
        run::{Findings, Run, called, unseen},
        standing::Known,
        walk::file_entry,
        work::Work,
    },
};

/// Copy files to objects, objects to files, or objects to objects
///
/// What is big is moved in parts, and what was stopped goes on where it was when the same command
/// is run again. Contents are compared by their CRC64. docs/transfers.md tells the rules.
#[derive(Args)]
pub(super) struct Arguments {
    /// A file, a folder, oss://bucket/object, oss://bucket/prefix, or - for standard input
    source: String,
    /// oss://bucket[/object], a file, a folder, or - for standard output; what ends in / is gone
    /// below
    target: String,
    /// All files of the folder, or all objects with the prefix
    #[arg(short, long)]
    recursive: bool,
    /// The version of the object, if not the latest
    #[arg(long, value_name = "ID")]
    version_id: Option<String>,
    /// Fetch only the i-th of n parts that the objects are shared out to, as i:n
    #[arg(long, value_name = "I:N", value_parser = parse_partition)]
    partition_download: Option<(u32, u32)>,
    #[command(flatten)]
    transfer: TransferArgs,
}

impl Command for Arguments {
    const NAME: &'static str = "cp";
    const ALIASES: &'static [&'static str] = &["copy"];
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil cp video.mp4 oss://bucket/videos/", "uploads a file under its own name"),
        ("ossutil cp -f oss://bucket/videos/video.mp4 copy.mp4", "downloads an object"),
        ("ossutil cp -r . oss://bucket/backup/ --exclude '*.tmp'", "uploads a folder"),
        ("ossutil cp -r -u oss://bucket/backup/ restored", "downloads what is newer"),
        ("ossutil cp -r oss://bucket/videos/ oss://bucket/archive/", "copies within the service"),
        ("cat video.mp4 | ossutil cp -f - oss://bucket/piped.mp4", "uploads what is piped in"),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let is_encoded = self.transfer.encoding.is_url();
        let source = Place::parse(&self.source, is_encoded)?;
        let target = Place::parse(&self.target, is_encoded)?;
        let direction = source.direction_to(&target)?;
        let is_tree = self.check(direction, &source, &target)?;
        let partition = self.partition_download;
        let particulars = Particulars { is_tree, is_sync: false, partition };
        let transfer = self.transfer.prepare(context, (&source, &target), &particulars)?;
        check_overlap(&source, &target, is_tree, !self.changes(&transfer.work))?;
        context.is_stdout_data = matches!(target, Place::Pipe);
        let findings = match is_tree {
            true => unseen(self.transfer.tree(&source, &transfer.work).await?),
            false => self.single(&source, &transfer.work),
        };
        let command = called(Self::NAME, &[&self.source, &self.target]);
        let run = Run::new(context, &self.transfer, transfer, command, is_tree);
        run.run(context, findings).await.map(|_| ())
    }
}

impl Arguments {
    /// Checks what was named; says whether a whole tree is moved.
    fn check(&self, direction: Direction, source: &Place, target: &Place) -> Result<bool> {
        let is_list = self.transfer.tree.has_list();
        if self.version_id.is_some() && (self.recursive || direction == Direction::Upload) {
            return Err(Error::usage("--version-id names the version of one object to be read"));
        }
        if self.partition_download.is_some()
            && !(self.recursive && direction == Direction::Download)
        {
            return Err(Error::usage("--partition-download only works for downloads with -r"));
        }
        if is_list && !self.recursive {
            return Err(Error::usage("--files-from only works with --recursive"));
        }
        match source {
            Place::Pipe if self.recursive => Err(Error::usage("standard input is no folder")),
            Place::Pipe => Ok(false),
            Place::Local(name) => {
                let path = Path::new(name);
                let data = path.metadata().map_err(|error| cannot_read(path, &error))?;
                if data.is_dir() && !self.recursive {
                    let message = format!(
                        "source URL:[{{{name}}}] include directories, please use --recursive option"
                    );
                    return Err(Error::usage(message));
                }
                Ok(data.is_dir())
            }
            Place::Cloud(url) => {
                if self.recursive && matches!(target, Place::Pipe) {
                    return Err(Error::usage("many objects do not go to standard output"));
                }
                match target {
                    Place::Local(name) if self.recursive && Path::new(name).is_file() => {
                        Err(Error::usage(format!("{name} is a file, and a folder is needed")))
                    }
                    _ if self.recursive => Ok(true),
                    _ => check_object(url, direction).map(|()| false),
                }
            }
        }
    }

    /// Whether a copy onto itself would change something.
    fn changes(&self, work: &Work) -> bool {
        !work.headers.is_empty() || self.version_id.is_some()
    }

    /// The one thing that is moved.
    fn single(&self, source: &Place, work: &Work) -> Findings {
        let (source, version_id) = (source.clone(), self.version_id.clone());
        let client = work.source.clone().map(|(client, _)| client);
        let find = async move {
            let entry = match (&source, client) {
                (Place::Local(name), _) => local_file(name),
                (Place::Cloud(url), Some(client)) => {
                    let request = ossutil_client::protocol::operations::HeadObject {
                        bucket: url.bucket.clone(),
                        key: url.key.clone(),
                        version_id: version_id.clone(),
                    };
                    let head = client.send(&request).await;
                    head.map_err(|error| Trouble::Entry {
                        name: last_part(&url.key).to_owned(),
                        error: error.into(),
                    })
                    .map(|head| {
                        let name = last_part(&url.key);
                        object_entry(&url.key, version_id.as_deref(), name, &head)
                    })
                }
                _ => {
                    let origin = Origin::Pipe;
                    Ok(Entry { name: "stdin".to_owned(), size: 0, modified: None, origin })
                }
            };
            entry.map(|entry| (entry, Known::Unknown))
        };
        stream::once(find).boxed()
    }
}

fn local_file(name: &str) -> std::result::Result<Entry, Trouble> {
    let path = Path::new(name);
    let file_name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match path.metadata() {
        Ok(data) => file_entry(file_name, path.to_owned(), &data, false),
        Err(error) => Err(Trouble::Entry { name: file_name, error: cannot_read(path, &error) }),
    }
}

/// Whether a URL names one object.
fn check_object(url: &CloudUrl, direction: Direction) -> Result<()> {
    if url.key.is_empty() {
        let verb = direction.verb();
        return Err(Error::usage(format!(
            "{verb} object invalid url: oss://{}, object empty. If you mean batch {verb} objects, \
             please use --recursive option",
            url.bucket
        )));
    }
    if url.key.ends_with('/') {
        return Err(Error::usage(format!(
            "cp: {} is a directory (not copied), please use --recursive option",
            url.key
        )));
    }
    Ok(())
}

/// Objects are not copied onto themselves, and no tree into itself: that would never end.
fn check_overlap(source: &Place, target: &Place, is_tree: bool, is_idle: bool) -> Result<()> {
    let (Place::Cloud(from), Place::Cloud(to)) = (source, target) else { return Ok(()) };
    if from.bucket != to.bucket {
        return Ok(());
    }
    let url = |key: &str| format!("oss://{}/{key}", from.bucket);
    if is_tree {
        let is_same = from.key.trim_end_matches('/') == to.key.trim_end_matches('/');
        if (is_idle || !is_same) && to.key.starts_with(&from.key) {
            return Err(Error::usage(format!(
                "\"{}\" include \"{}\", it's not allowed, recursivlly copy should be avoided",
                url(&to.key),
                url(&from.key)
            )));
        }
        return Ok(());
    }
    let key = match to.key.is_empty() || to.key.ends_with('/') {
        true => format!("{}{}", to.key, last_part(&from.key)),
        false => to.key.clone(),
    };
    match key == from.key && is_idle {
        true => Err(Error::usage(format!(
            "\"{}\" and \"{}\" are the same, copy self will do nothing, set meta please use --meta \
             options",
            url(&from.key),
            url(&key)
        ))),
        false => Ok(()),
    }
}
