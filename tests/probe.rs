//! `probe`: the way to the service and how fast it is; what is uploaded does not stay.

use serde_json::Value;

use crate::support::{Run, World};

fn probe(world: &World, line: &str) -> Run {
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    world.run(&[&["probe"], &words[..]].concat())
}

/// What a probe measured.
fn measured(world: &World, line: &str) -> (String, u64) {
    let run = probe(world, &format!("{line} --output-format json"));
    let found: Value = serde_json::from_str(&run.ok().stdout).expect("JSON");
    let [measurement] = &found["measurements"].as_array().expect("a list")[..] else {
        panic!("{found}")
    };
    assert!(measurement["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0), "{found}");
    let what = measurement["what"].as_str().expect("a word").to_owned();
    (what, measurement["bytes"].as_u64().expect("a number"))
}

fn leftovers(world: &World) -> String {
    let list = world.run(&["ls", "-a", "-s", "oss://bkt"]).ok().without_time();
    list.lines().filter(|line| line.contains("oss://")).collect::<Vec<_>>().join(" ")
}

#[test]
fn uploads_are_timed_and_removed() {
    let world = World::new();
    std::fs::write(world.home.path().join("f"), vec![b'x'; 300_000]).expect("written");
    for (mode, what) in
        [("normal", "upload"), ("append", "append"), ("multipart", "multipart upload")]
    {
        let line = format!("--upload --bucketname bkt --upmode {mode}");
        assert_eq!(measured(&world, &line), (what.to_owned(), 16 << 20));
        let line = format!("--upload f --bucket bkt --object o --upmode {mode} --part-size 102400");
        assert_eq!(measured(&world, &line), (what.to_owned(), 300_000));
        assert_eq!(leftovers(&world), "", "{mode}");
    }
    let run = probe(&world, "--upload --bucketname bkt");
    let shown = run.ok().without_time();
    for step in ["DNS", "TCP", "HTTP", "clock", "upload"] {
        assert!(shown.contains(&format!("ok    {step} ")), "{shown}");
    }
}

#[test]
fn nothing_is_written_over() {
    let world = World::new();
    world.object("o", b"mine");
    for mode in ["normal", "append", "multipart"] {
        let run = probe(&world, &format!("--upload --bucketname bkt --object o --upmode {mode}"));
        run.fails(1, &["there is an object o already"]);
    }
    assert_eq!(world.content("o"), b"mine");
    std::fs::write(world.home.path().join("f"), "mine").expect("written");
    probe(&world, "--download f --bucketname bkt --object o").fails(1, &["f is there already"]);
}

#[test]
fn downloads_are_timed() {
    let world = World::new();
    world.object("o", &vec![b'x'; 300_000]);
    let object = "--bucketname bkt --object o";
    for (line, what, bytes) in [
        (format!("--download {object}"), "download", 300_000),
        ("--download --bucketname bkt".to_owned(), "download", 16 << 20),
        (
            format!("--probe-item download-time {object} --part-size 102400"),
            "download-time",
            300_000,
        ),
    ] {
        assert_eq!(measured(&world, &line), (what.to_owned(), bytes), "{line}");
    }
    probe(&world, &format!("--download copy {object}")).ok();
    assert_eq!(std::fs::read(world.home.path().join("copy")).expect("a file").len(), 300_000);
    assert_eq!(leftovers(&world), "oss://bkt/o");
    probe(&world, "--download --bucketname bkt --object none").fails(2, &["NoSuchKey"]);

    let url = world.run(&["sign", "oss://bkt/o"]).ok().without_time();
    assert_eq!(
        measured(&world, &format!("--download --url {url}")),
        ("download".to_owned(), 300_000)
    );
    let run = probe(&world, &format!("--download --url {url}x"));
    run.fails(2, &["the URL is answered with 403"]);
    assert!(!run.stdout.contains("Signature="), "{run:?}");
    probe(&world, "--download --url bkt").fails(1, &["this is no URL"]);
}

#[test]
fn speed_is_measured_for_a_while() {
    let world = World::new();
    for item in ["upload-speed", "download-speed"] {
        let line = format!("--probe-item {item} --bucketname bkt --runtime 1 --part-size 102400");
        let (what, bytes) = measured(&world, &line);
        assert!(what == item && bytes >= 102_400, "{what}: {bytes}");
        assert_eq!(leftovers(&world), "", "{item}");
    }
}

#[test]
fn a_failed_upload_leaves_nothing() {
    let fault = "CompleteMultipartUpload: status=403 code=AccessDenied";
    let world = World::with(|builder| builder.fault(fault.parse().expect("a fault")));
    let run = probe(&world, "--upload --bucketname bkt --upmode multipart");
    run.fails(2, &["AccessDenied"]);
    assert_eq!(leftovers(&world), "");
}

/// What is uploaded is removed too when the user has had enough: objects, and what is unfinished.
#[cfg(unix)]
#[test]
fn an_interrupted_upload_leaves_nothing() {
    for (line, sign_of_life) in [
        ("--probe-item upload-speed --bucketname bkt --runtime 600 --part-size 102400", "PUT "),
        ("--upload f --bucketname bkt --upmode multipart --part-size 102400", "partNumber="),
    ] {
        let world = World::new_slow(std::time::Duration::from_millis(20));
        std::fs::write(world.home.path().join("f"), vec![b'x'; 40 << 20]).expect("written");
        let words: Vec<&str> = line.split(' ').collect();
        let mut child = world
            .command()
            .arg("probe")
            .args(words)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the binary runs");
        let has_begun = |request: &String| {
            request.contains("/ossutil-probe-") && request.contains(sign_of_life)
        };
        while !world.requests().iter().any(has_begun) {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let kill =
            std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(kill.expect("kill runs").success());
        assert_eq!(child.wait().expect("it ends").code(), Some(5), "{line}");
        assert_eq!(leftovers(&world), "", "{line}");
    }
}

#[test]
fn who_is_not_there_is_said() {
    let world = World::new();
    let run = probe(&world, "--upload --bucketname bkt -e http://127.0.0.1:1 --connect-timeout 2");
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stdout.contains("FAIL  TCP") && run.stdout.contains("skip  HTTP"), "{run:?}");
    probe(&world, "--upload").fails(1, &["--bucketname is missing"]);
    probe(&world, "--upload --bucketname Bkt").fails(1, &["lowercase"]);
    let large = "--probe-item upload-speed --bucketname bkt --part-size 5368709120";
    probe(&world, large).fails(1, &["this is held in memory"]);
    probe(&world, "").fails(1, &["--upload"]);
    probe(&world, "--upload --download").fails(1, &["cannot be used with"]);
}

#[cfg(unix)]
#[test]
fn circles_of_symbolic_links_are_found() {
    use std::os::unix::fs::symlink;
    let world = World::new();
    let folder = world.home.path().join("tree");
    std::fs::create_dir_all(folder.join("a/b")).expect("made");
    symlink("nowhere", folder.join("a/dangling")).expect("linked");
    symlink("../b", folder.join("a/b-again")).expect("linked");
    let run = probe(&world, "--probe-item cycle-symlink tree");
    assert_eq!(run.ok().without_time(), "\n success");
    symlink("../..", folder.join("a/b/up")).expect("linked");
    symlink("self", folder.join("a/self")).expect("linked");
    let run = probe(&world, "--probe-item cycle-symlink tree");
    run.fails(3, &["2 symbolic links lead back"]);
    assert!(run.stdout.contains("tree/a/b/up leads back to "), "{run:?}");
    assert!(run.stdout.contains("tree/a/self leads back to tree/a/self\n"), "{run:?}");
    probe(&world, "--probe-item cycle-symlink none").fails(3, &["cannot look through none"]);
}
