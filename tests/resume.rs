//! `resume`: what it keeps, what it sends, what it refuses; killed, damaged, changed, interrupted.

use std::{
    collections::BTreeMap,
    fs,
    io::{Seek, SeekFrom, Write},
    process::{Child, Stdio},
    time::Duration,
};

use crate::{
    support::{Run, World, finish},
    wire::{Fault, wire},
};

/// The size of the parts, the least that one in the middle may have, in bytes.
const PART: usize = 102_400;

/// Letters that repeat nowhere soon, from a seed.
fn letters(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        b'a' + u8::try_from(state % 26).unwrap()
    };
    (0..length).map(|_| next()).collect()
}

/// Writes a file beside the binary's working folder.
fn file(world: &World, content: &[u8]) {
    fs::write(world.home.path().join("file"), content).expect("written");
}

/// An upload of which these parts of `content` have arrived.
fn arrived(world: &World, key: &str, content: &[u8], numbers: &[u32]) -> String {
    let id = world.upload(key, &[]);
    for &number in numbers {
        let part = content.chunks(PART).nth(number as usize - 1).expect("a part");
        world.part(key, &id, number, part);
    }
    id
}

/// How often each part was taken by the sandbox.
fn taken(world: &World, id: &str) -> BTreeMap<u32, usize> {
    let mut counts = BTreeMap::new();
    for record in world.sandbox.requests() {
        let is_part = record.method == "PUT" && record.status == 200 && record.target.contains(id);
        let Some((_, rest)) = record.target.split_once("partNumber=").filter(|_| is_part) else {
            continue;
        };
        let number = rest.split('&').next().and_then(|number| number.parse().ok());
        *counts.entry(number.expect("a number")).or_default() += 1;
    }
    counts
}

fn start(world: &World, arguments: &[&str]) -> Child {
    let mut command = world.command();
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("runs")
}

/// Waits until so many parts are there, or the run has ended.
fn wait_for_parts(world: &World, id: &str, count: usize, child: &mut Child) {
    while taken(world, id).len() < count && child.try_wait().expect("a state").is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn end(child: Child) -> Run {
    let output = child.wait_with_output().expect("ends");
    Run {
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        code: output.status.code().unwrap_or(-1),
    }
}

/// Runs a line in a shell, in the environment of the binary.
#[cfg(unix)]
fn shell(world: &World, line: &str) -> Run {
    let mut shell = std::process::Command::new("bash");
    shell.args(["-c", line]).current_dir(world.home.path()).env_clear();
    for (name, value) in world.command().get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    finish(&mut shell, "")
}

#[test]
fn keeps_what_matches_and_sends_the_rest() {
    let world = World::new();
    let content = letters(1, 5 * PART + 7);
    file(&world, &content);
    let id = arrived(&world, "a b", &content, &[1, 3, 6]);
    world.part("a b", &id, 4, &letters(2, PART));
    let before = taken(&world, &id);
    let run = world.run(&["resume", "oss://bkt/a b", &id, "file"]);
    let done = "Succeed: Completed oss://bkt/a b: kept 3 parts, 0.20 MB, sent 3 parts, 0.29 MB. \
                512007 bytes, CRC64 ";
    assert!(run.ok().stdout.starts_with(done), "{run:?}");
    assert_eq!(world.content("a b"), content);
    let sent: Vec<u32> = taken(&world, &id)
        .into_iter()
        .filter(|(number, count)| before.get(number).copied().unwrap_or_default() < *count)
        .map(|(number, _)| number)
        .collect();
    assert_eq!(sent, [2, 4, 5]);
}

#[test]
fn without_parts_the_size_is_chosen_and_an_empty_file_is_one_part() {
    let world = World::new();
    for (content, size, parts) in [(letters(1, 250_000), "102400", 3), (Vec::new(), "102400", 1)] {
        file(&world, &content);
        let id = world.upload("k", &[]);
        let arguments = ["resume", "--overwrite", "--part-size", size, "oss://bkt/k", "file"];
        let _ = world.run(&arguments).ok();
        assert_eq!(world.content("k"), content);
        assert_eq!(taken(&world, &id).len(), parts);
    }
    let run = world.run(&["resume", "--part-size", "1", "oss://bkt/k", "file"]);
    let _ = run.fails(1, &["--part-size"]);
}

#[test]
fn a_layout_that_cannot_be_the_files_is_refused_by_part() {
    let world = World::new();
    let content = letters(1, 4 * PART);
    file(&world, &content);
    for (sizes, text) in [
        (
            &[PART, PART, PART - 5][..],
            "part 3 has 102395 bytes where the others have 102400, and it is not the last",
        ),
        (&[PART; 5], "part 5 reaches to byte 512000, and the content has 409600 bytes"),
        (&[PART, PART, PART, 9], "part 4 has 9 bytes where the content has 102400 left"),
        (&[9], "the parts have 9 bytes"),
    ] {
        let id = world.upload("k", sizes);
        let before = taken(&world, &id);
        let run = world.run(&["resume", "oss://bkt/k", &id, "file"]);
        let _ = run.fails(3, &[text, "hint: is this what the upload was begun with?"]);
        assert_eq!(taken(&world, &id), before, "nothing is sent");
    }
}

#[test]
fn what_is_missing_or_in_the_way_is_said() {
    let world = World::new();
    file(&world, b"xxxxx");
    let id = world.upload("k", &[5]);
    let _ = world.run(&["resume", "oss://bkt/k", &id, "nofile"]).fails(3, &["cannot read nofile"]);
    let _ = world
        .run(&["resume", "oss://bkt/k", &id, "."])
        .fails(3, &["cannot read .: not a regular file"]);
    let _ = world.run(&["resume", "oss://bkt/k", "NOSUCH", "file"]).fails(2, &["NOSUCH"]);
    let _ = world.run(&["resume", "oss://bkt/none", "file"]).fails(2, &["no unfinished upload"]);
    let _ = world.run(&["resume", "oss://bkt/k"]).fails(1, &["FILE"]);
    let _ = world.run(&["resume", "-j", "0", "oss://bkt/k", "file"]).fails(1, &["0"]);
    world.object("k", b"old");
    let run = world.run(&["resume", "oss://bkt/k", "file"]);
    let _ = run.fails(3, &["exists already", "--overwrite"]);
    assert_eq!(world.content("k"), b"old");
    let other = world.upload("k", &[5]);
    let run = world.run(&["resume", "--overwrite", "oss://bkt/k", "file"]);
    let _ = run.fails(1, &["2 unfinished uploads", &id, &other]);
    let _ = world.run(&["resume", "--overwrite", "oss://bkt/k", &id, "file"]).ok();
    assert_eq!(world.content("k"), b"xxxxx");
}

#[test]
fn an_upload_that_was_completed_from_the_same_file_is_done() {
    let world = World::new();
    let content = letters(1, 2 * PART);
    file(&world, &content);
    let id = arrived(&world, "k", &content, &[1, 2]);
    let _ = world.run(&["complete", "-f", "oss://bkt/k", &id]).ok();
    for arguments in
        [&["resume", "oss://bkt/k", id.as_str(), "file"][..], &["resume", "oss://bkt/k", "file"]]
    {
        let run = world.run(arguments);
        assert!(run.ok().stdout.contains("is complete already, 204800 bytes"), "{run:?}");
    }
    file(&world, &letters(2, 2 * PART));
    let _ = world.run(&["resume", "oss://bkt/k", &id, "file"]).fails(2, &["does not exist"]);
}

#[test]
fn standard_input_is_as_good_as_a_file() {
    let world = World::new();
    let content = letters(3, 4 * PART + 1);
    let text = String::from_utf8(content.clone()).expect("letters");
    let id = arrived(&world, "k", &content, &[2, 5]);
    let run = world.run_with(&["resume", "oss://bkt/k", &id, "-"], &text);
    assert!(run.ok().stdout.contains("kept 2 parts"), "{run:?}");
    assert_eq!(world.content("k"), content);
    // A multiple of the part size ends with a whole part.
    let id = arrived(&world, "k2", &content, &[1]);
    let run = world.run_with(&["resume", "oss://bkt/k2", &id, "-"], &text[..3 * PART]);
    assert!(run.ok().stdout.contains("kept 1 parts"), "{run:?}");
    assert_eq!(world.content("k2"), &content[..3 * PART]);
}

/// A pipe has no size, and is not an empty file.
#[cfg(unix)]
#[test]
fn a_named_pipe_is_read_like_standard_input() {
    let world = World::new();
    let content = letters(3, 2 * PART + 1);
    file(&world, &content);
    let id = arrived(&world, "k", &content, &[2]);
    let line = format!("{} resume oss://bkt/k {id} <(cat file)", env!("CARGO_BIN_EXE_ossutil"));
    let run = shell(&world, &line);
    assert!(run.ok().stdout.contains("kept 1 parts"), "{run:?}");
    assert_eq!(world.content("k"), content);
}

#[test]
fn standard_input_that_is_not_what_has_arrived_is_refused() {
    let world = World::new();
    let content = letters(3, 4 * PART + 1);
    let text = String::from_utf8(content.clone()).expect("letters");
    let id = arrived(&world, "k", &content, &[1, 2, 4]);
    let arguments = ["resume", "oss://bkt/k", &id, "-"];
    let run = world.run_with(&arguments, &text[..3 * PART]);
    let _ = run.fails(3, &["part 4 reaches to byte 409600, and the content has 307200 bytes"]);
    world.part("k", &id, 3, b"short");
    let run = world.run_with(&arguments, &text);
    let _ = run.fails(3, &["part 3 has 5 bytes where the others have 102400"]);
    let _ = world.run(&["listpart", "oss://bkt/k", &id]).ok();
}

/// Twenty uploads, each stopped dead somewhere else and gone on with.
#[cfg(unix)]
#[test]
fn killed_at_any_moment_nothing_that_arrived_is_sent_again() {
    const PARTS: usize = 200;
    const PARALLEL: usize = 4;
    let world = World::new_slow(Duration::from_millis(2));
    let mut random = 1_u64;
    let mut content = letters(1, (PARTS - 1) * PART + 5000);
    for round in 0..20_u8 {
        content.chunks_mut(PART).for_each(|part| part[0] = b'A' + round);
        file(&world, &content);
        let id = world.upload("k", &[]);
        let arguments = [
            "resume",
            "--overwrite",
            "-j",
            "4",
            "--part-size",
            "102400",
            "oss://bkt/k",
            &id,
            "file",
        ];
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let goal = usize::try_from((random >> 33) % PARTS as u64).expect("small");
        let mut child = start(&world, &arguments);
        wait_for_parts(&world, &id, goal, &mut child);
        child.kill().expect("killed");
        child.wait().expect("ended");

        let listed = world.run(&["listpart", "oss://bkt/k", &id]).stdout;
        let numbers =
            listed.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok());
        let there: Vec<u32> = numbers.collect();
        let before = taken(&world, &id);
        let _ = world.run(&arguments).ok();
        assert!(world.content("k") == content, "round {round}, killed after {goal} parts");
        let after = taken(&world, &id);
        assert_eq!(after.len(), PARTS);
        for number in there {
            assert_eq!(after[&number], before[&number], "part {number} of round {round} again");
        }
        let twice: usize = after.values().sum::<usize>() - PARTS;
        assert!(twice <= PARALLEL, "round {round}: {twice} parts were sent twice");
    }
}

#[test]
fn a_part_that_arrives_damaged_is_sent_again_and_a_lost_answer_is_looked_up() {
    for fault in [Fault::Damage("PUT "), Fault::LoseAnswer("PUT "), Fault::LoseAnswer("POST ")] {
        let world = World::new();
        let content = letters(1, 3 * PART);
        file(&world, &content);
        let id = arrived(&world, "k", &content, &[2]);
        let endpoint = wire(&world, fault);
        let _ = world.run(&["resume", "oss://bkt/k", &id, "file", "-e", &endpoint]).ok();
        assert_eq!(world.content("k"), content);
        let again = usize::from(!matches!(fault, Fault::LoseAnswer("POST ")));
        assert_eq!(taken(&world, &id).values().sum::<usize>(), 3 + again);
    }
}

#[test]
fn a_file_that_changes_meanwhile_makes_no_object() {
    let world = World::new_slow(Duration::from_millis(20));
    let mut content = letters(1, 30 * PART);
    file(&world, &content);
    let id = world.upload("k", &[]);
    let arguments =
        ["resume", "-j", "1", "--part-size", "102400", "oss://bkt/k", id.as_str(), "file"];
    let mut child = start(&world, &arguments);
    wait_for_parts(&world, &id, 3, &mut child);
    let path = world.home.path().join("file");
    let mut handle = fs::File::options().write(true).open(path).expect("opens");
    handle.seek(SeekFrom::Start(0)).expect("sought");
    handle.write_all(b"CHANGED").expect("written");
    content[..7].copy_from_slice(b"CHANGED");
    let words = format!("oss://bkt/k {id}");
    let lines = [format!("ossutil resume {words} file"), format!("ossutil abort {words}")];
    let _ = end(child).fails(3, &["the file changed", &lines[0], &lines[1]]);
    let run = world.run(&arguments);
    assert!(run.ok().stdout.contains("kept 29 parts"), "{run:?}");
    assert_eq!(world.content("k"), content);
}

/// The lines that a stopped run leaves work as they are.
#[cfg(unix)]
#[test]
fn an_interrupted_run_says_how_to_go_on() {
    let world = World::new_slow(Duration::from_millis(20));
    let content = letters(1, 30 * PART);
    file(&world, &content);
    fs::rename(world.home.path().join("file"), world.home.path().join("it's")).expect("renamed");
    let id = world.upload("a b", &[]);
    let mut child = start(
        &world,
        &["resume", "--overwrite", "-j", "2", "--part-size", "102400", "oss://bkt/a b", "it's"],
    );
    wait_for_parts(&world, &id, 5, &mut child);
    let pid = child.id().to_string();
    let kill = std::process::Command::new("kill").args(["-INT", &pid]).status();
    assert!(kill.expect("kill runs").success());
    let run = end(child);
    let _ = run.fails(5, &["interrupted", "ossutil abort 'oss://bkt/a b'"]);
    let line = run.stderr.lines().find_map(|line| line.strip_prefix("hint: to go on: ossutil "));
    let line = format!("{} {}", env!("CARGO_BIN_EXE_ossutil"), line.expect("how to go on"));
    let run = shell(&world, &line);
    assert!(run.code == 0 && !run.stdout.contains("kept 0 parts"), "{run:?}");
    assert_eq!(world.content("a b"), content);
}
