//! A sandbox, a home folder, and a way to run the binary in them.

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use ossutil_sandbox::{Builder, Sandbox};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A world of its own for one test.
pub(crate) struct World {
    pub(crate) home: TempDir,
    pub(crate) sandbox: Sandbox,
    /// The sandbox's clock minus the machine's, in seconds.
    offset: Arc<AtomicI64>,
    pub(crate) runtime: Runtime,
}

/// What a run printed, and how it ended.
#[must_use = "a run says nothing until it is asserted on"]
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::new_skewed(0)
    }

    /// The sandbox's clock is `seconds` ahead.
    pub(crate) fn new_skewed(seconds: i64) -> Self {
        Self::start(seconds, |builder| builder)
    }

    /// The sandbox is built as `configure` has it; it also knows the key of every other world.
    pub(crate) fn with(configure: impl FnOnce(Builder) -> Builder) -> Self {
        Self::start(0, configure)
    }

    /// The sandbox holds each answer back so long.
    pub(crate) fn new_slow(latency: Duration) -> Self {
        Self::with(|builder| builder.latency(latency))
    }

    #[expect(clippy::disallowed_methods, reason = "a test gives its sandbox the time")]
    fn start(seconds: i64, configure: impl FnOnce(Builder) -> Builder) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let offset = Arc::new(AtomicI64::new(seconds));
        let clock = {
            let offset = Arc::clone(&offset);
            Arc::new(move || jiff::Timestamp::now() + skew(&offset))
        };
        let builder = Sandbox::builder(clock).access_key("sandbox", "sandbox-secret");
        let sandbox = runtime.block_on(configure(builder).start()).expect("a sandbox");
        let home = tempfile::tempdir().expect("a folder");
        let world = Self { home, sandbox, offset, runtime };
        world.put("/bkt/", &[]);
        world
    }

    /// From here on the sandbox's clock is `seconds` ahead.
    pub(crate) fn skew(&self, seconds: i64) {
        self.offset.store(seconds, Ordering::Relaxed);
    }

    /// The binary with the sandbox in its environment, and nothing else.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ossutil"));
        command
            .env_clear()
            .current_dir(self.home.path())
            .env("HOME", self.home.path())
            .env("TZ", "UTC")
            .env("OSSUTIL_CONFIG_FILE", self.home.path().join("config"))
            .env("OSS_ENDPOINT", self.sandbox.endpoint())
            .env("OSS_REGION", "cn-hangzhou")
            .env("OSS_ACCESS_KEY_ID", "sandbox")
            .env("OSS_ACCESS_KEY_SECRET", "sandbox-secret");
        if !self.home.path().join("config").exists() {
            command.env_remove("OSSUTIL_CONFIG_FILE");
        }
        command
    }

    /// Runs it with these arguments and no input.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        finish(self.command().args(arguments), "")
    }

    /// Runs it with these arguments and this input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Run {
        finish(self.command().args(arguments), input)
    }

    /// Starts an upload and sends parts of these sizes, by requests of the test's own; gives its
    /// id.
    pub(crate) fn upload(&self, key: &str, sizes: &[usize]) -> String {
        let id = self.upload_with(key, &[]);
        for (number, size) in (1..).zip(sizes) {
            self.part(key, &id, number, &vec![b'x'; *size]);
        }
        id
    }

    /// Starts an upload whose object is to have these headers; gives its id.
    pub(crate) fn upload_with(&self, key: &str, headers: &[(&str, &str)]) -> String {
        let target = format!("/bkt/{}?uploads", encode(key));
        let answer = self.exchange("POST", &target, headers, &[]).1;
        let answer = String::from_utf8(answer).expect("UTF-8");
        let (_, rest) = answer.split_once("<UploadId>").expect("an upload id");
        rest.split_once('<').expect("an upload id").0.to_owned()
    }

    /// Sends a part.
    pub(crate) fn part(&self, key: &str, upload_id: &str, number: u32, content: &[u8]) {
        let path = format!("/bkt/{}", encode(key));
        self.put(&format!("{path}?partNumber={number}&uploadId={upload_id}"), content);
    }

    /// Reads an object.
    pub(crate) fn content(&self, key: &str) -> Vec<u8> {
        self.request("GET", &format!("/bkt/{}", encode(key)), &[])
    }

    /// Writes an object.
    pub(crate) fn object(&self, key: &str, content: &[u8]) {
        self.put(&format!("/bkt/{}", encode(key)), content);
    }

    /// The headers of an object.
    pub(crate) fn head(&self, key: &str) -> Vec<(String, String)> {
        let (head, _) = self.exchange("HEAD", &format!("/bkt/{}", encode(key)), &[], &[]);
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Removes all objects.
    pub(crate) fn clear(&self) {
        let listing = self.run(&["ls", "-s", "oss://bkt"]).ok().stdout.clone();
        for key in listing.lines().filter_map(|line| line.strip_prefix("oss://bkt/")) {
            let _ = self.request("DELETE", &format!("/bkt/{}", encode(key)), &[]);
        }
    }

    /// From here on the sandbox has this fault.
    pub(crate) fn fault(&self, fault: &str) {
        self.sandbox.add_fault(fault.parse().expect("a fault"));
    }

    /// Sends a PUT request.
    pub(crate) fn put(&self, target: &str, body: &[u8]) {
        let _ = self.request("PUT", target, body);
    }

    /// What stands with an object under a sub-resource such as `acl`.
    pub(crate) fn get(&self, key: &str, sub_resource: &str) -> String {
        let target = format!("/bkt/{}?{sub_resource}", encode(key));
        String::from_utf8(self.request("GET", &target, &[])).expect("UTF-8")
    }

    /// Writes an object with these headers; with a query such as `?partNumber=…` something of it.
    pub(crate) fn put_with(&self, key: &str, query: &str, headers: &[(&str, &str)], body: &[u8]) {
        let target = format!("/bkt/{}{query}", encode(key));
        let _ = self.exchange("PUT", &target, headers, body);
    }

    /// Sends a request and gives the body of the answer.
    pub(crate) fn request(&self, method: &str, target: &str, body: &[u8]) -> Vec<u8> {
        self.exchange(method, target, &[], body).1
    }

    /// Sends a request that is signed here, and not by the client under test; gives head and body
    /// of the answer.
    fn exchange(
        &self,
        method: &str,
        target: &str,
        own: &[(&str, &str)],
        body: &[u8],
    ) -> (String, Vec<u8>) {
        let own = own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let own: Vec<(String, String)> = own.collect();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut parts = path.splitn(3, '/').skip(1);
        let (bucket, key) = (parts.next().expect("a bucket"), parts.next().unwrap_or_default());
        let key = decode(key);
        let query: Vec<(String, String)> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let message = ossutil_signing::Message {
            method,
            bucket: Some(bucket),
            key: (!key.is_empty()).then_some(key.as_str()),
            query: &query,
            headers: &own,
        };
        let credentials = ossutil_signing::Credentials {
            access_key_id: "sandbox".to_owned(),
            access_key_secret: "sandbox-secret".into(),
            security_token: None,
        };
        let mut headers = ossutil_signing::v1::sign(&message, &credentials, self.now(), &[]);
        headers.extend(own.iter().cloned());
        let mut request = format!(
            "{method} {target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n",
            self.sandbox.address(),
            body.len()
        );
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        let mut stream =
            std::net::TcpStream::connect(self.sandbox.address()).expect("a connection");
        stream.write_all(request.as_bytes()).expect("sent");
        stream.write_all(b"\r\n").expect("sent");
        stream.write_all(body).expect("sent");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time limit");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head") + 4;
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        assert!(head.starts_with("HTTP/1.1 20"), "{method} {target}: {head}");
        (head, answer.split_off(end))
    }

    #[expect(clippy::disallowed_methods, reason = "a test signs with the time")]
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now() + skew(&self.offset)
    }

    /// The requests the sandbox answered, as `METHOD /path?query`.
    pub(crate) fn requests(&self) -> Vec<String> {
        let records = self.sandbox.requests().into_iter();
        records.map(|record| format!("{} {}", record.method, record.target)).collect()
    }
}

fn skew(offset: &AtomicI64) -> jiff::SignedDuration {
    jiff::SignedDuration::from_secs(offset.load(Ordering::Relaxed))
}

/// Runs a command to its end.
pub(crate) fn finish(command: &mut Command, input: &str) -> Run {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stdin = child.stdin.take().expect("an input");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        // The run may end without reading it all.
        let _ = stdin.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().expect("the binary ends");
    writer.join().expect("the input is written");
    Run {
        stdout: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8 on standard error"),
        code: output.status.code().unwrap_or(-1),
    }
}

impl Run {
    /// Asserts that all was done and nothing said.
    pub(crate) fn ok(&self) -> &Self {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{self:?}");
        self
    }

    /// Asserts the exit code, and that standard error holds each of these.
    pub(crate) fn fails(&self, code: i32, texts: &[&str]) -> &Self {
        assert_eq!(self.code, code, "{self:?}");
        for text in texts {
            assert!(self.stderr.contains(text), "no `{text}` in: {}", self.stderr);
        }
        self
    }

    /// Standard output without the time it took.
    pub(crate) fn without_time(&self) -> String {
        let lines: Vec<&str> = self.stdout.lines().collect();
        let lines = lines.into_iter().filter(|line| !line.ends_with("(s) elapsed"));
        lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
    }
}

fn encode(key: &str) -> String {
    key.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn decode(text: &str) -> String {
    let bytes = text.split('%').skip(1).map(|hex| u8::from_str_radix(hex, 16).expect("hex"));
    String::from_utf8(bytes.collect()).expect("UTF-8")
}
