//! RestoreObject: has an archived object made readable for some days.

use http::{Method, StatusCode};

use crate::{DecodeError, Operation, Request, Response, xml};

/// Asks for a readable copy of an archived object; while one is being made the answer is 409
/// `RestoreAlreadyInProgress`. Needs `oss:RestoreObject`.
#[derive(Clone, Debug, Default)]
pub struct RestoreObject {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version, if not the latest.
    pub version_id: Option<String>,
    /// The `RestoreRequest`, as [`RestoreObject::document`] makes one; empty for one day, or seven
    /// of the class Archive.
    pub xml: String,
}

/// What the service makes of a request to restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restoration {
    /// It begins to make the copy.
    Begun,
    /// There is one already; it stays for the days that were asked for.
    Prolonged,
}

impl RestoreObject {
    /// The `RestoreRequest` for so many days, and of the archives that know priorities with one:
    /// `Expedited`, `Standard` or `Bulk`.
    pub fn document(days: u32, tier: Option<&str>) -> String {
        let document = xml::Writer::document("RestoreRequest", |root| {
            root.text("Days", days);
            if let Some(tier) = tier {
                root.element("JobParameters", |job| job.text("Tier", tier));
            }
        });
        String::from_utf8_lossy(&document).into_owned()
    }
}

impl Operation for RestoreObject {
    const NAME: &'static str = "RestoreObject";
    const SUCCESS: &'static [u16] = &[200, 202];
    type Output = Restoration;

    fn request(&self) -> Request {
        let request = Request::object(Method::POST, &self.bucket, &self.key)
            .query("restore", "")
            .query_if("versionId", self.version_id.as_ref())
            .idempotent();
        match self.xml.as_str() {
            "" => request,
            xml => request.header("content-type", "application/xml").body(xml.to_owned()),
        }
    }

    fn decode(&self, response: &Response) -> Result<Restoration, DecodeError> {
        Ok(match response.status {
            StatusCode::ACCEPTED => Restoration::Begun,
            _ => Restoration::Prolonged,
        })
    }
}
