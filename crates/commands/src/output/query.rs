//! `--output-query`: what of the document is printed, in JMESPath.

use serde_json::Value;

use crate::error::{Error, Result};

/// A query that has been read.
pub(crate) struct Query(jmespath::Expression<'static>);

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// What is no JMESPath, with the place.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        jmespath::compile(text).map(Self).map_err(|error| {
            let reason = error.reason.to_string();
            let message =
                format!("--output-query, column {}: {}", error.column + 1, reason.trim_end());
            Error::usage(message).hint("for example: uploads[?bytes > `1000000`].upload_id")
        })
    }

    /// What the query finds.
    ///
    /// # Errors
    /// A function that was called on what it does not take.
    pub(super) fn search(&self, document: Value) -> Result<Value> {
        let failed = |error: &dyn std::fmt::Display| {
            Error::usage(format!("--output-query cannot be answered: {error}"))
        };
        let found = self.0.search(document).map_err(|error| failed(&error.reason))?;
        serde_json::to_value(&*found).map_err(|error| failed(&error))
    }
}
