//! Requests that nobody would send: the server lives, answers each with a request id, and does not
//! grow. Some seconds long, or as many as `OSSUTIL_FUZZ_SECONDS` says.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::TcpStream,
    sync::Mutex,
    time::{Duration, Instant},
};

use fastrand::Rng;

use crate::client::{World, signed_text};

const METHODS: &[&str] = &["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "G\u{e9}T"];
const PARAMETERS: &[&str] = &[
    "acl",
    "append",
    "bucketInfo",
    "callback",
    "comp",
    "cors",
    "delete",
    "encryption",
    "inventory",
    "inventoryId",
    "lifecycle",
    "live",
    "location",
    "logging",
    "objectMeta",
    "policy",
    "qosInfo",
    "referer",
    "replication",
    "requestPayment",
    "restore",
    "sequential",
    "stat",
    "style",
    "styleName",
    "symlink",
    "tagging",
    "transferAcceleration",
    "uploads",
    "uploadId",
    "partNumber",
    "versioning",
    "versions",
    "versionId",
    "website",
    "worm",
    "wormId",
    "wormExtend",
    "prefix",
    "delimiter",
    "marker",
    "key-marker",
    "upload-id-marker",
    "max-keys",
    "max-uploads",
    "max-parts",
    "part-number-marker",
    "encoding-type",
    "list-type",
    "continuation-token",
    "start-after",
    "position",
    "response-content-type",
    "x-oss-signature",
    "x-oss-date",
    "x-oss-expires",
    "Signature",
    "Expires",
    "Action",
    "Format",
];
const VALUES: &[&str] = &[
    "",
    "0",
    "1",
    "-1",
    "10000",
    "10001",
    "99999999999999999999",
    "url",
    "2",
    "/",
    "a",
    "%00",
    "%FF",
    "%",
    "%e4%b8%ad",
    "null",
    "true",
    "../..",
    "a%2Fb",
    "2026-01-01T00:00:00.000Z",
];
const HEADERS: &[&str] = &[
    "range: bytes=0-",
    "range: bytes=5-2,1-",
    "range: bytes=-99999999999999999999",
    "content-type: application/xml",
    "content-type: multipart/form-data; boundary=b",
    "content-type: multipart/form-data",
    "content-type: application/x-www-form-urlencoded",
    "content-md5: 1B2M2Y8AsgTpgAmY7PhCfg==",
    "content-md5: \u{1}",
    "expect: 100-continue",
    "if-match: *",
    "if-modified-since: yesterday",
    "origin: http://a",
    "origin: ",
    "access-control-request-method: GET",
    "x-oss-acl: public-read",
    "x-oss-object-acl: none",
    "x-oss-copy-source: /bkt/k",
    "x-oss-copy-source: %%%",
    "x-oss-copy-source-range: bytes=9-1",
    "x-oss-storage-class: Archive",
    "x-oss-tagging: a=1&a=2",
    "x-oss-symlink-target: %ff",
    "x-oss-meta-a: \u{ff}",
    "x-oss-forbid-overwrite: true",
    "x-oss-complete-all: yes",
    "x-oss-range-behavior: standard",
    "x-oss-security-token: t",
    "authorization: OSS a:b",
    "authorization: OSS4-HMAC-SHA256 Credential=a/b/c/d/e,Signature=f",
    "transfer-encoding: chunked",
    "host: bkt.localhost",
    "host: ",
    "date: never",
    "x-oss-date: 20260101T000000Z",
];
const BODIES: &[&str] = &[
    "",
    "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"A\"</ETag></Part></CompleteMultipartUpload>",
    "<Delete><Quiet>true</Quiet><Object><Key>k&#1;</Key><VersionId>null</VersionId></Object></Delete>",
    "<LifecycleConfiguration><Rule><ID>a</ID><Prefix>k</Prefix><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>",
    "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><MaxAgeSeconds>1</MaxAgeSeconds></CORSRule></CORSConfiguration>",
    "<InventoryConfiguration><Id>1</Id><IsEnabled>true</IsEnabled><Destination/><Schedule/><IncludedObjectVersions>All</IncludedObjectVersions></InventoryConfiguration>",
    "<InitiateWormConfiguration><RetentionPeriodInDays>1</RetentionPeriodInDays></InitiateWormConfiguration>",
    "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
    "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
    "<RestoreRequest><Days>1</Days></RestoreRequest>",
    "{\"Statement\":[{\"Effect\":\"Allow\"}]}",
    "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk\r\n--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--b--\r\n",
    "Action=AssumeRole&Format=JSON&AccessKeyId=sandbox&Timestamp=2026-01-01T00:00:00Z",
    "<!DOCTYPE a [<!ENTITY b \"b\">]><Delete>&b;</Delete>",
];

fn pick<'a>(random: &mut Rng, from: &[&'a str]) -> &'a str {
    from[random.usize(..from.len())]
}

/// Changes, removes and doubles some bytes.
fn mutate(random: &mut Rng, bytes: &mut Vec<u8>) {
    for _ in 0..random.usize(1..6) {
        if bytes.is_empty() {
            return;
        }
        let at = random.usize(..bytes.len());
        match random.u8(..5) {
            0 => bytes[at] = random.u8(..),
            1 => bytes[at] ^= 1 << random.u8(..8),
            2 => drop(bytes.remove(at)),
            3 => bytes.insert(at, pick(random, &["\r", "\n", "<", "&", "%", "\0"]).as_bytes()[0]),
            _ => {
                let end = (at + random.usize(1..64)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
}

/// A request; most are signed, so that what is behind the signature is reached.
fn request(world: &World, random: &mut Rng) -> Vec<u8> {
    let method = pick(random, METHODS);
    let path =
        pick(random, &["/", "/bkt/", "/bkt/k", "/bkt/a/b", "/bkt//", "/bkt2/", "/sts", "/B/"]);
    let pairs: Vec<String> = (0..random.usize(..4))
        .map(|_| format!("{}={}", pick(random, PARAMETERS), pick(random, VALUES)))
        .collect();
    let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
    let mut body = pick(random, BODIES).as_bytes().to_vec();
    if random.bool() {
        mutate(random, &mut body);
    }
    let headers: Vec<&str> = (0..random.usize(..3)).map(|_| pick(random, HEADERS)).collect();
    let mut bytes = match random.u8(..4) {
        0 => format!("{method} {path}{query} HTTP/1.1\r\nhost: h\r\n").into_bytes(),
        _ => signed_text(world, method, &format!("{path}{query}"), &headers).into_bytes(),
    };
    for header in headers {
        bytes.extend(header.as_bytes());
        bytes.extend(b"\r\n");
    }
    bytes.extend(format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()).as_bytes());
    bytes.extend(body);
    if random.u8(..3) == 0 {
        mutate(random, &mut bytes);
    }
    bytes
}

/// What comes back; a request that does not end gets none.
fn answer(world: &World, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(world.sandbox.address()).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_millis(100))).expect("a time limit");
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

/// The status of an answer, which must have a request id.
fn check(request: &[u8], answer: &[u8]) -> u16 {
    let text = String::from_utf8_lossy(answer);
    let asked = String::from_utf8_lossy(request);
    let text = text.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&text);
    if text.is_empty() {
        return 0;
    }
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    assert!(head.contains("\r\nx-oss-request-id: "), "no request id: {asked:?}\n{text}");
    assert_ne!(status, 500, "{asked:?}\n{text}");
    status
}

/// What the process holds, in KiB; nothing where the system does not say.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[test]
#[expect(clippy::print_stdout, reason = "a long run is for its figures")]
#[expect(clippy::disallowed_methods, reason = "how long it takes is for who runs the tests to say")]
fn the_server_outlives_any_request() {
    let seconds = std::env::var("OSSUTIL_FUZZ_SECONDS").ok();
    let seconds = seconds.map_or(3, |seconds| seconds.parse().expect("a number of seconds"));
    let seed = if seconds > 60 { Rng::new().u64(..) } else { 1 };
    let world = World::new();
    let end = Instant::now() + Duration::from_secs(seconds);
    let statuses: Mutex<BTreeMap<u16, u64>> = Mutex::default();
    let before = resident();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (world, statuses) = (&world, &statuses);
            scope.spawn(move || {
                let mut random = Rng::with_seed(seed + thread);
                for round in 0_u64.. {
                    if Instant::now() >= end {
                        break;
                    }
                    // What was asked for may have been that the bucket goes.
                    if round % 16 == 0 {
                        world.send("PUT", "/bkt/", "");
                        world.send("PUT", "/bkt/k", "content");
                    }
                    let request = request(world, &mut random);
                    let status = check(&request, &answer(world, &request));
                    *statuses.lock().expect("a lock").entry(status).or_default() += 1;
                }
            });
        }
    });
    let statuses = statuses.into_inner().expect("a lock");
    let total: u64 = statuses.values().sum();
    let (before, after) = (before.unwrap_or_default(), resident().unwrap_or_default());
    println!("seed {seed}: {total} requests, {before} to {after} KiB, by status {statuses:?}");
    assert!(statuses.len() > 5, "all kinds of answers: {statuses:?}");
    // Records of the last requests are kept, and the objects that were made.
    assert!(after < before + (400 << 10), "from {before} to {after} KiB");
    world.send("GET", "/", "").ok();
}
