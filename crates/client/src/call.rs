//! One operation on its way: what is sent, and how its answer is judged.

use http::StatusCode;
use ossutil_protocol::{Operation, Request, Response, ServiceError};

use crate::{AnswerBody, Context, Error};

/// An operation's request and what its answer is judged by. It has no type parameter, so that what
/// every request goes through is compiled once and not for each operation.
pub(crate) struct Call {
    pub(crate) request: Request,
    pub(crate) context: Context,
    pub(crate) success: &'static [u16],
    echoes_crc64: bool,
}

impl Call {
    pub(crate) fn of<O: Operation>(operation: &O) -> Self {
        let request = operation.request();
        let context = Context {
            operation: O::NAME,
            bucket: request.bucket.clone(),
            key: request.key.clone(),
        };
        Self { request, context, success: O::SUCCESS, echoes_crc64: O::ECHOES_CRC64 }
    }

    /// Whether the answer is the operation's success.
    pub(crate) fn accept(&self, response: &Response) -> Result<(), Error> {
        let context = self.context.clone();
        if self.success.contains(&response.status.as_u16()) {
            return Ok(());
        }
        if response.status.is_success() {
            let expected = StatusCode::from_u16(self.success[0]).unwrap_or_default();
            return Err(Error::Status { context, status: response.status, expected });
        }
        let error = Box::new(ServiceError::from_response(response));
        Err(Error::Service { context, error })
    }

    /// Whether the service has what was sent, where its answer says so.
    pub(crate) fn check_echo(&self, answer: &Answer) -> Result<(), Error> {
        let sent = answer.sent_crc64;
        let received = answer.response.number("x-oss-hash-crc64ecma").ok().flatten();
        match received.filter(|received| self.echoes_crc64 && *received != sent) {
            Some(received) => Err(Error::Damaged { context: self.context.clone(), sent, received }),
            None => Ok(()),
        }
    }

    pub(crate) fn decode<O: Operation>(
        self,
        operation: &O,
        answer: &Answer,
    ) -> Result<O::Output, Error> {
        operation.decode(&answer.response).map_err(|source| Error::Decode {
            context: self.context,
            request_id: answer.response.header("x-oss-request-id").unwrap_or_default(),
            source,
        })
    }
}

/// An answer that is the operation's success.
pub(crate) struct Answer {
    pub(crate) response: Response,
    /// What has not been read of its body.
    pub(crate) rest: AnswerBody,
    /// The CRC-64 of the content that was sent.
    pub(crate) sent_crc64: u64,
}
