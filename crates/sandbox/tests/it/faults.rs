//! Faults: what goes wrong, as a client sees it.

use std::time::{Duration, Instant};

use ossutil_sandbox::Sandbox;

use crate::client::World;

fn world(faults: &[&str]) -> World {
    let world = World::new();
    world.send("PUT", "/bkt/k", "0123456789").ok();
    for fault in faults {
        world.sandbox.add_fault(fault.parse().expect("a fault"));
    }
    world
}

#[test]
fn a_refusal_hits_its_operation_only() {
    let world = world(&["GetObject: status=503 count=2", "List*@bkt: code=AccessDenied"]);
    for _ in 0..2 {
        world.send("GET", "/bkt/k", "").refused(503, "ServiceUnavailable");
    }
    assert_eq!(world.send("GET", "/bkt/k", "").body, "0123456789");
    world.send("GET", "/bkt/?uploads", "").refused(403, "AccessDenied");
    world.send("GET", "/", "").ok();
    world.sandbox.clear_faults();
    world.send("GET", "/bkt/?uploads", "").ok();
}

#[test]
fn a_lost_answer_leaves_the_work_done() {
    let world = world(&["PutObject@bkt/lost: reset=after", "PutObject@bkt/undone: reset=before"]);
    for key in ["lost", "undone"] {
        let reply = world.send("PUT", &format!("/bkt/{key}"), "content");
        assert!(reply.status == 0 && reply.is_reset, "{reply:?}");
    }
    assert_eq!(world.send("GET", "/bkt/lost", "").body, "content");
    world.send("GET", "/bkt/undone", "").refused(404, "NoSuchKey");
}

#[test]
fn bodies_end_early() {
    let world = world(&[
        "GetObject@bkt/cut: cut=3",
        "GetObject@bkt/reset: reset=during",
        "GetObject@bkt/more: length=+5",
        "GetObject@bkt/less: length=-4",
    ]);
    for (key, promised, body, is_reset) in [
        ("cut", "10", "012", false),
        ("reset", "10", "01234", true),
        ("more", "15", "0123456789", false),
        ("less", "6", "012345", false),
    ] {
        world.send("PUT", &format!("/bkt/{key}"), "0123456789").ok();
        let reply = world.send("GET", &format!("/bkt/{key}"), "");
        assert_eq!((reply.header("content-length"), &*reply.body), (promised, body), "{key}");
        assert_eq!(reply.is_reset, is_reset, "{key}");
    }
}

#[test]
fn answers_come_late_and_slowly() {
    let world = world(&["HeadObject: latency=120ms..140ms", "GetObject: drip=40"]);
    for (method, least) in [("HEAD", 120), ("GET", 200)] {
        let start = Instant::now();
        world.send(method, "/bkt/k", "").ok();
        assert!(start.elapsed() >= Duration::from_millis(least), "{method}");
    }
}

#[test]
fn what_is_asked_is_done_before_a_late_answer() {
    let world = world(&["PutObject: latency=1h"]);
    let _unanswered = world.begin("PUT", "/bkt/late", "content");
    let seen = || world.send("GET", "/bkt/late", "").body == "content";
    let is_done = (0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        seen()
    });
    assert!(is_done);
}

#[test]
fn documents_and_checksums_are_wrong() {
    let world = world(&["ListObjects: xml=bad", "PutObject: checksum=crc64 checksum=etag"]);
    let listing = world.send("GET", "/bkt/", "");
    assert_eq!(listing.header("content-length"), listing.body.len().to_string());
    assert!(!listing.body.contains("</ListBucketResult>"), "{}", listing.body);
    let wrong = world.send("PUT", "/bkt/k2", "x");
    world.sandbox.clear_faults();
    let right = world.send("PUT", "/bkt/k2", "x");
    for name in ["x-oss-hash-crc64ecma", "etag"] {
        assert_ne!(wrong.header(name), right.header(name), "{name}");
        assert_eq!(wrong.header(name).len(), right.header(name).len(), "{name}");
    }
    assert_eq!(wrong.header("content-md5"), right.header("content-md5"));
}

#[test]
fn a_server_may_be_in_another_time() {
    let world = world(&["GetObject: clock=+1h"]);
    world.send("GET", "/bkt/k", "").refused(403, "RequestTimeTooSkewed");
    world.send("HEAD", "/bkt/k", "").ok();
}

#[test]
fn more_than_the_limit_is_refused_as_the_service_does() {
    let world = world(&["GetObject: qps=0.001 code=TotalQpsLimitExceeded"]);
    world.send("GET", "/bkt/k", "").ok();
    world.send("GET", "/bkt/k", "").refused(503, "TotalQpsLimitExceeded");
}

#[test]
fn the_admin_endpoint_steers_and_counts() {
    let world = world(&[]);
    let rules = "# of one test\nGetObject: status=500 count=1\n\nGetObject: latency=1ms\n";
    world.plain("PUT", "/_sandbox/faults", &[], rules).ok();
    world.send("GET", "/bkt/k", "").refused(500, "InternalError");
    world.send("GET", "/bkt/k", "").ok();
    let seen = world.plain("GET", "/_sandbox/faults", &[], "").ok().body;
    let expected = r#"{"fault":"GetObject: status=500 count=1","matched":2,"fired":1}"#;
    assert!(seen.contains(expected), "{seen}");
    let wrong = world.plain("POST", "/_sandbox/faults", &[], "GetObject: status=1");
    wrong.refused(400, "InvalidArgument");
    assert!(wrong.element("Message").contains("from 300 to 599"), "{wrong:?}");
    let left = world.plain("DELETE", "/_sandbox/faults", &[], "").ok();
    assert_eq!(left.body, "[]\n");

    let counts = world.plain("GET", "/_sandbox/operations", &[], "").ok().body;
    assert!(counts.contains(r#""GetObject":{"200":1,"500":1}"#), "{counts}");
    let kinds = world.plain("GET", "/_sandbox/requests", &[], "").ok().body;
    assert!(kinds.contains(r#""GET object":2"#), "{kinds}");
    let metrics = world.plain("GET", "/_sandbox/metrics", &[], "").ok().body;
    let line = r#"ossutil_sandbox_requests_total{operation="GetObject",status="500"} 1"#;
    assert!(metrics.lines().any(|found| found == line), "{metrics}");
}

#[test]
fn the_clock_of_what_is_stored_can_be_moved() {
    let world = world(&[]);
    world.plain("POST", "/_sandbox/clock?advance=7d%2012h", &[], "").ok();
    let clock = world.plain("GET", "/_sandbox/clock", &[], "").ok().body;
    assert!(clock.contains("\"ahead_seconds\":648000"), "{clock}");
    world.plain("POST", "/_sandbox/clock", &[], "").refused(400, "InvalidArgument");
    world.send("GET", "/bkt/k", "").ok();
}

#[test]
fn only_programs_on_this_machine_steer() {
    let world = world(&[]);
    for headers in [&[("host", "evil.example")][..], &[("origin", "http://evil.example")]] {
        let reply = world.plain("POST", "/_sandbox/clock?advance=1d", headers, "");
        reply.refused(403, "AccessDenied");
    }
    let own = world.sandbox.endpoint();
    world.plain("GET", "/_sandbox/clock", &[("origin", &own)], "").ok();
}

#[test]
fn the_same_seed_makes_the_same_faults() {
    let run = |seed| {
        let fault = "PutObject: status=500 rate=0.5".parse().expect("a fault");
        let world =
            World::with(|builder: ossutil_sandbox::Builder| builder.random_seed(seed).fault(fault));
        let put = |n| world.send("PUT", &format!("/bkt/{n}"), "").status;
        (0..20).map(put).collect::<Vec<u16>>()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn records_say_what_was_asked_and_by_whom() {
    let world = world(&[]);
    world.plain("GET", "/bkt/k", &[], "");
    world.send_as(("sandbox", "wrong"), "GET", "/bkt/k?uploadId=U", &[], "");
    let records = Sandbox::requests(&world.sandbox);
    let seen = |at: usize| {
        let record = &records[records.len() - at];
        (&*record.operation, &*record.signature, record.status)
    };
    assert_eq!(seen(3), ("PutObject", "V1 sandbox", 200));
    assert_eq!(seen(2), ("GetObject", "AccessDenied", 403));
    assert_eq!(seen(1), ("ListParts", "SignatureDoesNotMatch", 403));
}
