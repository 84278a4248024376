//! End to end: the built binary against the sandbox.
