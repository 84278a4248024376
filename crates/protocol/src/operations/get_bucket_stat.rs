//! GetBucketStat: how much a bucket holds.

use http::Method;

use crate::{DecodeError, Operation, Request, Response, xml};

/// Asks how much a bucket holds. The numbers may be more than an hour old. Needs
/// `oss:GetBucketStat`.
#[derive(Clone, Debug, Default)]
pub struct GetBucketStat {
    /// The name.
    pub bucket: String,
}

/// How much a bucket holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketStat {
    /// Bytes of all objects.
    pub storage: i64,
    /// Objects.
    pub object_count: i64,
    /// Uploads that were started and neither completed nor aborted.
    pub multipart_upload_count: i64,
    /// Parts of those uploads, if the answer says.
    pub multipart_part_count: Option<i64>,
    /// Bytes of those parts, if the answer says.
    pub multipart_part_storage: Option<i64>,
    /// Live channels.
    pub live_channel_count: i64,
    /// Delete markers, if the answer says.
    pub delete_marker_count: Option<i64>,
    /// When the numbers were taken, in seconds since 1970.
    pub last_modified_time: Option<i64>,
    /// The same by storage class, for each class that the answer has.
    pub classes: Vec<ClassStat>,
}

/// How much a bucket holds in one storage class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassStat {
    /// The class as this answer spells it: `InfrequentAccess` is `IA` elsewhere.
    pub class: &'static str,
    /// Bytes that are billed: small objects count as the class's least size.
    pub storage: Option<i64>,
    /// Bytes that are there; `Standard` has no such number, since all of it is billed as it is.
    pub real_storage: Option<i64>,
    /// Objects.
    pub object_count: Option<i64>,
    /// Parts of unfinished uploads.
    pub multipart_part_count: Option<i64>,
    /// Bytes of those parts.
    pub multipart_part_storage: Option<i64>,
}

/// The classes, as the elements of this answer begin.
const CLASSES: [&str; 5] =
    ["Standard", "InfrequentAccess", "Archive", "ColdArchive", "DeepColdArchive"];

impl Operation for GetBucketStat {
    const NAME: &'static str = "GetBucketStat";
    type Output = BucketStat;

    fn request(&self) -> Request {
        Request::bucket(Method::GET, &self.bucket).query("stat", "")
    }

    fn decode(&self, response: &Response) -> Result<BucketStat, DecodeError> {
        xml::parse(&response.body, "BucketStat", |root| {
            let classes = CLASSES.iter().map(|class| class_stat(root, class));
            Ok(BucketStat {
                storage: root.number("Storage")?.unwrap_or_default(),
                object_count: root.number("ObjectCount")?.unwrap_or_default(),
                multipart_upload_count: root.number("MultipartUploadCount")?.unwrap_or_default(),
                multipart_part_count: root.number("MultipartPartCount")?,
                multipart_part_storage: root.number("MultipartPartStorage")?,
                live_channel_count: root.number("LiveChannelCount")?.unwrap_or_default(),
                delete_marker_count: root.number("DeleteMarkerCount")?,
                last_modified_time: root.number("LastModifiedTime")?,
                classes: classes.filter_map(Result::transpose).collect::<Result<_, _>>()?,
            })
        })
    }
}

fn class_stat(
    root: xml::Element<'_, '_>,
    class: &'static str,
) -> Result<Option<ClassStat>, DecodeError> {
    let number = |what: &str| root.number(&format!("{class}{what}"));
    let stat = ClassStat {
        class,
        storage: number("Storage")?,
        real_storage: number("RealStorage")?,
        object_count: number("ObjectCount")?,
        multipart_part_count: number("MultipartPartCount")?,
        multipart_part_storage: number("MultipartPartStorage")?,
    };
    Ok((stat != ClassStat { class, ..ClassStat::default() }).then_some(stat))
}
