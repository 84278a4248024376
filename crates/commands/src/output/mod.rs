//! Output: one door, and one form for all of it.
//!
//! A command hands records to the [`Printer`] together with how each reads as text; whether text,
//! JSON or another form comes out was decided by `--output-format`, and no command asks.

mod document;
mod plain;
mod printer;
mod query;

use serde::Serialize;

pub(crate) use printer::Printer;
pub(crate) use query::Query;

/// Something a command lists. Its fields are flat: the `csv` form has one row for each.
///
/// The default value is never printed; its field names are the heading of an empty table.
pub(crate) trait Record: Serialize + Default {
    /// The list it stands in: `uploads`.
    const LIST: &'static str;
    /// The word for one of them: `upload`.
    const ITEM: &'static str;
}
