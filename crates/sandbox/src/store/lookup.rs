//! What can be asked of the tables.

use std::{borrow::Cow, io};

use serde::de::DeserializeOwned;

use super::{
    Scan, keys,
    records::{Bucket, Object, Part, Summary, Upload},
    tables::{Read, Step, Table},
};
use crate::refusal::Outcome;

/// The version of an object in a bucket that does not keep versions.
pub(crate) const NULL: &str = "null";

/// The tables as they are at one time.
pub(crate) struct View<'a>(&'a dyn Read);

impl<'a> View<'a> {
    pub(super) fn new(tables: &'a dyn Read) -> Self {
        Self(tables)
    }
}

impl Lookup for View<'_> {
    fn tables(&self) -> &dyn Read {
        self.0
    }
}

/// A version as a scan finds it.
pub(crate) struct Found<'a> {
    pub(crate) key: Cow<'a, str>,
    /// Higher with each version that is made.
    pub(crate) number: u64,
    record: &'a [u8],
}

impl Found<'_> {
    pub(crate) fn summary(&self) -> Outcome<Summary> {
        let (summary, _) = postcard::take_from_bytes(self.record).map_err(|e| damaged(&e))?;
        Ok(summary)
    }

    pub(crate) fn object(&self) -> Outcome<Object> {
        decode(self.record)
    }
}

/// Questions about what is kept.
pub(crate) trait Lookup: Sized {
    fn tables(&self) -> &dyn Read;

    fn bucket(&self, name: &str) -> Outcome<Option<Bucket>> {
        get(self.tables(), Table::Buckets, &keys::ended(&[name]))
    }

    /// The buckets, in order, whose names are above `marker` and begin with `prefix`; at most
    /// `limit`.
    fn buckets(&self, prefix: &str, marker: &str, limit: usize) -> Outcome<Vec<Bucket>> {
        let mut buckets = Vec::new();
        let from = prefix.max(marker).as_bytes();
        self.tables().scan(Table::Buckets, from, &mut |_, record| {
            let bucket: Outcome<Bucket> = decode(record);
            match &bucket {
                Ok(bucket) if *bucket.name <= *marker => return Step::Next,
                Ok(bucket) if !bucket.name.starts_with(prefix) => return Step::Stop,
                _ => {}
            }
            if buckets.len() == limit {
                return Step::Stop;
            }
            buckets.push(bucket);
            Step::Next
        })?;
        buckets.into_iter().collect()
    }

    /// What was stored with a bucket under a name.
    fn document(&self, bucket: &str, name: &str) -> Outcome<Option<Vec<u8>>> {
        Ok(self.tables().get(Table::Documents, &keys::ended(&[bucket, name]))?)
    }

    /// The newest version of an object; it may be a delete marker.
    fn latest(&self, bucket: &str, key: &str) -> Outcome<Option<(u64, Object)>> {
        self.find_version(bucket, key, |_| true)
    }

    /// The version of an object that has this id.
    fn version(&self, bucket: &str, key: &str, id: &str) -> Outcome<Option<(u64, Object)>> {
        if id == NULL {
            return self.find_version(bucket, key, |summary| summary.version_id == NULL);
        }
        let Some(number) = version_number(id) else { return Ok(None) };
        let object: Option<Object> =
            get(self.tables(), Table::Versions, &version_key(bucket, key, number))?;
        let object = object.filter(|object| object.summary.version_id == id);
        Ok(object.map(|object| (number, object)))
    }

    /// The newest version of an object that `is_wanted`.
    fn find_version(
        &self,
        bucket: &str,
        key: &str,
        is_wanted: impl Fn(&Summary) -> bool,
    ) -> Outcome<Option<(u64, Object)>> {
        let mut outcome = Ok(None);
        self.scan_versions(bucket, &keys::ended(&[bucket, key]), &mut |found| {
            if found.key != key {
                return Scan::Stop;
            }
            match found.summary() {
                Ok(summary) if !is_wanted(&summary) => Scan::Next,
                _ => {
                    outcome = found.object().map(|object| Some((found.number, object)));
                    Scan::Stop
                }
            }
        })?;
        outcome
    }

    /// Visits versions by key, and newest first; begins at a place of [`keys`].
    fn scan_versions(
        &self,
        bucket: &str,
        from: &[u8],
        visit: &mut dyn FnMut(Found<'_>) -> Scan,
    ) -> Outcome<()> {
        scan(self.tables(), Table::Versions, bucket, from, &mut |mut rest, record| {
            let key = keys::take(&mut rest)?;
            let number = !u64::from_be_bytes(rest.try_into().ok()?);
            Some(visit(Found { key, number, record }))
        })
    }

    fn upload(&self, bucket: &str, key: &str, id: &str) -> Outcome<Option<Upload>> {
        get(self.tables(), Table::Uploads, &upload_key(bucket, key, id))
    }

    /// Visits uploads by key and id; begins at a place of [`keys`].
    fn scan_uploads(
        &self,
        bucket: &str,
        from: &[u8],
        visit: &mut dyn FnMut(&str, &str, Outcome<Upload>) -> Scan,
    ) -> Outcome<()> {
        scan(self.tables(), Table::Uploads, bucket, from, &mut |mut rest, record| {
            let (key, id) = (keys::take(&mut rest)?, keys::take(&mut rest)?);
            Some(visit(&key, &id, decode(record)))
        })
    }

    fn part(&self, upload_id: &str, number: u32) -> Outcome<Option<Part>> {
        get(self.tables(), Table::Parts, &part_key(upload_id, number))
    }

    /// The parts of an upload whose numbers are above `marker`, in order; at most `limit`.
    fn parts(&self, upload_id: &str, marker: u32, limit: usize) -> Outcome<Vec<(u32, Part)>> {
        let prefix = keys::ended(&[upload_id]);
        let mut parts: Vec<Outcome<(u32, Part)>> = Vec::new();
        let Some(first) = marker.checked_add(1) else { return Ok(Vec::new()) };
        let mut visit = |key: &[u8], record: &[u8]| {
            let number = key.strip_prefix(&prefix[..]).and_then(|rest| rest.try_into().ok());
            match number.map(u32::from_be_bytes) {
                Some(number) if parts.len() < limit => {
                    parts.push(decode(record).map(|part| (number, part)));
                    Step::Next
                }
                _ => Step::Stop,
            }
        };
        self.tables().scan(Table::Parts, &part_key(upload_id, first), &mut visit)?;
        parts.into_iter().collect()
    }
}

/// The id of the version with this number.
pub(super) fn version_id(number: u64) -> String {
    format!("CAEQ{number:016X}")
}

/// Whether a version could have this id.
pub(crate) fn is_version_id(id: &str) -> bool {
    id.is_empty() || id == NULL || version_number(id).is_some()
}

fn version_number(id: &str) -> Option<u64> {
    u64::from_str_radix(id.strip_prefix("CAEQ")?, 16).ok()
}

/// The place of a version: newer ones stand before it.
pub(crate) fn version_key(bucket: &str, key: &str, number: u64) -> Vec<u8> {
    let mut place = keys::ended(&[bucket, key]);
    place.extend((!number).to_be_bytes());
    place
}

/// The place of an upload.
pub(crate) fn upload_key(bucket: &str, key: &str, id: &str) -> Vec<u8> {
    keys::ended(&[bucket, key, id])
}

pub(super) fn part_key(upload_id: &str, number: u32) -> Vec<u8> {
    let mut key = keys::ended(&[upload_id]);
    key.extend(number.to_be_bytes());
    key
}

pub(super) fn get<T: DeserializeOwned>(
    tables: &dyn Read,
    table: Table,
    key: &[u8],
) -> Outcome<Option<T>> {
    tables.get(table, key)?.map(|record| decode(&record)).transpose()
}

pub(super) fn decode<T: DeserializeOwned>(record: &[u8]) -> Outcome<T> {
    Ok(postcard::from_bytes(record).map_err(|e| damaged(&e))?)
}

fn damaged(error: &postcard::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a record is damaged: {error}"))
}

/// What is done with the rest of a key and its record; nothing, if the key is damaged.
type Visit<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Option<Scan>;

/// Visits the entries of a bucket; `visit` is given the rest of the key behind the bucket.
fn scan(
    tables: &dyn Read,
    table: Table,
    bucket: &str,
    from: &[u8],
    visit: Visit<'_>,
) -> Outcome<()> {
    let prefix = keys::ended(&[bucket]);
    let mut is_damaged = false;
    tables.scan(table, from, &mut |key, record| {
        let Some(rest) = key.strip_prefix(&prefix[..]) else { return Step::Stop };
        match visit(rest, record) {
            Some(Scan::Next) => Step::Next,
            Some(Scan::SkipTo(name)) => Step::Seek(keys::at(bucket, &name)),
            Some(Scan::Stop) => Step::Stop,
            None => {
                is_damaged = true;
                Step::Stop
            }
        }
    })?;
    match is_damaged {
        true => Err(io::Error::new(io::ErrorKind::InvalidData, "a key is damaged").into()),
        false => Ok(()),
    }
}
