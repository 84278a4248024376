//! End to end: the built binary against the sandbox on loopback, and recorded exchanges.

// One module a topic.
mod abort;
mod complete;
mod errors;
mod golden;
mod help;
mod listing;
mod network;
mod resume;
mod support;
mod tidy;
mod wire;
