//! The value that `ls -m` yields and that `listpart`, `abort`, `complete` and `resume`
//! take: one unfinished upload.

use ossutil_client::protocol::operations::{AbortMultipartUpload, ListParts};

use crate::{
    cloud_url::CloudUrl,
    display::{object_url, shell_word},
    error::{Error, Result},
};

/// One unfinished upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UploadRef {
    /// The bucket.
    pub(crate) bucket: String,
    /// The key the object will have.
    pub(crate) key: String,
    /// The upload.
    pub(crate) upload_id: String,
}

impl UploadRef {
    /// The request for its parts, from the first on.
    pub(crate) fn list_parts(&self) -> ListParts {
        ListParts {
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            upload_id: self.upload_id.clone(),
            part_number_marker: 0,
            max_parts: Some(1000),
        }
    }

    /// URL and id as words for a shell.
    pub(crate) fn words(&self) -> String {
        let url = format!("oss://{}/{}", self.bucket, self.key);
        format!("{} {}", shell_word(&url), shell_word(&self.upload_id))
    }

    /// The request that gives it up.
    pub(crate) fn abort(&self) -> AbortMultipartUpload {
        AbortMultipartUpload {
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            upload_id: self.upload_id.clone(),
        }
    }
}

impl std::fmt::Display for UploadRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", object_url(&self.bucket, &self.key), self.upload_id)
    }
}

/// Reads what `ls -m` printed, with or without `-s`: headings, totals and empty lines are skipped.
///
/// A line that is neither is an error and nothing is returned: half a list must not be aborted
/// because the other half could not be read.
pub(crate) fn parse_listing(text: &str) -> Result<Vec<UploadRef>> {
    let mut uploads = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match parse_line(line) {
            Some(upload) => uploads.push(upload),
            None if is_skipped(line) => {}
            None => {
                let message = format!(
                    "line {} of standard input is not a line of `ossutil ls -m`: {line}",
                    index + 1
                );
                return Err(Error::usage(message).hint(
                    "a key with a line break can only be read from the output of this ossutil, \
                     which quotes it",
                ));
            }
        }
    }
    Ok(uploads)
}

/// Reads `[time] UPLOADID oss://bucket/key`, the URL as [`object_url`] writes it.
fn parse_line(line: &str) -> Option<UploadRef> {
    // Upload ids and times hold neither, so the first match is where the URL begins.
    let begins = [" oss://", " \"oss://"].into_iter().filter_map(|mark| line.find(mark)).min()?;
    let (before, url) = (&line[..begins], &line[begins + 1..]);
    let upload_id = before.split_whitespace().next_back()?.to_owned();
    let url = match url.starts_with('"') {
        true => serde_json::from_str(url).ok()?,
        false => url.to_owned(),
    };
    let CloudUrl { bucket, key } = CloudUrl::parse(&url, false).ok()?;
    (!key.is_empty()).then_some(UploadRef { bucket, key, upload_id })
}

/// Whether a line of the listing is about no upload: a heading, a total, the time it took, or a
/// directory of `ls -m -d`.
fn is_skipped(line: &str) -> bool {
    let line = line.trim();
    line.is_empty()
        || line.ends_with("(s) elapsed")
        || line.starts_with("oss://") && line.ends_with('/')
        || ["UploadID Number is:", "Directory Number is:"].iter().any(|mark| line.starts_with(mark))
        || line.starts_with("InitiatedTime") && line.ends_with("ObjectName")
        || line.starts_with("UploadID") && line.ends_with("ObjectName")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_read_back() {
        let keys =
            ["dir/a.bin", " two  spaces ", "q'\"", "new\nline", "中文😀", "x oss://y", "t\u{1b}"];
        let mut text = "InitiatedTime                     UploadID        ObjectName\n".to_owned();
        for key in keys {
            let url = object_url("bkt", key);
            text += &format!("2026-02-23 04:18:23 +0000 UTC     ID{}    {url}\n", key.len());
        }
        text += "UploadID Number is: 7\n\n0.001329(s) elapsed\n";
        let uploads = parse_listing(&text).unwrap();
        assert_eq!(uploads.iter().map(|upload| &*upload.key).collect::<Vec<_>>(), keys);
        assert!(uploads.iter().all(|u| u.upload_id == format!("ID{}", u.key.len())));
    }

    #[test]
    fn short_listings_and_directories() {
        let text = "UploadID    ObjectName\nA    oss://b/k\n            oss://b/dir/\n";
        let uploads = parse_listing(text).unwrap();
        assert_eq!(uploads.len(), 1);
        assert_eq!(uploads[0].to_string(), "oss://b/k A");
    }

    #[test]
    fn one_line_that_cannot_be_read_refuses_all() {
        let error = parse_listing("A    oss://b/k\nthe rest of a key\n").unwrap_err();
        assert!(error.message.contains("line 2"), "{error}");
    }
}
