//! `cp` stopped dead at any moment, and run again: the copy is whole, what had arrived is not moved
//! again, and nothing is left behind.

use std::{
    collections::BTreeMap,
    fs,
    process::{Child, Stdio},
    time::Duration,
};

use crate::support::{Run, World};

/// Bytes of a part: the least that one in the middle may have.
const PART: usize = 102_400;

/// How many parts are moved at once.
const PARALLEL: usize = 4;

/// How often each transfer is stopped.
const ROUNDS: u64 = 20;

/// A way to move a file of many parts.
struct Transfer {
    arguments: [&'static str; 3],
    /// What moves one part.
    operation: &'static str,
}

const UPLOAD: Transfer =
    Transfer { arguments: ["cp", "file", "oss://bkt/k"], operation: "UploadPart" };

const COPY: Transfer =
    Transfer { arguments: ["cp", "oss://bkt/file", "oss://bkt/k"], operation: "UploadPartCopy" };

const DOWNLOAD: Transfer =
    Transfer { arguments: ["cp", "oss://bkt/file", "k"], operation: "GetObject" };

/// How much is moved and in what pieces, in bytes. `OSSUTIL_KILL_MIB` makes it more.
#[expect(clippy::disallowed_methods, reason = "a larger run is asked for by hand")]
fn sizes() -> (usize, usize) {
    match std::env::var("OSSUTIL_KILL_MIB").ok().and_then(|mib| mib.parse::<usize>().ok()) {
        Some(mib) => (mib << 20, 4 << 20),
        None => (60 * PART + 5000, PART),
    }
}

/// Bytes that repeat nowhere soon.
fn content(size: usize) -> Vec<u8> {
    let words = (1..).map(|index: u64| index.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes());
    let mut content: Vec<u8> = words.take(size / 8 + 1).flatten().collect();
    content.truncate(size);
    content
}

impl Transfer {
    fn arguments(&self, part: usize) -> Vec<String> {
        let (part, parallel) = (part.to_string(), PARALLEL.to_string());
        let options = ["-f", "--bigfile-threshold", "1", "--part-size", &part];
        let more = ["--parallel", &parallel, "--checkpoint-dir", "checkpoints"];
        let words = self.arguments.iter().chain(&options).chain(&more);
        words.map(|word| (*word).to_owned()).collect()
    }

    fn start(&self, world: &World, part: usize) -> Child {
        let mut command = world.command();
        command.args(self.arguments(part)).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("runs")
    }

    fn run(&self, world: &World, part: usize) -> Run {
        let arguments = self.arguments(part);
        world.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// How often each part was moved.
    fn moved(&self, world: &World) -> BTreeMap<String, usize> {
        let mut moved = BTreeMap::new();
        let mut ranges = 0;
        for record in world.sandbox.requests() {
            if record.operation != self.operation || record.status >= 300 {
                continue;
            }
            ranges += 1;
            let (_, number) = record.target.split_once("partNumber=").unwrap_or_default();
            let number = number.split('&').next().unwrap_or_default().to_owned();
            *moved.entry(number).or_default() += 1;
        }
        // Which range a request asks for is not in its target.
        match self.operation {
            "GetObject" => (0..ranges).map(|index| (index.to_string(), 1)).collect(),
            _ => moved,
        }
    }

    /// What the run has made.
    fn result(&self, world: &World) -> Option<Vec<u8>> {
        match self.operation {
            "GetObject" => fs::read(world.home.path().join("k")).ok(),
            _ if world.keys().contains(&"k".to_owned()) => Some(world.content("k")),
            _ => None,
        }
    }
}

impl World {
    /// Whether nothing is there but what was moved and what it was moved to.
    fn is_clean(&self) {
        let uploads = self.run(&["ls", "-m", "-s", "oss://bkt"]).stdout;
        assert!(uploads.contains("UploadID Number is: 0"), "{uploads}");
        let is_ours = |name: &str| !matches!(name, "file" | "k" | "ossutil_output");
        for name in crate::trees::tree(self.home.path()) {
            assert!(!is_ours(&name) || name.ends_with('/'), "{name} is left");
        }
    }
}

/// One round: a run is killed once the sandbox has answered `goal` requests; then another is not.
/// Gives how many parts were moved twice.
fn round(transfer: &Transfer, content: &[u8], part: usize, goal: usize) -> usize {
    let world = World::new_slow(Duration::from_millis(1));
    match transfer.arguments[1] {
        "file" => fs::write(world.home.path().join("file"), content).expect("written"),
        _ => world.object("file", content),
    }
    let start = world.sandbox.requests().len();
    let mut child = transfer.start(&world, part);
    while world.sandbox.requests().len() - start < goal
        && child.try_wait().expect("a state").is_none()
    {
        std::thread::sleep(Duration::from_micros(300));
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    let early = transfer.result(&world);
    assert!(early.as_ref().is_none_or(|early| early == content), "half of it has its name");
    let parts = content.len().div_ceil(part);
    let checkpoints = world.home.path().join("checkpoints");
    let is_remembered = checkpoints.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    let was_over = early.is_some() && !is_remembered;
    let _ = transfer.run(&world, part).ok();
    assert!(transfer.result(&world).is_some_and(|result| result == content), "after {goal}");
    world.is_clean();
    let moved: usize = transfer.moved(&world).values().sum();
    // What was done for a connection that was gone by then is not on record.
    let again = moved.saturating_sub(parts);
    // A run that was over before it was killed is done anew by the next one.
    if was_over && again >= parts {
        return 0;
    }
    assert!(again <= PARALLEL, "{again} parts were moved twice, killed after {goal} requests");
    again
}

#[expect(clippy::print_stdout, reason = "what a run by hand is for")]
fn rounds(transfer: &Transfer) {
    let (size, part) = sizes();
    let content = content(size);
    let all = size.div_ceil(part) as u64 + 4;
    let (mut random, mut again) = (1_u64, Vec::new());
    for _ in 0..ROUNDS {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let goal = usize::try_from((random >> 33) % all).expect("small");
        again.push((goal, round(transfer, &content, part, goal)));
    }
    println!("{}: killed after requests, parts moved twice: {again:?}", transfer.operation);
}

#[test]
fn an_upload() {
    rounds(&UPLOAD);
}

#[test]
fn a_download() {
    rounds(&DOWNLOAD);
}

#[test]
fn a_copy() {
    rounds(&COPY);
}
