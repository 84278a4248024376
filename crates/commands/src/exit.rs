//! The exit codes, which are those of `ossutil` 2. The only file with their numbers.

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Everything was done.
    Done,
    /// The command line or the configuration is wrong; nothing was sent.
    Usage,
    /// The service refused.
    Refused,
    /// Something else failed.
    Failed,
    /// Some of it was done.
    Partial,
    /// It was stopped: by a signal, or by the answer to a question.
    Interrupted,
    /// As the program that was run did.
    Program(u8),
}

impl Status {
    /// The number the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Usage => 1,
            Self::Refused => 2,
            Self::Failed => 3,
            Self::Partial => 4,
            Self::Interrupted => 5,
            Self::Program(code) => code,
        }
    }
}
