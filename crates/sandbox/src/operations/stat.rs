//! GetBucketStat: what is in a bucket, counted when it is asked for.

use std::collections::BTreeMap;

use ossutil_protocol::xml::Writer;

use crate::{
    answer::Answer,
    refusal::Outcome,
    server::State,
    store::{Lookup, Scan, at},
};

/// The classes and what the answer calls them.
const CLASSES: [(&str, &str); 5] = [
    ("Standard", "Standard"),
    ("IA", "InfrequentAccess"),
    ("Archive", "Archive"),
    ("ColdArchive", "ColdArchive"),
    ("DeepColdArchive", "DeepColdArchive"),
];

#[derive(Default)]
struct Counts {
    /// Bytes and objects by storage class.
    classes: BTreeMap<String, (u64, u64)>,
    delete_markers: u64,
    uploads: u64,
    parts: u64,
    part_bytes: u64,
}

pub(super) fn get(state: &State, bucket: &str) -> Outcome<Answer> {
    let counts = state.store.view(|view| count(view, bucket))?;
    let (bytes, objects) =
        counts.classes.values().fold((0, 0), |sum, class| (sum.0 + class.0, sum.1 + class.1));
    Ok(Answer::xml("BucketStat", |root| {
        root.text("Storage", bytes + counts.part_bytes);
        root.text("ObjectCount", objects);
        root.text("MultipartUploadCount", counts.uploads);
        root.text("MultipartPartCount", counts.parts);
        root.text("MultipartPartStorage", counts.part_bytes);
        root.text("LiveChannelCount", 0);
        root.text("DeleteMarkerCount", counts.delete_markers);
        root.text("LastModifiedTime", state.stored_now().as_second());
        for (class, name) in CLASSES {
            write(root, name, counts.classes.get(class).copied().unwrap_or_default());
        }
    }))
}

fn count(lookup: &impl Lookup, bucket: &str) -> Outcome<Counts> {
    let mut counts = Counts::default();
    let mut failed = Ok(());
    lookup.scan_versions(bucket, &at(bucket, ""), &mut |found| {
        match found.summary() {
            Ok(summary) if summary.is_delete_marker() => counts.delete_markers += 1,
            Ok(summary) => {
                let class = counts.classes.entry(summary.storage_class).or_default();
                *class = (class.0 + summary.size, class.1 + 1);
            }
            Err(refusal) => failed = Err(refusal),
        }
        Scan::Next
    })?;
    let mut ids = Vec::new();
    lookup.scan_uploads(bucket, &at(bucket, ""), &mut |_, id, _| {
        ids.push(id.to_owned());
        Scan::Next
    })?;
    counts.uploads = ids.len() as u64;
    for id in ids {
        for (_, part) in lookup.parts(&id, 0, usize::MAX)? {
            counts.parts += 1;
            counts.part_bytes += part.size;
        }
    }
    failed.map(|()| counts)
}

fn write(root: &mut Writer, name: &str, (bytes, objects): (u64, u64)) {
    root.text(&format!("{name}Storage"), bytes);
    if name != "Standard" {
        root.text(&format!("{name}RealStorage"), bytes);
    }
    root.text(&format!("{name}ObjectCount"), objects);
}
