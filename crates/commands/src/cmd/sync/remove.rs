//! Removes what only the target of a `sync` has.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use ossutil_client::{Client, protocol::operations::ObjectId};
use serde::Serialize;

use super::{Arguments, extras::Extras};
use crate::{
    context::Context,
    display::{escape, object_url},
    error::{Error, Result},
    exit::Status,
    objects::deletion::{BATCH, delete_many},
    output::Record,
    transfer::{
        entry::{Entry, Origin},
        local::{path_within, real_path},
        place::Place,
        work::Work,
    },
};

/// A removal that is about to happen.
pub(super) struct Removal {
    side: Side,
    /// The two ends, each as it was typed, with whether it is in the cloud.
    ends: [(String, bool); 2],
    is_forced: bool,
    is_dry: bool,
}

enum Side {
    Cloud {
        client: Client,
        bucket: String,
    },
    /// A folder, and where its files are moved to; nowhere when it has none.
    Local {
        folder: PathBuf,
        backup: Option<PathBuf>,
    },
}

/// What became of one thing that only the target has.
#[derive(Default, Serialize)]
struct RemovalRecord<'a> {
    target: &'a str,
    outcome: &'a str,
    error: Option<&'a str>,
}

impl Record for RemovalRecord<'_> {
    const LIST: &'static str = "removals";
    const ITEM: &'static str = "removal";
}

impl Removal {
    /// Checks that what is removed from a folder has a place to go to.
    pub(super) fn new(arguments: &Arguments, target: &Place, work: &Work) -> Result<Self> {
        let side = match (target, &work.target) {
            (Place::Cloud(url), Some(client)) => {
                Side::Cloud { client: client.clone(), bucket: url.bucket.clone() }
            }
            (Place::Local(name), _) => {
                let folder = PathBuf::from(name);
                let backup = arguments.backup_dir.as_ref().map(PathBuf::from);
                if arguments.delete {
                    check_backup(&folder, backup.as_deref())?;
                }
                Side::Local { folder, backup }
            }
            _ => return Err(Error::usage("standard output is no folder")),
        };
        let ends = [
            (arguments.source.clone(), work.source.is_some()),
            (arguments.target.clone(), work.target.is_some()),
        ];
        let is_forced = arguments.transfer.compare.force;
        let is_dry = arguments.transfer.dry_run;
        Ok(Self { side, ends, is_forced, is_dry })
    }

    /// Says how much both sides have.
    pub(super) fn say_counts(&mut self, context: &mut Context<'_>, extras: &Extras) -> Result<()> {
        for ((url, is_cloud), count) in self.ends.iter().zip(extras.counts()) {
            let what = match is_cloud {
                true => format!("{},total oss object", escape(url)),
                false => "total file(directory)".to_owned(),
            };
            context.printer.line(format_args!("{what} count:{count}"))?;
        }
        Ok(())
    }

    /// Removes these, once the user has seen them and agreed.
    pub(super) async fn run(self, context: &mut Context<'_>, extras: Vec<Entry>) -> Result<()> {
        let what = match self.side {
            Side::Cloud { .. } => "object will be deleted",
            Side::Local { .. } => "file(directory) will be removed",
        };
        context.printer.list::<RemovalRecord<'_>>()?;
        context.printer.line(format_args!("{what} count:{}", extras.len()))?;
        if self.is_dry {
            return extras.iter().try_for_each(|entry| self.record(context, entry, &Ok("spared")));
        }
        if extras.is_empty() {
            return Ok(());
        }
        if !self.is_forced {
            for entry in &extras {
                context.printer.say(escape(&self.name(entry)));
            }
            let things = if matches!(self.side, Side::Cloud { .. }) { "objects" } else { "files" };
            let question = format!("sync:delete above {things}(y or N)? ");
            if !context.confirm(&question).await? {
                return Err(Error::canceled());
            }
        }
        let (removed, failure) = match &self.side {
            Side::Cloud { client, bucket } => {
                self.delete_objects(context, client, bucket, &extras).await?
            }
            Side::Local { folder, backup } => {
                self.move_files(context, folder, backup.as_deref(), &extras)?
            }
        };
        let what = match self.side {
            Side::Cloud { .. } => "delete object",
            Side::Local { .. } => "remove file(directory)",
        };
        context.printer.line(format_args!("{what} count:{removed}"))?;
        failure.map_or(Ok(()), Err)
    }

    async fn delete_objects(
        &self,
        context: &mut Context<'_>,
        client: &Client,
        bucket: &str,
        extras: &[Entry],
    ) -> Result<(usize, Option<Error>)> {
        let (mut removed, mut failure) = (0, None);
        for batch in extras.chunks(BATCH) {
            let objects = batch.iter().filter_map(|entry| match &entry.origin {
                Origin::Object { key, .. } => {
                    Some((entry, ObjectId { key: key.clone(), version_id: None }))
                }
                _ => None,
            });
            let (entries, objects): (Vec<&Entry>, Vec<ObjectId>) = objects.unzip();
            let failures = delete_many(client, bucket, &objects).await?;
            for (entry, failed) in entries.into_iter().zip(failures) {
                let outcome = failed.map_or(Ok("removed"), Err);
                self.record(context, entry, &outcome)?;
                match outcome {
                    Ok(_) => removed += 1,
                    Err(message) => fail(context, &mut failure, &self.name(entry), &message),
                }
            }
        }
        Ok((removed, failure))
    }

    /// Moves files to where they are kept, and removes the folders that are empty then.
    fn move_files(
        &self,
        context: &mut Context<'_>,
        folder: &Path,
        backup: Option<&Path>,
        extras: &[Entry],
    ) -> Result<(usize, Option<Error>)> {
        let (mut removed, mut failure) = (0, None);
        let (folders, files): (Vec<&Entry>, Vec<&Entry>) =
            extras.iter().partition(|entry| entry.is_directory());
        // Folders come last, the inner ones before those they are in.
        for entry in files.into_iter().chain(folders.into_iter().rev()) {
            let outcome = remove_file(folder, backup, entry).map_err(|error| error.to_string());
            self.record(context, entry, &outcome)?;
            match outcome {
                Ok(_) => removed += 1,
                Err(message) => fail(context, &mut failure, &self.name(entry), &message),
            }
        }
        Ok((removed, failure))
    }

    /// How one of them is called.
    fn name(&self, entry: &Entry) -> String {
        match (&self.side, &entry.origin) {
            (Side::Cloud { bucket, .. }, Origin::Object { key, .. }) => {
                object_url(bucket, key).into_owned()
            }
            (_, Origin::File(path) | Origin::Directory(path)) => path.display().to_string(),
            _ => entry.name.clone(),
        }
    }

    fn record(
        &self,
        context: &mut Context<'_>,
        entry: &Entry,
        outcome: &std::result::Result<&'static str, String>,
    ) -> Result<()> {
        let name = self.name(entry);
        let (word, error) = match outcome {
            Ok(_) if self.is_dry => ("would be removed", None),
            Ok(word) => (*word, None),
            Err(message) => ("failed", Some(message.as_str())),
        };
        let record = RemovalRecord { target: &name, outcome: word, error };
        Ok(context.printer.record(&record, |out| match self.is_dry {
            true => writeln!(out, "would remove {}", escape(&name)),
            false => Ok(()),
        })?)
    }
}

fn fail(context: &mut Context<'_>, failure: &mut Option<Error>, name: &str, message: &str) {
    let text = format!("{name} was not removed: {message}");
    context.printer.say(escape(&text));
    failure.get_or_insert(Error::reported(Status::Partial));
}

/// Whether files can be kept there: outside of the folder, or they would be synced.
fn check_backup(folder: &Path, backup: Option<&Path>) -> Result<()> {
    let Some(backup) = backup else {
        return match folder.exists() {
            false => Ok(()),
            true => Err(Error::usage("dest backup dir is empty string,please use --backup-dir")
                .hint("files that are removed from a folder are kept there")),
        };
    };
    match real_path(backup).starts_with(real_path(folder)) {
        true => Err(Error::usage(format!("{} is within the folder", backup.display()))
            .hint("choose a --backup-dir outside of it")),
        false => Ok(()),
    }
}

fn remove_file(folder: &Path, backup: Option<&Path>, entry: &Entry) -> io::Result<&'static str> {
    let invalid = |error: Error| io::Error::other(error.message);
    let path = path_within(folder, &entry.name).map_err(invalid)?;
    if entry.is_directory() {
        return fs::remove_dir(path).map(|()| "removed");
    }
    let backup = backup.ok_or_else(|| io::Error::other("there is no --backup-dir"))?;
    let target = path_within(backup, &entry.name).map_err(invalid)?;
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::rename(&path, &target) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            fs::copy(&path, &target)?;
            fs::remove_file(&path)?;
        }
        moved => moved?,
    }
    Ok("moved")
}
