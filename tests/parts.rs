//! `cp` of what is big: it goes in parts, and goes on with what has arrived.

use crate::{support::World, trees::tree};

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
    assert_eq!(tree(world.home.path()), ["back", "big"]);
}

/// No more than what `ossutil` 1.7.19 asks: what the answers say is not asked again.
#[test]
fn nothing_is_asked_that_is_known() {
    let world = World::new();
    world.write("big", &vec![7; 300_000]);
    let parts = ["--bigfile-threshold", "200000", "--part-size", "102400", "--parallel", "1"];
    for (ends, requests) in [
        (["big", "oss://bkt/"], &["HEAD big?objectMeta"][..]),
        (["oss://bkt/big", "oss://bkt/copy"], &["HEAD big", "HEAD copy?objectMeta", "HEAD big"]),
    ] {
        let before = world.requests().len();
        let _ = world.run(&[&["cp"], &ends[..], &parts].concat()).ok();
        let made = world.requests().split_off(before);
        let looks = made.iter().filter_map(|line| line.strip_prefix("HEAD /bkt/"));
        let looks: Vec<String> = looks.map(|target| format!("HEAD {target}")).collect();
        assert_eq!(looks, requests, "{made:?}");
        assert_eq!(made.len(), requests.len() + 1 + 3 + 1, "begin, three parts, end: {made:?}");
    }
}

/// The folder of checkpoints goes when nothing is left in it, and only then.
#[test]
fn a_folder_of_checkpoints_goes_when_it_is_empty() {
    let world = World::new();
    world.write("big", &vec![7; 300_000]);
    let parts = ["--bigfile-threshold", "200000", "--part-size", "102400", "-f"];
    let arguments = [&["cp", "big", "oss://bkt/"][..], &parts].concat();
    world.fault("UploadPart: code=AccessDenied");
    world.run(&arguments).fails(2, &["AccessDenied"]);
    world.sandbox.clear_faults();
    assert!(world.path(".ossutil_checkpoint").exists(), "it remembers the upload");
    world.write(".ossutil_checkpoint/of-another", b"");
    let _ = world.run(&arguments).ok();
    assert_eq!(
        tree(world.home.path()),
        [".ossutil_checkpoint/", ".ossutil_checkpoint/of-another", "big"]
    );
    std::fs::remove_file(world.path(".ossutil_checkpoint/of-another")).expect("it is there");
    let _ = world.run(&arguments).ok();
    assert_eq!(tree(world.home.path()), ["big"]);
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

/// Of several uploads the one is gone on with that has most of the file, not the one that has most;
/// and a part that is not the file's is sent again.
#[test]
fn each_part_of_an_upload_of_others_is_compared() {
    let world = World::new();
    let content: Vec<u8> = (0..400_000_u32).map(|n| (n % 253) as u8).collect();
    world.write("big", &content);
    let part = |at: usize| &content[at * 102_400..(at + 1) * 102_400];
    let like = world.upload("big", &[]);
    world.part("big", &like, 1, part(0));
    world.part("big", &like, 2, part(1));
    let unlike = world.upload("big", &[]);
    for (number, content) in [(1, part(0)), (2, part(2)), (3, part(1))] {
        world.part("big", &unlike, number, content);
    }
    let options = ["--bigfile-threshold", "1", "--part-size", "102400", "-f", "--adopt"];
    let arguments = [&["cp", "big", "oss://bkt/"][..], &options].concat();
    let sent = |world: &World, upload: &str| -> Vec<String> {
        let requests = world.requests().into_iter().filter(|line| line.contains(upload));
        let numbers = requests.filter_map(|line| {
            let (_, rest) = line.strip_prefix("PUT /bkt/big?")?.split_once("partNumber=")?;
            Some(rest.split_once('&')?.0.to_owned())
        });
        let mut numbers: Vec<String> = numbers.collect();
        numbers.sort();
        numbers
    };
    let _ = world.run(&arguments).ok();
    assert!(world.content("big") == content);
    assert_eq!(sent(&world, &like), ["3", "4"]);
    assert_eq!(sent(&world, &unlike), [""; 0]);
    let _ = world.run(&arguments).ok();
    assert!(world.content("big") == content);
    assert_eq!(sent(&world, &unlike), ["2", "3", "4"]);
    assert_eq!(world.count("POST /bkt/big?uploads"), 0, "none was begun");
    assert!(world.run(&["ls", "-m", "-s", "oss://bkt"]).ok().stdout.contains("Number is: 0"));
}
