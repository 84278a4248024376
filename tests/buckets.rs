//! `mb`, `rb`, `lrb`, `lcb`, and `stat` of a bucket.

use serde_json::Value;

use crate::support::{World, finish};

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn a_bucket_is_made_as_asked() {
    let world = World::new();
    world.run(&["mb", "oss://plain"]).ok();
    let line = "mb oss://other --acl PUBLIC-read --storage-class ia --redundancy-type zrs";
    world.run(&line.split(' ').collect::<Vec<_>>()).ok();
    let stat = |bucket: &str| {
        let run = world.run(&["stat", bucket, "--output-format", "json"]);
        json(&run.ok().stdout)["buckets"][0].clone()
    };
    let plain = stat("oss://plain");
    let found = [&plain["acl"], &plain["storage_class"], &plain["redundancy_type"]];
    assert_eq!(found, ["private", "Standard", "LRS"]);
    let other = stat("oss://other");
    let found = [&other["acl"], &other["storage_class"], &other["redundancy_type"]];
    assert_eq!(found, ["public-read", "IA", "ZRS"]);
    assert!(
        world
            .run(&["stat", "oss://other"])
            .ok()
            .stdout
            .contains("\nACL                   : public-read\n")
    );

    let file = world.home.path().join("bucket.xml");
    let xml = "<CreateBucketConfiguration><StorageClass>Archive</StorageClass>\
               </CreateBucketConfiguration>";
    std::fs::write(&file, xml).expect("written");
    world.run(&["mb", "oss://by-file", "bucket.xml"]).ok();
    assert_eq!(stat("oss://by-file")["storage_class"], "Archive");
}

#[test]
fn what_cannot_be_a_bucket_is_not_asked_for() {
    let world = World::new();
    std::fs::write(world.home.path().join("bad.xml"), "<Other/>").expect("written");
    let before = world.requests().len();
    for (line, text) in [
        ("mb oss://bkt/key", "object not empty, upload object please use \"cp\" command"),
        ("mb oss://Bkt", "can only include lowercase letters"),
        ("mb oss://new --acl secret", "invalid value 'secret' for '--acl <ACL>'"),
        ("mb oss://new --storage-class Fast", "invalid value 'Fast'"),
        ("mb oss://new --meta Host:x", "unsupported header:Host"),
        ("mb oss://new bad.xml", "bad.xml: the answer is a <Other>"),
        ("mb oss://new bad.xml --storage-class IA", "cannot be used with"),
        ("rb oss://bkt/key", "object not empty"),
        ("stat oss://", "miss bucket"),
        ("stat oss://bkt --version-id V", "--version-id is about an object"),
    ] {
        world.run(&line.split(' ').collect::<Vec<_>>()).fails(1, &[text]);
    }
    world.run(&["mb", "oss://new", "nofile"]).fails(3, &["nofile"]);
    assert_eq!(world.requests().len(), before);
    world
        .run(&["mb", "oss://bkt", "--storage-class", "IA"])
        .fails(2, &["BucketAlreadyExists", "hint: all users"]);
}

#[test]
fn a_bucket_is_removed_when_it_is_empty_and_the_answer_is_yes() {
    let world = World::new();
    world.object("k", b"x");
    world.run(&["rb", "-f", "oss://bkt"]).fails(2, &["BucketNotEmpty", "hint: "]);
    let _ = world.run(&["mb", "oss://gone"]).ok();
    let run = world.run_with(&["rb", "oss://gone"], "n\n");
    run.fails(5, &["Do you really mean to remove the Bucket: gone(y or N)? "]);
    let run = world.run_with(&["rb", "oss://gone"], "y\n");
    assert_eq!((run.code, run.without_time().as_str()), (0, "Removed Bucket: gone"));
    world.run(&["rb", "-f", "oss://gone"]).fails(2, &["NoSuchBucket"]);
}

#[test]
fn buckets_of_several_endpoints() {
    let world = World::new();
    let run = world.run(&["lrb"]);
    assert!(run.ok().stdout.ends_with("(s) elapsed\n"));
    assert!(run.stdout.contains("    oss://bkt\n\nBucket Number is: 1\n\n"));
    assert!(world.requests().iter().any(|request| request == "GET /?regionList"));

    let endpoint = world.sandbox.endpoint();
    let list = |text: String| {
        std::fs::write(world.home.path().join("endpoints"), text).expect("written");
        world.run(&["lrb", "endpoints", "--retry-times", "1"])
    };
    let run = list(format!("# all of them\n\n{endpoint}\n  {endpoint}\n"));
    assert!(run.ok().stdout.contains("Bucket Number is: 2\n"));
    let run = list(format!("http://127.0.0.1:1\n{endpoint}\n"));
    run.fails(4, &["Error: http://127.0.0.1:1: "]);
    assert!(run.stdout.contains("Bucket Number is: 1\n"));
    let run = list(format!("{endpoint}\nno endpoint\n"));
    run.fails(4, &["no endpoint: `no endpoint` is not an endpoint", "(from endpoints:2)"]);
    list("http://127.0.0.1:1\n".to_owned()).fails(3, &["Error: http://127.0.0.1:1: "]);
    list("# none\n".to_owned()).fails(1, &["there is no endpoint in endpoints"]);
}

#[test]
fn an_account_without_cloud_boxes_has_an_empty_list() {
    let world = World::new();
    let run = finish(world.command().args(["lcb", "--output-format", "json"]), "");
    assert_eq!(json(&run.ok().stdout)["cloud_boxes"], Value::Array(Vec::new()));
    assert_eq!(world.run(&["lcb", "oss://cb-", "--marker", "cb-1"]).ok().without_time(), "");
    let asked = world.requests().pop().expect("a request");
    assert_eq!(asked, "GET /?cloudboxes&marker=cb-1&prefix=cb-");
}
