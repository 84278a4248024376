//! The sandbox by its public face: requests over TCP, and what comes back.

mod accounts;
mod bodies;
mod client;
mod console;
mod documents;
mod faults;
mod fuzz;
