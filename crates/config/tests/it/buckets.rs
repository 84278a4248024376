//! Endpoint, region and addressing of single buckets.

use ossutil_config::{AddressingStyle, Setting, Source};

use crate::{Run, text};

const INI1: &str = "\
[Credentials]
endpoint=general
[Bucket-Endpoint]
b=own
c=own
[Bucket-Cname]
c=img.example.com
";

/// ossutil 1 forgot the option when the file had no `endpoint` of its own.
const INI1_WITHOUT_ENDPOINT: &str =
    "[Credentials]\n[Bucket-Endpoint]\nb=own\n[Bucket-Cname]\nc=img";

const TOML: &str = "\
profile = 'prod'
endpoint = 'oss-cn-hangzhou-internal.aliyuncs.com'
[buckets.b]
endpoint = 'file-wide'
[buckets.w]
region = 'cn-beijing'
[profiles.prod]
source_profile = 'default'
[profiles.prod.buckets.b]
cname = 'img.example.com'
region = 'cn-shanghai'
[profiles.default.buckets.b]
endpoint = 'parent'
addressing_style = 'path'
[profiles.default.buckets.far]
endpoint = 'oss-us-east-1.aliyuncs.com'
";

const INI2: &str = "\
[default]
region = cn-hangzhou
buckets = Mine
[buckets MINE]
b =
  region = cn-beijing
  Endpoint = oss-cn-beijing-internal.aliyuncs.com
  addressingStyle = path
c = region=cn-shanghai, endpoint=oss-cn-shanghai.aliyuncs.com
d = img.example.com
";

struct Case<'a> {
    flags: &'a [(&'static str, &'a str)],
    file: &'a str,
    bucket: &'a str,
    endpoint: &'a str,
    region: &'a str,
    style: AddressingStyle,
}

impl Case<'_> {
    fn check(&self) {
        let settings = Run { flags: self.flags, file: self.file, ..Run::default() }.settings();
        let found = settings.for_bucket(self.bucket);
        let name = format!("{} with {:?} and\n{}", self.bucket, self.flags, self.file);
        assert_eq!(
            text(found.endpoint.as_ref()).unwrap_or(""),
            self.endpoint,
            "endpoint of {name}"
        );
        assert_eq!(text(found.region.as_ref()).unwrap_or(""), self.region, "region of {name}");
        assert_eq!(found.addressing_style.value, self.style, "style of {name}");
    }
}

#[test]
fn ossutil_1_sections() {
    use AddressingStyle::{Cname, Virtual};
    let flag: &[(&str, &str)] = &[("endpoint", "flag")];
    for (flags, file, bucket, endpoint, style) in [
        (&[][..], INI1, "a", "general", Virtual),
        (&[], INI1, "b", "own", Virtual),
        (&[], INI1, "c", "img.example.com", Cname),
        (flag, INI1, "b", "flag", Virtual),
        (flag, INI1, "c", "flag", Virtual),
        (flag, INI1_WITHOUT_ENDPOINT, "b", "flag", Virtual),
        (flag, INI1_WITHOUT_ENDPOINT, "c", "flag", Virtual),
        (&[], INI1_WITHOUT_ENDPOINT, "a", "", Virtual),
    ] {
        Case { flags, file, bucket, endpoint, region: "", style }.check();
    }
}

#[test]
fn a_variable_beats_the_file_too() {
    let env = &[("OSS_ENDPOINT", "env")];
    let settings = Run { env, file: INI1_WITHOUT_ENDPOINT, ..Run::default() }.settings();
    let found = settings.for_bucket("c").endpoint.unwrap();
    assert_eq!((found.value.as_str(), found.source), ("env", Source::Env("OSS_ENDPOINT")));
}

#[test]
fn tables_of_profiles() {
    use AddressingStyle::{Cname, Virtual};
    let general = "oss-cn-hangzhou-internal.aliyuncs.com";
    let flag: &[(&str, &str)] = &[("endpoint", "oss-eu-west-1.aliyuncs.com")];
    let region: &[(&str, &str)] = &[("region", "cn-zz")];
    for (flags, bucket, endpoint, region, style) in [
        (&[][..], "a", general, "cn-hangzhou", Virtual),
        // The domain of the nearest profile hides the endpoints below it.
        (&[], "b", "img.example.com", "cn-shanghai", Cname),
        // A region moves the endpoint, in the same form.
        (&[], "w", "oss-cn-beijing-internal.aliyuncs.com", "cn-beijing", Virtual),
        // The region follows the bucket's endpoint.
        (&[], "far", "oss-us-east-1.aliyuncs.com", "us-east-1", Virtual),
        (flag, "far", "oss-eu-west-1.aliyuncs.com", "eu-west-1", Virtual),
        (flag, "w", "oss-eu-west-1.aliyuncs.com", "eu-west-1", Virtual),
        (region, "far", "oss-us-east-1.aliyuncs.com", "cn-zz", Virtual),
        (region, "w", general, "cn-zz", Virtual),
    ] {
        Case { flags, file: TOML, bucket, endpoint, region, style }.check();
    }
}

#[test]
fn ossutil_2_sections() {
    use AddressingStyle::{Path, Virtual};
    for (bucket, endpoint, region, style) in [
        ("a", "oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou", Virtual),
        ("b", "oss-cn-beijing-internal.aliyuncs.com", "cn-beijing", Path),
        ("c", "oss-cn-shanghai.aliyuncs.com", "cn-shanghai", Virtual),
        ("d", "img.example.com", "cn-hangzhou", Virtual),
    ] {
        Case { flags: &[], file: INI2, bucket, endpoint, region, style }.check();
    }
    let run = Run { file: "[default]\nbuckets=x\n[buckets y]\n", ..Run::default() };
    assert_eq!(
        run.errors(),
        "no section [buckets x] (/home/x/.ossutilconfig:2 (profile default)): the configuration has y"
    );
}

#[test]
fn hosts_that_need_path_style() {
    use AddressingStyle::{Cname, Path, Virtual};
    for (endpoint, more, style) in [
        ("http://127.0.0.1:80", "", Path),
        ("http://[::1]:80", "", Path),
        ("127.0.0.1", "addressing_style = 'virtual'", Path),
        ("127.0.0.1", "addressing_style = 'cname'", Cname),
        ("localhost:80", "", Path),
        ("localhost:80", "addressing_style = 'virtual'", Virtual),
        ("ep-1.oss.cn-hangzhou.privatelink.aliyuncs.com", "", Path),
        ("oss.corp.example", "", Virtual),
        ("oss.corp.example", "endpoint_suffix_list_path_style = 'DEFAULT, .corp.example'", Path),
    ] {
        let file = format!("endpoint = '{endpoint}'\n{more}");
        let (bucket, region) = ("b", "");
        Case { flags: &[], file: &file, bucket, endpoint, region, style }.check();
    }
}

#[test]
fn an_option_beats_the_style_of_a_bucket() {
    let file = "endpoint = 'h'\n[buckets.b]\naddressing_style = 'cname'";
    let flags: &[(&str, &str)] = &[("addressing_style", "path")];
    let (bucket, endpoint, region) = ("b", "h", "");
    Case { flags, file, bucket, endpoint, region, style: AddressingStyle::Path }.check();
    Case { flags: &[], file, bucket, endpoint, region, style: AddressingStyle::Cname }.check();
}

#[test]
fn a_cloud_box_belongs_to_its_endpoint() {
    let file = "endpoint = 'cb-1.r.oss-cloudbox.aliyuncs.com'\n[buckets.b]\nendpoint = 'h'\n\
                [buckets.c]\nendpoint = 'cb-2.r.oss-cloudbox.aliyuncs.com'";
    let settings = Run { file, ..Run::default() }.settings();
    for (bucket, id) in [("a", Some("cb-1")), ("b", None), ("c", Some("cb-2"))] {
        assert_eq!(text(settings.for_bucket(bucket).cloud_box_id.as_ref()), id, "{bucket}");
    }
}

#[test]
fn another_endpoint_has_the_region_it_names() {
    let settings = Run { file: TOML, ..Run::default() }.settings();
    for (endpoint, region, cloud_box) in [
        ("oss-us-east-1.aliyuncs.com", "us-east-1", None),
        ("http://127.0.0.1:9000", "cn-hangzhou", None),
        ("cb-1.cn-hangzhou.oss-cloudbox.aliyuncs.com", "cb-1", Some("cb-1")),
    ] {
        let found = settings.at_endpoint(Setting::new(endpoint, Source::Argument));
        assert_eq!(text(found.endpoint.as_ref()), Some(endpoint));
        assert_eq!(text(found.region.as_ref()), Some(region), "{endpoint}");
        assert_eq!(text(found.cloud_box_id.as_ref()), cloud_box, "{endpoint}");
    }
}
