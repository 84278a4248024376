//! Commands that change what stands with objects: one, many, and those that fail among them.

use crate::support::{World, finish};

/// A world with an object that has all that can stand with one.
fn furnished(key: &str) -> World {
    let world = World::new();
    furnish(&world, key);
    world
}

fn furnish(world: &World, key: &str) {
    let headers = [
        ("cache-control", "no-store"),
        ("content-type", "text/plain"),
        ("x-oss-meta-old", "1"),
        ("x-oss-object-acl", "public-read"),
        ("x-oss-storage-class", "IA"),
        ("x-oss-tagging", "a=1"),
    ];
    world.put_with(key, "", &headers, b"content");
}

/// Asserts which of these lines the head of an object has, and which of these names it has not.
fn has(world: &World, key: &str, lines: &[&str], without: &[&str]) {
    let head = world.head(key).into_iter();
    let head: Vec<String> =
        head.map(|(name, value)| format!("{name}: {value}").to_lowercase()).collect();
    for line in lines {
        assert!(head.contains(&(*line).to_owned()), "no {line} in {head:?}");
    }
    for name in without {
        assert!(!head.iter().any(|line| line.starts_with(name)), "{name} in {head:?}");
    }
}

#[test]
fn access_control_of_one_of_many_and_of_a_bucket() {
    let world = World::new();
    for key in ["d/a", "d/b.tmp", "e"] {
        world.object(key, b"x");
    }
    assert_eq!(world.run(&["set-acl", "oss://bkt/e", "public-read"]).ok().without_time(), "");
    assert!(world.get("e", "acl").contains("<Grant>public-read</Grant>"));
    let line = ["set-acl", "oss://bkt/d/", "private", "-r", "--exclude", "*.tmp"];
    let question = "Do you really mean to recursivlly set acl on objects of oss://bkt/d/(y or N)? ";
    let run = world.run_with(&line, "n\n");
    assert!(run.fails(5, &[question]).stdout.starts_with("operation is canceled.\n"));
    assert!(world.get("d/a", "acl").contains("<Grant>default</Grant>"));
    let run = world.run_with(&line, "y\n");
    let summary = "Succeed: Total 1 objects. Setted acl on 1 objects(skip 0 objects).";
    assert_eq!((run.code, run.without_time().as_str()), (0, summary));
    assert!(world.get("d/a", "acl").contains("<Grant>private</Grant>"));
    assert!(world.get("d/b.tmp", "acl").contains("<Grant>default</Grant>"));
    let _ = world.run(&["set-acl", "oss://bkt", "public-read", "-b"]).ok();
    assert!(
        String::from_utf8_lossy(&world.request("GET", "/bkt/?acl", &[])).contains("public-read")
    );
    // A bucket that is not there is not made.
    let _ = world.run(&["set-acl", "oss://nowhere", "private", "-b"]).fails(2, &["NoSuchBucket"]);
    for (line, text) in [
        (&["oss://bkt/e", "mine"][..], "invalid acl: mine"),
        (&["oss://bkt", "default", "-b"], "invalid acl: default"),
        (&["oss://bkt/e", "private", "-b"], "object not empty"),
        (&["oss://bkt", "private", "-b", "-r"], "do not support --recursive"),
        (&["oss://bkt", "private"], "you should use --bucket"),
        (&["oss://bkt/e"], "needs the ACL"),
        (&["oss://bkt/e", "private", "--include", "x"], "only work with --recursive"),
        (&["oss://bkt/e", "private", "-r", "--version-id", "V"], "only work on single object"),
    ] {
        let _ = world.run(&[&["set-acl"], line].concat()).fails(1, &[text]);
    }
}

#[test]
fn metadata_that_are_not_named_stay() {
    let world = furnished("k");
    let update = "X-Oss-Meta-New:2#Cache-Control:no-cache";
    assert_eq!(world.run(&["set-meta", "oss://bkt/k", update, "-u"]).ok().without_time(), "");
    let stays = ["content-type: text/plain", "x-oss-meta-old: 1", "x-oss-storage-class: ia"];
    has(
        &world,
        "k",
        &[&stays[..], &["x-oss-meta-new: 2", "cache-control: no-cache"]].concat(),
        &[],
    );
    assert!(world.get("k", "acl").contains("<Grant>public-read</Grant>"));
    assert!(world.get("k", "tagging").contains("<Key>a</Key>"));
    let _ = world.run(&["set-meta", "oss://bkt/k", "x-oss-meta-old", "--delete"]).ok();
    has(&world, "k", &["x-oss-meta-new: 2", "cache-control: no-cache"], &["x-oss-meta-old"]);
    assert_eq!(world.content("k"), b"content");
    // What is so already is left alone.
    let before = world.requests().len();
    let run = world.run(&["set-meta", "oss://bkt/", "X-Oss-Meta-New:2", "-u", "-r", "-f"]);
    let summary = "Succeed: Total 1 objects. Setted meta on 0 objects(skip 1 objects).";
    assert_eq!(run.ok().without_time(), summary);
    assert!(!world.requests()[before..].iter().any(|request| request.starts_with("PUT")));
    // Without --update all of them are replaced, and that is asked.
    let line = ["set-meta", "oss://bkt/k", "x-oss-meta-only:3"];
    let _ = world.run_with(&line, "n\n").fails(5, &["update the whole meta info(y or N)? "]);
    has(&world, "k", &["x-oss-meta-new: 2"], &["x-oss-meta-only"]);
    assert_eq!(world.run_with(&line, "y\n").code, 0);
    has(&world, "k", &["x-oss-meta-only: 3"], &["x-oss-meta-new", "cache-control"]);
    for (line, text) in [
        (&["oss://bkt/k", "Host:x", "-u"][..], "unsupported header:Host"),
        (&["oss://bkt/k", "Expires:soon", "-u"], "invalid Expires"),
        (&["oss://bkt/k", "x-oss-meta-a:b", "--delete"], "do no support value"),
        (&["oss://bkt/k", "-u"], "no header is named"),
        (&["oss://bkt", "x-oss-meta-a:b"], "object empty"),
    ] {
        let _ = world.run(&[&["set-meta"], line].concat()).fails(1, &[text]);
    }
}

/// The service copies at most 1 GiB by one request.
#[test]
fn a_large_object_keeps_what_stands_with_it_too() {
    let world = World::new();
    let mebibytes = 8;
    world.object("piece", &vec![b'x'; mebibytes << 20]);
    let headers =
        [("x-oss-meta-old", "1"), ("x-oss-storage-class", "IA"), ("x-oss-tagging", "a=1")];
    let id = world.upload_with("large", &headers);
    let count = 1024 / mebibytes + 1;
    for number in 1..=count {
        let query = format!("?partNumber={number}&uploadId={id}");
        world.put_with("large", &query, &[("x-oss-copy-source", "/bkt/piece")], &[]);
    }
    let _ = world.run(&["complete", "-f", "oss://bkt/large", &id]).ok();
    let size = format!("content-length: {}", (count * mebibytes) << 20);
    for (line, lines, without) in [
        (
            &["set-meta", "-u", "oss://bkt/large", "x-oss-meta-new:2"][..],
            &["x-oss-meta-new: 2", "x-oss-meta-old: 1"][..],
            &[][..],
        ),
        (
            &["set-meta", "-f", "oss://bkt/large", "x-oss-meta-only:4"],
            &["x-oss-meta-only: 4"],
            &["x-oss-meta-new", "x-oss-meta-old"],
        ),
    ] {
        let _ = world.run(line).ok();
        has(&world, "large", &[lines, &["x-oss-storage-class: ia", &size]].concat(), without);
        assert!(world.get("large", "tagging").contains("<Key>a</Key>"), "{line:?}");
    }
    assert!(world.run(&["ls", "-m", "oss://bkt"]).ok().stdout.contains("UploadID Number is: 0"));
}

#[test]
fn a_new_version_keeps_the_access_control_of_the_old_one() {
    let world = World::new();
    let xml = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    world.put("/bkt/?versioning", xml.as_bytes());
    furnish(&world, "k");
    for line in [
        &["set-meta", "-f", "oss://bkt/k", "x-oss-meta-a:1"][..],
        &["set-meta", "-u", "oss://bkt/k", "x-oss-meta-b:2"],
        &["set-props", "oss://bkt/k", "--content-type", "image/png"],
    ] {
        let _ = world.run(line).ok();
        assert!(world.get("k", "acl").contains("<Grant>public-read</Grant>"), "{line:?}");
        assert!(world.get("k", "tagging").contains("<Key>a</Key>"), "{line:?}");
    }
    has(&world, "k", &["x-oss-meta-a: 1", "x-oss-meta-b: 2", "content-type: image/png"], &[]);
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_many_changes_with_a_true_summary() {
    let world = World::new_slow(std::time::Duration::from_millis(30));
    for number in 0..40 {
        world.object(&format!("k{number}"), b"x");
    }
    let mut child = world
        .command()
        .args(["set-acl", "-r", "-f", "-j", "1", "oss://bkt", "private"])
        .args(["--output-format", "json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the binary runs");
    while !world.requests().iter().any(|request| request.contains("?acl")) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let pid = child.id().to_string();
    let kill = std::process::Command::new("kill").args(["-INT", &pid]).status();
    assert!(kill.expect("kill").success());
    let mut text = String::new();
    let mut output = child.stdout.take().expect("its output");
    std::io::Read::read_to_string(&mut output, &mut text).expect("text");
    assert_eq!(child.wait().expect("it ends").code(), Some(5));
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let changed = value["totals"]["changed"].as_u64().expect("a number");
    assert_eq!(value["objects"].as_array().expect("a list").len() as u64, changed);
    let is_private = |key: &str| world.get(key, "acl").contains("<Grant>private</Grant>");
    let private = (0..40).filter(|number| is_private(&format!("k{number}"))).count();
    assert!(private as u64 == changed && private < 40, "{private} of {changed}");
}

#[test]
fn properties_by_their_directives() {
    let world = furnished("k");
    let props = |options: &[&str]| {
        let _ = world.run(&[&["set-props", "oss://bkt/k"], options].concat()).ok();
    };
    props(&["--metadata", "New=2", "--content-type", "video/mp4", "--tagging", "b=2&c=3"]);
    has(&world, "k", &["x-oss-meta-new: 2", "x-oss-meta-old: 1", "content-type: video/mp4"], &[]);
    let tags = world.get("k", "tagging");
    assert!(
        ["a", "b", "c"].iter().all(|key| tags.contains(&format!("<Key>{key}</Key>"))),
        "{tags}"
    );
    assert!(world.get("k", "acl").contains("<Grant>public-read</Grant>"));
    props(&["--metadata", "old", "--metadata-directive", "delete", "--storage-class", "standard"]);
    let stays = ["x-oss-meta-new: 2", "cache-control: no-store", "x-oss-storage-class: standard"];
    has(&world, "k", &stays, &["x-oss-meta-old"]);
    props(&["--metadata", "only=4", "--metadata-directive", "replace", "--acl", "private"]);
    has(&world, "k", &["x-oss-meta-only: 4"], &["x-oss-meta-new", "cache-control"]);
    assert!(world.get("k", "acl").contains("<Grant>private</Grant>"));
    props(&["--tagging", "b", "--tagging-directive", "delete"]);
    let tags = world.get("k", "tagging");
    assert!(tags.contains("<Key>c</Key>") && !tags.contains("<Key>b</Key>"), "{tags}");
    props(&["--tagging", "z=9", "--tagging-directive", "replace"]);
    assert!(!world.get("k", "tagging").contains("<Key>a</Key>"));
    props(&["--tagging-directive", "purge", "--metadata-directive", "purge"]);
    assert!(!world.get("k", "tagging").contains("<Key>"));
    has(&world, "k", &[], &["x-oss-meta"]);
    assert_eq!(world.content("k"), b"content");
    for (line, text) in [
        (&[][..], "nothing is named"),
        (&["--metadata", "x"], "is not NAME=VALUE"),
        (&["--metadata-directive", "delete"], "needs --metadata"),
        (&["--tagging", "a=1", "--tagging-directive", "purge"], "no place beside it"),
        (&["--tagging", "a=1&a=2"], "named twice"),
    ] {
        let _ = world.run(&[&["set-props", "oss://bkt/k"], line].concat()).fails(1, &[text]);
    }
}

#[test]
fn tags_are_put_shown_and_removed() {
    let world = World::new();
    world.object("d/a", b"x");
    world.object("d/b", b"x");
    let put = ["object-tagging", "--method", "put", "oss://bkt/d/a", "team#a b", "draft#"];
    assert_eq!(world.run(&put).ok().without_time(), "");
    let show = ["object-tagging", "--method", "get", "oss://bkt/d/", "-r"];
    let rule = "-".repeat(75);
    assert_eq!(
        world.run(&show).ok().without_time(),
        format!(
            "object index   tag index      tag key\ttag value\tobject\n{rule}\n\
             1              0              \"team\"\t\"a b\"\toss://bkt/d/a\n\
             1              1              \"draft\"\t\"\"\toss://bkt/d/a"
        )
    );
    let remove = ["object-tagging", "--method", "delete", "oss://bkt/d/", "-r"];
    let summary = "Succeed: Total 2 objects. ObjectTagging 2 objects(skip 0 objects).";
    assert_eq!(world.run(&remove).ok().without_time(), summary);
    assert_eq!(world.run(&show).ok().without_time(), "");
    for (line, text) in [
        (&["oss://bkt/d/a"][..], "--method value is empty"),
        (&["oss://bkt/d/a", "--method", "list"], "not in the optional value"),
        (&["oss://bkt/d/a", "--method", "put"], "at least 2 parameters"),
        (&["oss://bkt/d/a", "--method", "put", "a"], "must be separated by #"),
        (&["oss://bkt", "--method", "get"], "object key is empty"),
    ] {
        let _ = world.run(&[&["object-tagging"], line].concat()).fails(1, &[text]);
    }
}

#[test]
fn archived_objects_are_restored_by_prefix_or_by_list() {
    let world = World::new();
    let archive = |key: &str, class| {
        world.put_with(key, "", &[("x-oss-storage-class", class)], b"x");
    };
    for key in ["d/a", "d/b", "d/c"] {
        archive(key, "Archive");
    }
    archive("cold", "ColdArchive");
    archive("warm", "Standard");
    let question = "Do you really mean to recursivlly restore objects of oss://bkt/d/(y or N)? ";
    let run = world.run_with(&["restore", "oss://bkt/d/", "-r"], "N\n");
    assert!(run.fails(5, &[question]).stdout.starts_with("operation is canceled.\n"));
    has(&world, "d/a", &[], &["x-oss-restore"]);
    assert_eq!(world.run(&["restore", "oss://bkt/d/a"]).ok().without_time(), "");
    // One of them is being restored already, which is as good.
    let run = world.run_with(&["restore", "oss://bkt/d/", "-r", "--days", "3"], "yes\n");
    let summary = "Succeed: Total 3 objects. Restore 3 objects(skip 0 objects).";
    assert_eq!((run.code, run.without_time().as_str()), (0, summary));
    has(&world, "d/c", &["x-oss-restore: ongoing-request=\"true\""], &[]);
    let run = world.run(&["set-meta", "-f", "oss://bkt/cold", "x-oss-meta-a:b"]);
    let _ = run.fails(2, &["InvalidObjectState", "hint: the object is archived; `ossutil restore"]);
    let _ = world.run(&["restore", "oss://bkt/cold", "--tier", "bulk"]).ok();
    // What cannot be restored is told, and the others are.
    archive("cold2", "ColdArchive");
    std::fs::write(world.home.path().join("keys"), "warm\ncold2\r\nmissing\n").expect("written");
    let run = world.run(&["restore", "-f", "oss://bkt", "--object-file", "keys"]);
    let run = run.fails(4, &["oss://bkt/warm: oss: service returned", "oss://bkt/missing: "]);
    let summary = "FinishWithError: Total 3 objects. Restore 1 objects(skip 0 objects), \
                   Error 2 objects.";
    assert_eq!(run.without_time(), summary);
    let (_, path) = run.stderr.split_once("report: ").expect("a report");
    let report = std::fs::read_to_string(world.home.path().join(path.trim())).expect("a report");
    assert!(report.starts_with("# ossutil restore oss://bkt\n[Error] "), "{report}");
    assert!(report.contains(" restore oss://bkt/missing error, info: oss: service"), "{report}");
    assert_eq!(report.lines().count(), 3, "{report}");
    let run = world.run(&[
        "restore",
        "-f",
        "oss://bkt",
        "--object-file",
        "keys",
        "--disable-ignore-error",
        "-j",
        "1",
    ]);
    let run = run.fails(2, &["Error: oss: service returned error: StatusCode=400"]);
    assert!(run.stdout.contains("Restore 0 objects(skip 0 objects), when error happens."));
    std::fs::write(world.home.path().join("empty"), "a\n\nb\n").expect("written");
    for (line, text) in [
        (&["oss://bkt", "--object-file", "empty"][..], "object can't be '' in --object-file"),
        (&["oss://bkt", "--object-file", "nowhere"], "cannot read nowhere"),
        (&["oss://bkt/d/", "--object-file", "keys"], "only support oss://bucket"),
        (&["oss://bkt"], "object empty"),
        (&["oss://bkt/d/a", "--days", "0"], "0"),
    ] {
        let _ = world.run(&[&["restore"], line].concat()).fails(1, &[text]);
    }
}

#[test]
fn a_dry_run_changes_nothing_and_programs_read_what_became_of_each() {
    let world = World::new();
    world.object("a", b"x");
    world.object("b", b"x");
    let run = world.run(&["set-acl", "-n", "-r", "oss://bkt", "private"]);
    let text = "oss://bkt/a: would be changed\noss://bkt/b: would be changed\n\
                Dry run: 2 objects would be changed.";
    assert_eq!(run.ok().without_time(), text);
    assert!(world.get("a", "acl").contains("<Grant>default</Grant>"));
    let keys = "a\nmissing\n";
    let line = ["set-acl", "-f", "oss://bkt", "private", "--object-file", "-"];
    let run = finish(world.command().args(line).args(["--output-format", "json"]), keys);
    let value: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!((run.code, value["objects"][0]["outcome"].as_str()), (4, Some("changed")));
    assert_eq!(value["objects"][1]["outcome"], "failed");
    assert!(value["objects"][1]["error"].as_str().expect("text").contains("NoSuchKey"));
    assert_eq!(
        value["totals"],
        serde_json::json!(
        {"found": 2, "changed": 1, "unchanged": 0, "failed": 1})
    );
}

#[test]
fn deleted_objects_come_back() {
    let world = World::new();
    let xml = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    world.put("/bkt/?versioning", xml.as_bytes());
    for key in ["d/a", "d/b.tmp", "d/bb", "e"] {
        world.object(key, b"x");
    }
    let _ = world.run(&["rm", "-r", "-f", "oss://bkt"]).ok();
    let listed = || {
        let run = world.run(&["ls", "-s", "oss://bkt"]);
        let lines = run.ok().stdout.lines().filter_map(|line| line.strip_prefix("oss://bkt/"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(listed().is_empty());
    let run = world.run(&["revert-versioning", "oss://bkt/d/b"]);
    let none = "revert versioning object count is 0, batch list count is 1";
    assert_eq!(run.ok().without_time(), none);
    let run = world.run(&["revert-versioning", "-r", "oss://bkt", "--end-time", "1000"]);
    assert_eq!(run.ok().without_time(), none);
    let run = world.run(&["revert-versioning", "-r", "-n", "oss://bkt/d/", "--exclude", "*.tmp"]);
    let text = "oss://bkt/d/a: would be brought back\noss://bkt/d/bb: would be brought back\n\
                Dry run: 2 objects would be brought back.";
    assert_eq!((run.ok().without_time().as_str(), listed().len()), (text, 0));
    let run = world.run(&["revert-versioning", "-r", "oss://bkt/d/", "--exclude", "*.tmp"]);
    let two = "revert versioning object count is 2, batch list count is 1";
    assert_eq!(run.ok().without_time(), two);
    let _ = world.run(&["revert-versioning", "oss://bkt/e"]).ok();
    assert_eq!(listed(), ["d/a", "d/bb", "e"]);
    let _ = world.run(&["revert-versioning", "oss://bkt"]).fails(1, &["please input object key"]);
    let line = ["revert-versioning", "-r", "oss://bkt", "--start-time", "2", "--end-time", "1"];
    let _ = world.run(&line).fails(1, &["start time 2 is larger than end time 1"]);
}
