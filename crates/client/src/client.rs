//! The client of one endpoint, and the loop every request goes through.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use ossutil_protocol::{Operation, Request, Response};
use ossutil_signing::{Credentials, Message, v1, v2, v4};
use tokio::time::Instant;

use crate::{
    AnswerBody, Content, Context, CredentialsProvider, Endpoint, Error, Outgoing, Transport,
    TransportError, TransportErrorKind,
    call::{Answer, Call},
    listing::Mode,
    retry::{Policy, Verdict, judge},
};

/// Tells the time. Injected, so that nothing here reads the system's clock.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How requests are signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureVersion {
    /// HMAC-SHA1, needs no region.
    V1,
    /// HMAC-SHA256 over the old canonical form; kept for those who pinned it.
    V2,
    /// HMAC-SHA256 bound to a region, the service's current form.
    V4 {
        /// The region id without `oss-`, or the id of a cloud box.
        region: String,
        /// `oss`, or `oss-cloudbox`.
        product: String,
    },
}

/// What a client is made of.
#[derive(Clone)]
pub struct Options {
    /// Where requests go.
    pub endpoint: Endpoint,
    /// How they are signed.
    pub signature_version: SignatureVersion,
    /// With what they are signed.
    pub credentials: Arc<dyn CredentialsProvider>,
    /// How they get there.
    pub transport: Arc<dyn Transport>,
    /// How often they are tried.
    pub retry: Policy,
    /// Who pays for requests to other people's buckets: the `x-oss-request-payer` header.
    pub request_payer: Option<String>,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// The time.
    pub clock: Clock,
}

/// Sends operations to one endpoint. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Client(Arc<Inner>, Mode);

struct Inner {
    options: Options,
    /// The service's clock minus ours, in milliseconds.
    clock_offset: AtomicI64,
}

impl Client {
    /// A client; nothing is sent yet.
    pub fn new(options: Options) -> Self {
        Self(Arc::new(Inner { options, clock_offset: AtomicI64::new(0) }), Mode::default())
    }

    /// The same client, listing in another mode.
    pub fn with_listing(self, mode: Mode) -> Self {
        Self(self.0, mode)
    }

    /// How it lists.
    pub fn listing_mode(&self) -> Mode {
        self.1
    }

    /// What it is made of.
    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

    /// The endpoint requests go to.
    pub fn endpoint(&self) -> &Endpoint {
        &self.0.options.endpoint
    }

    /// How often requests are tried.
    pub(crate) fn retry(&self) -> Policy {
        self.0.options.retry
    }

    /// How requests are signed.
    pub fn signature_version(&self) -> &SignatureVersion {
        &self.0.options.signature_version
    }

    /// A client like this one that signs otherwise.
    pub fn with_signature_version(&self, signature_version: SignatureVersion) -> Self {
        Self::new(Options { signature_version, ..self.0.options.clone() })
    }

    /// Sends an operation and reads its answer, trying again where that is safe and may help.
    ///
    /// # Errors
    /// The last failure, once trying again is useless or has been done often enough.
    pub async fn send<O: Operation>(&self, operation: &O) -> Result<O::Output, Error> {
        self.send_watched(operation, &|_| {}).await
    }

    /// The same, and tells `note` each failure after which it tries again.
    pub(crate) async fn send_watched<O: Operation>(
        &self,
        operation: &O,
        note: &(dyn Fn(&Error) + Sync),
    ) -> Result<O::Output, Error> {
        let call = Call::of(operation);
        let content = Content::from(call.request.body.clone());
        let answer = self.exchange(&call, &content, false, note).await?;
        call.decode(operation, &answer)
    }

    /// Sends an operation with this content in place of its body; gives the CRC-64 of what was
    /// sent beside the answer.
    ///
    /// # Errors
    /// As for [`send`](Self::send); also content that cannot be read, or that did not arrive as it
    /// was sent.
    pub async fn send_content<O: Operation>(
        &self,
        operation: &O,
        content: &Content,
    ) -> Result<(O::Output, u64), Error> {
        let call = Call::of(operation);
        let answer = self.exchange(&call, content, false, &|_| {}).await?;
        Ok((call.decode(operation, &answer)?, answer.sent_crc64))
    }

    /// Sends an operation whose answer is to be streamed. What fails in the stream is for the
    /// caller to try again, from where it is.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn open<O: Operation>(
        &self,
        operation: &O,
    ) -> Result<(O::Output, AnswerBody), Error> {
        let call = Call::of(operation);
        let content = Content::from(call.request.body.clone());
        let answer = self.exchange(&call, &content, true, &|_| {}).await?;
        Ok((call.decode(operation, &answer)?, answer.rest))
    }

    /// The loop every request goes through.
    async fn exchange(
        &self,
        call: &Call,
        content: &Content,
        is_streamed: bool,
        note: &(dyn Fn(&Error) + Sync),
    ) -> Result<Answer, Error> {
        let mut failures = 0;
        let mut was_clock_corrected = false;
        let mut were_credentials_renewed = false;
        loop {
            let credentials = self.0.options.credentials.credentials().await?;
            let attempt = self.attempt(call, content, credentials.as_ref(), is_streamed);
            let error = match attempt.await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            failures += 1;
            match judge(&error, call.request.is_idempotent) {
                Verdict::CorrectClock if !was_clock_corrected => was_clock_corrected = true,
                Verdict::RenewCredentials
                    if !were_credentials_renewed && self.reject(credentials.as_ref()) =>
                {
                    were_credentials_renewed = true;
                }
                Verdict::Retry if failures < self.0.options.retry.attempts => {
                    note(&error);
                    self.wait(failures, &error).await;
                }
                _ => return Err(error),
            }
        }
    }

    /// Signs the request as of now, sends it once, and reads the answer unless that is a success
    /// that is to be streamed.
    async fn attempt(
        &self,
        call: &Call,
        content: &Content,
        credentials: Option<&Credentials>,
        is_streamed: bool,
    ) -> Result<Answer, Error> {
        let url = self.0.options.endpoint.url(&call.request);
        let outgoing = content.open();
        let progress = outgoing.progress();
        let request = self.build(&call.request, credentials, &url, outgoing)?;
        let started = Instant::now();
        let exchange = async {
            let (head, body) = self.0.options.transport.send(request).await?.into_parts();
            let is_read = !(is_streamed && call.success.contains(&head.status.as_u16()));
            let (body, rest) = match is_read {
                true => (body.read_whole().await?, AnswerBody::from(bytes::Bytes::new())),
                false => (bytes::Bytes::new(), body),
            };
            Ok((Response { status: head.status, headers: head.headers, body }, rest))
        };
        let answer = exchange.await;
        progress.stop();
        let response = answer.as_ref().ok().map(|(response, _)| response);
        log_exchange(call.context.operation, &url, started.elapsed(), response);
        let (response, rest) = answer.map_err(|source| failure(source, url, &call.context))?;
        if let Err(error) = call.accept(&response) {
            if error.has_code("RequestTimeTooSkewed") {
                self.correct_clock(&response);
            }
            return Err(error);
        }
        let answer = Answer { response, rest, sent_crc64: progress.crc64() };
        call.check_echo(&answer)?;
        Ok(answer)
    }

    /// The HTTP request, headers and signature included.
    fn build(
        &self,
        request: &Request,
        credentials: Option<&Credentials>,
        url: &str,
        content: Outgoing,
    ) -> Result<http::Request<Outgoing>, Error> {
        let options = &self.0.options;
        let mut headers = request.headers.clone();
        headers.push(("user-agent".to_owned(), options.user_agent.clone()));
        if let Some(payer) = &options.request_payer {
            headers.push(("x-oss-request-payer".to_owned(), payer.clone()));
        }
        if let Some(credentials) = credentials {
            let message = Message {
                method: request.method.as_str(),
                bucket: request.bucket.as_deref(),
                key: request.key.as_deref(),
                query: &request.query,
                headers: &headers,
            };
            let time = self.now();
            let added = match &options.signature_version {
                SignatureVersion::V1 => v1::sign(&message, credentials, time, &[]),
                SignatureVersion::V2 => v2::sign(&message, credentials, time),
                SignatureVersion::V4 { region, product } => {
                    v4::sign(&message, credentials, v4::Place { region, product }, time, &[])
                }
            };
            headers.extend(added);
        }
        assemble(request, url, &headers, content)
    }

    /// Tells the provider that the service does not take its credentials; whether it may have
    /// others.
    fn reject(&self, rejected: Option<&Credentials>) -> bool {
        rejected.is_some_and(|rejected| self.0.options.credentials.reject(rejected))
    }

    /// The time as the service sees it, as far as it has said so.
    pub fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_millis(self.0.clock_offset.load(Ordering::Relaxed));
        let now = (self.0.options.clock)();
        now.checked_add(offset).unwrap_or(now)
    }

    /// Takes the service's `Date` for the right time from here on.
    fn correct_clock(&self, response: &Response) {
        let date = response.header("date");
        let Some(date) = date.and_then(|date| rfc2822::parse(&date).ok()) else { return };
        let offset = date.timestamp().duration_since((self.0.options.clock)());
        tracing::warn!("this machine's clock is {offset:#} off the service's; going by the latter");
        let millis = i64::try_from(offset.as_millis()).unwrap_or_default();
        self.0.clock_offset.store(millis, Ordering::Relaxed);
    }

    async fn wait(&self, failures: u32, error: &Error) {
        let wait = self.0.options.retry.wait(failures);
        tracing::info!("attempt {failures} failed, next in {wait:.1?}: {error}");
        tokio::time::sleep(wait).await;
    }
}

fn failure(source: TransportError, url: String, context: &Context) -> Error {
    match source.kind {
        TransportErrorKind::Content => Error::Content { source: source.source },
        _ => Error::Transport { context: context.clone(), url, source },
    }
}

fn log_exchange(operation: &str, url: &str, took: Duration, response: Option<&Response>) {
    let status = response.map(|response| response.status.as_u16());
    let request_id = response.and_then(|response| response.header("x-oss-request-id"));
    tracing::debug!(operation, url, status, request_id, ?took, "request");
}

fn assemble(
    request: &Request,
    url: &str,
    headers: &[(String, String)],
    content: Outgoing,
) -> Result<http::Request<Outgoing>, Error> {
    let mut builder = http::Request::builder().method(&request.method).uri(url);
    for (name, value) in headers {
        // From bytes: user metadata may hold UTF-8.
        let value = http::HeaderValue::from_bytes(value.trim().as_bytes());
        builder = match value {
            Ok(value) => builder.header(name, value),
            Err(error) => return Err(Error::Invalid(format!("the header {name}: {error}"))),
        };
    }
    // The HTTP library leaves the length of nothing out, which the service answers with 411.
    let sends = matches!(request.method, http::Method::PUT | http::Method::POST);
    if sends && content.remaining() == 0 {
        builder = builder.header(http::header::CONTENT_LENGTH, 0);
    }
    builder.body(content).map_err(|error| Error::Invalid(format!("{url}: {error}")))
}
