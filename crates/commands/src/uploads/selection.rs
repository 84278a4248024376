//! From what was typed to a stream of unfinished uploads.

use std::collections::{BTreeMap, HashSet};

use clap::Args;
use futures_util::{
    Stream, StreamExt, TryStreamExt, future,
    stream::{self, BoxStream},
};
use ossutil_client::{
    Client, Error as ClientError,
    listing::{self, Entry},
    protocol::operations::{ListMultipartUploads, Upload},
};

use super::{Found, State, UploadFilterArgs, UploadFilters, UploadRef, input::parse_listing};
use crate::{
    cloud_url::CloudUrl,
    context::Context,
    error::{Error, Result},
    options::{Jobs, ListingMode, NameEncoding, RequestPayer},
};

/// Which uploads: the words and options that every command of the family takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct SelectionArgs {
    /// oss://bucket/object [UPLOADID...], several of these, with -r oss://bucket[/prefix], or - for
    /// the uploads that `ossutil ls -m` printed
    #[arg(value_name = "CLOUD_URL")]
    words: Vec<String>,
    /// The uploads of every key that begins with the prefix
    #[arg(short, long)]
    recursive: bool,
    /// An upload of the object, as `ossutil ls -m` shows it; may be repeated
    #[arg(long, value_name = "ID")]
    upload_id: Vec<String>,
    #[command(flatten)]
    pub(crate) filters: UploadFilterArgs,
    #[command(flatten)]
    pub(crate) jobs: Jobs,
    #[command(flatten)]
    listing: ListingMode,
    #[command(flatten)]
    pub(crate) encoding: NameEncoding,
    #[command(flatten)]
    pub(crate) payer: RequestPayer,
}

/// A URL with what was said about it.
struct Target {
    client: Client,
    url: CloudUrl,
    kind: Kind,
}

enum Kind {
    /// These uploads of the key.
    Ids(Vec<String>),
    /// Every upload of exactly the key.
    Key,
    /// Every upload of the keys that begin with it.
    Prefix,
}

/// Uploads to be found.
pub(crate) struct Selection {
    targets: Vec<Target>,
    filters: UploadFilters,
    jobs: usize,
    /// Whether each upload was named, so that one that does not exist is a mistake.
    pub(crate) is_named: bool,
    /// Whether they come from standard input, so that nobody is there to be asked.
    pub(crate) is_piped: bool,
}

/// Uploads as they are found.
pub(crate) type Uploads = BoxStream<'static, std::result::Result<Found, ClientError>>;

impl SelectionArgs {
    /// Whether anything was named at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Refuses an empty upload id: it is a variable that was not set, and must select nothing.
    pub(crate) fn refuse_empty_ids(&self) -> Result<()> {
        match self.words.iter().chain(&self.upload_id).any(String::is_empty) {
            true => Err(Error::usage("an upload id is empty")
                .hint("`ossutil ls -m oss://bucket` shows the upload ids")),
            false => Ok(()),
        }
    }

    /// Whether one upload is named, and nothing else.
    pub(crate) fn is_single(&self) -> bool {
        let url_and_id = |words: &[String]| !is_url(&words[1]);
        match (self.words.len(), self.upload_id.len()) {
            (2, 0) => url_and_id(&self.words),
            (1, 1) => true,
            _ => false,
        }
    }

    /// Checks what was typed and makes the clients; reads standard input if that was said.
    pub(crate) async fn select(&self, context: &mut Context<'_>) -> Result<Selection> {
        let filters = self.filters.check()?;
        let is_piped = self.words == ["-"];
        let targets = match is_piped {
            true => self.piped(context).await?,
            false => self.typed(context)?,
        };
        let is_named = targets.iter().all(|target| matches!(target.kind, Kind::Ids(_)));
        Ok(Selection { targets, filters, jobs: self.jobs.get(), is_named, is_piped })
    }

    /// The uploads that standard input names.
    async fn piped(&self, context: &mut Context<'_>) -> Result<Vec<Target>> {
        if !self.upload_id.is_empty() || self.recursive {
            return Err(Error::usage("with - the uploads come from standard input alone"));
        }
        let mut clients: BTreeMap<String, Client> = BTreeMap::new();
        let mut targets = Vec::new();
        for UploadRef { bucket, key, upload_id } in parse_listing(&Context::read_stdin().await?)? {
            let client = match clients.get(&bucket) {
                Some(client) => client.clone(),
                None => {
                    let client = self.client(context, &bucket)?;
                    clients.insert(bucket.clone(), client.clone());
                    client
                }
            };
            let url = CloudUrl { bucket, key };
            targets.push(Target { client, url, kind: Kind::Ids(vec![upload_id]) });
        }
        Ok(targets)
    }

    /// The uploads that the command line names.
    fn typed(&self, context: &mut Context<'_>) -> Result<Vec<Target>> {
        let mut targets = Vec::new();
        let is_encoded = self.encoding.is_url();
        for (text, ids) in self.group()? {
            let bucket = CloudUrl::parse(text, is_encoded)?.bucket;
            let client = self.client(context, &bucket)?;
            let (url, kind) = match (self.recursive, ids.is_empty()) {
                (true, true) => (CloudUrl::parse_bucket(text, is_encoded)?, Kind::Prefix),
                (true, false) => {
                    return Err(Error::usage("-r selects by prefix, so it takes no upload ids"));
                }
                (false, true) => (self.object(text)?, Kind::Key),
                (false, false) => (self.object(text)?, Kind::Ids(ids)),
            };
            targets.push(Target { client, url, kind });
        }
        Ok(targets)
    }

    fn client(&self, context: &mut Context<'_>, bucket: &str) -> Result<Client> {
        let client = context.bucket(bucket, self.payer.payer.as_deref())?;
        Ok(client.with_listing(self.listing.mode()))
    }

    fn object(&self, text: &str) -> Result<CloudUrl> {
        CloudUrl::parse_object(text, self.encoding.is_url()).map_err(|error| {
            match error.message == "object name is empty" {
                true => error.hint("-r selects the uploads of every key"),
                false => error,
            }
        })
    }

    /// Each URL with the ids that follow it.
    fn group(&self) -> Result<Vec<(&str, Vec<String>)>> {
        let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
        for word in &self.words {
            match groups.last_mut() {
                _ if word == "-" => {
                    return Err(Error::usage("- stands alone: it names all the uploads there are"));
                }
                Some((_, ids)) if !is_url(word) => ids.push(word.clone()),
                _ => groups.push((word, Vec::new())),
            }
        }
        match groups.as_mut_slice() {
            _ if self.upload_id.is_empty() => {}
            [(_, ids)] => ids.extend_from_slice(&self.upload_id),
            _ => return Err(Error::usage("--upload-id needs exactly one URL")),
        }
        Ok(groups)
    }
}

fn is_url(word: &str) -> bool {
    word.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("oss://"))
}

impl Selection {
    /// The uploads of one key, or of these the named one.
    pub(crate) fn of_key(
        client: &Client,
        url: &CloudUrl,
        upload_id: Option<&str>,
        filters: UploadFilters,
    ) -> Self {
        let kind = match upload_id {
            Some(upload_id) => Kind::Ids(vec![upload_id.to_owned()]),
            None => Kind::Key,
        };
        let targets = vec![Target { client: client.clone(), url: url.clone(), kind }];
        Self { targets, filters, jobs: 1, is_named: upload_id.is_some(), is_piped: false }
    }

    /// The filters, for judging an upload again.
    pub(crate) fn filters(&self) -> &UploadFilters {
        &self.filters
    }

    /// Finds the uploads, in the order they were named and within a prefix by key. Their parts are
    /// looked at when a filter needs them or `with_parts` says so, several uploads at once.
    pub(crate) fn uploads(self, with_parts: bool) -> Uploads {
        let Self { targets, filters, jobs, .. } = self;
        let mut seen = (targets.len() > 1).then(HashSet::new);
        let with_listing = filters.is_listing_needed();
        let listed = filters.clone();
        let found = stream::iter(targets)
            .flat_map(move |target| target.uploads(with_listing, &listed))
            .try_filter(move |found| {
                let is_new = seen
                    .as_mut()
                    .is_none_or(|seen: &mut HashSet<_>| seen.insert(found.upload.clone()));
                future::ready(is_new)
            });
        choose(found.boxed(), filters, with_parts, jobs)
    }
}

/// Looks into uploads that passed by name and age, as far as needed, and lets those pass whose
/// parts do.
pub(crate) fn choose(
    found: Uploads,
    filters: UploadFilters,
    with_parts: bool,
    jobs: usize,
) -> Uploads {
    if !(with_parts || filters.are_parts_needed()) {
        return found;
    }
    found
        .map(|found| async {
            match found {
                Ok(found) if matches!(found.state, State::Unknown) => Ok(found.look().await),
                other => other,
            }
        })
        .buffered(jobs)
        .try_filter(move |found| future::ready(filters.matches_held(found, found.client.now())))
        .boxed()
}

impl Target {
    /// The uploads it names that pass as far as a listing tells.
    fn uploads(self, with_listing: bool, filters: &UploadFilters) -> Uploads {
        match self.kind {
            Kind::Prefix => listed(&self.client, list_below(&self.url), filters.clone()),
            Kind::Key => listed_of_key(&self.client, &self.url, filters.clone()),
            Kind::Ids(ref ids) if !with_listing => {
                let found: Vec<_> = ids
                    .iter()
                    .filter(|_| filters.matches_name(&self.url.key))
                    .map(|id| Ok(self.found(id, State::Unknown)))
                    .collect();
                stream::iter(found).boxed()
            }
            Kind::Ids(_) => {
                let filters = filters.clone();
                stream::once(self.look_up(filters)).try_flatten().boxed()
            }
        }
    }

    /// Finds the named uploads in the listing of their key; those that are not there are gone.
    async fn look_up(self, filters: UploadFilters) -> std::result::Result<Uploads, ClientError> {
        let Kind::Ids(ids) = &self.kind else { return Ok(stream::empty().boxed()) };
        let all = listed_of_key(&self.client, &self.url, UploadFilters::default());
        let all: Vec<Found> = all.try_collect().await?;
        let now = self.client.now();
        let mut found = Vec::new();
        for id in ids {
            match all.iter().find(|found| found.upload.upload_id == *id) {
                Some(one) if filters.matches_listed(&as_listed(one), now) => {
                    found.push(Ok(one.clone()));
                }
                Some(_) => {}
                None => found.push(Ok(self.found(id, State::Gone))),
            }
        }
        Ok(stream::iter(found).boxed())
    }

    fn found(&self, id: &str, state: State) -> Found {
        let CloudUrl { bucket, key } = self.url.clone();
        let upload = UploadRef { bucket, key, upload_id: id.to_owned() };
        let client = self.client.clone();
        Found { upload, client, initiated: None, storage_class: None, state }
    }
}

fn as_listed(found: &Found) -> Upload {
    Upload {
        key: found.upload.key.clone(),
        upload_id: found.upload.upload_id.clone(),
        storage_class: found.storage_class.clone(),
        initiated: found.initiated,
    }
}

/// The request for the uploads of all keys that begin with the URL's.
pub(crate) fn list_below(url: &CloudUrl) -> ListMultipartUploads {
    ListMultipartUploads {
        bucket: url.bucket.clone(),
        prefix: url.key.clone(),
        max_uploads: Some(1000),
        ..ListMultipartUploads::default()
    }
}

/// The uploads that a listing shows and that pass as far as it tells.
pub(crate) fn listed(
    client: &Client,
    first: ListMultipartUploads,
    filters: UploadFilters,
) -> Uploads {
    let bucket = first.bucket.clone();
    found(client, bucket, listing::entries(client, first), filters)
}

/// The same, of exactly the URL's key.
fn listed_of_key(client: &Client, url: &CloudUrl, filters: UploadFilters) -> Uploads {
    let key = url.key.clone();
    // Of the keys with this prefix the key itself comes first.
    let entries = listing::entries(client, list_below(url)).try_take_while(move |entry| {
        future::ok(matches!(entry, Entry::Item(upload) if upload.key == key))
    });
    found(client, url.bucket.clone(), entries, filters)
}

fn found(
    client: &Client,
    bucket: String,
    entries: impl Stream<Item = std::result::Result<Entry<Upload>, ClientError>> + Send + 'static,
    filters: UploadFilters,
) -> Uploads {
    let client = client.clone();
    // The service's time, which is known once it has answered.
    let mut now = None;
    let found = entries.try_filter_map(move |entry| {
        let now = *now.get_or_insert_with(|| client.now());
        let found = match entry {
            Entry::Item(upload) if filters.matches_listed(&upload, now) => {
                Some(Found::listed(&client, &bucket, upload))
            }
            _ => None,
        };
        future::ok(found)
    });
    found.boxed()
}

impl Found {
    /// An upload that a listing shows.
    pub(crate) fn listed(client: &Client, bucket: &str, upload: Upload) -> Self {
        let Upload { key, upload_id, storage_class, initiated } = upload;
        let upload = UploadRef { bucket: bucket.to_owned(), key, upload_id };
        Self { upload, client: client.clone(), initiated, storage_class, state: State::Unknown }
    }
}
