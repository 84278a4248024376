//! The `sandbox` command: its options, and commands that run with a sandbox of their own.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use crate::support::World;

/// Starts the command; gives the endpoint it prints.
fn serve(world: &World, arguments: &[&str]) -> (Child, String) {
    let mut command = world.command();
    let mut child =
        command.arg("sandbox").args(arguments).stdout(Stdio::piped()).spawn().expect("runs");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("standard output");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    let endpoint = line.trim().strip_prefix("listening on ").expect("an endpoint").to_owned();
    (child, endpoint)
}

#[test]
fn faults_come_from_options_and_files() {
    let world = World::new();
    let file = world.home.path().join("faults.toml");
    std::fs::write(&file, "seed = 3\nfaults = [\"ListBuckets: code=AccessDenied count=1\"]\n")
        .expect("written");
    let file = file.to_str().expect("a name");
    let other = "ListObjects: status=501 code=NotImplemented";
    let (mut child, endpoint) =
        serve(&world, &["--faults", file, "--fault", other, "--seed-random", "4"]);
    let refused = world.run(&["ls", "-e", &endpoint]);
    let _ = refused.fails(2, &["StatusCode=403, ErrorCode=AccessDenied", "A fault of the sandbox"]);
    let _ = world.run(&["ls", "-e", &endpoint]).ok();
    child.kill().expect("ends");
    child.wait().expect("ends");

    let _ = world
        .run(&["sandbox", "--fault", "ListBuckets: status=7"])
        .fails(1, &["from 300 to 599 is wanted"]);
    std::fs::write(file, "fault = []\n").expect("written");
    let _ = world.run(&["sandbox", "--faults", file]).fails(1, &["cannot use the faults in"]);
}

#[cfg(unix)]
#[test]
fn a_command_has_a_sandbox_of_its_own() {
    let world = World::new();
    let ossutil = env!("CARGO_BIN_EXE_ossutil");
    // The sandbox of the world is not the one the command sees, and has a bucket.
    let run = world.run(&["sandbox", "exec", "--", ossutil, "ls"]);
    assert!(run.ok().stdout.contains("Bucket Number is: 0"), "{run:?}");
    let script = "test -z \"$OSS_SESSION_TOKEN\" && echo $OSS_REGION && exit 7";
    let mut command = world.command();
    command.env("OSS_SESSION_TOKEN", "of another account");
    let arguments =
        ["sandbox", "exec", "--region", "eu-central-1", "--", "sh", "-c", script, "sh", "--help"];
    let run = crate::support::finish(command.args(arguments), "");
    assert_eq!((run.code, &*run.stdout, &*run.stderr), (7, "eu-central-1\n", ""));
    let run = world.run(&["sandbox", "exec", "--", "sh", "-c", "kill -KILL $$"]);
    assert_eq!(run.code, 128 + 9);
    let _ = world.run(&["sandbox", "exec"]).fails(1, &["COMMAND"]);
    let _ = world
        .run(&["sandbox", "exec", "--", "no-such-program"])
        .fails(3, &["cannot run no-such-program"]);
}

#[cfg(unix)]
#[test]
fn what_asks_to_end_reaches_the_command() {
    let world = World::new();
    let script = "trap 'echo told; exit 3' TERM; echo ready; while :; do sleep 0.05; done";
    let mut child = world
        .command()
        .args(["sandbox", "exec", "--", "sh", "-c", script])
        .stdout(Stdio::piped())
        .spawn()
        .expect("runs");
    let mut lines = BufReader::new(child.stdout.take().expect("standard output")).lines();
    let mut line = || lines.next().expect("a line").expect("UTF-8");
    assert_eq!(line(), "ready");
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").arg(&id).status().expect("runs").success());
    assert_eq!(line(), "told");
    assert_eq!(child.wait().expect("ends").code(), Some(3));
}
