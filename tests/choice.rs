//! Which entries `cp` moves: what filters and lists choose, what is compared, what is asked.

use crate::{
    support::World,
    trees::{summary, tree},
};

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

    // Of many, one question and one hint say it all.
    for name in ["d/a", "d/b", "d/c"] {
        world.write(name, b"new");
        world.object(name, b"old!");
    }
    let run = world.run(&["cp", "-r", "d", "oss://bkt/d/"]);
    run.fails(0, &["(y or N)? ", "--force replaces without asking"]);
    assert_eq!(run.stderr.matches("nobody is there to answer").count(), 1, "{run:?}");
    assert_eq!(run.stderr.matches("cp: overwrite").count(), 1, "{run:?}");
    assert_eq!(world.content("d/c"), b"old!");
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
