//! `listpart` beyond the table: the map, and following an upload.

use std::{io::BufRead, process::Stdio};

use crate::support::World;

#[test]
fn the_map_shows_gaps_and_odd_sizes() {
    let world = World::new();
    let id = world.upload("k", &[100, 100]);
    for (number, size) in [(4, 100), (5, 70), (9, 100), (10, 30)] {
        world.part("k", &id, number, &vec![0; size]);
    }
    let run = world.run(&["listpart", "--map", "oss://bkt/k", &id]);
    let text = run.ok().without_time();
    assert!(text.starts_with("     1  ██·█▓···██\n"), "{text}");
    assert!(text.contains("missing below 10: 3, 6-8; most parts have 100 bytes, but not 5"));
    assert!(text.ends_with("total part count:6\ttotal part size(MB):0.00"), "{text}");
    let run = world.run(&["listpart", "--map", "oss://bkt/k", "--output-format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&run.ok().stdout).expect("JSON");
    assert_eq!(value["layouts"][0]["missing"], 4);
    assert_eq!(value["layouts"][0]["part_size"], 100);
}

#[test]
fn an_upload_is_followed_to_its_end() {
    let world = World::new();
    let id = world.upload("k", &[1 << 20]);
    let mut child = world
        .command()
        .args(["listpart", "--follow", "--total", "4M", "--interval", "50ms", "oss://bkt/k", &id])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = std::io::BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut next = || lines.next().expect("a line").expect("text");
    assert_eq!(next(), "1 parts, 1.00 MB, 25.0 %");
    world.part("k", &id, 2, &vec![0; 1 << 20]);
    let line = next();
    assert!(line.starts_with("2 parts, 2.00 MB, ") && line.contains(" MB/s, 50.0 %, "), "{line}");
    let _ = world.run(&["abort", "-f", "oss://bkt/k", &id]).ok();
    assert!(next().contains("completed or aborted; it held 2 parts, 2.00 MB"));
    assert!(child.wait().expect("it ends").success());
    let run = world.run(&["listpart", "--follow", "-r", "oss://bkt"]);
    let _ = run.fails(1, &["exactly one upload"]);
}

#[test]
fn machine_forms_hold_numbers_and_nothing_else() {
    let world = World::new();
    let id = world.upload("k", &[5, 7]);
    let run = world.run(&["listpart", "oss://bkt/k", &id, "--output-format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&run.ok().stdout).expect("JSON");
    assert_eq!(value["parts"][1]["part_number"], 2);
    assert_eq!(value["parts"][1]["bytes"], 7);
    assert_eq!(value["parts"][0]["upload_id"], id);
    let run = world.run(&["listpart", "oss://bkt/k", "--output-format", "csv"]);
    let lines: Vec<&str> = run.ok().stdout.lines().collect();
    assert_eq!(lines[0], "bucket,key,upload_id,part_number,etag,bytes,last_modified");
    assert!(lines.len() == 3 && lines[2].starts_with(&format!("bkt,k,{id},2,")));
    let run = world.run(&["listpart", "oss://bkt/k", &id, "--output-query", "sum(parts[].bytes)"]);
    assert_eq!(run.ok().stdout, "12.0\n");
    let run = world.run(&["listpart", "oss://bkt/k", &id, "--output-query", "parts["]);
    let _ = run.fails(1, &["--output-query, column"]);
    // A run that fails leaves no document that could be taken for a whole one.
    let run = world.run(&["listpart", "oss://bkt/k", "NOSUCH", "--output-format", "yaml"]);
    assert_eq!(run.fails(2, &["NoSuchUpload"]).stdout, "");
    // Arrays are arrays, even when there is nothing in them.
    let run = world.run(&["ls", "-m", "oss://bkt/none", "--output-format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&run.ok().stdout).expect("JSON");
    assert_eq!(value["uploads"], serde_json::json!([]));
    assert_eq!(value["totals"]["uploads"], 0);
    let run = world.run(&["ls", "-m", "oss://bkt/none", "--output-format", "csv"]);
    assert_eq!(run.ok().stdout, "bucket,key,upload_id,initiated,storage_class\n");
}

#[test]
fn sorted_top_and_summary() {
    let world = World::new();
    for (key, sizes) in
        [("a/x", &[500][..]), ("a/y", &[100, 100, 100]), ("b/c/z", &[900]), ("top", &[])]
    {
        let _ = world.upload(key, sizes);
    }
    let keys = |arguments: &[&str]| {
        let run = world.run(
            &[&["ls", "-m", "oss://bkt", "--output-query", "uploads[].key"], arguments].concat(),
        );
        serde_json::from_str::<Vec<String>>(&run.ok().stdout).expect("keys")
    };
    assert_eq!(keys(&["--sort", "size"]), ["b/c/z", "a/x", "a/y", "top"]);
    assert_eq!(keys(&["--sort", "parts", "--top", "2"]), ["a/y", "a/x"]);
    assert_eq!(keys(&["--top", "1"]), ["b/c/z"]);
    assert_eq!(keys(&["--sort", "key"]), ["a/x", "a/y", "b/c/z", "top"]);
    let run = world.run(&["ls", "-m", "--summary", "oss://bkt"]);
    let rows: Vec<String> = run
        .ok()
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert!(rows[1].starts_with("1 1 900 ") && rows[1].ends_with("oss://bkt/b/"), "{rows:?}");
    assert!(rows[2].starts_with("2 4 800 ") && rows[2].ends_with("oss://bkt/a/"));
    assert!(rows[3].starts_with("1 0 0 ") && rows[3].ends_with("oss://bkt/"));
    assert_eq!(rows[4], "UploadID Number is: 4");
    let run = world.run(&["ls", "-m", "--summary=2", "oss://bkt"]);
    assert!(run.ok().stdout.contains("oss://bkt/b/c/\n"));
    let run = world.run(&["ls", "-m", "--parts", "oss://bkt/a/"]);
    assert!(run.ok().stdout.contains("total part count:4\ttotal part size(MB):0.00\n"));
}

#[test]
fn a_journal_tells_what_was_freed() {
    let world = World::new();
    let _ = world.upload("a", &[5, 6]);
    let _ = world.upload("b", &[7]);
    let run = world.run(&["abort", "-r", "-f", "--journal", "freed.jsonl", "oss://bkt"]);
    assert!(run.ok().stdout.contains("Freed 3 parts, 0.00 MB (18 bytes)."));
    let text = std::fs::read_to_string(world.home.path().join("freed.jsonl")).expect("a journal");
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((&lines[0]["key"], &lines[0]["bytes"]), (&"a".into(), &11.into()));
    assert_eq!((&lines[1]["key"], &lines[1]["parts"]), (&"b".into(), &1.into()));
    let run = world.run(&["abort", "-r", "-f", "--journal", "no/such/folder", "oss://bkt"]);
    let _ = run.fails(3, &["cannot write the journal"]);
}

/// What cannot be written down stops the run, and the summary still says what was freed.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_the_journal_ends_the_run() {
    let world = World::new();
    for number in 0..20 {
        let _ = world.upload(&format!("k{number}"), &[5]);
    }
    let run = world.run(&["abort", "-r", "-f", "-j", "2", "--journal", "/dev/full", "oss://bkt"]);
    let _ = run.fails(4, &["cannot write the journal /dev/full"]);
    let aborted = run.stdout.matches(": aborted, ").count();
    assert!(run.stdout.contains(&format!("\nAborted {aborted} uploads. Freed {aborted} parts")));
    let left = world.run(&["ls", "-m", "oss://bkt"]);
    assert!(left.ok().stdout.contains(&format!("UploadID Number is: {}\n", 20 - aborted)));
    assert!(aborted < 20, "the run went on");
}

#[test]
fn du_adds_up_objects_and_parts() {
    let world = World::new();
    world.object("a/x", &[0; 1000]);
    world.object("b/y", &[0; 24]);
    let _ = world.upload("a/z", &[500, 500]);
    let run = world.run(&["du", "oss://bkt", "--output-format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&run.ok().stdout).expect("JSON");
    assert_eq!(value["storage_classes"][0]["objects"], 2);
    assert_eq!(value["totals"]["bytes"], 2024);
    assert_eq!(
        (&value["totals"]["uploads"], &value["totals"]["part_bytes"]),
        (&1.into(), &1000.into())
    );
    let run = world.run(&["du", "oss://bkt/a/", "-B", "kb", "-H"]);
    assert!(run.ok().stdout.contains("total du size(KB):1.9531 (2.0 KiB)\n"), "{run:?}");
    let run = world.run(&["du", "oss://bkt", "-B", "XB"]);
    let _ = run.fails(1, &["XB"]);
}

#[test]
fn parts_are_compared_with_a_file() {
    let world = World::new();
    let content: Vec<u8> = (0..25_u8).collect();
    std::fs::write(world.home.path().join("file"), &content).expect("written");
    let id = world.upload("k", &[]);
    let check = || world.run(&["listpart", "--checksum", "file", "oss://bkt/k", &id]);
    for number in [1, 3] {
        let from = (number as usize - 1) * 10;
        world.part("k", &id, number, &content[from..(from + 10).min(25)]);
    }
    assert!(check().ok().stdout.contains("2 of 2 parts agree with file"));
    world.part("k", &id, 2, b"not so long");
    let run = check();
    let _ = run.fails(3, &["2 parts are not those of the file", "hint: `ossutil resume`"]);
    assert!(run.stdout.contains("differs") && run.stdout.contains("1 of 3 parts agree"), "{run:?}");
    world.part("k", &id, 2, &content[10..20]);
    world.part("k", &id, 4, b"more");
    assert!(check().stdout.contains("reaches beyond the end of the file"));
    let run = world.run(&["listpart", "--checksum", "none", "oss://bkt/k", &id]);
    let _ = run.fails(3, &["cannot read none"]);
}

#[test]
fn a_report_says_what_where_and_since_when() {
    let world = World::new_skewed(-10 * 86_400);
    let _ = world.upload("a/old <b>", &[1 << 20, 1 << 20]);
    world.skew(0);
    let _ = world.upload("b/young", &[1 << 19]);
    let run = world.run(&["report", "--price", "1024", "oss://bkt"]);
    let text = &run.ok().stdout;
    assert!(
        text.starts_with("2 unfinished uploads, 3 parts, 2.5 MiB        2.50 a month"),
        "{text}"
    );
    assert!(text.contains("   7 d  older:    2.0 MiB of      1 uploads"), "{text}");
    assert!(text.contains("<AbortMultipartUpload><Days>7</Days></AbortMultipartUpload>"));
    let run = world.run(&["report", "oss://bkt", "--output-format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&run.ok().stdout).expect("JSON");
    assert_eq!(value["groups"][0]["prefix"], "a/");
    assert_eq!(
        (&value["savings"][1]["bytes_by_idle"], &value["savings"][0]["days"]),
        (&(2 << 20).into(), &1.into())
    );
    let _ = world.run(&["report", "oss://bkt", "--html", "r.html"]).ok();
    let page = std::fs::read_to_string(world.home.path().join("r.html")).expect("a page");
    assert!(page.contains("a/old &lt;b&gt;") && page.contains("2.5 MiB"));
    for outside in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "the page asks for something: {outside}");
    }
    let _ = world.run(&["report", "oss://bkt", "--html", "no/r.html"]).fails(3, &["cannot write"]);
}

#[test]
fn the_abort_rule_of_a_bucket_comes_and_goes_beside_others() {
    let world = World::new();
    let other = "<LifecycleConfiguration><Rule><ID>mine</ID><Prefix>logs/</Prefix>\
                 <Status>Enabled</Status><Expiration><Days>30</Days></Expiration></Rule>\
                 </LifecycleConfiguration>";
    std::fs::write(world.home.path().join("rules.xml"), other).expect("written");
    let _ = world.run(&["lifecycle", "--method", "put", "oss://bkt", "rules.xml"]).ok();
    let add = |age: &str| world.run(&["lifecycle", "--abort-multipart-after", age, "oss://bkt"]);
    assert!(add("7d").ok().stdout.contains("after 7d"));
    // Again: the rule is changed, not added once more.
    let run = add("1w");
    assert!(run.ok().stdout.contains("Rule Number is: 2"));
    let run = add("30d");
    assert!(run.ok().stdout.contains("after 30d") && run.stdout.contains("mine"));
    let _ = add("12h").fails(1, &["whole days"]);
    let _ = world.run(&["lifecycle", "--remove-abort-rule", "oss://bkt"]).ok();
    let run = world.run(&["lifecycle", "--method", "get", "oss://bkt"]);
    assert!(run.ok().stdout.contains("<Days>30</Days></Expiration>"), "{run:?}");
    let run = world.run(&["lifecycle", "--remove-abort-rule", "oss://bkt"]);
    let _ = run.fails(3, &["no rule does nothing but abort"]);
    let _ = world.run(&["lifecycle", "--method", "delete", "oss://bkt"]).ok();
    assert!(world.run(&["lifecycle", "oss://bkt"]).ok().stdout.contains("Rule Number is: 0"));
}

/// The table of fields in docs/output.md is what the commands print.
#[test]
fn the_documented_fields_are_those_that_are_printed() {
    let world = World::new();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/output.md");
    let text = std::fs::read_to_string(path).expect("the page");
    let mut count = 0;
    for row in text.lines().filter(|row| row.starts_with("| `")) {
        let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let [_, command, list, fields, _] = cells[..] else { panic!("{row}") };
        let command = command.replace("oss://bucket", "oss://bkt");
        let words: Vec<&str> = command.split(' ').collect();
        let run = world.run(&[&words, &["--output-format", "csv"][..]].concat());
        assert_eq!(run.ok().stdout.lines().next(), Some(fields), "{command}");
        let run = world.run(&[&words, &["--output-format", "json"][..]].concat());
        let value: serde_json::Value = serde_json::from_str(&run.ok().stdout).expect("JSON");
        assert!(value[list].is_array(), "{command}: {value}");
        count += 1;
    }
    assert!(count > 10, "{count} rows");
}
