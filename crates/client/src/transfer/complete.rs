//! Makes the object of the parts of an upload, and sees that it is what they make.

use md5::{Digest, Md5};
use ossutil_protocol::operations::{CompleteMultipartUpload, HeadObject, ListParts, ObjectHead};

use crate::{Client, Context, Error, TransportErrorKind, retry::Policy};

/// How often an upload is completed whose answer is lost each time.
const MAX_ATTEMPTS: u32 = 5;

/// An upload that is to be completed.
#[derive(Clone, Debug)]
pub struct Completion {
    /// The request.
    pub request: CompleteMultipartUpload,
    /// The object its parts make.
    pub expected: Expected,
}

/// What an object should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Bytes.
    pub size: u64,
    /// The entity tag, without quotes, if it is known.
    pub etag: Option<String>,
    /// The CRC-64, if it is known.
    pub crc64: Option<u64>,
}

/// What became of an upload whose completion may have happened.
enum Seen {
    /// It is unfinished still.
    Unfinished,
    /// It has ended, and the object is this.
    Ended(Option<ObjectHead>),
}

impl Expected {
    /// In what an object differs from this, as a clause; nothing when it does not.
    ///
    /// Equal CRC-64s say that the content is the same. The entity tag is looked at where there are
    /// no two of them: it is not that of the parts where the service encrypts.
    pub fn difference(&self, object: &ObjectHead) -> Option<String> {
        let is_other = |size: &u64| *size != self.size;
        if let Some(size) = object.content_length.filter(is_other) {
            return Some(format!("it has {size} bytes, and not {}", self.size));
        }
        match (self.crc64, object.hash_crc64) {
            (Some(expected), Some(crc64)) if expected == crc64 => return None,
            (Some(expected), Some(crc64)) => {
                return Some(format!("its CRC64 is {crc64}, and not {expected}"));
            }
            _ => {}
        }
        let etag = object.etag.as_deref().unwrap_or_default().trim_matches('"');
        match &self.etag {
            Some(expected) if !etag.eq_ignore_ascii_case(expected) => {
                Some(format!("its ETag is {etag}, and not {expected}"))
            }
            _ => None,
        }
    }

    /// Whether what is known of an object tells if it is this one: by a CRC-64, or by an ETag that
    /// only these parts make. Another ETag tells nothing, since the service may have encrypted.
    fn is_decided_by(&self, object: &ObjectHead) -> bool {
        let has_crc64s = self.crc64.is_some() && object.hash_crc64.is_some();
        has_crc64s || self.etag.is_some() && self.difference(object).is_none()
    }
}

/// The entity tag of the object that parts of these ETags make: the MD5 of the ETags in upper-case
/// hex, one behind the other, and their number. Not documented; it is what the tests of the
/// official SDKs for Go expect of the service.
pub fn multipart_etag<'a>(etags: impl ExactSizeIterator<Item = &'a str>) -> String {
    let count = etags.len();
    let text: String = etags.map(|etag| etag.trim_matches('"').to_ascii_uppercase()).collect();
    format!("{}-{count}", hex(&Md5::digest(text)))
}

/// Upper-case hex, as ETags have it.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// Completes an upload and sees that the object is what its parts make. The answer says so by its
/// CRC-64 or its ETag; only where it does not is the object looked at.
///
/// When the answer is lost, or says that there is no such upload, the service is asked what
/// happened: an upload that is unfinished still is completed again; one that has ended is done if
/// the object is what was expected.
///
/// # Errors
/// The service's refusal, or [`Error::Mismatch`].
pub async fn complete(client: &Client, completion: &Completion) -> Result<ObjectHead, Error> {
    let Completion { request, expected } = completion;
    let mut attempt = 1;
    let object = loop {
        let error = match client.send(request).await {
            Ok(answer) => {
                let answer = ObjectHead {
                    etag: Some(answer.etag),
                    hash_crc64: answer.hash_crc64,
                    version_id: answer.version_id,
                    ..ObjectHead::default()
                };
                break match expected.is_decided_by(&answer) {
                    true => ObjectHead { content_length: Some(expected.size), ..answer },
                    false => head(client, request).await?.unwrap_or(answer),
                };
            }
            Err(error) => error,
        };
        if attempt == 1 && !is_open(&error) {
            return Err(error);
        }
        tracing::info!("looking whether the upload was completed: {error}");
        match look(client, request).await? {
            Seen::Unfinished if attempt < MAX_ATTEMPTS && is_open(&error) => {
                tokio::time::sleep(Policy::default().longest_wait(attempt)).await;
                attempt += 1;
            }
            Seen::Unfinished | Seen::Ended(None) => return Err(error),
            Seen::Ended(Some(object)) => break object,
        }
    };
    match expected.difference(&object) {
        None => Ok(object),
        Some(what) => {
            let context = Context {
                operation: "CompleteMultipartUpload",
                bucket: Some(request.bucket.clone()),
                key: Some(request.key.clone()),
            };
            Err(Error::Mismatch { context, what })
        }
    }
}

/// Whether the upload may have been completed all the same.
fn is_open(error: &Error) -> bool {
    match error {
        Error::Transport { source, .. } => {
            matches!(source.kind, TransportErrorKind::Broken | TransportErrorKind::Timeout)
        }
        Error::Service { error, .. } => {
            error.status.is_server_error() || error.code == "NoSuchUpload"
        }
        Error::Status { .. } | Error::Decode { .. } => true,
        _ => false,
    }
}

async fn look(client: &Client, request: &CompleteMultipartUpload) -> Result<Seen, Error> {
    let parts = ListParts {
        bucket: request.bucket.clone(),
        key: request.key.clone(),
        upload_id: request.upload_id.clone(),
        part_number_marker: 0,
        max_parts: Some(1),
    };
    match client.send(&parts).await {
        Ok(_) => Ok(Seen::Unfinished),
        Err(error) if error.has_code("NoSuchUpload") => {
            Ok(Seen::Ended(head(client, request).await?))
        }
        Err(error) => Err(error),
    }
}

/// What the service says of the object; nothing if there is none, or it must not be looked at.
async fn head(
    client: &Client,
    request: &CompleteMultipartUpload,
) -> Result<Option<ObjectHead>, Error> {
    let (bucket, key) = (request.bucket.clone(), request.key.clone());
    match client.send(&HeadObject { bucket, key, version_id: None }).await {
        Ok(object) => Ok(Some(object)),
        Err(error) if error.service().is_some_and(|e| matches!(e.status.as_u16(), 403 | 404)) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_etag_of_parts() {
        let etags = ["\"A\"", "b"];
        let whole = hex(&Md5::digest("AB"));
        assert_eq!(multipart_etag(etags.into_iter()), format!("{whole}-2"));
    }

    #[test]
    fn what_differs_is_said() {
        let expected = Expected { size: 5, etag: Some("E-1".to_owned()), crc64: Some(7) };
        let object = |size, etag: &str, crc64| ObjectHead {
            content_length: size,
            etag: Some(etag.to_owned()),
            hash_crc64: crc64,
            ..ObjectHead::default()
        };
        for (object, difference) in [
            (object(Some(5), "\"e-1\"", None), None),
            (object(None, "\"other\"", Some(7)), None),
            (object(Some(4), "\"E-1\"", Some(7)), Some("4 bytes")),
            (object(Some(5), "\"E-1\"", Some(8)), Some("CRC64 is 8")),
            (object(Some(5), "\"E-2\"", None), Some("ETag is E-2")),
        ] {
            let found = expected.difference(&object);
            match difference {
                None => assert_eq!(found, None),
                Some(text) => assert!(found.unwrap().contains(text), "{text}"),
            }
        }
    }
}
