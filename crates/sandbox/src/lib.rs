//! An OSS-compatible server to embed, to run and to test against.
//!
//! It checks signatures as the service does (version 1 and 4, in headers and URLs), knows the
//! operations of buckets, objects and multipart uploads with their limits, markers and error
//! codes, and keeps everything in memory or in a folder. An access key may be held to rules as
//! those of RAM policies ([`Rule`]). What it does not know it answers with 501 and its name.
//!
//! `GET /_sandbox/requests`, unsigned and from this machine only, answers how many requests of each
//! kind there were: `{"GET bucket?uploads":100}`.
//!
//! ```no_run
//! # async fn run(clock: ossutil_sandbox::Clock) -> std::io::Result<()> {
//! let sandbox = ossutil_sandbox::Sandbox::builder(clock).start().await?;
//! println!("listening on {}", sandbox.endpoint());
//! # Ok(())
//! # }
//! ```

mod answer;
mod auth;
mod counts;
mod digest;
mod incoming;
mod listing;
mod operations;
mod permissions;
mod refusal;
mod seed;
mod server;
mod store;
mod wire;

pub use permissions::Rule;
pub use seed::{Seed, SeedError};
pub use server::{Builder, Clock, RequestRecord, Sandbox};
