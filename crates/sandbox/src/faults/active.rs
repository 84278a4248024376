//! The faults of a running server, and what they make of a request.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};

use super::{Fault, Latency, Spoiling};
use crate::{permissions::is_like, refusal::Refusal};

/// The faults of a server.
pub(crate) struct Faults {
    seed: u64,
    rules: Mutex<Vec<Active>>,
}

/// A fault with what it has seen so far.
struct Active {
    fault: Fault,
    /// Its own, so that the n-th request it is about meets the same chance each time.
    random: Rng,
    /// Requests it is about.
    matched: u64,
    /// Requests it happened to.
    fired: u64,
    /// What may still come before a limit of requests a second, and when that was.
    tokens: Option<(f64, Timestamp)>,
}

/// What happens to a request.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) latency: Duration,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) clock: SignedDuration,
    pub(crate) spoiling: Spoiling,
}

impl Faults {
    pub(crate) fn new(seed: u64, faults: Vec<Fault>) -> Self {
        let new = Self { seed, rules: Mutex::default() };
        new.replace(faults);
        new
    }

    /// These are the faults from now on; chances and counts begin anew.
    pub(crate) fn replace(&self, faults: Vec<Fault>) {
        let mut rules = self.lock();
        rules.clear();
        rules.extend((0..).zip(faults).map(|(at, fault)| Active::new(self.seed, at, fault)));
    }

    /// Adds a fault behind those there are.
    pub(crate) fn add(&self, fault: Fault) {
        let mut rules = self.lock();
        let at = rules.len() as u64;
        rules.push(Active::new(self.seed, at, fault));
    }

    /// Each fault with the number of requests it is about, and of those it happened to.
    pub(crate) fn seen(&self) -> Vec<(String, u64, u64)> {
        let rules = self.lock();
        let seen = |rule: &Active| (rule.fault.to_string(), rule.matched, rule.fired);
        rules.iter().map(seen).collect()
    }

    /// What happens to a request about `resource`: of each kind, what the first fault says;
    /// latencies add up.
    pub(crate) fn plan(&self, operation: &str, resource: &str, now: Timestamp) -> Plan {
        let mut plan = Plan::default();
        for rule in self.lock().iter_mut() {
            if !rule.is_about(operation, resource) || !rule.fires(now) {
                continue;
            }
            let effects = &rule.fault.effects;
            plan.latency += effects.latency.map_or(Duration::ZERO, |l| l.draw(&mut rule.random));
            plan.clock = match plan.clock.is_zero() {
                true => effects.clock.unwrap_or_default(),
                false => plan.clock,
            };
            plan.refusal = plan.refusal.or_else(|| {
                let (status, code) = effects.error.clone()?;
                let message = "A fault of the sandbox, as it was asked for.";
                Some(Refusal::new(status, code, message))
            });
            plan.spoiling.add(&effects.spoiling);
        }
        plan
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Active>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Active {
    fn new(seed: u64, at: u64, fault: Fault) -> Self {
        let random = Rng::with_seed(seed.wrapping_add(at.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        Self { fault, random, matched: 0, fired: 0, tokens: None }
    }

    fn is_about(&self, operation: &str, resource: &str) -> bool {
        self.fault.targets.iter().any(|(operations, resources)| {
            is_like(operation.as_bytes(), operations.as_bytes())
                && is_like(resource.as_bytes(), resources.as_bytes())
        })
    }

    /// Counts a request, and decides whether it happens to it.
    fn fires(&mut self, now: Timestamp) -> bool {
        self.matched += 1;
        let is_spent = self.fault.count.is_some_and(|count| self.fired >= count);
        let fires = self.matched > self.fault.skip
            && !is_spent
            && (self.fault.rate >= 1.0 || self.random.f64() < self.fault.rate)
            && !self.takes_token(now);
        self.fired += u64::from(fires);
        fires
    }

    /// Whether the request is within the limit of requests a second, if there is one.
    fn takes_token(&mut self, now: Timestamp) -> bool {
        let Some(qps) = self.fault.effects.qps else { return false };
        let (tokens, since) = self.tokens.unwrap_or((qps.max(1.0), now));
        let gained = now.duration_since(since).as_secs_f64().max(0.0) * qps;
        let tokens = (tokens + gained).min(qps.max(1.0));
        let is_within = tokens >= 1.0;
        self.tokens = Some((if is_within { tokens - 1.0 } else { tokens }, now));
        is_within
    }
}

impl Latency {
    fn draw(self, random: &mut Rng) -> Duration {
        match self {
            Self::Fixed(time) => time,
            Self::Uniform(least, most) => least + most.saturating_sub(least).mul_f64(random.f64()),
            // A draw that is longer than ten means is as rare as one in 22,000.
            Self::Exponential(mean) => mean.mul_f64((-(1.0 - random.f64()).ln()).min(10.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fired(faults: &Faults, requests: usize) -> Vec<bool> {
        let fires = |_| faults.plan("UploadPart", "bkt/k", Timestamp::UNIX_EPOCH).refusal.is_some();
        (0..requests).map(fires).collect()
    }

    fn faults(seed: u64, text: &str) -> Faults {
        Faults::new(seed, vec![text.parse().unwrap()])
    }

    #[test]
    fn a_seed_decides_the_same_each_time() {
        let text = "UploadPart@bkt/*: status=500 rate=0.3";
        let first = fired(&faults(7, text), 1000);
        assert_eq!(first, fired(&faults(7, text), 1000));
        assert_ne!(first, fired(&faults(8, text), 1000));
        let count = first.iter().filter(|fired| **fired).count();
        assert!((230..370).contains(&count), "{count} of 1000 at a rate of 0.3");
    }

    #[test]
    fn skip_and_count_bound_it() {
        let seen = fired(&faults(0, "status=500 skip=2 count=3"), 8);
        assert_eq!(seen, [false, false, true, true, true, false, false, false]);
        assert_eq!(fired(&faults(0, "ListParts: status=500"), 2), [false, false]);
        assert_eq!(fired(&faults(0, "UploadPart@other/*: status=500"), 1), [false]);
    }

    #[test]
    fn a_limit_fills_up_with_time() {
        let faults = faults(0, "*: qps=2");
        let at = |millis| {
            let now = Timestamp::from_millisecond(millis).unwrap();
            faults.plan("ListParts", "", now).refusal.is_some()
        };
        assert_eq!(
            [0, 0, 0, 400, 500, 600, 1000].map(at),
            [false, false, true, true, false, true, false]
        );
    }

    #[test]
    fn latencies_are_spread_as_asked() {
        let mut random = Rng::with_seed(1);
        let (least, most) = (Duration::from_millis(10), Duration::from_millis(20));
        let mut mean = Duration::ZERO;
        for _ in 0..1000 {
            let uniform = Latency::Uniform(least, most).draw(&mut random);
            assert!((least..=most).contains(&uniform));
            mean += Latency::Exponential(least).draw(&mut random) / 1000;
        }
        assert!((8..12).contains(&mean.as_millis()), "{mean:?}");
    }
}
