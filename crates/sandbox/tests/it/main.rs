//! The sandbox by its public face: requests over TCP, and what comes back.

mod accounts;
mod bodies;
mod client;
mod codes;
mod console;
mod documents;
mod edges;
mod faults;
mod fuzz;
mod visitors;
