//! The split lister against a model of the service: nothing missing, nothing twice, in order, and
//! within its bounds.
//!
//! `PROPTEST_CASES` sets how many random key sets each property is tried with. A million takes an
//! hour or so of one core:
//!
//!     PROPTEST_CASES=1000000 cargo test --release -p ossutil-client --test split

mod model;

use std::collections::BTreeSet;

use model::{Calm, Entry, Outcome, Random, Service, World, list};
use ossutil_client::split::{Limits, Page, Position};
use proptest::{prelude::*, sample::select};

const LIMITS: Limits = Limits { requests: 32, waiting: 96, ids_ascend: true };

type Keys = Vec<(String, Option<String>)>;

fn pick<'a>(random: &mut Random, words: &[&'a str]) -> &'a str {
    words[usize::try_from(random.below(words.len() as u64)).unwrap()]
}

fn character(random: &mut Random, first: char, count: u64) -> char {
    let number = u64::from(u32::from(first)) + random.below(count);
    char::from_u32(u32::try_from(number).unwrap()).unwrap()
}

/// Words of several scripts, one to four bytes a character.
const WORDS: [&str; 8] = ["照片", "视频", "données", "файлы", "ファイル", "사진", "📷", "zebra"];

fn key(shape: &str, n: u64, r: &mut Random) -> String {
    match shape {
        "uniform" => r.hex(16),
        "two-dirs" => format!("{}/{n:08}.bin", pick(r, &["archive", "photos"])),
        "base62" => {
            (0..12).map(|_| char::from(b"09AMZamz"[usize::try_from(r.below(8)).unwrap()])).collect()
        }
        "padded" => format!("file-{n:010}"),
        "numbers" => format!("file-{n}"),
        "prefix" => format!("a/very/long/common/prefix/of/all/keys/{}", r.hex(16)),
        "one-key" => "the/one/key".to_owned(),
        "two-keys" => format!("the/{}/key", if n.is_multiple_of(5) { "b" } else { "a" }),
        "dates" => {
            let day = r.below(365);
            let (month, day, hour) = (day / 31 + 1, day % 31 + 1, r.below(24));
            format!("logs/2025/{month:02}/{day:02}/{hour:02}/{}.log", r.hex(8))
        }
        "timestamps" => format!("{}-{}.gz", 1_700_000_000 + n * 37, r.hex(6)),
        "uuid" => {
            let h = r.hex(32);
            format!("{}-{}-4{}-a{}-{}", &h[..8], &h[8..12], &h[12..15], &h[15..18], &h[18..30])
        }
        "unicode" => {
            let name: String = (0..4).map(|_| character(r, '\u{4e00}', 3000)).collect();
            format!("文件/{name}.txt")
        }
        "dirs" => {
            let dirs = ["photos/", "photos/", "photos/", "video/raw/", "backup/db/", "www/"];
            format!("{}{}", pick(r, &dirs), r.hex(12))
        }
        "small-dirs" => format!("user-{:04}/{}", r.below(3000), r.hex(8)),
        // As the sandbox's seeds are: `prefix`, `dates`, `unicode` and `dirs`.
        "numbered" => format!("backup/production/cluster-01/database/shard-0007/full/part-{n:010}"),
        "days" => {
            let seconds = n * 864;
            let (day, second) = (seconds / 86_400, seconds % 86_400);
            let (year, month, day) = (2023 + day / 360, day / 30 % 12 + 1, day % 30 + 1);
            let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
            format!("logs/{year}/{month:02}/{day:02}/{hour:02}{minute:02}{second:02}-{n}.log.gz")
        }
        "words" => format!("{}/{}-{n}", pick(r, &WORDS), pick(r, &WORDS)),
        "giants" => match n % 32 {
            0 => format!("project-{:02}/notes/{n:08}.txt", n / 32 % 50),
            _ => format!("{}/{n:08}.bin", ["archive", "photos", "tmp"][(n % 32 % 3) as usize]),
        },
        "hyphens" => {
            let hosts = ["api", "auth", "cache", "db", "mail", "queue", "web"];
            let zones = ["a", "b", "c"];
            format!("{}-{}-{}-{}", pick(r, &hosts), pick(r, &zones), 1 + r.below(40), r.hex(8))
        }
        "versions" => {
            let names = ["alpha", "core", "http", "json", "log", "tls", "zip"];
            let (major, minor, patch) = (r.below(3), r.below(20), r.below(15));
            format!("{}/{major}.{minor}.{patch}/{}.tar.gz", pick(r, &names), r.hex(8))
        }
        "hive" => {
            let tables = ["clicks", "orders", "users"];
            let (year, month, day) = (2023 + r.below(3), 1 + r.below(12), 1 + r.below(28));
            let table = pick(r, &tables);
            format!("{table}/year={year}/month={month}/day={day}/part-{}.parquet", r.hex(8))
        }
        "camera" => {
            let card = 100 + n / 9999;
            format!("DCIM/{card}CANON/{}_{:04}.JPG", pick(r, &["DSC", "IMG"]), 1 + n % 9999)
        }
        // Behind each letter half as many keys as behind the one before.
        "halving" => {
            let zeros = (r.next() | 1 << 25).trailing_zeros();
            format!("{}{}", ('a'..='z').nth(zeros as usize).unwrap(), r.hex(12))
        }
        _ => unreachable!("{shape}"),
    }
}

fn service(shape: &str, count: u64) -> Service {
    let mut random = Random(7);
    let mut upload = |n| {
        let key = key(shape, n, &mut random);
        (key, Some(random.hex(32).to_uppercase()))
    };
    Service::new((0..count).map(&mut upload).collect(), 1000)
}

/// Lists and compares with what page after page gives; says how many pages that takes.
fn check(
    service: &Service,
    start: &Position,
    limits: Limits,
    world: &mut dyn World,
) -> (Outcome, u64) {
    let (all, pages) = service.all(start);
    let outcome = list(&mut service.clone(), start, limits, world);
    assert!(outcome.entries == all, "{} entries, not {}", outcome.entries.len(), all.len());
    assert_eq!(outcome.failed, None);
    (outcome, pages)
}

#[test]
fn every_shape_is_fast_and_frugal() {
    for (shape, speed_up, waste) in [
        ("uniform", 16, 116),
        ("base62", 14, 120),
        ("padded", 9, 125),
        ("numbers", 5, 120),
        ("prefix", 9, 125),
        ("one-key", 9, 130),
        ("two-keys", 8, 128),
        ("dates", 6, 138),
        ("timestamps", 8, 122),
        ("uuid", 16, 116),
        ("unicode", 10, 122),
        ("dirs", 8, 130),
        ("small-dirs", 9, 124),
        ("numbered", 9, 125),
        ("days", 9, 138),
        ("words", 6, 140),
        ("giants", 8, 132),
        ("hyphens", 6, 138),
        ("versions", 5, 146),
        ("hive", 6, 134),
        ("camera", 5, 120),
        ("halving", 6, 150),
    ] {
        let service = service(shape, 100_000);
        let (outcome, pages) = check(&service, &Position::default(), LIMITS, &mut Calm);
        let Outcome { requests, rounds, .. } = outcome;
        assert!(requests * 100 <= pages * waste, "{shape}: {requests} requests");
        assert!(rounds * speed_up <= pages, "{shape}: {rounds} rounds for {pages} pages");
    }
}

/// Answers after about as long each time, so that answers overtake each other.
struct Unsteady(Random);

impl World for Unsteady {
    fn latency(&mut self) -> u64 {
        1000 + self.0.below(200)
    }
}

#[test]
fn answers_may_overtake_each_other() {
    for (shape, speed_up) in [
        ("uniform", 15),
        ("prefix", 8),
        ("unicode", 7),
        ("two-dirs", 9),
        ("days", 8),
        ("giants", 8),
    ] {
        let service = service(shape, 100_000);
        for seed in 0..5 {
            let world = &mut Unsteady(Random(seed));
            let (outcome, pages) = check(&service, &Position::default(), LIMITS, world);
            let ticks = outcome.rounds;
            assert!(ticks * speed_up <= pages * 1200, "{shape}, {seed}: {ticks} ticks");
        }
    }
}

#[test]
fn little_room_goes_to_what_is_given_out_first() {
    let service = service("words", 100_000);
    let limits = Limits { waiting: 48, ..LIMITS };
    let (outcome, pages) = check(&service, &Position::default(), limits, &mut Calm);
    assert!(outcome.rounds * 5 <= pages, "{} rounds", outcome.rounds);
}

#[test]
fn small_listings_cost_little_more() {
    for shape in ["uniform", "prefix", "one-key", "dates", "unicode", "dirs"] {
        for (count, requests) in [(0, 1), (1, 1), (1000, 1), (1001, 4), (2000, 5), (10_000, 18)] {
            let service = service(shape, count);
            let (outcome, _) = check(&service, &Position::default(), LIMITS, &mut Calm);
            assert!(outcome.requests <= requests, "{shape} {count}: {}", outcome.requests);
        }
    }
}

/// Answers after any time, in any order.
struct Erratic(Random);

impl World for Erratic {
    fn latency(&mut self) -> u64 {
        1 + self.0.below(20)
    }
}

fn keys() -> impl Strategy<Value = Keys> {
    let pattern = select(vec![
        "[a-c/]{0,5}",
        "[0-9]{1,4}",
        "dir[0-3]/[a-f0-9]{1,4}",
        "2025/[01][0-9]/[0-3][0-9]/[0-9a-f]{2}",
        "[x文件é😀\u{1}\u{0}]{0,4}",
        "\\PC{0,3}",
        "one",
    ]);
    let keys = pattern.prop_flat_map(|pattern| prop::collection::vec(pattern, 0..400));
    (keys, any::<u64>()).prop_map(|(keys, seed)| {
        let mut random = Random(seed);
        let keys = keys.into_iter().filter(|key| !key.is_empty());
        keys.map(|key| (key, Some(random.hex(4).to_uppercase()))).collect()
    })
}

#[derive(Clone, Debug)]
struct Case {
    keys: Keys,
    page: usize,
    limits: Limits,
    prefix: &'static str,
    delimiter: &'static str,
    marker: &'static str,
    repeats_prefixes: bool,
    seed: u64,
}

fn cases() -> impl Strategy<Value = Case> {
    let limits =
        (2..40_usize, 1..4_usize, any::<bool>()).prop_map(|(requests, waiting, ids_ascend)| {
            Limits { requests, waiting: requests * waiting, ids_ascend }
        });
    let scope = (
        select(vec!["", "", "a", "dir1", "文"]),
        select(vec!["", "", "/", "1"]),
        select(vec!["", "", "b", "dir1/4", "2025/03"]),
    );
    // A page of one could hold nothing but a common prefix that reaches over the marker. Its next
    // marker lies before the one that was given, which the sequential pager refuses as well.
    (keys(), 2..20_usize, limits, scope, any::<bool>(), any::<u64>()).prop_map(
        |(keys, page, limits, (prefix, delimiter, marker), repeats_prefixes, seed)| Case {
            keys,
            page,
            limits,
            prefix,
            delimiter,
            marker,
            repeats_prefixes,
            seed,
        },
    )
}

impl Case {
    fn service(&self) -> Service {
        Service {
            prefix: self.prefix.to_owned(),
            delimiter: self.delimiter.to_owned(),
            repeats_prefixes: self.repeats_prefixes,
            ..Service::new(self.keys.clone(), self.page)
        }
    }
}

/// Fails now and then.
struct Failing(Random);

impl World for Failing {
    fn latency(&mut self) -> u64 {
        1 + self.0.below(5)
    }

    fn answer(&mut self, service: &mut Service, after: &Position) -> Option<Page<Entry>> {
        (self.0.below(10) > 0).then(|| service.page(after))
    }
}

/// Entries come and go while they are listed.
struct Changing {
    random: Random,
    passing: Keys,
}

impl World for Changing {
    fn latency(&mut self) -> u64 {
        1 + self.random.below(5)
    }

    fn answer(&mut self, service: &mut Service, after: &Position) -> Option<Page<Entry>> {
        for entry in &self.passing {
            match (self.random.below(8), service.entries.binary_search(entry)) {
                (0, Ok(at)) => drop(service.entries.remove(at)),
                (0, Err(at)) => service.entries.insert(at, entry.clone()),
                _ => {}
            }
        }
        Some(service.page(after))
    }
}

proptest! {
    #[test]
    fn exactly_the_sorted_set(case in cases()) {
        let start = Position::behind(case.marker);
        let mut world = Erratic(Random(case.seed));
        let (outcome, pages) = check(&case.service(), &start, case.limits.clone(), &mut world);
        // Beyond its share, the lister may waste 20 requests before it has earned them (`BURST`).
        prop_assert!(outcome.requests <= pages + pages / 2 + 22, "{} requests for {pages} pages", outcome.requests);
    }

    #[test]
    fn a_failure_ends_the_listing_where_its_page_would_begin(case in cases()) {
        let start = Position::behind(case.marker);
        let mut service = case.service();
        let (all, _) = service.all(&start);
        let outcome = list(&mut service, &start, case.limits, &mut Failing(Random(case.seed)));
        let given = outcome.entries.len();
        let differs = all.iter().zip(&outcome.entries).position(|(a, b)| a != b);
        prop_assert!(differs.is_none() && given <= all.len(), "at {differs:?} of {given} of {}: {:?} {:?}", all.len(), differs.map(|at| &all[at]), differs.map(|at| &outcome.entries[at]));
        prop_assert!(outcome.failed.is_some() || given == all.len());
    }

    #[test]
    fn what_stays_is_given_once_while_all_else_changes(case in cases(), passing in keys()) {
        let mut service = Service { delimiter: String::new(), ..case.service() };
        let stays: BTreeSet<_> = service.entries.iter().cloned().collect();
        let passing = passing.into_iter().filter(|entry| !stays.contains(entry)).collect();
        let start = Position::behind(case.marker);
        let expected = service.all(&start).0;
        let mut world = Changing { random: Random(case.seed), passing };
        let outcome = list(&mut service, &start, case.limits, &mut world);
        let is_staying = |e: &&Entry| stays.contains(&(e.key.clone(), e.id.clone()));
        let given: Vec<Entry> = outcome.entries.iter().filter(is_staying).cloned().collect();
        prop_assert_eq!(given, expected);
        let distinct: BTreeSet<_> = outcome.entries.iter().collect();
        prop_assert_eq!(distinct.len(), outcome.entries.len());
    }
}

/// Asks for less until it has answered so many requests.
struct Busy(u32);

impl World for Busy {
    fn is_busy(&mut self) -> bool {
        self.0 = self.0.saturating_sub(1);
        self.0 > 0
    }
}

#[test]
fn a_busy_service_is_asked_less_and_then_more_again() {
    let service = service("uniform", 100_000);
    let (busy, _) = check(&service, &Position::default(), LIMITS, &mut Busy(1000));
    assert!(busy.rounds > 40, "{}", busy.rounds);
    let (passing, _) = check(&service, &Position::default(), LIMITS, &mut Busy(6));
    assert!(passing.rounds < 30, "{}", passing.rounds);
}

/// Gives the last entries first.
struct Backwards(usize);

impl World for Backwards {
    fn answer(&mut self, service: &mut Service, _: &Position) -> Option<Page<Entry>> {
        let entries: Vec<Entry> = service.entries[self.0 * 1000..][..1000]
            .iter()
            .map(|(key, id)| Entry { key: key.clone(), id: id.clone(), is_common_prefix: false })
            .collect();
        self.0 += 1;
        let next = Position::behind(format!("page {}", self.0));
        Some(Page { entries, next: (self.0 < 5).then_some(next) })
    }
}

#[test]
fn a_first_page_out_of_order_is_not_split() {
    let mut service = service("uniform", 5000);
    service.entries.reverse();
    let outcome = list(&mut service, &Position::default(), LIMITS, &mut Backwards(0));
    assert_eq!((outcome.requests, outcome.entries.len()), (5, 5000));
}
