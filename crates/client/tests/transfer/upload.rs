//! What is sent is the object, whole, or nothing; no upload is left behind, and none opened twice.

use std::{
    fs,
    io::Read,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use jiff::SignedDuration;
use ossutil_client::{
    Content, Error,
    protocol::operations::{AbortMultipartUpload, InitiateMultipartUpload, UploadPart},
    transfer::{Checkpoint, Checkpoints, Destination},
};

use crate::world::{Fault, ONE, PART, World, is_about, letters, nth, put, run};

const UPLOAD_PART: &[&str] = &["PUT", "partNumber="];
const INITIATE: &[&str] = &["POST", "uploads"];
const COMPLETE: &[&str] = &["POST", "uploadId="];

impl World {
    fn checkpoint(&self) -> Checkpoint {
        let folder = self.folder.path().join("checkpoints");
        Checkpoints::new(folder).of_file(&self.folder.path().join("source"), "bkt", "k")
    }

    fn one_by_one(&self) -> Destination {
        Destination { parallel: ONE, ..self.destination(1, true) }
    }

    /// Sends this content with a checkpoint.
    async fn send(&self, content: &[u8]) -> Result<(), Error> {
        let path = self.folder.path().join("source");
        // What is the same keeps its time of modification.
        let file = match fs::read(&path).is_ok_and(|old| old == content) {
            true => ossutil_client::transfer::FileSource::open(&path).unwrap(),
            false => self.source(content),
        };
        let checkpoint = self.checkpoint();
        let outcome = self.one_by_one().send_file(file, Some(&checkpoint), |_| {}, |_| {}).await;
        outcome.map(|_| ())
    }

    /// Sees that all is done, by so many uploads and parts in all.
    async fn is_done(&self, content: &[u8], uploads: usize, parts: usize) {
        assert!(self.content("k").await == content);
        assert_eq!(self.unfinished().await, Vec::<String>::new());
        assert!(!self.checkpoint().path().exists());
        let counts = (self.count("InitiateMultipartUpload"), self.count("UploadPart"));
        assert_eq!(counts, (uploads, parts));
    }

    /// An upload that another program began, with this as its first part.
    async fn foreign(&self, part: &[u8]) -> String {
        let (bucket, key) = ("bkt".to_owned(), "k".to_owned());
        let begin = InitiateMultipartUpload { bucket, key, headers: Vec::new() };
        let upload_id = self.plain.send(&begin).await.unwrap().upload_id;
        let request = UploadPart {
            bucket: "bkt".to_owned(),
            key: "k".to_owned(),
            upload_id: upload_id.clone(),
            part_number: 1,
            ..UploadPart::default()
        };
        let content = Content::from(Bytes::copy_from_slice(part));
        self.plain.send_content(&request, &content).await.unwrap();
        upload_id
    }
}

#[test]
fn a_file_goes_in_one_request_below_the_threshold_and_in_parts_from_it_on() {
    run(async {
        let world = World::new().await;
        for (size, parts) in [(0, 0), (299_999, 0), (300_000, 3)] {
            let content = letters(size, b'a');
            let source = world.source(&content);
            let (before, mut begun) = (world.count("UploadPart"), 0);
            let destination = world.destination(300_000, true);
            let sent = destination.send_file(source, None, |_| begun += 1, |_| {}).await.unwrap();
            assert_eq!(sent.content_length, Some(size as u64));
            let sent = world.count("UploadPart") - before;
            assert_eq!((sent, begun), (parts, usize::from(parts > 0)));
            assert!(world.content("k").await == content);
        }
    });
}

#[test]
fn an_object_that_exists_is_kept_and_nothing_is_left_unfinished() {
    run(async {
        let world = World::new().await;
        put(&world.plain, "k", b"old").await;
        let source = world.source(&letters(300_000, b'a'));
        let checkpoint = world.checkpoint();
        for threshold in [1, u64::MAX] {
            let destination = world.destination(threshold, false);
            let sent = destination.send_file(source.clone(), Some(&checkpoint), |_| {}, |_| {});
            assert!(sent.await.unwrap_err().has_code("FileAlreadyExists"));
        }
        assert_eq!(world.content("k").await, b"old");
        assert_eq!(world.unfinished().await, Vec::<String>::new());
        assert!(!checkpoint.path().exists());
    });
}

#[test]
fn what_is_read_only_once_is_sent_whole_whatever_its_size() {
    run(async {
        let world = World::new().await;
        for (size, parts) in [(0, 0), (1, 0), (PART - 1, 0), (PART, 1), (2 * PART + 1, 3)] {
            let content = letters(size, b'a');
            let before = world.count("UploadPart");
            // In small pieces, as a pipe has them.
            let (first, rest) = content.split_at(size / 3);
            let reader =
                std::io::Cursor::new(first.to_vec()).chain(std::io::Cursor::new(rest.to_vec()));
            let destination = world.destination(0, true);
            destination.send_reader(Box::new(reader), |_| {}, |_| {}).await.unwrap();
            assert_eq!(world.count("UploadPart") - before, parts, "{size}");
            assert!(world.content("k").await == content);
        }
        assert_eq!(world.unfinished().await, Vec::<String>::new());
    });
}

#[test]
fn an_upload_that_failed_is_gone_on_with() {
    run(async {
        let world = World::new().await;
        let content = letters(5 * PART, b'a');
        world.faults(nth(4, UPLOAD_PART, || Fault::Fail));
        world.send(&content).await.unwrap_err();
        assert_eq!(world.unfinished().await.len(), 1);
        world.faults(nth(2, UPLOAD_PART, || Fault::Fail));
        world.send(&content).await.unwrap_err();
        world.no_faults();
        world.send(&content).await.unwrap();
        world.is_done(&content, 1, 5).await;
    });
}

#[test]
fn an_upload_whose_id_was_never_learnt_is_found() {
    run(async {
        let world = World::new().await;
        let content = letters(3 * PART, b'a');
        world.faults(nth(1, INITIATE, || Fault::Lose));
        world.send(&content).await.unwrap_err();
        // One that another program began meanwhile has parts.
        world.sandbox.advance_clock(SignedDuration::from_mins(1));
        let foreign = world.foreign(b"other").await;
        assert_eq!(world.unfinished().await.len(), 2);
        world.no_faults();
        world.send(&content).await.unwrap();
        assert_eq!(world.unfinished().await, [foreign]);
        assert_eq!(world.count("InitiateMultipartUpload"), 2);
        assert!(world.content("k").await == content);
    });
}

#[test]
fn an_upload_that_was_completed_unseen_is_done() {
    run(async {
        let world = World::new().await;
        let content = letters(3 * PART, b'a');
        let mut is_over = false;
        world.faults(Box::new(move |request, _| {
            let was_over = is_over;
            is_over |= is_about(request, COMPLETE);
            match (was_over, is_over) {
                (true, _) => Some(Fault::Fail),
                (false, true) => Some(Fault::Lose),
                (false, false) => None,
            }
        }));
        world.send(&content).await.unwrap_err();
        assert!(world.checkpoint().path().exists());
        world.no_faults();
        world.send(&content).await.unwrap();
        world.is_done(&content, 1, 3).await;
    });
}

#[test]
fn an_upload_of_an_earlier_state_of_the_file_is_aborted() {
    run(async {
        let world = World::new().await;
        world.faults(nth(3, UPLOAD_PART, || Fault::Fail));
        world.send(&letters(5 * PART, b'a')).await.unwrap_err();
        world.no_faults();
        let content = letters(4 * PART, b'n');
        world.send(&content).await.unwrap();
        world.is_done(&content, 2, 2 + 4).await;
    });
}

#[test]
fn an_upload_is_aborted_when_the_file_goes_in_one_request_after_all() {
    run(async {
        let world = World::new().await;
        world.faults(nth(3, UPLOAD_PART, || Fault::Fail));
        world.send(&letters(5 * PART, b'a')).await.unwrap_err();
        world.no_faults();
        let (source, checkpoint) = (world.source(b"small"), world.checkpoint());
        let destination = world.destination(PART as u64, true);
        destination.send_file(source, Some(&checkpoint), |_| {}, |_| {}).await.unwrap();
        world.is_done(b"small", 1, 2).await;
    });
}

#[test]
fn an_upload_that_is_gone_is_begun_again() {
    run(async {
        let world = World::new().await;
        let content = letters(3 * PART, b'a');
        let mut parts = 0;
        world.faults(Box::new(move |request, plain| {
            parts += usize::from(is_about(request, UPLOAD_PART));
            let target = request.uri().to_string();
            let upload_id = target.split_once("uploadId=")?.1.split('&').next()?.to_owned();
            let (bucket, key) = ("bkt".to_owned(), "k".to_owned());
            let (plain, abort) = (plain.clone(), AbortMultipartUpload { bucket, key, upload_id });
            let abort = async move { plain.send(&abort).await.unwrap() };
            (parts == 2).then(|| Fault::Before(Box::pin(abort)))
        }));
        world.send(&content).await.unwrap();
        world.is_done(&content, 2, 1 + 3).await;

        // Between two runs.
        world.faults(nth(2, UPLOAD_PART, || Fault::Fail));
        let content = letters(3 * PART, b'n');
        world.send(&content).await.unwrap_err();
        world.no_faults();
        let upload_id = world.unfinished().await.remove(0);
        let (bucket, key) = ("bkt".to_owned(), "k".to_owned());
        world.plain.send(&AbortMultipartUpload { bucket, key, upload_id }).await.unwrap();
        world.send(&content).await.unwrap();
        world.is_done(&content, 4, 4 + 1 + 3).await;
    });
}

#[test]
fn a_file_in_the_place_of_a_checkpoint_is_left_alone() {
    run(async {
        let world = World::new().await;
        let path = world.checkpoint().path().to_owned();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "precious").unwrap();
        let outcome = world.send(&letters(3 * PART, b'a')).await;
        assert!(matches!(outcome, Err(Error::Checkpoint { .. })), "{outcome:?}");
        assert_eq!(fs::read(&path).unwrap(), b"precious");
        assert_eq!(world.count("InitiateMultipartUpload"), 0);
    });
}

#[test]
fn an_upload_of_another_program_is_adopted_if_it_is_of_the_file() {
    run(async {
        let world = World::new().await;
        let content = letters(3 * PART, b'a');
        let other = world.foreign(&letters(PART, b'n')).await;
        let matching = world.foreign(&content[..PART]).await;
        let source = world.source(&content);
        let adopting = Destination { adopt: true, ..world.one_by_one() };
        let mut begun = Vec::new();
        let tell = |id: &str| begun.push(id.to_owned());
        adopting.send_file(source.clone(), None, tell, |_| {}).await.unwrap();
        assert_eq!((begun, world.unfinished().await), (vec![matching], vec![other]));
        assert_eq!(world.count("UploadPart"), 2 + 2);
        assert!(world.content("k").await == content);
        // None that is left is of the file.
        adopting.send_file(source, None, |_| {}, |_| {}).await.unwrap();
        assert_eq!(world.count("InitiateMultipartUpload"), 3);
    });
}

#[test]
fn the_md5_goes_with_what_is_sent_when_asked_for() {
    run(async {
        let world = World::new().await;
        let content = letters(2 * PART, b'a');
        let source = world.source(&content);
        for (threshold, content_md5, digests) in [(1, true, 2), (u64::MAX, true, 1), (1, false, 0)]
        {
            let seen = Arc::new(Mutex::new(0));
            let counter = Arc::clone(&seen);
            world.faults(Box::new(move |request, _| {
                let is_content = request.body().remaining() >= PART as u64;
                let has_md5 = request.headers().contains_key("content-md5");
                *counter.lock().unwrap() += usize::from(is_content && has_md5);
                None
            }));
            let destination = Destination { content_md5, ..world.destination(threshold, true) };
            destination.send_file(source.clone(), None, |_| {}, |_| {}).await.unwrap();
            assert_eq!(*seen.lock().unwrap(), digests);
            assert!(world.content("k").await == content);
        }
    });
}
