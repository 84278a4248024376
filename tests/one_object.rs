//! `stat`, `cat`, `mkdir`, `hash`, `sign`, `appendfromfile` and the symlinks.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Stdio,
};

use serde_json::Value;

use crate::support::{World, finish};

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn write(world: &World, name: &str, content: &[u8]) {
    std::fs::write(world.home.path().join(name), content).expect("written");
}

/// Sends a GET of exactly this URL; gives status line and body.
fn get(url: &str) -> (String, String) {
    let (authority, target) =
        url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("a URL");
    let mut stream = TcpStream::connect(authority).expect("a connection");
    write!(stream, "GET /{target} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n")
        .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.lines().next().expect("a status").to_owned(), body.to_owned())
}

#[test]
fn stat_shows_headers_and_access() {
    let world = World::new();
    world.object("a b\u{1b}", b"hello");
    let run = world.run(&["stat", "oss://bkt/a b\u{1b}"]);
    let shown = run.ok().without_time();
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines.is_sorted() && lines.iter().any(|line| line.ends_with(": default")), "{shown}");
    assert!(shown.contains("Content-Length        : 5\n"), "{shown}");
    let run = world.run(&["stat", "oss://bkt/a b\u{1b}", "--output-format", "json"]);
    let found = json(&run.ok().stdout);
    assert_eq!(
        (&found["objects"][0]["bytes"], &found["objects"][0]["acl"]),
        (&5.into(), &"default".into())
    );
    assert_eq!(found["headers"]["x-oss-object-type"], "Normal");
    for (size, text) in [(5, "5 (5"), (344_606, "344606 (336.5 KiB)\n")] {
        world.object("sized", &vec![b'x'; size]);
        let shown = world.run(&["stat", "oss://bkt/sized", "--human-readable"]).ok().stdout.clone();
        assert!(shown.contains(&format!("Content-Length        : {text}")), "{shown}");
    }
    let run = world.run(&["stat", "oss://bkt/a b\u{1b}", "--output-format", "csv"]);
    assert_eq!(run.ok().stdout.lines().count(), 2);
    world.run(&["info", "oss://bkt/none"]).fails(2, &["NoSuchKey", "Object=none"]);
}

#[test]
fn cat_writes_bytes_and_nothing_else() {
    let world = World::new();
    let content: Vec<u8> = (0..100_000_u32).map(|n| (n % 251 % 128) as u8).collect();
    world.object("k", &content);
    world.object("empty", b"");
    let cat = |options: &[&str]| {
        let mut words = vec!["cat", "oss://bkt/k"];
        words.extend_from_slice(options);
        world.run(&words).ok().stdout.as_bytes().to_vec()
    };
    assert_eq!(cat(&[]), content);
    assert_eq!(cat(&["--output-format", "json"]), content);
    let before = world.requests().len();
    assert_eq!(cat(&["--head", "7"]), content[..7]);
    assert_eq!(cat(&["--tail", "7"]), content[99_993..]);
    assert_eq!(cat(&["--offset", "5", "--count", "3"]), content[5..8]);
    assert_eq!(cat(&["--offset=-5", "--count", "3"]), content[99_995..99_998]);
    assert_eq!(cat(&["--offset", "99999"]), content[99_999..]);
    assert_eq!(cat(&["--offset", "100000"]), b"");
    assert!(world.requests().len() > before);
    world.run(&["cat", "oss://bkt/k", "--offset", "100001"]).fails(1, &["has 100000 bytes"]);
    world.run(&["cat", "oss://bkt/k", "--head", "1", "--tail", "1"]).fails(1, &["cannot be used"]);
    world.run(&["cat", "oss://bkt/k", "--head", "0"]).fails(1, &["--head"]);
    for options in [&[][..], &["--head", "3"], &["--tail", "3"]] {
        let run = world.run(&[&["cat", "oss://bkt/empty"], options].concat());
        assert_eq!(run.ok().stdout, "");
    }
    world.run(&["cat", "oss://bkt/none"]).fails(2, &["NoSuchKey"]);
    world.run(&["cat", "oss://bkt"]).fails(1, &["object name is empty"]);
}

/// A reader that has seen enough is no failure.
#[cfg(unix)]
#[test]
fn cat_ends_quietly_when_nobody_reads_on() {
    let world = World::new();
    world.object("k", &vec![b'x'; 4 << 20]);
    let mut child = world
        .command()
        .args(["cat", "oss://bkt/k"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stdout = child.stdout.take().expect("an output");
    stdout.read_exact(&mut [0; 10]).expect("ten bytes");
    drop(stdout);
    let output = child.wait_with_output().expect("the binary ends");
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn damaged_content_is_an_error() {
    let world =
        World::with(|builder| builder.fault("GetObject: checksum=crc64".parse().expect("a fault")));
    world.object("k", b"hello");
    world.run(&["cat", "oss://bkt/k"]).fails(3, &["damaged"]);
}

#[test]
fn directories() {
    let world = World::new();
    world.run(&["mkdir", "oss://bkt/d/e"]).ok();
    assert_eq!(world.content("d/e/"), b"");
    world.run(&["mkdir", "oss://bkt/d/e/"]).fails(3, &["Error: d/e/ already exists"]);
    world.run(&["mkdir", "oss://bkt/"]).fails(1, &["object name is empty"]);
    world.run(&["mkdir", "oss://no-such-bucket/d"]).fails(2, &["NoSuchBucket"]);
}

#[test]
fn hashes_of_files_and_objects_agree() {
    let world = World::new();
    write(&world, "f", b"123456789");
    let crc64 = "CRC64-ECMA                  : 11051210869376104954\n";
    let md5 = "MD5                         : 25F9E794323B453885F5181F1B624D0B\n\
               Content-MD5                 : JfnnlDI7RTiF9RgfG2JNCw==\n";
    world.object("one", b"123456789");
    let id = world.upload("parts", &[]);
    world.part("parts", &id, 1, b"123456789");
    let _ = world.run(&["complete", "-f", "oss://bkt/parts", &id]).ok();
    let before = world.requests().len();
    assert_eq!(world.run(&["hash", "f"]).ok().stdout, crc64);
    assert_eq!(world.run(&["hash", "f", "--type", "MD5"]).ok().stdout, md5);
    assert_eq!(world.run(&["hash", "md5", "f"]).ok().stdout, md5);
    assert_eq!(finish(world.command().args(["hash", "-"]), "123456789").ok().stdout, crc64);
    let base64 = "CRC64-ECMA                  : mV3Ju98ZOfo=\n";
    assert_eq!(world.run(&["hash", "f", "--base64"]).ok().stdout, base64);
    let base64 = "Content-MD5                 : JfnnlDI7RTiF9RgfG2JNCw==\n";
    assert_eq!(world.run(&["hash", "md5", "f", "--base64"]).ok().stdout, base64);
    assert_eq!(world.requests().len(), before);

    for (words, expected, is_read) in [
        (&["hash", "oss://bkt/one"][..], crc64, false),
        (&["hash", "md5", "oss://bkt/one"], md5, false),
        (&["hash", "oss://bkt/parts"], crc64, false),
        (&["hash", "md5", "oss://bkt/parts"], md5, true),
        (&["hash", "--download", "oss://bkt/one"], crc64, true),
    ] {
        let before = world.requests().len();
        assert_eq!(world.run(words).ok().stdout, expected, "{words:?}");
        let was_read = world.requests()[before..].iter().any(|request| request.starts_with("GET"));
        assert_eq!(was_read, is_read, "{words:?}");
    }
    let run = world.run(&["hash", "f", "--output-query", "checksums[0].crc64"]);
    assert_eq!(run.ok().stdout, "11051210869376104954\n");
}

#[test]
fn a_hash_needs_no_settings() {
    let world = World::new();
    write(&world, "f", b"");
    write(&world, "config", b"retry_times = 'many'\n");
    let run = world.run(&["hash", "f"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "CRC64-ECMA                  : 0\n"));
    world.run(&["hash", "f", "--output-format", "json"]).fails(1, &["retry_times"]);
    std::fs::remove_file(world.home.path().join("config")).expect("removed");
    world.run(&["hash", "nofile"]).fails(3, &["Error: open nofile: "]);
    world.run(&["hash", "."]).fails(3, &["Error: open .: "]);
    world.run(&["hash", "sha1", "f"]).fails(1, &["no checksum of type sha1"]);
    world.run(&["hash", "md5", "f", "--type", "md5"]).fails(1, &["given twice"]);
    world.run(&["hash", "oss://bkt/none"]).fails(2, &["404"]);
}

#[test]
fn a_signed_url_gives_the_object_until_it_expires() {
    let world = World::new();
    world.object("d/a b?", b"hello");
    for version in ["v1", "v2", "v4"] {
        for options in [&[][..], &["--disable-encode-slash"], &["--timeout", "3600"]] {
            let words =
                [&["sign", "oss://bkt/d/a b?", "--sign-version", version], options].concat();
            let url = world.run(&words).ok().without_time();
            let has_slash = url.contains("/bkt/d/a%20b%3F?");
            assert_eq!(has_slash, options == ["--disable-encode-slash"], "{url}");
            assert_eq!(get(&url), ("HTTP/1.1 200 OK".to_owned(), "hello".to_owned()), "{url}");
        }
        let words = ["presign", "oss://bkt/d/a b?", "--expires-duration", "1h", "--sign-version"];
        let url = world.run(&[&words[..], &[version]].concat()).ok().without_time();
        world.skew(3500);
        assert_eq!(get(&url).0, "HTTP/1.1 200 OK", "{version}");
        world.skew(3700);
        assert_eq!(get(&url).0, "HTTP/1.1 403 Forbidden", "{version}");
        world.skew(0);
        assert_eq!(get(&url.replace("bkt/d", "bkt/e")).0, "HTTP/1.1 403 Forbidden", "{version}");
    }
}

#[test]
fn urls_for_all_objects_below_a_prefix() {
    let world = World::new();
    for key in ["d/a", "d/b c", "d/e/f", "d/not", "other"] {
        world.object(key, key.as_bytes());
    }
    let words = ["presign", "-r", "oss://bkt/d/", "--exclude", "not", "--timeout", "600"];
    let urls = world.run(&words).ok().without_time();
    let contents: Vec<String> = urls.lines().map(|url| get(url).1).collect();
    assert_eq!(contents, ["d/a", "d/b c", "d/e/f"]);
    assert_eq!(world.run(&["sign", "-r", "oss://bkt/none"]).ok().without_time(), "");
    let run = world.run(&["sign", "-r", "oss://bkt", "--output-format", "json"]);
    assert_eq!(json(&run.ok().stdout)["urls"].as_array().map(Vec::len), Some(5));
    world.run(&["sign", "oss://bkt/d/a", "--include", "x"]).fails(1, &["only work with"]);
    world.run(&["sign", "-r", "oss://bkt", "--version-id", "V"]).fails(1, &["cannot be used"]);
    world.run(&["sign", "-r", "oss://nowhere"]).fails(2, &["NoSuchBucket"]);
}

#[test]
fn any_name_can_be_signed() {
    let world = World::new();
    for key in ["a%2Fb", "a+b c", "中/文", "x//../y", "#h?q&r=s", "\u{1}\n", "😀", "'\"~!*()"] {
        world.object(key, key.as_bytes());
        let url = format!("oss://bkt/{key}");
        for version in ["v1", "v2", "v4"] {
            for option in [None, Some("--disable-encode-slash")] {
                let words = ["sign", url.as_str(), "--sign-version", version].into_iter();
                let words: Vec<&str> = words.chain(option).collect();
                let signed = world.run(&words).ok().without_time();
                assert_eq!(get(&signed).1, key, "{signed}");
            }
        }
    }
}

#[test]
fn a_signature_covers_what_was_added() {
    let world = World::new();
    world.object("k", b"hello");
    for version in ["v1", "v2", "v4"] {
        let before = world.requests().len();
        let words =
            ["sign", "oss://bkt/k", "--query-param", "response-content-type:text/x", "--payer"];
        let more = ["requester", "--trafic-limit", "819200", "--sign-version", version];
        let url = world.run(&[&words[..], &more].concat()).ok().without_time();
        for part in [
            "response-content-type=text%2Fx",
            "x-oss-traffic-limit=819200",
            "x-oss-request-payer=requester",
        ] {
            assert!(url.contains(part), "{url}");
        }
        assert_eq!(world.requests().len(), before, "nothing is sent");
        assert_eq!(get(&url).0, "HTTP/1.1 200 OK", "{url}");
        assert_eq!(get(&url.replace("819200", "919200")).0, "HTTP/1.1 403 Forbidden", "{url}");
    }
}

#[test]
fn a_url_that_cannot_be_good_is_not_made() {
    let world = World::new();
    let sign = |words: &[&str]| world.run(&[&["sign", "oss://bkt/k"], words].concat());
    let v1 = ["--sign-version", "v1"];
    sign(&[&v1[..], &["--timeout", "9223372036854775807"]].concat()).fails(1, &["end of time"]);
    sign(&["--timeout", "604801"]).fails(1, &["from 1 to 604800 seconds"]);
    sign(&["--expires-duration", "8d"]).fails(1, &["from 1 to 604800 seconds"]);
    sign(&["--expires-date", "2001-01-01"]).fails(1, &["2001-01-01 is past"]);
    sign(&["--expires-date", "soon"]).fails(1, &["this is no time"]);
    sign(&["--timeout", "5", "--expires-duration", "5"]).fails(1, &["cannot be used with"]);
    sign(&["--query-param", ":x"]).fails(1, &["a parameter has a name"]);
    world.run(&["sign", "oss://bkt"]).fails(1, &["object name is empty"]);
    world.run(&["sign", "oss://bkt/k", "--mode", "Anonymous"]).fails(1, &["no credentials"]);
    // To whoever reads the signed text, this would be a request for the ACL of the bucket.
    let run = world.run(&["sign", "oss://bkt/?acl", "--sign-version", "v1"]);
    run.fails(1, &["can't start with '?'"]);
    let _ = world.run(&["sign", "oss://bkt/?acl"]).ok();
    let run = world.run(&["sign", "oss://bkt/k", "--output-format", "json"]);
    let found = json(&run.ok().stdout);
    assert!(found["urls"][0]["expires"].is_string() && found["urls"][0]["url"].is_string());
}

#[test]
fn appends_add_up() {
    let world = World::new();
    write(&world, "f", b"hello ");
    write(&world, "empty", b"");
    let run = world.run(&["appendfromfile", "f", "oss://bkt/k", "--content-type", "text/x"]);
    let text = "local file size is 6,the object new size is 6,average speed is ";
    assert!(run.ok().stdout.contains(text), "{run:?}");
    let run = world.run_with(&["append", "-", "oss://bkt/k", "--output-format", "json"], "world");
    let found = json(&run.ok().stdout)["object"].clone();
    assert_eq!((&found["bytes"], &found["added_bytes"]), (&11.into(), &5.into()));
    let _ = world.run(&["append", "empty", "oss://bkt/k"]).ok();
    assert_eq!(world.content("k"), b"hello world");
    let head = world.run(&["stat", "oss://bkt/k"]).ok().stdout.clone();
    assert!(head.contains(": text/x\n") && head.contains(": Appendable\n"), "{head}");
    let _ = world.run(&["append", "empty", "oss://bkt/new.html"]).ok();
    assert_eq!(world.content("new.html"), b"");
    let head = world.run(&["stat", "oss://bkt/new.html"]).ok().stdout.clone();
    assert!(head.contains(": text/html\n"), "{head}");

    let large = "x".repeat(40 << 20);
    let _ = world.run_with(&["append", "-", "oss://bkt/large"], &large).ok();
    assert_eq!(world.content("large"), large.as_bytes());
    let asked = world.requests();
    assert_eq!(asked.iter().filter(|line| line.contains("/large?append")).count(), 3);
}

/// When an answer is lost, the object itself says whether the piece is there: sent again blindly it
/// might be there twice.
#[test]
fn an_append_whose_answer_is_lost_is_done_once() {
    for (fault, code) in [("reset=after", 0), ("reset=before", 3)] {
        let fault = format!("AppendObject: {fault} skip=1 count=1");
        let world = World::with(|builder| builder.fault(fault.parse().expect("a fault")));
        let append = |text: &str| world.run_with(&["append", "-", "oss://bkt/k"], text);
        let _ = append("hello ").ok();
        let run = append("world");
        assert_eq!(run.code, code, "{run:?}");
        let expected: &[u8] = if code == 0 { b"hello world" } else { b"hello " };
        assert_eq!(world.content("k"), expected, "{fault}");
    }
}

#[test]
fn an_append_that_was_damaged_is_an_error() {
    let fault = "AppendObject: checksum=crc64".parse().expect("a fault");
    let world = World::with(|builder| builder.fault(fault));
    let run = world.run_with(&["append", "-", "oss://bkt/k"], "hello");
    run.fails(3, &["the content was damaged on its way"]);
}

#[test]
fn what_cannot_be_appended_to() {
    let world = World::new();
    write(&world, "f", b"hello");
    world.object("normal", b"x");
    world.run(&["append", "f", "oss://bkt/normal"]).fails(2, &["ObjectNotAppendable", "hint: "]);
    assert_eq!(world.content("normal"), b"x");
    let _ = world.run(&["append", "f", "oss://bkt/k"]).ok();
    let run = world.run(&["append", "f", "oss://bkt/k", "--acl", "private"]);
    run.fails(1, &["oss://bkt/k exists: headers are set when an object is made"]);
    assert_eq!(world.content("k"), b"hello");
    world.run(&["append", "nofile", "oss://bkt/k"]).fails(3, &["Error: open nofile: "]);
    world.run(&["append", ".", "oss://bkt/k"]).fails(3, &["Error: open .: "]);
}

#[test]
fn symlinks() {
    let world = World::new();
    world.object("t/a b+", b"hello");
    world.run(&["create-symlink", "oss://bkt/s", "t/a b+"]).ok();
    world.run(&["create-symlink", "oss://bkt/u", "oss://bkt/t/a b+"]).ok();
    for link in ["oss://bkt/s", "oss://bkt/u"] {
        let shown = world.run(&["read-symlink", link]).ok().stdout.clone();
        assert!(shown.contains("\nX-Oss-Symlink-Target    : t/a b+\n"), "{shown}");
        assert!(!shown.contains("Content-Length"), "{shown}");
        assert_eq!(world.run(&["cat", link]).ok().stdout, "hello");
    }
    let run = world.run(&["read-symlink", "oss://bkt/s", "--output-format", "json"]);
    assert_eq!(json(&run.ok().stdout)["symlinks"][0]["target"], "t/a b+");
    world.run(&["read-symlink", "oss://bkt/t/a b+"]).fails(2, &["NotSymlink"]);
    for (target, text) in [
        ("s", "cannot stand for itself"),
        ("oss://other/k", "the bucket of the target is other, not bkt"),
        ("", "the target is empty"),
    ] {
        world.run(&["create-symlink", "oss://bkt/s", target]).fails(1, &[text]);
    }
    let run = world.run(&["create-symlink", "oss://bkt/v", "a%zz", "--encoding-type", "url"]);
    run.fails(1, &["the target is not url encoded"]);
}
