//! What can be changed, all at once or not at all.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::{
    keys,
    lookup::{Lookup, NULL, get, part_key, upload_key, version_id, version_key},
    records::{Bucket, Object, Part, Segment, Upload, Versioning},
    tables::{Read, Step, Table, Write},
};
use crate::refusal::Outcome;

/// A change on its way: sees what it has written.
pub(crate) struct Change<'a> {
    tables: &'a mut dyn Write,
    numbers: &'a AtomicU64,
    /// Bodies that no segment is left of.
    orphans: Vec<u64>,
}

impl Lookup for Change<'_> {
    fn tables(&self) -> &dyn Read {
        self.tables
    }
}

impl<'a> Change<'a> {
    pub(super) fn new(tables: &'a mut dyn Write, numbers: &'a AtomicU64) -> Self {
        Self { tables, numbers, orphans: Vec::new() }
    }

    pub(super) fn into_orphans(self) -> Vec<u64> {
        self.orphans
    }

    fn put(&mut self, table: Table, key: &[u8], record: &impl Serialize) -> Outcome<()> {
        let record = postcard::to_allocvec(record).map_err(std::io::Error::other)?;
        Ok(self.tables.put(table, key, &record)?)
    }

    /// Adds a bucket, or replaces its properties.
    pub(crate) fn put_bucket(&mut self, bucket: &Bucket) -> Outcome<()> {
        self.put(Table::Buckets, &keys::ended(&[&bucket.name]), bucket)
    }

    /// Removes a bucket if it holds neither objects nor uploads; says whether it did.
    pub(crate) fn delete_bucket(&mut self, name: &str) -> Outcome<bool> {
        let prefix = keys::ended(&[name]);
        let below = |tables: &dyn Read, table| {
            let mut found = Vec::new();
            let done = tables.scan(table, &prefix, &mut |key, _| {
                let is_below = key.starts_with(&prefix);
                found.extend(is_below.then(|| key.to_vec()));
                if is_below && table == Table::Documents { Step::Next } else { Step::Stop }
            });
            done.map(|()| found)
        };
        for table in [Table::Versions, Table::Uploads] {
            if !below(self.tables, table)?.is_empty() {
                return Ok(false);
            }
        }
        for key in below(self.tables, Table::Documents)? {
            self.tables.remove(Table::Documents, &key)?;
        }
        self.tables.remove(Table::Buckets, &prefix)?;
        Ok(true)
    }

    /// Stores something with a bucket, under a name.
    pub(crate) fn put_document(&mut self, bucket: &str, name: &str, text: &[u8]) -> Outcome<()> {
        Ok(self.tables.put(Table::Documents, &keys::ended(&[bucket, name]), text)?)
    }

    /// Removes what is stored with a bucket under a name, if anything is.
    pub(crate) fn remove_document(&mut self, bucket: &str, name: &str) -> Outcome<()> {
        Ok(self.tables.remove(Table::Documents, &keys::ended(&[bucket, name]))?)
    }

    /// Makes a version the newest of its object, and gives its id. Without versioning, it takes
    /// the place of the version `null`.
    pub(crate) fn add_version(
        &mut self,
        bucket: &str,
        key: &str,
        versioning: Versioning,
        mut object: Object,
    ) -> Outcome<String> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        self.retain(&object.segments)?;
        object.summary.version_id = match versioning {
            Versioning::Enabled => version_id(number),
            Versioning::Off | Versioning::Suspended => {
                if let Some((number, old)) = self.version(bucket, key, NULL)? {
                    self.remove_version(bucket, key, number, &old)?;
                }
                NULL.to_owned()
            }
        };
        self.put(Table::Versions, &version_key(bucket, key, number), &object)?;
        Ok(object.summary.version_id)
    }

    /// Replaces a version by one that has the same segments.
    pub(crate) fn update_version(
        &mut self,
        bucket: &str,
        key: &str,
        number: u64,
        object: &Object,
    ) -> Outcome<()> {
        self.put(Table::Versions, &version_key(bucket, key, number), object)
    }

    /// Replaces a version by one that has more segments.
    pub(crate) fn extend_version(
        &mut self,
        bucket: &str,
        key: &str,
        number: u64,
        object: &mut Object,
        segments: &[Segment],
    ) -> Outcome<()> {
        self.retain(segments)?;
        object.segments.extend(segments);
        self.update_version(bucket, key, number, object)
    }

    pub(crate) fn remove_version(
        &mut self,
        bucket: &str,
        key: &str,
        number: u64,
        object: &Object,
    ) -> Outcome<()> {
        self.tables.remove(Table::Versions, &version_key(bucket, key, number))?;
        self.release(&object.segments)
    }

    pub(crate) fn put_upload(
        &mut self,
        bucket: &str,
        key: &str,
        id: &str,
        upload: &Upload,
    ) -> Outcome<()> {
        self.put(Table::Uploads, &upload_key(bucket, key, id), upload)
    }

    /// Removes an upload with its parts.
    pub(crate) fn delete_upload(&mut self, bucket: &str, key: &str, id: &str) -> Outcome<()> {
        for (number, part) in self.parts(id, 0, usize::MAX)? {
            self.tables.remove(Table::Parts, &part_key(id, number))?;
            self.release(&part.segments)?;
        }
        Ok(self.tables.remove(Table::Uploads, &upload_key(bucket, key, id))?)
    }

    /// Adds or replaces a part.
    pub(crate) fn put_part(&mut self, upload_id: &str, number: u32, part: &Part) -> Outcome<()> {
        self.retain(&part.segments)?;
        if let Some(old) = self.part(upload_id, number)? {
            self.release(&old.segments)?;
        }
        self.put(Table::Parts, &part_key(upload_id, number), part)
    }

    fn retain(&mut self, segments: &[Segment]) -> Outcome<()> {
        for segment in segments {
            let key = segment.body.to_be_bytes();
            let count: u64 = get(self.tables, Table::Bodies, &key)?.unwrap_or(0);
            self.put(Table::Bodies, &key, &(count + 1))?;
        }
        Ok(())
    }

    fn release(&mut self, segments: &[Segment]) -> Outcome<()> {
        for segment in segments {
            let key = segment.body.to_be_bytes();
            match get(self.tables, Table::Bodies, &key)?.unwrap_or(0_u64) {
                0 | 1 => {
                    self.tables.remove(Table::Bodies, &key)?;
                    self.orphans.push(segment.body);
                }
                count => self.put(Table::Bodies, &key, &(count - 1))?,
            }
        }
        Ok(())
    }
}
