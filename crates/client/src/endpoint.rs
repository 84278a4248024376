//! Where a request goes: scheme, host, and how the bucket is spelled in the URL.

use std::{fmt, net::IpAddr};

use ossutil_protocol::{Request, names};

/// How a bucket is spelled in a URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Addressing {
    /// `scheme://bucket.host/key`, the default for names.
    #[default]
    Virtual,
    /// `scheme://host/bucket/key`, the only one that works with an IP address.
    Path,
    /// `scheme://host/key`, where the host is a domain that is bound to the bucket.
    Cname,
}

/// A service address: `[http://|https://]host[:port]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    is_https: bool,
    authority: String,
    addressing: Addressing,
}

/// An endpoint that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an endpoint: it should look like oss-cn-hangzhou.aliyuncs.com or http://127.0.0.1:9000"
)]
pub struct EndpointError(String);

impl Endpoint {
    /// Reads an endpoint. Without a scheme it is https; a path or query is dropped, as every OSS
    /// tool does; an IP address or `localhost` is addressed by path whatever `addressing` says,
    /// since no bucket can stand before it.
    ///
    /// # Errors
    /// Text that names no host, or another scheme than http and https.
    pub fn parse(text: &str, addressing: Addressing) -> Result<Self, EndpointError> {
        let invalid = || EndpointError(text.to_owned());
        let trimmed = text.trim();
        let (is_https, rest) = match trimmed.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (true, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (false, rest),
            Some(_) => return Err(invalid()),
            None => (true, trimmed),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let authority = authority.to_ascii_lowercase();
        let parsed: http::uri::Authority = authority.parse().map_err(|_| invalid())?;
        let host = parsed.host();
        let is_name = host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        let is_address = is_ip_address(host);
        let has_bad_port = authority != host && parsed.port_u16().is_none();
        if host.is_empty() || has_bad_port || authority.contains('@') || !(is_name || is_address) {
            return Err(invalid());
        }
        let needs_path = addressing == Addressing::Virtual && (is_address || host == "localhost");
        let addressing = if needs_path { Addressing::Path } else { addressing };
        Ok(Self { is_https, authority, addressing })
    }

    /// Whether requests go over TLS.
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// The URL of `request`, every reserved byte of the key encoded, `/` too: no proxy can then
    /// normalise `//` or `..` away.
    pub(crate) fn url(&self, request: &Request) -> String {
        let scheme = if self.is_https { "https" } else { "http" };
        let key = names::encode(request.key.as_deref().unwrap_or_default());
        let authority = &self.authority;
        let mut url = match (request.bucket.as_deref(), self.addressing) {
            (Some(bucket), Addressing::Virtual) => format!("{scheme}://{bucket}.{authority}/{key}"),
            (Some(bucket), Addressing::Path) => format!("{scheme}://{authority}/{bucket}/{key}"),
            _ => format!("{scheme}://{authority}/{key}"),
        };
        let mut query: Vec<&(String, String)> = request.query.iter().collect();
        query.sort_unstable();
        for (index, (name, value)) in query.into_iter().enumerate() {
            url.push(if index == 0 { '?' } else { '&' });
            url.push_str(&names::encode(name));
            if !value.is_empty() {
                url.push('=');
                url.push_str(&names::encode(value));
            }
        }
        url
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority)
    }
}

/// Whether `host` is an IPv4 address, or an IPv6 address in brackets.
fn is_ip_address(host: &str) -> bool {
    host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok()
}

/// Whether the service could hold a bucket of this name.
///
/// # Errors
/// The sentence that `ossutil` 1 says about it.
pub fn check_bucket_name(name: &str) -> Result<(), String> {
    if !(3..=63).contains(&name.len()) {
        return Err(format!("bucket name {name} len is between [3-63],now is {}", name.len()));
    }
    if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Err(format!(
            "bucket name {name} can only include lowercase letters, numbers, and -"
        ));
    }
    if name.starts_with('-') || name.ends_with('-') {
        return Err(format!(
            "bucket name {name} must start and end with a lowercase letter or number"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;

    fn url(endpoint: &str, addressing: Addressing, request: &Request) -> String {
        Endpoint::parse(endpoint, addressing).unwrap().url(request)
    }

    #[test]
    fn urls_of_each_style() {
        let service = Request::service(Method::GET);
        let bucket = Request::bucket(Method::GET, "bkt").query("uploads", "");
        let object =
            Request::object(Method::GET, "bkt", "a//b c+中").query("x", "1/2").query("a", "");
        let key = "a%2F%2Fb%20c%2B%E4%B8%AD?a&x=1%2F2";
        for (endpoint, addressing, request, expected) in [
            ("h.com", Addressing::Virtual, &service, "https://h.com/".to_owned()),
            ("h.com", Addressing::Virtual, &bucket, "https://bkt.h.com/?uploads".to_owned()),
            ("http://H.com/x?y", Addressing::Virtual, &object, format!("http://bkt.h.com/{key}")),
            ("https://h.com", Addressing::Path, &bucket, "https://h.com/bkt/?uploads".to_owned()),
            ("cdn.h.com", Addressing::Cname, &object, format!("https://cdn.h.com/{key}")),
            (
                "http://127.0.0.1:9000",
                Addressing::Virtual,
                &object,
                format!("http://127.0.0.1:9000/bkt/{key}"),
            ),
            (
                "http://[::1]:9000",
                Addressing::Virtual,
                &bucket,
                "http://[::1]:9000/bkt/?uploads".to_owned(),
            ),
            (
                "http://localhost",
                Addressing::Virtual,
                &bucket,
                "http://localhost/bkt/?uploads".to_owned(),
            ),
        ] {
            assert_eq!(url(endpoint, addressing, request), expected);
        }
    }

    #[test]
    fn not_endpoints() {
        for text in ["", "http://", "ftp://h", "a b", "user@host", "http://h:port", "中.com", "a'b"]
        {
            assert!(Endpoint::parse(text, Addressing::Virtual).is_err(), "{text}");
        }
    }

    #[test]
    fn bucket_names() {
        assert!(check_bucket_name("a-1").is_ok());
        for name in ["ab", "Abc", "-ab", "ab-", "a_b", &"a".repeat(64), ""] {
            assert!(check_bucket_name(name).is_err(), "{name}");
        }
    }
}
