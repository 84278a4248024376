//! The options that give an object or a bucket its headers, and the values they may have.

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};

use crate::error::{Error, Result};

/// The access control lists of a bucket.
pub(crate) const BUCKET_ACLS: &[&str] = &["private", "public-read", "public-read-write"];

/// The access control lists of an object.
pub(crate) const OBJECT_ACLS: &[&str] = &["default", "private", "public-read", "public-read-write"];

/// The storage classes.
pub(crate) const STORAGE_CLASSES: &[&str] =
    &["Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"];

/// Reads one of `values` in any case, and writes it as it stands there.
pub(crate) fn one_of(values: &'static [&'static str]) -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(values).map(|typed: String| {
        let value = values.iter().find(|value| value.eq_ignore_ascii_case(&typed));
        value.map_or(typed.clone(), |value| (*value).to_owned())
    })
}

/// The headers of an object that is written.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct HeaderArgs {
    /// Headers, as name:value#name:value
    #[arg(long, value_name = "HEADERS")]
    meta: Option<String>,
    /// User metadata, as name=value; may be given again
    #[arg(long, value_name = "NAME=VALUE")]
    metadata: Vec<String>,
    /// Access control list
    #[arg(long, value_name = "ACL", ignore_case = true, value_parser = one_of(OBJECT_ACLS))]
    acl: Option<String>,
    /// Storage class
    #[arg(long, value_name = "CLASS", ignore_case = true, value_parser = one_of(STORAGE_CLASSES))]
    storage_class: Option<String>,
    /// Tags, as name=value&name=value
    #[arg(long, value_name = "TAGS")]
    tagging: Option<String>,
    /// Cache-Control header
    #[arg(long, value_name = "TEXT")]
    cache_control: Option<String>,
    /// Content-Disposition header
    #[arg(long, value_name = "TEXT")]
    content_disposition: Option<String>,
    /// Content-Encoding header
    #[arg(long, value_name = "TEXT")]
    content_encoding: Option<String>,
    /// Content-Type header
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// Expires header
    #[arg(long, value_name = "DATE")]
    expires: Option<String>,
}

impl HeaderArgs {
    /// The headers, names in lower case.
    pub(crate) fn headers(&self) -> Result<Vec<(String, String)>> {
        let mut headers = self.meta.as_deref().map(parse_meta).transpose()?.unwrap_or_default();
        for pair in &self.metadata {
            let (name, value) =
                pair.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
                    Error::usage(format!("--metadata {pair}: this is not name=value"))
                })?;
            headers.push((checked(&format!("x-oss-meta-{name}"))?, value.to_owned()));
        }
        for (name, value) in [
            ("x-oss-object-acl", &self.acl),
            ("x-oss-storage-class", &self.storage_class),
            ("x-oss-tagging", &self.tagging),
            ("cache-control", &self.cache_control),
            ("content-disposition", &self.content_disposition),
            ("content-encoding", &self.content_encoding),
            ("content-type", &self.content_type),
            ("expires", &self.expires),
        ] {
            headers.extend(value.iter().map(|value| (name.to_owned(), value.clone())));
        }
        Ok(headers)
    }
}

/// Reads `name:value#name:value`, the form of `--meta` in `ossutil` 1; names in lower case.
pub(crate) fn parse_meta(text: &str) -> Result<Vec<(String, String)>> {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once(':').ok_or_else(|| {
            Error::usage(format!("invalid meta value: {text}, `{pair}` is not header:value"))
                .hint("write it like this: Content-Type:text/plain#X-Oss-Meta-Author:me")
        })?;
        Ok((checked(name.trim())?, value.trim().to_owned()))
    };
    text.split('#').filter(|pair| !pair.trim().is_empty()).map(pair).collect()
}

/// The name of a header that may be set with an object, in lower case.
fn checked(name: &str) -> Result<String> {
    const PLAIN: [&str; 7] = [
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-md5",
        "content-type",
        "expires",
    ];
    let lower = name.to_ascii_lowercase();
    let is_token = lower.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let is_own = lower.strip_prefix("x-oss-").is_some_and(|rest| !rest.is_empty());
    match is_token && (is_own || PLAIN.contains(&lower.as_str())) {
        true => Ok(lower),
        false => Err(Error::usage(format!("invalid header: `{name}` cannot be set"))
            .hint("headers of one's own are named X-Oss-Meta-…")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_in_the_form_of_ossutil_1() {
        let pairs = parse_meta("Content-Type:text/plain#X-Oss-Meta-A: b:c #").unwrap();
        let expected = [("content-type", "text/plain"), ("x-oss-meta-a", "b:c")];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        for text in ["x", "Host:h", "X-Oss-:a", "x-oss-meta-a b:c", "x-oss-meta-\n:c"] {
            assert!(parse_meta(text).is_err(), "{text}");
        }
    }
}
