//! Our own file format, and files that are none.

use std::path::Path;

use ossutil_config::{ConfigFile, Error, Format};
use proptest::prelude::*;

use crate::{PATH, Run, file, parse, settings, text, warnings};

#[test]
fn a_flat_file_is_the_default_profile() {
    for text_of_file in [
        "endpoint = 'e'\nretry_times = 7",
        "endpoint = 'e'\nretry-times = '7'",
        "\u{feff}endpoint = 'e'\r\nretryTimes = 7\r\n",
    ] {
        let file = file(text_of_file);
        assert_eq!((file.format, &file.warnings[..]), (Format::Toml, &[][..]));
        assert_eq!(file.profiles().collect::<Vec<_>>(), ["default"]);
        let settings = settings(text_of_file);
        assert_eq!(text(settings.endpoint.as_ref()), Some("e"));
        assert_eq!(settings.retry_times.value, 7);
        assert_eq!(settings.retry_times.source.to_string(), "/home/x/.ossutilconfig:2");
    }
}

#[test]
fn top_level_settings_stand_below_the_table_of_the_default_profile() {
    let text_of_file = "endpoint = 'top'\nregion = 'r'\n[profiles.default]\nendpoint = 'in'";
    let found = settings(text_of_file);
    assert_eq!(text(found.endpoint.as_ref()), Some("in"));
    assert_eq!(text(found.region.as_ref()), Some("r"));
    let other = format!("{text_of_file}\n[profiles.p]\n");
    assert!(Run { file: &other, profile: "p", ..Run::default() }.settings().endpoint.is_none());
}

#[test]
fn numbers_texts_and_spans() {
    let settings = settings(
        "jobs = 1_000\nread_timeout = 1.5\nconnect-timeout = '10s'\npart_size = '5M'\n\
         skip_verify_cert = true\nbigfile_threshold = 7",
    );
    assert_eq!(settings.jobs.value, 1000);
    assert_eq!(settings.read_timeout.value.as_millis(), 1500);
    assert_eq!(settings.connect_timeout.value.as_secs(), 10);
    assert_eq!(settings.part_size.unwrap().value, 5 << 20);
    assert!(settings.skip_verify_cert.value);
    assert_eq!(settings.bigfile_threshold.value, 7);
}

#[test]
fn all_syntax_errors_have_a_place_and_no_secret() {
    let errors = parse("endpoint = 'e'\naccess_key_secret = seCreT\n\nregion = \n").unwrap_err();
    let lines: Vec<String> = errors.to_string().lines().map(Into::into).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("/home/x/.ossutilconfig:2:21: "), "{lines:?}");
    assert!(lines[1].starts_with("/home/x/.ossutilconfig:4:"), "{lines:?}");
    assert!(!format!("{lines:?}{errors:?}").contains("seCreT"));
}

#[test]
fn a_key_given_twice_is_an_error() {
    let errors = parse("region = 'a'\nregion = 'b'").unwrap_err().to_string();
    assert!(errors.starts_with("/home/x/.ossutilconfig:2:1: "), "{errors}");
    assert_eq!(
        warnings("access_key_id = 'a'\naccess-key-id = 'b'"),
        ["`access-key-id` in /home/x/.ossutilconfig:2 and `access_key_id` on line 1 \
          are one setting: the later counts"]
    );
}

#[test]
fn tables_and_values_are_not_taken_for_each_other() {
    let errors = parse(
        "profile = 1\nendpoint = ['a']\nprofiles = 'x'\n[defaults.region]\n[buckets]\nb = 1\n",
    )
    .unwrap_err();
    assert_eq!(
        errors.to_string(),
        "`profile` in /home/x/.ossutilconfig:1 is not a text\n\
         `endpoint` in /home/x/.ossutilconfig:2 is not a single value\n\
         `profiles` in /home/x/.ossutilconfig:3 is not a table\n\
         `region` in /home/x/.ossutilconfig:4 is not a single value\n\
         `b` in /home/x/.ossutilconfig:6 is not a table"
    );
}

#[test]
fn unknown_keys_are_warnings() {
    assert_eq!(
        warnings("endpont = 1\n[profils.x]\n"),
        [
            "unknown key `endpont` in /home/x/.ossutilconfig:1; did you mean `endpoint`?",
            "unknown key `profils` in /home/x/.ossutilconfig:2; did you mean `profile`?",
        ]
    );
    assert_eq!(
        warnings("[profiles.p]\nacces_key = 's'\n[buckets.b]\nhots = 'h'\ncolour = 'red'"),
        [
            "unknown key `acces_key` in /home/x/.ossutilconfig:2 (profile p); did you mean `access_key`?",
            "unknown key `hots` in /home/x/.ossutilconfig:4; did you mean `host`?",
            "unknown key `colour` in /home/x/.ossutilconfig:5",
        ]
    );
}

#[test]
fn a_file_that_is_not_text_is_refused() {
    let error = ConfigFile::parse(Path::new(PATH), b"a = 1\n\xff\xfe").unwrap_err();
    assert_eq!(
        error.to_string(),
        "/home/x/.ossutilconfig:2 is not UTF-8 text; save the file as UTF-8"
    );
}

#[test]
fn reading_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    assert!(ConfigFile::read(&path).unwrap().is_none());
    std::fs::write(&path, "endpoint = 'e'").unwrap();
    assert_eq!(ConfigFile::read(&path).unwrap().unwrap().path, path);
    let errors = ConfigFile::read(folder.path()).unwrap_err();
    assert!(matches!(errors.iter().next(), Some(Error::Read { .. })), "{errors}");
    assert!(std::error::Error::source(&errors).is_some());
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = ConfigFile::parse(Path::new(PATH), &bytes);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[\\[\\]a-zé.='\"#\r\n 0-9\u{feff}]{0,80}") {
        let _ = parse(&text);
    }
}
