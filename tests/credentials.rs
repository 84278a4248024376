//! Where credentials come from: each source with the built binary, and the order among them.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use jiff::{SignedDuration, Timestamp};
use ossutil_sandbox::Sandbox;

use crate::support::{Run, World, finish};

const SECRET: &str = "sts-secret-text";
const TOKEN: &str = "sts-token-text";

/// What `ls -s` prints.
const LISTING: &str = "oss://bkt\nBucket Number is: 1";

/// A sandbox that knows `sandbox`, and the temporary key `STS.x`.
#[expect(clippy::disallowed_methods, reason = "a test gives its sandbox the time")]
fn world() -> World {
    let end = Timestamp::now() + SignedDuration::from_hours(1);
    World::with(|builder| builder.temporary_key("STS.x", SECRET, TOKEN, end))
}

/// The temporary key as JSON, for an hour.
#[expect(clippy::disallowed_methods, reason = "a test's stand-in issues credentials")]
fn temporary() -> String {
    let end = Timestamp::now() + SignedDuration::from_hours(1);
    format!(
        r#"{{"AccessKeyId":"STS.x","AccessKeySecret":"{SECRET}","SecurityToken":"{TOKEN}","Expiration":"{end}"}}"#
    )
}

fn granted() -> String {
    format!(r#"{{"Credentials":{}}}"#, temporary())
}

/// What a stand-in was asked: target and body.
type Asked = Arc<Mutex<Vec<String>>>;

/// A service that answers every request with a status and what `answer` says.
fn stand_in(status: u16, answer: impl Fn() -> String + Send + 'static) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = Asked::default();
    let kept = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut stream = BufReader::new(stream);
            let (mut first, mut length) = (String::new(), 0);
            stream.read_line(&mut first).expect("a request");
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).expect("a header");
                let Some((name, value)) = line.split_once(':') else { break };
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.trim().parse().expect("a length");
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).expect("a body");
            kept.lock().expect("no panic").push(first + &String::from_utf8_lossy(&body));
            let text = answer();
            let head = format!("HTTP/1.1 {status} Status\r\nconnection: close\r\n");
            let answer = format!("{head}content-length: {}\r\n\r\n{text}", text.len());
            stream.get_mut().write_all(answer.as_bytes()).expect("answered");
        }
    });
    (url, asked)
}

/// The binary without a key pair.
fn bare(world: &World) -> Command {
    let mut command = world.command();
    for name in ["OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET"] {
        command.env_remove(name);
    }
    command
}

fn list(command: &mut Command, arguments: &[&str]) -> Run {
    finish(command.args(["ls", "-s", "--retry-times", "1"]).args(arguments), "")
}

fn assert_lists(command: &mut Command, arguments: &[&str]) {
    let run = list(command, arguments);
    assert_eq!(run.ok().without_time(), LISTING);
}

/// Writes the configuration of a run.
fn configure(world: &World, text: &str) {
    let path = world.home.path().join("config");
    fs::write(&path, text).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("0600");
    }
}

fn configure_aliyun_cli(world: &World, profiles: &str) {
    let folder = world.home.path().join(".aliyun");
    fs::create_dir_all(&folder).expect("a folder");
    let text = format!(r#"{{"current":"default","profiles":[{profiles}]}}"#);
    fs::write(folder.join("config.json"), text).expect("written");
}

#[test]
fn a_temporary_key_pair_needs_its_token() {
    let world = world();
    let pair = ["-i", "STS.x", "-k", SECRET];
    for version in ["v1", "v4"] {
        let version = ["--sign-version", version];
        assert_lists(&mut bare(&world), &[&pair[..], &["-t", TOKEN], &version].concat());
        for (token, code) in [
            (&[][..], "ErrorCode=InvalidAccessKeyId"),
            (&["-t", "another"], "ErrorCode=InvalidSecurityToken"),
            (&["--mode", "AK", "-t", TOKEN], "ErrorCode=InvalidAccessKeyId"),
        ] {
            let run = list(&mut bare(&world), &[&pair[..], token, &version].concat());
            let _ = run.fails(2, &[code, "RequestId=", "hint: "]);
        }
    }
    let run = list(&mut bare(&world), &[&pair[..], &["--mode", "StsToken"]].concat());
    let _ = run.fails(1, &["stsToken is empty", "hint: "]);
}

#[test]
fn a_uri_is_asked_once_a_run() {
    let world = world();
    for number in 0..3 {
        let _ = world.upload(&format!("k{number}"), &[]);
    }
    let (url, asked) = stand_in(200, temporary);
    let mut command = bare(&world);
    let run = finish(
        command.env("ALIBABA_CLOUD_CREDENTIALS_URI", &url).args(["ls", "-m", "oss://bkt"]),
        "",
    );
    assert!(run.ok().stdout.contains("oss://bkt/k2"), "{run:?}");
    configure(&world, &format!("credential_uri = \"{url}\"\n"));
    assert_lists(&mut bare(&world), &[]);
    assert_lists(&mut bare(&world), &["--mode", "uri"]);
    let run = finish(bare(&world).args(["rm", "-mrf", "oss://bkt"]), "");
    let _ = run.ok();
    assert_eq!(asked.lock().expect("no panic").len(), 4);
}

#[cfg(unix)]
#[test]
fn a_command_prints_them() {
    let world = world();
    let path = world.home.path().join("keys");
    fs::write(&path, temporary()).expect("written");
    configure(&world, "credential_process = \"cat keys\"\n");
    assert_lists(&mut bare(&world), &[]);
    for (command, code, text) in [
        ("cat missing", 3, "no credentials from the command cat: it ended with exit status: 1"),
        ("echo sts-secret-text", 3, "no credentials from the command echo: its answer is not JSON"),
    ] {
        configure(&world, &format!("mode = \"Process\"\ncredential_process = \"{command}\"\n"));
        let run = list(&mut bare(&world), &["--loglevel", "debug"]);
        let _ = run.fails(code, &["Error: ", text, "hint: "]);
        assert!(!(run.stdout + &run.stderr).contains(SECRET));
    }
}

#[test]
fn the_aliyun_cli_has_profiles() {
    let world = world();
    let _ = list(&mut bare(&world), &[]).fails(1, &["accessKeyID is empty", "hint: "]);
    configure_aliyun_cli(
        &world,
        r#"{"name":"default","mode":"AK","access_key_id":"sandbox","access_key_secret":"wrong"},
           {"name":"work","mode":"AK","access_key_id":"sandbox","access_key_secret":"sandbox-secret"}"#,
    );
    let _ = list(&mut bare(&world), &[]).fails(2, &["SignatureDoesNotMatch"]);
    assert_lists(bare(&world).env("ALIBABA_CLOUD_PROFILE", "work"), &[]);
    let mut nobody = bare(&world);
    let run = list(nobody.env("ALIBABA_CLOUD_PROFILE", "nobody"), &[]);
    let _ = run.fails(1, &["no profile nobody; its profiles: default, work", "hint: "]);
    let mut disabled = bare(&world);
    let run = list(disabled.env("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "true"), &[]);
    let _ = run.fails(1, &["accessKeyID is empty"]);
    configure(&world, "aliyun_profile = \"work\"\n");
    assert_lists(&mut bare(&world), &[]);
    assert_lists(&mut world.command(), &["--mode", "AliyunCli"]);
}

#[test]
fn a_role_is_assumed() {
    let world = world();
    let (url, asked) = stand_in(200, granted);
    let role = ["--mode", "RamRoleArn", "--ram-role-arn", "acs:ram::1:role/r"];
    let mut command = world.command();
    assert_lists(command.env("ALIBABA_CLOUD_STS_ENDPOINT", &url), &role);
    let asked = asked.lock().expect("no panic").concat();
    for text in
        ["Action=AssumeRole&", "AccessKeyId=sandbox&", "RoleArn=acs%3Aram%3A%3A1%3Arole%2Fr&"]
    {
        assert!(asked.contains(text), "no {text} in {asked}");
    }
    assert!(!asked.contains("sandbox-secret"), "{asked}");

    let refusal = r#"{"Code":"NoPermission","Message":"You may not.","RequestId":"R-1"}"#;
    let (url, _) = stand_in(403, || refusal.to_owned());
    let mut command = world.command();
    let run = list(command.env("ALIBABA_CLOUD_STS_ENDPOINT", &url), &role);
    let code = "StatusCode=403, ErrorCode=NoPermission";
    let _ = run.fails(2, &["acs:ram::1:role/r", code, "You may not.", "RequestId=R-1", "hint: "]);
    let run = world.run(&["ls", "--mode", "RamRoleArn"]);
    let _ = run.fails(1, &["ram_role_arn is empty", "hint: "]);
}

/// A role of one profile, assumed with what another profile fetches, which is another role.
#[cfg(unix)]
#[test]
fn a_role_is_assumed_with_the_credentials_of_the_source_profile() {
    let world = world();
    let (url, asked) = stand_in(200, granted);
    let process = r#"echo '{\"AccessKeyId\":\"first\",\"AccessKeySecret\":\"s\"}'"#;
    configure(
        &world,
        &format!(
            "[profiles.machine]\ncredential_process = \"{process}\"\n\
             [profiles.reader]\nsource_profile = \"machine\"\nmode = \"RamRoleArn\"\n\
             ram_role_arn = \"role-1\"\nsts_endpoint = \"{url}\"\n\
             [profiles.writer]\nsource_profile = \"reader\"\nmode = \"RamRoleArn\"\n\
             ram_role_arn = \"role-2\"\n\
             [profiles.copy]\nsource_profile = \"writer\"\nretry_times = 1\n"
        ),
    );
    for profile in ["writer", "copy"] {
        assert_lists(&mut bare(&world), &["--profile", profile]);
        let asked = std::mem::take(&mut *asked.lock().expect("no panic"));
        let all = asked.join("\n");
        assert_eq!(asked.len(), 2, "{all}");
        assert!(asked[0].contains("AccessKeyId=first&"), "{all}");
        assert!(asked[0].contains("RoleArn=role-1&"), "{all}");
        assert!(asked[1].contains("AccessKeyId=STS.x&"), "{all}");
        assert!(asked[1].contains("RoleArn=role-2&"), "{all}");
    }
}

#[test]
fn a_pod_has_a_token_file_and_variables() {
    let world = world();
    let (url, asked) = stand_in(200, granted);
    fs::write(world.home.path().join("token"), "oidc-token").expect("written");
    let pod = |world: &World, token_file: &str| {
        let mut command = bare(world);
        command
            .env("ALIBABA_CLOUD_ROLE_ARN", "role-1")
            .env("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "provider-1")
            .env("ALIBABA_CLOUD_OIDC_TOKEN_FILE", token_file)
            .env("ALIBABA_CLOUD_STS_ENDPOINT", &url);
        command
    };
    assert_lists(&mut pod(&world, "token"), &[]);
    let asked = asked.lock().expect("no panic").concat();
    assert!(asked.contains("Action=AssumeRoleWithOIDC&") && asked.contains("OIDCToken=oidc-token"));
    let run = list(&mut pod(&world, "missing"), &[]);
    let _ = run.fails(1, &["the token file missing cannot be read", "hint: "]);
}

/// As `ossutil` 1 has it: the full URL under `[AkService]`.
#[test]
fn a_url_of_an_instance_is_asked_as_it_stands() {
    let world = world();
    let (url, asked) = stand_in(200, temporary);
    configure(
        &world,
        &format!(
            "[Credentials]\nendpoint={}\n[AkService]\necsAk={url}/role\n",
            world.sandbox.endpoint()
        ),
    );
    assert_lists(&mut bare(&world), &[]);
    assert_lists(&mut bare(&world), &["--mode", "EcsRamRole"]);
    assert!(asked.lock().expect("no panic")[0].starts_with("GET /role "));
}

#[test]
fn the_log_says_which_were_chosen_and_why() {
    let world = world();
    let (url, asked) = stand_in(200, temporary);
    let logged = |arguments: &[&str]| {
        let mut command = world.command();
        command.env("ALIBABA_CLOUD_CREDENTIALS_URI", &url);
        list(&mut command, &[&["--loglevel", "info"], arguments].concat())
    };
    let run = logged(&[]);
    let text = "credentials: the key pair sandbox, as access_key_id is given (the variable \
                OSS_ACCESS_KEY_ID)";
    assert!(run.stderr.contains(text), "{run:?}");
    assert_eq!(asked.lock().expect("no panic").len(), 0);
    let run = logged(&["--mode", "Uri"]);
    let text = format!("credentials: the URI {url}, as mode is Uri (the option --mode)");
    assert!(run.stderr.contains(&text), "{run:?}");
    assert!(!run.stderr.contains(SECRET) && !run.stderr.contains(TOKEN));
}

/// The service's clock runs on while the run aborts uploads, and each token holds for a minute of
/// it. The source claims an hour.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test gives its sandbox the time")]
fn a_long_run_goes_on_with_the_next_token() {
    let (passed, start) = (Arc::new(AtomicI64::new(0)), Timestamp::now());
    let moving = Arc::clone(&passed);
    // A second each time the sandbox looks.
    let clock = move || start + SignedDuration::from_secs(moving.fetch_add(1, Ordering::SeqCst));
    let mut sandbox = Sandbox::builder(Arc::new(clock)).access_key("sandbox", "sandbox-secret");
    for minute in 1..15 {
        let end = start + SignedDuration::from_mins(minute);
        sandbox = sandbox.temporary_key(&format!("STS.{minute}"), SECRET, TOKEN, end);
    }
    let world = World::with(|_| sandbox);
    for number in 0..60 {
        let _ = world.upload(&format!("k{number}"), &[]);
    }
    let (url, asked) = stand_in(200, move || {
        let minute = passed.load(Ordering::SeqCst) / 60 + 1;
        temporary().replace("STS.x", &format!("STS.{minute}"))
    });
    let mut command = bare(&world);
    let run = finish(
        command.env("ALIBABA_CLOUD_CREDENTIALS_URI", &url).args([
            "rm",
            "-mrf",
            "-j",
            "1",
            "oss://bkt",
        ]),
        "",
    );
    let _ = run.ok();
    let aborted = world.requests().iter().filter(|request| request.starts_with("DELETE")).count();
    let issued = asked.lock().expect("no panic").len();
    assert!(aborted > 60 && issued > 1, "{aborted} requests to abort, {issued} tokens");
    let left = world.run(&["ls", "-m", "oss://bkt"]);
    assert!(left.ok().stdout.contains("UploadID Number is: 0"), "{left:?}");
}
