//! The loop every request goes through, with scripted answers in place of the network.

mod script;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt;
use ossutil_client::{
    Content, Error, TransportErrorKind, listing,
    protocol::{
        Response,
        operations::{GetObject, InitiateMultipartUpload, ListParts, UploadPart},
    },
};
use script::{answer, client, failure, script};

const EMPTY: &str = "<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>";

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
    let page = "<ListPartsResult><IsTruncated>true</IsTruncated>\
                <NextPartNumberMarker>1</NextPartNumberMarker></ListPartsResult>";
    let script = script(vec![answer(200, page), answer(200, page)]);
    let outcome: Result<Vec<_>, _> =
        listing::pages(&client(&script, 1), parts()).try_collect().await;
    assert!(matches!(outcome, Err(Error::Stuck { .. })));
}

fn part(crc64: Option<u64>) -> Result<Response, TransportErrorKind> {
    let mut response = answer(200, "")?;
    response.headers.insert("etag", "\"E\"".parse().unwrap());
    if let Some(crc64) = crc64 {
        response.headers.insert("x-oss-hash-crc64ecma", crc64.into());
    }
    Ok(response)
}

/// The CRC-64 of `123456789`.
const CRC64: u64 = 11_051_210_869_376_104_954;

#[tokio::test(start_paused = true)]
async fn content_is_read_again_for_each_attempt_until_it_arrives_whole() {
    let script = script(vec![
        Err(TransportErrorKind::Broken),
        part(Some(CRC64 + 1)),
        failure(503, "X"),
        part(Some(CRC64)),
    ]);
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, b"...123456789...").unwrap();
    let content = Content::file(Arc::new(file), 3..12);
    let (_, crc64) =
        client(&script, 10).send_content(&UploadPart::default(), &content).await.unwrap();
    assert_eq!(crc64, CRC64);
    let asked = script.asked.lock().unwrap();
    let bodies: Vec<_> = asked.iter().map(http::Request::body).collect();
    assert_eq!(bodies, [&b"123456789"[..]; 4]);
}

#[tokio::test(start_paused = true)]
async fn content_that_keeps_arriving_damaged_is_an_error_and_no_answer_is_no_damage() {
    let script = script(vec![part(Some(1)), part(Some(2)), part(None)]);
    let content = Content::from(Bytes::from_static(b"123456789"));
    let client = client(&script, 2);
    let error = client.send_content(&UploadPart::default(), &content).await.unwrap_err();
    assert!(matches!(error, Error::Damaged { sent: CRC64, received: 2, .. }), "{error}");
    client.send_content(&UploadPart::default(), &content).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_too_short_is_an_error_of_the_content() {
    let script = script(vec![]);
    let content = Content::file(Arc::new(tempfile::tempfile().unwrap()), 0..1);
    let sent = client(&script, 10).send_content(&UploadPart::default(), &content).await;
    assert!(matches!(sent, Err(Error::Content { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_streamed_answer_is_tried_again_until_it_begins() {
    let script = script(vec![failure(500, "InternalError"), answer(200, "content")]);
    let (_, body) = client(&script, 10).open(&GetObject::default()).await.unwrap();
    let pieces: Vec<Bytes> = body.try_collect().await.unwrap();
    assert_eq!(pieces.concat(), b"content");
}
