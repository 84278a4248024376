//! Signing a request for a page of a listing.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use ossutil_signing::{Credentials, Message, v1, v4};

fn sign(criterion: &mut Criterion) {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let query = [
        pair("uploads", ""),
        pair("key-marker", "videos/2026/holiday.mp4"),
        pair("upload-id-marker", "0004B9894A22E5B1888A1E29F823"),
        pair("max-uploads", "1000"),
        pair("encoding-type", "url"),
    ];
    let headers = [pair("user-agent", "ossutil/1.0 (linux)")];
    let message = Message {
        method: "GET",
        bucket: Some("bucket"),
        key: None,
        query: &query,
        headers: &headers,
    };
    let credentials = Credentials {
        access_key_id: "LTAI5tExampleExample".to_owned(),
        access_key_secret: "ExampleExampleExampleExample".into(),
        security_token: None,
    };
    let time = Timestamp::UNIX_EPOCH;
    criterion.bench_function("sign/v1", |bencher| {
        bencher.iter(|| v1::sign(black_box(&message), &credentials, time, &[]));
    });
    let place = v4::Place { region: "cn-hangzhou", product: "oss" };
    criterion.bench_function("sign/v4", |bencher| {
        bencher.iter(|| v4::sign(black_box(&message), &credentials, place, time, &[]));
    });
}

criterion_group!(benches, sign);
criterion_main!(benches);
