//! A request as a URL that whoever has it can send, until it expires.

use jiff::SignedDuration;
use ossutil_protocol::Request;
use ossutil_signing::{Message, v1, v2, v4};

use crate::{Client, Error, SignatureVersion};

/// The longest life of a URL with a signature of version 4: seven days, in seconds.
pub const MAX_V4_LIFE: u32 = 7 * 86_400;

impl Client {
    /// The URL that stands for `request` for `life` seconds from now. Nothing is sent.
    ///
    /// # Errors
    /// No credentials to sign with; a life that reaches beyond the end of time, or in version 4 one
    /// that is not between a second and [`MAX_V4_LIFE`].
    pub async fn presign(&self, request: &Request, life: u64) -> Result<String, Error> {
        let options = self.options();
        let credentials = options.credentials.credentials().await?;
        let invalid = |what: &str| Error::Invalid(what.to_owned());
        let credentials =
            credentials.ok_or_else(|| invalid("there are no credentials to sign it with"))?;
        let mut query = request.query.clone();
        if let Some(payer) = &options.request_payer {
            query.push(("x-oss-request-payer".to_owned(), payer.clone()));
        }
        let message = Message {
            method: request.method.as_str(),
            bucket: request.bucket.as_deref(),
            key: request.key.as_deref(),
            query: &query,
            headers: &request.headers,
        };
        let now = self.now();
        let expires = || {
            let life = i64::try_from(life).ok().map(SignedDuration::from_secs);
            let expires = life.and_then(|life| now.checked_add(life).ok());
            expires.ok_or_else(|| invalid("it would expire after the end of time"))
        };
        let added = match &options.signature_version {
            SignatureVersion::V1 => v1::presign(&message, &credentials, expires()?, &[]),
            SignatureVersion::V2 => v2::presign(&message, &credentials, expires()?),
            SignatureVersion::V4 { region, product } => {
                let life = u32::try_from(life).ok().filter(|life| (1..=MAX_V4_LIFE).contains(life));
                let life = life.ok_or_else(|| {
                    invalid("with a signature of version 4 it can last from 1 to 604800 seconds")
                })?;
                v4::presign(&message, &credentials, v4::Place { region, product }, now, life, &[])
            }
        };
        query.extend(added);
        Ok(options.endpoint.url(&Request { query, ..request.clone() }))
    }
}
