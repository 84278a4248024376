//! One file an operation, named as the API reference names it.

mod list_parts;

pub use list_parts::{ListParts, Part, PartsPage};
