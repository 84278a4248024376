//! Reads the text of faults.

use std::{str::FromStr, time::Duration};

use jiff::SignedDuration;
use serde::Deserialize;

use super::{Effects, Fault, FaultError, FaultFile, Latency, Reset};

/// What codes go with which status; the first of a status is its default.
const CODES: &[(u16, &str)] = &[
    (400, "InvalidArgument"),
    (400, "BadRequest"),
    (400, "IncompleteBody"),
    (400, "InvalidDigest"),
    (400, "RequestTimeout"),
    (403, "AccessDenied"),
    (403, "InvalidAccessKeyId"),
    (403, "RequestTimeTooSkewed"),
    (403, "SecurityTokenExpired"),
    (403, "SignatureDoesNotMatch"),
    (404, "NoSuchKey"),
    (404, "NoSuchBucket"),
    (404, "NoSuchUpload"),
    (405, "MethodNotAllowed"),
    (409, "FileAlreadyExists"),
    (409, "BucketNotEmpty"),
    (412, "PreconditionFailed"),
    (416, "InvalidRange"),
    (500, "InternalError"),
    (503, "ServiceUnavailable"),
    (503, "ActiveRequestLimitExceeded"),
    (503, "CpuLimitExceeded"),
    (503, "DownloadTrafficRateLimitExceeded"),
    (503, "MetaOperationQpsLimitExceeded"),
    (503, "QpsLimitExceeded"),
    (503, "TotalQpsLimitExceeded"),
    (503, "UploadTrafficRateLimitExceeded"),
];

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let text = text.trim();
        let (targets, words) = split(text);
        let targets: Vec<_> = targets.split(',').map(target).collect::<Result<_, _>>()?;
        let mut fault = Self {
            text: text.to_owned(),
            targets,
            effects: Effects::default(),
            skip: 0,
            count: None,
            rate: 1.0,
        };
        let (mut status, mut code) = (None, None);
        for word in words.split_whitespace() {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            match name {
                "status" => status = Some(parse_status(value)?),
                "code" => code = Some(parse_code(value)?),
                _ => fault.read_word(name, value)?,
            }
        }
        fault.effects.error = error(status, code)?;
        let limits = fault.effects.qps.is_some() && fault.effects.error.is_none();
        if limits {
            fault.effects.error = Some((503, "QpsLimitExceeded".to_owned()));
        }
        match fault.effects == Effects::default() {
            true => Err(FaultError(format!("`{text}` does not say what happens"))),
            false => Ok(fault),
        }
    }
}

/// The targets and the words: what stands before and behind `: `.
fn split(text: &str) -> (&str, &str) {
    match text.split_once(':') {
        // A colon in a word, as of a resource, is none between targets and words.
        Some((targets, words)) if !targets.contains('=') => (targets.trim(), words),
        _ => ("*", text),
    }
}

fn target(text: &str) -> Result<(String, String), FaultError> {
    let (operation, resource) = text.trim().split_once('@').unwrap_or((text.trim(), "*"));
    let is_name = !operation.is_empty()
        && operation.bytes().all(|b| b.is_ascii_alphanumeric() || b"*?".contains(&b));
    if !is_name || resource.is_empty() {
        return Err(FaultError(format!(
            "`{text}` names no operation such as UploadPart, List* or UploadPart@bucket/prefix*"
        )));
    }
    Ok((operation.to_owned(), resource.to_owned()))
}

impl Fault {
    fn read_word(&mut self, name: &str, value: &str) -> Result<(), FaultError> {
        let wanted = |what: &str| FaultError(format!("`{name}={value}`: {what} is wanted"));
        let number = |what: &str| value.parse::<u64>().map_err(|_| wanted(what));
        let (effects, spoiling) = (&mut self.effects, "before, during or after");
        match name {
            "latency" => effects.latency = Some(parse_latency(value).ok_or_else(|| {
                wanted("a time such as 50ms, a range such as 50ms..300ms, or a mean such as ~100ms")
            })?),
            "qps" => {
                let rate = value.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0);
                effects.qps = Some(rate.ok_or_else(|| wanted("a number above 0"))?);
            }
            "reset" => {
                effects.spoiling.reset = Some(match value {
                    "before" => Reset::Before,
                    "during" => Reset::During,
                    "after" => Reset::After,
                    _ => return Err(wanted(spoiling)),
                });
            }
            "cut" => effects.spoiling.cut = Some(number("a number of bytes")?),
            "drip" => {
                let rate = number("a number of bytes a second")?;
                effects.spoiling.drip = Some(rate.max(1));
            }
            "length" => {
                let difference = value.parse().ok().filter(|difference| *difference != 0);
                let difference = difference.ok_or_else(|| wanted("a number such as +10 or -10"))?;
                effects.spoiling.length = Some(difference);
            }
            "xml" if value == "bad" => effects.spoiling.bad_xml = true,
            "xml" => return Err(wanted("bad")),
            "checksum" => effects.spoiling.checksums.push(match value {
                "crc64" => "x-oss-hash-crc64ecma",
                "etag" => "etag",
                "md5" => "content-md5",
                _ => return Err(wanted("crc64, etag or md5")),
            }),
            "clock" => {
                let time = value.parse::<SignedDuration>().ok();
                effects.clock = Some(time.ok_or_else(|| wanted("a time such as +1h or -20m"))?);
            }
            "skip" => self.skip = number("a number of requests")?,
            "count" => self.count = Some(number("a number of requests")?),
            "rate" => {
                let rate = value.parse().ok().filter(|rate| (0.0..=1.0).contains(rate));
                self.rate = rate.ok_or_else(|| wanted("a number from 0 to 1"))?;
            }
            _ => {
                return Err(FaultError(format!(
                    "`{name}` is none of latency, status, code, qps, reset, cut, drip, length, xml, \
                     checksum, clock, skip, count and rate"
                )));
            }
        }
        Ok(())
    }
}

fn parse_status(value: &str) -> Result<u16, FaultError> {
    let status = value.parse().ok().filter(|status| (300..=599).contains(status));
    status
        .ok_or_else(|| FaultError(format!("`status={value}`: a number from 300 to 599 is wanted")))
}

fn parse_code(value: &str) -> Result<String, FaultError> {
    match !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric()) {
        true => Ok(value.to_owned()),
        false => Err(FaultError(format!("`code={value}`: a code such as InternalError is wanted"))),
    }
}

/// Status and code, of which one may follow from the other.
fn error(status: Option<u16>, code: Option<String>) -> Result<Option<(u16, String)>, FaultError> {
    match (status, code) {
        (None, None) => Ok(None),
        (Some(status), Some(code)) => Ok(Some((status, code))),
        (Some(status), None) => {
            let known = CODES.iter().find(|(candidate, _)| *candidate == status);
            let code = known.map_or("Error", |(_, code)| code);
            Ok(Some((status, code.to_owned())))
        }
        (None, Some(code)) => match CODES.iter().find(|(_, candidate)| *candidate == code) {
            Some((status, _)) => Ok(Some((*status, code))),
            None => Err(FaultError(format!("`code={code}`: say the status too, as in status=503"))),
        },
    }
}

fn parse_latency(value: &str) -> Option<Latency> {
    let time = |text: &str| {
        let time = text.parse::<SignedDuration>().ok()?;
        Duration::try_from(time).ok()
    };
    if let Some(mean) = value.strip_prefix('~') {
        return time(mean).map(Latency::Exponential);
    }
    let Some((least, most)) = value.split_once("..") else {
        return time(value).map(Latency::Fixed);
    };
    let (least, most) = (time(least)?, time(most)?);
    (least <= most).then_some(Latency::Uniform(least, most))
}

impl FromStr for FaultFile {
    type Err = FaultError;

    /// Reads TOML.
    fn from_str(text: &str) -> Result<Self, FaultError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            seed: Option<u64>,
            #[serde(default)]
            faults: Vec<String>,
        }
        let file: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| text[..span.start].lines().count().max(1));
            let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            FaultError(format!("{line}{}", error.message()))
        })?;
        let faults = file.faults.iter().map(|fault| fault.parse()).collect::<Result<_, _>>()?;
        Ok(Self { seed: file.seed, faults })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        text.parse::<Fault>().unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_fault_is_said() {
        for (text, expected) in [
            ("", "does not say what happens"),
            ("UploadPart: rate=0.5", "does not say what happens"),
            ("UploadPart: status=99", "from 300 to 599"),
            ("UploadPart: code=Strange", "say the status too"),
            ("UploadPart: code=", "a code such as"),
            ("Upload Part: status=500", "names no operation"),
            ("UploadPart@: status=500", "names no operation"),
            ("latency=fast", "a time such as 50ms"),
            ("latency=3s..1s", "a time such as 50ms"),
            ("latency=-1s", "a time such as 50ms"),
            ("qps=0", "above 0"),
            ("reset=never", "before, during or after"),
            ("cut=-1", "a number of bytes"),
            ("length=0", "such as +10"),
            ("xml=good", "bad is wanted"),
            ("checksum=sha1", "crc64, etag or md5"),
            ("clock=later", "such as +1h"),
            ("status=500 rate=2", "from 0 to 1"),
            ("status=500 often", "`often` is none of latency"),
        ] {
            assert!(refused(text).contains(expected), "{text}: {}", refused(text));
        }
    }

    #[test]
    fn status_and_code_follow_from_each_other() {
        for (text, status, code) in [
            ("status=503", 503, "ServiceUnavailable"),
            ("code=InternalError", 500, "InternalError"),
            ("status=418 code=Teapot", 418, "Teapot"),
            ("status=418", 418, "Error"),
            ("qps=5", 503, "QpsLimitExceeded"),
            ("qps=5 code=TotalQpsLimitExceeded", 503, "TotalQpsLimitExceeded"),
        ] {
            let fault: Fault = text.parse().unwrap();
            assert_eq!(fault.effects.error, Some((status, code.to_owned())), "{text}");
        }
    }

    #[test]
    fn files() {
        let file: FaultFile =
            "seed = 7\nfaults = [\n  \"List*: latency=~5ms\",\n]".parse().unwrap();
        assert_eq!((file.seed, file.faults.len()), (Some(7), 1));
        let error = "faults = [\"x\"]".parse::<FaultFile>().unwrap_err().to_string();
        assert!(error.contains("`x` is none of"), "{error}");
        let error = "seed = 1\nfaulst = []".parse::<FaultFile>().unwrap_err().to_string();
        assert!(error.starts_with("line ") && error.contains("faulst"), "{error}");
    }
}
