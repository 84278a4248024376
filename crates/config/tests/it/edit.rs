//! What an edit does to files as people write them.

use std::path::Path;

use ossutil_config::{Editor, KeyPath, Setting, Source};

use crate::{PATH, editor, key_path};

/// (file, key, profile, value, file afterwards)
type Case<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

fn check(cases: &[Case<'_>]) {
    for (before, key, profile, value, after) in cases {
        let mut editor = editor(before);
        let at = key_path(key, profile);
        editor.set(&at, value).unwrap_or_else(|errors| panic!("{errors}\n{before}"));
        assert_eq!(editor.text(), *after, "{key} {profile}");
        assert_eq!(editor.get(&at).map(|found| found.value.as_str()), Some(*value), "{after}");
    }
}

#[test]
fn values_of_toml() {
    check(&[
        ("", "region", "", "r-1", "region = \"r-1\"\n"),
        ("", "jobs", "prod", "4", "[profiles.prod]\njobs = 4\n"),
        ("", "retry-times", "", "7", "retry_times = 7\n"),
        ("", "skip_verify_cert", "", "true", "skip_verify_cert = true\n"),
        ("", "access_key_id", "", "012", "access_key_id = \"012\"\n"),
        ("", "proxy_password", "", "a\"b", "proxy_password = 'a\"b'\n"),
        ("jobs = 1 # few\n", "jobs", "", "2", "jobs = 2 # few\n"),
        ("JOBS = '1'\nx = 1", "jobs", "", "2", "JOBS = 2\nx = 1"),
        ("jobs = 1", "region", "", "r", "jobs = 1\nregion = \"r\""),
        ("# mine", "region", "", "r", "# mine\nregion = \"r\""),
        (
            "[profiles.default]\njobs = 1\n\n# prod\n[profiles.prod]\n",
            "region",
            "",
            "r",
            "[profiles.default]\njobs = 1\nregion = \"r\"\n\n# prod\n[profiles.prod]\n",
        ),
        ("[profiles.a]\r\n", "region", "a", "r", "[profiles.a]\r\nregion = \"r\"\r\n"),
        ("\u{feff}jobs = 1\r\n", "region", "", "r", "\u{feff}jobs = 1\r\nregion = \"r\"\r\n"),
        (
            "[profiles.a]\n  jobs = 1\n",
            "region",
            "a",
            "r",
            "[profiles.a]\n  jobs = 1\n  region = \"r\"\n",
        ),
        ("[defaults]\n", "region", "", "r", "region = \"r\"\n[defaults]\n"),
        ("", "defaults.region", "", "r", "[defaults]\nregion = \"r\"\n"),
        ("jobs = 1\n", "region", "a b", "r", "jobs = 1\n\n[profiles.\"a b\"]\nregion = \"r\"\n"),
        ("", "buckets.b.cname", "", "h", "[buckets.b]\ncname = \"h\"\n"),
        ("", "buckets.b.host", "p", "h", "[profiles.p.buckets.b]\nendpoint = \"h\"\n"),
        (
            "[profiles.p.buckets.b]\n",
            "region",
            "p",
            "r",
            "[profiles.p.buckets.b]\n\n[profiles.p]\nregion = \"r\"\n",
        ),
        (
            "profiles.p.jobs = 1\n",
            "region",
            "p",
            "r",
            "profiles.p.jobs = 1\nprofiles.p.region = \"r\"\n",
        ),
        (
            "[profiles]\np.jobs = 1\n",
            "region",
            "p",
            "r",
            "[profiles]\np.jobs = 1\np.region = \"r\"\n",
        ),
        (
            "[profiles]\np = { jobs = 1 }\n",
            "region",
            "p",
            "r",
            "[profiles]\np = { jobs = 1, region = \"r\" }\n",
        ),
        ("profiles = {}\n", "region", "p", "r", "profiles = {p.region = \"r\"}\n"),
        (
            "profiles.p = {}\n",
            "buckets.b.region",
            "p",
            "r",
            "profiles.p = {buckets.b.region = \"r\"}\n",
        ),
        (
            "profiles.p.jobs = 1\n",
            "region",
            "q",
            "r",
            "profiles.p.jobs = 1\n\n[profiles.q]\nregion = \"r\"\n",
        ),
        ("ca_file = \"\"\"a\"\"\"\nx = 1\n", "ca_file", "", "b", "ca_file = \"b\"\nx = 1\n"),
        // Of two names of one key the later counts.
        (
            "access_id = 'a'\naccess_key_id = 'b'\n",
            "access_key_id",
            "",
            "c",
            "access_id = 'a'\naccess_key_id = \"c\"\n",
        ),
        ("jobs = 1\n", "profile", "", "default", "jobs = 1\nprofile = \"default\"\n"),
        (
            "[profiles.a]\n[profiles.b]\n",
            "source_profile",
            "b",
            "a",
            "[profiles.a]\n[profiles.b]\nsource_profile = \"a\"\n",
        ),
    ]);
}

#[test]
fn values_of_ini() {
    check(&[
        ("[Credentials]\nendpoint=h\n", "endpoint", "", "g", "[Credentials]\nendpoint=g\n"),
        (
            "[Credentials]\nendpoint = h \r\n",
            "endpoint",
            "",
            "g",
            "[Credentials]\nendpoint = g \r\n",
        ),
        (
            "[Credentials]\nendpoint=h",
            "accessKeyID",
            "",
            "i",
            "[Credentials]\nendpoint=h\naccessKeyID=i",
        ),
        (
            "[Credentials]\nhost=h\n\n[Bucket-Cname]\n",
            "endpoint",
            "",
            "g",
            "[Credentials]\nhost=g\n\n[Bucket-Cname]\n",
        ),
        ("[Credentials]\nsts_token=\n", "sts_token", "", "t", "[Credentials]\nsts_token=t\n"),
        (
            "[Bucket-Endpoint]\n",
            "region",
            "",
            "r",
            "[Bucket-Endpoint]\n\n[Credentials]\nregion=r\n",
        ),
        (
            "[Default]\nproxyHost=a\n[Credentials]\n",
            "proxy",
            "",
            "b",
            "[Default]\nproxyHost=b\n[Credentials]\n",
        ),
        (
            "[Credentials]\n",
            "buckets.b.endpoint",
            "",
            "h",
            "[Credentials]\n\n[Bucket-Endpoint]\nb=h\n",
        ),
        ("[Bucket-Cname]\nb=h\n", "buckets.b.cname", "", "g", "[Bucket-Cname]\nb=g\n"),
        ("[default]\n", "retry-times", "", "3", "[default]\nretry-times=3\n"),
        (
            "[default]\n# note\njobs=1\n\n",
            "region",
            "prod",
            "r",
            "[default]\n# note\njobs=1\n\n[profile prod]\nregion=r\n",
        ),
        ("[Profile Prod]\n a = b\n", "region", "prod", "r", "[Profile Prod]\n a = b\nregion = r\n"),
        (
            "[default]\nbuckets=x\n[buckets x]\nb =\n  region=a\nc = region=d\n",
            "buckets.b.endpoint",
            "",
            "h",
            "[default]\nbuckets=x\n[buckets x]\nb =\n  region=a\n  endpoint=h\nc = region=d\n",
        ),
        (
            "[default]\nbuckets=x\n[buckets x]\nb = region=a, endpoint=h\n",
            "buckets.b.region",
            "",
            "c",
            "[default]\nbuckets=x\n[buckets x]\nb = region=c, endpoint=h\n",
        ),
        (
            "[default]\njobs=1\n",
            "buckets.b.region",
            "",
            "r",
            "[default]\njobs=1\nbuckets=default\n\n[buckets default]\nb=\n  region=r\n",
        ),
        // A section that stands twice is read once, and a key that stands twice last.
        (
            "[Credentials]\nmode=AK\nmode=AK\n[Credentials]\nmode=AK\n",
            "mode",
            "",
            "Uri",
            "[Credentials]\nmode=AK\nmode=Uri\n[Credentials]\nmode=AK\n",
        ),
    ]);
}

#[test]
fn values_are_taken_away() {
    for (before, key, profile, after) in [
        ("jobs = 1 # few\nregion = 'r'\n", "jobs", "", "region = 'r'\n"),
        ("region = 'r'\njobs = 1", "jobs", "", "region = 'r'"),
        ("region = 'r'\r\njobs = 1", "jobs", "", "region = 'r'"),
        ("access_id = 'a'\naccess_key_id = 'b'\n", "access_key_id", "", ""),
        ("jobs = 1\n[profiles.default]\njobs = 2\n", "jobs", "", "[profiles.default]\n"),
        ("profiles.p = { jobs = 1, region = 'r' }", "jobs", "p", "profiles.p = { region = 'r' }"),
        ("profiles.p = { jobs = 1, region = 'r' }", "region", "p", "profiles.p = { jobs = 1 }"),
        ("profiles.p = { jobs = 1 }", "jobs", "p", "profiles.p = {  }"),
        ("[Credentials]\nmode=AK\nmode=Uri\nendpoint=h", "mode", "", "[Credentials]\nendpoint=h"),
        ("[Credentials]\nmode=AK\n[Default]\nmode=Uri\n", "mode", "", "[Credentials]\n[Default]\n"),
        (
            "[default]\nbuckets=x\n[buckets x]\nb = region=a, endpoint=h\n",
            "buckets.b.region",
            "",
            "[default]\nbuckets=x\n[buckets x]\nb = endpoint=h\n",
        ),
        ("[Bucket-Endpoint]\nb=h\nc=h\n", "buckets.b.endpoint", "", "[Bucket-Endpoint]\nc=h\n"),
    ] {
        let mut editor = editor(before);
        let at = key_path(key, profile);
        assert!(editor.unset(&at).unwrap(), "{before}");
        assert_eq!(editor.text(), after);
        assert!(editor.get(&at).is_none() && !editor.unset(&at).unwrap(), "{after}");
    }
}

#[test]
fn what_cannot_be_done_changes_nothing() {
    for (file, key, profile, value, message) in [
        ("jobs = 1", "jobs", "", "x", "`jobs` is not a whole number between 1 and 10000"),
        ("jobs = 1", "jobs", "", "0", "`jobs` is not a whole number between 1 and 10000"),
        ("", "mode", "", "Root", "`mode` is not one of AK,"),
        ("", "region", "", "a/b", "`region` is not a region id"),
        ("", "buckets.b.region", "", "a/b", "`region` is not a region id"),
        ("", "access_key_secret", "", "a\nb", "`access_key_secret` is not a text on one line"),
        ("", "region", "", "", "`region` is not a text on one line"),
        ("[Credentials]", "endpoint", "", " h", "cannot be changed safely"),
        ("[Credentials]", "defaults.region", "", "r", "no place for defaults of every profile"),
        ("[default]", "profile", "", "default", "no place for the choice of a profile"),
        ("", "profile", "", "gone", "no profile `gone`"),
        ("[profiles.a]\n", "source_profile", "a", "gone", "no profile `gone`"),
        ("[profiles.a]\n", "source_profile", "a", "a", "goes round in a circle: a -> a"),
        ("[Credentials]", "region", "a]b", "r", "cannot be changed safely"),
    ] {
        let mut editor = editor(file);
        let errors = editor.set(&key_path(key, profile), value).unwrap_err().to_string();
        assert!(errors.contains(message), "{errors}");
        assert_eq!(editor.text(), file, "{key}");
    }
    assert!(Editor::new(Path::new(PATH), Some(b"a = ")).is_err());
}

#[test]
fn unknown_keys_name_the_nearest() {
    let profile = Setting::new("default", Source::Default);
    for (key, message) in [
        ("endpont", "unknown key `endpont`; did you mean `endpoint`?"),
        ("defaults.jbos", "unknown key `jbos`; did you mean `jobs`?"),
        ("buckets.b.cnam", "unknown key `cnam`; did you mean `cname`?"),
        ("sorce_profile", "unknown key `sorce_profile`; did you mean `source_profile`?"),
        ("nothing-like-it", "unknown key `nothing-like-it`"),
    ] {
        assert_eq!(KeyPath::parse(key, &profile).unwrap_err().to_string(), message);
    }
}
