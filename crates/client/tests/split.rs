//! The split lister against a model of the service.

mod model;

use model::{Calm, Random, Service, list};
use ossutil_client::split::{Limits, Position};

fn limits() -> Limits {
    Limits { requests: 32, waiting: 64, ids_ascend: true }
}

fn id(random: &mut Random) -> Option<String> {
    Some(random.hex(32).to_uppercase())
}

fn shape(name: &str, n: u64) -> Vec<(String, Option<String>)> {
    let mut r = Random(7);
    (0..n)
        .map(|i| {
            let key = match name {
                "uniform" => r.hex(16),
                "base62" => {
                    let a: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
                    (0..12).map(|_| a[r.below(62) as usize]).collect()
                }
                "padded" => format!("file-{i:010}"),
                "numbers" => format!("file-{i}"),
                "prefix" => format!("a/very/long/common/prefix/of/all/keys/{}", r.hex(16)),
                "one-key" => "the/one/key".to_owned(),
                "two-keys" => format!("the/{}/key", if i % 5 == 0 { "b" } else { "a" }),
                "dates" => {
                    let d = r.below(365);
                    format!(
                        "logs/2025/{:02}/{:02}/{:02}/{}.log",
                        d / 31 + 1,
                        d % 31 + 1,
                        r.below(24),
                        r.hex(8)
                    )
                }
                "timestamps" => format!("{}-{}.gz", 1_700_000_000 + i * 37, r.hex(6)),
                "uuid" => {
                    let h = r.hex(32);
                    format!(
                        "{}-{}-4{}-a{}-{}",
                        &h[..8],
                        &h[8..12],
                        &h[12..15],
                        &h[15..18],
                        &h[18..30]
                    )
                }
                "unicode" => {
                    let c = |r: &mut Random| char::from_u32(0x4e00 + r.below(3000) as u32).unwrap();
                    format!("文件/{}{}{}{}.txt", c(&mut r), c(&mut r), c(&mut r), c(&mut r))
                }
                "dirs" => {
                    let dirs = ["backup/db/", "photos/", "tmp/", "video/raw/", "www/assets/"];
                    let d = match r.below(100) {
                        0..=49 => 1,
                        50..=79 => 3,
                        80..=94 => 0,
                        95..=97 => 4,
                        _ => 2,
                    };
                    format!("{}{}", dirs[d], r.hex(12))
                }
                "small-dirs" => format!("user-{:04}/{}", r.below(3000), r.hex(8)),
                "words" => {
                    let w = [
                        "alpha", "beta", "data", "delta", "image", "log", "part", "report", "test",
                        "video", "x", "zoo",
                    ];
                    let z = |r: &mut Random| w[(r.below(12) * r.below(12) / 12) as usize];
                    format!("{}/{}-{}/{}", z(&mut r), z(&mut r), z(&mut r), r.below(100_000))
                }
                _ => unreachable!(),
            };
            (key, id(&mut r))
        })
        .collect()
}

const SHAPES: [&str; 14] = [
    "uniform",
    "base62",
    "padded",
    "numbers",
    "prefix",
    "one-key",
    "two-keys",
    "dates",
    "timestamps",
    "uuid",
    "unicode",
    "dirs",
    "small-dirs",
    "words",
];

#[test]
#[ignore]
fn table() {
    let sizes = std::env::var("N")
        .map_or(vec![1500, 5000, 10_000, 20_000, 100_000, 1_000_000], |n| vec![n.parse().unwrap()]);
    for n in sizes {
        for name in SHAPES {
            if std::env::var("SHAPE").is_ok_and(|s| s != name) {
                continue;
            }
            if n == 1_000_000 && !["uniform", "dates", "dirs", "one-key"].contains(&name) {
                continue;
            }
            let entries = shape(name, n);
            let mut service = Service::new(entries, 1000);
            let (all, pages) = service.all(&Position::default());
            let t = std::time::Instant::now();
            let outcome = list(&mut service, &Position::default(), limits(), &mut Calm);
            let t = t.elapsed();
            if let Some(at) = (0..all.len()).find(|at| outcome.entries.get(*at) != Some(&all[*at]))
            {
                println!(
                    "diff at {at}: {:?} for {:?} failed {:?}",
                    outcome.entries.get(at),
                    all[at],
                    outcome.failed
                );
            }
            assert!(outcome.entries == all, "{name} {} {}", outcome.entries.len(), all.len());
            println!(
                "{n:8} {name:10} pages {pages:4} requests {:4} ({:.2}) rounds {:3} speed-up {:5.1} waiting {:3} {t:?}",
                outcome.requests,
                outcome.requests as f64 / pages as f64,
                outcome.rounds,
                pages as f64 / outcome.rounds as f64,
                outcome.most_waiting
            );
        }
    }
}
