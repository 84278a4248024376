//! Objects: choosing among them, and working on many at once.

pub(crate) mod batch;
pub(crate) mod filter;
mod record;

pub(crate) use record::OutcomeRecord;
