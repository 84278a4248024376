//! No secret appears in `Debug`, in an error or in a warning.

use std::collections::BTreeMap;

use ossutil_config::{Inputs, Layer, Setting, Source, resolve};

use crate::{Run, file, parse};

const SECRETS: [&str; 4] = ["access_key_secret", "sts_token", "proxy", "proxy_password"];

fn files() -> Vec<String> {
    let lines: String = SECRETS.map(|key| format!("{key} = 's3cr3t'\n")).concat();
    vec![
        lines.clone(),
        format!("[profiles.default]\n{lines}[defaults]\n{lines}"),
        format!("[Credentials]\n{lines}[Default]\n{lines}s3cr3t\n"),
        format!("[default]\n{lines}"),
    ]
}

#[test]
fn debug_shows_none() {
    for text in files() {
        let file = file(&text);
        let env = BTreeMap::from([
            ("OSS_ACCESS_KEY_SECRET".to_owned(), "s3cr3t".to_owned()),
            ("OSS_SESSION_TOKEN".to_owned(), "s3cr3t".to_owned()),
        ]);
        let mut flags = Layer::default();
        for key in SECRETS {
            flags.set(key, Setting::new("s3cr3t", Source::Flag("--x")));
        }
        let shown = format!("{file:?}{:?}{flags:?}", file.warnings);
        let inputs =
            Inputs { flags, env: &env, file: Some(file), profile: None, ignore_env: false };
        let settings = resolve(inputs).unwrap();
        let shown = format!("{shown}{settings:?}{:?}", settings.for_bucket("b"));
        assert!(!shown.contains("s3cr3t"), "{shown}");
        assert!(shown.contains("access_key_secret"), "{shown}");
    }
}

#[test]
fn errors_beside_a_secret_do_not_show_it() {
    for text in files() {
        let bad = format!("{text}retry_times = 'abc'\n");
        let error = match parse(&bad) {
            Ok(_) => Run { file: &bad, ..Run::default() }.resolve().map(drop),
            Err(errors) => Err(errors),
        };
        if let Err(errors) = error {
            assert!(!format!("{errors}{errors:?}").contains("s3cr3t"), "{errors}");
        }
    }
}

#[test]
fn a_malformed_secret_is_not_echoed() {
    for line in [
        "access_key_secret = s3cr3t",
        "access_key_secret = 's3cr3t",
        "access_key_secret = \"s3cr3t\\q\"",
        "access_key_secret = ['s3cr3t']",
        "access_key_secret 's3cr3t'",
        "access_key_secret = 's3cr3t' s3cr3t",
        "access_key_secret = 0s3cr3t",
        "access_key_secret = { s3cr3t }",
    ] {
        let errors = parse(line).unwrap_err();
        assert!(!format!("{errors}{errors:?}").contains("s3cr3t"), "{line}: {errors}");
    }
}
