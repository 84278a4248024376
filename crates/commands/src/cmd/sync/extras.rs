//! What the target of a `sync` has and the source has not.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{StreamExt, future};

use crate::{
    error::{Error, Result},
    transfer::{
        choice::Choice,
        entry::{Entries, Entry, Trouble},
        merge::{Pair, merge},
        run::Findings,
        standing::Known,
        walk::WalkRules,
    },
};

/// What is found as both sides are listed.
#[derive(Clone)]
pub(super) struct Extras {
    found: Arc<Mutex<Found>>,
    choice: Arc<Choice>,
    rules: WalkRules,
}

#[derive(Default)]
struct Found {
    /// What only the target has, by name.
    extras: BTreeMap<String, Entry>,
    source_count: u64,
    target_count: u64,
    /// Why nothing may be removed: a side could not be read whole.
    doubt: Option<String>,
}

impl Extras {
    pub(super) fn new(choice: Choice, rules: WalkRules) -> Self {
        Self { found: Arc::default(), choice: Arc::new(choice), rules }
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists both sides to their ends.
    ///
    /// # Errors
    /// A side that has no end.
    pub(super) async fn collect(&self, (source, target): (Entries, Entries)) -> Result<()> {
        let mut pairs = merge(source, target);
        while let Some(pair) = pairs.next().await {
            match pair {
                Pair::Source(entry, standing) => {
                    self.found().target_count += u64::from(standing.is_some());
                    self.has(&entry.name);
                    self.found().source_count += u64::from(self.choice.is_meant(&entry));
                }
                Pair::TargetOnly(entry) => {
                    self.found().target_count += 1;
                    self.lacks(entry);
                }
                Pair::SourceTrouble(Trouble::End(error))
                | Pair::TargetTrouble(Trouble::End(error)) => return Err(error),
                Pair::SourceTrouble(trouble) | Pair::TargetTrouble(trouble) => self.doubt(&trouble),
            }
        }
        Ok(())
    }

    /// What there is to move, with what the target has. A listing of the target that cannot be had
    /// leaves each target to be looked at by itself.
    pub(super) fn watch(&self, (source, target): (Entries, Entries)) -> Findings {
        let extras = self.clone();
        let mut is_target_known = true;
        merge(source, target)
            .filter_map(move |pair| {
                future::ready(match pair {
                    Pair::Source(entry, standing) => {
                        extras.has(&entry.name);
                        let listed = Known::Listed(standing);
                        let known = if is_target_known { listed } else { Known::Unknown };
                        Some(Ok((entry, known)))
                    }
                    Pair::TargetOnly(_) => None,
                    Pair::SourceTrouble(trouble) => {
                        extras.doubt(&trouble);
                        Some(Err(trouble))
                    }
                    Pair::TargetTrouble(trouble) => {
                        extras.doubt(&trouble);
                        is_target_known = false;
                        Some(Err(Trouble::Note(match trouble {
                            Trouble::Note(text) => text,
                            Trouble::Entry { error, .. } | Trouble::End(error) => {
                                format!("the target is not known: {}", error.message)
                            }
                        })))
                    }
                })
            })
            .boxed()
    }

    /// The source has this, and with it the folders it is in.
    fn has(&self, name: &str) {
        let mut found = self.found();
        if found.extras.is_empty() {
            return;
        }
        found.extras.remove(name);
        for (at, _) in name.match_indices('/') {
            found.extras.remove(&name[..=at]);
        }
    }

    /// Only the target has this.
    fn lacks(&self, entry: Entry) {
        let is_left_out = self.rules.skips_directories && entry.name.ends_with('/');
        if self.choice.is_meant(&entry) && !is_left_out {
            self.found().extras.insert(entry.name.clone(), entry);
        }
    }

    fn doubt(&self, trouble: &Trouble) {
        let text = match trouble {
            Trouble::Note(_) => return,
            Trouble::Entry { error, .. } | Trouble::End(error) => error.message.clone(),
        };
        self.found().doubt.get_or_insert(text);
    }

    /// How many entries the source has, and the target.
    pub(super) fn counts(&self) -> [u64; 2] {
        let found = self.found();
        [found.source_count, found.target_count]
    }

    /// What only the target has, now that all has been moved.
    ///
    /// # Errors
    /// That one of the sides is not known whole.
    pub(super) fn finish(&self) -> Result<Vec<Entry>> {
        let mut found = self.found();
        match found.doubt.take() {
            Some(doubt) => Err(Error::failed(format!("nothing was removed: {doubt}")).partial()),
            None => Ok(std::mem::take(&mut found.extras).into_values().collect()),
        }
    }
}
