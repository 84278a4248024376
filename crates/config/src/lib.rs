//! The configuration of `ossutil`: what was typed, set and written down, brought together.
//!
//! Three steps, each its own type. A [`ConfigFile`] is what a file says, in any of three formats.
//! A [`Layer`] is the plain texts of one source, each with its place of origin. [`resolve`] stacks
//! the layers (option, environment, profile, the profiles it builds on, file defaults, built-in)
//! and reads the texts into [`Settings`], reporting every bad value at once.
//!
//! An [`Editor`] changes single values of a file and leaves every other byte as it is; a [`Store`]
//! writes the result, one edit at a time.
//!
//! The one I/O is [`ConfigFile::read`], [`permissions_warning`] and [`Store`]; the environment arrives
//! as a map. Nothing is printed, and no secret appears in `Debug` or in an error.
//!
//! The settings are one table, in `settings.rs`: a line there adds one to every layer, every file
//! format and the result.

mod bucket;
mod choice;
mod edit;
mod edit_ini;
mod edit_toml;
mod error;
mod file;
mod from_ini;
mod from_toml;
pub mod ini;
mod key_path;
mod layer;
mod migrate;
mod name;
mod notes;
mod path;
mod place;
mod profile;
mod resolve;
mod settings;
mod source;
mod store;
mod value;

pub use bucket::{BucketEntry, BucketLayer, BucketSettings};
pub use choice::{AddressingStyle, Language, LogLevel, Mode, OutputFormat, SignVersion};
pub use edit::Editor;
pub use error::{Error, Errors, Warning};
pub use file::{ConfigFile, Format};
pub use key_path::{KeyPath, Place};
pub use layer::Key;
pub use migrate::{Migration, migrate};
pub use path::{default_path, expand_home, file_path, permissions_warning};
pub use place::{cloud_box_of_endpoint, endpoint_of_region, region_of_endpoint};
pub use resolve::{Inputs, choose_profile, resolve};
pub use settings::{Layer, Settings};
pub use source::{Setting, Source};
pub use store::Store;
pub use value::{parse_duration, parse_size};
