//! Which profile is in use, and what it builds on.

use crate::{Run, file, text};

const TOML: &str = "\
profile = 'b'
[profiles.a]
region = 'ra'
endpoint = 'ea'
[profiles.b]
source_profile = 'a'
endpoint = 'eb'
[profiles.c]
source-profile = 'b'
[profiles.ring]
source_profile = 'ring2'
[profiles.ring2]
source_profile = 'ring'
[profiles.self]
source_profile = 'self'
[profiles.lost]
source_profile = 'gone'
";

#[test]
fn option_before_variable_before_file_before_default() {
    let env: &[(&str, &str)] = &[("OSSUTIL_PROFILE", "c")];
    for (profile, env, name, endpoint) in
        [("a", env, "a", "ea"), ("", env, "c", "eb"), ("", &[], "b", "eb")]
    {
        let settings = Run { profile, env, file: TOML, ..Run::default() }.settings();
        assert_eq!(settings.profile.value, name);
        assert_eq!(text(settings.endpoint.as_ref()), Some(endpoint));
        assert_eq!(text(settings.region.as_ref()), Some("ra"));
    }
    assert_eq!(
        file(TOML).profiles().collect::<Vec<_>>(),
        ["a", "b", "c", "ring", "ring2", "self", "lost"]
    );
}

#[test]
fn bad_profiles_are_named() {
    for (profile, message) in [
        (
            "nope",
            "no profile `nope` (the option --profile): \
             the configuration has a, b, c, ring, ring2, self, lost",
        ),
        (
            "A",
            "no profile `A` (the option --profile): \
             the configuration has a, b, c, ring, ring2, self, lost",
        ),
        ("ring", "`source_profile` goes round in a circle: ring -> ring2 -> ring"),
        ("self", "`source_profile` goes round in a circle: self -> self"),
        (
            "lost",
            "no profile `gone` (/home/x/.ossutilconfig:17 (profile lost)): \
             the configuration has a, b, c, ring, ring2, self, lost",
        ),
    ] {
        assert_eq!(Run { profile, file: TOML, ..Run::default() }.errors(), message);
    }
}

#[test]
fn the_default_profile_may_be_missing() {
    let run = Run { file: "[profiles.a]\nregion = 'r'", ..Run::default() };
    assert!(run.settings().region.is_none());
    let run = Run { file: "[profile a]\nregion = r", profile: "DEFAULT", ..Run::default() };
    assert!(run.settings().region.is_none());
}

#[test]
fn names_have_no_case_in_ossutil_2_files() {
    let file = "[Profile Base]\nregion=r\n[PROFILE Prod]\nSource-Profile=bASE\nendpoint=e";
    let settings = Run { profile: "prod", file, ..Run::default() }.settings();
    assert_eq!(text(settings.region.as_ref()), Some("r"));
    assert_eq!(text(settings.endpoint.as_ref()), Some("e"));
}
