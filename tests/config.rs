//! `ossutil config`: the file written, changed, shown and checked.

use std::{fs, path::PathBuf, process::Stdio};

use crate::{
    help::commands,
    support::{Run, World, finish},
};

/// Real shapes of files, in each style of keys.
const FILES: [(&str, &[u8]); 6] = [
    ("v1-camel", include_bytes!("config/v1-camel.ini")),
    ("v1-kebab", include_bytes!("config/v1-kebab.ini")),
    ("v1-snake", include_bytes!("config/v1-snake.ini")),
    ("v2-kebab", include_bytes!("config/v2-kebab.ini")),
    ("v2-camel", include_bytes!("config/v2-camel.ini")),
    ("mixed", include_bytes!("config/mixed.ini")),
];

fn path(world: &World) -> PathBuf {
    world.home.path().join("config")
}

fn write(world: &World, content: impl AsRef<[u8]>) {
    fs::write(path(world), content).expect("written");
    private(world);
}

fn private(world: &World) {
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(path(world), mode).expect("a mode");
    }
}

fn content(world: &World) -> String {
    fs::read_to_string(path(world)).expect("a file")
}

/// Runs `ossutil config …` on the world's file.
fn config(world: &World, arguments: &[&str]) -> Run {
    config_with(world, arguments, "")
}

fn config_with(world: &World, arguments: &[&str], input: &str) -> Run {
    let mut command = world.command();
    command.arg("-c").arg(path(world)).arg("config").args(arguments);
    finish(&mut command, input)
}

#[cfg(unix)]
fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

#[test]
fn options_are_written_without_a_question() {
    let world = World::new();
    let run = config(&world, &["-e", "oss-r-1.aliyuncs.com", "-i", "ID", "-k", "S", "-t", "T"]);
    assert_eq!(run.ok().stdout, "");
    let first = "endpoint = \"oss-r-1.aliyuncs.com\"\naccess_key_id = \"ID\"\n\
                 access_key_secret = \"S\"\nsts_token = \"T\"\n";
    assert_eq!(content(&world), first);
    #[cfg(unix)]
    assert_eq!(mode(&path(&world)), 0o600);

    // Another id takes the token of the old one away; the rest of the file stays.
    write(&world, format!("# mine\n{first}\n[profiles.prod]\njobs = 4\n"));
    let _ = config(&world, &["-i", "ID2", "-k", "S2", "--mode", "AK"]).ok();
    let after = "# mine\nendpoint = \"oss-r-1.aliyuncs.com\"\naccess_key_id = \"ID2\"\n\
                 access_key_secret = \"S2\"\nmode = \"AK\"\n\n[profiles.prod]\njobs = 4\n";
    assert_eq!(content(&world), after);

    let options =
        ["--mode", "EcsRamRole", "--ecs-role-name", "web", "-L", "ch", "--output-dir", "d"];
    let _ = config(&world, &[&options[..], &["--profile", "role"]].concat()).ok();
    let role = "\n[profiles.role]\nmode = \"EcsRamRole\"\necs_role_name = \"web\"\nlanguage = \"ch\"\n\
                output_dir = \"d\"\n";
    assert_eq!(content(&world), format!("{after}{role}"));
}

#[test]
fn a_file_of_ossutil_1_or_2_stays_one() {
    for (before, after) in [
        (
            "[Credentials]\nlanguage=EN\nendpoint=h\n[Bucket-Endpoint]\nb=h2\n",
            "[Credentials]\nlanguage=EN\nendpoint=g\naccess_key_id=I\naccess_key_secret=K\n\
             [Bucket-Endpoint]\nb=h2\n",
        ),
        (
            "[default]\r\nAccessKeyId = old\r\n",
            "[default]\r\nAccessKeyId = I\r\nendpoint = g\r\naccess_key_secret = K\r\n",
        ),
    ] {
        let world = World::new();
        write(&world, before);
        let _ = config(&world, &["-e", "g", "-i", "I", "-k", "K"]).ok();
        assert_eq!(content(&world), after);
    }
}

#[test]
fn single_values() {
    let world = World::new();
    for (arguments, code, stdout) in [
        (&["set", "retry-times", "7"][..], 0, ""),
        (&["get", "retry_times"], 0, "7\n"),
        (&["set", "region", "r-2", "--profile", "prod"], 0, ""),
        (&["set", "defaults.jobs", "5"], 0, ""),
        (&["set", "buckets.photos.cname", "img.example.com"], 0, ""),
        (&["get", "buckets.photos.cname"], 0, "img.example.com\n"),
        (&["get", "region"], 1, ""),
        (&["get", "region", "--profile", "prod"], 0, "r-2\n"),
        (&["list-profiles"], 0, "default\nprod\n"),
        (&["use", "prod"], 0, ""),
        (&["get", "region"], 0, "r-2\n"),
        (&["set", "region", "r-3"], 0, ""),
        (&["unset", "retry_times", "--profile", "default"], 0, ""),
        (&["set", "access_key_secret", "hidden"], 0, ""),
        (&["get", "access_key_secret"], 1, ""),
        (&["get", "access_key_secret", "--reveal"], 0, "hidden\n"),
        (&["set", "access_key_secret", ""], 0, ""),
    ] {
        let run = config(&world, arguments);
        assert_eq!((run.code, run.stdout.as_str()), (code, stdout), "{arguments:?} {run:?}");
    }
    let after = "profile = \"prod\"\n\n[profiles.prod]\nregion = \"r-3\"\n\n[defaults]\njobs = 5\n\n\
                 [buckets.photos]\ncname = \"img.example.com\"\n";
    assert_eq!(content(&world), after);
    let shown = config(&world, &["path"]);
    assert_eq!(shown.ok().stdout, format!("{}\n", path(&world).display()));
}

#[test]
fn what_is_wrong_is_said_and_not_written() {
    let world = World::new();
    let before = "jobs = 2\n[profiles.a]\nregion = 'r'\n";
    write(&world, before);
    for (arguments, texts) in [
        (&["set", "endpont", "h"][..], &["unknown key `endpont`; did you mean `endpoint`?"][..]),
        (&["set", "jobs", "many"], &["`jobs` is not a whole number between 1 and 10000"]),
        (&["set", "jobs", "--", "-1"], &["`jobs` is not a whole number"]),
        (&["set", "access_key_secret", "my\nsecret"], &["on one line"]),
        (&["set", "jobs"], &["<VALUE>", "usage: "]),
        (&["use", "b"], &["no profile `b`", "has default, a"]),
        (&["set", "source_profile", "a", "--profile", "a"], &["circle: a -> a"]),
        (&["get", "region"], &["region is not set for profile default"]),
        (&["get", "regoin"], &["did you mean `region`?"]),
        (&["set", "--jobs", "1"], &["--jobs"]),
        (&["frobnicate"], &["frobnicate"]),
    ] {
        let run = config(&world, arguments);
        let _ = run.fails(1, texts).fails(1, &["Error: ", "hint: "]);
        assert!(run.stdout.is_empty() && !run.stderr.contains("secret\""), "{run:?}");
        assert_eq!(content(&world), before, "{arguments:?}");
    }
    write(&world, "jobs = \n");
    let _ = config(&world, &["set", "jobs", "3"]).fails(1, &["config:1:8"]);
    assert_eq!(content(&world), "jobs = \n");
    let nowhere = world.run(&["config", "set", "jobs", "3", "-c", "no/such/folder"]);
    let _ = nowhere.fails(3, &["cannot write the configuration file", "hint: "]);
}

#[test]
fn options_before_the_command_count() {
    let world = World::new();
    let _ = world.run(&["-c", "other", "config", "set", "jobs", "3"]).ok();
    assert_eq!(fs::read_to_string(world.home.path().join("other")).expect("a file"), "jobs = 3\n");
    let _ = world.run(&["config", "-eik", "h", "I", "K", "-c", "third"]).ok();
    assert!(world.home.path().join("third").exists());
}

#[test]
fn sixteen_at_once_lose_nothing() {
    for start in ["", "[Credentials]\n"] {
        let world = World::new();
        write(&world, start);
        let children: Vec<_> = (0..16)
            .map(|number| {
                let mut command = world.command();
                command.args(["config", "set", "jobs", &(number + 1).to_string()]);
                command.args(["--profile", &format!("p{number}"), "-c"]).arg(path(&world));
                command.stdin(Stdio::null()).spawn().expect("the binary runs")
            })
            .collect();
        for mut child in children {
            assert!(child.wait().expect("the binary ends").success());
        }
        for number in 0..16 {
            let run = config(&world, &["get", "jobs", "--profile", &format!("p{number}")]);
            assert_eq!(run.ok().stdout, format!("{}\n", number + 1));
        }
        let left = fs::read_dir(world.home.path()).expect("a folder").count();
        assert_eq!(left, 1, "nothing but the file is left");
    }
}

#[test]
fn show_names_every_origin_and_no_secret() {
    let world = World::new();
    write(
        &world,
        "access_key_id = 'file-id'\naccess_key_secret = 'file-s3cret'\njobs = 9\n\
         proxy = 'http://me:pr0xy-s3cret@h:1'\n\n[buckets.b]\ncname = 'img.example.com'\n",
    );
    let run = config(&world, &["show", "--origin", "--region", "r-9"]);
    let file = path(&world).display().to_string();
    for line in [
        "profile = default  # the default".to_owned(),
        format!("endpoint = {}  # the variable OSS_ENDPOINT", world.sandbox.endpoint()),
        "region = r-9  # the option --region".to_owned(),
        "access_key_id = sandbox  # the variable OSS_ACCESS_KEY_ID".to_owned(),
        "access_key_secret = ******  # the variable OSS_ACCESS_KEY_SECRET".to_owned(),
        format!("proxy = ******  # {file}:4"),
        format!("jobs = 9  # {file}:3"),
        "retry_times = 10  # the default".to_owned(),
        format!("buckets.b.cname = img.example.com  # {file}:7"),
    ] {
        assert!(run.stdout.lines().any(|shown| shown == line), "{line}\n{}", run.stdout);
    }
    assert!(!run.ok().stdout.contains("s3cret"), "{}", run.stdout);
    let ignored = config(&world, &["show", "--ignore-env-var"]);
    assert!(ignored.ok().stdout.contains("\naccess_key_id = file-id\n"), "{ignored:?}");
}

/// What `show` prints for each profile of the file, and the secrets it has.
fn shown(world: &World) -> Vec<String> {
    let profiles = config(world, &["list-profiles"]).ok().stdout.clone();
    let mut shown = Vec::new();
    for profile in profiles.lines() {
        let run = config(world, &["show", "--ignore-env-var", "--profile", profile]);
        assert_eq!(run.code, 0, "{run:?}");
        shown.push(run.stdout);
        for key in [
            "access_key_secret",
            "sts_token",
            "proxy",
            "proxy_password",
            "credential_process",
            "credential_uri",
        ] {
            shown.push(config(world, &["get", key, "--reveal", "--profile", profile]).stdout);
        }
    }
    shown
}

#[test]
fn migrate_keeps_what_show_prints() {
    for (name, before) in FILES {
        let world = World::new();
        write(&world, before);
        let old = shown(&world);
        let run = config(&world, &["migrate"]);
        assert_eq!(run.code, 0, "{name}: {run:?}");
        assert_eq!(shown(&world), old, "{name}");
        let check = config(&world, &["check"]);
        assert!(check.ok().stdout.ends_with(": 0 errors, 0 warnings\n"), "{name}: {check:?}");
        let backup = world.home.path().join("config.bak");
        assert_eq!(fs::read(&backup).expect("a backup"), before, "{name}");
        #[cfg(unix)]
        assert_eq!((mode(&backup), mode(&path(&world))), (0o600, 0o600));
        let toml = content(&world);
        let _ = config(&world, &["migrate"]).fails(0, &["is TOML already"]);
        assert_eq!(content(&world), toml);
    }
    let world = World::new();
    let _ = config(&world, &["migrate"]).fails(1, &["does not exist", "hint: "]);
}

#[test]
fn check_finds_all() {
    let world = World::new();
    write(
        &world,
        "endpont = 'h'\njobs = 'x'\n[profiles.a]\nretry_times = 0\n[profiles.b]\n\
         source_profile = 'c'\n[profiles.e]\nendpoint = 'ftp://h'\n",
    );
    let run = config(&world, &["check"]);
    for line in [
        "error: `x` for `jobs` in ",
        "error: `0` for `retry_times` in ",
        "error: no profile `c` (",
        "ftp://h",
        "warning: unknown key `endpont` in ",
        ": 4 errors, 1 warnings\n",
    ] {
        assert!(run.stdout.contains(line), "{line}\n{run:?}");
    }
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    write(&world, "a = \nb = \n");
    let run = config(&world, &["check"]);
    assert!(run.stdout.contains("config:1:5") && run.stdout.contains("config:2:5"), "{run:?}");
    assert_eq!(run.code, 1);
    #[cfg(unix)]
    {
        write(&world, "jobs = 1\n");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        fs::set_permissions(path(&world), mode).expect("a mode");
        let run = config(&world, &["check"]);
        assert!(run.ok().stdout.contains("run chmod 600"), "{run:?}");
    }
    let missing = world.run(&["config", "check", "-c", "gone"]);
    let _ = missing.fails(1, &["does not exist"]);
}

#[test]
fn the_wizard_reads_answers_from_a_pipe() {
    let world = World::new();
    let endpoint = world.sandbox.endpoint();
    let answers = format!("CH\n{endpoint}\nsandbox\nsandbox-secret\n\ny\nbkt\n");
    let run = config_with(&world, &[], &answers);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("the connection works: bucket bkt is in "), "{run:?}");
    assert!(!run.stderr.contains("sandbox-secret"), "{run:?}");
    let first = format!(
        "language = \"CH\"\nendpoint = \"{endpoint}\"\naccess_key_id = \"sandbox\"\n\
         access_key_secret = \"sandbox-secret\"\n"
    );
    assert_eq!(content(&world), first);

    // Return keeps what is there; the variables do not help a wrong file to pass the test.
    let run = config_with(&world, &[], "\n\nwrong\n\ny\n\n");
    let _ = run.fails(2, &["SignatureDoesNotMatch", "Please enter endpoint [http://", "[******]"]);
    assert_eq!(content(&world), first.replace("sandbox-secret", "wrong"));

    // The file is asked for when no option names it.
    let mut command = world.command();
    command.arg("config").env_remove("OSSUTIL_CONFIG_FILE");
    let run = finish(&mut command, "~/named\n\nhost\nI\nK\nT\n");
    assert_eq!((run.code, run.stdout.contains("named, profile default\n")), (0, true), "{run:?}");
    let named = fs::read_to_string(world.home.path().join("named")).expect("a file");
    assert!(named.ends_with("sts_token = \"T\"\n"), "{named}");
}

#[test]
fn a_wizard_that_is_not_answered_writes_nothing() {
    for (answers, text) in [
        ("", "the input ended before the question for language"),
        ("EN\nh\nI\nK\n", "the input ended before the question for stsToken"),
        ("FR\nh\nI\nK\nT\n", "the value given for `language` is not one of EN, CH"),
    ] {
        let world = World::new();
        let _ = config_with(&world, &[], answers).fails(1, &[text, "hint: "]);
        assert!(!path(&world).exists(), "{answers:?}");
    }
}

const SECRETS: [&str; 3] = ["ak-s3cret-one", "sts-s3cret-two", "pr0xy-s3cret-three"];

/// Command lines of every command, with the id of an upload.
fn command_lines(id: &str) -> Vec<Vec<String>> {
    [
        "ls",
        "ls -m oss://bkt",
        "listpart oss://bkt/k ID",
        "ls -m --parts --output-format json oss://bkt",
        "getallpartsize oss://bkt",
        "du oss://bkt",
        "report oss://bkt",
        "lifecycle oss://bkt",
        "doctor oss://bkt",
        "complete -f oss://bkt/k NOSUCH",
        "resume oss://bkt/k NOSUCH -",
        "abort -f oss://bkt/k NOSUCH",
        "rm -m -f oss://bkt/nothing",
        "appendfromfile nofile oss://bkt/k",
        "cat oss://bkt/k",
        "create-symlink oss://bkt/s k",
        "hash oss://bkt/k",
        "lcb",
        "lrb",
        "mb oss://bkt",
        "mkdir oss://bkt/d",
        "probe --upload --bucketname bkt",
        "rb -f oss://bkt",
        "read-symlink oss://bkt/s",
        "sign oss://bkt/k",
        "stat oss://bkt/k",
        "set-acl oss://bkt/nothing private",
        "set-meta -u oss://bkt/nothing x-oss-meta-a:b",
        "set-props oss://bkt/nothing --tagging a=b",
        "object-tagging --method get -r oss://bkt",
        "restore oss://bkt/nothing",
        "revert-versioning -r oss://bkt",
        "cp -r -f . oss://bkt/copied/",
        "cp -r oss://bkt/ fetched",
        "sync . oss://bkt/synced/ --delete -n",
        "config show --origin",
        "config get access_key_secret",
        "config get sts_token",
        "config get proxy",
        "config get credential_process",
        "config get credential_uri",
        "config check",
        "config list-profiles",
        "config set jobs 4",
        "config migrate",
        "help config",
        "nosuch",
    ]
    .map(|line| line.split(' ').map(|word| word.replace("ID", id)).collect())
    .into()
}

#[test]
fn no_command_shows_a_secret_at_any_level() {
    let world = World::new();
    let id = world.upload("k", &[1]);
    // Every command but the sandbox, which shows the secret that it made up.
    for name in commands(&world).iter().filter(|name| *name != "sandbox") {
        let is_tried = command_lines(&id).iter().any(|line| line[0] == *name);
        assert!(is_tried, "{name} is not tried");
    }
    let [secret, token, password] = SECRETS;
    let endpoint = world.sandbox.endpoint();
    let pair = format!("endpoint = '{endpoint}'\naccess_key_id = 'sandbox'\n");
    let keys = format!("{pair}access_key_secret = '{secret}'\nsts_token = '{token}'\n");
    let proxied =
        format!("{keys}proxy = 'http://u:{password}@127.0.0.1:1'\nproxy_password = '{password}'\n");
    let asked = |key: &str, text: &str| format!("{pair}mode = '{key}'\ncredential_{text}'\n");
    let files = [
        asked("Process", &format!("process = 'exit 1 {password}")),
        asked("Uri", &format!("uri = 'http://{token}@127.0.0.1:1/?{secret}")),
        keys.clone(),
        proxied.clone(),
        format!("{keys}mode = 'StsToken'\nsign_version = 'v1'\nretry_times = 1\n"),
        format!("{keys}jobs = 'x'\n"),
        format!("{keys}proxy_password = {password}\n"),
        format!("[Credentials]\n{}", proxied.replace(['\'', ' '], "")),
    ];
    for file in files {
        for level in ["off", "info", "debug"] {
            for line in command_lines(&id) {
                write(&world, &file);
                let mut command = world.command();
                command
                    .args(&line)
                    .args(["--retry-times", "1"])
                    .env_remove("OSS_ACCESS_KEY_SECRET");
                command.env_remove("OSS_ACCESS_KEY_ID");
                if line[0] != "help" && line[0] != "nosuch" {
                    command.args(["--loglevel", level]);
                }
                let run = finish(&mut command, "");
                for secret in SECRETS {
                    // A signed URL has the token in it: without it nobody could use the URL.
                    let is_needed = line[0] == "sign" && secret == token;
                    let in_output = run.stdout.contains(secret) && !is_needed;
                    let is_shown = in_output || run.stderr.contains(secret);
                    assert!(!is_shown, "{line:?} at {level}: {run:?}\n{file}");
                }
            }
        }
    }
}
