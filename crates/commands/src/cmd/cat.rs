//! `cat`: the content of an object, to standard output.

use std::num::NonZeroU64;

use clap::{ArgGroup, Args};
use ossutil_client::{
    protocol::operations::HeadObject,
    transfer::{ByteRange, Download},
};

use crate::{
    context::Context,
    error::{Error, Result},
    options::{NameEncoding, RequestPayer},
    registry::Command,
};

/// Write the content of an object to standard output, as it is and nothing else
#[derive(Args)]
#[command(group = ArgGroup::new("end").conflicts_with_all(["offset", "count"]))]
pub(super) struct Arguments {
    /// oss://bucket/object
    #[arg(value_name = "CLOUD_URL")]
    url: String,
    /// Only the first N bytes
    #[arg(long, value_name = "N", group = "end")]
    head: Option<NonZeroU64>,
    /// Only the last N bytes
    #[arg(long, value_name = "N", group = "end")]
    tail: Option<NonZeroU64>,
    /// Begin at byte N, counted from 0; at the N-th before the end with --offset=-N
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    offset: Option<i64>,
    /// Stop after N bytes
    #[arg(long, value_name = "N")]
    count: Option<NonZeroU64>,
    /// A version of the object, if not the latest
    #[arg(long, value_name = "ID")]
    version_id: Option<String>,
    #[command(flatten)]
    encoding: NameEncoding,
    #[command(flatten)]
    payer: RequestPayer,
}

impl Command for Arguments {
    const NAME: &'static str = "cat";
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        (
            "ossutil appendfromfile video.mp4 oss://bucket/o && ossutil cat oss://bucket/o > copy",
            "all of an object, into a file",
        ),
        (
            "ossutil appendfromfile video.mp4 oss://bucket/p && \
             ossutil cat --tail 100 oss://bucket/p",
            "its last 100 bytes; nothing else is fetched",
        ),
        (
            "ossutil appendfromfile video.mp4 oss://bucket/q && \
             ossutil cat --offset 2 --count 1 oss://bucket/q",
            "a piece from its midst",
        ),
    ];
    const IS_TIMED: bool = false;

    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        let payer = self.payer.payer.as_deref();
        let (client, url) = context.open_object(&self.url, &self.encoding, payer)?;
        let mut download = Download {
            version_id: self.version_id.clone(),
            ..Download::of(client, url.bucket, url.key)
        };
        if self.head.is_some()
            || self.tail.is_some()
            || self.offset.is_some()
            || self.count.is_some()
        {
            let look = HeadObject {
                bucket: download.bucket.clone(),
                key: download.key.clone(),
                version_id: self.version_id.clone(),
            };
            let object = download.client.send(&look).await?;
            let size = object.content_length.unwrap_or_default();
            let Some(range) = self.range(size)? else { return Ok(()) };
            download.range = Some(range);
            download.known = Some(object);
        }
        let output = context.printer.content()?;
        download.stream(output, |_| {}).await?;
        Ok(())
    }
}

impl Arguments {
    /// Which bytes of an object of `size` bytes are meant, if any.
    fn range(&self, size: u64) -> Result<Option<ByteRange>> {
        let first = match (self.tail, self.offset.unwrap_or_default()) {
            (Some(tail), _) => size.saturating_sub(tail.get()),
            (None, offset) if offset < 0 => size.saturating_sub(offset.unsigned_abs()),
            (None, offset) => offset.unsigned_abs(),
        };
        if first > size {
            return Err(Error::usage(format!("--offset {first}: the object has {size} bytes")));
        }
        let count = self.head.or(self.count).map_or(u64::MAX, NonZeroU64::get);
        let end = first.saturating_add(count).min(size);
        Ok((first < end).then(|| ByteRange::Between(first, end - 1)))
    }
}

#[cfg(test)]
mod tests {
    use clap::{Command as Clap, FromArgMatches};

    use super::*;

    #[test]
    fn ranges() {
        for (words, size, expected) in [
            ("--head 5", 9, Some((0, 4))),
            ("--head 5", 3, Some((0, 2))),
            ("--head 5", 0, None),
            ("--tail 5", 9, Some((4, 8))),
            ("--tail 5", 3, Some((0, 2))),
            ("--offset 4", 9, Some((4, 8))),
            ("--offset=-4", 9, Some((5, 8))),
            ("--offset=-40", 9, Some((0, 8))),
            ("--offset 9", 9, None),
            ("--offset 4 --count 2", 9, Some((4, 5))),
            ("--offset=-4 --count 2", 9, Some((5, 6))),
            ("--count 18446744073709551615", 9, Some((0, 8))),
        ] {
            let words = format!("cat oss://b/k {words}");
            let matches = Arguments::augment_args(Clap::new("cat"));
            let matches = matches.try_get_matches_from(words.split(' ')).unwrap();
            let range = Arguments::from_arg_matches(&matches).unwrap().range(size).unwrap();
            let expected = expected.map(|(first, last)| ByteRange::Between(first, last));
            assert_eq!(range, expected, "{words} of {size}");
        }
    }
}
