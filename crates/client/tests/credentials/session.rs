//! A client whose credentials end while it works.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use futures_util::{TryStreamExt, future::BoxFuture};
use jiff::{SignedDuration, Timestamp};
use ossutil_client::{
    Addressing, AnswerBody, Client, Endpoint, Options, Outgoing, SignatureVersion, Transport,
    TransportError,
    credentials::{Cached, Uri},
    listing,
    protocol::operations::ListParts,
    retry::Policy,
};

use crate::{
    Time, network,
    stand_in::{StandIn, reply},
    start,
};

/// A service that knows when each token ends, and lists one part a page. Each request takes two
/// minutes.
struct Service {
    time: Time,
    /// Whether it takes no token at all.
    is_strict: bool,
    tokens: Mutex<Vec<String>>,
}

impl Transport for Service {
    fn send(
        &self,
        request: http::Request<Outgoing>,
    ) -> BoxFuture<'_, Result<http::Response<AnswerBody>, TransportError>> {
        let token = request.headers()["x-oss-security-token"].to_str().unwrap().to_owned();
        let end: Timestamp = token.rsplit_once('|').unwrap().1.parse().unwrap();
        let is_valid = !self.is_strict && (self.time.clock())() < end;
        self.tokens.lock().unwrap().push(token);
        self.time.advance(120);
        let query = request.uri().query().unwrap_or_default();
        let last = query
            .split_once("part-number-marker=")
            .map_or("0", |(_, rest)| rest.split('&').next().unwrap_or_default());
        let number: u32 = last.parse::<u32>().unwrap_or_default() + 1;
        let (status, body) = match is_valid {
            true => (
                200,
                format!(
                    "<ListPartsResult><IsTruncated>{}</IsTruncated>\
                     <NextPartNumberMarker>{number}</NextPartNumberMarker><Part>\
                     <PartNumber>{number}</PartNumber><LastModified>2026-01-01T00:00:00.000Z\
                     </LastModified><ETag>\"E\"</ETag><Size>1</Size></Part></ListPartsResult>",
                    number < 40
                ),
            ),
            false => (403, "<Error><Code>SecurityTokenExpired</Code></Error>".to_owned()),
        };
        let body = AnswerBody::from(Bytes::from(body));
        let answer = http::Response::builder().status(status).body(body).unwrap();
        Box::pin(async move { Ok(answer) })
    }
}

/// Gives tokens that hold for `life` seconds, and says that they end `claimed` seconds from now.
async fn issuer(time: &Time, life: i64, claimed: i64) -> StandIn {
    let (clock, count) = (time.clock(), AtomicUsize::new(0));
    StandIn::new(move |_| {
        let (now, number) = (clock(), count.fetch_add(1, Ordering::SeqCst));
        let (end, claim) =
            (now + SignedDuration::from_secs(life), now + SignedDuration::from_secs(claimed));
        reply(
            200,
            format!(
                r#"{{"AccessKeyId":"STS.{number}","AccessKeySecret":"s",
                    "SecurityToken":"{number}|{end}","Expiration":"{claim}"}}"#
            ),
        )
    })
    .await
}

fn client(time: &Time, issuer: &StandIn, service: &Arc<Service>) -> Client {
    let uri = Uri { uri: issuer.url.clone(), network: network() };
    Client::new(Options {
        endpoint: Endpoint::parse("http://127.0.0.1", Addressing::Path).unwrap(),
        signature_version: SignatureVersion::V1,
        credentials: Arc::new(Cached::new(uri, time.clock())),
        transport: Arc::clone(service) as Arc<dyn Transport>,
        retry: Policy { attempts: 1, ..Policy::default() },
        request_payer: None,
        user_agent: "test".to_owned(),
        clock: time.clock(),
    })
    // Each request moves the clock, so there is one at a time.
    .with_listing(listing::Mode { requests: 1, is_ordered: true })
}

fn service(time: &Time, is_strict: bool) -> Arc<Service> {
    Arc::new(Service { time: time.clone(), is_strict, tokens: Mutex::default() })
}

fn parts() -> ListParts {
    ListParts {
        bucket: "bkt".to_owned(),
        key: "k".to_owned(),
        upload_id: "ID".to_owned(),
        ..ListParts::default()
    }
}

async fn list(client: &Client) -> Vec<u32> {
    let parts: Vec<_> = listing::entries(client, parts()).try_collect().await.unwrap();
    parts.iter().map(|part| part.part_number).collect()
}

/// Eighty minutes of listing with tokens that last fifteen.
#[tokio::test]
async fn a_long_run_goes_on_with_the_next_token() {
    let time = Time::default();
    let (issuer, service) = (issuer(&time, 900, 900).await, service(&time, false));
    assert_eq!(list(&client(&time, &issuer, &service)).await, (1..=40).collect::<Vec<_>>());
    assert_eq!((time.clock())().duration_since(start()), SignedDuration::from_mins(80));
    assert_eq!(service.tokens.lock().unwrap().len(), 40, "no request with a token that had ended");
    let issued = issuer.asked().len();
    assert!((5..=8).contains(&issued), "{issued} tokens");
}

/// The tokens end before they say, as when a role's sessions are revoked.
#[tokio::test]
async fn a_token_that_the_service_rejects_is_replaced_and_the_request_sent_again() {
    let time = Time::default();
    let (issuer, service) = (issuer(&time, 600, 7200).await, service(&time, false));
    assert_eq!(list(&client(&time, &issuer, &service)).await, (1..=40).collect::<Vec<_>>());
    let rejections = service.tokens.lock().unwrap().len() - 40;
    assert_eq!(issuer.asked().len(), rejections + 1, "one fetch a rejection");
    assert!(rejections > 3, "{rejections}");
}

#[tokio::test]
async fn a_second_rejection_is_the_end() {
    let time = Time::default();
    let (issuer, service) = (issuer(&time, 900, 900).await, service(&time, true));
    let error = client(&time, &issuer, &service).send(&parts()).await.unwrap_err();
    assert!(error.has_code("SecurityTokenExpired"), "{error}");
    assert_eq!((service.tokens.lock().unwrap().len(), issuer.asked().len()), (2, 2));
}
