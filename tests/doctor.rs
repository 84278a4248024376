//! `ossutil doctor`: one thing is broken at a time, and it is that thing which is named.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::Stdio,
};

use ossutil_sandbox::Rule;
use serde_json::{Value, json};

use crate::{
    network,
    support::{Run, World, finish},
};

/// The operations that are tried on a bucket.
const TRIED: [&str; 6] = [
    "ListBuckets",
    "ListObjects",
    "ListMultipartUploads",
    "ListParts",
    "AbortMultipartUpload",
    "PutObject",
];

/// The mark of each check: `ok`, `warn`, `FAIL` or `skip`.
fn mark<'a>(run: &'a Run, check: &str) -> &'a str {
    let mut lines = run.stdout.lines().map(|line| line.split_whitespace());
    lines
        .find_map(|mut words| {
            let mark = words.next()?;
            (words.next()? == check).then_some(mark)
        })
        .unwrap_or_else(|| panic!("{check} is not there: {}", run.stdout))
}

/// Asserts that all checks passed, or were skipped for what they are.
fn is_well(run: &Run) {
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    assert!(!run.stdout.contains("FAIL"), "{}", run.stdout);
}

/// Asserts that `check` failed with a line and a hint that hold these texts.
fn fails_at(run: &Run, code: i32, check: &str, texts: &[&str]) {
    assert_eq!(run.code, code, "{run:?}");
    assert_eq!(mark(run, check), "FAIL", "{}", run.stdout);
    let mut lines = run.stdout.lines().skip_while(|line| !line.starts_with("FAIL"));
    let found = [lines.next(), lines.next()].map(Option::unwrap_or_default);
    assert!(found[0].contains(check), "{check} is not the first to fail: {}", run.stdout);
    assert!(found[1].starts_with("      hint: "), "{}", run.stdout);
    for text in texts {
        assert!(found.concat().contains(text), "no `{text}` in {found:?}");
    }
}

fn policy(run: &Run) -> Value {
    let at = run.stdout.find("\n{").expect("a policy");
    serde_json::from_str(&run.stdout[at..]).expect("JSON")
}

/// A key that may do these things, and nothing else.
fn world_with_key(allowed: &[String]) -> World {
    World::with(|builder| {
        let builder = builder.access_key("limited", "limited-secret");
        let rules = allowed.iter().map(|text| Rule::allow(text).expect("a rule"));
        rules.fold(builder, |builder, rule| builder.rule("limited", rule))
    })
}

fn run_limited(world: &World, arguments: &[&str]) -> Run {
    let key = ["-i", "limited", "-k", "limited-secret"];
    world.run(&[arguments, &key].concat())
}

/// What the policy's statements allow, as rules of a sandbox.
fn rules_of(policy: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let list = |value: &Value| value.as_array().expect("a list").clone();
    assert_eq!(policy["Version"], "1");
    list(&policy["Statement"])
        .iter()
        .flat_map(|statement| {
            assert_eq!(statement["Effect"], "Allow");
            let resource = text(&statement["Resource"][0]);
            let actions = list(&statement["Action"]).into_iter();
            actions.map(move |action| format!("{}@{resource}", text(&action)))
        })
        .collect()
}

#[test]
fn a_healthy_bucket() {
    let world = World::new();
    let run = world.run(&["doctor", "oss://bkt/videos/"]);
    is_well(&run);
    for check in ["configuration", "endpoint", "credentials", "DNS", "TCP", "HTTP", "clock"] {
        assert_eq!(mark(&run, check), "ok", "{check}");
    }
    for check in TRIED.iter().chain(&["signature"]) {
        assert_eq!(mark(&run, check), "ok", "{check}");
    }
    assert_eq!(mark(&run, "TLS"), "skip");
    for text in [
        "id sandbox from the variable OSS_ACCESS_KEY_ID",
        "secret from the variable OSS_ACCESS_KEY_SECRET",
        "version 4 for the region cn-hangzhou (from the variable OSS_REGION)",
    ] {
        assert!(run.stdout.contains(text), "no `{text}` in {}", run.stdout);
    }
    assert!(!run.stdout.contains("sandbox-secret"));
    // Behind the one that made the bucket.
    let mut requests = world.requests().into_iter().skip(1);
    assert!(requests.all(|request| {
        let is_harmless = request.starts_with("GET ") || request.starts_with("HEAD ");
        is_harmless || request.contains("uploadId=ossutil-doctor")
    }));
    assert_eq!(
        world.run(&["ls", "-a", "-s", "oss://bkt"]).ok().stdout.matches("oss://").count(),
        0
    );

    let service = world.run(&["doctor"]);
    is_well(&service);
    assert!(service.stdout.contains("ListBuckets") && !service.stdout.contains("ListObjects"));
}

#[test]
fn each_missing_permission_is_named_and_granted() {
    for (missing, resource, condition) in [
        ("ListBuckets", "acs:oss:*:*:*", None),
        ("ListObjects", "acs:oss:*:*:bkt", Some("videos/*")),
        ("ListMultipartUploads", "acs:oss:*:*:bkt", None),
        ("ListParts", "acs:oss:*:*:bkt/videos/*", None),
        ("AbortMultipartUpload", "acs:oss:*:*:bkt/videos/*", None),
        ("PutObject", "acs:oss:*:*:bkt/videos/*", None),
    ] {
        let others = TRIED.iter().filter(|name| **name != missing);
        let others: Vec<String> = others.map(|name| format!("oss:{name}")).collect();
        let run = run_limited(&world_with_key(&others), &["doctor", "oss://bkt/videos/"]);
        fails_at(
            &run,
            2,
            missing,
            &[&format!(
                "oss:{missing} on {resource} is not allowed (AccessDenied: You have no right"
            )],
        );
        for name in TRIED {
            let expected = if name == missing { "FAIL" } else { "ok" };
            assert_eq!(mark(&run, name), expected, "{name} without {missing}");
        }
        let mut statement = json!({
            "Effect": "Allow", "Action": [format!("oss:{missing}")], "Resource": [resource],
        });
        if let Some(prefix) = condition {
            statement["Condition"] = json!({ "StringLike": { "oss:Prefix": [prefix] } });
        }
        assert_eq!(policy(&run), json!({ "Version": "1", "Statement": [statement] }));

        let granted = [others, rules_of(&policy(&run))].concat();
        let world = world_with_key(&granted);
        is_well(&run_limited(&world, &["doctor", "oss://bkt/videos/"]));
        let elsewhere = run_limited(&world, &["doctor", "oss://bkt/else"]);
        let is_on_objects = resource.ends_with("videos/*");
        assert_eq!(elsewhere.code, if is_on_objects { 2 } else { 0 }, "{missing}");
    }
}

#[test]
fn a_policy_for_everything_is_enough() {
    let nothing = world_with_key(&["oss:GetBucketInfo".to_owned()]);
    let run = run_limited(&nothing, &["doctor", "oss://bkt"]);
    assert_eq!(run.code, 2);
    let rules = rules_of(&policy(&run));
    assert_eq!(rules.len(), TRIED.len());
    is_well(&run_limited(&world_with_key(&rules), &["doctor", "oss://bkt"]));
}

#[test]
fn what_a_policy_denies_no_policy_grants() {
    let world = World::with(|builder| {
        builder.rule("sandbox", Rule::deny("oss:ListParts@bkt/a*").expect("a rule"))
    });
    let run = world.run(&["doctor", "oss://bkt/a"]);
    fails_at(&run, 2, "ListParts", &["is denied by a policy", "take its Deny statement out"]);
    is_well(&world.run(&["doctor", "oss://bkt/b"]));
}

/// The same hint stands under the refusal of the command itself.
#[test]
fn commands_name_the_permission_they_lack() {
    let world = world_with_key(&["oss:ListBuckets".to_owned()]);
    let id = world.upload("k", &[1]);
    for (arguments, action) in [
        (&["listpart", "oss://bkt/k", &id][..], "oss:ListParts"),
        (&["ls", "-m", "oss://bkt"], "oss:ListMultipartUploads"),
        (&["ls", "oss://bkt"], "oss:ListObjects"),
        (&["getallpartsize", "oss://bkt"], "oss:ListMultipartUploads"),
    ] {
        let hint =
            format!("hint: the credentials need the permission {action}; `ossutil doctor oss");
        let _ = run_limited(&world, arguments).fails(2, &["ErrorCode=AccessDenied", &hint]);
    }
    let denied = World::with(|builder| {
        builder.rule("sandbox", Rule::deny("oss:ListBuckets").expect("a rule"))
    });
    let hint = "hint: a policy denies oss:ListBuckets to these credentials; `ossutil doctor` ";
    let _ = denied.run(&["ls"]).fails(2, &["ErrorCode=AccessDenied", hint]);
}

#[test]
fn a_sandbox_of_the_command_line_denies_too() {
    let world = World::new();
    let _ = world.run(&["sandbox", "--deny", "ListParts"]).fails(1, &["not an action such as"]);
    let mut sandbox = world
        .command()
        .args(["sandbox", "--deny", "oss:ListBuckets", "--allow", "oss:*"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("runs");
    let mut line = String::new();
    let stdout = sandbox.stdout.take().expect("standard output");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    let endpoint = line.trim().strip_prefix("listening on ").expect("an endpoint");
    let run = world.run(&["doctor", "-e", endpoint]);
    sandbox.kill().expect("ends");
    sandbox.wait().expect("ends");
    fails_at(&run, 2, "ListBuckets", &["is denied by a policy"]);
}

#[test]
fn clocks() {
    for (seconds, text) in [(7200, "2h behind"), (-7200, "2h ahead of")] {
        let world = World::new_skewed(seconds);
        let run = world.run(&["doctor", "oss://bkt"]);
        // A second may pass, and dates are whole ones.
        let near = text.replace("2h", "1h 59m 59s");
        let text = if run.stdout.contains(text) { text } else { &near };
        fails_at(&run, 3, "clock", &[text, "set this machine's clock"]);
        assert_eq!(mark(&run, "PutObject"), "ok", "the client corrects for it");
    }
    let run = World::new_skewed(300).run(&["doctor"]);
    is_well(&run);
    assert!(run.stdout.contains("behind the service's, which it accepts"), "{}", run.stdout);
}

#[test]
fn regions() {
    let world = World::new();
    let run = world.run(&["doctor", "oss://bkt", "--region", "cn-beijing"]);
    let told = "cn-beijing (from the option --region), but the region is cn-hangzhou";
    fails_at(&run, 2, "signature", &[told, "--region cn-hangzhou"]);
    assert!(TRIED.iter().all(|name| mark(&run, name) == "skip"), "{}", run.stdout);
    let mut command = world.command();
    command.env_remove("OSS_REGION").args(["doctor", "oss://bkt", "--sign-version", "v4"]);
    fails_at(&finish(&mut command, ""), 3, "signature", &["enter the region", "--region"]);
    let run = world.run(&["doctor", "--region", "cn-beijing"]);
    fails_at(&run, 2, "signature", &["not that of the endpoint", "--region"]);
    is_well(&world.run(&["doctor", "oss://bkt", "--region", "cn-beijing", "--sign-version", "v1"]));
}

#[test]
fn keys_and_secrets() {
    let world = World::new();
    let run = world.run(&["doctor", "-i", "nobody", "-k", "hidden-text"]);
    fails_at(&run, 2, "signature", &["does not know", "nobody (from the option --access-key-id)"]);
    let run = world.run(&["doctor", "oss://bkt", "-k", "hidden-text"]);
    let from = "the secret from the option --access-key-secret is not that of";
    fails_at(&run, 2, "signature", &[from, "-p"]);
    assert_eq!(mark(&run, "ListParts"), "skip");
    assert!(!(run.stdout + &run.stderr).contains("hidden-text"));
    let proxy = "http://user:hidden-text@127.0.0.1:1";
    let token = ["doctor", "--proxy-host", proxy, "-k", "hidden-text", "-t", "hidden-text"];
    let run = world.run(&[&token[..], &["--loglevel", "debug"]].concat());
    assert!(run.stdout.contains("token from the option --sts-token"), "{}", run.stdout);
    assert!(!(run.stdout + &run.stderr).contains("hidden-text"));

    let mut command = world.command();
    command.env_remove("OSS_ACCESS_KEY_ID").env_remove("OSS_ACCESS_KEY_SECRET");
    let run = finish(command.args(["doctor", "oss://bkt"]), "");
    fails_at(&run, 3, "credentials", &["accessKeyID is empty", "OSS_ACCESS_KEY_ID"]);
    assert_eq!(mark(&run, "clock"), "ok", "the network needs no credentials");
    assert_eq!(mark(&run, "signature"), "skip");
}

#[test]
fn buckets_that_are_not_there_and_users_without_a_name() {
    let world = World::new();
    let run = world.run(&["doctor", "oss://missing"]);
    fails_at(&run, 2, "ListObjects", &["NoSuchBucket", "spelled right"]);
    assert_eq!((mark(&run, "signature"), mark(&run, "ListParts")), ("ok", "skip"));
    let run = world.run(&["doctor", "oss://bkt", "--mode", "Anonymous"]);
    fails_at(&run, 2, "ListBuckets", &["not permitted to everyone", "ACL"]);
    assert!(!run.stdout.contains("policy grants"), "{}", run.stdout);
}

#[test]
fn networks() {
    let world = World::new();
    let run =
        world.run(&["doctor", "-e", "http://no-such-host.invalid", "--connect-timeout", "30"]);
    fails_at(&run, 3, "DNS", &["no-such-host.invalid", "spelled right"]);
    assert_eq!((mark(&run, "TCP"), mark(&run, "ListBuckets")), ("skip", "skip"));
    let run = world.run(&["doctor", "-e", "http://127.0.0.1:1"]);
    fails_at(&run, 3, "TCP", &["127.0.0.1:1", "nothing listens there"]);
    assert_eq!((mark(&run, "DNS"), mark(&run, "clock")), ("ok", "skip"));
}

#[test]
fn certificates() {
    let world = World::new();
    let endpoint = format!("https://{}", network::tls(&world));
    let run = world.run(&["doctor", "-e", &endpoint]);
    fails_at(&run, 3, "TLS", &["certificate", "UnknownIssuer", "--skip-verify-cert"]);
    assert_eq!((mark(&run, "TCP"), mark(&run, "signature")), ("ok", "skip"));
    let run = world.run(&["doctor", "-e", &endpoint, "--skip-verify-cert"]);
    is_well(&run);
    assert_eq!(mark(&run, "TLS"), "warn");
    assert!(run.stdout.contains("TLS 1.3, the certificate was not checked"), "{}", run.stdout);
    let plain = world.sandbox.endpoint().replace("http:", "https:");
    fails_at(&world.run(&["doctor", "-e", &plain]), 3, "TLS", &["endpoint with http://"]);
}

#[test]
fn through_a_proxy_it_is_the_proxy_that_is_reached() {
    let world = World::new();
    let (address, heads) = network::proxy(&world, world.sandbox.address());
    let proxy = address.to_string();
    let host = "http://oss-cn-hangzhou.aliyuncs.com";
    let run = world.run(&["doctor", "oss://bkt", "-e", host, "--proxy-host", &proxy]);
    is_well(&run);
    for text in [
        "http://bkt.oss-cn-hangzhou.aliyuncs.com (from the option --endpoint) through the proxy",
        "the proxy 127.0.0.1 is 127.0.0.1",
    ] {
        assert!(run.stdout.contains(text), "no `{text}` in {}", run.stdout);
    }
    assert!(
        heads.lock().expect("no panic").iter().any(|head| head.starts_with("HEAD http://bkt."))
    );
    let (address, heads) = network::proxy(&world, network::tls(&world));
    let proxy = address.to_string();
    let host = "oss-cn-hangzhou.aliyuncs.com";
    let run = world.run(&["doctor", "oss://bkt", "-e", host, "--proxy-host", &proxy]);
    fails_at(&run, 3, "TLS", &["bkt.oss-cn-hangzhou.aliyuncs.com", "UnknownIssuer"]);
    assert!(heads.lock().expect("no panic")[0].starts_with("CONNECT bkt.oss-cn-hangzhou"));
    let run = world.run(&["doctor", "-e", host, "--proxy-host", "127.0.0.1:1"]);
    fails_at(&run, 3, "TCP", &["the proxy 127.0.0.1:1", "check --proxy-host"]);
}

#[test]
fn configurations() {
    let world = World::new();
    let file = world.home.path().join("config");
    let path = file.to_str().expect("UTF-8");
    let write = |text: &str, mode: u32| {
        fs::write(&file, text).expect("written");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("a mode");
        }
        #[cfg(not(unix))]
        let _ = mode;
    };
    let bare = |arguments: &[&str]| {
        let mut command = world.command();
        for name in ["OSS_ENDPOINT", "OSS_REGION", "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET"] {
            command.env_remove(name);
        }
        finish(command.args(arguments), "")
    };
    let endpoint = world.sandbox.endpoint();
    let text = format!(
        "[profiles.lab]\nendpoint = \"{endpoint}\"\naccess_key_id = \"sandbox\"\n\
         access_key_secret = \"sandbox-secret\"\n"
    );
    write(&text, 0o600);
    let run = bare(&["doctor", "--profile", "lab"]);
    is_well(&run);
    let from = format!("secret from {path}:4 (profile lab)");
    assert!(run.stdout.contains(&from) && !run.stdout.contains("sandbox-secret"), "{}", run.stdout);
    write(
        &format!(
            "access_key_id = \"sandbox\"\naccess_key_secret = \"sandbox-secret\"\n\
             [buckets.bkt]\nendpoint = \"{endpoint}\"\n"
        ),
        0o600,
    );
    let run = bare(&["doctor", "oss://bkt"]);
    is_well(&run);
    assert_eq!((mark(&run, "ListBuckets"), mark(&run, "ListParts")), ("skip", "ok"));
    #[cfg(unix)]
    {
        write(&text, 0o644);
        let run = bare(&["doctor", "--profile", "lab"]);
        assert_eq!((run.code, mark(&run, "configuration")), (0, "warn"), "{run:?}");
        assert!(run.stdout.contains(&format!("(mode 644): run chmod 600 {path}")));
    }
    write("retry_times = \"often\"\n", 0o600);
    let run = bare(&["doctor", "oss://bkt"]);
    fails_at(&run, 3, "configuration", &["often", "retry_times", ":1", "docs/configuration.md"]);
    assert_eq!((mark(&run, "endpoint"), mark(&run, "PutObject")), ("skip", "skip"));
    write("", 0o600);
    fails_at(&bare(&["doctor"]), 3, "endpoint", &["endpoint is empty", "OSS_ENDPOINT"]);
    let _ = bare(&["doctor", "bkt"]).fails(1, &["oss://"]);
}
