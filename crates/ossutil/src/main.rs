//! The dispatcher: reads arguments, environment and clock once, and hands them to the commands.

#![expect(clippy::disallowed_methods, reason = "this is the one door for environment and clock")]

use std::{
    collections::BTreeMap,
    env,
    fs::OpenOptions,
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use jiff::{Timestamp, tz::TimeZone};
use ossutil_commands::Environment;
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    fmt::writer::BoxMakeWriter,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

fn main() -> ExitCode {
    let started = Instant::now();
    let variables: BTreeMap<String, String> = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let arguments: Result<Vec<String>, _> =
        env::args_os().skip(1).map(std::ffi::OsString::into_string).collect();
    let Ok(arguments) = arguments else {
        #[expect(clippy::print_stderr, reason = "nothing else is set up yet")]
        {
            eprintln!("Error: an argument is not UTF-8, which names in OSS are");
        }
        return ExitCode::from(ossutil_commands::Status::Usage.code());
    };
    let zone_name = variables.get("TZ").cloned();
    let environment = Environment {
        arguments,
        variables,
        home: dirs::home_dir(),
        program: env::current_exe().unwrap_or_else(|_| PathBuf::from("ossutil")),
        started,
        clock: Arc::new(Timestamp::now),
        zone: Box::new(move || zone(zone_name.as_deref())),
        terminal_width,
        is_stderr_terminal: io::stderr().is_terminal(),
        is_stdin_terminal: io::stdin().is_terminal(),
        start_log,
    };
    ExitCode::from(ossutil_commands::run(&environment))
}

/// The width of the terminal on standard output.
fn terminal_width() -> Option<usize> {
    console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns))
}

/// The local time zone, as `ossutil` has always read it: a name that is none means UTC.
///
/// Its file is read at once where it lies on most systems: the library's own look-up goes through
/// the whole folder of zones first, which takes longer than a request on a near network.
fn zone(name: Option<&str>) -> TimeZone {
    let name = name.map(|name| name.trim_start_matches(':'));
    let file = match name {
        None => PathBuf::from("/etc/localtime"),
        Some(name) => Path::new("/usr/share/zoneinfo").join(name),
    };
    let data = std::fs::read(file).ok();
    let zone = data.and_then(|data| TimeZone::tzif(name.unwrap_or("Local"), &data).ok());
    zone.unwrap_or_else(|| match name {
        None => TimeZone::system(),
        Some(name) => TimeZone::get(name).unwrap_or(TimeZone::UTC),
    })
}

/// Logs our own crates only: others would log headers. A log file is its owner's alone.
fn start_log(level: &str, path: Option<&Path>) -> io::Result<()> {
    let writer = match path {
        Some(path) => {
            let mut file = OpenOptions::new();
            file.create(true).append(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
            BoxMakeWriter::new(Arc::new(file.open(path)?))
        }
        None => BoxMakeWriter::new(io::stderr),
    };
    let crates = ["ossutil_client", "ossutil_commands", "ossutil_config", "ossutil_sandbox"];
    let level = level.parse().unwrap_or(LevelFilter::WARN);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(path.is_none() && io::stderr().is_terminal())
        .with_target(false);
    let ours = Targets::new().with_targets(crates.map(|name| (name, level)));
    let _ = tracing_subscriber::registry().with(lines.with_filter(ours)).try_init();
    Ok(())
}
