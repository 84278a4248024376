//! The options that `cp` and `sync` share, and the work they describe.

use std::{
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
    sync::Arc,
};

use clap::Args;
use ossutil_client::{
    Client, Limiter,
    transfer::{ByteRange, Carry, Checkpoints, plan::MAX_PART_SIZE, plan::MIN_PART_SIZE},
};
use ossutil_config::{Setting, Settings};
use tokio::sync::mpsc;

use super::{
    choice::{ChoiceArgs, CompareArgs, size},
    entry::Entries,
    fetch::Fetching,
    files_from,
    own::OwnFiles,
    place::{Direction, Place},
    remote,
    route::Route,
    snapshot::Snapshot,
    walk::{self, WalkRules},
    work::{Limits, Question, Work},
};
use crate::{
    cloud_url::CloudUrl,
    connection::Pace,
    context::Context,
    error::{Error, Result},
    headers::{HeaderArgs, Headers},
    options::{NameEncoding, RequestPayer},
};

/// The options of a transfer.
#[derive(Args, Clone, Debug)]
pub(crate) struct TransferArgs {
    #[command(flatten)]
    pub(crate) compare: CompareArgs,
    #[command(flatten)]
    pub(crate) choice: ChoiceArgs,
    #[command(flatten)]
    pub(crate) headers: HeaderArgs,
    #[command(flatten)]
    pub(crate) tree: TreeArgs,
    #[command(flatten)]
    pub(crate) pace: PaceArgs,
    #[command(flatten)]
    pub(crate) records: RecordArgs,
    /// What a copy keeps of its source beside the content: none, metadata, or default for metadata
    /// and tags
    #[arg(long, value_name = "WHAT", default_value = "default",
          value_parser = ["none", "metadata", "default"])]
    copy_props: String,
    /// Only these bytes of each object: 0-99, 100- or -100
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    range: Option<ByteRange>,
    /// Show what would be done, and do nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) encoding: NameEncoding,
    #[command(flatten)]
    payer: RequestPayer,
}

/// Which parts of a tree belong to it.
#[derive(Args, Clone, Debug)]
pub(crate) struct TreeArgs {
    /// Stay out of the folders below the source
    #[arg(short = 'd', long, visible_alias = "dirs")]
    only_current_dir: bool,
    /// Make no objects for folders
    #[arg(long)]
    disable_dir_object: bool,
    /// Pass over symbolic links
    #[arg(long)]
    disable_all_symlink: bool,
    /// Follow symbolic links to folders
    #[arg(long)]
    enable_symlink_dir: bool,
    /// Only the names in this file, a name a line below the source, or a report of failures; - for
    /// standard input
    #[arg(long, value_name = "FILE")]
    files_from: Option<String>,
}

/// How much is done at once.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct PaceArgs {
    /// How many files or objects are worked on at once (16 unless set)
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    jobs: Option<u32>,
    /// How many parts of one file or object are moved at once (4 of many, 12 of a single one,
    /// unless set)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    parallel: Option<u32>,
    /// What has this many bytes is moved in parts (104857600 unless set)
    #[arg(long, value_name = "BYTES")]
    bigfile_threshold: Option<u64>,
    /// Bytes of a part; chosen by the size unless set
    #[arg(long, value_name = "BYTES",
          value_parser = clap::value_parser!(u64).range(MIN_PART_SIZE..=MAX_PART_SIZE))]
    part_size: Option<u64>,
    /// Go on with an unfinished upload of the same key whose parts are of the file, whoever began
    /// it
    #[arg(long)]
    adopt: bool,
    /// Send at most so many KB a second, all together
    #[arg(long, value_name = "KB")]
    maxupspeed: Option<u64>,
    /// Receive at most so many KB a second, all together
    #[arg(long, value_name = "KB")]
    maxdownspeed: Option<u64>,
    /// Move at most this a second, both ways together: 10M, or bytes
    #[arg(long, value_name = "SIZE", value_parser = size,
          conflicts_with_all = ["maxupspeed", "maxdownspeed"])]
    bandwidth_limit: Option<u64>,
    /// Accepted and without effect: contents are always checked
    #[arg(long)]
    disable_crc64: bool,
}

/// What is remembered and reported.
#[derive(Args, Clone, Debug)]
pub(crate) struct RecordArgs {
    /// Folder of reports of failures (ossutil_output unless set)
    #[arg(long, value_name = "FOLDER")]
    output_dir: Option<PathBuf>,
    /// Folder that remembers which uploads are under way (.ossutil_checkpoint unless set)
    #[arg(long, value_name = "FOLDER")]
    checkpoint_dir: Option<PathBuf>,
    /// Folder that remembers what was sent: what has not changed since is not looked at again
    #[arg(long, value_name = "FOLDER")]
    snapshot_path: Option<String>,
    /// Stop at the first failure
    #[arg(long)]
    pub(crate) disable_ignore_error: bool,
    /// Write no report of failures
    #[arg(long)]
    pub(crate) no_error_report: bool,
    /// Show no progress
    #[arg(long)]
    pub(crate) no_progress: bool,
}

/// What `cp` and `sync` do not share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Particulars {
    /// Whether a whole tree is moved.
    pub(crate) is_tree: bool,
    /// Whether what has not changed is passed over.
    pub(crate) is_sync: bool,
    /// Only one of so many partitions of the names.
    pub(crate) partition: Option<(u32, u32)>,
}

/// A transfer that is about to begin.
pub(crate) struct Transfer {
    pub(crate) work: Work,
    /// The questions of the work.
    pub(crate) questions: mpsc::Receiver<Question>,
    /// How many entries are worked on at once.
    pub(crate) jobs: NonZeroUsize,
    /// Where failures are reported.
    pub(crate) output_dir: PathBuf,
}

impl TransferArgs {
    /// Checks the options, and opens what they name.
    ///
    /// # Errors
    /// Options that make no sense, alone or together.
    pub(crate) fn prepare(
        &self,
        context: &mut Context<'_>,
        (source, target): (&Place, &Place),
        particulars: &Particulars,
    ) -> Result<Transfer> {
        let direction = source.direction_to(target)?;
        let is_tree = particulars.is_tree;
        let headers = self.check(direction, is_tree)?;
        let choice = self.choice.check(particulars.partition, (context.environment.clock)())?;
        let route = match target {
            Place::Cloud(url) => Route::to_cloud(url, is_tree)?,
            Place::Local(name) => Route::to_local(name, is_tree),
            Place::Pipe => Route::Pipe,
        };
        context.pace = self.pace.pace();
        let snapshot = self.records.snapshot(self.dry_run)?;
        let source = match source {
            Place::Cloud(url) => Some((self.client(context, url)?, url.bucket.clone())),
            Place::Local(_) | Place::Pipe => None,
        };
        let target = match target {
            Place::Cloud(url) => Some(self.client(context, url)?),
            Place::Local(_) | Place::Pipe => None,
        };
        let environment = context.environment;
        let settings = context.settings()?;
        let folder = |given: &Option<PathBuf>, setting: &Setting<PathBuf>| {
            environment.expand(given.as_ref().unwrap_or(&setting.value))
        };
        let output_dir = folder(&self.records.output_dir, &settings.output_dir);
        let checkpoints = folder(&self.records.checkpoint_dir, &settings.checkpoint_dir);
        let jobs = positive(self.pace.jobs.unwrap_or(settings.jobs.value));
        let (sender, questions) = mpsc::channel(1);
        let work = Work {
            direction,
            route,
            source,
            target,
            choice,
            compare: self.compare,
            is_sync: particulars.is_sync,
            is_dry: self.dry_run,
            limits: self.pace.limits(settings, is_tree),
            headers,
            fetching: Fetching { range: self.range, carry: self.carry() },
            snapshot,
            checkpoints: Checkpoints::new(&checkpoints),
            own: OwnFiles { checkpoints, reports: output_dir.clone() },
            questions: sender,
            moved: 0.into(),
            unfinished: std::sync::Mutex::default(),
        };
        Ok(Transfer { work, questions, jobs, output_dir })
    }

    /// Checks that the options go with what is done; gives the headers that are to be set.
    fn check(&self, direction: Direction, is_tree: bool) -> Result<Headers> {
        if !is_tree && self.choice.has_names()? {
            return Err(Error::usage("--include or --exclude only work with --recursive"));
        }
        if self.range.is_some() && direction != Direction::Download {
            return Err(Error::usage("--range only works for downloads"));
        }
        let headers = self.headers.headers()?;
        match direction == Direction::Download && !headers.is_empty() {
            true => Err(Error::usage("files have none of the headers that are to be set")
                .hint("leave out --meta, --acl, --tagging and the like")),
            false => Ok(headers),
        }
    }

    fn carry(&self) -> Carry {
        match self.copy_props.as_str() {
            "none" => Carry::Nothing,
            "metadata" => Carry::Metadata,
            _ => Carry::MetadataAndTags,
        }
    }

    fn client(&self, context: &mut Context<'_>, url: &CloudUrl) -> Result<Client> {
        context.bucket(&url.bucket, self.payer.payer.as_deref())
    }

    /// The entries of a whole tree.
    ///
    /// # Errors
    /// A list of names that cannot be read.
    pub(crate) async fn tree(&self, source: &Place, work: &Work) -> Result<Entries> {
        if let Some(list) = &self.tree.files_from {
            let names = files_from::read(list).await?;
            return Ok(files_from::entries(names, source, work.source.clone()));
        }
        Ok(match (source, &work.source) {
            (Place::Cloud(url), Some((client, _))) => {
                remote::objects(client, url, self.tree.only_current_dir)
            }
            (Place::Local(name), _) => {
                walk::walk(PathBuf::from(name), self.tree.rules(), work.own.clone())
            }
            _ => return Err(Error::usage("standard input is no folder")),
        })
    }
}

impl TreeArgs {
    /// How the folders of the source are walked.
    pub(crate) fn rules(&self) -> WalkRules {
        WalkRules {
            follows_directories: self.enable_symlink_dir,
            skips_links: self.disable_all_symlink,
            keeps_links: false,
            is_flat: self.only_current_dir,
            skips_directories: self.disable_dir_object,
        }
    }

    /// Whether only a list of names is moved.
    pub(crate) fn has_list(&self) -> bool {
        self.files_from.is_some()
    }

    /// Whether folders below the source are left out.
    pub(crate) fn is_flat(&self) -> bool {
        self.only_current_dir
    }
}

impl RecordArgs {
    /// What was sent before. A run that only tells does not begin to remember.
    fn snapshot(&self, is_dry: bool) -> Result<Option<Snapshot>> {
        let folder = self.snapshot_path.as_deref();
        let folder = folder.filter(|folder| !is_dry || Snapshot::is_there(folder));
        folder.map(Snapshot::open).transpose()
    }
}

impl PaceArgs {
    /// How fast data may go.
    fn pace(self) -> Pace {
        let limiter = |bytes| NonZeroU64::new(bytes).map(|bytes| Arc::new(Limiter::new(bytes)));
        let kilobytes = |number: Option<u64>| limiter(number?.saturating_mul(1024));
        match self.bandwidth_limit.and_then(limiter) {
            Some(both) => Pace { up: Some(Arc::clone(&both)), down: Some(both) },
            None => Pace { up: kilobytes(self.maxupspeed), down: kilobytes(self.maxdownspeed) },
        }
    }

    fn limits(&self, settings: &Settings, is_tree: bool) -> Limits {
        let set = |setting: &Option<Setting<u32>>| setting.as_ref().map(|setting| setting.value);
        let parallel = self.parallel.or(set(&settings.parallel));
        let part_size = settings.part_size.as_ref().map(|setting| setting.value);
        Limits {
            threshold: self.bigfile_threshold.unwrap_or(settings.bigfile_threshold.value),
            part_size: self.part_size.or(part_size),
            parallel: positive(parallel.unwrap_or(if is_tree { 4 } else { 12 })),
            adopt: self.adopt,
        }
    }
}

fn positive(number: u32) -> NonZeroUsize {
    let number = usize::try_from(number).unwrap_or(usize::MAX);
    NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN)
}
