//! What `cp` and `sync` share: which things are moved where, and the moving of them.
//!
//! A tree ([`walk`]) or a listing ([`remote`]) is a stream of entries in the order of their names.
//! [`route`] says where each goes, [`choice`] and [`standing`] whether it is due, [`work`] moves it.
//! [`run`] keeps so many of them going at once while the stream goes on, and is the only one that
//! talks: it asks, shows progress, and says what it all came to ([`tally`], [`report`]).

pub(crate) mod choice;
pub(crate) mod entry;
pub(crate) mod fetch;
pub(crate) mod files_from;
pub(crate) mod local;
pub(crate) mod merge;
pub(crate) mod options;
pub(crate) mod own;
pub(crate) mod place;
pub(crate) mod remote;
pub(crate) mod report;
pub(crate) mod route;
pub(crate) mod run;
pub(crate) mod snapshot;
pub(crate) mod standing;
pub(crate) mod tally;
pub(crate) mod walk;
pub(crate) mod work;
