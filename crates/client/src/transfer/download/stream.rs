//! Fetches an object into what can only be written in order: a pipe, a terminal.

use std::{
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use ossutil_protocol::operations::ObjectHead;

use super::{Download, Place, Run};
use crate::{Error, transfer::Progress};

impl Download {
    /// Writes the object to `writer`, in order. It comes in one request; one that breaks goes on
    /// where it was.
    ///
    /// # Errors
    /// The service's refusal, also because the object has changed meanwhile; a writer that fails
    /// ([`Error::Output`]); content that is not the object's, although it has been written.
    pub async fn stream(
        &self,
        writer: impl Write + Send + 'static,
        mut tell: impl FnMut(Progress),
    ) -> Result<ObjectHead, Error> {
        let (object, first) = match &self.known {
            Some(known) => (known.clone(), None),
            None if self.range.is_some() => (self.head().await?, None),
            None => {
                let (answer, body) = self.open(None, &ObjectHead::default()).await?;
                match answer.content_length {
                    Some(_) => (answer, Some(body)),
                    None => (self.head().await?, None),
                }
            }
        };
        let wanted = self.wanted(object.content_length.unwrap_or_default())?;
        let writer = Arc::new(Mutex::new(writer));
        let place: Place = {
            let writer = Arc::clone(&writer);
            Arc::new(move |piece, _| {
                writer.lock().unwrap_or_else(PoisonError::into_inner).write_all(piece)
            })
        };
        let run = Run::new(self, &object, wanted, place);
        if first.is_some() {
            let _ = run.answered.set(object.hash_crc64);
        }
        let run = Run { first: Mutex::new(first), ..run };
        run.fetch(u64::MAX, &mut tell).await?;
        let flush = move || writer.lock().unwrap_or_else(PoisonError::into_inner).flush();
        let flushed = tokio::task::spawn_blocking(flush).await.map_err(std::io::Error::other);
        flushed.and_then(|flushed| flushed).map_err(Error::Output)?;
        Ok(object)
    }
}
