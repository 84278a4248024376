//! Choosing unfinished uploads: filters, several names, and the forms a listing is read back in.

use proptest::{prelude::*, test_runner::TestRunner};

use crate::support::{Run, World};

const DAY: i64 = 86_400;

/// The upload ids a run printed, in its order.
fn ids(run: &Run) -> Vec<String> {
    let is_id = |word: &&str| word.len() == 32 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let words = run.stdout.split_whitespace().map(|word| word.trim_end_matches(':'));
    words.filter(is_id).map(str::to_owned).collect()
}

#[test]
fn filters_of_a_listing() {
    let world = World::new_skewed(-10 * DAY);
    let old = world.upload("a/old.bin", &[200, 300]);
    let woken = world.upload("a/woken.bin", &[200]);
    let empty = world.upload("b/empty.txt", &[]);
    world.skew(-2 * DAY);
    let young = world.upload("b/young.bin", &[500, 500]);
    world.part("a/woken.bin", &woken, 2, &[0; 800]);
    world.skew(0);
    for (filters, expected) in [
        (&[][..], &[&old, &woken, &empty, &young][..]),
        (&["--older-than", "9d"], &[&old, &woken, &empty]),
        (&["--newer-than", "9d"], &[&young]),
        (&["--older-than", "2d", "--newer-than", "9d"], &[&young]),
        (&["--idle", "9d"], &[&old, &empty]),
        (&["--idle", "1d"], &[&old, &woken, &empty, &young]),
        (&["--idle", "3d"], &[&old, &empty]),
        (&["--min-size", "1000"], &[&woken, &young]),
        (&["--min-size", "1001"], &[]),
        (&["--max-size", "500"], &[&old, &empty]),
        (&["--max-size", "499"], &[&empty]),
        (&["--min-parts", "1", "--max-parts", "2"], &[&old, &woken, &young]),
        (&["--max-parts", "0"], &[&empty]),
        (&["--storage-class", "standard,IA"], &[&old, &woken, &empty, &young]),
        (&["--storage-class", "IA"], &[]),
        (&["--include", "*.bin", "--exclude", "w*", "--idle", "1d"], &[&old, &young]),
    ] {
        let mut arguments = vec!["ls", "-m", "-s", "oss://bkt"];
        arguments.extend_from_slice(filters);
        let run = world.run(&arguments);
        assert_eq!(
            ids(run.ok()),
            expected.iter().map(|id| (*id).clone()).collect::<Vec<_>>(),
            "{filters:?}"
        );
        // The same filters choose the same uploads for every command.
        let mut arguments = vec!["abort", "-r", "-n", "oss://bkt"];
        arguments.extend_from_slice(filters);
        let run = world.run(&arguments);
        assert_eq!(ids(run.ok()).len(), expected.len(), "{filters:?}: {run:?}");
    }
    let requests = world.requests().len();
    let _ = world.run(&["ls", "-m", "oss://bkt", "--older-than", "1d"]).ok();
    assert_eq!(world.requests().len(), requests + 1, "parts are asked for only where needed");
}

#[test]
fn filters_that_select_nothing_by_mistake_are_refused() {
    let world = World::new();
    let _ = world.upload("k", &[5]);
    for filters in [
        &["--older-than", ""][..],
        &["--older-than", "soon"],
        &["--idle", "-1d"],
        &["--min-size", "5X"],
        &["--min-size", "2", "--max-size", "1"],
        &["--storage-class", ""],
        &["--include", ""],
    ] {
        for command in [&["ls", "-m", "oss://bkt"][..], &["abort", "-r", "-f", "oss://bkt"]] {
            let run = world.run(&[command, filters].concat());
            let _ = run.fails(1, &["Error: "]);
        }
    }
    let _ = world.run(&["ls", "oss://bkt", "--idle", "1d"]).fails(1, &["hint: add -m"]);
    assert_eq!(ids(world.run(&["ls", "-m", "oss://bkt"]).ok()).len(), 1);
}

#[test]
fn uploads_are_named_in_many_ways() {
    let world = World::new();
    let (first, second) = (world.upload("k", &[5]), world.upload("k", &[6]));
    let other = world.upload("k2", &[7]);
    for (words, expected) in [
        (&["oss://bkt/k"][..], &[&first, &second][..]),
        (&["oss://bkt/k", &second], &[&second]),
        (&["oss://bkt/k", "--upload-id", &second, "--upload-id", &first], &[&first, &second]),
        (&["oss://bkt/k", &first, "oss://bkt/k2"], &[&first, &other]),
        (&["-r", "oss://bkt/k"], &[&first, &second, &other]),
        (&["-r", "oss://bkt", "oss://bkt/k2"], &[&first, &second, &other]),
    ] {
        let run = world.run(&[&["abort", "-n"], words].concat());
        let mut found = ids(run.ok());
        let mut expected: Vec<String> = expected.iter().map(|id| (*id).clone()).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{words:?}");
    }
    for words in [
        &["oss://bkt"][..],
        &["-r", "oss://bkt", &first],
        &["oss://bkt/k", "-"],
        &["oss://bkt/k", ""],
        &["oss://bkt/k", "oss://bkt/k2", "--upload-id", &first],
        &[],
    ] {
        let _ = world.run(&[&["abort", "-f"], words].concat()).fails(1, &["Error: "]);
    }
    assert_eq!(ids(world.run(&["ls", "-m", "oss://bkt"]).ok()).len(), 3);
}

#[test]
fn every_form_of_a_listing_is_read_back() {
    let world = World::new();
    let keys = ["plain", "new\nline", "comma, \"quote\"", "<tag>&", "ключ 中文", "- yes: no"];
    let mut expected: Vec<String> = keys.iter().map(|key| world.upload(key, &[3])).collect();
    expected.sort();
    for form in ["raw", "json", "jsonl", "yaml", "xml", "csv"] {
        for extra in [&[][..], &["--parts"]] {
            let list = [&["ls", "-m", "oss://bkt", "--output-format", form], extra].concat();
            let listed = world.run(&list).ok().stdout.clone();
            let run = world.run_with(&["abort", "-n", "-"], &listed);
            let mut found = ids(run.ok());
            found.sort();
            assert_eq!(found, expected, "{form}: {listed}");
        }
    }
    for broken in ["{\"uploads\": [{\"bucket\": \"b\"}]}", "{\"uploads\": [", "<Result>", "[1]"] {
        let _ = world.run_with(&["abort", "-f", "-"], broken).fails(1, &["standard input"]);
    }
}

#[test]
fn an_idle_upload_that_wakes_is_spared() {
    let world = World::new_skewed(-10 * DAY);
    let sleeping = world.upload("sleeping", &[5]);
    let waking = world.upload("waking", &[5]);
    world.skew(0);
    // The question is answered after a part has arrived.
    let mut child = world
        .command()
        .args(["abort", "-r", "--idle", "7d", "oss://bkt"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stderr = child.stderr.take().expect("its talk");
    let mut asked = String::new();
    while !asked.contains("(y or N)") {
        let mut byte = [0];
        std::io::Read::read_exact(&mut stderr, &mut byte).expect("a question");
        asked.push(char::from(byte[0]));
    }
    assert!(asked.contains("begun 10d0h ago"), "{asked}");
    world.part("waking", &waking, 2, &[5]);
    let mut stdin = child.stdin.take().expect("its input");
    std::io::Write::write_all(&mut stdin, b"y\n").expect("an answer");
    let output = child.wait_with_output().expect("it ends");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("Aborted 1 uploads. Spared 1 uploads. Freed 1 parts"), "{stdout}");
    let left = world.run(&["ls", "-m", "oss://bkt"]);
    assert_eq!(ids(left.ok()), [waking], "{sleeping} is gone");
}

#[test]
fn named_uploads_are_filtered_too() {
    let world = World::new_skewed(-10 * DAY);
    let old = world.upload("k", &[5]);
    world.skew(0);
    let young = world.upload("k", &[5]);
    let run = world.run(&["abort", "-f", "--older-than", "7d", "oss://bkt/k", &old, &young]);
    assert!(run.ok().stdout.contains("Aborted 1 uploads"));
    assert_eq!(ids(world.run(&["ls", "-m", "oss://bkt"]).ok()), [young]);
}

/// A random upload: its key, how many days ago it was begun, and the sizes of its parts.
fn upload() -> impl Strategy<Value = (String, i64, Vec<usize>)> {
    ("[ab]/[a-c]\\.(bin|tmp)", 0..12_i64, prop::collection::vec(1..3000_usize, 0..4))
}

/// Random filters, as options.
fn options() -> impl Strategy<Value = Vec<String>> {
    let option = |name: &'static str, value: BoxedStrategy<String>| {
        prop::option::weighted(0.3, value)
            .prop_map(move |value| value.map(|value| vec![name.to_owned(), value]))
    };
    let days = || (1..12_u32).prop_map(|days| format!("{days}d")).boxed();
    let sizes = || (0..6000_u32).prop_map(|size| size.to_string()).boxed();
    let counts = || (0..4_u32).prop_map(|count| count.to_string()).boxed();
    let globs =
        || prop::sample::select(vec!["*.bin", "a*", "?.tmp"]).prop_map(str::to_owned).boxed();
    (
        option("--older-than", days()),
        option("--idle", days()),
        option("--min-size", sizes()),
        option("--max-parts", counts()),
        option("--include", globs()),
        option("--exclude", globs()),
    )
        .prop_map(|(a, b, c, d, e, f)| [a, b, c, d, e, f].into_iter().flatten().flatten().collect())
}

#[test]
fn abort_frees_exactly_what_the_listing_shows() {
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 16,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let cases = (prop::collection::vec(upload(), 0..10), options());
    runner
        .run(&cases, |(uploads, options)| {
            let world = World::new();
            for (key, days, sizes) in &uploads {
                // An hour off the border of a day.
                world.skew(-days * DAY - 3600);
                let _ = world.upload(key, sizes);
            }
            world.skew(0);
            let options: Vec<&str> = options.iter().map(String::as_str).collect();
            let all = ids(world.run(&["ls", "-m", "-s", "oss://bkt"]).ok());
            let chosen =
                ids(world.run(&[&["ls", "-m", "-s", "oss://bkt"], &options[..]].concat()).ok());
            let run = world.run(&[&["abort", "-f", "-r", "oss://bkt"], &options[..]].concat());
            prop_assert_eq!(run.code, 0, "{:?}", run);
            let left = ids(world.run(&["ls", "-m", "-s", "oss://bkt"]).ok());
            let expected: Vec<String> = all.into_iter().filter(|id| !chosen.contains(id)).collect();
            prop_assert_eq!(left, expected);
            Ok(())
        })
        .expect("what is listed is what is freed");
}

#[test]
fn an_upload_that_is_completed_meanwhile_is_gone_and_not_counted() {
    let world = World::new();
    let _ = world.upload("done", &[5]);
    let id = world.upload("left", &[7]);
    let listed = world.run(&["ls", "-m", "oss://bkt"]).ok().stdout.clone();
    let _ = world.run(&["complete", "-f", "oss://bkt/done"]).ok();
    // The same key is begun anew: another upload, which nobody chose.
    let anew = world.upload("done", &[9]);
    let run = world.run_with(&["abort", "-f", "-"], &listed);
    assert!(run.stdout.contains("Aborted 1 uploads. Already gone 1 uploads. Freed 1 parts"));
    assert!(run.stdout.contains(&id) && run.code == 0, "{run:?}");
    assert_eq!(ids(world.run(&["ls", "-m", "oss://bkt"]).ok()), [anew]);
    assert_eq!(world.content("done"), b"xxxxx");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_with_a_true_summary() {
    use std::io::BufRead;
    let world = World::new_slow(std::time::Duration::from_millis(30));
    for number in 0..40 {
        let _ = world.upload(&format!("k{number}"), &[5]);
    }
    let mut child = world
        .command()
        .args(["abort", "-r", "-f", "-j", "1", "oss://bkt", "--output-format", "jsonl"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the binary runs");
    // Standard output is not seen before it ends, the sandbox's requests are.
    while !world.requests().iter().any(|request| request.starts_with("DELETE")) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let pid = child.id().to_string();
    assert!(
        std::process::Command::new("kill").args(["-INT", &pid]).status().expect("kill").success()
    );
    let lines = std::io::BufReader::new(child.stdout.take().expect("its output")).lines();
    let lines: Vec<serde_json::Value> =
        lines.map(|line| serde_json::from_str(&line.expect("text")).expect("JSON")).collect();
    assert_eq!(child.wait().expect("it ends").code(), Some(5));
    let (totals, uploads) = lines.split_last().expect("totals");
    assert_eq!(totals["type"], "totals");
    assert_eq!(totals["aborted"], uploads.len());
    let left = ids(world.run(&["ls", "-m", "oss://bkt"]).ok());
    assert!(!left.is_empty() && left.len() + uploads.len() == 40, "{} left", left.len());
}
