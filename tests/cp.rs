//! `cp`: what goes where, what is passed over, what is refused, and what is said.

use std::{fs, path::Path};

use crate::support::{Run, World};

impl World {
    fn path(&self, name: &str) -> std::path::PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file below the home folder, and the folders it is in.
    pub(crate) fn write(&self, name: &str, content: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, content).expect("a file");
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The keys of the bucket.
    pub(crate) fn keys(&self) -> Vec<String> {
        let listing = self.run(&["ls", "-s", "oss://bkt"]).ok().stdout.clone();
        let keys = listing.lines().filter_map(|line| line.strip_prefix("oss://bkt/"));
        keys.map(str::to_owned).collect()
    }

    /// The value of a header of an object.
    pub(crate) fn header(&self, key: &str, name: &str) -> Option<String> {
        let stat = self.head(key);
        stat.into_iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }

    /// How many requests of a kind there were.
    pub(crate) fn count(&self, method: &str) -> usize {
        self.requests().iter().filter(|line| line.starts_with(method)).count()
    }
}

/// The names of what is in a folder and below, sorted.
pub(crate) fn tree(folder: &Path) -> Vec<String> {
    fn collect(folder: &Path, prefix: &str, names: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("an entry");
            let name = format!("{prefix}{}", entry.file_name().display());
            if entry.file_type().expect("a type").is_dir() {
                names.push(format!("{name}/"));
                collect(&entry.path(), &format!("{name}/"), names);
            } else {
                names.push(name);
            }
        }
    }
    let mut names = Vec::new();
    collect(folder, "", &mut names);
    names.sort();
    names
}

fn summary(run: &Run) -> String {
    run.stdout.lines().find(|line| line.contains(" num: ")).unwrap_or_default().to_owned()
}

#[test]
fn names_of_uploads() {
    let world = World::new();
    world.write("f.txt", b"hello");
    world.write("dir/a.txt", b"a");
    world.write("dir/sub/b.txt", b"b");
    for (arguments, keys) in [
        (&["cp", "f.txt", "oss://bkt"][..], &["f.txt"][..]),
        (&["cp", "f.txt", "oss://bkt/d/"], &["d/f.txt"]),
        (&["cp", "f.txt", "oss://bkt/d/n"], &["d/n"]),
        (&["cp", "-r", "dir", "oss://bkt/p"], &["p/a.txt", "p/sub/", "p/sub/b.txt"]),
        (&["cp", "-r", "dir/", "oss://bkt"], &["a.txt", "sub/", "sub/b.txt"]),
        (&["cp", "-r", "dir", "oss://bkt/q/", "--disable-dir-object"], &["q/a.txt", "q/sub/b.txt"]),
        (&["cp", "-r", "dir", "oss://bkt/q/", "--only-current-dir"], &["q/a.txt"]),
        (&["cp", "f.txt", "oss://bkt/a%2Fb", "--encoding-type", "url"], &["a/b"]),
    ] {
        let _ = world.run(arguments).ok();
        assert_eq!(world.keys(), keys, "{arguments:?}");
        world.clear();
    }
}

#[test]
fn names_of_downloads() {
    for (arguments, files) in [
        (&["cp", "oss://bkt/p/a.txt", "out"][..], &["out"][..]),
        (&["cp", "oss://bkt/p/a.txt", "new/er/out"], &["new/", "new/er/", "new/er/out"]),
        (&["cp", "oss://bkt/p/a.txt", "out/"], &["out/", "out/a.txt"]),
        (&["cp", "oss://bkt/p/a.txt", "."], &["a.txt"]),
        (
            &["cp", "-r", "oss://bkt/p/", "out"],
            &["out/", "out/a.txt", "out/e/", "out/s/", "out/s/b"],
        ),
        (
            &["cp", "-r", "oss://bkt/p", "out"],
            &["out/", "out/p/", "out/p/a.txt", "out/p/e/", "out/p/s/", "out/p/s/b"],
        ),
        (&["cp", "-r", "oss://bkt/p/", "out", "--only-current-dir"], &["out/", "out/a.txt"]),
        (&["cp", "-r", "oss://bkt/p/s", "out"], &["out/", "out/s/", "out/s/b"]),
    ] {
        let world = World::new();
        for (key, content) in [("p/a.txt", "a"), ("p/e/", ""), ("p/s/b", "b"), ("z", "z")] {
            world.object(key, content.as_bytes());
        }
        let _ = world.run(arguments).ok();
        assert_eq!(tree(world.home.path()), files, "{arguments:?}");
    }
}

#[test]
fn copies_keep_what_their_sources_have() {
    let world = World::new();
    world.write("page.html", b"<p>");
    let meta = "x-oss-meta-colour:blue#Cache-Control:no-cache";
    let tags = "a=1&b=2";
    let arguments = ["cp", "page.html", "oss://bkt/a/x", "--meta", meta, "--tagging", tags];
    let _ = world.run(&arguments).ok();
    assert_eq!(world.header("a/x", "content-type").as_deref(), Some("text/html"));
    let run = world.run(&["cp", "oss://bkt/a/x", "oss://bkt/b/"]);
    assert_eq!(summary(run.ok()), "Succeed: Total num: 1, size: 3. OK num: 1(copy 1 objects).");
    let _ = world.run(&["cp", "-r", "oss://bkt/a/", "oss://bkt/c"]).ok();
    for key in ["b/x", "c/x"] {
        assert_eq!(world.content(key), b"<p>");
        for (name, value) in [
            ("content-type", "text/html"),
            ("cache-control", "no-cache"),
            ("x-oss-meta-colour", "blue"),
            ("x-oss-tagging-count", "2"),
        ] {
            assert_eq!(world.header(key, name).as_deref(), Some(value), "{key} {name}");
        }
    }
    let red = "x-oss-meta-colour:red";
    let _ = world.run(&["cp", "-f", "oss://bkt/a/x", "oss://bkt/a/x", "--meta", red]).ok();
    assert_eq!(world.header("a/x", "x-oss-meta-colour").as_deref(), Some("red"));
    assert_eq!(world.header("a/x", "cache-control").as_deref(), Some("no-cache"));
    let _ = world.run(&["cp", "oss://bkt/a/x", "oss://bkt/n", "--copy-props", "none"]).ok();
    assert_eq!(world.header("n", "x-oss-meta-colour"), None);
    assert_eq!(world.header("n", "x-oss-tagging-count"), None);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let world = World::new();
    world.write("dir/f", b"x");
    world.object("a/b", b"x");
    for (arguments, text) in [
        (&["cp", "dir", "oss://bkt/"][..], "source URL:[{dir}] include directories"),
        (&["cp", "nothing", "oss://bkt/"], "cannot read nothing"),
        (&["cp", "dir/f", "oss://bkt//x"], "object name should not begin with \"/\""),
        (&["cp", "dir/f", "x"], "neither end is in the cloud"),
        (&["cp", "oss://bkt", "x"], "object empty"),
        (&["cp", "oss://bkt/a/", "x"], "is a directory (not copied)"),
        (&["cp", "oss://bkt/a/b", "oss://bkt/a/b"], "copy self will do nothing"),
        (&["cp", "-r", "oss://bkt/a", "oss://bkt/a/c"], "copy should be avoided"),
        (&["cp", "-r", "oss://bkt/a/", "dir/f"], "dir/f is a file"),
        (&["cp", "-r", "oss://bkt/a/", "-"], "do not go to standard output"),
        (&["cp", "dir/f", "oss://bkt/", "--include", "*"], "only work with --recursive"),
        (&["cp", "dir/f", "oss://bkt/", "--meta", "Foo:bar"], "unsupported header:Foo"),
        (&["cp", "dir/f", "oss://bkt/", "--acl", "mine"], "mine"),
        (&["cp", "oss://bkt/a/b", "x", "--acl", "private"], "files have none of the headers"),
        (
            &["cp", "-r", "dir", "oss://bkt", "--min-size", "2", "--max-size", "1"],
            "nothing can pass",
        ),
        (&["cp", "dir/f", "oss://bkt/", "--range", "0-1"], "only works for downloads"),
    ] {
        let before = world.requests().len();
        let run = world.run(arguments);
        run.fails(if text.starts_with("cannot read") { 3 } else { 1 }, &[text]);
        assert_eq!(world.requests().len(), before, "nothing was sent: {arguments:?}");
    }
    assert_eq!(world.keys(), ["a/b"]);
    assert!(!world.path("x").exists());
}

/// The answer no, and nobody there to answer, leave what is there.
#[test]
fn nothing_is_replaced_without_a_yes() {
    let world = World::new();
    world.write("f", b"new");
    world.object("f", b"old!");
    world.write("local", b"mine");
    let skipped = |things: &str| format!("Succeed: Total num: 1, size: {things}");
    for input in ["n\n", "", "yes please\n"] {
        let run = world.run_with(&["cp", "f", "oss://bkt"], input);
        assert_eq!(run.code, 0, "{run:?}");
        assert!(run.stderr.starts_with("cp: overwrite \"oss://bkt/f\"(y or N)? "), "{run:?}");
        assert_eq!(summary(&run), skipped("3. OK num: 1(skip 1 files), Skip size: 3."));
        assert_eq!(world.content("f"), b"old!");
        let run = world.run_with(&["cp", "oss://bkt/f", "local"], input);
        assert_eq!(summary(&run), skipped("4. OK num: 1(skip 1 objects), Skip size: 4."));
        assert_eq!(world.read("local"), b"mine");
    }
    let run = world.run_with(&["cp", "f", "oss://bkt"], "Y\n");
    assert_eq!(summary(&run), skipped("3. OK num: 1(upload 1 files)."));
    let _ = world.run(&["cp", "-f", "oss://bkt/f", "local"]).ok();
    assert_eq!(world.read("local"), b"new");
}

#[test]
fn what_is_compared_decides() {
    let world = World::new();
    for (name, content) in [("d/same", "1234"), ("d/size", "12345"), ("d/text", "1234")] {
        world.write(name, content.as_bytes());
    }
    for (key, content) in [("d/same", "1234"), ("d/size", "123"), ("d/text", "abcd")] {
        world.object(key, content.as_bytes());
    }
    for (option, sent) in [
        ("--ignore-existing", "skip 3 files"),
        ("--update", "skip 3 files"),
        ("--size-only", "upload 1 files, skip 2 files"),
        ("--checksum", "upload 2 files, skip 1 files"),
    ] {
        let run = world.run(&["cp", "-r", "d", "oss://bkt/d", option, "--dry-run"]);
        assert!(summary(run.ok()).contains(&format!("({sent})")), "{option}: {run:?}");
    }
    // Nothing of that was done.
    assert_eq!(world.content("d/size"), b"123");
    let run = world.run(&["cp", "-r", "oss://bkt/d", ".", "--checksum"]);
    assert!(summary(run.ok()).contains("(download 2 objects, skip 1 objects)"), "{run:?}");
    assert_eq!(world.read("d/text"), b"abcd");
}

#[test]
fn filters_choose() {
    let world = World::new();
    for (name, size) in [("d/a.txt", 1), ("d/b.bin", 10), ("d/sub/c.txt", 100)] {
        world.write(name, &vec![b'x'; size]);
    }
    for (options, keys) in [
        (&["--include", "*.txt"][..], &["a.txt", "sub/c.txt"][..]),
        (&["--exclude", "*.txt"], &["b.bin", "sub/"]),
        (&["--min-size", "10", "--max-size", "10"], &["b.bin"]),
        (&["--end-time", "1000"], &[]),
        (&["--start-time", "1000"], &["a.txt", "b.bin", "sub/", "sub/c.txt"]),
    ] {
        let mut arguments = vec!["cp", "-r", "d", "oss://bkt"];
        arguments.extend(options);
        let _ = world.run(&arguments).ok();
        assert_eq!(world.keys(), keys, "{options:?}");
        world.clear();
    }
    let _ = world.run(&["cp", "-r", "d", "oss://bkt", "--disable-dir-object"]).ok();
    for partition in ["1:3", "2:3", "3:3"] {
        let arguments = ["cp", "-r", "oss://bkt/", "out", "--partition-download", partition];
        let _ = world.run(&arguments).ok();
    }
    assert_eq!(tree(&world.path("out")), ["a.txt", "b.bin", "sub/", "sub/c.txt"]);
}

#[test]
fn what_cannot_be_moved_is_reported_and_the_rest_goes_on() {
    let world = World::new();
    for key in ["d/ok", "d/../up", "d//empty", "d/file", "d/file/below", "d/./dot"] {
        world.object(key, b"x");
    }
    world.object(&format!("d/{}", "n".repeat(300)), b"x");
    let run = world.run(&["cp", "-r", "oss://bkt/d/", "out", "--jobs", "1"]);
    run.fails(4, &["5 failed, the first: ", "See more information in file: ossutil_output/"]);
    assert_eq!(
        summary(&run),
        "FinishWithError: Total num: 7, size: 7. Error num: 5. OK num: 2(download 2 objects), \
         Transfer size: 2."
    );
    assert_eq!(tree(&world.path("out")), ["file", "ok"]);
    assert!(!world.path("up").exists());
    let reports = tree(&world.path("ossutil_output"));
    let report = format!("ossutil_output/{}", reports[0]);
    let text = String::from_utf8(world.read(&report)).expect("UTF-8");
    assert!(text.starts_with("# ossutil cp oss://bkt/d/ out\n[Error] "), "{text}");
    assert_eq!(text.lines().count(), 6, "{text}");
    for name in ["d/../up", "d//empty", "d/file/below"] {
        assert!(text.contains(&format!(" download oss://bkt/{name} to out/")), "{text}");
    }

    // A report is a list of what to try again.
    fs::remove_file(world.path("out/file")).expect("removed");
    let run = world.run(&["cp", "-r", "oss://bkt/d/", "out", "--files-from", &report]);
    run.fails(4, &["4 failed"]);
    assert_eq!(world.read("out/file/below"), b"x");
}

#[cfg(unix)]
#[test]
fn downloads_do_not_follow_links_out_of_the_folder() {
    let world = World::new();
    world.object("d/link/f", b"x");
    world.object("d/f", b"new");
    world.write("outside/f", b"precious");
    fs::create_dir(world.path("out")).expect("a folder");
    std::os::unix::fs::symlink("../outside", world.path("out/link")).expect("a link");
    std::os::unix::fs::symlink("../outside/f", world.path("out/f")).expect("a link");
    let run = world.run(&["cp", "-r", "-f", "oss://bkt/d/", "out"]);
    run.fails(4, &["out/link is a symbolic link, and a directory is needed"]);
    assert_eq!(tree(&world.path("outside")), ["f"]);
    assert_eq!(world.read("outside/f"), b"precious");
    assert_eq!(world.read("out/f"), b"new");
}

#[cfg(unix)]
#[test]
fn links_are_followed_as_asked_and_never_for_ever() {
    let world = World::new();
    world.write("d/f", b"x");
    world.write("other/g", b"y");
    std::os::unix::fs::symlink("f", world.path("d/to-file")).expect("a link");
    std::os::unix::fs::symlink("../other", world.path("d/to-folder")).expect("a link");
    std::os::unix::fs::symlink("..", world.path("other/back")).expect("a link");
    std::os::unix::fs::symlink("nowhere", world.path("other/broken")).expect("a link");
    let flat = ["cp", "-r", "d", "oss://bkt", "--disable-dir-object"];
    let run = world.run(&flat);
    run.fails(0, &["note: d/to-folder is a link to a directory and is passed over"]);
    assert_eq!(world.keys(), ["f", "to-file"]);
    world.clear();
    let _ = world.run(&[&flat[..], &["--disable-all-symlink"]].concat()).ok();
    assert_eq!(world.keys(), ["f"]);
    world.clear();
    let run = world.run(&[&flat[..], &["--enable-symlink-dir"]].concat());
    run.fails(4, &["leads back to", "cannot read d/to-folder/broken"]);
    assert_eq!(world.keys(), ["f", "to-file", "to-folder/g"]);
}

#[test]
fn pipes_in_and_out() {
    let world = World::new();
    let run = world.run_with(&["cp", "-", "oss://bkt/piped.txt"], "from a pipe");
    assert_eq!(summary(run.ok()), "Succeed: Total num: 1, size: 11. OK num: 1(upload 1 files).");
    let run = world.run_with(&["cp", "-", "oss://bkt/piped.txt"], "y\nmore");
    run.fails(1, &["exists, and standard input is what is to be sent"]);
    assert_eq!(world.content("piped.txt"), b"from a pipe");
    assert_eq!(world.header("piped.txt", "content-type").as_deref(), Some("text/plain"));
    let run = world.run(&["cp", "oss://bkt/piped.txt", "-"]);
    assert_eq!(run.ok().stdout, "from a pipe");
    let run = world.run(&["cp", "oss://bkt/piped.txt", "-", "--range", "5-5"]);
    assert_eq!(run.ok().stdout, "a");
    let _ = world.run(&["cp", "oss://bkt/piped.txt", "part", "--range=-4"]).ok();
    assert_eq!(world.read("part"), b"pipe");
}

#[test]
fn what_is_big_goes_in_parts_and_leaves_nothing_behind() {
    let world = World::new();
    let content: Vec<u8> = (0..700_000_u32).map(|n| (n % 251) as u8).collect();
    world.write("big", &content);
    let parts = ["--bigfile-threshold", "200000", "--part-size", "102400"];
    let _ = world.run(&[&["cp", "big", "oss://bkt/"][..], &parts].concat()).ok();
    assert_eq!(world.count("PUT /bkt/big?partNumber="), 7);
    let _ = world.run(&[&["cp", "oss://bkt/big", "oss://bkt/copy"][..], &parts].concat()).ok();
    let _ = world.run(&[&["cp", "oss://bkt/copy", "back"][..], &parts].concat()).ok();
    assert!(world.read("back") == content);
    assert_eq!(
        world.run(&["ls", "-m", "-s", "oss://bkt"]).ok().without_time(),
        "UploadID Number is: 0"
    );
    let left = tree(world.home.path()).into_iter().filter(|name| name != ".ossutil_checkpoint/");
    assert_eq!(left.collect::<Vec<_>>(), ["back", "big"]);
}

/// What failed says how to go on, and a second run goes on with the same upload.
#[test]
fn a_failed_upload_is_gone_on_with() {
    let world = World::new();
    world.write("big", &vec![7; 500_000]);
    let parts = ["--bigfile-threshold", "200000", "--part-size", "102400", "--parallel", "1"];
    let arguments = [&["cp", "-f", "big", "oss://bkt/"][..], &parts].concat();
    world.fault("UploadPart: code=AccessDenied skip=3");
    let run = world.run(&arguments);
    run.fails(2, &["AccessDenied", "hint: to go on: ossutil resume --overwrite oss://bkt/big "]);
    run.fails(2, &["hint: to give it up: ossutil abort oss://bkt/big "]);
    world.sandbox.clear_faults();
    let before = world.count("PUT /bkt/big?partNumber=");
    let _ = world.run(&arguments).ok();
    assert_eq!(world.count("PUT /bkt/big?partNumber=") - before, 2);
    assert_eq!(world.count("POST /bkt/big?"), 2, "one upload was begun, and completed");
    assert_eq!(world.content("big"), vec![7; 500_000]);
}

#[test]
fn a_snapshot_remembers_what_was_sent() {
    let world = World::new();
    world.write("d/a", b"a");
    world.write("d/b", b"b");
    let arguments = ["cp", "-r", "d", "oss://bkt", "--snapshot-path", "snap"];
    let _ = world.run(&[&arguments[..], &["-n"]].concat()).ok();
    assert!(!world.path("snap").exists());
    assert!(summary(world.run(&arguments).ok()).contains("(upload 2 files)"));
    let run = world.run(&[&arguments[..], &["-n"]].concat());
    assert!(summary(run.ok()).contains("(skip 2 files)"), "{run:?}");
    let before = world.requests().len();
    assert!(summary(world.run(&arguments).ok()).contains("(skip 2 files)"));
    assert_eq!(world.requests().len(), before);
    world.write("d/b", b"changed");
    let run = world.run(&arguments);
    assert!(summary(run.ok()).contains("(upload 1 files, skip 1 files)"), "{run:?}");
    assert_eq!(world.content("b"), b"changed");
}

#[test]
fn records_for_programs() {
    let world = World::new();
    world.write("d/a", b"a");
    world.object("a", b"xx");
    let run = world.run(&["cp", "-r", "d", "oss://bkt", "-u", "--output-format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&run.ok().stdout).expect("JSON");
    assert_eq!(
        document["transfers"][0],
        serde_json::json!({
            "source": "d/a", "target": "oss://bkt/a", "bytes": 1, "outcome": "skipped",
            "error": null
        })
    );
    assert_eq!(document["totals"]["skipped"], 1);
}

/// An interrupt ends what is under way, says how far it came, and leaves nothing under a final name.
#[cfg(unix)]
#[test]
fn an_interrupted_run_says_what_it_did() {
    let world = World::new_slow(std::time::Duration::from_millis(50));
    for number in 0..100 {
        world.write(&format!("d/{number:03}"), b"x");
    }
    let mut child = world
        .command()
        .args(["cp", "-r", "-f", "d", "oss://bkt/", "-j", "1"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the binary runs");
    while world.count("PUT /bkt/0") < 5 {
        assert!(child.try_wait().expect("a state").is_none(), "it ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let pid = child.id().to_string();
    let killed = std::process::Command::new("kill").args(["-INT", &pid]).status();
    assert!(killed.expect("kill runs").success());
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(5));
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("Dealed num: ") && stdout.contains(" When error happens."), "{stdout}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "Error: interrupted\n");
}

#[test]
fn a_batch_stops_where_going_on_is_of_no_use() {
    let world = World::new();
    for name in ["a", "b", "c"] {
        world.write(&format!("d/{name}"), b"x");
    }
    let one = ["--jobs", "1"];
    let run = world.run(&[&["cp", "-r", "-f", "d", "oss://nosuch"][..], &one].concat());
    run.fails(2, &["NoSuchBucket"]);
    assert!(run.stdout.starts_with("Scanned 1 files. Dealed num: 0, "), "{run:?}");
    assert_eq!(world.count("PUT /nosuch/"), 1);
    let run = world.run(&["cp", "-f", "d/a", "oss://nosuch/"]);
    run.fails(2, &["NoSuchBucket"]);
    let line = "Total num: 1, size: 1. Dealed num: 0, Transfer size: 0. When error happens.\n";
    assert!(run.stdout.starts_with(line), "{run:?}");
    world.fault("PutObject@bkt/b: code=AccessDenied");
    let stop = ["cp", "-r", "-f", "d", "oss://bkt", "--disable-ignore-error"];
    world.run(&[&stop[..], &one].concat()).fails(4, &["AccessDenied"]);
    assert_eq!(world.keys(), ["a"]);
    let run = world.run(&["cp", "-r", "-f", "d", "oss://bkt"]);
    run.fails(4, &["AccessDenied", "hint: --files-from ossutil_output/ossutil_report_"]);
    assert_eq!(world.keys(), ["a", "c"]);
}

/// An upload that another program began is gone on with when that is asked for.
#[test]
fn an_upload_of_others_is_adopted() {
    let world = World::new();
    let content: Vec<u8> = (0..300_000_u32).map(|n| (n % 253) as u8).collect();
    world.write("big", &content);
    let id = world.upload("big", &[]);
    world.part("big", &id, 1, &content[..102_400]);
    let options = ["--bigfile-threshold", "1", "--part-size", "102400", "-f", "--adopt"];
    let _ = world.run(&[&["cp", "big", "oss://bkt/"][..], &options].concat()).ok();
    assert!(world.content("big") == content);
    assert_eq!(world.count("POST /bkt/big?uploads"), 0, "none was begun");
    assert_eq!(world.count("PUT /bkt/big?partNumber=1&"), 0);
    assert_eq!(world.count("PUT /bkt/big?partNumber=2&"), 1);
    assert!(world.run(&["ls", "-m", "-s", "oss://bkt"]).ok().stdout.contains("Number is: 0"));
}

#[test]
fn a_list_names_what_is_moved() {
    let world = World::new();
    for name in ["d/a", "d/b c", "d/sub/x", "d/not"] {
        world.write(name, b"1");
    }
    world.write("list", b"# what to send\na\nb c\r\n\nsub/x\nmissing\n../list\n");
    let run = world.run(&["cp", "-r", "d", "oss://bkt/p", "--files-from", "list"]);
    run.fails(4, &["2 failed, the first: "]);
    assert_eq!(world.keys(), ["p/a", "p/b c", "p/sub/x"]);
    let run = world.run_with(&["cp", "-r", "oss://bkt/p/", "out", "--files-from", "-"], "sub/x\n");
    assert!(run.ok().stdout.contains("(download 1 objects)"), "{run:?}");
    assert_eq!(tree(&world.path("out")), ["sub/", "sub/x"]);
}

#[test]
fn an_older_version_is_read() {
    let world = World::new();
    let xml = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    world.put("/bkt/?versioning", xml.as_bytes());
    world.object("k", b"first");
    let id = world.header("k", "x-oss-version-id").expect("a version");
    world.object("k", b"second");
    let _ = world.run(&["cp", "oss://bkt/k", "old", "--version-id", &id]).ok();
    assert_eq!(world.read("old"), b"first");
    let _ = world.run(&["cp", "-f", "oss://bkt/k", "oss://bkt/k", "--version-id", &id]).ok();
    assert_eq!(world.content("k"), b"first");
    world.run(&["cp", "-r", "oss://bkt/k", "x", "--version-id", &id]).fails(1, &["--version-id"]);
}

/// No name can forge a line, or reach a terminal as it stands.
#[test]
fn names_with_control_characters_are_quoted() {
    let world = World::new();
    world.object("d/a\nb\u{1b}[1m", b"x");
    let run = world.run(&["cp", "-r", "oss://bkt/d/", "out", "-n"]);
    assert!(run.ok().stdout.starts_with(r#"would download "oss://bkt/d/a\nb\u001b[1m" to out/"#));
    let _ = world.run(&["cp", "-r", "oss://bkt/d/", "out"]).ok();
    let run = world.run(&["cp", "-r", "oss://bkt/d/", "out"]);
    assert!(run.stderr.starts_with(r#"cp: overwrite "out/a\nb\u001b[1m"(y or N)? "#), "{run:?}");
}
