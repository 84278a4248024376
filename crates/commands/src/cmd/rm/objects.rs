//! `rm`: objects and versions, a thousand in one request.

use futures_util::{StreamExt, TryStreamExt, future};
use ossutil_client::{
    Error as ClientError,
    listing::{self, Entry},
    protocol::operations::{
        DeleteObject, GetObjectMeta, ListObjectVersions, ListObjects, ObjectId,
    },
};

use super::Removal;
use crate::{
    context::Context,
    display::{escape, object_url},
    error::Result,
    interrupt::Stop,
    objects::{
        Chosen, OutcomeRecord,
        batch::each,
        deletion::{BATCH, delete_many},
    },
};

impl Removal<'_> {
    pub(super) async fn objects(&self, context: &mut Context<'_>, stop: &Stop) -> Result<()> {
        context.printer.list::<OutcomeRecord<'_>>()?;
        if !(self.arguments.recursive || self.arguments.all_versions) {
            return self.one_object(context).await;
        }
        let chosen = match self.arguments.all_versions {
            true => self.versions(),
            false => self.latest(),
        };
        let counted = self.tally.objects.listed.counting(chosen);
        let batches = counted.try_chunks(BATCH).map_err(|error| error.1);
        let delete = async |batch: Vec<ObjectId>| {
            let failures = match self.arguments.dry_run {
                true => Ok(vec![None; batch.len()]),
                false => delete_many(&self.client, &self.url.bucket, &batch).await,
            };
            (batch, failures)
        };
        each(batches, self.arguments.jobs.get(), stop, delete, |(batch, failures)| {
            for (object, failure) in batch.iter().zip(failures?) {
                self.add(context, object, failure.as_deref())?;
            }
            Ok(context.printer.progress(&self.tally.progress())?)
        })
        .await
    }

    /// An object that is not there is none to remove; one that cannot be looked at is not removed
    /// unseen.
    async fn one_object(&self, context: &mut Context<'_>) -> Result<()> {
        let (bucket, key) = (self.url.bucket.clone(), self.url.key.clone());
        let version_id = self.arguments.version_id.clone();
        self.tally.objects.listed.set_total(0);
        if version_id.is_none() {
            let look = GetObjectMeta { bucket: bucket.clone(), key: key.clone(), version_id: None };
            match self.client.send(&look).await {
                Err(error) if is_missing(&error) => return Ok(()),
                answer => answer?,
            };
        }
        self.tally.objects.listed.set_total(1);
        let object = ObjectId { key: key.clone(), version_id: version_id.clone() };
        if !self.arguments.dry_run {
            self.client.send(&DeleteObject { bucket, key, version_id }).await?;
        }
        self.add(context, &object, None)
    }

    /// The objects that are chosen.
    fn latest(&self) -> Chosen<ObjectId> {
        let first = ListObjects {
            bucket: self.url.bucket.clone(),
            prefix: self.url.key.clone(),
            max_keys: Some(1000),
            ..ListObjects::default()
        };
        let (filters, now) = (self.filters.of_objects().clone(), self.client.now());
        let chosen = listing::entries(&self.client, first).try_filter_map(move |entry| {
            future::ok(match entry {
                Entry::Item(object) if filters.matches(&object, now) => {
                    Some(ObjectId { key: object.key, version_id: None })
                }
                _ => None,
            })
        });
        chosen.boxed()
    }

    /// The versions and delete markers that are chosen.
    fn versions(&self) -> Chosen<ObjectId> {
        let first = ListObjectVersions {
            bucket: self.url.bucket.clone(),
            prefix: self.url.key.clone(),
            max_keys: Some(1000),
            ..ListObjectVersions::default()
        };
        let key = (!self.arguments.recursive).then(|| self.url.key.clone());
        let (filters, now) = (self.filters.of_objects().clone(), self.client.now());
        // Of the keys with this prefix the key itself comes first.
        let listed = listing::entries(&self.client, first).try_take_while(move |entry| {
            let is_meant = match (entry, &key) {
                (Entry::Item(version), Some(key)) => version.key == *key,
                _ => true,
            };
            future::ok(is_meant)
        });
        let chosen = listed.try_filter_map(move |entry| {
            future::ok(match entry {
                Entry::Item(version) if filters.matches_version(&version, now) => {
                    Some(ObjectId { key: version.key, version_id: Some(version.version_id) })
                }
                _ => None,
            })
        });
        chosen.boxed()
    }

    /// Counts an object and says what became of it.
    fn add(
        &self,
        context: &mut Context<'_>,
        object: &ObjectId,
        failure: Option<&str>,
    ) -> Result<()> {
        let url = object_url(&self.url.bucket, &object.key);
        let version = object.version_id.as_deref().map(|id| format!(" {}", escape(id)));
        let version = version.unwrap_or_default();
        let is_dry = self.arguments.dry_run;
        let outcome = match failure {
            Some(failure) => {
                self.tally.objects.fail();
                context.printer.say(format_args!("{url}{version}: {}", escape(failure)));
                "failed"
            }
            None if is_dry => "would be removed",
            None => {
                self.tally.objects.remove();
                "removed"
            }
        };
        let record = OutcomeRecord {
            error: failure,
            ..OutcomeRecord::of(&self.url.bucket, object, outcome)
        };
        Ok(context.printer.record(&record, |out| match is_dry {
            true => writeln!(out, "{url}{version}: {outcome}"),
            false => Ok(()),
        })?)
    }
}

/// Whether an object is not there, as an answer without a body says it too.
fn is_missing(error: &ClientError) -> bool {
    match error {
        ClientError::Service { error, .. } => {
            error.status == 404 && ["", "NoSuchKey"].contains(&error.code.as_str())
        }
        _ => false,
    }
}
