//! One request from its head to its answer, and what every answer has.

use std::{io, panic::AssertUnwindSafe, sync::Arc, time::Instant};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderValue, Method, Response};
use hyper::body::{Body, Incoming as Wire};
use jiff::Timestamp;
use ossutil_signing::v1::http_date;

use crate::{
    admin,
    answer::Answer,
    callback::Callback,
    connection::Peer,
    faults::{Plan, Reset, spoil},
    incoming::Incoming,
    operations::{self, cors, post_object},
    refusal::{Outcome, Refusal},
    server::{RequestRecord, State},
    sts,
    wire::{self, Outgoing},
};

/// Answers one request. An error ends the connection without an answer.
pub(crate) async fn serve(
    state: Arc<State>,
    peer: Peer,
    request: http::Request<Wire>,
) -> io::Result<Response<Outgoing>> {
    let came = Instant::now();
    let request_id = state.new_request_id();
    let (head, mut body) = request.into_parts();
    let host = head.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = host.to_owned();
    let method = head.method.clone();
    if admin::is_admin(head.uri.path()) {
        let outcome = admin::serve(&state, &peer, head, &mut body).await;
        return Ok(respond(&method, outcome, &request_id, &host, state.now()));
    }
    let mut record = record_of(&state, &head, &request_id);
    // What reads has no body that matters: one that is announced need not be sent.
    // A body that nobody reads would be taken for the next request.
    let closes = reads(&head.method) && !body.is_end_stream()
        || head.headers.get("connection").is_some_and(|value| value == "close");
    let waits = head.headers.contains_key("expect") || reads(&head.method);
    let mut incoming = Incoming::new(head.method, &head.uri, head.headers);
    let mut plan = Plan::default();
    if let Ok(incoming) = &incoming {
        state.counts.add(incoming);
        record.operation = operations::name(incoming);
        let resource = operations::resource(incoming);
        plan = state.faults.plan(&record.operation, &resource, state.now());
        plan.spoiling.slow_down(incoming.traffic_limit().ok().flatten());
    }
    // An answer is made while its time passes, which the service would not take from its client.
    let latency = state.latency.saturating_add(plan.latency);
    let due = async { wire::wait(latency.saturating_sub(came.elapsed())).await };
    let now = state.now().saturating_add(plan.clock).unwrap_or_else(|_| state.now());
    if let Ok(incoming) = &mut incoming {
        (incoming.address, incoming.time) = (peer.address, now);
    }
    if plan.spoiling.reset == Some(Reset::Before) {
        due.await;
        return Err(lose(&state, &peer, record));
    }
    let outcome = match (incoming, plan.refusal) {
        (Err(refusal), _) | (Ok(_), Some(refusal)) => Err(refusal),
        (Ok(incoming), None) => perform(&state, incoming, &mut body, &mut record, now).await,
    };
    if outcome.is_err() && !waits {
        wire::drain(&mut body).await;
    }
    if plan.spoiling.reset == Some(Reset::After) {
        due.await;
        return Err(lose(&state, &peer, record));
    }
    let mut response = respond(&method, outcome, &request_id, &host, now);
    if closes {
        response.headers_mut().insert("connection", HeaderValue::from_static("close"));
    }
    record.status = response.status().as_u16();
    tracing::debug!(
        method = record.method,
        target = record.target,
        record.status,
        request_id,
        "answered"
    );
    state.remember(record);
    due.await;
    Ok(spoil(response, &plan.spoiling, &peer))
}

/// The record of a request that has just come.
fn record_of(state: &State, head: &http::request::Parts, request_id: &str) -> RequestRecord {
    RequestRecord {
        time: state.now(),
        method: head.method.to_string(),
        target: head.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        operation: String::new(),
        signature: String::new(),
        request_id: request_id.to_owned(),
        status: 0,
    }
}

/// Ends the connection of a request without an answer.
fn lose(state: &State, peer: &Peer, record: RequestRecord) -> io::Error {
    state.remember(record);
    peer.reset();
    io::Error::other("the connection is reset, as a fault asks for")
}

/// Checks a request, receives its body, and does what it asks.
async fn perform(
    state: &Arc<State>,
    mut incoming: Incoming,
    body: &mut Wire,
    record: &mut RequestRecord,
    now: Timestamp,
) -> Outcome<Answer> {
    let note = |record: &mut RequestRecord, refusal: Refusal| {
        record.signature = refusal.code.to_string();
        refusal
    };
    if incoming.method == Method::OPTIONS {
        operations::find_bucket(state, &incoming)?;
        return cors::preflight(state, &incoming);
    }
    if sts::is_for(&incoming) {
        incoming.body = wire::collect(body).await?;
        return sts::answer(state, &incoming, now);
    }
    if post_object::is_for(&incoming) {
        operations::find_bucket(state, &incoming)?;
        post_object::receive(state, &mut incoming, body, now)
            .await
            .map_err(|refusal| note(record, refusal))?;
        record.signature.clone_from(&incoming.caller.signature);
    } else {
        incoming.caller =
            operations::admit(state, &incoming, now).map_err(|refusal| note(record, refusal))?;
        record.signature.clone_from(&incoming.caller.signature);
        let limit = incoming.traffic_limit()?;
        match operations::brings_content(&incoming)? {
            true => incoming.received = Some(wire::receive(state, body, limit).await?),
            false if reads(&incoming.method) => {}
            false => {
                incoming.body = wire::collect(body).await?;
                operations::admit_body(state, &incoming)
                    .map_err(|refusal| note(record, refusal))?;
            }
        }
    }
    let callback = Callback::of(state, &incoming)?;
    let answer = carry_out(state, incoming).await?;
    match callback {
        Some(callback) => callback.call(state, answer).await,
        None => Ok(answer),
    }
}

/// Does what is asked, beside the threads that serve connections if it takes its time.
async fn carry_out(state: &Arc<State>, incoming: Incoming) -> Outcome<Answer> {
    // A copy of a range is read for its checksums.
    let takes_time = state.store.is_durable() || incoming.header("x-oss-copy-source").is_some();
    if !takes_time {
        return guarded(state, &incoming);
    }
    let state = Arc::clone(state);
    let work = tokio::task::spawn_blocking(move || guarded(&state, &incoming));
    work.await.unwrap_or_else(|_| Err(Refusal::internal()))
}

fn reads(method: &Method) -> bool {
    [Method::GET, Method::HEAD].contains(method)
}

/// Does what is asked; a defect of ours is one failed request, not the end of the server.
fn guarded(state: &State, incoming: &Incoming) -> Outcome<Answer> {
    let work = AssertUnwindSafe(|| {
        let answer = operations::answer(state, incoming)?;
        cors::add_headers(state, incoming, answer)
    });
    std::panic::catch_unwind(work).unwrap_or_else(|_| Err(Refusal::internal()))
}

/// The answer with what every answer has. An error of HEAD stands in a header.
fn respond(
    method: &Method,
    outcome: Outcome<Answer>,
    request_id: &str,
    host: &str,
    now: Timestamp,
) -> Response<Outgoing> {
    let mut answer = outcome.unwrap_or_else(|refusal| {
        let body = refusal.to_xml(request_id, host);
        let mut answer = Answer::empty(refusal.status());
        for (name, value) in &refusal.headers {
            answer = answer.header(name, value);
        }
        let answer = match refusal.ec {
            "" => answer,
            ec => answer.header("x-oss-ec", ec),
        };
        match *method {
            _ if refusal.status == 304 => answer,
            Method::HEAD => answer.header("x-oss-err", BASE64_STANDARD.encode(body)),
            _ => Answer { body: body.into(), ..answer.header("content-type", "application/xml") },
        }
    });
    answer = answer
        .header("server", "AliyunOSS")
        .header("date", http_date(now))
        .header("connection", "keep-alive")
        .header("x-oss-request-id", request_id)
        .header("x-oss-server-time", "1");
    let mut response = Response::new(Outgoing::from(answer.body));
    *response.status_mut() = answer.status;
    for (name, value) in answer.headers {
        let name = http::HeaderName::try_from(name);
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
