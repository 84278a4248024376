//! What `set-props` changes about an object, and how.

use ossutil_client::{
    Client,
    protocol::operations::{
        CopySource, DeleteObjectTagging, GetObjectTagging, ObjectId, PutObjectAcl,
        PutObjectTagging, Tag,
    },
    transfer::{Metadata, Rewrite},
};

use super::Directive;
use crate::{
    error::Result,
    headers::{USER_METADATA, is_description},
    objects::{Outcome, Target},
    tags,
};

/// What is to be changed about each object.
pub(super) struct Change {
    pub(super) acl: Option<String>,
    /// Headers that are set whatever the directive says.
    pub(super) headers: Vec<(String, String)>,
    /// User metadata, which the directive is about.
    pub(super) metadata: Vec<(String, String)>,
    pub(super) metadata_directive: Directive,
    pub(super) tags: Option<TagChange>,
}

/// What is to become of the tags.
pub(super) struct TagChange {
    pub(super) tags: Vec<Tag>,
    pub(super) directive: Directive,
}

impl Change {
    pub(super) fn is_empty(&self) -> bool {
        self.acl.is_none() && self.tags.is_none() && !self.needs_copy()
    }

    fn needs_copy(&self) -> bool {
        !self.headers.is_empty()
            || !self.metadata.is_empty()
            || self.metadata_directive == Directive::Purge
    }

    /// Changes an object, and says whether there was anything to change.
    pub(super) async fn apply(&self, target: Target) -> Result<Outcome> {
        let Target { client, bucket, object } = target;
        let mut is_changed = false;
        let ObjectId { key, mut version_id } = object;
        if self.needs_copy() {
            let object = CopySource {
                bucket: bucket.clone(),
                key: key.clone(),
                version_id: version_id.clone(),
            };
            let rewrite = Rewrite { client: client.clone(), object };
            is_changed = rewrite.edit(|metadata| self.edit(metadata)).await?;
            if is_changed {
                // The copy is the newest version now, and what follows is about it.
                version_id = None;
            }
        }
        let place = Place { client, bucket, key, version_id };
        if let Some(change) = &self.tags {
            is_changed |= place.change_tags(change).await?;
        }
        if let Some(acl) = &self.acl {
            place.set_acl(acl).await?;
            is_changed = true;
        }
        Ok(if is_changed { Outcome::Done } else { Outcome::Skipped })
    }

    /// Changes what stands with an object.
    fn edit(&self, metadata: &mut Metadata) {
        let named = |name: &String| self.metadata.iter().any(|(own, _)| own == name);
        match self.metadata_directive {
            Directive::Update => {}
            Directive::Replace | Directive::Purge => {
                metadata
                    .retain(|name, _| !(name.starts_with(USER_METADATA) || is_description(name)));
            }
            Directive::Delete => metadata.retain(|name, _| !named(name)),
        }
        if matches!(self.metadata_directive, Directive::Update | Directive::Replace) {
            metadata.extend(self.metadata.iter().cloned());
        }
        metadata.extend(self.headers.iter().cloned());
    }
}

/// An object that is changed without a copy.
struct Place {
    client: Client,
    bucket: String,
    key: String,
    version_id: Option<String>,
}

impl Place {
    async fn set_acl(&self, acl: &str) -> Result<()> {
        let request = PutObjectAcl {
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            version_id: self.version_id.clone(),
            acl: acl.to_owned(),
        };
        Ok(self.client.send(&request).await?)
    }

    /// Changes the tags; gives whether there was anything to change.
    async fn change_tags(&self, change: &TagChange) -> Result<bool> {
        let (bucket, key, version_id) =
            (self.bucket.clone(), self.key.clone(), self.version_id.clone());
        let before = self.client.send(&GetObjectTagging { bucket, key, version_id }).await?;
        let tags = tags::check(change.edited(&before))?;
        if tags == before {
            return Ok(false);
        }
        let (bucket, key, version_id) =
            (self.bucket.clone(), self.key.clone(), self.version_id.clone());
        match tags.is_empty() {
            true => self.client.send(&DeleteObjectTagging { bucket, key, version_id }).await?,
            false => {
                self.client.send(&PutObjectTagging { bucket, key, version_id, tags }).await?;
            }
        }
        Ok(true)
    }
}

impl TagChange {
    /// The tags that an object with these is to have.
    fn edited(&self, before: &[Tag]) -> Vec<Tag> {
        let named = |tag: &&Tag| self.tags.iter().any(|own| own.key == tag.key);
        let others = before.iter().filter(|tag| !named(tag)).cloned();
        match self.directive {
            Directive::Update => {
                let mut tags = before.to_vec();
                for tag in &self.tags {
                    match tags.iter_mut().find(|own| own.key == tag.key) {
                        Some(own) => own.value.clone_from(&tag.value),
                        None => tags.push(tag.clone()),
                    }
                }
                tags
            }
            Directive::Replace => self.tags.clone(),
            Directive::Delete => others.collect(),
            Directive::Purge => Vec::new(),
        }
    }
}
