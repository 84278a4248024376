//! Tables in a file. Changes that come at the same time share one commit, and so one wait for the
//! disk.

use std::{
    collections::BTreeSet,
    io,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use redb::{
    Database, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction,
};

use super::{
    bodies::Bodies,
    tables::{Read, Step, Table, Tables, Write},
};

/// The size from which a file would take too long to open after a crash, when all of it is read;
/// commits then write down what makes that needless, and take half as long again. In bytes.
const SLOW_TO_REPAIR: u64 = 64 << 20;

/// How often the one who commits lets others join first.
const MAX_YIELDS: usize = 1000;

type Definition = TableDefinition<'static, &'static [u8], &'static [u8]>;

fn definition(table: Table) -> Definition {
    TableDefinition::new(table.name())
}

/// Tables in a file.
pub(crate) struct Durable {
    database: Database,
    path: PathBuf,
    /// What a commit refers to, and so must be on the disk before it.
    bodies: Arc<dyn Bodies>,
    batch: Mutex<Batch>,
    /// Changes on their way into the batch.
    arriving: AtomicUsize,
    commits: Mutex<Commits>,
    /// Tells that a commit is over.
    is_over: Condvar,
    /// Batches of which nothing is kept.
    failed: Mutex<BTreeSet<u64>>,
}

/// Changes that will be committed together.
struct Batch {
    number: u64,
    transaction: Option<WriteTransaction>,
}

/// How far the commits are.
#[derive(Default)]
struct Commits {
    /// The last batch that is done.
    done: u64,
    phase: Phase,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    /// Nobody commits.
    #[default]
    Idle,
    /// Someone will, and lets others join first.
    Gathering,
    /// The batch is closed and on its way to the disk; the next cannot begin.
    Writing,
}

impl Durable {
    /// Opens the file, or makes it.
    pub(crate) fn open(path: &Path, bodies: Arc<dyn Bodies>) -> io::Result<Self> {
        let database = Database::create(path).map_err(failure)?;
        let transaction = database.begin_write().map_err(failure)?;
        for table in Table::ALL {
            transaction.open_table(definition(table)).map_err(failure)?;
        }
        transaction.commit().map_err(failure)?;
        Ok(Self {
            database,
            path: path.to_owned(),
            bodies,
            batch: Mutex::new(Batch { number: 1, transaction: None }),
            arriving: AtomicUsize::new(0),
            commits: Mutex::default(),
            is_over: Condvar::new(),
            failed: Mutex::default(),
        })
    }

    /// Runs `work` within the batch; says which it is, if there is anything to commit.
    fn join(&self, work: &mut dyn FnMut(&mut dyn Write)) -> io::Result<Option<u64>> {
        // Waiting here, and not for the lock below, all who wait go on at once.
        drop(self.wait_while(|commits| commits.phase == Phase::Writing));
        let mut batch = lock(&self.batch);
        let transaction = match batch.transaction.take() {
            Some(transaction) => transaction,
            None => self.database.begin_write().map_err(failure)?,
        };
        let mut writer = Writer { transaction, has_written: false, error: None };
        let ended = catch_unwind(AssertUnwindSafe(|| work(&mut writer)));
        if ended.is_ok() && writer.error.is_none() {
            batch.transaction = Some(writer.transaction);
            return Ok(writer.has_written.then_some(batch.number));
        }
        // What was written in part must not be kept, nor what others wrote around it.
        lock(&self.failed).insert(batch.number);
        batch.number += 1;
        drop(writer.transaction);
        drop(batch);
        match ended {
            Err(panic) => resume_unwind(panic),
            Ok(()) => Err(writer.error.unwrap_or_else(|| io::Error::other("nothing was kept"))),
        }
    }

    /// Returns when the batch is on the disk: the first of its members to come here commits it.
    fn commit(&self, number: u64) -> io::Result<()> {
        let is_early = |commits: &Commits| commits.phase != Phase::Idle && commits.done < number;
        let mut commits = self.wait_while(is_early);
        if commits.done < number {
            commits.phase = Phase::Gathering;
            drop(commits);
            let done = self.commit_batch();
            *lock(&self.commits) = Commits { done, phase: Phase::Idle };
            self.is_over.notify_all();
        } else {
            drop(commits);
        }
        match lock(&self.failed).contains(&number) {
            true => Err(io::Error::other("nothing was kept")),
            false => Ok(()),
        }
    }

    fn wait_while(&self, is_early: impl Fn(&Commits) -> bool) -> MutexGuard<'_, Commits> {
        let commits = lock(&self.commits);
        let waited = self.is_over.wait_while(commits, |commits| is_early(commits));
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    /// Commits what is in the batch, and says which it was.
    fn commit_batch(&self) -> u64 {
        for _ in 0..MAX_YIELDS {
            if self.arriving.load(Ordering::Acquire) == 0 {
                break;
            }
            thread::yield_now();
        }
        lock(&self.commits).phase = Phase::Writing;
        let mut batch = lock(&self.batch);
        let (through, transaction) = (batch.number, batch.transaction.take());
        batch.number += 1;
        drop(batch);
        if let Err(error) = self.finish(transaction) {
            tracing::error!("cannot write the metadata: {error}");
            lock(&self.failed).insert(through);
        }
        through
    }

    fn finish(&self, transaction: Option<WriteTransaction>) -> io::Result<()> {
        let Some(mut transaction) = transaction else { return Ok(()) };
        self.bodies.sync()?;
        let size = std::fs::metadata(&self.path)?.len();
        transaction.set_quick_repair(size > SLOW_TO_REPAIR);
        transaction.commit().map_err(failure)
    }
}

impl Tables for Durable {
    fn view(&self, work: &mut dyn FnMut(&dyn Read)) -> io::Result<()> {
        work(&self.database.begin_read().map_err(failure)?);
        Ok(())
    }

    fn change(&self, work: &mut dyn FnMut(&mut dyn Write)) -> io::Result<()> {
        let arrival = Arrival::new(&self.arriving);
        let joined = self.join(work);
        drop(arrival);
        joined?.map_or(Ok(()), |number| self.commit(number))
    }

    fn is_durable(&self) -> bool {
        true
    }
}

/// Counts a change for as long as it is on its way.
struct Arrival<'a>(&'a AtomicUsize);

impl<'a> Arrival<'a> {
    fn new(counter: &'a AtomicUsize) -> Self {
        counter.fetch_add(1, Ordering::AcqRel);
        Self(counter)
    }
}

impl Drop for Arrival<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The batch as one change sees it.
struct Writer {
    transaction: WriteTransaction,
    has_written: bool,
    error: Option<io::Error>,
}

impl Writer {
    /// Notes that the change cannot be kept whole.
    fn note<T, E: Into<redb::Error>>(&mut self, result: Result<T, E>) -> io::Result<T> {
        result.map_err(|error| {
            let error = failure(error);
            self.error = Some(io::Error::other(error.to_string()));
            error
        })
    }
}

impl Read for Writer {
    fn get(&self, table: Table, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
        get(&self.transaction.open_table(definition(table)).map_err(failure)?, key)
    }

    fn scan(
        &self,
        table: Table,
        from: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> Step,
    ) -> io::Result<()> {
        scan(&self.transaction.open_table(definition(table)).map_err(failure)?, from, visit)
    }
}

impl Write for Writer {
    fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> io::Result<()> {
        self.has_written = true;
        let done = (|| -> Result<(), redb::Error> {
            self.transaction.open_table(definition(table))?.insert(key, value)?;
            Ok(())
        })();
        self.note(done)
    }

    fn remove(&mut self, table: Table, key: &[u8]) -> io::Result<()> {
        self.has_written = true;
        let done = (|| -> Result<(), redb::Error> {
            self.transaction.open_table(definition(table))?.remove(key)?;
            Ok(())
        })();
        self.note(done)
    }
}

impl Read for ReadTransaction {
    fn get(&self, table: Table, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
        get(&self.open_table(definition(table)).map_err(failure)?, key)
    }

    fn scan(
        &self,
        table: Table,
        from: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> Step,
    ) -> io::Result<()> {
        scan(&self.open_table(definition(table)).map_err(failure)?, from, visit)
    }
}

fn get(
    table: &impl ReadableTable<&'static [u8], &'static [u8]>,
    key: &[u8],
) -> io::Result<Option<Vec<u8>>> {
    let value = table.get(key).map_err(failure)?;
    Ok(value.map(|value| value.value().to_vec()))
}

fn scan(
    table: &impl ReadableTable<&'static [u8], &'static [u8]>,
    from: &[u8],
    visit: &mut dyn FnMut(&[u8], &[u8]) -> Step,
) -> io::Result<()> {
    let mut range = table.range(from..).map_err(failure)?;
    while let Some(entry) = range.next() {
        let (key, value) = entry.map_err(failure)?;
        match visit(key.value(), value.value()) {
            Step::Next => {}
            Step::Seek(key) => range = table.range(&key[..]..).map_err(failure)?,
            Step::Stop => break,
        }
    }
    Ok(())
}

fn failure(error: impl Into<redb::Error>) -> io::Error {
    io::Error::other(error.into().to_string())
}

/// A panic while one of these was held has left it whole: see [`Durable::join`].
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
