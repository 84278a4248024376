//! The console, as a browser shows it.

use std::process::Command;

use crate::client::World;

/// A bucket with an object, and an upload whose part 2 is missing.
fn fill(world: &World) -> String {
    world.send("PUT", "/bkt/a-small-object", "content").ok();
    let started = world.send("POST", "/bkt/an-unfinished-upload?uploads", "").ok();
    let id = started.element("UploadId").to_owned();
    for number in [1, 3] {
        let target = format!("/bkt/an-unfinished-upload?partNumber={number}&uploadId={id}");
        world.send("PUT", &target, "part").ok();
    }
    world
        .send_as(("sandbox", "wrong"), "GET", "/bkt/", &[], "")
        .refused(403, "SignatureDoesNotMatch");
    id
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn a_browser_shows_what_is_there() {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let runs = |name: &&&str| Command::new(name).arg("--version").output().is_ok();
    let Some(browser) = names.iter().find(runs) else {
        println!("skipped: none of {} is installed", names.join(", "));
        return;
    };
    let world = World::new();
    let id = fill(&world);
    world.send("PUT", "/bkt/%3Cimg%20src=x%3E", "x").ok();
    let folder = std::env::temp_dir().join(format!("sandbox-console-{}", std::process::id()));
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", folder.display()))
        .args(["--virtual-time-budget=3000", "--dump-dom"])
        .arg(format!("{}#bkt", world.sandbox.console()))
        .output()
        .expect("the browser runs");
    let _ = std::fs::remove_dir_all(&folder);
    let page = String::from_utf8_lossy(&output.stdout);
    for content in [
        "<code>a-small-object</code>",
        "<code>&lt;img src=x&gt;</code>",
        "<code>an-unfinished-upload</code>",
        &format!("<code>{id}</code>"),
        "title=\"part 2: missing\"",
        "title=\"part 3: 4 bytes\"",
        "<span class=\"bad\">SignatureDoesNotMatch</span>",
        "V1 sandbox",
        "read-only",
    ] {
        assert!(page.contains(content), "no {content} in {page}");
    }
    assert!(!page.contains("<button"), "{page}");
}

#[test]
fn it_writes_only_when_it_may() {
    for may in [false, true] {
        let world = World::with(|builder| builder.console_write(may));
        let id = fill(&world);
        let abort = format!("/_sandbox/abort?bucket=bkt&key=an-unfinished-upload&uploadId={id}");
        let delete = "/_sandbox/delete?bucket=bkt&key=a-small-object";
        let (abort, delete) =
            (world.plain("POST", &abort, &[], ""), world.plain("POST", delete, &[], ""));
        let listing = world.send("GET", "/bkt/?uploads", "").body;
        assert_eq!(listing.contains(&id), !may);
        match may {
            true => {
                abort.ok();
                delete.ok();
                world.send("GET", "/bkt/a-small-object", "").refused(404, "NoSuchKey");
            }
            false => {
                abort.refused(403, "AccessDenied");
                delete.refused(403, "AccessDenied");
                world.send("GET", "/bkt/a-small-object", "").ok();
            }
        }
    }
}

#[test]
fn it_is_for_this_machine_only() {
    let world = World::new();
    let page = world.plain("GET", "/_console/", &[], "").ok();
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    for path in ["/_console/", "/_sandbox/buckets", "/_sandbox/log"] {
        let rebound = world.plain("GET", path, &[("host", "evil.example")], "");
        rebound.refused(403, "AccessDenied");
    }
}
