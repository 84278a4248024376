//! The transport over real connections, with servers that answer early, slowly, or not at all.

use std::{future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use ossutil_client::{
    Addressing, Client, Content, Endpoint, Error, HttpTransport, Options, SignatureVersion,
    StaticCredentials, Timeouts, TransportErrorKind, TransportOptions,
    protocol::operations::UploadPart, retry::Policy,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Several times what the buffers of a connection hold, in bytes.
const LARGE: usize = 160 << 20;

/// The time limit without progress.
const IDLE: Duration = Duration::from_secs(1);

const OK: &str = "HTTP/1.1 200 OK\r\netag: \"E\"\r\ncontent-length: 0\r\n\r\n";

/// A client of a server that treats its first connection like this.
async fn client_of<F>(serve: impl FnOnce(TcpStream) -> F + Send + 'static) -> Client
where
    F: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { serve(listener.accept().await.unwrap().0).await });
    let transport = HttpTransport::new(&TransportOptions {
        is_https: false,
        timeouts: Timeouts { connect: IDLE, read: IDLE },
        proxy: None,
        skip_verify_cert: false,
        more_roots: None,
        bind_address: None,
    });
    Client::new(Options {
        endpoint: Endpoint::parse(&endpoint, Addressing::Path).unwrap(),
        signature_version: SignatureVersion::V1,
        credentials: Arc::new(StaticCredentials(None)),
        transport: Arc::new(transport.unwrap()),
        retry: Policy { attempts: 1, ..Policy::default() },
        request_payer: None,
        user_agent: "test".to_owned(),
        clock: Arc::new(|| Timestamp::UNIX_EPOCH),
    })
}

async fn send(client: &Client) -> Result<(), Error> {
    let content = Content::from(Bytes::from(vec![0; LARGE]));
    client.send_content(&UploadPart::default(), &content).await.map(|_| ())
}

async fn read(stream: &mut TcpStream, mut count: usize) {
    let mut buffer = vec![0; 1 << 20];
    while count > 0 {
        count = match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => count.saturating_sub(read),
        }
    }
}

#[tokio::test]
async fn an_answer_that_comes_before_all_is_sent_is_read() {
    for is_closed in [false, true] {
        let client = client_of(move |mut stream| async move {
            read(&mut stream, 1).await;
            let body = "<Error><Code>AccessDenied</Code></Error>";
            let answer =
                format!("HTTP/1.1 403 Forbidden\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
            // Nothing more is read: only the early answer can end this.
            if !is_closed {
                std::future::pending::<()>().await;
            }
        });
        let error = send(&client.await).await.unwrap_err();
        assert!(error.has_code("AccessDenied"), "{error}");
    }
}

#[tokio::test]
async fn sending_may_take_longer_than_the_limit_while_it_goes_on() {
    let client = client_of(|mut stream| async move {
        for _ in 0..8 {
            tokio::time::sleep(IDLE / 4).await;
            read(&mut stream, LARGE / 9).await;
        }
        stream.write_all(OK.as_bytes()).await.unwrap();
        read(&mut stream, usize::MAX).await;
    });
    send(&client.await).await.unwrap();
}

#[tokio::test]
async fn a_server_that_reads_nothing_and_says_nothing_is_given_up() {
    let client = client_of(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    });
    let error = send(&client.await).await.unwrap_err();
    let Error::Transport { source, .. } = error else { panic!("{error}") };
    assert_eq!(source.kind, TransportErrorKind::Timeout, "{source}");
}
