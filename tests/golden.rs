//! Exchanges recorded with ossutil 1.7.19, replayed against our binary.
//!
//! A case is in `tests/golden/`: NAME.cmd is what was typed, NAME.responses/ what the service
//! answered, NAME.stdout and NAME.rc what it printed and how it ended. Errors, questions and
//! progress stood on standard output there and are taken out before comparing; the time it took is
//! masked. Where we differ on purpose (docs/compatibility.md) the case stands in `DIFFERENT` with
//! our own text.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::Value;

use crate::support::{Run, finish};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden")
}

/// Case, our exit code, our standard output without the time.
const DIFFERENT: &[(&str, i32, &str)] = include!("golden/different.in");

/// Cases whose answers can only be given in the order they were recorded in, page after page.
const ONE_BY_ONE: [&str; 2] = ["gap-pages", "lp-2500"];

#[test]
fn recorded_exchanges() {
    let mut names: Vec<String> = fs::read_dir(folder())
        .expect("cases")
        .filter_map(|entry| {
            Some(entry.ok()?.file_name().to_str()?.strip_suffix(".cmd")?.to_owned())
        })
        .collect();
    names.sort();
    assert_eq!(names.len(), 214, "cases");
    let failures = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(failure) = check(name) {
                        failures.lock().expect("no panic").push(format!("{name}: {failure}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no panic");
    assert!(failures.is_empty(), "{} cases differ:\n{}", failures.len(), failures.join("\n"));
}

/// Runs one case and compares.
fn check(name: &str) -> Result<(), String> {
    let run = run(name);
    let ours = normalize(&run.stdout);
    if let Some((_, code, stdout)) = DIFFERENT.iter().find(|(case, ..)| *case == name) {
        return match (run.code == *code, ours == *stdout) {
            (true, true) => Ok(()),
            _ => Err(format!("status {}, stdout {ours:?}, stderr {:?}", run.code, run.stderr)),
        };
    }
    let has_failed = read(name, "rc").trim() != "0";
    let theirs = theirs(&read(name, "stdout"), has_failed);
    // What was sorted because its order is random was sorted with the progress still in it.
    let is_sorted = read(name, "cmd").trim_end().ends_with("| sort");
    let (ours, theirs) = match is_sorted {
        true => (sorted(&ours), sorted(&theirs)),
        false => (ours, theirs),
    };
    if (run.code != 0) != has_failed || ours != theirs {
        return Err(format!(
            "status {}, stdout {ours:?}, not {theirs:?}; {:?}",
            run.code, run.stderr
        ));
    }
    if has_failed && run.stderr.is_empty() {
        return Err("nothing on standard error".to_owned());
    }
    Ok(())
}

fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    lines.join("\n")
}

fn read(name: &str, kind: &str) -> String {
    let bytes = fs::read(folder().join(format!("{name}.{kind}"))).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn run(name: &str) -> Run {
    let port = serve(&folder().join(format!("{name}.responses")));
    let home = tempfile::tempdir().expect("a folder");
    let mut shell = Command::new("bash");
    let mut line = read(name, "cmd");
    if ONE_BY_ONE.contains(&name) {
        line = format!("{} --parallel 1", line.trim_end());
    }
    shell
        .args(["-c", &line])
        .current_dir(home.path())
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", home.path())
        .env("OSSUTIL", env!("CARGO_BIN_EXE_ossutil"))
        .env("PORT", port.to_string())
        .env("WORK", home.path())
        .env("TZ", "UTC")
        .env("LANG", "C");
    finish(&mut shell, &read(name, "stdin"))
}

/// Without the time it took, and the port of the server.
fn normalize(text: &str) -> String {
    let is_speed = |line: &str| line.starts_with("average speed ") && line.ends_with("(byte/s)");
    let line = |line: &str| match line.split_once("127.0.0.1:") {
        _ if line.ends_with("(s) elapsed") => "<T>".to_owned(),
        _ if is_speed(line) => "<SPEED>".to_owned(),
        Some((before, rest)) => {
            format!("{before}127.0.0.1{}", rest.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
        None => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// What ossutil 1.7.19 printed, as it stood on the terminal, without questions and errors.
fn theirs(text: &str, has_failed: bool) -> String {
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let shown = line.rsplit('\r').next().unwrap_or_default();
        let shown = shown.split_once("(y or N)? ").map_or(shown, |(_, rest)| rest);
        let is_error =
            ["Error: ", "Flag ", "Bad flag: "].iter().any(|mark| shown.starts_with(mark));
        if has_failed && is_error {
            break;
        }
        lines.push(shown);
    }
    normalize(&lines.join("\n"))
}

/// The rules of a case, and how often each has answered.
struct Case {
    folder: PathBuf,
    rules: Vec<Value>,
    used: Mutex<Vec<u64>>,
}

/// Serves a case on a free port.
pub(crate) fn serve(folder: &Path) -> u16 {
    let text = fs::read_to_string(folder.join("index.json")).expect("rules");
    let rules: Vec<Value> = serde_json::from_str(&text).expect("rules are JSON");
    let used = Mutex::new(vec![0; rules.len()]);
    let rules = Arc::new(Case { folder: folder.to_owned(), rules, used });
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let rules = Arc::clone(&rules);
            std::thread::spawn(move || while rules.answer(&stream).is_some() {});
        }
    });
    port
}

impl Case {
    /// Answers one request; nothing when the connection is to end.
    fn answer(&self, stream: &TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        let mut words = line.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            if header.trim().is_empty() {
                break;
            }
            if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
        }
        reader.take(length).read_to_end(&mut Vec::new()).ok()?;
        let Some(index) = self.pick(&method, &target) else {
            return write(stream, 599, &BTreeMap::new(), b"replay: no rule", &method);
        };
        let rule = &self.rules[index];
        std::thread::sleep(Duration::from_millis(rule["delay_ms"].as_u64().unwrap_or(0)));
        match rule["action"].as_str() {
            Some("hang") => {
                std::thread::sleep(Duration::from_secs(10));
                return None;
            }
            Some("close" | "reset") => return None,
            _ => {}
        }
        let body = match (rule["body"].as_str(), rule["text"].as_str()) {
            (Some(file), _) => fs::read(self.folder.join(file)).ok()?,
            (None, text) => text.unwrap_or_default().as_bytes().to_vec(),
        };
        let mut headers: BTreeMap<String, String> = BTreeMap::from([
            ("content-type".to_owned(), "application/xml".to_owned()),
            ("x-oss-request-id".to_owned(), format!("65F00000000000000000{:04}", index + 1)),
            ("x-oss-server-time".to_owned(), "7".to_owned()),
        ]);
        headers.insert("content-length".to_owned(), body.len().to_string());
        for (name, value) in rule["headers"].as_object().into_iter().flatten() {
            match value.as_str() {
                Some(value) => headers.insert(name.to_ascii_lowercase(), value.to_owned()),
                None => headers.remove(&name.to_ascii_lowercase()),
            };
        }
        let status = rule["status"].as_u64().unwrap_or(200);
        if rule["action"] == "short" {
            write(stream, status, &headers, &body[..body.len() / 2], &method)?;
            return None;
        }
        write(stream, status, &headers, &body, &method)
    }

    /// The first rule that matches and is not used up.
    fn pick(&self, method: &str, target: &str) -> Option<usize> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let parameters: BTreeMap<String, String> = query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (unquote(name), unquote(value)))
            .collect();
        let mut used = self.used.lock().expect("no panic");
        let index = (0..self.rules.len()).find(|&index| {
            let rule = &self.rules[index];
            let matches = |(name, value): (&String, &Value)| match value.as_str() {
                Some(value) => parameters.get(name).is_some_and(|found| found == value),
                None => !parameters.contains_key(name),
            };
            rule["method"] == method
                && rule["path"].as_str().is_none_or(|wanted| wanted == path)
                && rule["query"].as_object().is_none_or(|query| query.iter().all(matches))
                && rule["times"].as_u64().is_none_or(|times| used[index] < times)
        })?;
        used[index] += 1;
        Some(index)
    }
}

fn write(
    mut stream: &TcpStream,
    status: u64,
    headers: &BTreeMap<String, String>,
    body: &[u8],
    method: &str,
) -> Option<()> {
    let mut head = format!("HTTP/1.1 {status} X\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    if !headers.contains_key("content-length") {
        head += &format!("content-length: {}\r\n", body.len());
    }
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(b"\r\n").ok()?;
    if method != "HEAD" {
        stream.write_all(body).ok()?;
    }
    Some(())
}

fn unquote(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
