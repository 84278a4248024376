//! Files of ossutil 1 and 2 as users have them.

use ossutil_config::{Format, Layer, Mode};
use proptest::prelude::*;
use secrecy::ExposeSecret;

use crate::{Run, file, parse, settings, text, warnings};

const OSSUTIL1: &str = "\
# written by hand
[Credentials]
language=CH
endpoint = oss-cn-hangzhou.aliyuncs.com
accessKeyID = LTAI-one
accessKeySecret = a;b#c=d:e
stsToken=token==
mode = StsToken
outputDir=/tmp/out
tokenTimeOut=1800
[Default]
userAgent=mine
loglevel=info
proxyHost=http://proxy:3128
proxyUser=u
proxyPwd=p
readTimeOut=300
connectTimeOut=30
retryTimes=5
[AkService]
ecsAk=http://100.100.100.200/x
[Bucket-Endpoint]
logs=oss-cn-beijing.aliyuncs.com
[Bucket-Cname]
img=img.example.com
";

fn check_ossutil1(file_text: &str) {
    let file = file(file_text);
    assert_eq!(file.format, Format::Ini1);
    assert_eq!(file.warnings, []);
    assert_eq!(file.profiles().collect::<Vec<_>>(), ["default"]);
    let settings = settings(file_text);
    for (key, value) in [
        ("language", "CH"),
        ("endpoint", "oss-cn-hangzhou.aliyuncs.com"),
        ("access_key_id", "LTAI-one"),
        ("access_key_secret", "a;b#c=d:e"),
        ("sts_token", "token=="),
        ("mode", "StsToken"),
        ("output_dir", "/tmp/out"),
        ("token_timeout", "1800"),
        ("user_agent", "mine"),
        ("loglevel", "info"),
        ("proxy", "http://proxy:3128"),
        ("proxy_user", "u"),
        ("proxy_password", "p"),
        ("read_timeout", "300"),
        ("connect_timeout", "30"),
        ("retry_times", "5"),
        ("ecs_ak_url", "http://100.100.100.200/x"),
    ] {
        assert_eq!(text(settings.layer.get(key)), Some(value), "{key}");
    }
    assert_eq!(settings.mode.unwrap().value, Mode::StsToken);
    assert_eq!(settings.access_key_secret.unwrap().value.expose_secret(), "a;b#c=d:e");
    assert_eq!(settings.buckets.keys().collect::<Vec<_>>(), ["img", "logs"]);
}

#[test]
fn ossutil_1() {
    check_ossutil1(OSSUTIL1);
}

#[test]
fn byte_order_mark_and_carriage_returns_change_nothing() {
    check_ossutil1(&format!("\u{feff}{OSSUTIL1}"));
    check_ossutil1(&OSSUTIL1.replace('\n', "\r\n"));
    check_ossutil1(&format!("\u{feff}{}", OSSUTIL1.replace('\n', "\r\n")));
    check_ossutil1(OSSUTIL1.trim_end());
}

/// The names that ossutil 1 accepts in `[Credentials]`, and ours for them.
const NAMES1: &[(&str, &[&str])] = &[
    ("language", &["language", "Language"]),
    ("endpoint", &["endpoint", "host"]),
    (
        "access_key_id",
        &["accessKeyID", "access_key_id", "access_id", "accessid", "access-key-id", "access-id"],
    ),
    (
        "access_key_secret",
        &[
            "accessKeySecret",
            "access_key_secret",
            "access_key",
            "accesskey",
            "access-key-secret",
            "access-key",
        ],
    ),
    ("sts_token", &["stsToken", "sts_token", "sts-token"]),
    ("output_dir", &["outputDir", "output-dir", "output_dir", "output_directory"]),
    ("mode", &["mode"]),
    ("ram_role_arn", &["ramRoleArn", "ram_role_arn", "ram-role-arn"]),
    ("role_session_name", &["roleSessionName", "role-session-name", "role_session_name"]),
    ("token_timeout", &["tokenTimeOut", "tokenTimeout", "token_timeout", "token-timeout"]),
    ("sts_region", &["stsRegion", "sts-region", "sts_region"]),
    ("ecs_role_name", &["ecsRoleName", "ecs-role-name", "ecs_role_name"]),
    ("jobs", &["routines"]),
    ("part_size", &["partSize"]),
    ("cloud_box_id", &["cloudBoxID"]),
];

#[test]
fn every_name_of_ossutil_1() {
    for (key, names) in NAMES1 {
        for name in *names {
            let file = file(&format!("[Credentials]\n{name}=x"));
            assert_eq!(file.warnings, [], "{name}");
            let slot = Layer::KEYS.iter().find(|known| known.is_written(name));
            assert_eq!(slot.map(|known| known.name), Some(*key), "{name}");
        }
    }
}

/// One name in the four styles of ossutil 2.
fn styles(key: &str) -> [String; 4] {
    let mut camel = String::new();
    for (n, word) in key.split('_').enumerate() {
        let (first, rest) = word.split_at(1);
        camel += &if n == 0 { first.into() } else { first.to_uppercase() };
        camel += rest;
    }
    [key.into(), key.replace('_', "-"), key.replace('_', ""), camel]
}

#[test]
fn every_key_in_every_style_and_both_files() {
    for key in Layer::KEYS {
        for name in std::iter::once(&key.name).chain(key.aliases) {
            for style in styles(name) {
                for section in ["[Credentials]", "[default]", "[DEFAULT]", "[profile default]"] {
                    let text = format!("{section}\n  {style}  = v w # \t\n");
                    let file = file(&text);
                    assert_eq!(file.warnings, [], "{text}");
                }
                if key.range.is_none() && key.default.is_none() && key.name.ends_with("_id") {
                    let settings = settings(&format!("[default]\n{style} = v w #"));
                    assert_eq!(settings.layer.get(key.name).unwrap().value, "v w #");
                }
            }
        }
    }
}

const OSSUTIL2: &str = "\
# comment
[default]
accessKeyId = id
access-key-secret = secret
region=cn-hangzhou
outputformat = json

[profile prod]
source-profile=default
access_key_id=prod-id
accesskeysecret=prod-secret
mode=RamRoleArn
role-arn=acs:ram::1:role/r
oidc-token-file-path=/t
job=7
write-buffer-size=1M
";

#[test]
fn ossutil_2() {
    for file_text in [OSSUTIL2.to_owned(), format!("\u{feff}{}", OSSUTIL2.replace('\n', "\r\n"))] {
        let file = file(&file_text);
        assert_eq!((file.format, &file.warnings[..]), (Format::Ini2, &[][..]));
        assert_eq!(file.profiles().collect::<Vec<_>>(), ["default", "prod"]);
        let settings = Run { file: &file_text, profile: "PROD", ..Run::default() }.settings();
        assert_eq!(text(settings.access_key_id.as_ref()), Some("prod-id"));
        assert_eq!(text(settings.region.as_ref()), Some("cn-hangzhou"));
        assert_eq!(text(settings.ram_role_arn.as_ref()), Some("acs:ram::1:role/r"));
        assert_eq!(settings.jobs.value, 7);
        assert_eq!(settings.write_buffer_size.unwrap().value, 1 << 20);
        assert_eq!(settings.jobs.source.to_string(), "/home/x/.ossutilconfig:15 (profile prod)");
    }
}

#[test]
fn sections_of_both_in_one_file() {
    let file =
        "[default]\nregion=r2\nendpoint=e2\n[Credentials]\nendpoint=e1\n[profile p]\nendpoint=p";
    assert_eq!(crate::file(file).format, Format::Ini1);
    let default = settings(file);
    assert_eq!(text(default.endpoint.as_ref()), Some("e1"));
    assert_eq!(text(default.region.as_ref()), Some("r2"));
    let other = Run { file, profile: "p", ..Run::default() }.settings();
    assert_eq!(text(other.endpoint.as_ref()), Some("p"));
    assert_eq!(text(other.region.as_ref()), None);
}

#[test]
fn the_first_section_and_the_last_key_count() {
    let text_of_file = "[Credentials]\nendpoint=a\nendpoint=b\n[Credentials]\nendpoint=c";
    assert_eq!(text(settings(text_of_file).endpoint.as_ref()), Some("b"));
    assert_eq!(
        warnings(text_of_file),
        ["section [Credentials] in /home/x/.ossutilconfig:4 repeats line 1 and is not read"]
    );
    let emptied = settings("[Credentials]\nendpoint=a\nendpoint=");
    assert_eq!(text(emptied.endpoint.as_ref()), None);
}

#[test]
fn of_two_names_of_one_setting_the_last_counts() {
    let text_of_file = "[Credentials]\naccess_id=a\naccessKeyID=b";
    assert_eq!(text(settings(text_of_file).access_key_id.as_ref()), Some("b"));
    assert_eq!(
        warnings(text_of_file),
        ["`accessKeyID` in /home/x/.ossutilconfig:3 and `access_id` on line 2 are one setting: \
          the later counts"]
    );
}

#[test]
fn what_has_no_effect_is_named() {
    assert_eq!(
        warnings(
            "a=b\n[Credentials]\nendpont=x\nlimitedNum=1\n#endpoint=x\n;x=y\nword\n[Nonsense]\nx=y\n\
             [profile p]\naces-key-id=i\n[buckets g]\nb=\n  regoin=r\n"
        ),
        [
            "`a` in /home/x/.ossutilconfig:1 stands above the first [section] and is not read",
            "unknown key `endpont` in /home/x/.ossutilconfig:3; did you mean `endpoint`?",
            "unknown key `limitedNum` in /home/x/.ossutilconfig:4",
            "the line in /home/x/.ossutilconfig:7 is neither a [section] nor key = value",
            "unknown section [Nonsense] in /home/x/.ossutilconfig:8",
            "unknown key `aces-key-id` in /home/x/.ossutilconfig:11 (profile p); \
             did you mean `access_key_id`?",
            "unknown key `regoin` in /home/x/.ossutilconfig:14; did you mean `region`?",
        ]
    );
}

proptest! {
    #[test]
    fn no_text_is_refused_once_it_is_ini(text in "[\\[\\]a-z=:#;{}, \t\r\n\u{feff}é]{0,80}") {
        let ini = format!("[Credentials]\n{text}\n[buckets x]\n{text}");
        prop_assert!(parse(&ini).is_ok());
    }

    #[test]
    fn any_secret_arrives_whole(secret in "[!-~]([ -~]{0,30}[!-~])?") {
        for section in ["[Credentials]", "[default]"] {
            for end in ["", "\n", "\r\n"] {
                let file = format!("{section}\naccessKeySecret={secret}{end}");
                let found = settings(&file).access_key_secret.unwrap();
                prop_assert_eq!(found.value.expose_secret(), secret.as_str());
            }
        }
    }
}
