//! An OSS-compatible server to embed, to run and to test against.
//!
//! It checks signatures as the service does (version 1 and 4, in headers and URLs), knows the
//! operations of buckets, objects and multipart uploads with their limits, markers and error
//! codes, and keeps everything in memory or in a folder. An access key may be held to rules as
//! those of RAM policies ([`Rule`]). What it does not know it answers with 501 and its name.
//!
//! `/_sandbox/…`, unsigned and from this machine only, steers it: faults, the clock, lifecycle
//! rules, counters (`GET /_sandbox/requests` answers `{"GET bucket?uploads":100}`);
//! `/_console/` shows it to a browser. `docs/sandbox.md` tells all of it.
//!
//! ```
//! use std::sync::Arc;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = ossutil_sandbox::Sandbox::builder(Arc::new(jiff::Timestamp::now))
//!     .access_key("id", "secret")
//!     .fault("UploadPart: status=503 rate=0.1".parse()?)
//!     .start()
//!     .await?;
//! assert!(sandbox.endpoint().starts_with("http://127.0.0.1:"));
//! assert!(sandbox.requests().is_empty());
//! # Ok(())
//! # }
//! ```

mod accounts;
mod admin;
mod answer;
mod auth;
mod bucket_policy;
mod callback;
mod connection;
mod console;
mod counts;
mod digest;
mod ec;
mod faults;
mod gzip;
mod incoming;
mod listing;
mod metrics;
mod operations;
mod permissions;
mod policy_conditions;
mod referer;
mod refusal;
mod seed;
mod serve;
mod server;
mod store;
mod sts;
mod wire;

pub use faults::{Fault, FaultError, FaultFile};
pub use permissions::Rule;
pub use seed::{Seed, SeedError};
pub use server::{Builder, Clock, RequestRecord, Sandbox};
