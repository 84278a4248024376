//! Completing an upload when the answer is lost: the service is asked what happened.

mod script;

use ossutil_client::{
    Error, TransportErrorKind,
    protocol::{Response, operations::CompleteMultipartUpload},
    transfer::{Completion, Expected, complete},
};
use script::{answer, client, failure, script};

const UNFINISHED: &str = "<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>";

/// An answer with an ETag that the parts alone do not make, and no CRC-64.
fn encrypted() -> Result<Response, TransportErrorKind> {
    completed_with("\"KMS\"", None)
}

fn completed_with(etag: &str, crc64: Option<u64>) -> Result<Response, TransportErrorKind> {
    let etag = format!("<ETag>{etag}</ETag>");
    let root = "CompleteMultipartUploadResult";
    let mut response = answer(200, &format!("<{root}>{etag}</{root}>"))?;
    let crc64 = crc64.map(|crc64| ("x-oss-hash-crc64ecma", crc64.into()));
    response.headers.extend(crc64.map(|(name, value)| (name.parse().ok(), value)));
    Ok(response)
}

fn completed() -> Result<Response, TransportErrorKind> {
    completed_with("\"E-1\"", None)
}

fn head(etag: &str) -> Result<Response, TransportErrorKind> {
    let mut response = answer(200, "")?;
    response.headers.insert("content-length", 5.into());
    response.headers.insert("etag", etag.parse().unwrap());
    Ok(response)
}

fn lost() -> Result<Response, TransportErrorKind> {
    Err(TransportErrorKind::Broken)
}

fn gone() -> Result<Response, TransportErrorKind> {
    failure(404, "NoSuchUpload")
}

fn completion() -> Completion {
    Completion {
        request: CompleteMultipartUpload {
            bucket: "bkt".to_owned(),
            key: "k".to_owned(),
            upload_id: "ID".to_owned(),
            parts: vec![(1, "E".to_owned())],
            ..CompleteMultipartUpload::default()
        },
        expected: Expected { size: 5, etag: Some("E-1".to_owned()), crc64: Some(7) },
    }
}

/// Completes with these answers; all of them must be asked for.
async fn run(answers: Vec<Result<Response, TransportErrorKind>>) -> Result<(), Error> {
    let count = answers.len();
    let script = script(answers);
    let outcome = complete(&client(&script, 3), &completion()).await.map(|_| ());
    assert_eq!(script.asked.lock().unwrap().len(), count, "{outcome:?}");
    outcome
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_ended_as_expected_is_done() {
    run(vec![lost(), gone(), head("\"E-1\"")]).await.unwrap();
    run(vec![gone(), gone(), head("\"E-1\"")]).await.unwrap();
    // The service answers, but an answer of a proxy gets here.
    run(vec![failure(504, ""), gone(), head("\"E-1\"")]).await.unwrap();
}

/// The answer says it by CRC-64 or ETag; else the object does.
#[tokio::test(start_paused = true)]
async fn the_object_is_looked_at_only_when_the_answer_leaves_it_open() {
    run(vec![completed()]).await.unwrap();
    run(vec![completed_with("\"KMS\"", Some(7))]).await.unwrap();
    run(vec![encrypted(), head("\"E-1\"")]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_is_unfinished_still_is_completed_again() {
    let unfinished = || answer(200, UNFINISHED);
    run(vec![lost(), unfinished(), completed()]).await.unwrap();
    run(vec![lost(), unfinished(), gone(), gone(), head("\"E-1\"")]).await.unwrap();
    let five = (0..5).flat_map(|_| [lost(), unfinished()]).collect();
    assert!(matches!(run(five).await, Err(Error::Transport { .. })));
}

#[tokio::test(start_paused = true)]
async fn another_object_is_not_taken_for_this_one() {
    let mismatch = |outcome| matches!(outcome, Err(Error::Mismatch { .. }));
    assert!(mismatch(run(vec![lost(), gone(), head("\"OTHER\"")]).await));
    assert!(mismatch(run(vec![completed_with("\"E-1\"", Some(8))]).await));
    assert!(mismatch(run(vec![encrypted(), head("\"E-2\"")]).await));
    // It must not be looked at, and its ETag is not that of the parts.
    assert!(mismatch(run(vec![encrypted(), failure(403, "AccessDenied")]).await));
    let outcome = run(vec![lost(), gone(), failure(404, "NoSuchKey")]).await;
    assert!(matches!(outcome, Err(Error::Transport { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_one() {
    let outcome = run(vec![failure(400, "InvalidPart")]).await;
    assert!(outcome.unwrap_err().has_code("InvalidPart"));
}
