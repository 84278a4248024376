//! `ossutil sandbox --seed`: buckets that are full from the start.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Stdio},
};

use crate::support::{Run, World, finish};

/// The sandbox as a process of its own, which ends with this value.
struct Server {
    child: Child,
    endpoint: String,
}

impl Server {
    fn start(world: &World, seeds: &[&str]) -> Self {
        let mut command = world.command();
        command.arg("sandbox").args(seeds.iter().map(|seed| format!("--seed={seed}")));
        let mut child = command.stdout(Stdio::piped()).spawn().expect("a sandbox");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("an output");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let endpoint = line.trim().strip_prefix("listening on ").expect("an endpoint").to_owned();
        Self { child, endpoint }
    }

    fn run(&self, world: &World, arguments: &[&str]) -> Run {
        finish(world.command().env("OSS_ENDPOINT", &self.endpoint).args(arguments), "")
    }

    /// What `GET /_sandbox/requests` answers, unsigned.
    fn requests(&self) -> serde_json::Value {
        let address = self.endpoint.trim_start_matches("http://");
        let mut stream = std::net::TcpStream::connect(address).expect("a connection");
        let head =
            "GET /_sandbox/requests HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(head.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
        serde_json::from_str(body).expect("JSON")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn buckets_are_full_before_it_accepts() {
    let world = World::new();
    let seeds = ["uniform:1500@bkt", "objects-dirs:320@bkt", "one-key:7@one", "parts:1200@parts"];
    let server = Server::start(&world, &seeds);
    for (arguments, end) in [
        (&["ls", "-m", "-s", "oss://bkt"][..], "UploadID Number is: 1500"),
        (&["ls", "-s", "oss://bkt"], "Object Number is: 320"),
        (&["ls", "-d", "oss://bkt"], "Object and Directory Number is: 13"),
        (&["ls", "-m", "-s", "oss://one/videos/master.mov"], "UploadID Number is: 7"),
        (&["getallpartsize", "oss://parts"], "total part count:1200\ttotal part size(MB):117.19"),
    ] {
        let run = server.run(&world, arguments);
        assert!(run.ok().without_time().ends_with(end), "{arguments:?}: {}", run.stdout);
    }
    let again = Server::start(&world, &seeds);
    let listing = ["ls", "-m", "oss://bkt"];
    assert_eq!(
        server.run(&world, &listing).without_time(),
        again.run(&world, &listing).without_time()
    );
}

#[test]
fn requests_are_counted_by_kind() {
    let world = World::new();
    let server = Server::start(&world, &["uniform:1001@bkt"]);
    assert_eq!(server.requests(), serde_json::json!({}));
    let _ = server.run(&world, &["ls", "-m", "oss://bkt"]).ok();
    let _ = server.run(&world, &["ls", "oss://bkt"]).ok();
    let expected = serde_json::json!({"GET bucket": 1, "GET bucket?uploads": 2});
    assert_eq!(server.requests(), expected);
}

#[test]
fn a_seed_that_is_none_is_a_usage_error() {
    let world = World::new();
    for (seed, text) in [("round:9@bkt", "the shape must be"), ("parts:10001@bkt", "1 to 10000")] {
        let _ = world.run(&["sandbox", "--seed", seed]).fails(1, &["invalid value", text]);
    }
}
