//! A sandbox inside another program, as a test would have it: started, asked, made to fail, ended.
//!
//! `cargo run -p ossutil-sandbox --example embed`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]
#![expect(clippy::disallowed_methods, reason = "a program gives its sandbox the time")]

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
};

use ossutil_sandbox::Sandbox;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder(Arc::new(jiff::Timestamp::now))
        .access_key("id", "secret")
        .fault("ListBuckets: status=503 count=1".parse()?)
        .start()
        .await?;
    println!("any client of OSS would be given the endpoint {}", sandbox.endpoint());

    // Without a signature the second request is refused too, but not by the fault.
    for _ in 0..2 {
        let mut stream = TcpStream::connect(sandbox.address())?;
        write!(stream, "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        println!("{}", answer.lines().next().unwrap_or_default());
    }

    // A test asserts on what was asked.
    let operations: Vec<(String, u16)> =
        sandbox.requests().into_iter().map(|request| (request.operation, request.status)).collect();
    assert_eq!(operations, [("ListBuckets".to_owned(), 503), ("ListBuckets".to_owned(), 403)]);
    Ok(())
}
