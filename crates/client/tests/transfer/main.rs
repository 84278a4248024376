//! Files to the sandbox and back, and objects within it, over a transport that breaks, damages, or
//! lets things change.

mod copy;
mod download;
mod limits;
mod rewrite;
mod upload;
mod world;
