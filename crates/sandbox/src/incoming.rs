//! A request as it came in, taken apart: bucket, key, parameters, headers.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use crate::{
    accounts::Caller,
    ec,
    operations::post_object::FormAnswer,
    refusal::{Outcome, Refusal},
    store::Received,
};

/// The longest key, in bytes of UTF-8.
const MAX_KEY: usize = 1023;

/// A request; its body comes when it is known what to do with it.
pub(crate) struct Incoming {
    pub(crate) method: Method,
    pub(crate) host: String,
    /// Where it comes from.
    pub(crate) address: IpAddr,
    /// When it came.
    pub(crate) time: Timestamp,
    /// The host names the bucket.
    pub(crate) is_to_bucket_host: bool,
    pub(crate) bucket: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    /// The body of a request that is not about content.
    pub(crate) body: Bytes,
    /// The body of a request that is.
    pub(crate) received: Option<Received>,
    /// Who sends it, once that is known.
    pub(crate) caller: Caller,
    /// What else a form says that brings an object.
    pub(crate) form: Option<FormAnswer>,
}

impl Incoming {
    /// Takes a request apart: the raw path is split before it is decoded, and never normalised.
    pub(crate) fn new(method: Method, uri: &Uri, headers: HeaderMap) -> Outcome<Self> {
        let host = headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
        let host = host.or(uri.authority().map(http::uri::Authority::as_str)).unwrap_or_default();
        let path = uri.path().strip_prefix('/').unwrap_or(uri.path());
        let bucket_of_host = bucket_of_host(host);
        let (bucket, key) = match bucket_of_host {
            Some(bucket) => (bucket.to_owned(), path),
            None => {
                let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
                (decode(bucket)?, key)
            }
        };
        // A bare plus is a space to those clients that write it, in names as in parameters.
        let key = decode(&key.replace('+', "%20"))
            .map_err(|_| invalid_key(key, ec::KEY_LENGTH_OR_UTF8))?;
        let mut query = Vec::new();
        for pair in uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            query.push((decode(&name.replace('+', "%20"))?, decode(&value.replace('+', "%20"))?));
        }
        Ok(Self {
            method,
            host: host.to_owned(),
            address: Ipv4Addr::LOCALHOST.into(),
            time: Timestamp::UNIX_EPOCH,
            is_to_bucket_host: bucket_of_host.is_some(),
            key: (!key.is_empty()).then_some(key),
            bucket: (!bucket.is_empty()).then_some(bucket),
            query,
            headers,
            body: Bytes::new(),
            received: None,
            caller: Caller::default(),
            form: None,
        })
    }

    /// The same request, for an object with another key; for the bucket, if that is empty.
    pub(crate) fn reading(&self, key: &str) -> Self {
        Self {
            method: self.method.clone(),
            host: self.host.clone(),
            address: self.address,
            time: self.time,
            is_to_bucket_host: self.is_to_bucket_host,
            bucket: self.bucket.clone(),
            key: (!key.is_empty()).then(|| key.to_owned()),
            query: self.query.clone(),
            headers: self.headers.clone(),
            body: Bytes::new(),
            received: None,
            caller: self.caller.clone(),
            form: None,
        }
    }

    /// The first value of a parameter; empty for a bare name.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(candidate, _)| candidate == name).map(|(_, value)| &**value)
    }

    /// A parameter that says something: clients send empty ones that mean nothing.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.parameter(name).unwrap_or_default()
    }

    /// A parameter that is no longer than a key may be.
    pub(crate) fn name(&self, parameter: &str) -> Outcome<&str> {
        let text = self.text(parameter);
        if text.len() <= MAX_KEY {
            return Ok(text);
        }
        let message = format!("The length of {parameter} exceeds the limit of 1023 bytes.");
        Err(Refusal::invalid_argument(parameter, text, &message))
    }

    /// A parameter that holds a number from `range`.
    pub(crate) fn number(
        &self,
        name: &str,
        default: usize,
        range: std::ops::RangeInclusive<usize>,
    ) -> Outcome<usize> {
        match self.text(name) {
            "" => Ok(default),
            text => text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
                let message = format!(
                    "Argument {name} must be an integer between {} and {}.",
                    range.start(),
                    range.end()
                );
                Refusal::invalid_argument(name, text, &message)
            }),
        }
    }

    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    /// All headers as text.
    pub(crate) fn header_pairs(&self) -> Vec<(String, String)> {
        let text =
            |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        self.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
    }

    /// How fast content may pass, in bytes a second, if the request says.
    ///
    /// # Errors
    /// A limit that the service does not take: below 100 KB or above 100 MB a second.
    pub(crate) fn traffic_limit(&self) -> Outcome<Option<u64>> {
        const NAME: &str = "x-oss-traffic-limit";
        let limit = self.header(NAME).or_else(|| self.parameter(NAME).map(str::to_owned));
        let Some(limit) = limit else { return Ok(None) };
        let bits = limit.parse().ok().filter(|bits| (819_200..=838_860_800).contains(bits));
        bits.map(|bits: u64| Some(bits / 8)).ok_or_else(|| {
            let message = "The traffic limit must be between 819200 and 838860800 bits a second.";
            Refusal::invalid_argument(NAME, &limit, message)
        })
    }

    /// The content that came, of a request that must have one.
    pub(crate) fn received(&self) -> Outcome<&Received> {
        self.received.as_ref().ok_or_else(Refusal::internal)
    }

    /// The version that is asked for, if one is.
    pub(crate) fn version_id(&self) -> Option<&str> {
        self.parameter("versionId").filter(|id| !id.is_empty())
    }

    /// The key, of a request that must have one.
    pub(crate) fn object(&self) -> Outcome<&str> {
        let key = self.key.as_deref().unwrap_or_default();
        match key.len() {
            0 => Err(invalid_key(key, ec::KEY_EMPTY)),
            1..=MAX_KEY if key.starts_with(['/', '\\']) => {
                Err(invalid_key(key, ec::KEY_FIRST_BYTE))
            }
            1..=MAX_KEY => Ok(key),
            _ => Err(invalid_key(key, ec::KEY_LENGTH_OR_UTF8)),
        }
    }
}

fn invalid_key(key: &str, ec: &'static str) -> Refusal {
    let message = match ec {
        ec::KEY_EMPTY => "The Object name can not be empty.",
        ec::KEY_LENGTH_OR_UTF8 if key.len() > MAX_KEY => {
            "The Length of Object name must be less than 1024."
        }
        _ => "The specified object is not valid.",
    };
    Refusal::new(400, "InvalidObjectName", message).ec(ec).detail("ObjectName", key)
}

/// The bucket in `bucket.host[:port]`, for the hosts a sandbox is known by.
fn bucket_of_host(host: &str) -> Option<&str> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let (bucket, rest) = name.split_once('.')?;
    let is_host = rest == "localhost" || rest == "127.0.0.1" || rest.ends_with(".aliyuncs.com");
    is_host.then_some(bucket)
}

fn decode(text: &str) -> Outcome<String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(std::borrow::Cow::into_owned).map_err(|_| {
        Refusal::new(400, "InvalidURI", "Couldn't parse the specified URI.").detail("URI", text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incoming(host: &str, uri: &str) -> Incoming {
        let headers = HeaderMap::from_iter([(http::header::HOST, host.parse().unwrap())]);
        Incoming::new(Method::GET, &uri.parse().unwrap(), headers).unwrap()
    }

    #[test]
    fn addresses() {
        for (host, uri, bucket, key) in [
            ("127.0.0.1:9000", "/", None, None),
            ("127.0.0.1:9000", "/bkt/?uploads", Some("bkt"), None),
            ("127.0.0.1:9000", "/bkt", Some("bkt"), None),
            ("localhost", "/bkt//a%2F..%2Fb%20c%2Bd", Some("bkt"), Some("/a/../b c+d")),
            ("localhost", "/bkt/a+b", Some("bkt"), Some("a b")),
            ("bkt.localhost:9000", "/dir/key", Some("bkt"), Some("dir/key")),
            ("bkt.oss-cn-hangzhou.aliyuncs.com", "/k", Some("bkt"), Some("k")),
        ] {
            let incoming = incoming(host, uri);
            assert_eq!((incoming.bucket.as_deref(), incoming.key.as_deref()), (bucket, key));
        }
    }

    #[test]
    fn parameters() {
        let incoming = incoming("h", "/b/?uploads&prefix=a%2Fb+c&key-marker=");
        assert_eq!(incoming.parameter("uploads"), Some(""));
        assert_eq!(incoming.text("prefix"), "a/b c");
        assert_eq!(incoming.number("max-keys", 100, 1..=1000).unwrap(), 100);
    }
}
