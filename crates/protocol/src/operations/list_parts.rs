//! ListParts: which parts of an unfinished multipart upload have arrived.

use http::Method;
use jiff::Timestamp;

use crate::{DecodeError, Operation, Request, Response, xml};

/// Asks for one page of parts, in ascending order of their numbers. Needs `oss:ListParts`.
#[derive(Clone, Debug, Default)]
pub struct ListParts {
    /// The bucket.
    pub bucket: String,
    /// The object key the upload was started for.
    pub key: String,
    /// The upload.
    pub upload_id: String,
    /// Parts with a greater number than this.
    pub part_number_marker: u32,
    /// How many parts at most, 1 to 1000 (the service's own default).
    pub max_parts: Option<u32>,
}

/// One page of parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartsPage {
    /// The storage class the object will have, if the answer says.
    pub storage_class: Option<String>,
    /// Whether there are more parts.
    pub is_truncated: bool,
    /// The marker that the next page begins behind; only meaningful when there is one.
    pub next_part_number_marker: Option<u32>,
    /// The parts.
    pub parts: Vec<Part>,
}

/// A part that has arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// 1 to 10,000.
    pub part_number: u32,
    /// The MD5 of the part in upper-case hex, with the quotes it came in.
    pub etag: String,
    /// Bytes. Signed, as in the service's own SDKs.
    pub size: i64,
    /// When the part arrived.
    pub last_modified: Option<Timestamp>,
    /// The part's CRC-64, if the answer says.
    pub hash_crc64: Option<u64>,
}

impl Operation for ListParts {
    const NAME: &'static str = "ListParts";
    type Output = PartsPage;

    fn request(&self) -> Request {
        Request::object(Method::GET, &self.bucket, &self.key)
            .query("uploadId", &self.upload_id)
            .query("part-number-marker", self.part_number_marker.to_string())
            .query_if("max-parts", self.max_parts)
            .query("encoding-type", "url")
    }

    fn decode(&self, response: &Response) -> Result<PartsPage, DecodeError> {
        xml::parse(&response.body, "ListPartsResult", |root| {
            // Nobody needs the key back, but an answer that cannot spell it is not to be trusted.
            root.decoded("Key", root.encoding())?;
            let is_truncated = root.boolean("IsTruncated")?;
            Ok(PartsPage {
                storage_class: root.filled("StorageClass"),
                is_truncated,
                next_part_number_marker: root.number("NextPartNumberMarker")?,
                parts: root.all("Part").map(part).collect::<Result<_, _>>()?,
            })
        })
    }
}

fn part(element: xml::Element<'_, '_>) -> Result<Part, DecodeError> {
    Ok(Part {
        part_number: element.number("PartNumber")?.ok_or(DecodeError::Missing("PartNumber"))?,
        etag: element.text_or_empty("ETag"),
        size: element.number("Size")?.unwrap_or_default(),
        last_modified: element.time("LastModified")?,
        hash_crc64: element.number("HashCrc64ecma")?,
    })
}
