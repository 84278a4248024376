//! How much goes through in a while, with several transfers at once.

use std::{
    ops::Range,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, TryStreamExt, stream};
use ossutil_client::{
    Content,
    protocol::operations::{HeadObject, ObjectHead, PutObject},
    transfer::{ByteRange, Download},
};

use super::{
    Arguments, Measurement,
    scratch::{Scratch, random_bytes},
};
use crate::error::{Error, Result};

/// How much is uploaded to be downloaded, in bytes.
const SAMPLE: usize = 32 << 20;

/// The most that is held in memory to be uploaded again and again, in bytes.
const MAX_LENGTH: usize = 256 << 20;

impl Arguments {
    /// Uploads objects of a part's size until the time is over; what is under way then is ended.
    pub(super) async fn upload_speed(&self, scratch: &mut Scratch) -> Result<Measurement> {
        let length = usize::try_from(self.part_size).ok().filter(|length| *length <= MAX_LENGTH);
        let length = length.ok_or_else(|| {
            Error::usage(format!("--part-size {}: this is held in memory", self.part_size))
                .hint(format!("at most {MAX_LENGTH} are"))
        })?;
        let content = &Content::from(random_bytes(length));
        let keys: Vec<String> =
            (0..self.parallel().get()).map(|number| scratch.key(number)).collect();
        let scratch = &*scratch;
        let upload = |key: String| async move {
            let bucket = scratch.bucket.clone();
            let request = PutObject { bucket, key, ..PutObject::default() };
            scratch.client.send_content(&request, content).await?;
            Ok::<u64, Error>(content.len())
        };
        let started = Instant::now();
        let bytes = stream::iter(self.until_over(started, keys.into_iter().cycle()))
            .map(upload)
            .buffer_unordered(self.parallel().get())
            .try_fold(0, |sum, bytes| async move { Ok(sum + bytes) });
        Ok(Measurement::new("upload-speed", bytes.await?, started.elapsed()))
    }

    /// Downloads ranges of an object, again and again, until the time is over.
    pub(super) async fn download_speed(&self, scratch: &mut Scratch) -> Result<Measurement> {
        let (download, ranges) = self.ranges(scratch).await?;
        let started = Instant::now();
        let bytes = self.read(&download, self.until_over(started, ranges.into_iter().cycle()));
        Ok(Measurement::new("download-speed", bytes.await?, started.elapsed()))
    }

    /// Downloads an object once, in ranges.
    pub(super) async fn download_time(&self, scratch: &mut Scratch) -> Result<Measurement> {
        let (download, ranges) = self.ranges(scratch).await?;
        let started = Instant::now();
        let bytes = self.read(&download, ranges.into_iter());
        Ok(Measurement::new("download-time", bytes.await?, started.elapsed()))
    }

    /// The items that are taken before the time is over.
    fn until_over<T>(
        &self,
        started: Instant,
        items: impl Iterator<Item = T>,
    ) -> impl Iterator<Item = T> {
        let runtime = Duration::from_secs(self.runtime);
        items.take_while(move |_| started.elapsed() < runtime)
    }

    /// An object, and the ranges it is downloaded in.
    async fn ranges(&self, scratch: &mut Scratch) -> Result<(Download, Vec<Range<u64>>)> {
        let key = self.source(scratch, SAMPLE).await?;
        let look = HeadObject { bucket: scratch.bucket.clone(), key, version_id: None };
        let object: ObjectHead = scratch.client.send(&look).await?;
        let size = object.content_length.unwrap_or_default();
        if size == 0 {
            return Err(Error::usage(format!("the object {} is empty", look.key))
                .hint("name one that has content, or none"));
        }
        let step = usize::try_from(self.part_size).unwrap_or(usize::MAX);
        let starts = (0..size).step_by(step);
        let ranges = starts.map(|start| start..size.min(start + self.part_size)).collect();
        let download = Download {
            known: Some(object),
            ..Download::of(scratch.client.clone(), look.bucket, look.key)
        };
        Ok((download, ranges))
    }

    /// Reads these ranges, several at once; gives how many bytes came.
    async fn read(
        &self,
        download: &Download,
        ranges: impl Iterator<Item = Range<u64>>,
    ) -> Result<u64> {
        let read = |range: Range<u64>| async move {
            let wanted = ByteRange::Between(range.start, range.end - 1);
            let piece = Download { range: Some(wanted), ..download.clone() };
            piece.stream(std::io::sink(), |_| {}).await?;
            Ok::<u64, Error>(range.end - range.start)
        };
        stream::iter(ranges)
            .map(read)
            .buffer_unordered(self.parallel().get())
            .try_fold(0, |sum, bytes| async move { Ok(sum + bytes) })
            .await
    }
}
