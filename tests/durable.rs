//! The sandbox in a folder: what was acknowledged is there and whole after the process was killed
//! in the midst of many writers, and nothing else is there by half.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::connection::{Answer, Connection, between};

const WRITERS: usize = 200;

/// A server in a process of its own.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_ossutil"))
            .env_clear()
            .env("HOME", folder)
            .args(["sandbox", "--data"])
            .arg(folder.join("data"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let stdout = process.stdout.take().expect("an output");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("listening on http://").expect("an address");
        Self { address: address.to_owned(), process }
    }

    /// Ends it as a crash would, with no chance to tidy up.
    fn kill(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().expect("it is killed");
        self.process.wait().expect("it is gone");
    }
}

/// What a writer has sent: the newest content of each name, and whether it was acknowledged.
type Sent = BTreeMap<String, (usize, bool)>;

/// The content of a name at one time: no two are alike.
fn content(name: &str, turn: usize) -> Vec<u8> {
    let length = match name.contains("part") {
        true => 102_400 + turn % 1000,
        false => turn * 7919 % 150_000,
    };
    let text = format!("{name} {turn}|").into_bytes();
    let mut content = text.repeat(length / text.len() + 1);
    content.truncate(length);
    content
}

/// One life of the server.
struct Run {
    round: usize,
    address: String,
    all_are_there: Barrier,
    acknowledged: AtomicUsize,
    is_over: AtomicBool,
}

/// Writes until the server is gone: objects, some of them again and again, or parts.
fn write(run: &Run, writer: usize) -> (Sent, String) {
    let (round, mut sent) = (run.round, Sent::new());
    let mut connection = Connection::new(&run.address).expect("a connection");
    let upload_id = match writer % 4 {
        0 => begin_upload(&mut connection, &format!("{round}/{writer}")),
        _ => String::new(),
    };
    run.all_are_there.wait();
    for turn in 1.. {
        let name = match writer % 4 {
            0 => format!("part {turn:05}"),
            1 => format!("{round}/{writer}/{turn}"),
            _ => format!("{round}/{writer}/{}", turn % 3),
        };
        let body = content(&name, turn);
        let before = sent.insert(name.clone(), (turn, false));
        let answer = match writer % 4 {
            0 => {
                let query = [("partNumber", &*turn.to_string()), ("uploadId", &*upload_id)];
                connection.send("PUT", &format!("{round}/{writer}"), &query, &body)
            }
            _ => connection.send("PUT", &name, &[], &body),
        };
        match answer {
            Ok(answer) if answer.status == 200 => {
                run.acknowledged.fetch_add(1, Ordering::SeqCst);
                sent.insert(name, (turn, true))
            }
            Ok(answer) => panic!("{name}: {answer:?}"),
            Err(error) => {
                assert!(run.is_over.load(Ordering::SeqCst), "{name}: {error}");
                // What was acknowledged before may have been replaced or not.
                if let Some((turn, true)) = before {
                    sent.insert(format!("{name} or before"), (turn, true));
                }
                break;
            }
        };
    }
    (sent, upload_id)
}

fn begin_upload(connection: &mut Connection, key: &str) -> String {
    let answer = connection.send("POST", key, &[("uploads", "")], &[]).expect("an answer");
    between(&answer.text(), "<UploadId>").remove(0)
}

fn check_objects(connection: &mut Connection, sent: &Sent) -> usize {
    let mut acknowledged = 0;
    for (name, &(turn, is_acknowledged)) in sent {
        if name.ends_with(" or before") {
            continue;
        }
        let before = sent.get(&format!("{name} or before"));
        let Answer { status, body, .. } =
            connection.send("GET", name, &[], &[]).expect("an answer");
        let is_whole = |turn: usize| status == 200 && body == content(name, turn);
        let is_right = match (is_acknowledged, before) {
            (true, _) => is_whole(turn),
            (false, Some(&(before, _))) => is_whole(turn) || is_whole(before),
            (false, None) => is_whole(turn) || status == 404,
        };
        assert!(is_right, "{name}, sent {turn} times, acknowledged: {is_acknowledged}: {status}");
        acknowledged += usize::from(is_acknowledged);
    }
    acknowledged
}

fn check_parts(connection: &mut Connection, key: &str, upload_id: &str, sent: &Sent) -> usize {
    let mut numbers: Vec<usize> = Vec::new();
    loop {
        let marker = numbers.last().copied().unwrap_or(0).to_string();
        let query = [("part-number-marker", &*marker), ("uploadId", upload_id)];
        let answer = connection.send("GET", key, &query, &[]).expect("an answer");
        let body = answer.text();
        assert_eq!(answer.status, 200, "{key}: {body}");
        numbers.extend(between(&body, "<PartNumber>").iter().map(|n| n.parse::<usize>().unwrap()));
        if between(&body, "<IsTruncated>")[0] == "false" {
            break;
        }
    }
    let acknowledged: Vec<usize> = sent.values().filter(|sent| sent.1).map(|sent| sent.0).collect();
    assert!(acknowledged.iter().all(|number| numbers.contains(number)), "{key}: {numbers:?}");
    if numbers.is_empty() {
        return 0;
    }
    let etags = numbers.iter().map(|&number| {
        let etag = md5(&content(&format!("part {number:05}"), number));
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    });
    let list: String = etags.collect();
    let list = format!("<CompleteMultipartUpload>{list}</CompleteMultipartUpload>");
    let query = [("uploadId", upload_id)];
    let answer = connection.send("POST", key, &query, list.as_bytes()).expect("an answer");
    assert_eq!(answer.status, 200, "{key}: {}", answer.text());
    let Answer { body, .. } = connection.send("GET", key, &[], &[]).expect("an answer");
    let whole = numbers.iter().map(|&number| content(&format!("part {number:05}"), number));
    assert!(body == whole.collect::<Vec<_>>().concat(), "{key}");
    acknowledged.len()
}

fn md5(body: &[u8]) -> String {
    use md5::{Digest, Md5};
    Md5::digest(body).iter().map(|byte| format!("{byte:02X}")).collect()
}

/// How often the server is killed; more with `OSSUTIL_TEST_KILLS`.
#[expect(clippy::disallowed_methods, reason = "a longer run is asked for by the environment")]
fn rounds() -> usize {
    let asked = std::env::var("OSSUTIL_TEST_KILLS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(3)
}

#[test]
#[expect(clippy::print_stdout, reason = "figures, for those who ask with --nocapture")]
fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::start(folder.path());
    let mut connection = Connection::new(&server.address).expect("a connection");
    assert_eq!(connection.send("PUT", "", &[], &[]).expect("an answer").status, 200);
    for round in 1..=rounds() {
        let run = Run {
            round,
            address: server.address.clone(),
            all_are_there: Barrier::new(WRITERS + 1),
            acknowledged: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        };
        let sent: Vec<(Sent, String)> = std::thread::scope(|scope| {
            let run = &run;
            let writers: Vec<_> =
                (0..WRITERS).map(|writer| scope.spawn(move || write(run, writer))).collect();
            run.all_are_there.wait();
            while run.acknowledged.load(Ordering::SeqCst) < 300 + 137 * round % 700 {
                std::thread::sleep(Duration::from_millis(1));
            }
            run.is_over.store(true, Ordering::SeqCst);
            server.kill();
            writers.into_iter().map(|writer| writer.join().expect("a writer")).collect()
        });
        let began = std::time::Instant::now();
        server = Server::start(folder.path());
        println!("round {round}: started in {:?}", began.elapsed());
        let mut connection = Connection::new(&server.address).expect("a connection");
        let mut acknowledged = 0;
        for (writer, (sent, upload_id)) in sent.iter().enumerate() {
            acknowledged += match upload_id.is_empty() {
                true => check_objects(&mut connection, sent),
                false => {
                    check_parts(&mut connection, &format!("{round}/{writer}"), upload_id, sent)
                }
            };
        }
        println!("round {round}: {acknowledged} writes were acknowledged");
        assert!(acknowledged > 0);
        let bodies = std::fs::read_dir(folder.path().join("data/bodies")).expect("a folder");
        let names = bodies.map(|entry| entry.expect("an entry").file_name());
        let unfinished: Vec<_> =
            names.filter(|name| name.to_string_lossy().ends_with(".tmp")).collect();
        assert!(unfinished.is_empty(), "{unfinished:?}");
    }
    server.kill();
}

#[test]
fn a_folder_serves_one_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path());
    let second = Command::new(env!("CARGO_BIN_EXE_ossutil"))
        .env_clear()
        .env("HOME", folder.path())
        .args(["sandbox", "--data"])
        .arg(folder.path().join("data"))
        .output()
        .expect("the binary runs");
    let stderr = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("cannot keep data in") && stderr.contains("hint:"), "{stderr}");
    server.kill();
}
