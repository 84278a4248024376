//! The page that `report --html` writes, as a browser shows it.

use std::{path::Path, process::Command};

use crate::support::World;

const MEBIBYTE: usize = 1 << 20;

/// A bucket with something of everything, as it stands after some months.
fn world() -> World {
    let days = |days: i64| -days * 86_400;
    let world = World::new_skewed(days(200));
    let _ = world.upload("backup/2026-05/db.dump", &[MEBIBYTE; 12]);
    for (ago, key, parts) in
        [(100, "videos/launch.mp4", 30), (40, "videos/demo.mp4", 8), (9, "logs/app.gz", 3)]
    {
        world.skew(days(ago));
        let id = world.upload(key, &[]);
        for number in (1..=parts).filter(|number| number % 7 != 3) {
            let size = if number == 5 { 700_000 } else { MEBIBYTE };
            world.part(key, &id, number, &vec![b'x'; size]);
        }
    }
    world.skew(0);
    let _ = world.upload("tmp/now.bin", &[MEBIBYTE; 2]);
    world
}

/// With `OSSUTIL_TEST_SCREENSHOT=FILE.png` the picture is kept.
#[test]
#[expect(clippy::disallowed_methods, clippy::print_stderr, reason = "whether a browser is there")]
fn a_browser_shows_the_page_and_asks_nobody() {
    let world = world();
    let _ = world.run(&["report", "--html", "report.html", "--price", "0.12", "oss://bkt"]).ok();
    let page = world.home.path().join("report.html");
    let picture = std::env::var_os("OSSUTIL_TEST_SCREENSHOT");
    let mut browser = Command::new("chromium");
    browser
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", world.home.path().join("browser").display()))
        .args(["--window-size=1000,1900", "--dump-dom"]);
    if let Some(picture) = &picture {
        browser.arg(format!("--screenshot={}", Path::new(picture).display()));
    }
    let Ok(output) = browser.arg(format!("file://{}", page.display())).output() else {
        eprintln!("skipped: chromium is not installed");
        return;
    };
    let shown = String::from_utf8_lossy(&output.stdout);
    for text in ["Unfinished uploads", "oss://bkt/backup/", "25.7 MiB", "90 days to a year"] {
        assert!(shown.contains(text), "no {text} in {shown}");
    }
    assert!(shown.matches("class=\"map\"").count() == 5, "a map for each of the largest");
    // The browser itself sees to it that the page asks nobody for anything.
    assert!(shown.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""), "{shown}");
}
