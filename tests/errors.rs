//! What is wrong is said in one sentence, with a hint, on standard error, and with a status.

use std::fs;

use crate::support::{World, finish};

#[test]
fn refusals_of_the_service() {
    let world = World::new();
    let id = world.upload("k", &[1]);
    let form = "Error: oss: service returned error: StatusCode=";
    for (arguments, code) in [
        (&["ls", "-m", "oss://missing"][..], "404, ErrorCode=NoSuchBucket"),
        (&["listpart", "oss://bkt/k", "NOSUCH"], "404, ErrorCode=NoSuchUpload"),
        (&["listpart", "oss://bkt/other", &id], "404, ErrorCode=NoSuchUpload"),
        (&["ls", "-i", "nobody", "-k", "x"], "403, ErrorCode=InvalidAccessKeyId"),
        (&["ls", "-i", "sandbox", "-k", "wrong"], "403, ErrorCode=SignatureDoesNotMatch"),
        (
            &["ls", "-i", "sandbox", "-k", "wrong", "--sign-version", "v1"],
            "403, ErrorCode=SignatureDoesNotMatch",
        ),
        (&["ls", "--mode", "Anonymous"], "403, ErrorCode=AccessDenied"),
    ] {
        let run = world.run(arguments);
        let _ = run.fails(2, &[form, code, "RequestId=", "\nhint: "]);
        assert_eq!(run.stdout, "", "{arguments:?}");
    }
}

#[test]
fn wrong_command_lines() {
    let world = World::new();
    for (arguments, text) in [
        (&["listpart"][..], "needs at least 2 arguments"),
        (&["listpart", "oss://bkt", "ID"], "object name is empty"),
        (&["listpart", "bkt/k", "ID"], "please make sure the url starts with"),
        (&["ls", "oss://AB"], "bucket name AB len is between"),
        (&["ls", "oss:///k"], "miss bucket"),
        (&["ls", "oss://bkt/%zz", "--encoding-type", "url"], "not url encoded"),
        (&["ls", "oss://bkt", "--exclude", "["], "malformed"),
        (&["ls", "oss://bkt", "--include="], "is empty"),
        (&["ls", "oss://bkt", "--limited-num", "x"], "x"),
        (&["ls", "oss://bkt", "--retry-times", "0"], "retry_times"),
        (&["ls", "oss://bkt", "--sign-version", "v9"], "v9"),
        (&["ls", "oss://bkt", "--payer", "me"], "invalid request payer"),
        (&["ls", "oss://bkt", "--nosuch"], "--nosuch"),
        (&["ls", "--endpoint"], "requires argument"),
        (&["ls", "-e", "ftp://x"], "ftp://x"),
        (&["lsit"], "lsit"),
        (&["rm", "-m", "oss://bkt"], "miss object"),
        (&["abort", "oss://bkt"], "object name is empty"),
        (&["abort", "oss://bkt/k", ""], "an upload id is empty"),
    ] {
        let run = world.run(arguments);
        let _ = run.fails(1, &["Error: ", text, "hint: "]);
        assert_eq!(run.stdout, "", "{arguments:?}");
    }
    let _ = world.run(&["lsit"]).fails(1, &["'ls'"]);
}

#[test]
fn connections_that_fail() {
    let world = World::new();
    let refused = ["ls", "-e", "http://127.0.0.1:1", "--retry-times", "1"];
    let _ = world.run(&refused).fails(3, &["Error: ", "127.0.0.1:1", "hint: check the endpoint"]);
    let endpoint = world.sandbox.endpoint().replace("http:", "https:");
    let run = world.run(&["ls", "-e", &endpoint, "--retry-times", "1"]);
    let _ = run.fails(3, &["Error: ", "hint: for a server without TLS"]);
}

#[test]
fn configurations_that_are_wrong() {
    let world = World::new();
    let bare = |arguments: &[&str]| {
        let mut command = world.command();
        for name in ["OSS_ENDPOINT", "OSS_REGION", "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET"] {
            command.env_remove(name);
        }
        finish(command.args(arguments), "")
    };
    let _ = bare(&["ls"]).fails(1, &["endpoint is empty", "hint: "]);
    let _ = bare(&["ls", "-e", "h"]).fails(1, &["accessKeyID is empty", "hint: "]);
    let _ = bare(&["ls", "-e", "h", "-i", "x"]).fails(1, &["accessKeySecret is empty", "hint: "]);
    let _ = bare(&["ls", "-c", "nosuch"]).fails(1, &["nosuch", "does not exist", "hint: "]);

    let file = world.home.path().join("broken");
    let path = file.to_str().expect("UTF-8");
    fs::write(&file, "[profiles.x\nendpoint = 1").expect("written");
    let _ = bare(&["ls", "-c", path]).fails(1, &["broken:1", "hint: "]);
    let _ = bare(&["help"]).code;
    fs::write(&file, "retry_times = \"often\"\n").expect("written");
    let _ = bare(&["ls", "-c", path]).fails(1, &["often", "retry_times", "broken:1"]);
    fs::write(&file, "endpoint = \"h\"\n").expect("written");
    let _ = bare(&["ls", "-c", path, "--profile", "prod"]).fails(1, &["prod"]);
    let folder = world.home.path().to_str().expect("UTF-8");
    let _ = bare(&["ls", "-c", folder]).fails(1, &["Error: "]);
}

#[test]
fn a_file_in_each_format_is_enough() {
    let world = World::new();
    let endpoint = world.sandbox.endpoint();
    let toml = format!(
        "[profiles.default]\nendpoint = \"{endpoint}\"\naccess_key_id = \"sandbox\"\n\
         access_key_secret = \"sandbox-secret\"\n"
    );
    let first = format!(
        "[Credentials]\nlanguage=EN\nendpoint={endpoint}\naccessKeyID=sandbox\n\
         accessKeySecret=sandbox-secret\n"
    );
    let second = format!(
        "[default]\nendpoint = {endpoint}\nregion = cn-hangzhou\naccess-key-id = sandbox\n\
         access-key-secret = sandbox-secret\n"
    );
    for text in [toml, first, second] {
        let file = world.home.path().join("conf");
        fs::write(&file, &text).expect("written");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("0600");
        }
        let mut command = world.command();
        for name in ["OSS_ENDPOINT", "OSS_REGION", "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET"] {
            command.env_remove(name);
        }
        let run = finish(command.args(["-c", "conf", "ls", "-s"]), "");
        assert_eq!(run.ok().without_time(), "oss://bkt\nBucket Number is: 1", "{text}");
    }
}

#[test]
fn secrets_are_never_printed() {
    let world = World::new();
    let secret = "very-secret-text";
    for level in ["info", "debug"] {
        for arguments in
            [&["ls", "-k", secret][..], &["ls", "-k", secret, "-t", "token-very-secret-text"]]
        {
            let run = world.run(&[arguments, &["--loglevel", level]].concat());
            assert_ne!(run.code, 0);
            assert!(!(run.stdout + &run.stderr).contains(secret));
        }
    }
}

#[test]
fn a_log_goes_to_a_file_that_is_its_owners_alone() {
    let world = World::new();
    let run = world.run(&["ls", "-s", "--loglevel", "debug", "--log-file", "~/run.log"]);
    assert_eq!(run.ok().without_time(), "oss://bkt\nBucket Number is: 1");
    let path = world.home.path().join("run.log");
    let log = fs::read_to_string(&path).expect("a log");
    assert!(log.contains("ListBuckets") && !log.contains('\u{1b}'), "{log}");
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::MetadataExt::mode(&fs::metadata(&path).expect("a file"));
        assert_eq!(mode & 0o777, 0o600);
    }
    let run = world.run(&["ls", "--log-file", "none/run.log"]);
    let _ = run.fails(1, &["cannot log to none/run.log (from the option --log-file)"]);
}

#[test]
fn a_quiet_run_says_what_it_found_alone() {
    let run = World::new().run(&["ls", "-s", "-q"]);
    assert_eq!(run.ok().stdout, "oss://bkt\nBucket Number is: 1\n");
}

#[test]
fn the_settings_may_say_who_pays() {
    let world = World::new();
    fs::write(world.home.path().join("config"), "payer = 'me'\n").expect("config");
    let _ = world.run(&["ls"]).fails(1, &["invalid request payer: me", "config:1"]);
    let _ = world.run(&["ls", "--payer", "requester"]).without_time();
}

#[cfg(unix)]
#[test]
fn a_program_on_path_is_a_command() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    let program = world.home.path().join("ossutil-hi");
    fs::write(&program, "#!/bin/sh\necho \"$1 $OSS_ENDPOINT\"; exit 7\n").expect("written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("0700");
    let path = format!("{}:/bin:/usr/bin", world.home.path().display());
    let run =
        finish(world.command().env("PATH", path).args(["-e", "http://given", "hi", "-x"]), "");
    assert_eq!((run.code, run.stdout.as_str()), (7, "-x http://given\n"));
}
