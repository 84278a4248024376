//! Parsing a page of a thousand entries, of each kind of listing.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use http::StatusCode;
use ossutil_protocol::{
    Operation, Response,
    operations::{ListMultipartUploads, ListObjectVersions, ListObjects, ListParts},
    xml::Writer,
};

const TIME: &str = "2026-02-23T04:18:23.000Z";
const ETAG: &str = "\"5B3C1A2E053D763E1B002CC607C5A0FE\"";

/// An answer whose root holds a thousand of what `entry` writes.
fn page(root: &str, entry: impl Fn(&mut Writer, u64)) -> Response {
    let body = Writer::document(root, |root| {
        root.text("EncodingType", "url");
        root.text("IsTruncated", true);
        (1..=1000).for_each(|n| entry(root, n));
    });
    Response { status: StatusCode::OK, body: body.into(), ..Response::default() }
}

fn key(n: u64) -> String {
    format!("{:016x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

fn object(element: &mut Writer, n: u64) {
    element.text("Key", key(n));
    element.text("LastModified", TIME);
    element.text("ETag", ETAG);
    element.text("Type", "Normal");
    element.text("Size", n * 64);
    element.text("StorageClass", "Standard");
    element.element("Owner", |owner| {
        owner.text("ID", "1234567890123456");
        owner.text("DisplayName", "1234567890123456");
    });
}

fn bench(criterion: &mut Criterion, operation: &impl Operation, name: &str, page: &Response) {
    operation.decode(page).expect("a page");
    criterion.bench_function(&format!("parse/{name}"), |bencher| {
        bencher.iter(|| operation.decode(black_box(page)));
    });
}

fn pages(criterion: &mut Criterion) {
    let objects = page("ListBucketResult", |root, n| {
        root.element("Contents", |element| object(element, n));
    });
    bench(criterion, &ListObjects::default(), "ListObjects", &objects);
    let versions = page("ListVersionsResult", |root, n| {
        root.element("Version", |element| {
            object(element, n);
            element.text("VersionId", "null");
            element.text("IsLatest", true);
        });
    });
    bench(criterion, &ListObjectVersions::default(), "ListObjectVersions", &versions);
    let uploads = page("ListMultipartUploadsResult", |root, n| {
        root.element("Upload", |element| {
            element.text("Key", key(n));
            element.text("UploadId", "0004B9894A22E5B1888A1E29F8236E2D");
            element.text("StorageClass", "Standard");
            element.text("Initiated", TIME);
        });
    });
    bench(criterion, &ListMultipartUploads::default(), "ListMultipartUploads", &uploads);
    let parts = page("ListPartsResult", |root, n| {
        root.element("Part", |element| {
            element.text("PartNumber", n);
            element.text("LastModified", TIME);
            element.text("ETag", ETAG);
            element.text("HashCrc64ecma", n);
            element.text("Size", 102_400);
        });
    });
    bench(criterion, &ListParts::default(), "ListParts", &parts);
}

criterion_group!(benches, pages);
criterion_main!(benches);
