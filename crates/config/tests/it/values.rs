//! Bad values, and what endpoint and region say about each other.

use std::collections::BTreeMap;

use ossutil_config::{Inputs, Layer, Mode, SignVersion, Source, resolve};

use crate::{Run, settings, text};

#[test]
fn an_error_names_value_key_and_source() {
    for (run, message) in [
        (
            Run { file: "\nretry_times = 'abc'", ..Run::default() },
            "`abc` for `retry_times` in /home/x/.ossutilconfig:2 is not a whole number between 1 and 500",
        ),
        (
            Run { file: "[profiles.default]\nretry_times = 501", ..Run::default() },
            "`501` for `retry_times` in /home/x/.ossutilconfig:2 (profile default) \
             is not a whole number between 1 and 500",
        ),
        (
            Run { flags: &[("mode", "Root")], ..Run::default() },
            "`Root` for `mode` from the option mode is not one of AK, StsToken, RamRoleArn, EcsRamRole, \
             Ali-EcsRamRole, OIDCRoleArn, Process, Uri, AliyunCli, Anonymous",
        ),
        (
            Run { flags: &[("sign_version", "v9")], ..Run::default() },
            "`v9` for `sign_version` from the option sign_version is not one of v1, v2, v4",
        ),
        (
            Run { env: &[("OSS_REGION", "CN Hangzhou")], ..Run::default() },
            "`CN Hangzhou` for `region` from the variable OSS_REGION \
             is not a region id such as cn-hangzhou",
        ),
        (
            Run { file: "[Credentials]\nreadTimeOut=1x", ..Run::default() },
            "`1x` for `read_timeout` in /home/x/.ossutilconfig:2 \
             is not a number of seconds (20, 1.5, 500ms, 2m) between 1ms and 1d",
        ),
        (
            Run { flags: &[("part_size", "\u{1b}[1m")], ..Run::default() },
            "`\\u{1b}[1m` for `part_size` from the option part_size \
             is not a size in bytes (5242880, 5M, 1.5G) between 1 and 9223372036854775807",
        ),
        (
            Run { file: "[buckets.b]\nregion = 'x/y'", ..Run::default() },
            "`x/y` for `region` in /home/x/.ossutilconfig:2 is not a region id such as cn-hangzhou",
        ),
    ] {
        assert_eq!(run.errors(), message);
    }
}

#[test]
fn all_errors_are_reported() {
    let run = Run {
        flags: &[("jobs", "0")],
        env: &[("ALIBABA_CLOUD_STS_REGION", "x@127.0.0.1/y")],
        file: "retry_times = -1\nconnect_timeout = '0'\n[buckets.b]\naddressing_style = 'up'",
        profile: "gone",
        ..Run::default()
    };
    let errors = run.errors();
    let default = Run { profile: "", ..run }.errors();
    assert_eq!(errors.lines().count(), 4, "profile, option, variable and bucket: {errors}");
    assert_eq!(default.lines().count(), 5, "{default}");
}

#[test]
fn a_value_that_is_not_used_is_not_judged() {
    let run = Run {
        flags: &[("retry_times", "3")],
        file: "retry_times = 'abc'\n[profiles.other]\njobs = 'x'",
        ..Run::default()
    };
    assert_eq!(run.settings().retry_times.value, 3);
}

#[test]
fn words_are_read_without_case() {
    let settings = settings("mode = 'ecsramrole'\nsign-version = 'V4'");
    assert_eq!(settings.mode.unwrap().value, Mode::EcsRamRole);
    assert_eq!(settings.sign_version.unwrap().value, SignVersion::V4);
}

/// (options, variables, file, endpoint, region); `*` marks what is inferred.
type Case<'a> =
    (&'a [(&'static str, &'a str)], &'a [(&'a str, &'a str)], &'a str, &'a str, &'a str);

#[test]
fn endpoint_and_region_fill_each_other() {
    const HANGZHOU: &str = "oss-cn-hangzhou.aliyuncs.com";
    const BEIJING: &str = "oss-cn-beijing.aliyuncs.com";
    let cases: &[Case<'_>] = &[
        (&[], &[], "", "", ""),
        (&[("endpoint", HANGZHOU)], &[], "", HANGZHOU, "cn-hangzhou*"),
        (&[("region", "cn-beijing")], &[], "", "oss-cn-beijing.aliyuncs.com*", "cn-beijing"),
        (&[("region", "oss-cn-beijing")], &[], "", "oss-cn-beijing.aliyuncs.com*", "cn-beijing"),
        (&[("endpoint", "127.0.0.1")], &[], "", "127.0.0.1", ""),
        (&[], &[], "endpoint='h'\nregion='r'", "h", "r"),
        // An endpoint for this run moves a region that is written down, if it tells its own.
        (&[("endpoint", BEIJING)], &[], "region='cn-hangzhou'", BEIJING, "cn-beijing*"),
        (&[("endpoint", "h")], &[], "region='cn-hangzhou'", "h", "cn-hangzhou"),
        (&[("endpoint", BEIJING)], &[("OSS_REGION", "r")], "", BEIJING, "r"),
        // A region for this run leaves the endpoint that is written down.
        (&[("region", "r")], &[], "endpoint='oss-cn-beijing.aliyuncs.com'", BEIJING, "r"),
    ];
    for (flags, env, file, endpoint, region) in cases {
        let settings = Run { flags, env, file, ..Run::default() }.settings();
        let shown = |setting: &Option<ossutil_config::Setting<String>>| {
            setting.as_ref().map_or(String::new(), |setting| {
                let mark = if setting.source == Source::Inferred { "*" } else { "" };
                format!("{}{mark}", setting.value)
            })
        };
        assert_eq!(shown(&settings.endpoint), *endpoint, "{flags:?} {env:?} {file}");
        assert_eq!(shown(&settings.region), *region, "{flags:?} {env:?} {file}");
    }
}

#[test]
fn a_cloud_box_is_told_by_its_endpoint() {
    let endpoint = "endpoint = 'cb-1.cn-hangzhou.oss-cloudbox.aliyuncs.com'";
    let settings = settings(endpoint);
    assert_eq!(text(settings.cloud_box_id.as_ref()), Some("cb-1"));
    assert_eq!(text(settings.region.as_ref()), Some("cb-1"));
}

#[test]
fn a_profile_without_a_file_is_an_error() {
    let env = BTreeMap::from([("OSSUTIL_PROFILE".to_owned(), "prod".to_owned())]);
    let inputs =
        Inputs { flags: Layer::default(), env: &env, file: None, profile: None, ignore_env: false };
    let errors = resolve(inputs).unwrap_err().to_string();
    assert_eq!(
        errors,
        "no profile `prod` (the variable OSSUTIL_PROFILE): the configuration has none"
    );
}
