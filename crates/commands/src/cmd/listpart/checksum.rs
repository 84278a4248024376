//! `listpart --checksum`: whether the parts that arrived are those of a local file.

use std::{fs::File, ops::Range, path::Path, sync::Arc};

use futures_util::{StreamExt, TryStreamExt, stream};
use ossutil_client::{Content, listing, protocol::operations::Part};
use serde::Serialize;

use crate::{
    context::Context,
    error::{Error, Result},
    output::Record,
    uploads::{Layout, Uploads},
};

/// How many parts are read at once: more only makes a disk seek.
const READERS: usize = 2;

#[derive(Default, Serialize)]
struct CheckRecord {
    part_number: u32,
    offset: u64,
    bytes: u64,
    agrees: bool,
}

impl Record for CheckRecord {
    const LIST: &'static str = "checks";
    const ITEM: &'static str = "check";
}

/// Compares each part's ETag, an MD5, with the bytes of the file that it must hold.
pub(super) async fn check(
    context: &mut Context<'_>,
    mut uploads: Uploads,
    path: &Path,
) -> Result<()> {
    let found = uploads.try_next().await?;
    let (Some(found), None) = (found, uploads.try_next().await?) else {
        return Err(Error::usage("--checksum needs exactly one upload")
            .hint("name it: ossutil listpart --checksum FILE oss://bucket/object UPLOADID"));
    };
    let cannot_read =
        |error: std::io::Error| Error::failed(format!("cannot read {}: {error}", path.display()));
    let file = Arc::new(File::open(path).map_err(cannot_read)?);
    let size = file.metadata().map_err(cannot_read)?.len();
    let parts = listing::entries(&found.client, found.upload.list_parts());
    let parts: Vec<Part> = parts.try_collect().await?;
    let ranges = ranges(&parts)?;
    let mut checks = stream::iter(parts.into_iter().zip(ranges))
        .map(async |(part, range)| {
            let agrees = range.end <= size && {
                let md5 = Content::file(Arc::clone(&file), range.clone()).digests().await?.md5;
                let md5: String = md5.iter().map(|byte| format!("{byte:02X}")).collect();
                part.etag.trim_matches('"').eq_ignore_ascii_case(&md5)
            };
            Ok::<_, std::io::Error>((part.part_number, range, agrees))
        })
        .buffered(READERS);
    context.printer.list::<CheckRecord>()?;
    let (mut count, mut agreeing) = (0, 0);
    while let Some((part_number, range, agrees)) = checks.try_next().await.map_err(cannot_read)? {
        count += 1;
        agreeing += u32::from(agrees);
        let (offset, bytes) = (range.start, range.end - range.start);
        let record = CheckRecord { part_number, offset, bytes, agrees };
        let verdict = match agrees {
            true => "agrees",
            false if range.end > size => "reaches beyond the end of the file",
            false => "differs",
        };
        context.printer.record(&record, |out| {
            writeln!(out, "{part_number:<10}\t{offset:<15}\t{bytes:<10}\t{verdict}")
        })?;
    }
    context
        .printer
        .line(format_args!("{agreeing} of {count} parts agree with {}", path.display()))?;
    match agreeing == count {
        true => Ok(()),
        false => {
            context.printer.complete();
            Err(Error::failed(format!("{} parts are not those of the file", count - agreeing))
                .hint("`ossutil resume` sends them again, and leaves those that agree"))
        }
    }
}

/// Which bytes of the whole each part holds.
fn ranges(parts: &[Part]) -> Result<Vec<Range<u64>>> {
    let layout = Layout::of(parts);
    let size = |part: &Part| u64::try_from(part.size).unwrap_or_default();
    if layout.missing.is_empty() {
        let mut at = 0;
        let range = |part: &Part| {
            let start = at;
            at += size(part);
            start..at
        };
        return Ok(parts.iter().map(range).collect());
    }
    if !layout.odd.is_empty() {
        return Err(Error::failed(
            "parts are missing and sizes differ: nobody can say where the parts lie",
        )
        .hint("`ossutil listpart --map` shows them"));
    }
    let part_size = u64::try_from(layout.part_size).unwrap_or_default();
    let range = |part: &Part| {
        let start = u64::from(part.part_number - 1) * part_size;
        start..start + size(part)
    };
    Ok(parts.iter().map(range).collect())
}
