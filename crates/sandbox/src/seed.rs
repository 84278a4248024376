//! Buckets that are full from the start, the same each time: names of many shapes to list.

use std::{collections::BTreeMap, str::FromStr};

use jiff::{Timestamp, ToSpan, civil, tz::TimeZone};

use crate::{
    operations::is_bucket_name,
    refusal::Outcome,
    store::{
        Bucket, Change, Kind, Lookup, Object, Part, Received, Store, Summary, Upload, Versioning,
    },
};

/// The most entries a seed may have: they are kept in memory.
const MAX_ENTRIES: u64 = 10_000_000;

/// How many entries are committed at once.
const BATCH: usize = 10_000;

/// The highest part number.
const MAX_PARTS: u64 = 10_000;

/// Bytes of a seeded part: the smallest that an upload can be completed with.
const PART_SIZE: usize = 102_400;

/// The key of the upload that [`Contents::Parts`] makes.
const PARTS_KEY: &str = "video.mp4";

/// What a bucket is filled with before the sandbox accepts: `SHAPE:N@BUCKET`.
///
/// SHAPE says how names are spread: `uniform`, `prefix` (one long common prefix), `one-key` (all
/// uploads under one key), `dates`, `uuid`, `unicode` or `dirs` (a few giant directories). They are
/// names of unfinished uploads without parts; with `objects-` before it, of small objects. `parts`
/// is one upload of N parts.
///
/// ```
/// let seed: ossutil_sandbox::Seed = "objects-dates:1000@logs".parse().unwrap();
/// assert!("dates:many@logs".parse::<ossutil_sandbox::Seed>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    contents: Contents,
    count: u64,
    bucket: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contents {
    Uploads(Shape),
    Objects(Shape),
    Parts,
}

/// How names are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Uniform,
    Prefix,
    OneKey,
    Dates,
    Uuid,
    Unicode,
    Dirs,
}

/// What is not a [`Seed`], in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedError(String);

impl std::fmt::Display for SeedError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SeedError {}

impl FromStr for Seed {
    type Err = SeedError;

    fn from_str(text: &str) -> Result<Self, SeedError> {
        let wrong = |what: String| Err(SeedError(what));
        let parts = text.split_once('@').and_then(|(shape, bucket)| {
            shape.split_once(':').map(|(shape, count)| (shape, count, bucket))
        });
        let Some((shape, count, bucket)) = parts else {
            return wrong("SHAPE:N@BUCKET is wanted, such as uniform:1000@bkt".to_owned());
        };
        let contents = Contents::from_name(shape)?;
        let most = if contents == Contents::Parts { MAX_PARTS } else { MAX_ENTRIES };
        let count = count.parse().ok().filter(|count| (1..=most).contains(count));
        let Some(count) = count else {
            return wrong(format!("the number of entries must be from 1 to {most}"));
        };
        match is_bucket_name(bucket) {
            true => Ok(Self { contents, count, bucket: bucket.to_owned() }),
            false => wrong(format!("`{bucket}` is no name for a bucket")),
        }
    }
}

impl Contents {
    fn from_name(name: &str) -> Result<Self, SeedError> {
        let (name, is_objects) = match name.strip_prefix("objects-") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let shape = Shape::ALL.iter().find(|(candidate, _)| *candidate == name);
        match (shape, is_objects) {
            (None, false) if name == "parts" => Ok(Self::Parts),
            (Some((_, shape)), false) => Ok(Self::Uploads(*shape)),
            (Some((_, Shape::OneKey)), true) => {
                Err(SeedError("one key has one object: one-key is for uploads".to_owned()))
            }
            (Some((_, shape)), true) => Ok(Self::Objects(*shape)),
            (None, _) => {
                let names = Shape::ALL.map(|(name, _)| name).join(", ");
                Err(SeedError(format!(
                    "the shape must be {names} (or objects- and one of them), or parts"
                )))
            }
        }
    }
}

impl Shape {
    const ALL: [(&str, Self); 7] = [
        ("uniform", Self::Uniform),
        ("prefix", Self::Prefix),
        ("one-key", Self::OneKey),
        ("dates", Self::Dates),
        ("uuid", Self::Uuid),
        ("unicode", Self::Unicode),
        ("dirs", Self::Dirs),
    ];

    /// The key of entry `n` of `count`; different for each `n`, but for [`Shape::OneKey`].
    fn key(self, n: u64, count: u64) -> String {
        match self {
            Self::Uniform => format!("{:016x}", mix(n)),
            Self::Prefix => {
                format!("backup/production/cluster-01/database/shard-0007/full/part-{n:010}")
            }
            Self::OneKey => "videos/master.mov".to_owned(),
            Self::Dates => dates(n, count),
            Self::Uuid => uuid(n),
            Self::Unicode => {
                format!("{}/{}-{n}", pick(&WORDS, mix(n)), pick(&WORDS, mix(n) >> 8))
            }
            Self::Dirs => match n % 32 {
                0 => format!("project-{:02}/notes/{n:08}.txt", n / 32 % 50),
                at => format!("{}/{n:08}.bin", pick(&["archive", "photos", "tmp"], at)),
            },
        }
    }
}

/// Words of several scripts, one to four bytes a character.
const WORDS: [&str; 8] = ["照片", "视频", "données", "файлы", "ファイル", "사진", "📷", "zebra"];

/// Logs of a thousand days, evenly spread.
fn dates(n: u64, count: u64) -> String {
    let seconds = i64::try_from(n * (1000 * 86_400) / count).unwrap_or_default();
    let first = civil::date(2023, 1, 1).at(0, 0, 0, 0);
    let time = first.checked_add(seconds.seconds()).unwrap_or(first);
    let (date, time) = (time.date(), time.time());
    format!(
        "logs/{:04}/{:02}/{:02}/{:02}{:02}{:02}-{n}.log.gz",
        date.year(),
        date.month(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// A UUID of version 4.
fn uuid(n: u64) -> String {
    let (high, low) = (mix(n), mix(n ^ (1 << 62)));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xFFFF,
        high & 0xFFF,
        low >> 48 & 0x3FFF | 0x8000,
        low & 0xFFFF_FFFF_FFFF
    )
}

fn pick<T: Copy>(choices: &[T], at: u64) -> T {
    let at = usize::try_from(at % choices.len() as u64);
    choices[at.unwrap_or_default()]
}

/// The finalizer of SplitMix64: a permutation, so no two `n` give the same number.
fn mix(n: u64) -> u64 {
    let z = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// 32 upper-case hex digits, as upload ids have.
fn upload_id(n: u64) -> String {
    format!("{:016X}{:016X}", mix(n ^ (1 << 62)), mix(n))
}

/// Some second of the year 2025.
fn time(n: u64) -> Timestamp {
    const SECONDS: u64 = 365 * 86_400;
    let first = civil::date(2025, 1, 1).to_zoned(TimeZone::UTC).map(|time| time.timestamp());
    let seconds = i64::try_from(mix(n) % SECONDS).unwrap_or_default();
    first.ok().and_then(|first| first.checked_add(seconds.seconds()).ok()).unwrap_or_default()
}

/// One thing to put into a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Object { key: String, size: usize, time: Timestamp },
    Upload { key: String, upload_id: String, time: Timestamp },
    Part { number: u32, size: usize, time: Timestamp },
}

impl Seed {
    /// Everything the bucket is filled with; parts come behind their upload.
    fn entries(&self) -> impl Iterator<Item = Entry> {
        let (contents, count) = (self.contents, self.count);
        let upload = |key, n| Entry::Upload { key, upload_id: upload_id(n), time: time(n) };
        let whole = (contents == Contents::Parts).then(|| upload(PARTS_KEY.to_owned(), 0));
        let rest = self.order().into_iter().map(move |n| match contents {
            Contents::Uploads(shape) => upload(shape.key(n, count), n),
            Contents::Objects(shape) => {
                // Few sizes, so that few bodies are kept.
                let size = pick(&[0, 64, 128, 256, 512, 1024], mix(n));
                Entry::Object { key: shape.key(n, count), size, time: time(n) }
            }
            Contents::Parts => Entry::Part {
                number: u32::try_from(n + 1).unwrap_or_default(),
                size: PART_SIZE,
                time: time(n),
            },
        });
        whole.into_iter().chain(rest)
    }

    /// The numbers of the entries in the order of their keys: what is planted side by side lies
    /// side by side in memory too, where a page is read at once.
    fn order(&self) -> Vec<u64> {
        let mut order: Vec<u64> = (0..self.count).collect();
        if let Contents::Uploads(shape) | Contents::Objects(shape) = self.contents {
            order.sort_by_cached_key(|n| (shape.key(*n, self.count), mix(n ^ (1 << 62))));
        }
        order
    }

    /// Makes the bucket and puts everything into it.
    pub(crate) fn plant(&self, store: &Store, now: Timestamp) -> Outcome<()> {
        let mut bodies = Bodies { store, known: BTreeMap::new() };
        let mut last = (String::new(), String::new());
        let mut entries = self.entries().peekable();
        store.change(|change| match change.bucket(&self.bucket)? {
            Some(_) => Ok(()),
            None => change.put_bucket(&Bucket::new(&self.bucket, now)),
        })?;
        while entries.peek().is_some() {
            // A commit for many: in a folder each waits for the disk.
            let batch: Vec<Entry> = entries.by_ref().take(BATCH).collect();
            for entry in &batch {
                if let Entry::Object { size, .. } | Entry::Part { size, .. } = entry {
                    bodies.make(*size)?;
                }
            }
            store.change(|change| {
                batch
                    .into_iter()
                    .try_for_each(|entry| self.plant_entry(change, entry, &bodies, &mut last))
            })?;
        }
        Ok(())
    }

    fn plant_entry(
        &self,
        change: &mut Change<'_>,
        entry: Entry,
        bodies: &Bodies<'_>,
        last: &mut (String, String),
    ) -> Outcome<()> {
        let bucket = &self.bucket;
        let storage_class = "Standard".to_owned();
        match entry {
            Entry::Object { key, size, time } => {
                let body = bodies.of(size);
                let summary = Summary {
                    kind: Kind::Normal,
                    version_id: String::new(),
                    modified: time,
                    size: size as u64,
                    etag: body.checksums.etag(),
                    storage_class,
                    restoration: None,
                };
                let object = Object {
                    summary,
                    crc64: body.checksums.crc64,
                    md5: Some(body.checksums.md5),
                    acl: "default".to_owned(),
                    headers: Vec::new(),
                    tags: Vec::new(),
                    symlink_target: None,
                    segments: body.segments.clone(),
                };
                change.add_version(bucket, &key, Versioning::Off, object).map(drop)
            }
            Entry::Upload { key, upload_id, time: initiated } => {
                let (headers, tags) = (Vec::new(), Vec::new());
                let upload =
                    Upload { initiated, storage_class, headers, tags, is_sequential: false };
                change.put_upload(bucket, &key, &upload_id, &upload)?;
                *last = (key, upload_id);
                Ok(())
            }
            Entry::Part { number, size, time: modified } => {
                let body = bodies.of(size);
                let (etag, crc64) = (body.checksums.etag(), body.checksums.crc64);
                let (size, segments) = (size as u64, body.segments.clone());
                change.put_part(&last.1, number, &Part { size, etag, crc64, modified, segments })
            }
        }
    }
}

/// Bodies of dots, one for each size and shared by all of that size.
struct Bodies<'a> {
    store: &'a Store,
    known: BTreeMap<usize, Received>,
}

impl Bodies<'_> {
    fn make(&mut self, size: usize) -> Outcome<()> {
        if !self.known.contains_key(&size) {
            let mut receiver = self.store.receive();
            receiver.write(&vec![b'.'; size].into())?;
            self.known.insert(size, receiver.finish()?);
        }
        Ok(())
    }

    fn of(&self, size: usize) -> &Received {
        &self.known[&size]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_shape_has_as_many_names_as_asked_for() {
        for (name, shape) in Shape::ALL {
            let seed: Seed = format!("{name}:5000@bkt").parse().unwrap();
            let mut places = BTreeSet::new();
            for entry in seed.entries() {
                let Entry::Upload { key, upload_id, .. } = entry else { panic!("{entry:?}") };
                assert!(key.len() <= 1023 && !key.starts_with('/'), "{key}");
                places.insert((key, upload_id));
            }
            assert_eq!(places.len(), 5000, "{name}");
            let keys: BTreeSet<_> = places.iter().map(|(key, _)| key).collect();
            assert_eq!(keys.len(), if shape == Shape::OneKey { 1 } else { 5000 }, "{name}");
        }
    }

    #[test]
    fn seeds_are_the_same_each_time() {
        let seed: Seed = "objects-uuid:3@bkt".parse().unwrap();
        assert!(seed.entries().eq(seed.entries()));
        let keys = seed.entries().map(|entry| match entry {
            Entry::Object { key, .. } => key,
            other => panic!("{other:?}"),
        });
        assert_eq!(keys.last().unwrap(), "e220a839-7b1d-4daf-80aa-50ea8e0fa9eb");
    }

    #[test]
    fn what_is_no_seed_is_said() {
        for (text, expected) in [
            ("uniform", "SHAPE:N@BUCKET"),
            ("uniform:10", "SHAPE:N@BUCKET"),
            ("square:10@bkt", "the shape must be uniform, prefix, "),
            ("objects-parts:10@bkt", "the shape must be "),
            ("objects-one-key:10@bkt", "one object"),
            ("uniform:0@bkt", "from 1 to 10000000"),
            ("uniform:-1@bkt", "from 1 to 10000000"),
            ("parts:10001@bkt", "from 1 to 10000"),
            ("uniform:10@B", "`B` is no name"),
        ] {
            let error = text.parse::<Seed>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
