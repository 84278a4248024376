//! The operations of Alibaba Cloud OSS as data: a typed request becomes an HTTP request, and the
//! answer's status, headers and XML become a typed answer. No I/O, no clock, no signatures.
//!
//! Each operation is a struct in [`operations`] that implements [`Operation`]. Both ends of the
//! wire are here: what a client writes and reads, and the little a server needs to read request
//! bodies and to write answers ([`xml`], [`names`]).

pub mod error;
pub mod names;
pub mod operations;
pub mod ram;
mod request;
pub mod xml;

pub use error::{DecodeError, ServiceError};
pub use request::{Operation, Request, Response};
