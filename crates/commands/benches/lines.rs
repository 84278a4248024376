//! The columns of a thousand lines of `ls`.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::{Timestamp, tz::TimeZone};

#[path = "../src/display.rs"]
#[allow(dead_code, unused_imports, reason = "only what a line of a listing needs")]
mod display;

fn lines(criterion: &mut Criterion) {
    let time: Timestamp = "2026-02-23T04:18:23Z".parse().expect("a time");
    let zone = TimeZone::get("Asia/Shanghai").unwrap_or(TimeZone::UTC);
    criterion.bench_function("print/1000 lines", |bencher| {
        let mut out = String::with_capacity(1 << 20);
        bencher.iter(|| {
            out.clear();
            for _ in 0..1000 {
                let start = out.len();
                display::push_local_time(&mut out, black_box(Some(time)), &zone);
                display::pad(&mut out, start, 30);
                display::push_object_url(&mut out, "bucket", black_box("videos/2026/holiday.mp4"));
                out.push('\n');
            }
            out.len()
        });
    });
}

criterion_group!(benches, lines);
criterion_main!(benches);
