//! `rm -m`: unfinished uploads of a key, or of all keys with a prefix.

use ossutil_client::Error as ClientError;
use serde::Serialize;

use super::Removal;
use crate::{
    context::Context,
    error::{Error, Result},
    interrupt::Stop,
    objects::batch::each,
    output::Record,
    uploads::{
        Found, Selection, State, UploadFilters,
        selection::{choose, list_below, listed},
    },
};

#[derive(Default, Serialize)]
struct RemovedUploadRecord<'a> {
    bucket: &'a str,
    key: &'a str,
    upload_id: &'a str,
    outcome: &'static str,
}

impl Record for RemovedUploadRecord<'_> {
    const LIST: &'static str = "uploads";
    const ITEM: &'static str = "upload";
}

impl Removal<'_> {
    /// The first upload that cannot be removed ends it.
    pub(super) async fn uploads(&self, context: &mut Context<'_>, stop: &Stop) -> Result<()> {
        context.printer.list::<RemovedUploadRecord<'_>>()?;
        let jobs = self.arguments.jobs.get();
        let found = match self.arguments.recursive {
            true => {
                let filters = self.filters.clone();
                let listed = listed(&self.client, list_below(&self.url), filters.clone());
                choose(listed, filters, false, jobs)
            }
            false => {
                let all = UploadFilters::default();
                Selection::of_key(&self.client, &self.url, None, all).uploads(false)
            }
        };
        let counted = self.tally.uploads.listed.counting(found);
        let abort = async |found: Found| {
            let answer = match (&found.state, self.arguments.dry_run) {
                // Whether it is meant cannot be told.
                (State::Unreadable(error), _) => Err(Error::of_client(error)),
                (_, true) => Ok(()),
                (_, false) => abort(&found).await.map_err(Error::from),
            };
            (found, answer)
        };
        each(counted, jobs, stop, abort, |(found, answer)| {
            answer?;
            self.add_upload(context, &found)
        })
        .await
    }

    fn add_upload(&self, context: &mut Context<'_>, found: &Found) -> Result<()> {
        let upload = &found.upload;
        let is_dry = self.arguments.dry_run;
        if !is_dry {
            self.tally.uploads.remove();
        }
        let outcome = if is_dry { "would be removed" } else { "removed" };
        let record = RemovedUploadRecord {
            bucket: &upload.bucket,
            key: &upload.key,
            upload_id: &upload.upload_id,
            outcome,
        };
        context.printer.record(&record, |out| match is_dry {
            true => writeln!(out, "{upload}: {outcome}"),
            false => Ok(()),
        })?;
        Ok(context.printer.progress(&self.tally.progress())?)
    }
}

/// An upload that is gone already counts as removed.
async fn abort(found: &Found) -> std::result::Result<(), ClientError> {
    match found.client.send(&found.upload.abort()).await {
        Err(error) if !error.has_code("NoSuchUpload") => Err(error),
        _ => Ok(()),
    }
}
