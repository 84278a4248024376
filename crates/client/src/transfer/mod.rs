//! Moves files: what is sent, copied or fetched in parts, how far it has got, and whether it is
//! whole.
//!
//! An upload is a plan of ranges ([`plan`]), read from a source ([`source`]) and sent with bounded
//! parallelism and memory ([`upload`]); [`mod@complete`] makes the object of the parts and sees
//! that it is what they make. [`send_file`] begins one or goes on with one, [`copy`] does so with an
//! object that is there already ([`rewrite`] onto itself), and [`download`] is the way back. What has arrived is always asked
//! from the service; a [`checkpoint`] only remembers which upload belongs to which source.

pub mod checkpoint;
pub mod complete;
pub mod copy;
pub mod crc64;
pub mod download;
mod files;
mod opening;
pub mod plan;
mod progress;
pub mod rewrite;
pub mod send_file;
pub mod source;
pub mod upload;

pub use checkpoint::{Checkpoint, Checkpoints};
pub use complete::{Completion, Expected, complete};
pub use copy::{Carry, Copy, DESCRIPTION};
pub use download::{ByteRange, Download};
pub use plan::{Layout, LayoutError};
pub use progress::Progress;
pub use rewrite::{Metadata, Rewrite};
pub use send_file::Destination;
pub use source::{FileSource, Source};
pub use upload::{Sent, SentPart, Upload};
