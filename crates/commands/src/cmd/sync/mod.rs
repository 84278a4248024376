//! `sync`: makes a tree of files or objects like another one.

mod extras;
mod remove;

use std::path::{Path, PathBuf};

use clap::Args;
use futures_util::{StreamExt, stream};

use self::{extras::Extras, remove::Removal};
use crate::{
    context::Context,
    error::{Error, Result},
    registry::Command,
    transfer::{
        entry::Entries,
        options::{Particulars, TransferArgs},
        place::Place,
        remote,
        run::{Run, called, unseen},
        walk::{WalkRules, walk},
        work::Work,
    },
};

/// Make a tree of files or objects like another one
///
/// Both sides are listed, and only what differs is moved: what has another size, or was written
/// later than its target. With --checksum it is the content that is compared, with -u only the
/// time. docs/transfers.md tells the rules.
#[derive(Args)]
pub(super) struct Arguments {
    /// A folder, or oss://bucket[/prefix]
    source: String,
    /// oss://bucket[/prefix], or a folder
    target: String,
    /// Afterwards remove from the target what the source does not have
    #[arg(long)]
    delete: bool,
    /// Where files that are removed from a folder are kept
    #[arg(long, value_name = "FOLDER")]
    backup_dir: Option<String>,
    #[command(flatten)]
    transfer: TransferArgs,
}

impl Command for Arguments {
    const NAME: &'static str = "sync";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil sync . oss://bucket/backup/", "uploads what is new or has changed"),
        ("ossutil sync oss://bucket/backup/ restored -f", "downloads it, replacing without asking"),
        (
            "ossutil sync . oss://bucket/backup/ --delete --dry-run",
            "shows what would be sent, and what would be removed",
        ),
        (
            "ossutil sync oss://bucket/backup/ restored --delete --backup-dir removed -f",
            "keeps the files that it removes",
        ),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let (source, target) = (self.place(&self.source)?, self.place(&self.target)?);
        let particulars = Particulars { is_tree: true, is_sync: true, partition: None };
        let transfer = self.transfer.prepare(context, (&source, &target), &particulars)?;
        self.check(&source, &target)?;
        let mut removal = Removal::new(&self, &target, &transfer.work)?;
        let extras = Extras::new(
            self.transfer.choice.check(None, (context.environment.clock)())?,
            self.transfer.tree.rules(),
        );
        if self.delete {
            let sides = self.sides(&source, &target, &transfer.work).await?;
            extras.collect(sides).await?;
            removal.say_counts(context, &extras)?;
        }
        // Names in a list have no order to merge by: each target is looked at by itself.
        let findings = match self.transfer.tree.has_list() {
            true => unseen(self.transfer.tree(&source, &transfer.work).await?),
            false => extras.watch(self.sides(&source, &target, &transfer.work).await?),
        };
        let command = called(Self::NAME, &[&self.source, &self.target]);
        let run = Run::new(context, &self.transfer, transfer, command, true);
        run.run(context, findings).await?;
        match self.delete {
            true => removal.run(context, extras.finish()?).await,
            false => Ok(()),
        }
    }
}

impl Arguments {
    /// One side; a prefix is taken for a folder.
    fn place(&self, text: &str) -> Result<Place> {
        let mut place = Place::parse(text, self.transfer.encoding.is_url())?;
        match &mut place {
            Place::Cloud(url) if !url.key.is_empty() && !url.key.ends_with('/') => {
                url.key.push('/');
            }
            Place::Pipe => {
                return Err(Error::usage("standard input and output are no folders"));
            }
            Place::Cloud(_) | Place::Local(_) => {}
        }
        Ok(place)
    }

    fn check(&self, source: &Place, target: &Place) -> Result<()> {
        if self.delete && self.transfer.tree.has_list() {
            return Err(Error::usage(
                "--delete removes what is not in the source, and --files-from \
                                     names only some of it",
            )
            .hint("leave out one of the two"));
        }
        if let Place::Local(name) = source
            && !Path::new(name).is_dir()
        {
            return Err(Error::usage(format!("{name} is no folder"))
                .hint("sync works on folders; cp moves single files"));
        }
        match (source, target) {
            (_, Place::Local(name)) if Path::new(name).is_file() => {
                Err(Error::usage(format!("{name} is a file, and a folder is needed")))
            }
            (Place::Cloud(from), Place::Cloud(to))
                if from.bucket == to.bucket
                    && (to.key.starts_with(&from.key) || from.key.starts_with(&to.key)) =>
            {
                let url = |key: &str| format!("oss://{}/{key}", from.bucket);
                Err(Error::usage(format!(
                    "\"{}\" include \"{}\", it's not allowed, recursivlly copy should be avoided",
                    url(&to.key),
                    url(&from.key)
                )))
            }
            _ => Ok(()),
        }
    }

    /// The entries of both sides.
    async fn sides(
        &self,
        source: &Place,
        target: &Place,
        work: &Work,
    ) -> Result<(Entries, Entries)> {
        let entries = self.transfer.tree(source, work).await?;
        let is_flat = self.transfer.tree.is_flat();
        let standing = match (target, &work.target) {
            (Place::Cloud(url), Some(client)) => remote::objects(client, url, is_flat),
            (Place::Local(name), _) if Path::new(name).exists() => {
                let rules = WalkRules { keeps_links: true, is_flat, ..WalkRules::default() };
                walk(PathBuf::from(name), rules, work.own.clone())
            }
            _ => stream::empty().boxed(),
        };
        Ok((entries, standing))
    }
}
