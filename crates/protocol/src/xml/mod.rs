//! XML in and out, and the only place that names the XML libraries.

mod controls;
mod read;
mod write;

pub use read::{Element, parse, parse_lenient};
pub use write::Writer;
