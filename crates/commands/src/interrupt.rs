//! Ctrl-C, for commands that have something to bring to an end first.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::watch;

/// What the runner and the command share about interrupts.
#[derive(Clone)]
pub(crate) struct Interrupts {
    is_handled: Arc<AtomicBool>,
    is_left: Arc<AtomicBool>,
    sender: watch::Sender<bool>,
}

/// Tells a command that it should come to an end.
#[derive(Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Interrupts {
    pub(crate) fn new() -> Self {
        Self {
            is_handled: Arc::default(),
            is_left: Arc::default(),
            sender: watch::Sender::new(false),
        }
    }

    /// From here on the first interrupt only asks the command to stop; the second ends it.
    pub(crate) fn handle(&self) -> Stop {
        self.is_handled.store(true, Ordering::Relaxed);
        Stop(self.sender.subscribe())
    }

    /// From here on interrupts are for the program that was started, which gets them too.
    pub(crate) fn leave(&self) {
        self.is_left.store(true, Ordering::Relaxed);
    }

    /// Passes on an interrupt; says whether the command will see to it.
    pub(crate) fn pass_on(&self) -> bool {
        let is_first = !self.sender.send_replace(true);
        let is_left = self.is_left.load(Ordering::Relaxed);
        is_left || is_first && self.is_handled.load(Ordering::Relaxed)
    }
}

impl Stop {
    /// Waits until the command should come to an end.
    pub(crate) async fn requested(&mut self) {
        // The sender lives as long as the run does.
        let _ = self.0.wait_for(|is_requested| *is_requested).await;
    }

    /// Whether the command should come to an end.
    pub(crate) fn is_requested(&self) -> bool {
        *self.0.borrow()
    }
}
