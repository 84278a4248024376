//! What can stand with an object beside its content, as people type it.

use jiff::{Timestamp, fmt::rfc2822};
use ossutil_client::protocol::operations::Tag;

use crate::{
    error::{Error, Result},
    transfer::headers::{Headers, OBJECT_ACLS, parse_meta},
};

/// What user metadata is called on the wire.
pub(crate) const USER_METADATA: &str = "x-oss-meta-";

/// The headers that may stand with an object, beside user metadata.
const HEADERS: [&str; 10] = [
    "Cache-Control",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Type",
    "Expires",
    "X-Oss-Object-Acl",
    "X-Oss-Server-Side-Encryption",
    "X-Oss-Server-Side-Encryption-Key-Id",
    "X-Oss-Storage-Class",
];

/// Whether a header, in lower case, describes the content: its type, how caches treat it, and so on.
pub(crate) fn is_description(name: &str) -> bool {
    HEADERS[..6].iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Checks an access control list.
pub(crate) fn check_acl<'a>(acl: &'a str, known: &[&str]) -> Result<&'a str> {
    match known.contains(&acl) {
        true => Ok(acl),
        false => Err(Error::usage(format!("invalid acl: {acl}, please check"))
            .hint(format!("it is one of {}", known.join(", ")))),
    }
}

/// Reads `header:value#header:value`; names come out in lower case. A value may be left out.
pub(crate) fn parse_headers(text: &str, command: &str) -> Result<Headers> {
    let headers = parse_meta(text, command)?.into_iter();
    headers.map(|(name, value)| check_header(&name, &value)).collect()
}

/// A header of an object, its name in lower case.
pub(crate) fn check_header(name: &str, value: &str) -> Result<(String, String)> {
    let lower = name.to_ascii_lowercase();
    let is_known = HEADERS.iter().any(|known| known.eq_ignore_ascii_case(&lower));
    let is_user = lower.len() > USER_METADATA.len() && lower.starts_with(USER_METADATA);
    if !is_known && !is_user {
        return Err(Error::usage(format!("unsupported header:{name}"))
            .hint(format!("supported are {}, and X-Oss-Meta-…", HEADERS.join(", "))));
    }
    let value = match &*lower {
        "expires" if !value.is_empty() => expires(value)?,
        "x-oss-object-acl" if !value.is_empty() => check_acl(value, OBJECT_ACLS)?.to_owned(),
        _ => value.to_owned(),
    };
    Ok((lower, value))
}

/// A time as HTTP has it, which may be typed as RFC 3339.
fn expires(text: &str) -> Result<String> {
    let time = text.parse::<Timestamp>().ok();
    let time = time.or_else(|| rfc2822::parse(text).ok().map(|time| time.timestamp()));
    let printed =
        time.map(|time| rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time));
    printed.and_then(std::result::Result::ok).ok_or_else(|| {
        Error::usage(format!("invalid Expires: {text}"))
            .hint("write it like this: 2027-01-31T12:00:00Z")
    })
}

/// Refuses tags that the service would: more than ten, a name twice, too long or empty.
pub(crate) fn check_tags(tags: Vec<Tag>) -> Result<Vec<Tag>> {
    let wrong = |message: String| Err(Error::usage(message));
    if tags.len() > 10 {
        return wrong(format!("an object has at most 10 tags, not {}", tags.len()));
    }
    for (index, tag) in tags.iter().enumerate() {
        if tags[..index].iter().any(|other| other.key == tag.key) {
            return wrong(format!("the tag {} is named twice", tag.key));
        }
        if tag.key.is_empty() {
            return wrong("the name of a tag is empty".to_owned());
        }
        if tag.key.chars().count() > 128 || tag.value.chars().count() > 256 {
            return wrong(format!(
                "the tag {} is too long: 128 characters for its name, 256 for its value",
                tag.key
            ));
        }
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_as_they_are_typed() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(parse_headers("", "x").unwrap(), []);
        assert_eq!(
            parse_headers("X-Oss-Meta-A:b:c#Cache-Control#expires:2027-01-31T12:00:00Z", "x")
                .unwrap(),
            [
                pair("x-oss-meta-a", "b:c"),
                pair("cache-control", ""),
                pair("expires", "Sun, 31 Jan 2027 12:00:00 GMT"),
            ]
        );
        for wrong in [
            "Host:x",
            "x-oss-meta-:x",
            "a",
            "x-oss-copy-source:/b/k",
            "expires:soon",
            "x-oss-object-acl:mine",
        ] {
            assert!(parse_headers(wrong, "x").is_err(), "{wrong}");
        }
    }

    #[test]
    fn tags_that_cannot_be() {
        let tag = |key: &str, value: String| Tag { key: key.to_owned(), value };
        assert!(check_tags(vec![tag("a", "x".repeat(256)), tag("b", String::new())]).is_ok());
        for wrong in [
            vec![tag("", String::new())],
            vec![tag("a", String::new()), tag("a", String::new())],
            vec![tag("a", "x".repeat(257))],
            (0..11).map(|n| tag(&n.to_string(), String::new())).collect(),
        ] {
            assert!(check_tags(wrong).is_err());
        }
    }
}
