//! How providers reach the services they ask: rarely, so without a pool, and with few retries.

use std::time::Duration;

use bytes::Bytes;
use ossutil_protocol::Response;

use super::{CredentialsError, CredentialsFailure};
use crate::{
    Content, HttpTransport, Timeouts, Transport, TransportErrorKind, TransportOptions,
    retry::Policy,
};

/// How often a service is asked, and how long is waited in between.
const RETRY: Policy =
    Policy { attempts: 3, base: Duration::from_millis(200), cap: Duration::from_secs(1) };

/// How providers reach the services they ask.
#[derive(Clone, Debug)]
pub struct Network {
    /// As for the service itself. The proxy is for https; plain http goes to this machine or its
    /// network and needs none.
    pub transport: TransportOptions,
    /// The `User-Agent` header.
    pub user_agent: String,
}

impl Network {
    /// The same, within the time that a service on the machine's own network needs at most.
    pub(super) fn nearby(&self) -> Self {
        let Timeouts { connect, read } = self.transport.timeouts;
        let (connect, read) =
            (connect.min(Duration::from_secs(1)), read.min(Duration::from_secs(2)));
        let mut nearby = self.clone();
        nearby.transport.timeouts = Timeouts { connect, read };
        nearby
    }

    /// Sends what `request` makes, anew for each attempt, and gives the answer of any status.
    pub(super) async fn send(
        &self,
        provider: &str,
        request: impl Fn() -> Result<http::Request<Bytes>, http::Error>,
    ) -> Result<Response, CredentialsError> {
        let mut failures = 0;
        loop {
            let mut request = request().map_err(|error| {
                CredentialsError::setup(provider, format!("its address is invalid: {error}"))
            })?;
            if let Ok(value) = self.user_agent.parse() {
                request.headers_mut().insert(http::header::USER_AGENT, value);
            }
            let outcome = self.attempt(request).await;
            failures += 1;
            let is_passing = match &outcome {
                Ok(response) => matches!(response.status.as_u16(), 429 | 500..),
                Err((kind, _)) => {
                    matches!(kind, TransportErrorKind::Connect | TransportErrorKind::Broken)
                }
            };
            if is_passing && failures < RETRY.attempts {
                tokio::time::sleep(RETRY.wait(failures)).await;
                continue;
            }
            return outcome.map_err(|(_, text)| {
                CredentialsError::new(provider, CredentialsFailure::Unreachable(text))
            });
        }
    }

    async fn attempt(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<Response, (TransportErrorKind, String)> {
        let is_https = request.uri().scheme_str() == Some("https");
        let host = request.uri().authority().map(|authority| authority.host().to_owned());
        let host = host.unwrap_or_default();
        let named = |error: crate::TransportError| (error.kind, format!("{host}: {error}"));
        let transport = HttpTransport::new(&TransportOptions {
            is_https,
            proxy: self.transport.proxy.clone().filter(|_| is_https),
            ..self.transport.clone()
        })
        .map_err(named)?;
        // The limit of the transport is for each piece of an answer; this one is for all of it.
        let Timeouts { connect, read } = self.transport.timeouts;
        let limit = connect + read;
        let exchange = async {
            let request = request.map(|body| Content::from(body).open());
            let (head, body) = transport.send(request).await?.into_parts();
            let body = body.read_whole().await?;
            Ok(Response { status: head.status, headers: head.headers, body })
        };
        match tokio::time::timeout(limit, exchange).await {
            Ok(outcome) => outcome.map_err(named),
            Err(_) => {
                let text = format!("{host}: no whole answer within {} s", limit.as_secs_f64());
                Err((TransportErrorKind::Timeout, text))
            }
        }
    }
}
