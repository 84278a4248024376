//! Completing an upload when the answer is lost: the service is asked what happened.

mod script;

use ossutil_client::{
    Error, TransportErrorKind,
    protocol::{Response, operations::CompleteMultipartUpload},
    transfer::{Completion, Expected, complete},
};
use script::{answer, client, failure, script};

const UNFINISHED: &str = "<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>";

fn completed() -> Result<Response, TransportErrorKind> {
    answer(
        200,
        "<CompleteMultipartUploadResult><ETag>\"E-1\"</ETag></CompleteMultipartUploadResult>",
    )
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
        expected: Expected { size: 5, etag: Some("E-1".to_owned()), crc64: None },
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
    run(vec![completed(), head("\"E-1\"")]).await.unwrap();
    run(vec![lost(), gone(), head("\"E-1\"")]).await.unwrap();
    run(vec![gone(), gone(), head("\"E-1\"")]).await.unwrap();
    // The service answers, but an answer of a proxy gets here.
    run(vec![failure(504, ""), gone(), head("\"E-1\"")]).await.unwrap();
    // The object must not be looked at: then the answer is all there is.
    run(vec![completed(), failure(403, "AccessDenied")]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_is_unfinished_still_is_completed_again() {
    let unfinished = || answer(200, UNFINISHED);
    run(vec![lost(), unfinished(), completed(), head("\"E-1\"")]).await.unwrap();
    run(vec![lost(), unfinished(), gone(), gone(), head("\"E-1\"")]).await.unwrap();
    let five = (0..5).flat_map(|_| [lost(), unfinished()]).collect();
    assert!(matches!(run(five).await, Err(Error::Transport { .. })));
}

#[tokio::test(start_paused = true)]
async fn another_object_is_not_taken_for_this_one() {
    let mismatch = |outcome| matches!(outcome, Err(Error::Mismatch { .. }));
    assert!(mismatch(run(vec![lost(), gone(), head("\"OTHER\"")]).await));
    assert!(mismatch(run(vec![completed(), head("\"E-2\"")]).await));
    let outcome = run(vec![lost(), gone(), failure(404, "NoSuchKey")]).await;
    assert!(matches!(outcome, Err(Error::Transport { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_one() {
    let outcome = run(vec![failure(400, "InvalidPart")]).await;
    assert!(outcome.unwrap_err().has_code("InvalidPart"));
}
