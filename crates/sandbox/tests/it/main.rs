//! The sandbox by its public face: requests over TCP, and what comes back.

mod client;
mod faults;
