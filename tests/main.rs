//! End to end: the built binary against the sandbox on loopback, and recorded exchanges.

// One module a topic.
mod abort;
mod batch;
mod buckets;
mod choice;
mod complete;
mod config;
mod connection;
mod cp;
mod credentials;
mod doctor;
mod durable;
mod errors;
mod golden;
mod help;
mod kill;
mod listing;
mod listpart;
mod moves;
mod network;
mod objects;
mod one_object;
mod parts;
mod probe;
mod report;
mod resume;
mod rm;
mod sandbox;
mod sandbox_command;
mod seeds;
mod selection;
mod support;
mod sync;
mod tidy;
mod trees;
mod wire;
