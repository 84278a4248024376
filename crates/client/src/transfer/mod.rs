//! Moves files: what is sent or fetched in parts, how far it has got, and whether it is whole.
//!
//! An upload is a plan of ranges ([`plan`]), read from a source ([`source`]) and sent with bounded
//! parallelism and memory ([`upload`]); [`complete`] makes the object of the parts and sees that it
//! is what they make. What has arrived is always asked from the service: there is no local state.

pub mod complete;
pub mod crc64;
pub mod plan;
pub mod source;
pub mod upload;

pub use complete::{Completion, Expected, complete};
pub use plan::{Layout, LayoutError};
pub use source::{FileSource, Source};
pub use upload::{Progress, Sent, SentPart, Upload};
