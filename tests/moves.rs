//! Any sequence of `cp`, `sync` and `rm` leaves a folder and a bucket as a model of them says.

use std::{collections::BTreeMap, fs};

use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};

use crate::{support::World, trees::tree};

/// Names that sort otherwise as paths than as keys, or are unusual.
const NAMES: [&str; 7] = ["a", "a.x", "b.c", "b/a", "b/c d", "b/e/f", "中+%/x"];

type Side = BTreeMap<&'static str, Vec<u8>>;

#[derive(Clone, Debug)]
enum Step {
    Write(&'static str, Vec<u8>),
    Remove(&'static str),
    Put(&'static str, Vec<u8>),
    Upload { ignores_existing: bool },
    Download { ignores_existing: bool },
    SyncUp { deletes: bool },
    SyncDown { deletes: bool },
    RemoveBelow(&'static str),
}

fn step() -> impl Strategy<Value = Step> {
    let name = || select(NAMES.to_vec());
    let content = || vec(any::<u8>(), 0..3);
    prop_oneof![
        (name(), content()).prop_map(|(name, content)| Step::Write(name, content)),
        name().prop_map(Step::Remove),
        (name(), content()).prop_map(|(name, content)| Step::Put(name, content)),
        any::<bool>().prop_map(|ignores_existing| Step::Upload { ignores_existing }),
        any::<bool>().prop_map(|ignores_existing| Step::Download { ignores_existing }),
        any::<bool>().prop_map(|deletes| Step::SyncUp { deletes }),
        any::<bool>().prop_map(|deletes| Step::SyncDown { deletes }),
        select(vec!["a", "b/", "b", "中"]).prop_map(Step::RemoveBelow),
    ]
}

/// What the steps should lead to.
#[derive(Default)]
struct Model {
    local: Side,
    remote: Side,
}

fn copy(from: &Side, to: &mut Side, ignores_existing: bool) {
    for (name, content) in from {
        if !(ignores_existing && to.contains_key(name)) {
            to.insert(name, content.clone());
        }
    }
}

impl Model {
    fn take(&mut self, step: &Step) {
        let Self { local, remote } = self;
        match step {
            Step::Write(name, content) => drop(local.insert(name, content.clone())),
            Step::Remove(name) => drop(local.remove(name)),
            Step::Put(name, content) => drop(remote.insert(name, content.clone())),
            Step::Upload { ignores_existing } => copy(local, remote, *ignores_existing),
            Step::Download { ignores_existing } => copy(remote, local, *ignores_existing),
            Step::SyncUp { deletes } => {
                copy(local, remote, false);
                remote.retain(|name, _| !deletes || local.contains_key(name));
            }
            Step::SyncDown { deletes } => {
                copy(remote, local, false);
                local.retain(|name, _| !deletes || remote.contains_key(name));
            }
            Step::RemoveBelow(prefix) => remote.retain(|name, _| !name.starts_with(prefix)),
        }
    }
}

fn take(world: &World, step: &Step) {
    let run = |line: &str, more: &[&str]| {
        let words: Vec<&str> = line.split(' ').chain(more.iter().copied()).collect();
        let _ = world.run(&words).ok();
    };
    let ignoring = |ignores: bool| if ignores { &["--ignore-existing"][..] } else { &["-f"] };
    let deleting = |deletes: bool| if deletes { &["--delete"][..] } else { &[] };
    match step {
        Step::Write(name, content) => world.write(&format!("d/{name}"), content),
        Step::Remove(name) => drop(fs::remove_file(world.home.path().join("d").join(name))),
        Step::Put(name, content) => world.object(&format!("p/{name}"), content),
        Step::Upload { ignores_existing } => {
            run("cp -r d oss://bkt/p --disable-dir-object", ignoring(*ignores_existing));
        }
        Step::Download { ignores_existing } => {
            run("cp -r oss://bkt/p/ d", ignoring(*ignores_existing));
        }
        Step::SyncUp { deletes } => {
            let line = "sync d oss://bkt/p -f --checksum --disable-dir-object";
            run(line, deleting(*deletes));
        }
        Step::SyncDown { deletes } => {
            let line = "sync oss://bkt/p d -f --checksum --backup-dir kept";
            run(line, deleting(*deletes));
        }
        Step::RemoveBelow(prefix) => {
            let url = format!("oss://bkt/p/{prefix}");
            run("rm -r -f", &[&url]);
        }
    }
}

fn check(world: &World, model: &Model) -> Result<(), TestCaseError> {
    let files = tree(&world.home.path().join("d"));
    let files: Vec<&String> = files.iter().filter(|name| !name.ends_with('/')).collect();
    prop_assert_eq!(files, model.local.keys().collect::<Vec<_>>());
    let keys = world.keys();
    let keys: Vec<&str> = keys.iter().filter_map(|key| key.strip_prefix("p/")).collect();
    prop_assert_eq!(keys, model.remote.keys().copied().collect::<Vec<_>>());
    for (name, content) in &model.local {
        prop_assert_eq!(&world.read(&format!("d/{name}")), content, "{}", name);
    }
    for (name, content) in &model.remote {
        prop_assert_eq!(&world.content(&format!("p/{name}")), content, "{}", name);
    }
    Ok(())
}

#[test]
fn a_folder_and_a_bucket_are_as_the_model_says() {
    let config = Config { cases: 40, failure_persistence: None, ..Config::default() };
    let steps = vec(step(), 1..20);
    let outcome = TestRunner::new(config).run(&steps, |steps| {
        let world = World::new();
        fs::create_dir(world.home.path().join("d")).expect("a folder");
        let mut model = Model::default();
        for step in &steps {
            take(&world, step);
            model.take(step);
            check(&world, &model)?;
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
