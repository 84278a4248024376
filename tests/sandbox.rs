//! Rules of the sandbox that no SDK can reach: what SDKs never send, time, and what is left on the
//! disk.

use std::{fs, path::Path, sync::Arc};

use jiff::SignedDuration;
use ossutil_sandbox::Sandbox;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::connection::{Answer, Connection, between};

/// A sandbox in a folder, with the bucket `bkt`.
struct Place {
    folder: TempDir,
    sandbox: Sandbox,
    /// Declared last: what runs on it is dropped first.
    runtime: Runtime,
}

impl Place {
    fn new() -> Self {
        let (folder, runtime) = (tempfile::tempdir().expect("a folder"), Runtime::new().unwrap());
        let sandbox = start(&runtime, folder.path());
        let place = Self { folder, sandbox, runtime };
        assert_eq!(place.connect().send("PUT", "", &[], &[]).expect("an answer").status, 200);
        place
    }

    fn connect(&self) -> Connection {
        Connection::new(&self.sandbox.address().to_string()).expect("a connection")
    }

    fn bodies(&self) -> usize {
        fs::read_dir(self.folder.path().join("bodies")).expect("a folder").count()
    }
}

#[expect(clippy::disallowed_methods, reason = "a test gives its sandbox the time")]
fn start(runtime: &Runtime, folder: &Path) -> Sandbox {
    let builder = Sandbox::builder(Arc::new(jiff::Timestamp::now));
    let builder = builder.data(folder).expect("a store");
    runtime.block_on(builder.start()).expect("a sandbox")
}

fn begin_upload(connection: &mut Connection, key: &str) -> String {
    let answer = connection.send("POST", key, &[("uploads", "")], &[]).expect("an answer");
    between(&answer.text(), "<UploadId>").remove(0)
}

fn put_part(connection: &mut Connection, key: &str, id: &str, number: &str) -> String {
    let query = [("partNumber", number), ("uploadId", id)];
    let answer = connection.send("PUT", key, &query, &vec![b'x'; 102_400]).expect("an answer");
    answer.header("etag").expect("an ETag").to_owned()
}

fn expect(answer: std::io::Result<Answer>, status: u16, code: &str) {
    let answer = answer.expect("an answer");
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{answer:?}");
}

#[test]
fn parts_must_be_listed_in_order() {
    let place = Place::new();
    let mut connection = place.connect();
    let id = begin_upload(&mut connection, "k");
    let etag = put_part(&mut connection, "k", &id, "1");
    put_part(&mut connection, "k", &id, "2");
    let part =
        |number| format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>");
    for (parts, code) in
        [([part(2), part(1)], "InvalidPartOrder"), ([part(1), part(1)], "InvalidPartOrder")]
    {
        let body = format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", parts.concat());
        expect(connection.send("POST", "k", &[("uploadId", &id)], body.as_bytes()), 400, code);
    }
    let all = [("x-oss-complete-all", "yes")];
    let query = [("uploadId", &*id)];
    expect(connection.send_with("POST", "k", &query, &all, b"body"), 400, "InvalidArgument");
    expect(connection.send_with("POST", "k", &query, &all, b""), 200, "");
}

#[test]
fn content_needs_a_length() {
    let place = Place::new();
    let mut connection = place.connect();
    connection.begin("PUT", "k", &[], &[]).expect("sent");
    let head = connection.head().expect("a head");
    expect(connection.rest(head), 411, "MissingContentLength");
}

#[test]
fn a_refused_sender_comes_to_read_the_answer() {
    let place = Place::new();
    let mut connection = place.connect();
    connection.secret = "wrong";
    let body = vec![b'x'; 20 << 20];
    expect(connection.send("PUT", "k", &[], &body), 403, "SignatureDoesNotMatch");
    connection.secret = "sandbox-secret";
    expect(connection.send("GET", "k", &[], &[]), 404, "NoSuchKey");
    assert_eq!(place.bodies(), 0);
}

#[test]
fn a_sender_that_goes_away_leaves_nothing() {
    let place = Place::new();
    let mut connection = place.connect();
    connection.begin("PUT", "k", &[], &[("content-length", "200000")]).expect("sent");
    connection.write(&vec![b'x'; 150_000]).expect("sent");
    drop(connection);
    let mut connection = place.connect();
    while place.bodies() > 0 {
        expect(connection.send("GET", "k", &[], &[]), 404, "NoSuchKey");
    }
    expect(connection.send("GET", "k", &[], &[]), 404, "NoSuchKey");
}

#[test]
fn restored_objects_can_be_read_for_a_while() {
    let place = Place::new();
    let mut connection = place.connect();
    let archive = [("x-oss-storage-class", "ColdArchive")];
    expect(connection.send_with("PUT", "k", &[], &archive, b"content"), 200, "");
    let asked = b"<RestoreRequest><Days>2</Days><JobParameters><Tier>Bulk</Tier></JobParameters>\
                  </RestoreRequest>";
    expect(connection.send("POST", "k", &[("restore", "")], asked), 202, "");
    place.sandbox.advance_clock(SignedDuration::from_mins(299));
    expect(connection.send("GET", "k", &[], &[]), 403, "InvalidObjectState");
    place.sandbox.advance_clock(SignedDuration::from_mins(1));
    let answer = connection.send("GET", "k", &[], &[]).expect("an answer");
    assert_eq!((answer.status, &*answer.body), (200, &b"content"[..]));
    let state = answer.header("x-oss-restore").expect("a state");
    assert!(state.starts_with("ongoing-request=\"false\", expiry-date=\""), "{state}");
    expect(connection.send("POST", "k", &[("restore", "")], asked), 200, "");
    place.sandbox.advance_clock(SignedDuration::from_hours(49));
    expect(connection.send("GET", "k", &[], &[]), 403, "InvalidObjectState");
}

#[test]
fn what_is_deleted_can_be_read_to_its_end_and_is_gone_then() {
    let place = Place::new();
    let (mut reader, mut other) = (place.connect(), place.connect());
    let content: Vec<u8> = (0..16_u32 << 20).map(|at| at.to_le_bytes()[at as usize % 3]).collect();
    expect(other.send("PUT", "k", &[], &content), 200, "");
    reader.begin("GET", "k", &[], &[]).expect("sent");
    let head = reader.head().expect("a head");
    expect(other.send("PUT", "k", &[], b""), 200, "");
    expect(other.send("DELETE", "k", &[], &[]), 204, "");
    assert!(reader.rest(head).expect("an answer").body == content);
    while place.bodies() > 0 {
        std::thread::yield_now();
    }
}

#[test]
fn only_what_is_referred_to_stays_on_the_disk() {
    let place = Place::new();
    let mut connection = place.connect();
    for body in [&b"old"[..], b"new", b""] {
        expect(connection.send("PUT", "k", &[], body), 200, "");
    }
    let id = begin_upload(&mut connection, "k");
    put_part(&mut connection, "k", &id, "1");
    put_part(&mut connection, "k", &id, "1");
    assert_eq!(place.bodies(), 1);
    expect(connection.send("DELETE", "k", &[("uploadId", &id)], &[]), 204, "");
    assert_eq!(place.bodies(), 0);
    let query = [("partNumber", "1"), ("uploadId", &*id)];
    expect(connection.send("PUT", "k", &query, b"late"), 404, "NoSuchUpload");
    assert_eq!(place.bodies(), 0);
}

#[test]
fn copies_share_what_they_are_of() {
    let place = Place::new();
    let mut connection = place.connect();
    expect(connection.send("PUT", "a", &[], b"content"), 200, "");
    for copy in ["b", "c"] {
        let source = [("x-oss-copy-source", "/bkt/a")];
        expect(connection.send_with("PUT", copy, &[], &source, &[]), 200, "");
    }
    assert_eq!(place.bodies(), 1);
    for key in ["a", "b"] {
        expect(connection.send("DELETE", key, &[], &[]), 204, "");
    }
    assert_eq!(connection.send("GET", "c", &[], &[]).expect("an answer").body, b"content");
    expect(connection.send("DELETE", "c", &[], &[]), 204, "");
    assert_eq!(place.bodies(), 0);
}

#[test]
fn a_start_removes_what_nothing_refers_to() {
    let place = Place::new();
    expect(place.connect().send("PUT", "k", &[], b"content"), 200, "");
    let Place { folder, sandbox, runtime } = place;
    drop(sandbox);
    // The last connection lets go of the store when its task ends.
    drop(runtime);
    let bodies = folder.path().join("bodies");
    for name in ["00ffffffffffffff", "00fffffffffffffe.tmp"] {
        fs::write(bodies.join(name), b"lost").expect("written");
    }
    let runtime = Runtime::new().expect("a runtime");
    let place = Place { sandbox: start(&runtime, folder.path()), folder, runtime };
    assert_eq!(place.bodies(), 1);
    let answer = place.connect().send("GET", "k", &[], &[]).expect("an answer");
    assert_eq!(answer.body, b"content");
}
