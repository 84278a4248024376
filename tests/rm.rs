//! `rm`: objects, versions, buckets, and what it does not remove.

use proptest::{
    prelude::*,
    test_runner::{Config as ProptestConfig, TestRunner},
};

use crate::support::{Run, World};

/// The keys that a listing in short form shows.
fn keys(run: &Run) -> Vec<String> {
    let urls = run.stdout.lines().filter_map(|line| line.strip_prefix("oss://bkt/"));
    urls.map(str::to_owned).collect()
}

fn listed(world: &World, more: &[&str]) -> Vec<String> {
    keys(world.run(&[&["ls", "-s", "oss://bkt"], more].concat()).ok())
}

fn versions(world: &World) -> usize {
    let run = world.run(&["ls", "--all-versions", "oss://bkt", "--output-format", "jsonl"]);
    run.ok().stdout.lines().count()
}

fn with_versions() -> World {
    let world = World::new();
    let xml = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    world.put("/bkt/?versioning", xml.as_bytes());
    world
}

#[test]
fn one_object_and_no_other() {
    let world = World::new();
    for key in ["k", "k/a", "k2", "dir/", "z 中+"] {
        world.object(key, b"x");
    }
    let run = world.run(&["rm", "oss://bkt/k"]);
    assert_eq!(run.ok().without_time(), "Succeed: Total 1 objects. Removed 1 objects.");
    let run = world.run(&["rm", "oss://bkt/k"]);
    assert_eq!(run.ok().without_time(), "Succeed: Total 0 objects. Removed 0 objects.");
    let _ = world.run(&["rm", "oss://bkt/dir/"]).ok();
    let _ = world.run(&["rm", "oss://bkt/z%20%E4%B8%AD%2B", "--encoding-type", "url"]).ok();
    assert_eq!(listed(&world, &[]), ["k/a", "k2"]);
}

#[test]
fn what_is_asked_about_and_refused_stays() {
    let world = World::new();
    world.object("k", b"x");
    let _ = world.upload("k", &[5]);
    for line in [&["rm", "-r", "oss://bkt"][..], &["rm", "-r", "-a", "-b", "oss://bkt"]] {
        for answer in ["N\n", "", "yes no\n"] {
            let run = world.run_with(line, answer);
            let _ = run.fails(5, &["Do you really mean to remove recursively objects"]);
            assert!(run.stdout.starts_with("operation is canceled.\n"), "{run:?}");
        }
    }
    let run = world.run_with(&["rm", "-b", "oss://bkt"], "n\n");
    let _ = run.fails(5, &["Do you really mean to remove the Bucket: bkt(y or N)? "]);
    assert_eq!(listed(&world, &[]), ["k"]);
    let run = world.run_with(&["rm", "-r", "oss://bkt"], "y\n");
    assert_eq!(run.without_time(), "Succeed: Total 1 objects. Removed 1 objects.");
}

#[test]
fn a_dry_run_names_all_and_removes_nothing() {
    let world = World::new();
    world.object("dir/a", b"x");
    world.object("dir/b", b"x");
    let id = world.upload("dir/c", &[5]);
    let run = world.run(&["rm", "-n", "-r", "-a", "-b", "oss://bkt/dir/"]);
    let expected = format!(
        "oss://bkt/dir/a: would be removed\noss://bkt/dir/b: would be removed\n\
         oss://bkt/dir/c {id}: would be removed\n\
         Dry run: 2 objects, 1 uploadIds would be removed.\n\
         Dry run: the bucket bkt would be removed."
    );
    assert_eq!(run.ok().without_time(), expected);
    let _ = world.run(&["rm", "-n", "oss://bkt/dir/a"]).ok();
    assert_eq!(listed(&world, &[]), ["dir/a", "dir/b"]);
    assert!(!world.requests().iter().any(|request| request.starts_with("DELETE")));
}

#[test]
fn a_bucket_goes_when_it_is_empty() {
    let world = World::new();
    world.object("k", b"x");
    let _ = world.upload("u", &[5]);
    let run = world.run(&["rm", "-b", "-f", "oss://bkt"]);
    let _ = run.fails(2, &["ErrorCode=BucketNotEmpty"]);
    assert!(run.stdout.contains("Whether new objects were uploaded during the deletion?"));
    // Its parts keep it from being empty; the object is gone all the same.
    let run = world.run(&["rm", "-r", "-b", "-f", "oss://bkt"]);
    let _ = run.fails(4, &["ErrorCode=BucketNotEmpty"]);
    assert!(run.stdout.starts_with("Succeed: Total 1 objects. Removed 1 objects.\n"), "{run:?}");
    let run = world.run_with(&["rm", "-r", "-a", "-b", "oss://bkt"], "y\ny\n");
    assert_eq!(
        run.without_time(),
        "Succeed: Total 0 objects, 1 uploadIds. Removed 0 objects, 1 uploadIds.\n\
         Removed Bucket: bkt"
    );
    let _ = world.run(&["ls", "oss://bkt"]).fails(2, &["NoSuchBucket"]);
}

#[test]
fn versions_go_for_good_and_only_those_that_are_meant() {
    let world = with_versions();
    for key in ["k", "k", "k2", "a"] {
        world.object(key, b"x");
    }
    let _ = world.run(&["rm", "oss://bkt/k"]).ok();
    assert_eq!((listed(&world, &[]).len(), versions(&world)), (2, 5));
    let _ = world.run(&["rm", "oss://bkt/k", "--version-id", ""]).fails(1, &["Flag --version-id"]);
    let query = "versions[?key=='a'].version_id | [0]";
    let run = world.run(&["ls", "--all-versions", "oss://bkt/a", "--output-query", query]);
    let id = run.ok().stdout.trim().trim_matches('"').to_owned();
    let _ = world.run(&["rm", "oss://bkt/a", "--version-id", &id]).ok();
    assert_eq!((listed(&world, &[]), versions(&world)), (vec!["k2".to_owned()], 4));
    let run = world.run(&["rm", "--all-versions", "oss://bkt/k"]);
    assert_eq!(run.ok().without_time(), "Succeed: Total 3 objects. Removed 3 objects.");
    assert_eq!((listed(&world, &[]), versions(&world)), (vec!["k2".to_owned()], 1));
    let _ = world.run(&["rm", "--all-versions", "-r", "-f", "oss://bkt"]).ok();
    assert_eq!(versions(&world), 0);
}

/// The listing is made once: what is written behind it stays.
#[test]
fn many_objects_go_in_few_requests_and_what_is_refused_stays() {
    let world = World::new();
    for n in 0..2100 {
        world.object(&format!("p/{n:04}"), b"");
    }
    world.fault("DeleteMultipleObjects: code=AccessDenied skip=1 count=1");
    let run = world.run(&["rm", "-r", "-f", "-j", "1", "oss://bkt/p/"]);
    let _ = run.fails(4, &["ErrorCode=AccessDenied"]);
    let summary = "Total 2100 objects. Removed 1000 objects. when error happens.";
    assert_eq!((run.without_time().as_str(), listed(&world, &[]).len()), (summary, 1100));
    // What the service is too busy for is asked again.
    world.fault("DeleteMultipleObjects: status=503 count=1");
    let before = world.requests().len();
    let run = world.run(&["rm", "-r", "-f", "oss://bkt/p/"]);
    assert_eq!(run.ok().without_time(), "Succeed: Total 1100 objects. Removed 1100 objects.");
    assert!(listed(&world, &[]).is_empty());
    let requests = world.requests().split_off(before);
    let (deletions, listings): (Vec<_>, Vec<_>) =
        requests.iter().partition(|request| request.starts_with("POST"));
    assert_eq!(deletions.len(), 3, "{requests:?}");
    let first = |request: &&&String| request.contains("prefix=p%2F") && !request.contains("marker");
    assert_eq!(listings.iter().filter(first).count(), 1, "{requests:?}");
}

#[test]
fn what_the_service_does_not_remove_is_told_one_by_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let listing = "<ListBucketResult><Name>bkt</Name><IsTruncated>false</IsTruncated>\
                   <Contents><Key>a</Key><Size>1</Size></Contents>\
                   <Contents><Key>b</Key><Size>1</Size></Contents>\
                   <Contents><Key>c</Key><Size>1</Size></Contents></ListBucketResult>";
    for (answer, code, summary, failed) in [
        (
            "<Error><Key>b</Key><Code>FileImmutable</Code><Message>kept</Message></Error>",
            4,
            "Total 3 objects. Removed 2 objects. Error 1 objects. when error happens.",
            &["oss://bkt/b: FileImmutable: kept\n"][..],
        ),
        (
            "<Deleted><Key>c</Key></Deleted>",
            4,
            "Total 3 objects. Removed 1 objects. Error 2 objects. when error happens.",
            &["oss://bkt/a: the service's answer does not", "oss://bkt/b: the service's answer"],
        ),
    ] {
        let answer = format!("<DeleteResult>{answer}</DeleteResult>");
        let rules = serde_json::json!([
            {"method": "GET", "text": listing},
            {"method": "POST", "text": answer},
        ]);
        std::fs::write(folder.path().join("index.json"), rules.to_string()).expect("written");
        let port = crate::golden::serve(folder.path());
        let world = World::new();
        let mut command = world.command();
        command.env("OSS_ENDPOINT", format!("http://127.0.0.1:{port}"));
        let run = crate::support::finish(command.args(["rm", "-r", "-f", "oss://bkt"]), "");
        assert_eq!(run.fails(code, failed).without_time(), summary);
    }
}

/// An object, as key, age in days and size.
fn object() -> impl Strategy<Value = (String, i64, usize)> {
    ("[ab]/[a-c]\\.(bin|tmp)", 0..12_i64, 0..3000_usize)
}

/// Random filters, as options.
fn options() -> impl Strategy<Value = Vec<String>> {
    let option = |name: &'static str, value: BoxedStrategy<String>| {
        prop::option::weighted(0.3, value)
            .prop_map(move |value| value.map(|value| vec![name.to_owned(), value]))
    };
    let days = || (1..12_u32).prop_map(|days| format!("{days}d")).boxed();
    let sizes = || (0..3000_u32).prop_map(|size| size.to_string()).boxed();
    let globs =
        || prop::sample::select(vec!["*.bin", "a*", "?.tmp"]).prop_map(str::to_owned).boxed();
    (
        option("--older-than", days()),
        option("--newer-than", Just("13d".to_owned()).boxed()),
        option("--min-size", sizes()),
        option("--include", globs()),
        option("--exclude", globs()),
    )
        .prop_map(|(a, b, c, d, e)| [a, b, c, d, e].into_iter().flatten().flatten().collect())
}

#[test]
fn what_is_listed_is_what_is_removed() {
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let strategy = (prop::collection::vec(object(), 1..8), options());
    runner
        .run(&strategy, |(objects, options)| {
            let world = World::new();
            for (key, age, size) in objects {
                world.skew(-age * 86_400 - 60);
                world.object(&key, &vec![b'x'; size]);
            }
            world.skew(0);
            let options: Vec<&str> = options.iter().map(String::as_str).collect();
            let all = listed(&world, &[]);
            let chosen = listed(&world, &options);
            let run = world.run(&[&["rm", "-r", "-f", "oss://bkt"], &options[..]].concat());
            prop_assert_eq!(run.code, 0, "{:?}", run);
            let left: Vec<String> = all.into_iter().filter(|key| !chosen.contains(key)).collect();
            prop_assert_eq!(listed(&world, &[]), left);
            Ok(())
        })
        .expect("what is listed is what is removed");
}

#[test]
fn filters_that_would_be_without_effect_are_refused() {
    let world = World::new();
    world.object("k", b"x");
    for (line, text) in [
        (&["oss://bkt/k", "--min-size", "1"][..], "only work with --recursive"),
        (&["-r", "-f", "oss://bkt", "--idle", "1d"], "objects have no parts"),
        (&["-m", "-r", "-f", "oss://bkt", "--all-versions"], "uploads have no versions"),
        (&["-r", "-f", "oss://bkt", "--exclude", "["], "malformed"),
        (&["-r", "-f", "oss://bkt", "--include="], "empty"),
        (&["-r", "-f", "oss://bkt", "--older-than", "2d", "--newer-than", "1d"], "nothing can"),
    ] {
        let _ = world.run(&[&["rm"], line].concat()).fails(1, &[text]);
    }
    assert_eq!(listed(&world, &[]), ["k"]);
}
