//! Bodies that are not as announced.

use crate::client::{Reply, World, exchange, signed_text};

fn asked(world: &World, method: &str, target: &str, lines: &[&str]) -> Reply {
    let mut text = signed_text(world, method, target, &[]);
    for line in lines {
        text += line;
        text += "\r\n";
    }
    exchange(&world.sandbox, (text + "\r\n").as_bytes())
}

#[test]
fn what_reads_is_answered_without_the_body_it_announces() {
    let world = World::new();
    world.send("PUT", "/bkt/k", "content").ok();
    let reply = asked(&world, "GET", "/bkt/k", &["content-length: 9"]);
    assert_eq!((reply.status, &*reply.body), (200, "content"));
    assert_eq!(reply.header("connection"), "close");
}

#[test]
fn a_connection_that_ends_says_so_once() {
    let world = World::new();
    world.send("PUT", "/bkt/k", "content").ok();
    let reply = asked(&world, "GET", "/bkt/k", &["connection: close"]);
    let said = reply.headers.iter().filter(|(name, _)| name == "connection");
    assert_eq!(said.map(|(_, value)| &**value).collect::<Vec<_>>(), ["close"]);
}
