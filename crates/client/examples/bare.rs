//! The least an HTTP client does to move bytes from and to memory: no file is touched, nothing
//! hashed or checked. `cargo xtask bench` compares transfers of files with it.
//!
//! `bare ENDPOINT put|get BUCKET KEY BYTES PARALLEL` sends objects `KEY-N` of 8 MiB from memory, or
//! fetches ranges of 8 MiB of the object KEY and keeps them in memory, so many at once.

use std::{env, error::Error, sync::Arc};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use ossutil_signing::{Credentials, Message, v1};

/// What one request moves, in bytes.
const PIECE: u64 = 8 << 20;

type Failure = Box<dyn Error + Send + Sync>;

struct Bare {
    client: Client<HttpConnector, Full<Bytes>>,
    endpoint: String,
    bucket: String,
}

impl Bare {
    async fn exchange(
        &self,
        method: &str,
        key: &str,
        headers: &[(String, String)],
        content: Bytes,
    ) -> Result<Vec<u8>, Failure> {
        let credentials = Credentials {
            access_key_id: "sandbox".to_owned(),
            access_key_secret: "sandbox-secret".into(),
            security_token: None,
        };
        let (bucket, key) = (Some(&*self.bucket), Some(key));
        let message = Message { method, bucket, key, query: &[], headers };
        #[expect(clippy::disallowed_methods, reason = "a program of its own")]
        let now = jiff::Timestamp::now();
        let signature = v1::sign(&message, &credentials, now, &[]);
        let url = format!("{}/{}/{}", self.endpoint, self.bucket, key.unwrap_or_default());
        let mut request = http::Request::builder().method(method).uri(url);
        for (name, value) in headers.iter().chain(&signature) {
            request = request.header(name, value);
        }
        let mut answer = self.client.request(request.body(Full::new(content))?).await?;
        let length = answer.body().size_hint().exact().unwrap_or_default();
        let mut received = Vec::with_capacity(usize::try_from(length)?);
        while let Some(frame) = answer.body_mut().frame().await {
            received.extend_from_slice(frame?.data_ref().map_or(&[], Bytes::as_ref));
        }
        match answer.status().is_success() {
            true => Ok(received),
            false => Err(format!("{method}: {}", answer.status()).into()),
        }
    }

    /// Moves one piece; gives what is in memory of it afterwards.
    async fn piece(
        &self,
        method: &str,
        key: &str,
        start: u64,
        sent: Bytes,
    ) -> Result<Vec<u8>, Failure> {
        match method {
            "put" => {
                let name = format!("{key}-{}", start / PIECE);
                self.exchange("PUT", &name, &[], sent).await
            }
            _ => {
                let range = format!("bytes={start}-{}", start + sent.len() as u64 - 1);
                let headers = [("range".to_owned(), range)];
                self.exchange("GET", key, &headers, Bytes::new()).await
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a program of its own")]
fn arguments() -> Vec<String> {
    env::args().skip(1).collect()
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments = arguments();
    let [endpoint, method, bucket, key, bytes, parallel] = &*arguments else {
        return Err("usage: bare ENDPOINT put|get BUCKET KEY BYTES PARALLEL".into());
    };
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).build(tcp);
    let bare = Arc::new(Bare { client, endpoint: endpoint.clone(), bucket: bucket.clone() });
    let (bytes, parallel): (u64, usize) = (bytes.parse()?, parallel.parse()?);
    let piece = Bytes::from(vec![7; usize::try_from(PIECE)?]);
    let pieces: Vec<Vec<u8>> = stream::iter((0..bytes).step_by(usize::try_from(PIECE)?))
        .map(|start| {
            let length = usize::try_from((bytes - start).min(PIECE)).unwrap_or_default();
            let (bare, method, key) = (Arc::clone(&bare), method.clone(), key.clone());
            let sent = piece.slice(..length);
            let task = async move { bare.piece(&method, &key, start, sent).await };
            async { tokio::spawn(task).await? }
        })
        .buffer_unordered(parallel)
        .try_collect()
        .await?;
    let came: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
    match method == "put" || came == bytes {
        true => Ok(()),
        false => Err("not all of it came".into()),
    }
}
