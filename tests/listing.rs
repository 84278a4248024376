//! Listings: every entry once, in order, and into the next command.

use crate::support::World;

/// Names that a shell, a terminal or a line-oriented tool could trip over.
const KEYS: [&str; 8] = [
    "a b  c",
    "new\nline",
    "q'\"\\",
    "x\n2026-02-23 04:18:23 +0000 UTC     FORGED    oss://bkt/other",
    "中文/文件",
    "😀",
    "tab\tand\u{1b}[2J",
    " oss://bkt/not-a-key ",
];

#[test]
fn uploads_flow_into_listpart_whatever_their_names() {
    let world = World::new();
    let ids: Vec<String> = KEYS.iter().map(|key| world.upload(key, &[7])).collect();
    let listed = world.run(&["ls", "-m", "oss://bkt"]);
    listed.ok();
    assert!(listed.stdout.contains("UploadID Number is: 8\n"), "{}", listed.stdout);
    assert!(!listed.stdout.contains('\u{1b}'));
    for format in [&["ls", "-m", "oss://bkt"][..], &["ls", "-m", "-s", "oss://bkt"]] {
        let listed = world.run(format);
        let parts = world.run_with(&["listpart", "-"], &listed.stdout);
        parts.ok();
        for id in &ids {
            assert!(parts.stdout.contains(&format!(" {id}\n")), "{id} in {}", parts.stdout);
        }
        assert!(parts.stdout.contains("total upload count:8\ttotal part count:8\t"));
    }
}

#[test]
fn uploads_of_one_key_and_of_many_are_each_listed_once() {
    for key in ["one/key".to_owned(), String::new()] {
        let world = World::new();
        let name = |n: u32| if key.is_empty() { format!("many/{n:04}") } else { key.clone() };
        let mut ids: Vec<String> = (0..2500).map(|n| world.upload(&name(n), &[])).collect();
        let run = world.run(&["ls", "-m", "-s", "oss://bkt"]);
        run.ok();
        let lines = run.stdout.lines().filter(|line| line.contains("oss://"));
        let mut listed: Vec<String> =
            lines.map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect();
        ids.sort();
        listed.sort();
        assert_eq!(listed, ids);
        let requests = world.requests().iter().filter(|r| r.starts_with("GET")).count();
        assert!((3..=5).contains(&requests), "{requests} requests for three pages");
    }
}

#[test]
fn objects_with_and_without_directories() {
    let world = World::new();
    for key in ["a.txt", "dir/1", "dir/2", "z.bin"] {
        world.object(key, b"12345");
    }
    let run = world.run(&["ls", "-s", "oss://bkt"]);
    assert_eq!(
        run.ok().without_time(),
        "oss://bkt/a.txt\noss://bkt/dir/1\noss://bkt/dir/2\noss://bkt/z.bin\nObject Number is: 4"
    );
    let run = world.run(&["ls", "-d", "oss://bkt", "--exclude", "*.bin"]);
    assert_eq!(
        run.ok().without_time(),
        "oss://bkt/a.txt\noss://bkt/dir/\nObject and Directory Number is: 2"
    );
    let run = world.run(&["ls", "oss://bkt", "--all-versions", "--limited-num", "1"]);
    assert!(run.ok().stdout.contains("  null  "), "{}", run.stdout);
}

#[test]
fn markers_prefixes_and_limits() {
    let world = World::new();
    for key in ["a", "p/1", "p/2", "p/3"] {
        let _ = world.upload(key, &[]);
    }
    for (arguments, count) in [
        (&["oss://bkt/p/"][..], 3),
        (&["oss://bkt/p/", "--marker", "p/1"], 2),
        (&["oss://bkt", "--limited-num", "2"], 2),
        (&["oss://bkt", "--include", "[12]"], 2),
        (&["oss://bkt/%70%2F", "--encoding-type", "url"], 3),
    ] {
        let run = world.run(&[&["ls", "-m"], arguments].concat());
        let total = format!("UploadID Number is: {count}\n");
        assert!(run.ok().stdout.contains(&total), "{arguments:?}: {}", run.stdout);
    }
    let run = world.run(&["ls", "-m", "-d", "oss://bkt"]);
    assert!(run.ok().stdout.contains("UploadID Number is: 1\nDirectory Number is: 1\n"));
}

#[test]
fn parts_of_many_pages() {
    let world = World::new();
    let id = world.upload("k", &[1; 1200]);
    let run = world.run(&["listpart", "oss://bkt/k", &id]);
    assert!(run.ok().stdout.contains("\n1200      \t"));
    assert!(run.stdout.contains("total part count:1200\ttotal part size(MB):0.00\n"));
    let of_parts =
        |requests: &[String]| requests.iter().filter(|r| r.contains("part-number-marker")).count();
    assert_eq!(of_parts(&world.requests()), 10);
    let run = world.run(&["listpart", "oss://bkt/k", &id, "--parallel", "1"]);
    assert!(run.ok().stdout.contains("total part count:1200\t"));
    assert_eq!(of_parts(&world.requests()), 12);
    let few = world.upload("few", &[1; 3]);
    let _ = world.run(&["listpart", "oss://bkt/few", &few]).ok();
    assert_eq!(of_parts(&world.requests()), 13);
}

#[test]
fn part_sizes_of_a_bucket() {
    let world = World::new();
    let first = world.upload("a", &[1 << 20, 5]);
    let second = world.upload("p/b", &[1 << 20]);
    let _ = world.upload("empty", &[]);
    let run = world.run(&["getallpartsize", "oss://bkt"]);
    assert_eq!(
        run.ok().without_time(),
        format!(
            "PartNumber\tUploadId                        \tSize(Byte)\tPath\n\
             1         \t{first}\t1048576   \toss://bkt/a\n\
             2         \t{first}\t5         \toss://bkt/a\n\
             1         \t{second}\t1048576   \toss://bkt/p/b\n\n\
             total part count:3\ttotal part size(MB):2.00"
        )
    );
    let run = world.run(&["getallpartsize", "oss://bkt/p/"]);
    assert!(run.ok().stdout.contains("total part count:1\t"));
}

#[test]
fn all_signature_versions_and_a_wrong_clock() {
    let world = World::new();
    for version in ["v1", "v2", "v4"] {
        let _ = world.run(&["ls", "oss://bkt", "--sign-version", version]).ok();
    }
    let ahead = 20 * 60;
    let skewed = World::new_skewed(ahead);
    let run = skewed.run(&["ls", "oss://bkt"]);
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let world = World::new();
    for n in 0..50 {
        world.object(&format!("{n}"), b"");
    }
    let mut command = world.command();
    let mut child = command
        .args(["ls", "oss://bkt"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ends");
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

/// Starts an upload of each of these keys.
fn start_uploads(world: &World, keys: &[String]) {
    for key in keys {
        let _ = world.upload(key, &[]);
    }
}

/// What a listing prints, without its last lines.
fn names(run: &crate::support::Run) -> Vec<&str> {
    run.ok().stdout.lines().filter(|line| line.contains("oss://")).collect()
}

#[test]
fn many_requests_at_once_list_what_one_by_one_do() {
    let world = World::new();
    let mut keys: Vec<String> = (0..1300).map(|n| format!("logs/{:02}/{n:05}", n % 24)).collect();
    keys.extend((0..900).map(|n| format!("文件/{}", char::from_u32(0x4e00 + n * 7).unwrap())));
    keys.extend((0..1200).map(|_| "the/one/key".to_owned()));
    start_uploads(&world, &keys);
    for arguments in [
        &[][..],
        &["-d"],
        &["--limited-num", "1700"],
        &["--marker", "logs/11/00011"],
        &["--include", "*7"],
    ] {
        let line = [&["ls", "-m", "oss://bkt"], arguments].concat();
        let expected = world.run(&[&line[..], &["--parallel", "1"]].concat());
        let split = world.run(&line);
        assert_eq!(names(&split), names(&expected), "{arguments:?}");
        let unordered = world.run(&[&line[..], &["--unordered"]].concat());
        if !arguments.contains(&"--limited-num") {
            let mut lines: Vec<&str> = expected.stdout.lines().collect();
            let mut others: Vec<&str> = unordered.ok().stdout.lines().collect();
            lines.retain(|line| !line.ends_with("elapsed"));
            others.retain(|line| !line.ends_with("elapsed"));
            lines.sort_unstable();
            others.sort_unstable();
            assert_eq!(others, lines, "{arguments:?}");
        }
    }
    let run = world.run(&["ls", "-m", "oss://bkt/文件/", "--parallel", "4"]);
    assert!(run.ok().stdout.contains("UploadID Number is: 900\n"));
    assert_eq!(world.run(&["ls", "oss://bkt", "--parallel", "0"]).code, 1);
}

#[test]
fn objects_and_versions_are_listed_by_many_requests_as_by_one() {
    let world = World::new();
    for n in 0..2300 {
        world.object(&format!("{:x}/{n}", n % 16), b"");
    }
    for kind in [&["ls", "-s", "oss://bkt"][..], &["ls", "oss://bkt", "--all-versions"]] {
        for more in [&[][..], &["-d"], &["--marker", "7/23"]] {
            let line = [kind, more].concat();
            let expected = world.run(&[&line[..], &["--parallel", "1"]].concat());
            assert_eq!(names(&world.run(&line)), names(&expected), "{line:?}");
        }
    }
}

#[test]
fn a_reader_that_wants_one_page_costs_one_request() {
    let world = World::new();
    start_uploads(&world, &(0..2100).map(|n| format!("{n:05}")).collect::<Vec<_>>());
    let before = world.requests().len();
    let run = world.run(&["ls", "-m", "oss://bkt", "--limited-num", "1000"]);
    assert!(run.ok().stdout.contains("UploadID Number is: 1000\n"));
    assert_eq!(world.requests().len(), before + 1);
}
