//! `sign`: a URL by which anybody can read an object, for a while.

use std::{io::Write, pin::pin, time::Duration};

use clap::{ArgGroup, Args};
use futures_util::TryStreamExt;
use jiff::{Timestamp, civil, tz::TimeZone};
use ossutil_client::{
    Client, SignatureVersion,
    listing::{self, Entry},
    protocol::{
        Operation,
        operations::{GetObject, ListObjects},
    },
};
use serde::Serialize;

use crate::{
    cloud_url::CloudUrl,
    context::Context,
    error::{Error, Result},
    objects::filter::ObjectFilterArgs,
    options::{NameEncoding, RequestPayer},
    output::Record,
    registry::Command,
};

/// Make a URL by which anybody can read an object until it expires
///
/// Nothing is sent for a single object: that there is such an object is not looked at. With -r the
/// objects are listed.
#[derive(Args)]
#[command(group = ArgGroup::new("life"))]
pub(super) struct Arguments {
    /// oss://bucket/object, with -r oss://bucket[/prefix]
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// A URL for every object whose key begins with the prefix, a line each
    #[arg(short, long, conflicts_with = "version_id")]
    recursive: bool,
    /// Seconds until the URL expires
    #[arg(long, value_name = "SECONDS", default_value_t = 60, group = "life")]
    timeout: u64,
    /// How long until the URL expires, as 15m or 1d12h
    #[arg(long, value_name = "DURATION", value_parser = duration, group = "life")]
    expires_duration: Option<Duration>,
    /// When the URL expires, as 2026-12-31 or 2026-12-31T18:00:00Z
    #[arg(long, value_name = "TIME", group = "life")]
    expires_date: Option<String>,
    /// A version of the object, if not the latest
    #[arg(long, value_name = "ID")]
    version_id: Option<String>,
    /// The most bits a second the URL gives
    #[arg(long, visible_alias = "traffic-limit", value_name = "BITS/S",
          value_parser = clap::value_parser!(u64).range(1..))]
    trafic_limit: Option<u64>,
    /// Leave `/` in the URL as it is
    #[arg(long)]
    disable_encode_slash: bool,
    /// A query parameter to sign, as name:value; may be given again
    #[arg(long, value_name = "NAME:VALUE", value_parser = parameter)]
    query_param: Vec<(String, String)>,
    #[command(flatten)]
    filters: ObjectFilterArgs,
    #[command(flatten)]
    encoding: NameEncoding,
    #[command(flatten)]
    payer: RequestPayer,
}

#[derive(Default, Serialize)]
struct UrlRecord<'a> {
    bucket: &'a str,
    key: &'a str,
    version_id: Option<&'a str>,
    url: &'a str,
    expires: Option<Timestamp>,
}

impl Record for UrlRecord<'_> {
    const LIST: &'static str = "urls";
    const ITEM: &'static str = "url";
}

impl Command for Arguments {
    const NAME: &'static str = "sign";
    const ALIASES: &'static [&'static str] = &["presign"];
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("ossutil sign oss://bucket/video.mp4 --timeout 3600", "good for an hour"),
        (
            "ossutil sign oss://bucket/photo.jpg --query-param x-oss-process:image/resize,w_100",
            "what is made of the object is part of the URL",
        ),
        (
            "ossutil sign oss://bucket/video.mp4 --expires-duration 7d --trafic-limit 8388608",
            "for a week, with 8 Mbit/s at most",
        ),
        (
            "ossutil sign -r oss://bucket/photos/ --include '*.jpg' --expires-duration 1h",
            "every photo below a prefix",
        ),
    ];

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let filters = self.filters.check()?;
        if !self.recursive {
            if !filters.is_empty() {
                return Err(Error::usage("--include or --exclude only work with --recursive")
                    .hint("and so do the other filters"));
            }
            let payer = self.payer.payer.as_deref();
            let (client, url) = context.open_object(&self.url, &self.encoding, payer)?;
            return self.sign(context, &client, &url).await;
        }
        let (client, url) = context.open(&self.url, &self.encoding, self.payer.payer.as_deref())?;
        context.printer.list::<UrlRecord<'_>>()?;
        let CloudUrl { bucket, key: prefix } = url;
        let first = ListObjects { bucket, prefix, max_keys: Some(1000), ..ListObjects::default() };
        let (bucket, now) = (first.bucket.clone(), client.now());
        let mut objects = pin!(listing::entries(&client, first));
        while let Some(entry) = objects.try_next().await? {
            if let Entry::Item(object) = entry
                && filters.matches(&object, now)
            {
                let url = CloudUrl { bucket: bucket.clone(), key: object.key };
                self.sign(context, &client, &url).await?;
            }
        }
        context.printer.complete();
        Ok(())
    }
}

impl Arguments {
    /// Prints a URL for one object.
    async fn sign(&self, context: &mut Context<'_>, client: &Client, url: &CloudUrl) -> Result<()> {
        check_key(client, url)?;
        let now = client.now();
        let life = self.life(now, &context.zone())?;
        let mut request = GetObject {
            bucket: url.bucket.clone(),
            key: url.key.clone(),
            version_id: self.version_id.clone(),
            ..GetObject::default()
        }
        .request()
        .query_if("x-oss-traffic-limit", self.trafic_limit);
        request.query.extend_from_slice(&self.query_param);
        let signed = client.presign(&request, life).await.map_err(|error| {
            Error::usage(format!("the URL cannot be made: {error}"))
                .hint("--timeout SECONDS says how long it lasts")
        })?;
        let signed = if self.disable_encode_slash { with_slashes(&signed) } else { signed };
        let expires = i64::try_from(life).unwrap_or(i64::MAX).saturating_add(now.as_second());
        let record = UrlRecord {
            bucket: &url.bucket,
            key: &url.key,
            version_id: self.version_id.as_deref(),
            url: &signed,
            expires: Timestamp::from_second(expires).ok(),
        };
        Ok(context.printer.record(&record, |out: &mut dyn Write| writeln!(out, "{signed}"))?)
    }

    /// How many seconds the URL is to last.
    fn life(&self, now: Timestamp, zone: &TimeZone) -> Result<u64> {
        if let Some(duration) = self.expires_duration {
            return Ok(duration.as_secs());
        }
        let Some(text) = &self.expires_date else { return Ok(self.timeout) };
        let time = time(text, zone).ok_or_else(|| {
            Error::usage(format!("--expires-date {text}: this is no time"))
                .hint("write 2026-12-31, 2026-12-31T18:00:00 or 2026-12-31T18:00:00Z")
        })?;
        u64::try_from(time.as_second() - now.as_second())
            .map_err(|_| Error::usage(format!("--expires-date {text} is past")))
    }
}

/// In the text that version 1 signs, a key that begins with `?` could stand for another request.
fn check_key(client: &Client, url: &CloudUrl) -> Result<()> {
    if url.key.starts_with('?') && *client.signature_version() == SignatureVersion::V1 {
        let message = format!(
            "object name is invalid, can't start with '?', Bucket={}, Object={}",
            url.bucket, url.key
        );
        return Err(Error::usage(message).hint("--sign-version v4 can sign it"));
    }
    Ok(())
}

/// The URL with the `/` of the key as they are; those of the query stay encoded.
fn with_slashes(url: &str) -> String {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    format!("{}?{query}", path.replace("%2F", "/"))
}

/// A time with an offset, or a local one; a date alone is its first moment.
fn time(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let date = || Some(text.parse::<civil::Date>().ok()?.at(0, 0, 0, 0));
    let local = text.parse::<civil::DateTime>().ok().or_else(date)?;
    zone.to_timestamp(local).ok()
}

fn duration(text: &str) -> std::result::Result<Duration, String> {
    ossutil_config::parse_duration(text).ok_or_else(|| "write it like 15m, 12h or 7d".to_owned())
}

/// `name:value` of `ossutil` 1, `name=value` of `ossutil` 2, or a name alone.
fn parameter(text: &str) -> std::result::Result<(String, String), String> {
    let (name, value) = text.split_once([':', '=']).unwrap_or((text, ""));
    match name.is_empty() {
        true => Err("a parameter has a name".to_owned()),
        false => Ok((name.to_owned(), value.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let east = TimeZone::posix("CST-8").unwrap();
        for (text, expected) in [
            ("2026-12-31", "2026-12-30T16:00:00Z"),
            ("2026-12-31T18:00:00", "2026-12-31T10:00:00Z"),
            ("2026-12-31T18:00:00Z", "2026-12-31T18:00:00Z"),
            ("2026-12-31T18:00:00+01:00", "2026-12-31T17:00:00Z"),
        ] {
            assert_eq!(time(text, &east).unwrap().to_string(), expected, "{text}");
        }
        assert_eq!(time("tomorrow", &east), None);
    }

    #[test]
    fn slashes_of_the_query_stay_encoded() {
        let url = "http://h/b/a%2Fb%252F?x=1%2F2";
        assert_eq!(with_slashes(url), "http://h/b/a/b%252F?x=1%2F2");
    }
}
