//! A copy is the source, with what was asked for of what stands with it.

use ossutil_client::{
    Error,
    protocol::operations::{CopySource, GetObjectTagging, HeadObject},
    transfer::{Carry, Checkpoint, Checkpoints, Copy},
};

use crate::world::{Fault, ONE, PART, World, is_about, letters, nth, put, put_with, run};

const COPY_PART: &[&str] = &["PUT /bkt/copy?partNumber="];

fn source() -> CopySource {
    CopySource { bucket: "bkt".to_owned(), key: "k".to_owned(), version_id: None }
}

impl World {
    fn copy(&self, threshold: u64) -> Copy {
        Copy {
            client: self.client.clone(),
            reader: self.client.clone(),
            source: source(),
            bucket: "bkt".to_owned(),
            key: "copy".to_owned(),
            headers: Vec::new(),
            carry: Carry::default(),
            threshold,
            part_size: Some(PART as u64),
            parallel: ONE,
            overwrite: true,
        }
    }

    fn copy_checkpoint(&self) -> Checkpoint {
        Checkpoints::new(self.folder.path()).of_copy(&source(), "bkt", "copy")
    }

    /// Type, two user metadata and tags of the copy.
    async fn properties(&self) -> [Option<String>; 4] {
        let (bucket, key) = ("bkt".to_owned(), "copy".to_owned());
        let head = HeadObject { bucket: bucket.clone(), key: key.clone(), version_id: None };
        let head = self.plain.send(&head).await.unwrap();
        let header = |name: &str| {
            head.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone())
        };
        let tags = GetObjectTagging { bucket, key, version_id: None };
        let tags = self.plain.send(&tags).await.unwrap();
        let tags: Vec<String> =
            tags.iter().map(|tag| format!("{}={}", tag.key, tag.value)).collect();
        [
            header("content-type"),
            header("x-oss-meta-a"),
            header("x-oss-meta-b"),
            (!tags.is_empty()).then(|| tags.join("&")),
        ]
    }

    async fn is_copied(&self, content: &[u8], uploads: usize, parts: usize) {
        assert!(self.content("copy").await == content);
        assert_eq!(self.unfinished().await, Vec::<String>::new());
        assert!(!self.copy_checkpoint().path().exists());
        let counts = (self.count("InitiateMultipartUpload"), self.count("UploadPartCopy"));
        assert_eq!(counts, (uploads, parts));
    }
}

#[test]
fn an_object_is_copied_whole_in_one_request_or_in_parts() {
    run(async {
        let world = World::new().await;
        for (size, threshold, parts) in [(0, 1, 0), (0, 0, 1), (9, 10, 0), (PART + 1, 10, 2)] {
            let content = letters(size, b'a');
            put(&world.plain, "k", &content).await;
            let before = world.count("UploadPartCopy");
            let mut last = None;
            let copy = world.copy(threshold);
            let copy = copy.run(None, |_| {}, |progress| last = Some(progress));
            assert_eq!(copy.await.unwrap().content_length, Some(size as u64));
            assert_eq!(last.unwrap().bytes, size as u64);
            assert_eq!(world.count("UploadPartCopy") - before, parts);
            assert!(world.content("copy").await == content);
        }
        assert_eq!(world.unfinished().await, Vec::<String>::new());
    });
}

#[test]
fn what_is_asked_for_is_taken_over_in_one_request_and_in_parts_alike() {
    run(async {
        let world = World::new().await;
        let content = letters(PART + 1, b'a');
        let headers = [
            ("content-type", "text/plain"),
            ("x-oss-meta-a", "old"),
            ("x-oss-meta-b", "old"),
            ("x-oss-tagging", "t=a%20%2B&u=2"),
        ];
        put_with(&world.plain, "k", &content, &headers).await;
        let text = || Some("text/plain".to_owned());
        let some = |text: &str| Some(text.to_owned());
        let tags = || some("t=a +&u=2");
        let new = [("x-oss-meta-a", "new"), ("x-oss-tagging", "v=3")];
        for (carry, headers, properties) in [
            (Carry::MetadataAndTags, &[][..], [text(), some("old"), some("old"), tags()]),
            (Carry::Metadata, &[], [text(), some("old"), some("old"), None]),
            (Carry::Nothing, &[], [None, None, None, None]),
            (Carry::MetadataAndTags, &new[..1], [text(), some("new"), some("old"), tags()]),
            (Carry::Metadata, &new, [text(), some("new"), some("old"), some("v=3")]),
            (Carry::Nothing, &new, [None, some("new"), None, some("v=3")]),
        ] {
            for threshold in [1, u64::MAX] {
                let own = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
                let headers = own.collect();
                let copy = Copy { carry, headers, ..world.copy(threshold) };
                copy.run(None, |_| {}, |_| {}).await.unwrap();
                let mut found = world.properties().await;
                if carry == Carry::Nothing {
                    // The service has its own way with a type that nobody names.
                    found[0] = None;
                }
                assert_eq!(found, properties, "{carry:?}, {threshold}");
            }
        }
    });
}

#[test]
fn a_source_that_changes_meanwhile_is_copied_anew() {
    run(async {
        let world = World::new().await;
        put(&world.plain, "k", &letters(4 * PART, b'a')).await;
        let mut parts = 0;
        world.faults(Box::new(move |request, plain| {
            parts += usize::from(is_about(request, COPY_PART));
            let plain = plain.clone();
            let replace = async move { put(&plain, "k", &letters(2 * PART, b'n')).await };
            (parts == 3 && is_about(request, COPY_PART)).then(|| Fault::Before(Box::pin(replace)))
        }));
        world.copy(1).run(Some(&world.copy_checkpoint()), |_| {}, |_| {}).await.unwrap();
        world.is_copied(&letters(2 * PART, b'n'), 2, 2 + 2).await;
    });
}

#[test]
fn a_copy_that_failed_is_gone_on_with_unless_the_source_is_another() {
    run(async {
        let world = World::new().await;
        put(&world.plain, "k", &letters(4 * PART, b'a')).await;
        let checkpoint = world.copy_checkpoint();
        world.faults(nth(3, COPY_PART, || Fault::Fail));
        world.copy(1).run(Some(&checkpoint), |_| {}, |_| {}).await.unwrap_err();
        world.no_faults();
        let mut begun = Vec::new();
        let tell = |id: &str| begun.push(id.to_owned());
        let unfinished = world.unfinished().await;
        world.copy(1).run(Some(&checkpoint), tell, |_| {}).await.unwrap();
        assert_eq!(begun, unfinished);
        world.is_copied(&letters(4 * PART, b'a'), 1, 4).await;

        world.faults(nth(3, COPY_PART, || Fault::Fail));
        world.copy(1).run(Some(&checkpoint), |_| {}, |_| {}).await.unwrap_err();
        world.no_faults();
        put(&world.plain, "k", &letters(4 * PART, b'n')).await;
        world.copy(1).run(Some(&checkpoint), |_| {}, |_| {}).await.unwrap();
        world.is_copied(&letters(4 * PART, b'n'), 3, 4 + 2 + 4).await;
    });
}

#[test]
fn a_copy_that_was_completed_unseen_is_done() {
    run(async {
        let world = World::new().await;
        let content = letters(2 * PART, b'a');
        put(&world.plain, "k", &content).await;
        let mut is_over = false;
        world.faults(Box::new(move |request, _| {
            let was_over = is_over;
            is_over |= is_about(request, &["POST", "uploadId="]);
            match (was_over, is_over) {
                (true, _) => Some(Fault::Fail),
                (false, true) => Some(Fault::Lose),
                (false, false) => None,
            }
        }));
        let checkpoint = world.copy_checkpoint();
        world.copy(1).run(Some(&checkpoint), |_| {}, |_| {}).await.unwrap_err();
        world.no_faults();
        world.copy(1).run(Some(&checkpoint), |_| {}, |_| {}).await.unwrap();
        world.is_copied(&content, 1, 2).await;
    });
}

#[test]
fn an_object_at_the_target_is_kept_when_told_to_and_a_copy_onto_itself_works() {
    run(async {
        let world = World::new().await;
        put(&world.plain, "k", b"content").await;
        put(&world.plain, "copy", b"old").await;
        for threshold in [1, u64::MAX] {
            let copy = Copy { overwrite: false, ..world.copy(threshold) };
            let outcome = copy.run(None, |_| {}, |_| {}).await;
            assert!(outcome.unwrap_err().has_code("FileAlreadyExists"));
            let headers = vec![("x-oss-meta-a".to_owned(), "new".to_owned())];
            let itself = Copy { key: "k".to_owned(), headers, ..world.copy(threshold) };
            itself.run(None, |_| {}, |_| {}).await.unwrap();
        }
        assert_eq!(
            (world.content("copy").await, world.content("k").await),
            (b"old".to_vec(), b"content".to_vec())
        );
        assert_eq!(world.unfinished().await, Vec::<String>::new());
        let missing = CopySource { key: "missing".to_owned(), ..source() };
        let outcome = Copy { source: missing, ..world.copy(1) }.run(None, |_| {}, |_| {}).await;
        assert!(matches!(outcome, Err(Error::Service { .. })), "{outcome:?}");
    });
}
