//! A file of ossutil 1 or 2 says the same as TOML.

use ossutil_config::{Format, Layer, migrate};

use crate::{Run, file};

/// Real shapes, in each style of keys.
const FILES: [&str; 6] = [
    include_str!("../../../../tests/config/v1-camel.ini"),
    include_str!("../../../../tests/config/v1-kebab.ini"),
    include_str!("../../../../tests/config/v1-snake.ini"),
    include_str!("../../../../tests/config/v2-kebab.ini"),
    include_str!("../../../../tests/config/v2-camel.ini"),
    include_str!("../../../../tests/config/mixed.ini"),
];

#[test]
fn every_value_of_every_profile_stays() {
    for text in FILES {
        let old = file(text);
        let migration = migrate(&old);
        let new = file(&migration.text);
        assert_eq!((new.format, &new.warnings[..]), (Format::Toml, &[][..]), "{}", migration.text);
        assert_eq!(old.profiles().collect::<Vec<_>>(), new.profiles().collect::<Vec<_>>());
        for profile in old.profiles() {
            let settings = |file| Run { file, profile, ..Run::default() }.settings();
            let (old, new) = (settings(text), settings(&migration.text));
            for key in Layer::KEYS {
                let value = |layer: &Layer| layer.get(key.name).map(|found| found.value.clone());
                assert_eq!(value(&old.layer), value(&new.layer), "{profile} {}", key.name);
            }
            assert_eq!(old.buckets.len(), new.buckets.len());
            for bucket in old.buckets.keys() {
                let host = |settings: &ossutil_config::Settings| {
                    let place = settings.for_bucket(bucket);
                    let value = |setting: Option<ossutil_config::Setting<String>>| {
                        setting.map(|setting| setting.value)
                    };
                    (value(place.endpoint), value(place.region), place.addressing_style.value)
                };
                assert_eq!(host(&old), host(&new), "{profile} {bucket}");
            }
        }
    }
}

#[test]
fn buckets_that_no_profile_uses_are_named() {
    let migration = migrate(&file("[default]\nregion=a\n[buckets x]\nb =\n region=c\n"));
    assert_eq!(migration.unused, ["x"]);
    assert_eq!(migration.text, "[profiles.default]\nregion = \"a\"\n");
}
