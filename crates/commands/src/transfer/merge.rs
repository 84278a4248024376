//! Two trees side by side, in the order of their names: what each has of the other's.

use futures_util::{StreamExt, stream, stream::BoxStream};

use super::{
    choice::Standing,
    entry::{Entries, Entry, Trouble},
};
use crate::error::Error;

/// A name that one of the trees has, or both.
#[derive(Debug)]
pub(crate) enum Pair {
    /// The source has it; with what the target has of that name.
    Source(Entry, Option<Standing>),
    /// Only the target has it.
    TargetOnly(Entry),
    /// The source cannot be read there, or to its end.
    SourceTrouble(Trouble),
    /// The target cannot be read there, or to its end.
    TargetTrouble(Trouble),
}

/// One side: what comes next of it.
struct Side {
    entries: Entries,
    next: Option<Entry>,
    /// The last name, which the next one must be behind.
    last: Option<String>,
    has_ended: bool,
}

impl Side {
    fn new(entries: Entries) -> Self {
        Self { entries, next: None, last: None, has_ended: false }
    }

    /// Sees to it that the next entry is known, if there is one.
    async fn fill(&mut self) -> Result<(), Trouble> {
        while self.next.is_none() && !self.has_ended {
            match self.entries.next().await {
                Some(Ok(entry)) => {
                    if self.last.as_ref().is_some_and(|last| *last >= entry.name) {
                        self.has_ended = true;
                        let message = format!("the listing is not in order at {:?}", entry.name);
                        return Err(Trouble::End(Error::failed(message)));
                    }
                    self.last = Some(entry.name.clone());
                    self.next = Some(entry);
                }
                Some(Err(trouble)) => {
                    self.has_ended = matches!(trouble, Trouble::End(_));
                    return Err(trouble);
                }
                None => self.has_ended = true,
            }
        }
        Ok(())
    }
}

/// Merges two trees whose entries are in the order of their names. A side that is not is taken to
/// end where that shows.
pub(crate) fn merge(source: Entries, target: Entries) -> BoxStream<'static, Pair> {
    let sides = (Side::new(source), Side::new(target));
    stream::unfold(sides, |(mut source, mut target)| async {
        let pair = next(&mut source, &mut target).await?;
        Some((pair, (source, target)))
    })
    .boxed()
}

async fn next(source: &mut Side, target: &mut Side) -> Option<Pair> {
    if let Err(trouble) = source.fill().await {
        return Some(Pair::SourceTrouble(trouble));
    }
    if let Err(trouble) = target.fill().await {
        return Some(Pair::TargetTrouble(trouble));
    }
    let order = match (&source.next, &target.next) {
        (Some(one), Some(other)) => one.name.cmp(&other.name),
        (Some(_), None) => std::cmp::Ordering::Less,
        (None, _) => std::cmp::Ordering::Greater,
    };
    if order.is_gt() {
        return target.next.take().map(Pair::TargetOnly);
    }
    let standing = target.next.take_if(|_| order.is_eq());
    let standing = standing.map(|entry| Standing { size: entry.size, modified: entry.modified });
    source.next.take().map(|entry| Pair::Source(entry, standing))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::entry::Origin;

    fn side(names: &[&str]) -> Entries {
        let entry = |name: &&str| Entry {
            name: (*name).to_owned(),
            size: 0,
            modified: None,
            origin: Origin::Pipe,
        };
        stream::iter(names.iter().map(entry).map(Ok).collect::<Vec<_>>()).boxed()
    }

    fn merged(source: &[&str], target: &[&str]) -> Vec<String> {
        let pairs = merge(side(source), side(target)).map(|pair| match pair {
            Pair::Source(entry, None) => format!("+{}", entry.name),
            Pair::Source(entry, Some(_)) => format!("={}", entry.name),
            Pair::TargetOnly(entry) => format!("-{}", entry.name),
            Pair::SourceTrouble(_) => "source?".to_owned(),
            Pair::TargetTrouble(_) => "target?".to_owned(),
        });
        futures_util::FutureExt::now_or_never(pairs.collect()).unwrap()
    }

    #[test]
    fn what_each_side_has() {
        assert_eq!(merged(&["a", "b", "d"], &["b", "c"]), ["+a", "=b", "-c", "+d"]);
        assert_eq!(merged(&[], &["b"]), ["-b"]);
        assert_eq!(merged(&["b"], &[]), ["+b"]);
    }

    /// What stands behind the disorder is never taken for something the other side lacks.
    #[test]
    fn a_side_that_is_not_in_order() {
        assert_eq!(merged(&["b", "a", "c"], &["c"]), ["+b", "source?", "-c"]);
        assert_eq!(merged(&["a", "c"], &["b", "a", "c"]), ["+a", "-b", "target?", "+c"]);
    }
}
