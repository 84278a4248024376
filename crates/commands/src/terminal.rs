//! The terminal as it was before a question that hides its answer.

/// Settings of the terminal on standard input, given back when this value goes. An interrupt ends
/// the question without its clean-up, and must not leave a terminal that shows nothing of what is
/// typed.
pub(crate) struct Saved {
    #[cfg(unix)]
    settings: Option<rustix::termios::Termios>,
}

#[cfg(unix)]
impl Saved {
    pub(crate) fn new() -> Self {
        Self { settings: rustix::termios::tcgetattr(rustix::stdio::stdin()).ok() }
    }
}

#[cfg(unix)]
impl Drop for Saved {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};

        if let Some(settings) = &self.settings {
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, settings);
        }
    }
}

#[cfg(not(unix))]
impl Saved {
    pub(crate) fn new() -> Self {
        Self {}
    }
}
