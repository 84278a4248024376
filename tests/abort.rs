//! `abort` and `rm -m`: what they free, what they ask, what they refuse.

use crate::support::World;

#[test]
fn aborts_and_verifies() {
    let world = World::new();
    let id = world.upload("a b", &[1 << 20, 1 << 20]);
    let other = world.upload("a b", &[3]);
    let run = world.run(&["abort", "-f", "oss://bkt/a b", &id]);
    assert_eq!(
        run.ok().without_time(),
        format!(
            "oss://bkt/a b {id}: aborted, 2 parts, 2.00 MB\n\
             Succeed: Aborted 1 uploads. Freed 2 parts, 2.00 MB (2097152 bytes)."
        )
    );
    let requests = world.requests();
    let of_id: Vec<&str> = requests
        .iter()
        .filter(|request| request.contains(&id) && !request.starts_with("PUT"))
        .map(|request| request.split(' ').next().unwrap_or_default())
        .collect();
    assert_eq!(of_id, ["GET", "DELETE", "GET"], "looks, aborts, looks again");
    let left = world.run(&["ls", "-m", "-s", "oss://bkt"]);
    assert!(left.ok().stdout.contains(&other) && !left.stdout.contains(&id));
}

#[test]
fn asks_first() {
    let world = World::new();
    let id = world.upload("k", &[5]);
    for (answer, code) in [("n\n", 5), ("", 5), ("yes no\n", 5), ("y\r\n", 0)] {
        let run = world.run_with(&["abort", "oss://bkt/k", &id], answer);
        let texts = ["1 parts, 0.00 MB", "Do you really mean to abort 1 uploads"];
        let _ = run.fails(code, &texts);
        assert_eq!(run.stdout.contains("operation is canceled."), code == 5);
    }
    let run = world.run(&["listpart", "oss://bkt/k", &id]);
    let _ = run.fails(2, &["NoSuchUpload"]);
}

#[test]
fn a_listing_from_the_pipe_needs_force() {
    let world = World::new();
    let ids = ["tmp/1", "tmp/new\nline", "keep"].map(|key| world.upload(key, &[5]));
    let listed = world.run(&["ls", "-m", "oss://bkt/tmp/"]).stdout;
    let _ = world.run_with(&["abort", "-"], &listed).fails(1, &["nobody to ask", "--force"]);
    let run = world.run_with(&["abort", "-f", "-"], &listed);
    assert!(run.ok().stdout.contains("Succeed: Aborted 2 uploads. Freed 2 parts"));
    // Again: they are gone, which is not a failure of this run.
    let run = world.run_with(&["abort", "-f", "-"], &listed);
    assert_eq!((run.code, run.stderr.matches("already gone").count()), (0, 2));
    let left = world.run(&["ls", "-m", "-s", "oss://bkt"]);
    assert!(left.ok().stdout.contains(&ids[2]) && left.stdout.contains("Number is: 1\n"));
}

#[test]
fn rubbish_from_the_pipe_aborts_nothing() {
    let world = World::new();
    let id = world.upload("k", &[5]);
    let input = format!("{id}    oss://bkt/k\nwhat is this\n");
    let _ = world.run_with(&["abort", "-f", "-"], &input).fails(1, &["line 2"]);
    let _ = world.run(&["listpart", "oss://bkt/k", &id]).ok();
}

#[test]
fn an_id_that_does_not_exist_is_said() {
    let world = World::new();
    let id = world.upload("k", &[5]);
    let _ = world.run(&["abort", "-f", "oss://bkt/k", "NOSUCH"]).fails(2, &["NOSUCH", "hint: "]);
    let _ = world.run(&["abort", "-f", "oss://bkt/other", &id]).fails(2, &[&id]);
    let run = world.run(&["abort", "-f", "oss://bkt/k", &id, "NOSUCH"]);
    let _ = run.fails(4, &["NOSUCH: no such upload"]);
    assert!(run.stdout.contains("Aborted 1 uploads"));
}

#[test]
fn rm_removes_the_uploads_of_a_key_or_below_a_prefix() {
    let world = World::new();
    for key in ["k", "k", "k2", "dir/x.tmp", "dir/y.bin"] {
        let _ = world.upload(key, &[1]);
    }
    let run = world.run(&["rm", "-m", "oss://bkt/k"]);
    assert_eq!(run.ok().without_time(), "Succeed: Total 2 uploadIds. Removed 2 uploadIds.");
    let run = world.run(&["rm", "-m", "-r", "-f", "oss://bkt/dir/", "--incl", "*.tmp"]);
    assert_eq!(run.ok().without_time(), "Succeed: Total 1 uploadIds. Removed 1 uploadIds.");
    let run = world.run_with(&["rm", "-m", "-r", "oss://bkt"], "N\n");
    let _ = run.fails(
        5,
        &["Do you really mean to remove recursively multipart uploadIds of oss://bkt(y or N)? "],
    );
    let run = world.run_with(&["rm", "-m", "-r", "oss://bkt"], "y");
    assert!(run.stdout.contains("Succeed: Total 2 uploadIds. Removed 2 uploadIds."));
}
