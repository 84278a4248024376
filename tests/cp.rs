//! `cp`: what goes where and with what, and what is refused.

use crate::{
    support::World,
    trees::{summary, tree},
};

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
        (&["cp", "dir/f", "oss://bkt/", "--acl", "mine"], "hint: it is one of default, private, "),
        (&["cp", "dir/f", "oss://bkt/", "-j", "0"], "hint: `ossutil help cp` shows"),
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
    let run = world.run(&["cp", "oss://bkt/piped.txt", "-", "--output-format", "json"]);
    assert_eq!(run.ok().stdout, "from a pipe");
    let run = world.run(&["cp", "oss://bkt/piped.txt", "-", "--range", "5-5"]);
    assert_eq!(run.ok().stdout, "a");
    let _ = world.run(&["cp", "oss://bkt/piped.txt", "part", "--range=-4"]).ok();
    assert_eq!(world.read("part"), b"pipe");
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
