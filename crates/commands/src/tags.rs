//! The tags of objects, as people type them.

use ossutil_client::protocol::{names, operations::Tag};

use crate::error::{Error, Result};

/// Reads the `NAME=VALUE` of an option; `may_lack_value` where something is only named.
///
/// # Errors
/// No name, or no value.
pub(crate) fn pair(option: &str, text: &str, may_lack_value: bool) -> Result<(String, String)> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        None if may_lack_value && !text.is_empty() => Ok((text.to_owned(), String::new())),
        _ => Err(Error::usage(format!("--{option} {text} is not NAME=VALUE"))),
    }
}

/// Reads tags, each text with one or several: `NAME=VALUE&NAME=VALUE`.
///
/// # Errors
/// What is not written as a tag, and tags that the service would refuse.
pub(crate) fn parse(texts: &[String], may_lack_value: bool) -> Result<Vec<Tag>> {
    let tag =
        |text: &str| pair("tagging", text, may_lack_value).map(|(key, value)| Tag { key, value });
    check(texts.iter().flat_map(|text| text.split('&')).map(tag).collect::<Result<_>>()?)
}

/// The header with these tags, for an object that is written. As with `ossutil` 1 a `%` begins an
/// escape of a tag that is typed as the header has it; a tag without one is escaped here.
///
/// # Errors
/// The same as of [`parse`].
pub(crate) fn header(texts: &[String]) -> Result<Option<String>> {
    let escaped = |text: &str| match text.contains('%') {
        true => text.to_owned(),
        false => names::encode(text),
    };
    let tags = parse(texts, false)?;
    let tags = tags.iter().map(|Tag { key, value }| format!("{}={}", escaped(key), escaped(value)));
    let text = tags.collect::<Vec<_>>().join("&");
    Ok((!text.is_empty()).then_some(text))
}

/// Refuses tags that the service would: more than ten, a name twice, too long or empty.
pub(crate) fn check(tags: Vec<Tag>) -> Result<Vec<Tag>> {
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
    fn tags_of_a_header() {
        let of = |text: &str| header(&[text.to_owned()]);
        assert_eq!(header(&[]).unwrap(), None);
        for (typed, sent) in [
            ("a=1&b=", "a=1&b="),
            ("a=x y", "a=x%20y"),
            ("a=x%20y", "a=x%20y"),
            ("甲=1", "%E7%94%B2=1"),
        ] {
            assert_eq!(of(typed).unwrap().unwrap(), sent, "{typed}");
        }
        for wrong in ["", "a", "=b", "a=1&", "a=1&a=2"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn tags_that_cannot_be() {
        let tag = |key: &str, value: String| Tag { key: key.to_owned(), value };
        assert!(check(vec![tag("a", "x".repeat(256)), tag("b", String::new())]).is_ok());
        for wrong in [
            vec![tag("", String::new())],
            vec![tag("a", String::new()), tag("a", String::new())],
            vec![tag("a", "x".repeat(257))],
            (0..11).map(|n| tag(&n.to_string(), String::new())).collect(),
        ] {
            assert!(check(wrong).is_err());
        }
    }
}
