//! What to do after an attempt failed, and how long to wait before the next one.

use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};

use crate::{Error, TransportErrorKind};

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Wait, then try again.
    Retry,
    /// Set the clock by the answer's `Date`, then try again at once; once is enough.
    CorrectClock,
    /// Get fresh credentials, then try again at once; once is enough.
    RenewCredentials,
    /// Give up.
    Fail,
}

/// The service codes below status 500 that a second attempt can cure: the request was damaged on
/// its way, or came too slowly.
const RETRYABLE_CODES: [&str; 5] =
    ["BadRequest", "IncompleteBody", "InvalidCRC64", "InvalidDigest", "RequestTimeout"];

/// The service codes of credentials that have ended, or were replaced.
const STALE_CODES: [&str; 3] =
    ["SecurityTokenExpired", "InvalidSecurityToken", "AccessKeyIdAndSecurityTokenNotMatch"];

/// Judges a failure. `is_idempotent` says whether the request may be carried out twice.
///
/// A request that is not idempotent is only repeated when it cannot have been carried out: the
/// connection was never made, or the service turned it away for load.
pub fn judge(error: &Error, is_idempotent: bool) -> Verdict {
    match error {
        Error::Service { error, .. } => {
            let status = error.status.as_u16();
            let was_turned_away = matches!(status, 429 | 503);
            let is_passing = matches!(status, 401 | 408 | 500 | 502 | 504 | 506..)
                || RETRYABLE_CODES.contains(&error.code.as_str());
            if error.code == "RequestTimeTooSkewed" {
                Verdict::CorrectClock
            } else if STALE_CODES.contains(&error.code.as_str()) {
                Verdict::RenewCredentials
            } else if was_turned_away || (is_passing && is_idempotent) {
                Verdict::Retry
            } else {
                Verdict::Fail
            }
        }
        Error::Transport { source, .. } => match source.kind {
            TransportErrorKind::Connect => Verdict::Retry,
            TransportErrorKind::Broken | TransportErrorKind::Timeout if is_idempotent => {
                Verdict::Retry
            }
            _ => Verdict::Fail,
        },
        Error::Damaged { .. } if is_idempotent => Verdict::Retry,
        _ => Verdict::Fail,
    }
}

/// How often to try, and how long to wait in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Attempts in all, the first included; at least 1.
    pub attempts: u32,
    /// The longest wait before the second attempt; it doubles with each further one.
    pub base: Duration,
    /// The longest wait of all.
    pub cap: Duration,
}

impl Default for Policy {
    /// Ten attempts, as `ossutil` makes; the waits add up to five seconds on average.
    fn default() -> Self {
        Self { attempts: 10, base: Duration::from_millis(100), cap: Duration::from_secs(2) }
    }
}

impl Policy {
    /// The longest wait after `failures` failed attempts.
    pub fn longest_wait(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(16);
        self.base.saturating_mul(1 << doublings).min(self.cap)
    }

    /// The wait after `failures` failed attempts: anything up to the longest, so that clients that
    /// failed together do not come back together.
    pub(crate) fn wait(&self, failures: u32) -> Duration {
        let mut bytes = [0; 4];
        let is_random = SystemRandom::new().fill(&mut bytes).is_ok();
        let fraction = f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX);
        self.longest_wait(failures).mul_f64(if is_random { fraction } else { 1.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Context, TransportError};
    use ossutil_protocol::{Response, ServiceError};

    fn service(status: u16, code: &str) -> Error {
        let response = Response {
            status: http::StatusCode::from_u16(status).unwrap(),
            body: format!("<Error><Code>{code}</Code></Error>").into(),
            ..Response::default()
        };
        let error = Box::new(ServiceError::from_response(&response));
        Error::Service { context: Context::default(), error }
    }

    fn transport(kind: TransportErrorKind) -> Error {
        let source = TransportError { kind, source: "x".into() };
        Error::Transport { context: Context::default(), url: String::new(), source }
    }

    #[test]
    fn verdicts() {
        use Verdict::{CorrectClock, Fail, RenewCredentials, Retry};
        for (error, idempotent, not) in [
            (service(500, "InternalError"), Retry, Fail),
            (service(503, "ServiceUnavailable"), Retry, Retry),
            (service(429, ""), Retry, Retry),
            (service(502, ""), Retry, Fail),
            (service(408, ""), Retry, Fail),
            (service(400, "InvalidDigest"), Retry, Fail),
            (service(400, "InvalidArgument"), Fail, Fail),
            (service(403, "AccessDenied"), Fail, Fail),
            (service(403, "RequestTimeTooSkewed"), CorrectClock, CorrectClock),
            (service(403, "SecurityTokenExpired"), RenewCredentials, RenewCredentials),
            (service(404, "NoSuchUpload"), Fail, Fail),
            (service(501, "NotImplemented"), Fail, Fail),
            (service(301, ""), Fail, Fail),
            (transport(TransportErrorKind::Connect), Retry, Retry),
            (transport(TransportErrorKind::Broken), Retry, Fail),
            (transport(TransportErrorKind::Timeout), Retry, Fail),
            (transport(TransportErrorKind::TooLarge), Fail, Fail),
            (transport(TransportErrorKind::Content), Fail, Fail),
            (Error::Damaged { context: Context::default(), sent: 1, received: 2 }, Retry, Fail),
            (Error::NoRegion, Fail, Fail),
        ] {
            assert_eq!(judge(&error, true), idempotent, "{error}");
            assert_eq!(judge(&error, false), not, "{error}, not idempotent");
        }
    }

    #[test]
    fn waits_double_up_to_the_cap() {
        let policy = Policy::default();
        let waits: Vec<u128> = (1..8).map(|n| policy.longest_wait(n).as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1600, 2000, 2000]);
        assert!((0..100).all(|_| policy.wait(3) <= Duration::from_millis(400)));
    }
}
