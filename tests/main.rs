//! End to end: the built binary against the sandbox on loopback, and recorded exchanges.

// One module a topic.
mod abort;
mod doctor;
mod errors;
mod golden;
mod help;
mod listing;
mod listpart;
mod network;
mod sandbox;
mod selection;
mod support;
mod tidy;
