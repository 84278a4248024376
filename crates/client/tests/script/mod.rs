//! Scripted answers in place of the network.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures_util::{TryStreamExt, future::BoxFuture};
use jiff::Timestamp;
use ossutil_client::{
    Addressing, AnswerBody, Client, Credentials, Endpoint, Options, Outgoing, SignatureVersion,
    StaticCredentials, Transport, TransportError, TransportErrorKind, protocol::Response,
    retry::Policy,
};

/// Gives prepared answers, and keeps what was asked.
#[derive(Default)]
pub(crate) struct Script {
    answers: Mutex<VecDeque<Result<Response, TransportErrorKind>>>,
    pub(crate) asked: Mutex<Vec<http::Request<Bytes>>>,
}

impl Script {
    async fn answer(
        &self,
        request: http::Request<Outgoing>,
    ) -> Result<http::Response<AnswerBody>, TransportError> {
        let failure = |kind| TransportError { kind, source: "scripted".into() };
        let (head, content) = request.into_parts();
        let content: Result<Vec<Bytes>, _> = content.try_collect().await;
        let content = content.map_err(|_| failure(TransportErrorKind::Content))?;
        let request = http::Request::from_parts(head, content.concat().into());
        self.asked.lock().unwrap().push(request);
        let answer = self.answers.lock().unwrap().pop_front().expect("no further request");
        let answer = answer.map_err(failure)?;
        let mut response = http::Response::new(AnswerBody::from(answer.body));
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}

impl Transport for Script {
    fn send(
        &self,
        request: http::Request<Outgoing>,
    ) -> BoxFuture<'_, Result<http::Response<AnswerBody>, TransportError>> {
        Box::pin(self.answer(request))
    }
}

#[expect(clippy::unnecessary_wraps, reason = "one of the two things a script holds")]
pub(crate) fn answer(status: u16, body: &str) -> Result<Response, TransportErrorKind> {
    let mut response = Response {
        status: http::StatusCode::from_u16(status).unwrap(),
        body: body.to_owned().into(),
        ..Response::default()
    };
    let date = "Sun, 01 Feb 2026 00:00:00 GMT".parse().unwrap();
    response.headers.insert("date", date);
    Ok(response)
}

pub(crate) fn failure(status: u16, code: &str) -> Result<Response, TransportErrorKind> {
    answer(status, &format!("<Error><Code>{code}</Code></Error>"))
}

pub(crate) fn client(script: &Arc<Script>, attempts: u32) -> Client {
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

pub(crate) fn script(answers: Vec<Result<Response, TransportErrorKind>>) -> Arc<Script> {
    Arc::new(Script { answers: Mutex::new(answers.into()), ..Script::default() })
}
