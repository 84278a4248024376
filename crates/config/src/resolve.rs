//! The layers brought together.

use std::collections::BTreeMap;

use crate::bucket::BucketEntry;
use crate::profile::{Buckets, DEFAULT, Profile};
use crate::{ConfigFile, Error, Errors, Layer, Setting, Settings, Source, place};

/// The variable that chooses the profile.
const PROFILE: &str = "OSSUTIL_PROFILE";

/// The families of environment variables, the first before the second.
const ENV_FAMILIES: [&str; 2] = ["OSS", "ALIBABA_CLOUD_"];

/// Everything that settings come from. The environment may hold secrets, so there is no `Debug`.
#[derive(Clone)]
pub struct Inputs<'a> {
    /// What the command line gives.
    pub flags: Layer,
    /// The environment.
    pub env: &'a BTreeMap<String, String>,
    /// The configuration file, if there is one.
    pub file: Option<ConfigFile>,
    /// The profile that the command line chooses.
    pub profile: Option<Setting<String>>,
    /// Take nothing from the environment.
    pub ignore_env: bool,
}

/// Brings the layers together: option, environment, profile, the profiles it builds on, defaults of
/// the file, built-in. A value that is not used is not judged.
///
/// # Errors
///
/// Values of the wrong kind or out of range, a profile that does not exist or builds on itself. All
/// of them are returned.
pub fn resolve(inputs: Inputs<'_>) -> Result<Settings, Errors> {
    let none = BTreeMap::new();
    let env = if inputs.ignore_env { &none } else { inputs.env };
    let file = inputs.file.as_ref();
    let profile = choose_profile(inputs.profile, env, file);
    let mut errors = Errors::default();
    let chain = errors.keep(chain(file, &profile)).unwrap_or_default();

    let mut layers = vec![inputs.flags.without_empty()];
    layers.extend(ENV_FAMILIES.map(|family| Layer::from_env(env, family)));
    layers.extend(chain.iter().map(|profile| profile.layer.clone()));
    layers.extend(file.map(|file| file.defaults.clone()));
    layers.push(Layer::defaults());
    let mut layer =
        layers.into_iter().rev().fold(Layer::default(), |lower, layer| layer.over(lower));
    place::check_regions(&mut layer, &mut errors);
    place::infer(&mut layer);

    let buckets = file.and_then(|file| errors.keep(file.buckets_of(&chain))).unwrap_or_default();
    let buckets = read_buckets(buckets, &mut errors);
    let source_profile = chain.first().and_then(|profile| profile.parent.clone());
    let settings =
        Settings::read(&layer, profile, source_profile, buckets, layer.clone(), &mut errors);
    errors.or(settings)
}

/// The profile that the command line, the environment or the file chooses, else `default`.
pub fn choose_profile(
    flag: Option<Setting<String>>,
    env: &BTreeMap<String, String>,
    file: Option<&ConfigFile>,
) -> Setting<String> {
    let variable =
        || env.get(PROFILE).map(|name| Setting::new(name.as_str(), Source::Env(PROFILE)));
    let given = |name: &Setting<String>| !name.value.is_empty();
    flag.filter(given)
        .or_else(|| variable().filter(given))
        .or_else(|| file?.profile.clone())
        .unwrap_or_else(|| Setting::new(DEFAULT, Source::Default))
}

/// The profiles in use, nearest first. Without a file there is the default profile only.
fn chain<'a>(
    file: Option<&'a ConfigFile>,
    profile: &Setting<String>,
) -> Result<Vec<&'a Profile>, Error> {
    match file {
        Some(file) => file.chain(profile),
        None if profile.value == DEFAULT => Ok(Vec::new()),
        None => Err(Error::UnknownProfile {
            name: profile.value.clone(),
            origin: profile.source.clone(),
            known: Vec::new(),
        }),
    }
}

fn read_buckets(buckets: Buckets, errors: &mut Errors) -> BTreeMap<String, BucketEntry> {
    let mut read = BTreeMap::new();
    for (name, mut layer) in buckets {
        place::check_regions(&mut layer, errors);
        if let Some(entry) = BucketEntry::read(&layer, errors) {
            read.insert(name, entry);
        }
    }
    read
}
