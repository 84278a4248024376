//! Writes the metadata of an object anew. The service changes no headers of an object: it copies
//! the object onto itself, with others.

use std::{collections::BTreeMap, num::NonZeroUsize};

use futures_util::future::try_join;
use ossutil_protocol::operations::{
    AbortMultipartUpload, CopiedObject, CopyObject, CopySource, GetObjectAcl, HeadObject,
    ObjectHead, PutObjectAcl,
};

use super::{
    Carry, Copy,
    copy::{MAX_ROUNDS, MAX_SINGLE_COPY, condition, is_metadata, is_passing},
};
use crate::{Client, Error};

/// The headers that stand with an object beside its metadata, and that a copy is given again.
const KEPT: [&str; 4] = [
    "x-oss-server-side-data-encryption",
    "x-oss-server-side-encryption",
    "x-oss-server-side-encryption-key-id",
    "x-oss-storage-class",
];

/// The header that sets the access control list of a copy.
const ACL: &str = "x-oss-object-acl";

/// How many parts of a large object are copied at once.
const PARALLEL: NonZeroUsize = NonZeroUsize::new(8).expect("not zero");

/// What stands with an object: names of headers in lower case, and their values.
pub type Metadata = BTreeMap<String, String>;

/// An object whose metadata are to be others.
#[derive(Clone)]
pub struct Rewrite {
    /// Sends to its bucket.
    pub client: Client,
    /// The object; of a version that is named, the metadata are changed in a new version.
    pub object: CopySource,
}

impl Rewrite {
    /// Gives it these metadata in place of those it has. Tags and access control stay; the content
    /// type does unless another is named.
    ///
    /// # Errors
    /// The first failure.
    pub async fn replace(&self, metadata: &Metadata) -> Result<(), Error> {
        match self.copy(metadata, None).await {
            Ok(_) if metadata.contains_key(ACL) => Ok(()),
            Ok(copied) => self.keep_acl(copied).await,
            Err(error) if error.has_code("EntityTooLarge") => {
                let mut metadata = metadata.clone();
                for (name, value) in self.standing().await?.1 {
                    // As a copy in one request has it: the type stays unless another is named.
                    if !is_metadata(&(name.clone(), String::new())) || name == "content-type" {
                        metadata.entry(name).or_insert(value);
                    }
                }
                self.copy_parts(&metadata).await
            }
            Err(error) => Err(error),
        }
    }

    /// Gives a new version the access control list of the one it was made of. Only where there are
    /// no versions does the service do so itself.
    async fn keep_acl(&self, copied: CopiedObject) -> Result<(), Error> {
        let Some(version_id) = copied.version_id else { return Ok(()) };
        let CopySource { bucket, key, version_id: named } = self.object.clone();
        let old = copied.source_version_id.or(named);
        let look = GetObjectAcl { bucket: bucket.clone(), key: key.clone(), version_id: old };
        let acl = self.client.send(&look).await?.grant;
        if acl == "default" {
            return Ok(());
        }
        let version_id = Some(version_id);
        self.client.send(&PutObjectAcl { bucket, key, version_id, acl }).await
    }

    /// Changes its metadata, storage class and access control list by `edit`, and leaves all else
    /// as it is. Gives whether there was anything to change.
    ///
    /// An object that is written meanwhile is looked at anew: what was read of the old one is not
    /// written to the new one.
    ///
    /// # Errors
    /// The first failure.
    pub async fn edit(&self, edit: impl Fn(&mut Metadata)) -> Result<bool, Error> {
        let mut round = 1;
        loop {
            let (head, before) = self.standing().await?;
            let mut after = before.clone();
            edit(&mut after);
            if after == before {
                return Ok(false);
            }
            let outcome = match head.content_length.unwrap_or_default() {
                size if size <= MAX_SINGLE_COPY => self.copy(&after, Some(&head)).await.map(drop),
                _ => self.copy_parts(&after).await,
            };
            match outcome {
                Err(error) if round < MAX_ROUNDS && is_passing(&error) => round += 1,
                outcome => return outcome.map(|()| true),
            }
        }
    }

    /// The object, and what stands with it now.
    async fn standing(&self) -> Result<(ObjectHead, Metadata), Error> {
        let CopySource { bucket, key, version_id } = self.object.clone();
        let acl = GetObjectAcl { bucket, key, version_id };
        let CopySource { bucket, key, version_id } = self.object.clone();
        let head = HeadObject { bucket, key, version_id };
        let (head, acl) = try_join(self.client.send(&head), self.client.send(&acl)).await?;
        let is_kept =
            |header: &&(String, String)| is_metadata(header) || KEPT.contains(&&*header.0);
        let mut metadata: Metadata = head.headers.iter().filter(is_kept).cloned().collect();
        metadata.insert(ACL.to_owned(), acl.grant);
        Ok((head, metadata))
    }

    /// Copies it onto itself by one request.
    async fn copy(
        &self,
        metadata: &Metadata,
        seen: Option<&ObjectHead>,
    ) -> Result<CopiedObject, Error> {
        let mut headers = headers(metadata);
        headers.extend(seen.and_then(condition));
        let request = CopyObject {
            bucket: self.object.bucket.clone(),
            key: self.object.key.clone(),
            source: self.object.clone(),
            metadata_directive: Some("REPLACE".to_owned()),
            tagging_directive: None,
            headers,
        };
        self.client.send(&request).await
    }

    /// Copies it onto itself range by range, which needs an upload; one that fails is taken back.
    async fn copy_parts(&self, metadata: &Metadata) -> Result<(), Error> {
        let CopySource { bucket, key, .. } = self.object.clone();
        let copy = Copy {
            client: self.client.clone(),
            reader: self.client.clone(),
            source: self.object.clone(),
            bucket: bucket.clone(),
            key: key.clone(),
            headers: headers(metadata),
            carry: Carry::Tags,
            threshold: MAX_SINGLE_COPY,
            part_size: None,
            parallel: PARALLEL,
            overwrite: true,
        };
        let mut upload_id = None;
        let result = copy.run(None, |id| upload_id = Some(id.to_owned()), |_| {}).await;
        if let (Err(_), Some(upload_id)) = (&result, upload_id) {
            // What counts is why the copy failed.
            let _ = self.client.send(&AbortMultipartUpload { bucket, key, upload_id }).await;
        }
        result.map(drop)
    }
}

fn headers(metadata: &Metadata) -> Vec<(String, String)> {
    metadata.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}
