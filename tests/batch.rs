//! `cp -r` when not all goes well: failures, links, interrupts.

use std::fs;

use crate::{
    support::World,
    trees::{summary, tree},
};

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
    std::os::unix::fs::symlink("../d", world.path("other/back")).expect("a link");
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

/// One of many fails; without a report the first failure is all there is to read.
#[test]
fn no_report_is_written_where_none_is_wanted() {
    let world = World::new();
    for name in ["d/a", "d/b", "d/c"] {
        world.write(name, b"x");
    }
    world.fault("PutObject: code=AccessDenied count=2");
    let run = world.run(&["cp", "-r", "-d", "d", "oss://bkt", "--no-error-report"]);
    run.fails(4, &["Error: 2 failed, the first: ", "AccessDenied"]);
    assert!(!run.stderr.contains("See more information"), "{run:?}");
    assert!(!world.path("ossutil_output").exists());
}

/// What a run writes for itself beside what it moves is no part of a tree.
#[test]
fn what_is_written_beside_it_is_not_moved() {
    let world = World::new();
    world.write("a", b"x");
    world.write("big", &vec![7; 300_000]);
    let parts = ["--bigfile-threshold", "200000", "--part-size", "102400"];
    let arguments = [&["cp", "-r", "-f", ".", "oss://bkt"][..], &parts].concat();
    world.fault("UploadPart: code=AccessDenied");
    world.run(&arguments).fails(4, &["AccessDenied"]);
    world.sandbox.clear_faults();
    world.write(".ossutil-0d309019b144c822.part", b"half");
    assert!(world.path("ossutil_output").exists() && world.path(".ossutil_checkpoint").exists());
    let _ = world.run(&arguments).ok();
    assert_eq!(world.keys(), ["a", "big", "ossutil_output/"]);
    let down = ["sync", "oss://bkt", ".", "--delete", "--backup-dir", "../not-there", "-f"];
    assert!(world.run(&down).ok().stdout.contains("will be removed count:0"));
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
