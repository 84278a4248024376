//! Conditions of a request on the object it reads.

use http::StatusCode;
use jiff::Timestamp;

use crate::{
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    store::Object,
};

/// The status of an answer without content, when the object is not new to the client. The names
/// of the headers begin with `prefix`.
///
/// # Errors
/// An object that is not what the client thinks it is.
pub(super) fn unmet(
    request: &Incoming,
    prefix: &str,
    object: &Object,
) -> Outcome<Option<StatusCode>> {
    // An empty condition is none.
    let header = |name: &str| request.header(&format!("{prefix}{name}")).filter(|v| !v.is_empty());
    let is_same = |etag: String| etag.trim_matches('"') == object.summary.etag.trim_matches('"');
    let is_match = |etag: String| etag == "*" || is_same(etag);
    // In any of the three forms that HTTP has; other text is no condition.
    let time = |name: &str| {
        let time = httpdate::parse_http_date(&header(name)?).ok()?;
        Timestamp::try_from(time).ok()
    };
    // Dates have no fractions.
    let modified = Timestamp::from_second(object.summary.modified.as_second()).unwrap_or_default();
    let failed = |condition: &str| {
        let message = "At least one of the pre-conditions you specified did not hold.";
        Refusal::new(412, "PreconditionFailed", message).detail("Condition", condition)
    };
    if header("if-match").is_some_and(|etag| !is_match(etag)) {
        return Err(failed("If-Match"));
    }
    if time("if-unmodified-since").is_some_and(|since| modified > since) {
        return Err(failed("If-Unmodified-Since"));
    }
    let is_unmodified = time("if-modified-since").is_some_and(|since| modified <= since);
    let is_known = header("if-none-match").is_some_and(is_match);
    Ok((is_unmodified || is_known).then_some(StatusCode::NOT_MODIFIED))
}
