//! The headers an object is to have: type, class, user metadata, tags, ACL.

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

/// The options that say what objects are to be.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct HeaderArgs {
    /// Headers of the object, as name:value#name:value
    #[arg(long, value_name = "HEADERS")]
    meta: Option<String>,
    /// ACL of the object
    #[arg(long, value_name = "ACL", ignore_case = true, value_parser = one_of(OBJECT_ACLS))]
    acl: Option<String>,
    /// Tags of the object, as name=value&name=value
    #[arg(long, value_name = "TAGS")]
    pub(crate) tagging: Option<String>,
    /// Storage class of the object
    #[arg(long, value_name = "CLASS", ignore_case = true, value_parser = one_of(STORAGE_CLASSES))]
    storage_class: Option<String>,
    /// Content-Type of the object; told from the name of the file unless set
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// Cache-Control of the object
    #[arg(long, value_name = "VALUE")]
    cache_control: Option<String>,
    /// Content-Disposition of the object
    #[arg(long, value_name = "VALUE")]
    content_disposition: Option<String>,
    /// Content-Encoding of the object
    #[arg(long, value_name = "VALUE")]
    content_encoding: Option<String>,
    /// Expires of the object
    #[arg(long, value_name = "VALUE")]
    expires: Option<String>,
    /// User metadata of the object; may be given more than once
    #[arg(long, value_name = "NAME=VALUE")]
    metadata: Vec<String>,
}

/// Headers, each with its name in lower case.
pub(crate) type Headers = Vec<(String, String)>;

/// Headers that `--meta` takes beside those that begin with `x-oss-`.
const STANDARD: [&str; 8] = [
    "accept-encoding",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
    "origin",
];

impl HeaderArgs {
    /// The headers that were asked for.
    ///
    /// # Errors
    /// A header that objects do not have, or that is not written as one.
    pub(crate) fn headers(&self) -> Result<Headers> {
        let meta = self.meta.as_deref().unwrap_or_default();
        let mut headers = parse_meta(meta, "cp")?;
        for pair in &self.metadata {
            let Some((name, value)) = pair.split_once('=') else {
                return Err(Error::usage(format!("--metadata {pair} is not NAME=VALUE")));
            };
            let name = name.trim().to_ascii_lowercase();
            let name = name.strip_prefix("x-oss-meta-").unwrap_or(&name);
            set(&mut headers, &format!("x-oss-meta-{name}"), value);
        }
        let tagging = self.tagging.as_deref().map(check_tagging).transpose()?;
        for (name, value) in [
            ("x-oss-object-acl", &self.acl),
            ("x-oss-storage-class", &self.storage_class),
            ("content-type", &self.content_type),
            ("cache-control", &self.cache_control),
            ("content-disposition", &self.content_disposition),
            ("content-encoding", &self.content_encoding),
            ("expires", &self.expires),
            ("x-oss-tagging", &tagging),
        ] {
            if let Some(value) = value {
                set(&mut headers, name, value);
            }
        }
        Ok(headers)
    }
}

/// Sets a header, in place of one of that name.
pub(crate) fn set(headers: &mut Headers, name: &str, value: &str) {
    headers.retain(|(other, _)| other != name);
    headers.push((name.to_owned(), value.to_owned()));
}

/// The content type of a file, from its name.
pub(crate) fn content_type(name: &str) -> &'static str {
    mime_guess::from_path(name).first_raw().unwrap_or("application/octet-stream")
}

/// Reads `name:value#name:value`, of which `command` has more to tell.
pub(crate) fn parse_meta(text: &str, command: &str) -> Result<Headers> {
    let mut headers = Vec::new();
    for pair in text.split('#').filter(|pair| !pair.trim().is_empty()) {
        let (name, value) = pair.split_once(':').unwrap_or((pair, ""));
        let name = name.trim();
        let lower = name.to_ascii_lowercase();
        let is_token = lower.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if !is_token || !(lower.starts_with("x-oss-") || STANDARD.contains(&&*lower)) {
            let message = format!(
                "unsupported header:{name}, please try \"help {command}\" to see supported headers"
            );
            return Err(Error::usage(message)
                .hint("x-oss-meta-NAME:VALUE sets a header of your own; # stands between two"));
        }
        set(&mut headers, &lower, value.trim());
    }
    Ok(headers)
}

/// Tags, which must each have a name.
fn check_tagging(text: &str) -> Result<String> {
    if text.is_empty() || text.split('&').any(|tag| tag.is_empty() || tag.starts_with('=')) {
        return Err(Error::usage(format!("--tagging {text} is not NAME=VALUE&NAME=VALUE")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meta() {
        let headers =
            parse_meta("Cache-Control:no-cache#x-oss-meta-a: b:c #Expires:", "cp").unwrap();
        let headers: Vec<_> = headers.iter().map(|(n, v)| format!("{n}={v}")).collect();
        assert_eq!(headers, ["cache-control=no-cache", "x-oss-meta-a=b:c", "expires="]);
        for text in ["Foo:bar", "x-oss-meta-a b:c", "host:x"] {
            assert!(parse_meta(text, "cp").is_err(), "{text}");
        }
    }

    #[test]
    fn types_from_names() {
        for (name, expected) in [
            ("a/f.txt", "text/plain"),
            ("x.HTML", "text/html"),
            ("y.png", "image/png"),
            ("n", "application/octet-stream"),
        ] {
            assert_eq!(content_type(name), expected, "{name}");
        }
    }
}
