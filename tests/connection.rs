//! HTTP by hand, for what no SDK sends: requests are signed here, and not by the client under test.

use std::{
    io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write},
    net::TcpStream,
    time::Duration,
};

use jiff::Timestamp;

/// A connection that is kept; all requests are about the bucket `bkt`.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    address: String,
    /// What is signed with.
    pub(crate) secret: &'static str,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(candidate, _)| candidate == name);
        header.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("text")
    }

    /// The service's code in an error.
    pub(crate) fn code(&self) -> String {
        between(&self.text(), "<Code>").pop().unwrap_or_default()
    }
}

impl Connection {
    pub(crate) fn new(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let (stream, address) = (BufReader::new(stream), address.to_owned());
        Ok(Self { stream, address, secret: "sandbox-secret" })
    }

    /// Sends a request and reads the answer.
    pub(crate) fn send(
        &mut self,
        method: &str,
        key: &str,
        query: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer> {
        self.send_with(method, key, query, &[], body)
    }

    /// As [`Connection::send`], with headers.
    pub(crate) fn send_with(
        &mut self,
        method: &str,
        key: &str,
        query: &[(&str, &str)],
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer> {
        let length = body.len().to_string();
        let headers = [headers, &[("content-length", &*length)]].concat();
        self.begin(method, key, query, &headers)?;
        self.stream.get_mut().write_all(body)?;
        self.head()?.rest(&mut self.stream)
    }

    /// Sends the head of a request, as it is given, and no more.
    pub(crate) fn begin(
        &mut self,
        method: &str,
        key: &str,
        query: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Result<()> {
        let (query, headers) = (owned(query), owned(headers));
        let message = ossutil_signing::Message {
            method,
            bucket: Some("bkt"),
            key: (!key.is_empty()).then_some(key),
            query: &query,
            headers: &headers,
        };
        let credentials = ossutil_signing::Credentials {
            access_key_id: "sandbox".to_owned(),
            access_key_secret: self.secret.into(),
            security_token: None,
        };
        let signed = ossutil_signing::v1::sign(&message, &credentials, now(), &[]);
        let query: Vec<String> =
            query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (query, address) = (query.join("&"), &self.address);
        let mut head = format!("{method} /bkt/{key}?{query} HTTP/1.1\r\nhost: {address}\r\n");
        for (name, value) in headers.iter().chain(&signed) {
            head += &format!("{name}: {value}\r\n");
        }
        self.stream.get_mut().write_all((head + "\r\n").as_bytes())
    }

    /// Sends a piece of a body.
    pub(crate) fn write(&mut self, piece: &[u8]) -> Result<()> {
        self.stream.get_mut().write_all(piece)
    }

    /// Reads the head of an answer.
    pub(crate) fn head(&mut self) -> Result<Head> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let status = lines[0].split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| Error::other(lines[0].clone()))?;
        let headers = lines[1..].iter().filter_map(|line| line.split_once(": "));
        let headers =
            headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        Ok(Head(Answer { status, headers, body: Vec::new() }))
    }

    /// Reads the rest of an answer.
    pub(crate) fn rest(&mut self, head: Head) -> Result<Answer> {
        head.rest(&mut self.stream)
    }
}

/// An answer whose body has not been read.
pub(crate) struct Head(Answer);

impl Head {
    fn rest(self, stream: &mut impl Read) -> Result<Answer> {
        let mut answer = self.0;
        let length = answer.header("content-length").and_then(|length| length.parse().ok());
        answer.body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut answer.body)?;
        Ok(answer)
    }
}

/// The texts of the elements that begin with `tag`.
pub(crate) fn between(xml: &str, tag: &str) -> Vec<String> {
    let texts = xml.split(tag).skip(1).filter_map(|rest| rest.split_once('<'));
    texts.map(|(text, _)| text.to_owned()).collect()
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[expect(clippy::disallowed_methods, reason = "a test signs with the time")]
fn now() -> Timestamp {
    Timestamp::now()
}
