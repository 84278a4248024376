//! The loop every request goes through, with scripted answers in place of the network.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use ossutil_client::{
    Addressing, Client, Credentials, Endpoint, Error, Options, SignatureVersion, StaticCredentials,
    Transport, TransportError, TransportErrorKind, listing,
    protocol::{
        Response,
        operations::{InitiateMultipartUpload, ListParts},
    },
    retry::Policy,
};

/// Gives prepared answers, and keeps what was asked.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Result<Response, TransportErrorKind>>>,
    asked: Mutex<Vec<http::Request<Bytes>>>,
}

impl Transport for Script {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response, TransportError>> {
        self.asked.lock().unwrap().push(request);
        let answer = self.answers.lock().unwrap().pop_front().expect("no further request");
        let failure = |kind| TransportError { kind, source: "scripted".into() };
        Box::pin(async move { answer.map_err(failure) })
    }
}

#[expect(clippy::unnecessary_wraps, reason = "one of the two things a script holds")]
fn answer(status: u16, body: &str) -> Result<Response, TransportErrorKind> {
    let mut response = Response {
        status: http::StatusCode::from_u16(status).unwrap(),
        body: body.to_owned().into(),
        ..Response::default()
    };
    let date = "Sun, 01 Feb 2026 00:00:00 GMT".parse().unwrap();
    response.headers.insert("date", date);
    Ok(response)
}

fn failure(status: u16, code: &str) -> Result<Response, TransportErrorKind> {
    answer(status, &format!("<Error><Code>{code}</Code></Error>"))
}

const EMPTY: &str = "<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>";

fn client(script: &Arc<Script>, attempts: u32) -> Client {
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let credentials = Credentials {
        access_key_id: "id".to_owned(),
        access_key_secret: "secret".into(),
        security_token: None,
    };
    Client::new(Options {
        endpoint: Endpoint::parse("http://127.0.0.1", Addressing::Path).unwrap(),
        signature_version: SignatureVersion::V1,
        credentials: Arc::new(StaticCredentials(Some(credentials))),
        transport: Arc::clone(script) as Arc<dyn Transport>,
        retry: Policy { attempts, ..Policy::default() },
        request_payer: None,
        user_agent: "test".to_owned(),
        clock: Arc::new(move || now),
    })
}

fn script(answers: Vec<Result<Response, TransportErrorKind>>) -> Arc<Script> {
    Arc::new(Script { answers: Mutex::new(answers.into()), ..Script::default() })
}

fn parts() -> ListParts {
    ListParts {
        bucket: "bkt".to_owned(),
        key: "k".to_owned(),
        upload_id: "ID".to_owned(),
        ..ListParts::default()
    }
}

#[tokio::test(start_paused = true)]
async fn passing_failures_are_tried_again() {
    let script = script(vec![
        failure(503, "ServiceUnavailable"),
        Err(TransportErrorKind::Broken),
        Err(TransportErrorKind::Connect),
        failure(500, "InternalError"),
        answer(200, EMPTY),
    ]);
    client(&script, 10).send(&parts()).await.unwrap();
    assert_eq!(script.asked.lock().unwrap().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn attempts_are_counted() {
    let script = script(vec![failure(503, "X"), failure(503, "X"), failure(503, "Last")]);
    let error = client(&script, 3).send(&parts()).await.unwrap_err();
    assert!(error.has_code("Last"));
}

#[tokio::test(start_paused = true)]
async fn refusals_and_second_uploads_are_not_tried_again() {
    let refused = script(vec![failure(403, "AccessDenied")]);
    assert!(client(&refused, 10).send(&parts()).await.unwrap_err().has_code("AccessDenied"));
    let start = InitiateMultipartUpload { bucket: "bkt".to_owned(), ..Default::default() };
    let broken = script(vec![Err(TransportErrorKind::Broken)]);
    let error = client(&broken, 10).send(&start).await.unwrap_err();
    assert!(matches!(error, Error::Transport { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_clock_is_corrected_once() {
    let skewed = || failure(403, "RequestTimeTooSkewed");
    let corrected = script(vec![skewed(), answer(200, EMPTY)]);
    client(&corrected, 1).send(&parts()).await.unwrap();
    let date = |request: &http::Request<Bytes>| request.headers()["date"].clone();
    let dates: Vec<_> = corrected.asked.lock().unwrap().iter().map(date).collect();
    assert_eq!(dates, ["Thu, 01 Jan 2026 00:00:00 GMT", "Sun, 01 Feb 2026 00:00:00 GMT"]);

    let hopeless = script(vec![skewed(), skewed()]);
    let error = client(&hopeless, 10).send(&parts()).await.unwrap_err();
    assert!(error.has_code("RequestTimeTooSkewed"));
}

#[tokio::test]
async fn a_marker_that_stands_still_is_an_error() {
    use futures_util::TryStreamExt;
    let page = "<ListPartsResult><IsTruncated>true</IsTruncated>\
                <NextPartNumberMarker>1</NextPartNumberMarker></ListPartsResult>";
    let script = script(vec![answer(200, page), answer(200, page)]);
    let outcome: Result<Vec<_>, _> =
        listing::pages(&client(&script, 1), parts()).try_collect().await;
    assert!(matches!(outcome, Err(Error::Stuck { .. })));
}
