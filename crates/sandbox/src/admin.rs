//! What steers the server from beside it, below `/_sandbox/`, and the console: unsigned, and from
//! this machine only. No bucket can have such a name.

use std::sync::Arc;

use http::{Method, request::Parts};
use hyper::body::Incoming as Wire;
use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde_json::{Value, json};

use crate::{
    answer::{Answer, xml_time},
    connection::Peer,
    console,
    faults::Fault,
    incoming::Incoming,
    operations::lifecycle,
    refusal::{Outcome, Refusal},
    server::State,
    wire,
};

/// Whether a path is none of the service.
pub(crate) fn is_admin(path: &str) -> bool {
    path.starts_with("/_sandbox/") || path == console::PATH
}

/// Answers a request that steers.
pub(crate) async fn serve(
    state: &Arc<State>,
    peer: &Peer,
    head: Parts,
    body: &mut Wire,
) -> Outcome<Answer> {
    let path = head.uri.path().to_owned();
    let mut request = Incoming::new(head.method, &head.uri, head.headers)?;
    check_sender(peer, &request)?;
    request.body = wire::collect(body).await?;
    let state = Arc::clone(state);
    let work = tokio::task::spawn_blocking(move || answer(&state, &request, &path));
    work.await.unwrap_or_else(|_| Err(Refusal::internal()))
}

/// Only programs on this machine, and of web pages only our own: a page from elsewhere can send
/// requests here, under a name of its own that leads here too.
fn check_sender(peer: &Peer, request: &Incoming) -> Outcome<()> {
    let name = request.host.rsplit_once(':').map_or(&*request.host, |(name, port)| {
        if port.ends_with(']') { &*request.host } else { name }
    });
    let is_named = matches!(name, "127.0.0.1" | "localhost" | "[::1]");
    let own = format!("http://{}", request.host);
    let is_own = request.header("origin").is_none_or(|origin| origin == own);
    match peer.address.is_loopback() && is_named && is_own {
        true => Ok(()),
        false => Err(refused(403, "this is for programs on the same machine only")),
    }
}

fn answer(state: &State, request: &Incoming, path: &str) -> Outcome<Answer> {
    if path == console::PATH {
        return Ok(console::page());
    }
    let path = path.trim_start_matches("/_sandbox/");
    if let Some(outcome) = console::answer(state, request, path) {
        return outcome;
    }
    match (&request.method, path) {
        (&Method::GET, "requests") => Ok(json_answer(&json!(state.counts.all()))),
        (&Method::GET, "operations") => Ok(json_answer(&json!(state.metrics.all()))),
        (&Method::GET, "metrics") => {
            let text = state.metrics.to_prometheus(&state.faults.seen());
            Ok(Answer { body: text.into(), ..Answer::ok() }
                .header("content-type", "text/plain; version=0.0.4"))
        }
        (&Method::GET, "faults") => Ok(faults(state)),
        (&Method::PUT, "faults") => {
            state.faults.replace(read_faults(&request.body)?);
            Ok(faults(state))
        }
        (&Method::POST, "faults") => {
            read_faults(&request.body)?.into_iter().for_each(|fault| state.faults.add(fault));
            Ok(faults(state))
        }
        (&Method::DELETE, "faults") => {
            state.faults.replace(Vec::new());
            Ok(faults(state))
        }
        (&Method::GET, "clock") => Ok(clock(state)),
        (&Method::POST, "clock") => {
            state.advance(parse_advance(request.text("advance"))?);
            lifecycle::run(state)?;
            Ok(clock(state))
        }
        (&Method::POST, "lifecycle") => {
            let done = lifecycle::run(state)?;
            let (aborted, expired, moved) = (done.aborted, done.expired, done.moved);
            Ok(json_answer(&json!({"aborted": aborted, "expired": expired, "moved": moved})))
        }
        _ => Err(refused(404, "there is no such thing to ask or do below /_sandbox/")),
    }
}

/// One fault a line; empty lines and those that begin with # say nothing.
fn read_faults(body: &[u8]) -> Outcome<Vec<Fault>> {
    let text = std::str::from_utf8(body).map_err(|_| refused(400, "the faults are not UTF-8"))?;
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.parse().map_err(|e| refused(400, &format!("{e}")))).collect()
}

fn faults(state: &State) -> Answer {
    let seen = state.faults.seen().into_iter();
    let seen = seen
        .map(|(fault, matched, fired)| json!({"fault": fault, "matched": matched, "fired": fired}));
    json_answer(&seen.collect())
}

/// `7d`, `36h`, `-1h 30m`.
fn parse_advance(text: &str) -> Outcome<SignedDuration> {
    let span = text.parse::<Span>().ok();
    let time = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    time.ok_or_else(|| refused(400, "say by how much, as in ?advance=7d or ?advance=36h"))
}

fn clock(state: &State) -> Answer {
    let ahead = state.ahead().as_secs();
    json_answer(&json!({"now": xml_time(state.stored_now()), "ahead_seconds": ahead}))
}

pub(crate) fn json_answer(value: &Value) -> Answer {
    Answer { body: format!("{value}\n").into(), ..Answer::ok() }
        .header("content-type", "application/json")
        .header("cache-control", "no-store")
}

pub(crate) fn refused(status: u16, message: &str) -> Refusal {
    let code = match status {
        403 => "AccessDenied",
        404 => "NoSuchKey",
        _ => "InvalidArgument",
    };
    Refusal::new(status, code, message)
}
