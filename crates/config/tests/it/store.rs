//! The file on disk.

use std::fs;

use ossutil_config::Store;

#[test]
fn one_edit_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    let add = |id: usize| {
        for _ in 0..20 {
            let store = Store::open(&path).unwrap();
            let mut text = String::from_utf8(store.read().unwrap().unwrap_or_default()).unwrap();
            text += &format!("{id}\n");
            store.write(&text).unwrap();
        }
    };
    std::thread::scope(|scope| (0..8).for_each(|id| drop(scope.spawn(move || add(id)))));
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 160);
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["config"], "nothing else is left");
}

#[test]
fn backups_do_not_replace_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    let store = Store::open(&path).unwrap();
    for text in ["a", "b", "c"] {
        store.write(text).unwrap();
        let _ = store.back_up().unwrap();
    }
    for (name, text) in [("config.bak", "a"), ("config.bak2", "b"), ("config.bak3", "c")] {
        assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), text);
    }
}

#[cfg(unix)]
#[test]
fn a_written_file_is_private_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = tempfile::tempdir().unwrap();
    let [real, link, over] = ["real/file", "link", "over"].map(|name| folder.path().join(name));
    fs::create_dir(folder.path().join("real")).unwrap();
    symlink("link", &over).unwrap();
    symlink("real/file", &link).unwrap();
    // First the target is not there, then it is open to all, and a killed run has left its draft.
    for text in ["a", "b"] {
        fs::write(folder.path().join("real/file.tmp"), "draft").unwrap();
        Store::open(&over).unwrap().write(text).unwrap();
        assert!(over.is_symlink() && link.is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), text);
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&real, PermissionsExt::from_mode(0o644)).unwrap();
    }
    assert_eq!(fs::read_dir(folder.path().join("real")).unwrap().count(), 1);
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no/config");
    let error = Store::open(&path).unwrap_err().to_string();
    assert_eq!(error, format!("cannot write the configuration file {}", path.display()));
}
