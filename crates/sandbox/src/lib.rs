//! An OSS-compatible server to embed, to run and to test against.
//!
//! It checks signatures as the service does (version 1 and 4, in headers and URLs), knows the
//! operations of buckets, objects and multipart uploads with their limits, markers and error
//! codes, and keeps everything in memory or in a folder. An access key may be held to rules as
//! those of RAM policies ([`Rule`]). What it does not know it answers with 501 and its name.
//!
//! ```no_run
//! # async fn run(clock: ossutil_sandbox::Clock) -> std::io::Result<()> {
//! let sandbox = ossutil_sandbox::Sandbox::builder(clock).start().await?;
//! println!("listening on {}", sandbox.endpoint());
//! # Ok(())
//! # }
//! ```

mod accounts;
mod admin;
mod answer;
mod auth;
mod connection;
mod console;
mod counts;
mod digest;
mod faults;
mod incoming;
mod listing;
mod metrics;
mod operations;
mod permissions;
mod refusal;
mod serve;
mod server;
mod store;
mod sts;
mod wire;

pub use faults::{Fault, FaultError, FaultFile};
pub use permissions::Rule;
pub use server::{Builder, Clock, RequestRecord, Sandbox};
