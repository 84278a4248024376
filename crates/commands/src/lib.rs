//! The commands of `ossutil`: one file each in `cmd`, and what they share.
//!
//! A command is thin: it selects, calls an operation or a listing of the client, and hands what it
//! finds to the printer. It never says header, XML or retry.

mod argv;
mod bucket_removal;
mod bucket_table;
mod cloud_url;
mod cmd;
mod connection;
mod context;
mod credentials;
mod display;
mod doctor;
mod error;
mod exit;
mod external;
mod filter;
mod headers;
mod input;
mod interrupt;
mod journal;
mod objects;
mod options;
mod output;
mod properties;
mod registry;
mod run;
mod tags;
mod terminal;
mod transfer;
mod uploads;

pub use context::{Environment, Zone};
pub use exit::Status;
pub use run::run;
