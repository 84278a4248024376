//! `oss://bucket/key`, as people type it.

use ossutil_client::{check_bucket_name, protocol::names};

use crate::error::{Error, Result};

/// A bucket, or what is below it; both empty for `oss://`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CloudUrl {
    /// The bucket; empty for the service itself.
    pub(crate) bucket: String,
    /// A key or a prefix, exactly as typed; empty for the bucket itself.
    pub(crate) key: String,
}

impl CloudUrl {
    /// Reads a URL; `is_encoded` says that the key was typed percent-encoded.
    pub(crate) fn parse(text: &str, is_encoded: bool) -> Result<Self> {
        let rest = match is_cloud_url(text) {
            true => &text[6..],
            false => {
                let message = format!(
                    "invalid cloud url: \"{text}\", please make sure the url starts with: \"oss://\""
                );
                return Err(Error::usage(message).hint("write it like this: oss://bucket/key"));
            }
        };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() && !key.is_empty() {
            let message = format!("invalid cloud url: {text}, miss bucket");
            return Err(Error::usage(message).hint("write it like this: oss://bucket/key"));
        }
        let key = match is_encoded {
            true => decode_argument(key).map_err(|error| {
                Error::usage(format!(
                    "invalid cloud url: {text}, object name is not url encoded, {error}"
                ))
                .hint("leave out --encoding-type to take the name as it stands")
            })?,
            false => key.to_owned(),
        };
        Ok(Self { bucket: bucket.to_owned(), key })
    }

    /// Reads a URL that must name a bucket the service could have.
    pub(crate) fn parse_bucket(text: &str, is_encoded: bool) -> Result<Self> {
        let url = Self::parse(text, is_encoded)?;
        if url.bucket.is_empty() {
            return Err(Error::usage(format!("bucket name is empty,url is {text}"))
                .hint("a bucket is named like this: oss://my-bucket"));
        }
        check_bucket_name(&url.bucket).map_err(|message| {
            Error::usage(message).hint("a bucket is named like this: oss://my-bucket")
        })?;
        Ok(url)
    }

    /// Reads a URL that must name an object.
    pub(crate) fn parse_object(text: &str, is_encoded: bool) -> Result<Self> {
        let url = Self::parse_bucket(text, is_encoded)?;
        if url.key.is_empty() {
            return Err(Error::usage("object name is empty")
                .hint(format!("name an object: oss://{}/path/of/the/object", url.bucket)));
        }
        Ok(url)
    }
}

/// Whether `text` begins as a cloud URL does.
pub(crate) fn is_cloud_url(text: &str) -> bool {
    text.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("oss://"))
}

/// A name that was typed percent-encoded (`--encoding-type url`), where `+` is a space.
pub(crate) fn decode_argument(text: &str) -> std::result::Result<String, String> {
    names::decode(&text.replace('+', " ")).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_taken_as_typed() {
        for (text, bucket, key) in [
            ("oss://b/k", "b", "k"),
            ("OSS://b", "b", ""),
            ("oss://b/", "b", ""),
            ("oss://b//../x?y#z", "b", "/../x?y#z"),
            ("oss://", "", ""),
            ("oss:///", "", ""),
        ] {
            let url = CloudUrl::parse(text, false).unwrap();
            assert_eq!((&*url.bucket, &*url.key), (bucket, key), "{text}");
        }
        assert_eq!(CloudUrl::parse("oss://b/a%2Bb+c", true).unwrap().key, "a+b c");
    }

    #[test]
    fn what_is_not_a_url() {
        for text in ["", "b/k", "oss:/b", "oss:///k", "s3://b", "中文中文"] {
            assert!(CloudUrl::parse(text, false).is_err(), "{text}");
        }
        assert!(CloudUrl::parse("oss://b/%zz", true).is_err());
        assert!(CloudUrl::parse_object("oss://bkt/", false).is_err());
        assert!(CloudUrl::parse_bucket("oss://ab", false).is_err());
    }
}
