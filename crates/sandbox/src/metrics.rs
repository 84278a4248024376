//! Counters by operation and status, as JSON and as Prometheus reads them.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Answers by operation and status; status 0 is an answer that a fault held back.
#[derive(Default)]
pub(crate) struct Metrics(Mutex<BTreeMap<String, BTreeMap<u16, u64>>>);

impl Metrics {
    pub(crate) fn add(&self, operation: &str, status: u16) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let by_status = match counts.get_mut(operation) {
            Some(by_status) => by_status,
            None => counts.entry(operation.to_owned()).or_default(),
        };
        *by_status.entry(status).or_default() += 1;
    }

    /// Answers by operation and status.
    pub(crate) fn all(&self) -> BTreeMap<String, BTreeMap<u16, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// In the text format of Prometheus; with `faults`: each with how often it happened.
    pub(crate) fn to_prometheus(&self, faults: &[(String, u64, u64)]) -> String {
        let mut text = "# HELP ossutil_sandbox_requests_total Requests by operation and status.\n\
                        # TYPE ossutil_sandbox_requests_total counter\n"
            .to_owned();
        for (operation, by_status) in self.all() {
            for (status, count) in by_status {
                let labels = format!("operation=\"{}\",status=\"{status}\"", escape(&operation));
                text += &format!("ossutil_sandbox_requests_total{{{labels}}} {count}\n");
            }
        }
        if !faults.is_empty() {
            text += "# HELP ossutil_sandbox_faults_total How often each fault happened.\n\
                     # TYPE ossutil_sandbox_faults_total counter\n";
        }
        for (at, (fault, _, fired)) in faults.iter().enumerate() {
            let labels = format!("rule=\"{at}\",fault=\"{}\"", escape(fault));
            text += &format!("ossutil_sandbox_faults_total{{{labels}}} {fired}\n");
        }
        text
    }
}

fn escape(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
