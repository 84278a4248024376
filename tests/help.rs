//! Help: every command explains itself, and its examples work as printed.

use crate::support::{World, finish};

/// The commands that `ossutil help` lists.
pub(crate) fn commands(world: &World) -> Vec<String> {
    let help = world.run(&["help"]).ok().stdout.clone();
    let (_, rest) = help.split_once("Commands:\n").expect("a list of commands");
    let lines = rest.lines().take_while(|line| !line.is_empty());
    // Lines that are indented further go on with a description.
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !["", "help"].contains(name)).map(str::to_owned).collect()
}

#[test]
fn help_and_version() {
    let world = World::new();
    for arguments in [&[][..], &["help"], &["--help"], &["-h"]] {
        let run = world.run(arguments);
        for command in ["abort", "listpart", "ls"] {
            assert!(run.ok().stdout.contains(&format!("\n  {command} ")), "{command}");
        }
    }
    for arguments in [&["-v"][..], &["--version"]] {
        let version = concat!("ossutil version: v", env!("CARGO_PKG_VERSION"), "\n");
        assert_eq!(world.run(arguments).ok().stdout, version);
    }
    assert_eq!(world.run(&["help", "ls"]).ok().stdout, world.run(&["ls", "--help"]).ok().stdout);
}

/// What ossutil 1 or 2 calls a command works too, and a word that is nearly one is pointed out.
#[test]
fn aliases() {
    let world = World::new();
    let without_time = |words: &[&str]| world.run(words).ok().without_time();
    assert_eq!(without_time(&["list", "oss://bkt"]), without_time(&["ls", "oss://bkt"]));
    assert_eq!(without_time(&["-s", "list"]), without_time(&["ls", "-s"]));
    let help = world.run(&["help", "list"]).ok().stdout.clone();
    assert_eq!(help, world.run(&["list", "--help"]).ok().stdout);
    assert!(help.contains("\nAlso called: list\n"), "{help}");
    assert!(world.run(&["help"]).ok().stdout.contains("[alias: list]"));
    world.run(&["remov", "oss://bkt"]).fails(1, &["hint: ", "'remove'"]);
}

/// Runs each example line in a shell, with the sandbox behind it and the id of a real upload in
/// place of `UPLOADID`. `bucket` is the bucket's name there.
#[cfg(unix)]
#[test]
fn examples_work_as_printed() {
    for command in commands(&World::new()) {
        let world = World::new();
        let help = world.run(&[&command, "--help"]).stdout;
        std::fs::write(world.home.path().join("video.mp4"), "xxxxx").expect("written");
        world.object("photo.jpg", b"xxxxx");
        for (key, class) in [("archive/film.mp4", "Archive"), ("cold/film.mp4", "ColdArchive")] {
            world.put_with(key, "", &[("x-oss-storage-class", class)], b"xxxxx");
        }
        let (_, examples) = help.split_once("Examples:\n").expect("examples");
        let lines = examples.lines().filter_map(|line| line.strip_prefix("  ossutil "));
        let mut count = 0;
        for line in lines {
            count += 1;
            // Those that serve until they are stopped are not for here.
            if command == "sandbox" && !line.contains("demo") && !line.contains("exec") {
                continue;
            }
            let id = world.upload("video.mp4", &[5]);
            let line = format!("ossutil {line}")
                .replace("UPLOADID", &id)
                .replace("oss://bucket", "oss://bkt")
                .replace("--bucketname bucket", "--bucketname bkt");
            if line.contains("--checksum") {
                let _ = world.run(&["rm", "-m", "oss://bkt/video.mp4"]).ok();
                let id = world.upload("video.mp4", &[]);
                world.part("video.mp4", &id, 1, b"xxxxx");
            }
            let line = match line.contains("--follow") {
                // What is followed must end some time.
                true => format!("(sleep 1; ossutil rm -m oss://bkt/video.mp4) & {line}"),
                false => line,
            };
            let line = line.replace("ossutil ", concat!(env!("CARGO_BIN_EXE_ossutil"), " "));
            let mut shell = std::process::Command::new("bash");
            shell.args(["-c", &format!("set -o pipefail; {line}")]);
            shell.current_dir(world.home.path()).env_clear();
            for (name, value) in world.command().get_envs() {
                shell.env(name, value.unwrap_or_default());
            }
            let run = finish(&mut shell, "y\n");
            assert_eq!(run.code, 0, "{line}: {run:?}");
        }
        assert!(count > 1, "{command} has examples");
    }
}
