//! Objects: choosing among them, and working on many at once.
//!
//! [`selection`] turns what was typed into the objects that are meant, and [`run`] works on them;
//! [`batch`] is the loop below it, which removals of objects and uploads share.

pub(crate) mod batch;
pub(crate) mod deletion;
pub(crate) mod filter;
mod record;
mod run;
mod selection;

use futures_util::stream::BoxStream;

pub(crate) use record::OutcomeRecord;
pub(crate) use run::Outcome;
pub(crate) use selection::{ObjectsArgs, Selection, Target, Words};

/// What is chosen, as the listing comes.
pub(crate) type Chosen<T> = BoxStream<'static, Result<T, ossutil_client::Error>>;
