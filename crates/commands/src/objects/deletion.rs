//! Removes many objects or versions by one request, and reads what became of each.

use std::collections::HashMap;

use ossutil_client::{
    Client, Error,
    protocol::operations::{DeleteMultipleObjects, DeletedObject, ObjectId},
};

/// How many objects one request removes at most.
pub(crate) const BATCH: usize = 1000;

/// Removes up to a thousand; gives for each why it was not, if it was not.
///
/// The answer is asked to name what was removed: what it does not name is there still.
///
/// # Errors
/// A request that failed as a whole.
pub(crate) async fn delete_many(
    client: &Client,
    bucket: &str,
    batch: &[ObjectId],
) -> Result<Vec<Option<String>>, Error> {
    let (bucket, objects) = (bucket.to_owned(), batch.to_vec());
    let answer = client.send(&DeleteMultipleObjects { bucket, objects, quiet: false }).await?;
    Ok(failures(batch, answer))
}

/// Why each object of a batch was not removed, as far as the answer tells.
///
/// An answer that names objects that were removed names all of them. One that names none is that
/// of a server that only speaks of failures.
fn failures(batch: &[ObjectId], answer: Vec<DeletedObject>) -> Vec<Option<String>> {
    let is_full = answer.iter().any(|object| object.error.is_none());
    let mut told = HashMap::new();
    for object in answer {
        let error = object.error.map(|(code, message)| format!("{code}: {message}"));
        told.insert((object.key, object.version_id), error);
    }
    let unnamed = "the service's answer does not say that it was removed".to_owned();
    let failure = |object: &ObjectId| {
        let exactly = told.get(&(object.key.clone(), object.version_id.clone()));
        match exactly.or_else(|| told.get(&(object.key.clone(), None))) {
            Some(error) => error.clone(),
            None => is_full.then(|| unnamed.clone()),
        }
    };
    batch.iter().map(failure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(keys: &[&str]) -> Vec<ObjectId> {
        keys.iter().map(|key| ObjectId { key: (*key).to_owned(), version_id: None }).collect()
    }

    fn told(key: &str, error: Option<&str>) -> DeletedObject {
        let error = error.map(|code| (code.to_owned(), "no".to_owned()));
        DeletedObject { key: key.to_owned(), error, ..DeletedObject::default() }
    }

    #[test]
    fn what_an_answer_says_of_a_batch() {
        let batch = ids(&["a", "b"]);
        let failed = Some("AccessDenied: no".to_owned());
        assert_eq!(failures(&batch, Vec::new()), [None, None]);
        let full = vec![told("b", None), told("a", None)];
        assert_eq!(failures(&batch, full), [None, None]);
        let only_failures = vec![told("b", Some("AccessDenied"))];
        assert_eq!(failures(&batch, only_failures), [None, failed.clone()]);
        let both = vec![told("a", None), told("b", Some("AccessDenied"))];
        assert_eq!(failures(&batch, both), [None, failed]);
        let unnamed = failures(&batch, vec![told("b", None)]);
        assert!(unnamed[0].is_some() && unnamed[1].is_none());
    }
}
