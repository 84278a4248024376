//! The way to the service: name, connection, TLS, and the clock at its end.

use jiff::SignedDuration;
use ossutil_client::probe::{Connection, Probe, ProbeError, ProbeErrorKind};

use super::{Doctor, GoesOn};
use crate::{
    error::{Result, transport_hint},
    exit::Status,
};

/// How far a request's time may be from the service's.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(15);

/// How far clocks may differ before it is worth a word: dates are in whole seconds.
const NOTABLE_SKEW: SignedDuration = SignedDuration::from_secs(5);

impl Doctor<'_, '_> {
    /// Goes the way one step at a time.
    pub(super) async fn check_network(&mut self, probe: &Probe) -> Result<GoesOn> {
        let (host, port) = probe.next_hop();
        let of = if probe.proxy().is_some() { "the proxy " } else { "" };
        let addresses = match probe.resolve().await {
            Ok(addresses) => addresses,
            Err(error) => return self.stop(probe, "DNS", &format!("{of}{host}"), &error),
        };
        let shown: Vec<String> = addresses.iter().map(|one| one.ip().to_string()).collect();
        self.ok("DNS", &format!("{of}{host} is {}", shown.join(", ")))?;
        let connection = match probe.connect(&addresses).await {
            Ok(connection) => connection,
            Err(error) => return self.stop(probe, "TCP", &format!("{of}{host}:{port}"), &error),
        };
        let milliseconds = connection.took.as_secs_f64() * 1000.0;
        let detail = format!("{of}{} in {milliseconds:.1} ms", connection.address);
        self.ok("TCP", &detail)?;
        Ok(self.check_tls(probe, connection).await? && self.check_answer(probe).await?)
    }

    /// Whether the other side speaks TLS, and is who it should be.
    async fn check_tls(&mut self, probe: &Probe, connection: Connection) -> Result<GoesOn> {
        if !probe.is_https() {
            self.skip("TLS", "the endpoint begins with http://, so nothing is encrypted")?;
            return Ok(true);
        }
        let host = probe.url().host().unwrap_or_default();
        match probe.handshake(connection).await {
            Err(error) => return self.stop(probe, "TLS", host, &error),
            Ok(version) if probe.verifies() => {
                self.ok("TLS", &format!("{version}, the certificate is good for {host}"))?;
            }
            Ok(version) => {
                let detail = format!("{version}, the certificate was not checked");
                let hint = "leave out --skip-verify-cert, or skip_verify_cert, to check it";
                self.warn("TLS", &detail, hint)?;
            }
        }
        Ok(true)
    }

    /// Whether it is the service that answers, and what its clock says.
    async fn check_answer(&mut self, probe: &Probe) -> Result<GoesOn> {
        let greeting = match probe.greet().await {
            Ok(greeting) => greeting,
            Err(error) => {
                let hint = transport_hint(error.kind).unwrap_or_default();
                self.fail("HTTP", Status::Failed, &error.to_string(), &hint)?;
                return Ok(false);
            }
        };
        let status = greeting.status;
        match (greeting.is_from_service, status) {
            (true, _) => {
                self.ok("HTTP", &format!("the service answers, to an unsigned question {status}"))?;
            }
            (false, 407) => {
                let hint = "give user and password with --proxy-user and --proxy-pwd";
                self.fail("HTTP", Status::Failed, "the proxy wants to know who asks", hint)?;
                return Ok(false);
            }
            (false, _) => {
                let detail = format!("who answers with status {status} gives no request id");
                self.warn(
                    "HTTP",
                    &detail,
                    "this may not be OSS: check the endpoint and the proxy",
                )?;
            }
        }
        self.check_clock(greeting.clock_offset)?;
        Ok(true)
    }

    /// A clock that is wrong is said, and no reason to stop: the client corrects for it.
    fn check_clock(&mut self, offset: Option<SignedDuration>) -> Result<()> {
        const CHECK: &str = "clock";
        let Some(offset) = offset else {
            return Ok(self.skip(CHECK, "the answer does not tell the time")?);
        };
        let is_behind = offset.is_positive();
        let off = SignedDuration::from_secs(offset.abs().as_secs());
        let direction = if is_behind { "behind" } else { "ahead of" };
        let detail = format!("{off:#} {direction} the service's");
        if off < NOTABLE_SKEW {
            self.ok(CHECK, "as the service's")?;
        } else if off <= MAX_SKEW {
            self.ok(CHECK, &format!("{detail}, which it accepts up to {MAX_SKEW:#}"))?;
        } else {
            let detail = format!("{detail}, which refuses signatures more than {MAX_SKEW:#} off");
            let hint = "set this machine's clock; until then ossutil corrects its requests by the \
                        service's date, which costs each run a request, and signed URLs fail";
            self.fail(CHECK, Status::Failed, &detail, hint)?;
        }
        Ok(())
    }

    /// A step of the way failed.
    fn stop(
        &mut self,
        probe: &Probe,
        check: &'static str,
        what: &str,
        error: &ProbeError,
    ) -> Result<GoesOn> {
        let detail = format!("{what}: {error}");
        let hint = match probe.proxy() {
            // The way to the endpoint begins with TLS then.
            Some(_) if check != "TLS" => advice(ProbeErrorKind::Proxy, ""),
            _ => {
                let host = probe.url().host().unwrap_or_default();
                let host = host.strip_prefix(&format!("{}.", self.url.bucket)).unwrap_or(host);
                advice(error.kind, host)
            }
        };
        self.fail(check, Status::Failed, &detail, &hint)?;
        Ok(false)
    }
}

/// What to do about a step that failed.
fn advice(kind: ProbeErrorKind, host: &str) -> String {
    let hint = match kind {
        ProbeErrorKind::Unreachable | ProbeErrorKind::Timeout if host.contains("-internal.") => {
            let public = host.replacen("-internal.", ".", 1);
            return format!(
                "an internal endpoint is only reached from within its region: use {public}"
            );
        }
        ProbeErrorKind::Unresolved => {
            "is the endpoint spelled right, as in oss-cn-hangzhou.aliyuncs.com? if so, check this \
             machine's name server, or whether it needs a proxy (--proxy-host)"
        }
        ProbeErrorKind::Refused => "nothing listens there: check host and port of the endpoint",
        ProbeErrorKind::Unreachable | ProbeErrorKind::Timeout => {
            "check the network and firewalls, whether a proxy is needed (--proxy-host), and allow \
             more time with --connect-timeout SECONDS"
        }
        ProbeErrorKind::Proxy => "check --proxy-host, --proxy-user and --proxy-pwd",
        ProbeErrorKind::UnknownIssuer => {
            "nobody this machine trusts has signed the certificate: add its authority to the \
             system's, or accept it with --skip-verify-cert"
        }
        ProbeErrorKind::WrongTime => {
            "is this machine's clock right? if so, the server needs a new certificate"
        }
        ProbeErrorKind::WrongName => {
            "use the name the certificate is for; --force-path-style keeps the bucket out of it"
        }
        ProbeErrorKind::NotTls => "for a server without TLS begin the endpoint with http://",
        ProbeErrorKind::Tls => "something on the way may meddle with TLS; try another network",
    };
    hint.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_internal_endpoint_that_is_out_of_reach_has_a_public_twin() {
        let internal = "oss-cn-hangzhou-internal.aliyuncs.com";
        let hint = advice(ProbeErrorKind::Timeout, internal);
        assert!(hint.ends_with(": use oss-cn-hangzhou.aliyuncs.com"), "{hint}");
        let hint = advice(ProbeErrorKind::Timeout, "oss-cn-hangzhou.aliyuncs.com");
        assert!(hint.contains("--connect-timeout"), "{hint}");
    }
}
