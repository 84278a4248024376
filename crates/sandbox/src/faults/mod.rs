//! Faults on demand: what goes wrong, with which requests, and how often.

mod active;
mod parse;
mod spoil;

use std::time::Duration;

use jiff::SignedDuration;

pub(crate) use self::{
    active::{Faults, Plan},
    spoil::{Spoiled, spoil},
};

/// A rule for what goes wrong, read from text such as
/// `UploadPart: status=503 rate=0.1 count=5`.
///
/// Before the colon stand the operations, named as in the API reference, with commas between them;
/// `*` stands for any text (`*`, `List*`), and `@bucket/prefix*` behind a name picks what they are
/// about. Without a colon the rule is about every request. Behind it stands what happens:
///
/// | word | what happens |
/// |---|---|
/// | `latency=50ms` | the answer comes so long after the request, which is done before; `50ms..300ms` spreads it evenly, `~100ms` exponentially around that mean |
/// | `status=503`, `code=InternalError` | the request is refused with that status and code, and not done; one is enough if the other follows from it |
/// | `qps=100` | what comes faster than so many a second is refused, with 503 `QpsLimitExceeded` unless said otherwise |
/// | `reset=before` | the connection is reset before anything is done; `during`: in the middle of the answer; `after`: all is done, and the answer is lost |
/// | `cut=1000` | the connection ends behind so many bytes of the body, although more were promised |
/// | `drip=500` | the body comes at so many bytes a second |
/// | `length=+10` | `Content-Length` is wrong by so much |
/// | `xml=bad` | an XML body ends in its middle, with a `Content-Length` that says so |
/// | `checksum=crc64` | that header is wrong; also `etag` and `md5` |
/// | `clock=+1h` | the request is met by a server whose clock is wrong by so much |
///
/// and, of the requests that match, to which: `skip=3` (not to the first three), `rate=0.1` (to one
/// in ten, by chance that the seed decides), `count=5` (to five at most).
///
/// ```
/// let fault: ossutil_sandbox::Fault = "UploadPart,ListParts@bkt/tmp/*: reset=after count=1".parse()?;
/// assert_eq!(fault.to_string(), "UploadPart,ListParts@bkt/tmp/*: reset=after count=1");
/// assert!("UploadPart: status=99".parse::<ossutil_sandbox::Fault>().is_err());
/// # Ok::<(), ossutil_sandbox::FaultError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// As it was written.
    text: String,
    /// Patterns of operations, and of what they are about.
    targets: Vec<(String, String)>,
    effects: Effects,
    /// How many of the first are spared.
    skip: u64,
    /// How many it happens to, at most.
    count: Option<u64>,
    /// The share it happens to, from 0 to 1.
    rate: f64,
}

/// What is not a [`Fault`], in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultError(String);

impl std::fmt::Display for FaultError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FaultError {}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Faults as a file has them: `faults = ["UploadPart: status=503", …]`, and perhaps `seed = 7`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaultFile {
    /// What decides about `rate` and distributed `latency`.
    pub seed: Option<u64>,
    /// The rules, in order.
    pub faults: Vec<Fault>,
}

/// What happens to a request.
#[derive(Clone, Debug, Default, PartialEq)]
struct Effects {
    latency: Option<Latency>,
    error: Option<(u16, String)>,
    /// Requests a second that are not refused.
    qps: Option<f64>,
    spoiling: Spoiling,
    clock: Option<SignedDuration>,
}

/// How long after its request an answer comes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Latency {
    Fixed(Duration),
    Uniform(Duration, Duration),
    /// With this mean.
    Exponential(Duration),
}

/// When a connection is reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reset {
    Before,
    During,
    After,
}

/// What is done to an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Spoiling {
    pub(crate) reset: Option<Reset>,
    /// Bytes of the body that are sent.
    cut: Option<u64>,
    /// Bytes a second.
    drip: Option<u64>,
    /// What is added to the length.
    length: Option<i64>,
    bad_xml: bool,
    /// Headers that are wrong.
    checksums: Vec<&'static str>,
}

impl Spoiling {
    /// Lets a body through at so many bytes a second, unless it is slower already.
    pub(crate) fn slow_down(&mut self, rate: Option<u64>) {
        self.drip = self.drip.into_iter().chain(rate).min();
    }

    /// Adds what `other` does, where nothing is done yet.
    fn add(&mut self, other: &Self) {
        self.reset = self.reset.or(other.reset);
        self.cut = self.cut.or(other.cut);
        self.drip = self.drip.or(other.drip);
        self.length = self.length.or(other.length);
        self.bad_xml |= other.bad_xml;
        self.checksums.extend(&other.checksums);
    }
}
