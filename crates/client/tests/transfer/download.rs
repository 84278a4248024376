//! What is fetched is the object, whole, or nothing; what was fetched is not fetched again.

use std::{
    fs,
    io::Write,
    num::NonZeroUsize,
    sync::{Arc, Mutex},
};

use ossutil_client::{
    Error,
    protocol::operations::{HeadObject, ObjectHead},
    transfer::Download,
};

use crate::world::{Fault, ONE, World, is_about, letters, nth, put, put_with, run};

const GET: &[&str] = &["GET /bkt/k"];

/// A file in memory.
#[derive(Clone, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn stream(download: &Download) -> (Result<ObjectHead, Error>, Vec<u8>) {
    let pipe = Pipe::default();
    let outcome = download.stream(pipe.clone(), |_| {}).await;
    let content = pipe.0.lock().unwrap().clone();
    (outcome, content)
}

#[test]
fn an_object_is_fetched_whole_whatever_its_size_and_the_ranges() {
    run(async {
        let world = World::new().await;
        for (size, part_size) in
            [(0, 10), (1, 10), (10, 10), (100_001, 1000), (1_500_000, u64::MAX)]
        {
            let content = letters(size, b'a');
            put(&world.plain, "k", &content).await;
            let (outcome, target, files) = world.fetch(&world.download(part_size)).await;
            outcome.unwrap();
            assert!(target.as_deref() == Some(&content[..]), "{size}, {part_size}");
            assert_eq!(files, 1);
            let (outcome, streamed) = stream(&world.download(part_size)).await;
            outcome.unwrap();
            assert!(streamed == content, "{size}");
        }
    });
}

#[test]
fn a_range_that_breaks_or_ends_early_goes_on_where_it_was() {
    run(async {
        let world = World::new().await;
        let content = letters(100_000, b'a');
        put(&world.plain, "k", &content).await;
        for fault in [|| Fault::Break, || Fault::Shorten] {
            world.faults(nth(3, GET, fault));
            let before = world.count("GetObject");
            let (outcome, target, _) = world.fetch(&world.download(20_000)).await;
            outcome.unwrap();
            assert!(target.unwrap() == content);
            let gets = world.count("GetObject") - before;
            assert_eq!(gets, 6, "five ranges, one of them in two halves");

            world.faults(nth(1, GET, fault));
            let (outcome, streamed) = stream(&world.download(20_000)).await;
            outcome.unwrap();
            assert!(streamed == content);
        }
    });
}

#[test]
fn answers_that_end_early_again_and_again_are_an_error() {
    run(async {
        let world = World::new().await;
        put(&world.plain, "k", b"7").await;
        // Half of one byte is nothing.
        world.faults(Box::new(|request, _| is_about(request, GET).then_some(Fault::Shorten)));
        let (outcome, target, files) = world.fetch(&world.download(10)).await;
        assert!(matches!(outcome, Err(Error::Transport { .. })), "{outcome:?}");
        assert_eq!((target, files), (None, 0));
    });
}

#[test]
fn what_comes_damaged_does_not_get_the_targets_name() {
    run(async {
        let world = World::new().await;
        fs::write(world.target(), "old").unwrap();
        put(&world.plain, "k", &letters(100_000, b'a')).await;
        world.faults(nth(3, GET, || Fault::Damage));
        let (outcome, target, files) = world.fetch(&world.download(20_000)).await;
        assert!(matches!(outcome, Err(Error::Damaged { .. })), "{outcome:?}");
        assert_eq!((target.unwrap(), files), (b"old".to_vec(), 1));
        world.faults(nth(1, GET, || Fault::Damage));
        let (outcome, _) = stream(&world.download(20_000)).await;
        assert!(matches!(outcome, Err(Error::Damaged { .. })), "{outcome:?}");
    });
}

#[test]
fn an_object_that_changes_meanwhile_is_fetched_anew() {
    run(async {
        let world = World::new().await;
        put(&world.plain, "k", &letters(100_000, b'a')).await;
        let mut gets = 0;
        world.faults(Box::new(move |request, plain| {
            gets += usize::from(is_about(request, GET));
            let plain = plain.clone();
            let replace = async move { put(&plain, "k", &letters(200_000, b'n')).await };
            (gets == 3 && is_about(request, GET)).then(|| Fault::Before(Box::pin(replace)))
        }));
        let (outcome, target, files) = world.fetch(&world.download(20_000)).await;
        outcome.unwrap();
        assert!(target.unwrap() == letters(200_000, b'n'));
        assert_eq!(files, 1);
    });
}

#[test]
fn what_is_known_is_not_asked_and_not_trusted() {
    run(async {
        let world = World::new().await;
        put(&world.plain, "k", b"content").await;
        let head =
            HeadObject { bucket: "bkt".to_owned(), key: "k".to_owned(), ..HeadObject::default() };
        let known = Some(world.plain.send(&head).await.unwrap());
        let download = Download { known, threshold: u64::MAX, ..world.download(10) };
        let heads = world.count("HeadObject");
        let (outcome, target, _) = world.fetch(&download).await;
        outcome.unwrap();
        assert_eq!((target.unwrap(), world.count("HeadObject")), (b"content".to_vec(), heads));
        put(&world.plain, "k", b"another").await;
        let (outcome, target, _) = world.fetch(&download).await;
        outcome.unwrap();
        assert_eq!(target.unwrap(), b"another");
        put(&world.plain, "k", b"a third").await;
        assert!(stream(&download).await.0.unwrap_err().has_code("PreconditionFailed"));
    });
}

#[test]
fn a_range_of_an_object_is_fetched_and_one_that_has_nothing_is_refused() {
    run(async {
        let world = World::new().await;
        let content = letters(1000, b'a');
        put(&world.plain, "k", &content).await;
        for (range, bytes) in [("10-19", 10..20), ("990-", 990..1000), ("-5", 995..1000)] {
            let range = Some(range.parse().unwrap());
            let download = Download { range, ..world.download(4) };
            let (outcome, target, _) = world.fetch(&download).await;
            outcome.unwrap();
            assert_eq!(target.unwrap(), content[bytes.clone()]);
            assert_eq!(stream(&download).await.1, content[bytes]);
        }
        fs::remove_file(world.target()).unwrap();
        let download = Download { range: Some("1000-".parse().unwrap()), ..world.download(4) };
        let (outcome, target, _) = world.fetch(&download).await;
        assert!(matches!(outcome, Err(Error::Invalid(_))), "{outcome:?}");
        assert_eq!(target, None);
    });
}

/// What the service calls compressed is what was sent: it is not unpacked.
#[test]
fn compressed_content_is_stored_as_it_is() {
    run(async {
        let world = World::new().await;
        let content = letters(5000, b'a');
        let headers = [("content-encoding", "gzip"), ("content-type", "text/plain")];
        put_with(&world.plain, "k", &content, &headers).await;
        let (outcome, target, _) = world.fetch(&world.download(u64::MAX)).await;
        outcome.unwrap();
        assert!(target.unwrap() == content);
    });
}

#[test]
fn a_target_that_cannot_be_written_or_an_object_that_is_not_there_leaves_nothing() {
    run(async {
        let world = World::new().await;
        let (outcome, _, files) = world.fetch(&world.download(10)).await;
        assert_eq!(outcome.unwrap_err().service().unwrap().status, 404);
        assert_eq!(files, 0);
        put(&world.plain, "k", b"content").await;
        fs::create_dir(world.target()).unwrap();
        let (outcome, _, files) = world.fetch(&world.download(10)).await;
        assert!(matches!(outcome, Err(Error::Save { .. })), "{outcome:?}");
        assert_eq!(files, 1);
    });
}

#[test]
fn ranges_that_were_fetched_are_not_fetched_again() {
    run(async {
        let world = World::new().await;
        let content = letters(100_000, b'a');
        put(&world.plain, "k", &content).await;
        let download = Download { parallel: ONE, is_resumable: true, ..world.download(20_000) };
        world.faults(nth(4, GET, || Fault::Fail));
        let (outcome, target, files) = world.fetch(&download).await;
        assert!(outcome.is_err());
        assert_eq!((target, files), (None, 1));
        world.no_faults();
        let before = world.count("GetObject");
        let parallel = NonZeroUsize::new(5).unwrap();
        let (outcome, target, files) = world.fetch(&Download { parallel, ..download }).await;
        outcome.unwrap();
        assert!(target.unwrap() == content);
        assert_eq!((files, world.count("GetObject") - before), (1, 2));
    });
}

#[test]
fn ranges_of_another_object_or_that_are_damaged_on_the_disk_are_fetched_again() {
    run(async {
        let world = World::new().await;
        let download = Download { parallel: ONE, is_resumable: true, ..world.download(20_000) };
        for (second, gets) in [(letters(100_000, b'n'), 5), (letters(100_000, b'a'), 2 + 1)] {
            put(&world.plain, "k", &letters(100_000, b'a')).await;
            world.faults(nth(4, GET, || Fault::Fail));
            world.fetch(&download).await.0.unwrap_err();
            world.no_faults();
            put(&world.plain, "k", &second).await;
            let folder = fs::read_dir(world.folder.path()).unwrap();
            let part = folder.map(|entry| entry.unwrap().path());
            let part = part.filter(|it| *it != world.target()).last().unwrap();
            let mut kept = fs::read(&part).unwrap();
            kept[20_000] ^= 1;
            fs::write(&part, kept).unwrap();
            let before = world.count("GetObject");
            let (outcome, target, files) = world.fetch(&download).await;
            outcome.unwrap();
            assert!(target.unwrap() == second);
            assert_eq!((files, world.count("GetObject") - before), (1, gets));
        }
    });
}
