//! Sends the operations of Alibaba Cloud OSS: addressing, credentials, signing, connections,
//! retries, and listings that span many pages.
//!
//! A [`Client`] is for one endpoint. It takes plain [`Options`], reads neither configuration nor
//! environment nor clock, and prints nothing.
//!
//! A request goes through four parts of one loop ([`Client::send`]): *sign* (pure, in
//! `ossutil-signing`, anew for each attempt), *send* (a [`Transport`]), *judge* ([`retry::judge`],
//! a pure table) and *wait* ([`retry::Policy`]).

mod answer;
mod call;
mod checksum;
mod client;
mod content;
pub mod credentials;
mod endpoint;
mod error;
pub mod listing;
mod pace;
mod position;
mod presign;
pub mod probe;
mod proxy;
pub mod retry;
pub mod split;
mod tls;
pub mod transfer;
mod transport;

pub use answer::AnswerBody;
pub use checksum::{Checksum, Checksummer};
pub use client::{Client, Clock, Options, SignatureVersion};
pub use content::{Content, Digests, Outgoing};
pub use credentials::{
    CredentialsError, CredentialsFailure, CredentialsProvider, StaticCredentials,
};
pub use endpoint::{Addressing, Endpoint, EndpointError, check_bucket_name};
pub use error::{Context, Error};
pub use pace::{Limiter, Paced};
pub use presign::MAX_V4_LIFE;
pub use transport::{
    HttpTransport, Proxy, Timeouts, Transport, TransportError, TransportErrorKind, TransportOptions,
};

/// The value types of answers and errors, so that a caller needs no second crate for them.
pub use ossutil_protocol as protocol;
/// Credentials, as a provider gives them.
pub use ossutil_signing::Credentials;
