//! `complete`: what it makes an object of, what it refuses, and what it does when an answer is lost.

use crate::{
    support::World,
    wire::{Fault, wire},
};

/// The least that a part in the middle may have, in bytes.
const LEAST: usize = 102_400;

/// Whether the object exists.
fn exists(world: &World, key: &str) -> bool {
    let url = format!("oss://bkt/{key}");
    world.run(&["ls", "-s", &url]).stdout.lines().any(|line| line == url)
}

/// How many requests to complete an upload were answered, and with what.
fn completions(world: &World) -> Vec<u16> {
    let records = world.sandbox.requests().into_iter();
    records
        .filter(|record| record.method == "POST" && record.target.contains("uploadId="))
        .map(|record| record.status)
        .collect()
}

#[test]
fn makes_the_object_of_the_parts() {
    let world = World::new();
    let id = world.upload("a b", &[LEAST, LEAST, 3]);
    let run = world.run_with(&["complete", "oss://bkt/a b", &id], "y\n");
    let question = format!(
        "Do you really mean to complete oss://bkt/a b {id} with 3 parts, 0.20 MB (204803 bytes)\
         (y or N)? "
    );
    let _ = run.fails(0, &[&question]);
    let done = format!(
        "Succeed: Completed oss://bkt/a b {id} with 3 parts, 0.20 MB (204803 bytes), CRC64 "
    );
    assert!(run.stdout.starts_with(&done), "{run:?}");
    assert_eq!(world.content("a b"), vec![b'x'; 2 * LEAST + 3]);
}

#[test]
fn asks_first() {
    let world = World::new();
    let id = world.upload("k", &[5]);
    for answer in ["n\n", "", "yes no\n"] {
        let run = world.run_with(&["complete", "oss://bkt/k", &id], answer);
        let _ = run.fails(5, &["Do you really mean to complete"]);
    }
    assert!(!exists(&world, "k"));
    assert_eq!(completions(&world), [0; 0]);
}

#[test]
fn without_an_id_it_takes_the_only_upload_of_that_key() {
    let world = World::new();
    let others = ["k2", "k/a", "j"].map(|key| world.upload(key, &[5]));
    let _ = world.run(&["complete", "-f", "oss://bkt/k"]).fails(2, &["no unfinished upload"]);
    let ids = [world.upload("k", &[5]), world.upload("k", &[6])];
    let run = world.run(&["complete", "-f", "oss://bkt/k"]);
    let _ = run.fails(1, &["2 unfinished uploads", &ids[0], &ids[1]]);
    assert!(others.iter().all(|other| !run.stderr.contains(other)));
    let _ = world.run(&["abort", "-f", "oss://bkt/k", &ids[0]]).ok();
    let _ = world.run(&["complete", "-f", "oss://bkt/k"]).ok();
    assert_eq!(world.content("k"), b"xxxxxx");
}

#[test]
fn gaps_are_refused_unless_allowed() {
    let world = World::new();
    let id = world.upload("k", &[]);
    for number in [2, 4, 8] {
        world.part("k", &id, number, &vec![b'0' + u8::try_from(number).unwrap(); LEAST]);
    }
    let arguments = ["complete", "-f", "oss://bkt/k", &id];
    let hint = format!("hint: `ossutil resume oss://bkt/k {id} FILE`");
    let _ = world.run(&arguments).fails(3, &["missing: 1, 3, 5-7", &hint, "--allow-gaps"]);
    assert!(!exists(&world, "k"));
    let _ = world.run(&[&arguments[..], &["--allow-gaps"]].concat()).ok();
    let content = world.content("k");
    assert_eq!(content.len(), 3 * LEAST);
    assert_eq!([content[0], content[LEAST], content[2 * LEAST]], *b"248");
}

#[test]
fn what_the_service_would_not_take_is_refused_before() {
    let world = World::new();
    let id = world.upload("k", &[LEAST, LEAST - 1, LEAST]);
    let run = world.run(&["complete", "-f", "--allow-gaps", "oss://bkt/k", &id]);
    let _ = run.fails(3, &["part 2 has 102399 bytes", "102400 or more"]);
    let empty = world.upload("e", &[]);
    let run = world.run(&["complete", "-f", "oss://bkt/e", &empty]);
    let _ = run.fails(3, &["has no parts", &format!("ossutil abort oss://bkt/e {empty}")]);
    let _ = world.run(&["complete", "-f", "oss://bkt/e", "NOSUCH"]).fails(2, &["NOSUCH", "hint"]);
    assert_eq!(completions(&world), [0; 0]);
}

#[test]
fn an_object_that_exists_is_kept_unless_told_otherwise() {
    let world = World::new();
    world.object("k", b"old");
    let id = world.upload("k", &[5]);
    let run = world.run(&["complete", "-f", "oss://bkt/k", &id]);
    let _ = run.fails(3, &["exists already, with 3 bytes", "--overwrite"]);
    assert_eq!(world.content("k"), b"old");
    let _ = world.run(&["complete", "-f", "--overwrite", "oss://bkt/k", &id]).ok();
    assert_eq!(world.content("k"), b"xxxxx");
}

#[test]
fn the_service_may_take_all_parts_itself() {
    let world = World::new();
    let id = world.upload("k", &[LEAST, 5]);
    let _ = world.run(&["complete", "-f", "--complete-all", "oss://bkt/k", &id]).ok();
    assert_eq!(world.content("k").len(), LEAST + 5);
}

#[test]
fn a_lost_answer_is_resolved_by_looking() {
    for fault in [Fault::LoseAnswer("POST "), Fault::LoseRequest("POST ")] {
        let world = World::new();
        let id = world.upload("k", &[LEAST, 5]);
        let endpoint = wire(&world, fault);
        let run = world.run(&["complete", "-f", "oss://bkt/k", &id, "-e", &endpoint]);
        assert!(run.ok().stdout.starts_with("Succeed: "));
        assert_eq!(world.content("k").len(), LEAST + 5);
        assert_eq!(completions(&world), [200], "no second one where the first was carried out");
    }
}

#[test]
fn several_are_completed_and_each_failure_is_said() {
    let world = World::new();
    for key in ["p/a", "p/b", "q"] {
        let _ = world.upload(key, &[5]);
    }
    let gap = world.upload("p/gap", &[]);
    world.part("p/gap", &gap, 2, b"x");
    let run = world.run(&["complete", "-r", "-f", "oss://bkt/p/", "--min-size", "1"]);
    let _ = run.fails(4, &[&format!("p/gap {gap}: ")]);
    assert!(
        run.stdout.contains("Completed oss://bkt/p/a ") && run.stdout.contains("oss://bkt/p/b ")
    );
    assert_eq!(world.content("p/b"), b"xxxxx");
    // Only one of two uploads of a key can become the object.
    let _ = world.upload("q", &[6]);
    let _ = world.run(&["complete", "-r", "-f", "oss://bkt/q"]).fails(1, &["2 unfinished uploads"]);
    let run = world.run(&["complete", "-f", "oss://bkt/q", "--min-size", "6"]);
    assert!(run.ok().stdout.contains("(6 bytes)"));
    let listed = world.run(&["ls", "-m", "oss://bkt/q"]).ok().stdout.clone();
    let _ = world.run_with(&["complete", "-", "--overwrite"], &listed).fails(1, &["nobody to ask"]);
    let run = world.run_with(&["complete", "-f", "--overwrite", "-"], &listed);
    assert!(run.ok().stdout.contains("(5 bytes)"));
}
