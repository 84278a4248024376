//! What a reviewer would say again and again: arrows, absences, registered and formatted files.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The dependencies a manifest names, those for tests left out.
fn dependencies(name: &str) -> Vec<String> {
    let text = read(&root().join("crates").join(name).join("Cargo.toml"));
    let (_, rest) = text.split_once("[dependencies]\n").expect("dependencies");
    let lines = rest.lines().take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split(['.', ' ', '=']).next());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[test]
fn dependencies_point_one_way() {
    for (name, ours) in [
        ("signing", &[][..]),
        ("protocol", &[]),
        ("config", &[]),
        ("client", &["protocol", "signing"]),
        ("sandbox", &["protocol", "signing"]),
        ("commands", &["client", "config", "sandbox"]),
        ("ossutil", &["commands"]),
    ] {
        let named = dependencies(name).into_iter();
        let named: Vec<String> =
            named.filter_map(|name| name.strip_prefix("ossutil-").map(str::to_owned)).collect();
        assert_eq!(named, ours, "the crates that {name} depends on");
    }
}

#[test]
fn libraries_are_named_in_their_rooms_only() {
    for (library, rooms) in [
        ("roxmltree", &["protocol"][..]),
        ("hyper", &["client", "sandbox"]),
        ("clap", &["commands"]),
        ("ring", &["client", "sandbox", "signing"]),
    ] {
        for name in ["signing", "protocol", "config", "client", "sandbox", "commands", "ossutil"] {
            let is_named = dependencies(name).iter().any(|dependency| dependency == library);
            assert!(!is_named || rooms.contains(&name), "{name} names {library}");
        }
    }
}

#[test]
fn pure_crates_do_no_io() {
    for (name, allowed) in
        [("signing", &[][..]), ("protocol", &[]), ("config", &["file.rs", "path.rs", "store.rs"])]
    {
        for path in sources(&root().join("crates").join(name).join("src")) {
            let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let text = read(&path);
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for word in ["std::fs", "TcpStream", "UdpSocket", "std::env::", "tokio::"] {
                let is_fine = allowed.contains(&file) || !code.contains(word);
                assert!(is_fine, "{} uses {word}", path.display());
            }
        }
    }
}

#[test]
fn every_crate_inherits_the_lints() {
    for entry in fs::read_dir(root().join("crates")).expect("crates") {
        let manifest = read(&entry.expect("an entry").path().join("Cargo.toml"));
        assert!(manifest.contains("[lints]\nworkspace = true"), "{manifest}");
    }
}

#[test]
fn every_command_file_is_registered_described_and_formatted() {
    let folder = root().join("crates/commands/src/cmd");
    let registry = read(&folder.join("mod.rs"));
    for entry in fs::read_dir(&folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        if name != "mod" {
            let file = if path.is_dir() { path.join("mod.rs") } else { path };
            assert!(registry.contains(&format!("\n    {name},\n")), "{name} is not registered");
            let word = name.replace('_', "-");
            assert!(read(&file).starts_with(&format!("//! `{word}")), "{name} has no description");
        }
    }
    for path in sources(&folder) {
        let config = root().join("rustfmt.toml");
        let check = Command::new("rustfmt")
            .args(["--check", "--edition", "2024", "--config-path"])
            .arg(&config)
            .arg(&path)
            .output();
        // A toolchain without rustfmt cannot tell.
        if let Ok(output) = check {
            assert!(output.status.success(), "{} is not formatted", path.display());
        }
    }
}
