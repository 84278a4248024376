//! Every key from every source, and every source against every lower one.

use std::collections::BTreeMap;
use std::time::Duration;

use ossutil_config::{
    AddressingStyle, Inputs, Key, Layer, LogLevel, OutputFormat, Source, resolve,
};
use secrecy::ExposeSecret;

use crate::{Run, text};

/// The `n`th of a few valid texts for a key.
fn sample(key: &Key, n: usize) -> String {
    let words: &[&str] = match key.name {
        "mode" => &["AK", "StsToken", "RamRoleArn", "EcsRamRole", "Process", "Uri", "Anonymous"],
        "sign_version" => &["v1", "v2", "v4"],
        "addressing_style" => &["path", "cname"],
        "skip_verify_cert" | "metadata_token_required" | "aliyun_profile_disabled" => {
            &["true", "false"]
        }
        "language" => &["EN", "CH"],
        "loglevel" => &["info", "debug"],
        "output_format" => &["json", "yaml", "xml", "csv", "jsonl"],
        "token_timeout" => &["901", "902", "903", "904", "905", "906", "907"],
        "bind_address" => &["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "::1"],
        _ if key.range.is_some() => &["11", "12", "13", "14", "15", "16", "17"],
        _ => return format!("{}-{n}", key.name.replace('_', "-")),
    };
    words[n % words.len()].into()
}

/// The sources of a key, highest first; the variables are those the key has.
fn sources(key: &Key) -> Vec<&'static str> {
    let mut sources = vec!["flag"];
    sources.extend(key.env);
    sources.extend(["profile", "parent", "defaults"]);
    sources
}

/// Resolves with `key` set in the given sources, each to the sample of its number.
fn winner(key: &'static Key, given: &[(usize, &'static str)]) -> (String, Source) {
    let texts: BTreeMap<&str, String> =
        given.iter().map(|(n, source)| (*source, sample(key, *n))).collect();
    let line = |source| {
        texts.get(source).map(|text| format!("{} = '{text}'\n", key.name)).unwrap_or_default()
    };
    let file = format!(
        "[profiles.default]\nsource_profile = 'base'\n{}[profiles.base]\n{}[defaults]\n{}",
        line("profile"),
        line("parent"),
        line("defaults"),
    );
    let flags: Vec<_> =
        texts.get("flag").map(|text| (key.name, text.as_str())).into_iter().collect();
    let env: Vec<_> =
        key.env.iter().filter_map(|name| Some((*name, texts.get(name)?.as_str()))).collect();
    let settings = Run { flags: &flags, env: &env, file: &file, ..Run::default() }.settings();
    let found = settings.layer.get(key.name).expect(key.name);
    (found.value.clone(), found.source.clone())
}

fn is_source(source: &Source, name: &str) -> bool {
    match source {
        Source::Flag(_) => name == "flag",
        Source::Env(variable) => *variable == name,
        Source::File { profile, .. } => match profile.as_deref() {
            Some("default") => name == "profile",
            Some("base") => name == "parent",
            None => name == "defaults",
            _ => false,
        },
        Source::Argument | Source::Default | Source::Inferred => false,
    }
}

#[test]
fn every_key_is_taken_from_every_source() {
    for key in Layer::KEYS {
        for source in sources(key) {
            let (text, origin) = winner(key, &[(0, source)]);
            assert_eq!(text, sample(key, 0), "{} from {source}", key.name);
            assert!(is_source(&origin, source), "{} from {source}: {origin}", key.name);
        }
    }
}

#[test]
fn every_source_beats_every_lower_one() {
    for key in Layer::KEYS {
        let sources = sources(key);
        for (upper, upper_source) in sources.iter().enumerate() {
            for (lower, lower_source) in sources.iter().enumerate().skip(upper + 1) {
                let given = [(upper, *upper_source), (lower, *lower_source)];
                let (text, origin) = winner(key, &given);
                assert_eq!(text, sample(key, upper), "{}: {given:?}", key.name);
                assert!(is_source(&origin, upper_source), "{}: {given:?}: {origin}", key.name);
            }
        }
    }
}

#[test]
fn all_sources_at_once() {
    for key in Layer::KEYS {
        let given: Vec<_> = sources(key).into_iter().enumerate().collect();
        for skipped in 0..given.len() {
            let (text, _) = winner(key, &given[skipped..]);
            assert_eq!(text, sample(key, skipped), "{} without the first {skipped}", key.name);
        }
    }
}

#[test]
fn without_anything_there_are_the_defaults() {
    let env = BTreeMap::new();
    let settings = resolve(Inputs {
        flags: Layer::default(),
        env: &env,
        file: None,
        profile: None,
        ignore_env: false,
    })
    .unwrap();
    for key in Layer::KEYS {
        assert_eq!(text(settings.layer.get(key.name)), key.default, "{}", key.name);
    }
    assert_eq!(settings.retry_times.value, 10);
    assert_eq!(settings.retry_times.source, Source::Default);
    assert_eq!(settings.connect_timeout.value, Duration::from_secs(10));
    assert_eq!(settings.read_timeout.value, Duration::from_secs(20));
    assert_eq!(settings.token_timeout.value, Duration::from_hours(1));
    assert_eq!(settings.credential_process_timeout.value, Duration::from_secs(15));
    assert_eq!(settings.jobs.value, 16);
    assert_eq!(settings.bigfile_threshold.value, 104_857_600);
    assert_eq!(settings.addressing_style.value, AddressingStyle::Virtual);
    assert_eq!(settings.loglevel.value, LogLevel::Off);
    assert_eq!(settings.output_format.value, OutputFormat::Raw);
    assert!(!settings.skip_verify_cert.value);
    assert_eq!(settings.output_dir.value.to_str(), Some("ossutil_output"));
    assert_eq!(settings.checkpoint_dir.value.to_str(), Some(".ossutil_checkpoint"));
    assert!(settings.endpoint.is_none() && settings.part_size.is_none());
    assert_eq!(settings.profile.value, "default");
}

#[test]
fn no_variable_counts_when_they_are_ignored() {
    for key in Layer::KEYS {
        let text = sample(key, 0);
        let env: Vec<_> = key.env.iter().map(|name| (*name, text.as_str())).collect();
        let run = Run { env: &env, ignore_env: true, ..Run::default() };
        let settings = run.settings();
        let found = settings.layer.get(key.name).map(|setting| setting.value.as_str());
        assert_eq!(found, key.default, "{}", key.name);
    }
    let run = Run { env: &[("OSSUTIL_PROFILE", "gone")], ignore_env: true, ..Run::default() };
    assert_eq!(run.settings().profile.value, "default");
}

#[test]
fn an_empty_text_is_not_given() {
    let settings = Run {
        flags: &[("endpoint", "")],
        env: &[("OSS_ENDPOINT", "")],
        file: "[profiles.default]\nsource_profile = 'a'\nendpoint = ''\n[profiles.a]\nendpoint = 'h'",
        ..Run::default()
    }
    .settings();
    assert_eq!(text(settings.endpoint.as_ref()), Some("h"));
}

/// (options, variables, file) -> (id, secret, token)
type Case<'a> =
    (&'a [(&'static str, &'a str)], &'a [(&'a str, &'a str)], &'a str, [Option<&'a str>; 3]);

const FILE: &str = "access_key_id='fi'\naccess_key_secret='fs'\nsts_token='ft'";

#[test]
fn key_secret_and_token_belong_together() {
    let pair: &[(&str, &str)] = &[("access_key_id", "i"), ("access_key_secret", "s")];
    let oss: &[(&str, &str)] = &[("OSS_ACCESS_KEY_ID", "ei"), ("OSS_ACCESS_KEY_SECRET", "es")];
    let both: &[(&str, &str)] = &[
        ("OSS_ACCESS_KEY_ID", "ei"),
        ("OSS_ACCESS_KEY_SECRET", "es"),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ai"),
        ("ALIBABA_CLOUD_SECURITY_TOKEN", "at"),
    ];
    let cases: &[Case<'_>] = &[
        (&[], &[], FILE, [Some("fi"), Some("fs"), Some("ft")]),
        // A pair by option or variable never joins the token of the file.
        (pair, &[], FILE, [Some("i"), Some("s"), None]),
        (&[], oss, FILE, [Some("ei"), Some("es"), None]),
        (pair, oss, FILE, [Some("i"), Some("s"), None]),
        // Nor the token of another family of variables.
        (&[], both, FILE, [Some("ei"), Some("es"), None]),
        // An id alone does not join the secret of another id.
        (&[("access_key_id", "i")], &[], FILE, [Some("i"), None, None]),
        // A secret that was typed goes with the id and the token of the file.
        (&[("access_key_secret", "s")], &[], FILE, [Some("fi"), Some("s"), Some("ft")]),
        (&[("sts_token", "t")], &[], FILE, [Some("fi"), Some("fs"), Some("t")]),
        // Profiles are layers too.
        (
            &[],
            &[],
            "[profiles.default]\nsource_profile='a'\naccess_key_id='i'\naccess_key_secret='s'\n\
             [profiles.a]\nsts_token='t'",
            [Some("i"), Some("s"), None],
        ),
    ];
    for (flags, env, file, expected) in cases {
        let settings = Run { flags, env, file, ..Run::default() }.settings();
        let found = [
            settings.access_key_id.as_ref().map(|id| id.value.as_str()),
            settings.access_key_secret.as_ref().map(|secret| secret.value.expose_secret()),
            settings.sts_token.as_ref().map(|token| token.value.expose_secret()),
        ];
        assert_eq!(found, *expected, "{flags:?} {env:?} {file}");
    }
}
