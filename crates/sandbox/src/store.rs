//! What the sandbox keeps: buckets, objects, unfinished uploads and their parts.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use jiff::Timestamp;

/// A bucket.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) created: Timestamp,
    pub(crate) acl: String,
    pub(crate) storage_class: String,
    pub(crate) redundancy_type: String,
}

impl Bucket {
    /// A bucket as one is made when nothing more is said.
    pub(crate) fn new(name: &str, created: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            created,
            acl: "private".to_owned(),
            storage_class: "Standard".to_owned(),
            redundancy_type: "LRS".to_owned(),
        }
    }
}

/// An object.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) content: Bytes,
    pub(crate) etag: String,
    pub(crate) crc64: u64,
    pub(crate) modified: Timestamp,
    pub(crate) kind: &'static str,
    /// Headers that are given back as they came: type, class, user metadata.
    pub(crate) headers: Vec<(String, String)>,
}

/// An unfinished upload.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) initiated: Timestamp,
    /// Headers the object will have.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) parts: BTreeMap<u32, Part>,
}

/// A part that has arrived.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) content: Bytes,
    pub(crate) etag: String,
    pub(crate) crc64: u64,
    pub(crate) modified: Timestamp,
}

/// What a scan does after an entry.
pub(crate) enum Scan {
    /// Goes on with the next.
    Next,
    /// Goes on with the first key that is not below this name.
    SkipTo(String),
    /// Ends.
    Stop,
}

/// Key and upload id.
pub(crate) type UploadKey = (String, String);

/// A place to keep things. Scans begin anywhere at the cost of a look-up, so a page from the
/// middle of a listing costs what the first does.
pub(crate) trait Store: Send + Sync {
    /// Adds a bucket, or replaces its properties.
    fn put_bucket(&self, bucket: Bucket);
    fn bucket(&self, name: &str) -> Option<Bucket>;
    fn buckets(&self) -> Vec<Bucket>;
    /// Removes a bucket if it holds neither objects nor uploads; says whether it did.
    fn delete_bucket(&self, name: &str) -> bool;

    /// Writes an object; with `unless_exists` only where there is none. Says whether it did.
    fn put_object(&self, bucket: &str, key: &str, object: Object, unless_exists: bool) -> bool;
    fn object(&self, bucket: &str, key: &str) -> Option<Object>;
    fn delete_object(&self, bucket: &str, key: &str);
    /// Visits objects in order.
    fn scan_objects(
        &self,
        bucket: &str,
        from: Bound<String>,
        visit: &mut dyn FnMut(&String, &Object) -> Scan,
    );

    fn put_upload(&self, bucket: &str, key: UploadKey, upload: Upload);
    fn upload(&self, bucket: &str, key: &UploadKey) -> Option<Upload>;
    /// Removes an upload with its parts; says whether there was one.
    fn delete_upload(&self, bucket: &str, key: &UploadKey) -> bool;
    /// Adds or replaces a part; says whether there is such an upload.
    fn put_part(&self, bucket: &str, key: &UploadKey, number: u32, part: Part) -> bool;
    /// Visits uploads in order.
    fn scan_uploads(
        &self,
        bucket: &str,
        from: Bound<UploadKey>,
        visit: &mut dyn FnMut(&UploadKey, &Upload) -> Scan,
    );
}

/// A store that is gone with the process.
#[derive(Default)]
pub(crate) struct Memory {
    buckets: Mutex<BTreeMap<String, Contents>>,
}

struct Contents {
    properties: Bucket,
    objects: BTreeMap<String, Object>,
    uploads: BTreeMap<UploadKey, Upload>,
}

impl Memory {
    /// A panic while the lock was held leaves nothing half done: each method is one change.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Contents>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Memory {
    fn put_bucket(&self, bucket: Bucket) {
        let mut buckets = self.lock();
        match buckets.get_mut(&bucket.name) {
            Some(contents) => contents.properties = bucket,
            None => {
                let (objects, uploads) = (BTreeMap::new(), BTreeMap::new());
                let contents = Contents { properties: bucket.clone(), objects, uploads };
                buckets.insert(bucket.name, contents);
            }
        }
    }

    fn bucket(&self, name: &str) -> Option<Bucket> {
        self.lock().get(name).map(|contents| contents.properties.clone())
    }

    fn buckets(&self) -> Vec<Bucket> {
        self.lock().values().map(|contents| contents.properties.clone()).collect()
    }

    fn delete_bucket(&self, name: &str) -> bool {
        let mut buckets = self.lock();
        let is_empty =
            |contents: &Contents| contents.objects.is_empty() && contents.uploads.is_empty();
        let can_go = buckets.get(name).is_some_and(is_empty);
        if can_go {
            buckets.remove(name);
        }
        can_go
    }

    fn put_object(&self, bucket: &str, key: &str, object: Object, unless_exists: bool) -> bool {
        let mut buckets = self.lock();
        let Some(contents) = buckets.get_mut(bucket) else { return false };
        if unless_exists && contents.objects.contains_key(key) {
            return false;
        }
        contents.objects.insert(key.to_owned(), object);
        true
    }

    fn object(&self, bucket: &str, key: &str) -> Option<Object> {
        self.lock().get(bucket)?.objects.get(key).cloned()
    }

    fn delete_object(&self, bucket: &str, key: &str) {
        if let Some(contents) = self.lock().get_mut(bucket) {
            contents.objects.remove(key);
        }
    }

    fn scan_objects(
        &self,
        bucket: &str,
        from: Bound<String>,
        visit: &mut dyn FnMut(&String, &Object) -> Scan,
    ) {
        if let Some(contents) = self.lock().get(bucket) {
            scan(&contents.objects, from, |name| name, visit);
        }
    }

    fn put_upload(&self, bucket: &str, key: UploadKey, upload: Upload) {
        if let Some(contents) = self.lock().get_mut(bucket) {
            contents.uploads.insert(key, upload);
        }
    }

    fn upload(&self, bucket: &str, key: &UploadKey) -> Option<Upload> {
        self.lock().get(bucket)?.uploads.get(key).cloned()
    }

    fn delete_upload(&self, bucket: &str, key: &UploadKey) -> bool {
        let mut buckets = self.lock();
        buckets.get_mut(bucket).is_some_and(|contents| contents.uploads.remove(key).is_some())
    }

    fn put_part(&self, bucket: &str, key: &UploadKey, number: u32, part: Part) -> bool {
        let mut buckets = self.lock();
        let upload = buckets.get_mut(bucket).and_then(|contents| contents.uploads.get_mut(key));
        upload.map(|upload| upload.parts.insert(number, part)).is_some()
    }

    fn scan_uploads(
        &self,
        bucket: &str,
        from: Bound<UploadKey>,
        visit: &mut dyn FnMut(&UploadKey, &Upload) -> Scan,
    ) {
        if let Some(contents) = self.lock().get(bucket) {
            scan(&contents.uploads, from, |name| (name, String::new()), visit);
        }
    }
}

/// Visits `entries` in order; `start` is the first place a name can stand at.
fn scan<K: Ord, V>(
    entries: &BTreeMap<K, V>,
    mut from: Bound<K>,
    start: impl Fn(String) -> K,
    visit: &mut dyn FnMut(&K, &V) -> Scan,
) {
    loop {
        let mut skip = None;
        for (key, value) in entries.range((from, Bound::Unbounded)) {
            match visit(key, value) {
                Scan::Next => {}
                Scan::Stop => return,
                Scan::SkipTo(name) => {
                    skip = Some(name);
                    break;
                }
            }
        }
        match skip {
            Some(name) => from = Bound::Included(start(name)),
            None => return,
        }
    }
}
