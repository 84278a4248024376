//! What can happen between the binary and the sandbox: a stand-in that passes requests on, and does
//! one thing wrong, once.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    io::{self, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::support::World;

/// What goes wrong with the first request that begins with the text.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    /// It is carried out, and the connection ends before the answer.
    LoseAnswer(&'static str),
    /// It never gets there.
    LoseRequest(&'static str),
    /// One byte of its body is another when it arrives.
    Damage(&'static str),
}

/// Begins to listen; gives the endpoint.
pub(crate) fn wire(world: &World, fault: Fault) -> String {
    let listener = world.runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let address = listener.local_addr().expect("an address");
    let (target, was_done) = (world.sandbox.address(), Arc::new(AtomicBool::new(false)));
    world.runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(pass(stream, target, fault, Arc::clone(&was_done)));
        }
    });
    format!("http://{address}")
}

/// Passes on the requests of one connection.
async fn pass(
    stream: TcpStream,
    target: SocketAddr,
    fault: Fault,
    was_done: Arc<AtomicBool>,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).await? == 0 {
                return Ok(());
            }
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.map_or(0, |length| length.parse().expect("a length"));
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let (Fault::LoseAnswer(begins) | Fault::LoseRequest(begins) | Fault::Damage(begins)) =
            fault;
        let is_faulty = head.starts_with(begins) && !was_done.swap(true, Ordering::SeqCst);
        if is_faulty && matches!(fault, Fault::LoseRequest(_)) {
            return Ok(());
        }
        if is_faulty && matches!(fault, Fault::Damage(_)) {
            body[0] ^= 1;
        }
        let answer = exchange(target, &head, &body).await?;
        if is_faulty && matches!(fault, Fault::LoseAnswer(_)) {
            return Ok(());
        }
        stream.write_all(&answer).await?;
    }
}

/// Sends one request on a connection of its own, and reads the answer to its end.
async fn exchange(target: SocketAddr, head: &str, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(target).await?;
    let (line, headers) = head.split_once("\r\n").expect("a request line");
    let head = format!("{line}\r\nconnection: close\r\n{headers}");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}
