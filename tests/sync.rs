//! `sync`: sends what differs, once, and removes what it was asked to.

use std::fs;

use crate::{
    support::{Run, World},
    trees::tree,
};

/// A few files, and the objects of an earlier state.
fn world() -> World {
    let world = World::new();
    for (name, content) in [("d/a", "a"), ("d/sub/b", "bb"), ("d/sub.x", "x"), ("d/sub/c", "c")] {
        world.write(name, content.as_bytes());
        age(&world, name);
    }
    world
}

/// A file was written long ago.
fn age(world: &World, name: &str) {
    let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1000);
    let file = fs::File::options().write(true).open(world.home.path().join(name)).expect("a file");
    file.set_modified(long_ago).expect("a time");
}

#[test]
fn a_second_run_sends_nothing() {
    let world = world();
    let run = world.run(&["sync", "d", "oss://bkt/p"]);
    assert!(run.ok().stdout.contains("OK num: 5(upload 4 files, 1 directories)."), "{run:?}");
    assert_eq!(world.keys(), ["p/a", "p/sub.x", "p/sub/", "p/sub/b", "p/sub/c"]);
    let sent = world.count("PUT ");
    let run = world.run(&["sync", "d/", "oss://bkt/p/", "-f"]);
    assert!(run.ok().stdout.contains("(skip 4 files, skip 1 directory)"), "{run:?}");
    assert_eq!(world.count("PUT ") - sent, 0, "{run:?}");
    assert_eq!(world.count("HEAD "), 0, "the listing says what is there");

    // The way back, and across.
    for target in ["back", "oss://bkt/q"] {
        let run = world.run(&["sync", "oss://bkt/p", target]);
        assert!(run.ok().stdout.contains("4 objects, 1 directories)"), "{run:?}");
        let before = world.count("GET /bkt/p%2F") + world.count("PUT ");
        let run = world.run(&["sync", "oss://bkt/p/", target]);
        assert!(run.ok().stdout.contains("skip 4 objects"), "{run:?}");
        assert_eq!(world.count("GET /bkt/p%2F") + world.count("PUT ") - before, 0);
    }
    assert_eq!(tree(&world.home.path().join("back")), tree(&world.home.path().join("d")));
}

#[test]
fn only_what_changed_is_sent_and_asked_about() {
    let world = world();
    let _ = world.run(&["sync", "d", "oss://bkt/"]).ok();
    world.write("d/a", b"longer");
    world.write("d/new", b"new");
    let run = world.run_with(&["sync", "d", "oss://bkt/"], "n\n");
    run.fails(0, &["cp: overwrite \"oss://bkt/a\"(y or N)? "]);
    assert!(run.stdout.contains("(upload 1 files, skip 4 files, skip 1 directory)"), "{run:?}");
    let run = world.run(&["sync", "d", "oss://bkt/", "-f"]);
    assert!(run.ok().stdout.contains("(upload 1 files, skip 4 files, skip 1 directory)"));
    assert_eq!(world.content("a"), b"longer");

    // Other content of the same size, written long ago: only the checksum tells.
    world.write("d/a", b"LONGER");
    let _ = world.run(&["sync", "d", "oss://bkt/", "-f"]).ok();
    assert_eq!(world.content("a"), b"LONGER", "written in the second of the upload, or later");
    world.write("d/a", b"longer");
    age(&world, "d/a");
    let _ = world.run(&["sync", "d", "oss://bkt/", "-f"]).ok();
    assert_eq!(world.content("a"), b"LONGER");
    let _ = world.run(&["sync", "d", "oss://bkt/", "--checksum"]).ok();
    assert_eq!(world.content("a"), b"longer");
}

/// The lines that count, in their order.
fn counts(run: &Run) -> Vec<&str> {
    run.stdout.lines().filter(|line| line.contains(" count:")).collect()
}

/// Of two buckets it is objects that are counted, on both sides.
#[test]
fn what_another_prefix_lacks_is_removed() {
    let world = World::new();
    for key in ["from/a", "from/b", "to/b", "to/c"] {
        world.object(key, b"1");
    }
    let run = world.run(&["sync", "oss://bkt/from", "oss://bkt/to", "--delete", "-f"]);
    assert_eq!(
        counts(run.ok()),
        [
            "oss://bkt/from,total oss object count:2",
            "oss://bkt/to,total oss object count:2",
            "object will be deleted count:1",
            "delete object count:1",
        ]
    );
    assert_eq!(world.keys(), ["from/a", "from/b", "to/a", "to/b"]);
}

#[test]
fn what_the_source_lacks_is_removed_from_the_bucket() {
    let world = world();
    for key in ["p/a", "p/gone", "p/gone/x", "p/sub/old", "p/sub/", "other"] {
        world.object(key, b"1");
    }
    let arguments = ["sync", "d", "oss://bkt/p", "--delete"];
    let run = world.run(&[&arguments[..], &["--dry-run"]].concat());
    for line in [
        "total file(directory) count:5",
        "oss://bkt/p,total oss object count:5",
        "object will be deleted count:3",
        "would upload d/sub.x to oss://bkt/p/sub.x, 1 bytes",
        "would remove oss://bkt/p/gone/x",
    ] {
        assert!(run.ok().stdout.lines().any(|other| other == line), "{line}: {run:?}");
    }
    assert_eq!(world.keys().len(), 6);

    let run = world.run_with(&arguments, "n\n");
    run.fails(5, &["oss://bkt/p/gone\n", "sync:delete above objects(y or N)? "]);
    assert!(world.keys().contains(&"p/gone".to_owned()));
    let run = world.run_with(&arguments, "y\n");
    assert_eq!(
        counts(&run),
        [
            "total file(directory) count:5",
            "oss://bkt/p,total oss object count:8",
            "object will be deleted count:3",
            "delete object count:3",
        ]
    );
    assert_eq!(world.keys(), ["other", "p/a", "p/sub.x", "p/sub/", "p/sub/b", "p/sub/c"]);
    let run = world.run(&[&arguments[..], &["-f"]].concat());
    assert!(run.ok().stdout.contains("object will be deleted count:0\n"));
}

#[test]
fn what_the_source_lacks_is_moved_out_of_the_folder() {
    let world = world();
    for key in ["p/a", "p/sub/b"] {
        world.object(key, b"new");
    }
    let arguments = ["sync", "oss://bkt/p", "d", "--delete", "-f"];
    world.run(&arguments).fails(1, &["dest backup dir is empty string,please use --backup-dir"]);
    let inside = [&arguments[..], &["--backup-dir", "d/kept"]].concat();
    world.run(&inside).fails(1, &["d/kept is within the folder"]);
    fs::create_dir_all(world.home.path().join("d/empty/er")).expect("folders");
    let run = world.run(&[&arguments[..], &["--backup-dir", "kept"]].concat());
    assert_eq!(
        counts(run.ok()),
        [
            "oss://bkt/p,total oss object count:2",
            "total file(directory) count:7",
            "file(directory) will be removed count:4",
            "remove file(directory) count:4",
        ]
    );
    assert_eq!(tree(&world.home.path().join("d")), ["a", "sub/", "sub/b"]);
    assert_eq!(tree(&world.home.path().join("kept")), ["sub.x", "sub/", "sub/c"]);
    assert_eq!(world.read("kept/sub.x"), b"x");
}

/// Nothing is removed unless both sides are known whole and everything was moved.
#[cfg(unix)]
#[test]
fn nothing_is_removed_in_doubt() {
    let world = world();
    world.object("p/gone", b"1");
    let arguments = ["sync", "d", "oss://bkt/p", "--delete", "-f"];
    world.fault("ListObjects: code=AccessDenied");
    world.run(&arguments).fails(2, &["AccessDenied"]);
    world.sandbox.clear_faults();
    world.fault("PutObject: code=AccessDenied count=1");
    world.run(&arguments).fails(4, &["AccessDenied"]);
    assert!(world.keys().contains(&"p/gone".to_owned()));
    world.sandbox.clear_faults();
    std::os::unix::fs::symlink("nowhere", world.home.path().join("d/broken")).expect("a link");
    world.run(&arguments).fails(4, &["cannot read d/broken"]);
    assert!(world.keys().contains(&"p/gone".to_owned()));
    fs::remove_file(world.home.path().join("d/broken")).expect("removed");
    let _ = world.run(&arguments).ok();
    assert!(!world.keys().contains(&"p/gone".to_owned()));
}

/// Who may write but not list still syncs: each target is looked at by itself.
#[test]
fn a_target_that_cannot_be_listed() {
    let world = world();
    world.fault("ListObjects: code=AccessDenied");
    let run = world.run(&["sync", "d", "oss://bkt/p", "-f"]);
    run.fails(0, &["note: the target is not known: "]);
    assert!(run.stdout.contains("(upload 4 files, 1 directories)"), "{run:?}");
    let run = world.run(&["sync", "d", "oss://bkt/p", "-f"]);
    assert!(run.stdout.contains("skip 4 files"), "{run:?}");
}

/// Folders below are none of its business, on either side.
#[test]
fn one_level_only() {
    let world = world();
    for key in ["p/old", "p/sub/old"] {
        world.object(key, b"1");
    }
    let arguments = ["sync", "d", "oss://bkt/p", "--only-current-dir", "--delete", "-f"];
    let _ = world.run(&arguments).ok();
    assert_eq!(world.keys(), ["p/a", "p/sub.x", "p/sub/old"]);
    assert!(world.run(&arguments).ok().stdout.contains("(skip 2 files)"));
}

#[test]
fn a_list_names_what_is_synced() {
    let world = world();
    world.write("list", b"sub/c\na\n");
    let arguments = ["sync", "d", "oss://bkt/", "--files-from", "list"];
    assert!(world.run(&arguments).ok().stdout.contains("(upload 2 files)"));
    assert!(world.run(&arguments).ok().stdout.contains("(skip 2 files)"));
    world.write("d/a", b"longer");
    world.run(&arguments).fails(0, &["cp: overwrite \"oss://bkt/a\"(y or N)? "]);
    assert_eq!((world.content("a"), world.keys().len()), (b"a".to_vec(), 2));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let world = world();
    for (arguments, text) in [
        (&["sync", "d/a", "oss://bkt/"][..], "d/a is no folder"),
        (&["sync", "nothing", "oss://bkt/"], "nothing is no folder"),
        (&["sync", "oss://bkt/", "d/a"], "d/a is a file"),
        (&["sync", "-", "oss://bkt/"], "are no folders"),
        (&["sync", "oss://bkt/a", "oss://bkt/a/b"], "copy should be avoided"),
        (&["sync", "oss://bkt/a/b", "oss://bkt/a"], "copy should be avoided"),
        (&["sync", "d", "oss://bkt/", "--delete", "--files-from", "x"], "names only some of it"),
    ] {
        world.run(arguments).fails(1, &[text]);
    }
}
