//! The table, in Markdown: what was measured, what it had to reach, and whether it did.

use super::{
    micro,
    process::Usage,
    startup::Startup,
    transfer::Transfer,
    work::{Target, Work},
};
use crate::Failure;

/// Entries in a full page.
const PAGE: u64 = 1000;

/// One piece of work, done in up to three ways.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) work: &'a Work,
    pub(super) fast: Usage,
    pub(super) sequential: Option<Usage>,
    pub(super) peer: Option<Usage>,
}

/// Prints rows as they come, and remembers what fell short.
pub(super) struct Report {
    has_heading: bool,
    is_smoke: bool,
    short: Vec<String>,
}

const HEADING: &str = "\
| work | entries | latency | wall | CPU | peak RSS | requests | × sequential | × peer | must reach |
|---|---|---|---|---|---|---|---|---|---|";

impl Report {
    pub(super) fn new(is_smoke: bool) -> Self {
        Self { has_heading: false, is_smoke, short: Vec::new() }
    }

    pub(super) fn add(&mut self, row: Row<'_>) -> Result<(), Failure> {
        let work = row.work;
        let judged = work.targets.iter().map(|target| row.judge(*target));
        let verdicts = self.verdicts(work.name, judged.collect::<Result<_, _>>()?);
        let times = |speedup: Option<f64>| speedup.map_or("–".to_owned(), |x| format!("{x:.1}"));
        self.line(&[
            work.name,
            &work.count.to_string(),
            &format!("{} ms", work.latency),
            &seconds(&row.fast),
            &format!("{:.2} s", row.fast.cpu.as_secs_f64()),
            &mebibytes(row.fast.memory),
            &row.fast.requests.to_string(),
            &times(row.speedup()),
            &times(row.peer.map(|peer| peer.wall.as_secs_f64() / row.fast.wall.as_secs_f64())),
            &verdicts,
        ]);
        Ok(())
    }

    pub(super) fn add_startup(&mut self, startup: Startup) {
        let Startup { version, nothing, size } = startup;
        let times = version.wall.as_secs_f64() / nothing.as_secs_f64();
        let judged = vec![
            (format!("≤ 3 × /bin/true ({:.2} ms): {times:.1}", millis(nothing)), times <= 3.0),
            (format!("binary ≤ 8 MiB: {}", mebibytes(size)), size <= 8 << 20),
        ];
        let judged = if self.is_smoke { Vec::new() } else { judged };
        let verdicts = self.verdicts("version", judged);
        let wall = format!("{:.2} ms", millis(version.wall));
        let cpu = format!("{:.2} ms", millis(version.cpu));
        let memory = mebibytes(version.memory);
        self.line(&["version", "–", "–", &wall, &cpu, &memory, "–", "–", "–", &verdicts]);
    }

    #[expect(clippy::cast_precision_loss, reason = "two decimals are shown")]
    pub(super) fn add_transfer(&mut self, transfer: &Transfer) {
        let Transfer { name, bytes, ours, bare } = transfer;
        let (wall, bare) = (ours.wall.as_secs_f64(), bare.wall.as_secs_f64());
        let speed = bare / wall;
        let judged = vec![(format!("≥ 0.8 × bare HTTP ({bare:.3} s): {speed:.2}"), speed >= 0.8)];
        let judged = if self.is_smoke { Vec::new() } else { judged };
        let verdicts = self.verdicts(name, judged);
        let cpu = ours.cpu.as_secs_f64();
        let cpu = format!("{cpu:.2} s ({:.2} a GiB)", cpu * f64::from(1 << 30) / *bytes as f64);
        let (size, wall, memory) = (mebibytes(*bytes), seconds(ours), mebibytes(ours.memory));
        let requests = ours.requests.to_string();
        self.line(&[name, &size, "0 ms", &wall, &cpu, &memory, &requests, "–", "–", &verdicts]);
    }

    fn line(&mut self, cells: &[&str]) {
        if !std::mem::replace(&mut self.has_heading, true) {
            println!("{HEADING}");
        }
        println!("| {} |", cells.join(" | "));
    }

    /// The targets in one cell; what was missed is remembered.
    fn verdicts(&mut self, name: &str, judged: Vec<(String, bool)>) -> String {
        let cells = judged.into_iter().map(|(text, is_reached)| {
            if !is_reached {
                self.short.push(format!("{name}: {text}"));
            }
            format!("{text} {}", if is_reached { "✓" } else { "✗" })
        });
        cells.collect::<Vec<_>>().join("; ")
    }

    /// What fell short, which is no failure of the benchmark.
    pub(super) fn finish(self) -> Result<(), Failure> {
        if !self.has_heading {
            return Err("nothing has that name".to_owned());
        }
        if !self.is_smoke {
            println!("\n{} short of what must be reached", self.short.len());
        }
        for short in &self.short {
            println!("  {short}");
        }
        Ok(())
    }
}

impl Row<'_> {
    /// How many times as fast as the sequential mode, per entry.
    #[expect(clippy::cast_precision_loss, reason = "entries are millions at most")]
    fn speedup(&self) -> Option<f64> {
        let per_entry = |usage: &Usage, count: u64| usage.wall.as_secs_f64() / count as f64;
        let sequential = per_entry(self.sequential.as_ref()?, self.work.sequential_count);
        Some(sequential / per_entry(&self.fast, self.work.count))
    }

    /// The target with what was measured, and whether it was reached.
    #[expect(clippy::cast_precision_loss, reason = "requests and pages are thousands")]
    fn judge(&self, target: Target) -> Result<(String, bool), Failure> {
        let pages = self.work.count.div_ceil(PAGE) as f64;
        let at_most =
            |text: String, value: f64, most: f64| (format!("{text}: {value:.2}"), value <= most);
        Ok(match target {
            Target::Requests(most) => (format!("≤ {most} requests"), self.fast.requests <= most),
            Target::RequestsPerPage(most) => {
                let requests = self.fast.requests as f64 / pages;
                at_most(format!("requests ≤ {most} × pages"), requests, most)
            }
            Target::Latencies(most) => {
                let latencies = millis(self.fast.wall) / self.work.latency as f64;
                at_most(format!("wall ≤ {most} × {} ms", self.work.latency), latencies, most)
            }
            Target::Speedup(least) => {
                let text = format!("≥ {least} × sequential");
                match self.speedup() {
                    Some(speedup) => (text, speedup >= least),
                    None => (format!("{text}: not measured"), false),
                }
            }
            Target::Memory(most) => {
                let memory = self.fast.memory as f64 / f64::from(1 << 20);
                at_most(format!("RSS ≤ {most} MiB"), memory, most)
            }
            Target::ServerPerPage(most) => {
                let each = millis(self.fast.server) / self.fast.requests as f64;
                at_most(format!("server ≤ {most} ms of CPU a page"), each, most)
            }
            Target::Parsings(most) => {
                let parsing = micro::page_of_objects()?.as_secs_f64() * pages;
                let text = format!("CPU ≤ {most} × parsing ({parsing:.2} s)");
                at_most(text, self.fast.cpu.as_secs_f64() / parsing, most)
            }
        })
    }
}

fn seconds(usage: &Usage) -> String {
    format!("{:.3} s", usage.wall.as_secs_f64())
}

fn millis(time: std::time::Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bench::work;

    #[test]
    fn targets_are_judged_per_entry() {
        let work = work::ALL.iter().find(|work| work.name == "abort").unwrap();
        let usage = |millis| Usage { wall: Duration::from_millis(millis), ..Usage::default() };
        let row =
            |millis| Row { work, fast: usage(millis), sequential: Some(usage(3000)), peer: None };
        assert!(row(20_000).judge(Target::Speedup(30.0)).unwrap().1);
        assert!(!row(20_001).judge(Target::Speedup(30.0)).unwrap().1);
    }
}
