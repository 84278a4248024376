//! Metadata are written to the object they were read of, and to no other.

use ossutil_client::{
    protocol::operations::{CopySource, HeadObject},
    transfer::{Metadata, Rewrite},
};

use crate::world::{Fault, World, is_about, nth, put_with, run};

const COPY: &[&str] = &["PUT /bkt/k"];

impl World {
    fn rewrite(&self) -> Rewrite {
        let (bucket, key) = ("bkt".to_owned(), "k".to_owned());
        let object = CopySource { bucket, key, version_id: None };
        Rewrite { client: self.client.clone(), object }
    }

    /// The user metadata of the object, `name=value` each.
    async fn user_metadata(&self) -> Vec<String> {
        let (bucket, key) = ("bkt".to_owned(), "k".to_owned());
        let head = self.plain.send(&HeadObject { bucket, key, version_id: None }).await.unwrap();
        let own = head.headers.iter().filter_map(|(name, value)| {
            name.strip_prefix("x-oss-meta-").map(|name| format!("{name}={value}"))
        });
        let mut own: Vec<String> = own.collect();
        own.sort_unstable();
        own
    }
}

#[test]
fn an_object_that_is_written_meanwhile_is_looked_at_anew() {
    run(async {
        let world = World::new().await;
        put_with(&world.plain, "k", b"old", &[("x-oss-meta-a", "old")]).await;
        let mut was_replaced = false;
        world.faults(Box::new(move |request, plain| {
            let plain = plain.clone();
            let replace = async move {
                put_with(&plain, "k", b"new", &[("x-oss-meta-b", "new")]).await;
            };
            let is_first = is_about(request, COPY) && !std::mem::replace(&mut was_replaced, true);
            is_first.then(|| Fault::Before(Box::pin(replace)))
        }));
        let add = |metadata: &mut Metadata| {
            metadata.insert("x-oss-meta-c".to_owned(), "added".to_owned());
        };
        assert!(world.rewrite().edit(add).await.unwrap());
        assert_eq!(world.content("k").await, b"new");
        assert_eq!(world.user_metadata().await, ["b=new", "c=added"]);
        // What is there already is not written again.
        let before = world.count("CopyObject");
        assert!(!world.rewrite().edit(add).await.unwrap());
        assert_eq!(world.count("CopyObject"), before);
    });
}

#[test]
fn a_lost_answer_changes_nothing() {
    run(async {
        let world = World::new().await;
        put_with(&world.plain, "k", b"x", &[("x-oss-meta-a", "old")]).await;
        let add = |metadata: &mut Metadata| {
            metadata.insert("x-oss-meta-b".to_owned(), "2".to_owned());
        };
        world.faults(nth(1, COPY, || Fault::Lose));
        world.rewrite().edit(add).await.unwrap();
        assert_eq!(world.user_metadata().await, ["a=old", "b=2"]);
        let only = [("x-oss-meta-c".to_owned(), "3".to_owned())].into();
        world.faults(nth(1, COPY, || Fault::Lose));
        world.rewrite().replace(&only).await.unwrap();
        assert_eq!(world.user_metadata().await, ["c=3"]);
        assert_eq!(world.content("k").await, b"x");
    });
}
