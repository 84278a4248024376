//! The headers an object can have, as people type them: its type, class, user metadata, ACL.

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use jiff::{Timestamp, fmt::rfc2822};
use ossutil_client::transfer::DESCRIPTION;

use crate::{
    error::{Error, Result},
    tags,
};

/// The access control lists of a bucket.
pub(crate) const BUCKET_ACLS: &[&str] = &["private", "public-read", "public-read-write"];

/// The access control lists of an object.
pub(crate) const OBJECT_ACLS: &[&str] = &["default", "private", "public-read", "public-read-write"];

/// The storage classes.
pub(crate) const STORAGE_CLASSES: &[&str] =
    &["Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"];

/// What user metadata is called on the wire.
pub(crate) const USER_METADATA: &str = "x-oss-meta-";

/// The headers that stand with an object beside those and user metadata.
const STANDING: [&str; 5] = [
    "x-oss-object-acl",
    "x-oss-server-side-data-encryption",
    "x-oss-server-side-encryption",
    "x-oss-server-side-encryption-key-id",
    "x-oss-storage-class",
];

/// What `ossutil` 1 takes as well, though nothing of it stays with an object.
const OF_REQUESTS: [&str; 2] = ["accept-encoding", "origin"];

/// What the beginning of these would make of a request is for commands to say, or for the
/// signature.
const OURS: [&str; 6] = [
    "x-oss-content-sha256",
    "x-oss-copy-source",
    "x-oss-date",
    "x-oss-metadata-directive",
    "x-oss-security-token",
    "x-oss-tagging-directive",
];

/// Headers, each with its name in lower case.
pub(crate) type Headers = Vec<(String, String)>;

/// Reads one of `values` in any case, and writes it as it stands there.
pub(crate) fn one_of(values: &'static [&'static str]) -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(values).map(|typed: String| {
        let value = values.iter().find(|value| value.eq_ignore_ascii_case(&typed));
        value.map_or(typed.clone(), |value| (*value).to_owned())
    })
}

/// The options for what stands with an object.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct PropertyArgs {
    /// ACL of the object; default is what the bucket's says
    #[arg(long, value_name = "ACL", ignore_case = true, value_parser = one_of(OBJECT_ACLS))]
    pub(crate) acl: Option<String>,
    /// Storage class of the object
    #[arg(long, value_name = "CLASS", ignore_case = true, value_parser = one_of(STORAGE_CLASSES))]
    storage_class: Option<String>,
    /// Content-Type of the object, such as video/mp4; that of a file is told from its name
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
    /// Expires of the object: 2027-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
    /// User metadata of the object; may be given more than once
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) metadata: Vec<String>,
    /// Tags of the object, as name=value&name=value; may be given more than once
    #[arg(long, value_name = "TAGS")]
    pub(crate) tagging: Vec<String>,
}

/// The options that say what objects are to be that are written.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct HeaderArgs {
    /// Headers of the object, as name:value#name:value
    #[arg(long, value_name = "HEADERS")]
    meta: Option<String>,
    #[command(flatten)]
    properties: PropertyArgs,
}

impl PropertyArgs {
    /// The headers with an option of their own, without the access control list.
    ///
    /// # Errors
    /// A value that such a header does not have.
    pub(crate) fn headers(&self) -> Result<Headers> {
        let given = [
            ("x-oss-storage-class", &self.storage_class),
            ("content-type", &self.content_type),
            ("cache-control", &self.cache_control),
            ("content-disposition", &self.content_disposition),
            ("content-encoding", &self.content_encoding),
            ("expires", &self.expires),
        ];
        let given = given.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        given.map(|(name, value)| Ok((name.to_owned(), check_value(name, value)?))).collect()
    }

    /// The user metadata, as headers; `may_lack_value` where it is only named.
    ///
    /// # Errors
    /// What is not written as `NAME=VALUE`, or no name of a header.
    pub(crate) fn user_metadata(&self, may_lack_value: bool) -> Result<Headers> {
        let header = |text: &String| {
            let (name, value) = tags::pair("metadata", text, may_lack_value)?;
            let name = name.trim().to_ascii_lowercase();
            let name = name.strip_prefix(USER_METADATA).unwrap_or(&name);
            let name = format!("{USER_METADATA}{name}");
            match is_user_metadata(&name) {
                true => Ok((name, value)),
                false => Err(Error::usage(format!("--metadata {text}: no header has such a name"))),
            }
        };
        self.metadata.iter().map(header).collect()
    }
}

impl HeaderArgs {
    /// The headers that were asked for.
    ///
    /// # Errors
    /// A header that objects do not have, or that is not written as one.
    pub(crate) fn headers(&self) -> Result<Headers> {
        let mut headers = parse(self.meta.as_deref().unwrap_or_default(), "cp")?;
        let properties = &self.properties;
        let acl = properties.acl.iter().map(|acl| ("x-oss-object-acl".to_owned(), acl.clone()));
        let tagging = tags::header(&properties.tagging)?;
        let tagging = tagging.map(|tagging| ("x-oss-tagging".to_owned(), tagging));
        let given = properties.user_metadata(false)?.into_iter().chain(properties.headers()?);
        for (name, value) in given.chain(acl).chain(tagging) {
            set(&mut headers, &name, &value);
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

/// Whether a header, in lower case, describes the content: its type, how caches treat it, and so on.
pub(crate) fn is_description(name: &str) -> bool {
    DESCRIPTION.contains(&name)
}

/// Checks an access control list.
pub(crate) fn check_acl<'a>(acl: &'a str, known: &[&str]) -> Result<&'a str> {
    match known.contains(&acl) {
        true => Ok(acl),
        false => Err(Error::usage(format!("invalid acl: {acl}, please check"))
            .hint(format!("it is one of {}", known.join(", ")))),
    }
}

/// Reads `name:value#name:value` for a request that writes something; names come out in lower case,
/// and a value may be left out. `command` has more to tell of it.
///
/// # Errors
/// A header that is none of an object, or a value that it does not have.
pub(crate) fn parse(text: &str, command: &str) -> Result<Headers> {
    parse_those(text, command, |name| {
        let is_ours = OURS.iter().any(|ours| name.starts_with(ours));
        is_standing(name) || OF_REQUESTS.contains(&name) || name.starts_with("x-oss-") && !is_ours
    })
}

/// The same, for what is to stand with an object that is there.
///
/// # Errors
/// The same.
pub(crate) fn parse_standing(text: &str, command: &str) -> Result<Headers> {
    parse_those(text, command, is_standing)
}

fn parse_those(text: &str, command: &str, is_known: impl Fn(&str) -> bool) -> Result<Headers> {
    let mut headers = Vec::new();
    for pair in text.split('#').filter(|pair| !pair.trim().is_empty()) {
        let (name, value) = pair.split_once(':').unwrap_or((pair, ""));
        let (name, value) = (name.trim(), value.trim());
        let lower = name.to_ascii_lowercase();
        if !is_token(&lower) || lower == USER_METADATA || !is_known(&lower) {
            let message = format!(
                "unsupported header:{name}, please try \"help {command}\" to see supported headers"
            );
            let known = [&DESCRIPTION[..], &STANDING[..]].concat().join(", ");
            return Err(Error::usage(message)
                .hint("x-oss-meta-NAME:VALUE sets a header of your own; # stands between two")
                .hint(format!("others are {known}")));
        }
        set(&mut headers, &lower, &check_value(&lower, value)?);
    }
    Ok(headers)
}

/// Whether a header, in lower case, can stand with an object.
fn is_standing(name: &str) -> bool {
    is_description(name) || STANDING.contains(&name) || is_user_metadata(name)
}

fn is_user_metadata(name: &str) -> bool {
    name.strip_prefix(USER_METADATA).is_some_and(|own| !own.is_empty()) && is_token(name)
}

fn is_token(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// The value of a header as the service takes it; none at all stays none.
fn check_value(name: &str, value: &str) -> Result<String> {
    match name {
        _ if value.is_empty() => Ok(String::new()),
        "expires" => expires(value),
        "x-oss-object-acl" => check_acl(value, OBJECT_ACLS).map(str::to_owned),
        _ => Ok(value.to_owned()),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn headers_as_they_are_typed() {
        assert_eq!(parse("", "x").unwrap(), []);
        let text = "X-Oss-Meta-A: b:c #Cache-Control#expires:2027-01-31T12:00:00Z";
        let expected = [
            pair("x-oss-meta-a", "b:c"),
            pair("cache-control", ""),
            pair("expires", "Sun, 31 Jan 2027 12:00:00 GMT"),
        ];
        assert_eq!(parse(text, "x").unwrap(), expected);
        assert_eq!(parse_standing(text, "x").unwrap(), expected);
        for wrong in [
            "Host:x",
            "Foo:bar",
            "x-oss-meta-:x",
            "x-oss-meta-a b:c",
            "a",
            "x-oss-copy-source:/b/k",
            "x-oss-copy-source-range:bytes=0-1",
            "expires:soon",
            "x-oss-object-acl:mine",
        ] {
            assert!(parse(wrong, "x").is_err(), "{wrong}");
            assert!(parse_standing(wrong, "x").is_err(), "{wrong}");
        }
        for of_request in ["x-oss-forbid-overwrite:true", "Origin:http://a", "x-oss-tagging:a=b"] {
            assert!(parse(of_request, "x").is_ok(), "{of_request}");
            assert!(parse_standing(of_request, "x").is_err(), "{of_request}");
        }
    }

    #[test]
    fn options_take_the_place_of_the_list() {
        let arguments = HeaderArgs {
            meta: Some("Expires:2027-01-31T12:00:00Z#x-oss-meta-a:1#x-oss-meta-b:2".to_owned()),
            properties: PropertyArgs {
                expires: Some("2028-01-31T12:00:00Z".to_owned()),
                metadata: vec!["A=3".to_owned(), "x-oss-meta-c=4=5".to_owned()],
                tagging: vec!["t=1".to_owned()],
                ..PropertyArgs::default()
            },
        };
        let mut headers = arguments.headers().unwrap();
        headers.sort_unstable();
        let expected = [
            pair("expires", "Mon, 31 Jan 2028 12:00:00 GMT"),
            pair("x-oss-meta-a", "3"),
            pair("x-oss-meta-b", "2"),
            pair("x-oss-meta-c", "4=5"),
            pair("x-oss-tagging", "t=1"),
        ];
        assert_eq!(headers, expected);
        for metadata in ["a", "=b", "a b=c", "x-oss-meta-=d"] {
            let metadata = vec![metadata.to_owned()];
            let properties = PropertyArgs { metadata, ..PropertyArgs::default() };
            assert!(properties.user_metadata(false).is_err(), "{properties:?}");
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
