//! What is measured, and what it must reach.

/// A command on a bucket that was filled before.
pub(super) struct Work {
    /// What `--only` picks it by.
    pub(super) name: &'static str,
    /// What the bucket holds.
    pub(super) shape: &'static str,
    /// How much of it.
    pub(super) count: u64,
    /// How long the server holds each answer back, in milliseconds.
    pub(super) latency: u64,
    /// The command; `UPLOADID` stands for the id of the bucket's first upload, `FOLDER` for a folder
    /// of so many files of 10 KiB.
    pub(super) command: &'static [&'static str],
    /// What makes it fast, if that must be asked for.
    pub(super) fast: &'static [&'static str],
    /// What makes it do one thing after the other.
    pub(super) sequential: &'static [&'static str],
    /// How many entries the sequential mode is measured on: all, or as many as patience allows.
    pub(super) sequential_count: u64,
    /// Whether it reads what `ls -m` printed, and leaves nothing of it.
    pub(super) consumes_listing: bool,
    /// What it must reach.
    pub(super) targets: &'static [Target],
}

/// A bound on what was measured.
#[derive(Clone, Copy)]
pub(super) enum Target {
    /// Requests in all.
    Requests(u64),
    /// Requests for each thousand entries, at most.
    RequestsPerPage(f64),
    /// Wall time, in latencies of the server, at most.
    Latencies(f64),
    /// Times as fast as the sequential mode, per entry, at least.
    Speedup(f64),
    /// Peak memory in MiB, at most.
    Memory(f64),
    /// CPU time of the server for each request, in milliseconds, at most.
    ServerPerPage(f64),
    /// CPU time, in what parsing the same pages takes alone, at most.
    Parsings(f64),
}

const LISTING: Work = Work {
    name: "",
    shape: "uniform",
    count: 100_000,
    latency: 20,
    command: &["ls", "-m", "oss://bkt"],
    fast: &[],
    sequential: &["--parallel", "1"],
    sequential_count: 100_000,
    consumes_listing: false,
    targets: &[Target::Speedup(5.0), Target::RequestsPerPage(1.5)],
};

const OBJECTS: Work = Work {
    shape: "objects-uniform",
    count: 1_000_000,
    sequential_count: 1_000_000,
    command: &["ls", "oss://bkt"],
    ..LISTING
};

/// Everything, in the order it is run.
pub(super) const ALL: &[Work] = &[
    Work {
        name: "listpart",
        shape: "parts",
        count: 10_000,
        latency: 50,
        command: &["listpart", "oss://bkt/video.mp4", "UPLOADID"],
        sequential_count: 10_000,
        targets: &[Target::Requests(10), Target::Latencies(2.6)],
        ..LISTING
    },
    Work {
        name: "ls-m-uniform",
        targets: &[Target::Speedup(10.0), Target::RequestsPerPage(1.33)],
        ..LISTING
    },
    Work { name: "ls-m-prefix", shape: "prefix", ..LISTING },
    Work { name: "ls-m-one-key", shape: "one-key", ..LISTING },
    Work { name: "ls-m-dates", shape: "dates", ..LISTING },
    Work { name: "ls-m-uuid", shape: "uuid", ..LISTING },
    Work { name: "ls-m-unicode", shape: "unicode", ..LISTING },
    Work { name: "ls-m-dirs", shape: "dirs", ..LISTING },
    Work { name: "ls-objects", targets: &[Target::Speedup(10.0), Target::Memory(64.0)], ..OBJECTS },
    Work {
        name: "ls-objects-local",
        latency: 0,
        targets: &[Target::Parsings(2.0), Target::ServerPerPage(1.0)],
        ..OBJECTS
    },
    Work {
        name: "abort",
        count: 10_000,
        command: &["abort", "-f", "-"],
        fast: &["-j", "64"],
        sequential: &["-j", "1"],
        sequential_count: 50,
        consumes_listing: true,
        targets: &[Target::Speedup(30.0)],
        ..LISTING
    },
    Work {
        name: "cp-down",
        shape: "objects-uniform",
        count: 10_000,
        command: &["cp", "-r", "-f", "oss://bkt", "fetched", "--output-format", "jsonl"],
        fast: &["-j", "128"],
        sequential: &["-j", "1"],
        sequential_count: 100,
        targets: &[Target::Speedup(20.0)],
        ..LISTING
    },
    Work {
        name: "cp-up",
        shape: "objects-uniform",
        count: 10_000,
        command: &["cp", "-r", "-f", "FOLDER", "oss://bkt/up/", "--output-format", "jsonl"],
        fast: &["-j", "128"],
        sequential: &["-j", "1"],
        sequential_count: 100,
        targets: &[Target::Speedup(20.0)],
        ..LISTING
    },
    Work {
        name: "ls-m-parts",
        count: 10_000,
        command: &["ls", "-m", "--parts", "oss://bkt"],
        fast: &["-j", "64"],
        sequential: &["-j", "1", "--parallel", "1"],
        sequential_count: 50,
        targets: &[Target::Speedup(20.0)],
        ..LISTING
    },
];

impl Work {
    /// The same on so few entries that it is over at once: shows that it runs.
    pub(super) fn small(&self) -> Self {
        let most = if self.sequential_count < self.count { 20 } else { 2500 };
        let sequential_count = self.sequential_count.min(most);
        Self { count: self.count.min(most), sequential_count, targets: &[], ..*self }
    }

    /// What the server is started with to hold `count` entries.
    pub(super) fn sandbox_options(&self, count: u64) -> Vec<String> {
        vec![format!("--latency={}ms", self.latency), format!("--seed={}:{count}@bkt", self.shape)]
    }
}
