//! Upload callbacks: when an object is there, the service tells a server of the application, whose
//! answer becomes the answer of the upload. The sandbox calls addresses of this machine only, and
//! does not sign its calls.

use std::{net::IpAddr, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use ossutil_protocol::xml;
use ossutil_signing::percent_encode;
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};

use crate::{
    answer::Answer,
    incoming::Incoming,
    operations,
    refusal::{Outcome, Refusal},
    server::State,
    store::Lookup,
};

/// How long the application may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest answer of the application, in bytes.
const MAX_ANSWER: usize = 1 << 20;

/// The operations that call back.
const OPERATIONS: [&str; 3] = ["PutObject", "PostObject", "CompleteMultipartUpload"];

/// What is to be called, and what it is told.
pub(crate) struct Callback {
    urls: String,
    host: Option<String>,
    body: String,
    is_json: bool,
    /// The variables of the request, by their names.
    variables: Vec<(String, Value)>,
    bucket: String,
    key: String,
}

impl Callback {
    /// What a request asks to be called.
    ///
    /// # Errors
    /// A callback that nobody understands.
    pub(crate) fn of(state: &State, request: &Incoming) -> Outcome<Option<Self>> {
        let operation = operations::name(request);
        let (Some(bucket), Some(key)) = (&request.bucket, &request.key) else { return Ok(None) };
        let text = |name: &str| {
            let header = request.header(&format!("x-oss-{name}"));
            header.or_else(|| request.parameter(name).map(str::to_owned)).filter(|t| !t.is_empty())
        };
        let Some(callback) = text("callback").filter(|_| OPERATIONS.contains(&&*operation)) else {
            return Ok(None);
        };
        let mut parameters = decoded("callback", &callback)?;
        let mut variables = text("callback-var");
        if let Some(policy) = parameters["callbackPolicy"].as_str() {
            let (callback, var) = stored(state, bucket, policy)?;
            parameters = decoded("callback", &callback)?;
            variables = variables.or(var);
        }
        let variables = variables.map(|text| decoded("callback-var", &text)).transpose()?;
        let variables = match variables {
            Some(Value::Object(pairs)) => pairs.into_iter().collect(),
            _ => Vec::new(),
        };
        let field = |name: &str| parameters[name].as_str().map(str::to_owned);
        let (Some(urls), Some(body)) = (field("callbackUrl"), field("callbackBody")) else {
            let message = "The callback configuration has no callbackUrl or no callbackBody.";
            return Err(Refusal::invalid_argument("callback", &callback, message));
        };
        let is_json = field("callbackBodyType").is_some_and(|kind| kind.contains("json"));
        let (host, bucket, key) = (field("callbackHost"), bucket.clone(), key.clone());
        Ok(Some(Self { urls, host, body, is_json, variables, bucket, key }))
    }

    /// Calls, and makes what is said the answer.
    pub(crate) async fn call(self, state: &State, answer: Answer) -> Outcome<Answer> {
        let body = self.filled(state, &answer)?;
        let mut failure = failed("Error status : -1.OSS can not connect to your callbackUrl.");
        for url in self.urls.split(';').map(str::trim).filter(|url| !url.is_empty()).take(5) {
            match timeout(PATIENCE, self.post(url, body.clone())).await {
                Ok(Ok(said)) => {
                    let mut headers = answer.headers;
                    headers.retain(|(name, _)| name != "content-type");
                    let answer = Answer { status: StatusCode::OK, headers, body: said.into() };
                    return Ok(answer.header("content-type", "application/json"));
                }
                Ok(Err(refusal)) => failure = refusal,
                Err(_) => failure = failed("Cost too long time."),
            }
        }
        Err(failure)
    }

    /// The body with the values of its variables.
    fn filled(&self, state: &State, answer: &Answer) -> Outcome<String> {
        let object = state.store.view(|view| view.latest(&self.bucket, &self.key))?;
        let (size, kind) = object.map_or((0, None), |(_, object)| {
            let kind = object.headers.iter().find(|(name, _)| name == "content-type");
            (object.summary.size, kind.map(|(_, kind)| kind.clone()))
        });
        let header = |name: &str| {
            let found = answer.headers.iter().find(|(candidate, _)| candidate == name);
            Value::from(found.map(|(_, value)| value.trim_matches('"')).unwrap_or_default())
        };
        let value = |name: &str| match name {
            "bucket" => Value::from(&*self.bucket),
            "object" => Value::from(&*self.key),
            "etag" => header("etag"),
            "crc64" => header("x-oss-hash-crc64ecma"),
            "contentMd5" => header("content-md5"),
            "size" => Value::from(size),
            "mimeType" => Value::from(kind.clone().unwrap_or_default()),
            _ => {
                let found = self.variables.iter().find(|(candidate, _)| candidate == name);
                found.map_or(Value::from(""), |(_, value)| value.clone())
            }
        };
        let mut filled = String::new();
        let mut rest = &*self.body;
        while let Some((before, (name, behind))) =
            rest.split_once("${").and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            filled += before;
            filled += &self.written(&value(name));
            rest = behind;
        }
        Ok(filled + rest)
    }

    /// A value in JSON, or in a form.
    fn written(&self, value: &Value) -> String {
        match value {
            value if self.is_json => value.to_string(),
            Value::String(text) => percent_encode(text),
            value => percent_encode(&value.to_string()),
        }
    }

    async fn post(&self, url: &str, body: String) -> Outcome<Bytes> {
        let unreachable = || failed("Error status : -1.OSS can not connect to your callbackUrl.");
        let uri: Uri = url.parse().map_err(|_| unreachable())?;
        let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http"));
        let authority = authority.ok_or_else(unreachable)?;
        let address = (loopback(authority.host()).ok_or_else(unreachable)?, uri.port_u16());
        let stream = TcpStream::connect((address.0, address.1.unwrap_or(80))).await;
        let stream = TokioIo::new(stream.map_err(|_| unreachable())?);
        let (mut sender, connection) = handshake(stream).await.map_err(|_| unreachable())?;
        tokio::spawn(connection);
        let kind = match self.is_json {
            true => "application/json",
            false => "application/x-www-form-urlencoded",
        };
        let host = self.host.as_deref().unwrap_or(authority.as_str());
        let host = HeaderValue::from_str(host).map_err(|_| unreachable())?;
        let request = Request::post(uri.path_and_query().map_or("/", |path| path.as_str()))
            .header(header::HOST, host)
            .header(header::CONTENT_TYPE, kind)
            .header(header::USER_AGENT, "aliyun-oss-callback")
            .header("x-oss-bucket", &self.bucket)
            .body(Full::<Bytes>::from(body));
        let response = sender.send_request(request.map_err(|_| unreachable())?).await;
        let response = response.map_err(|_| unreachable())?;
        let status = response.status().as_u16();
        let said = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
        let too_long = "Error Status : 400.User server return too long content-length value.";
        let said = said.map_err(|_| failed(too_long))?.to_bytes();
        match serde_json::from_slice::<Value>(&said) {
            _ if status != 200 => Err(failed(&format!("Error status : {status}."))),
            Ok(_) => Ok(said),
            Err(_) => Err(failed("Response body is not valid json format.")),
        }
    }
}

/// The address of a host that is this machine.
fn loopback(host: &str) -> Option<IpAddr> {
    if host == "localhost" {
        return Some(IpAddr::from([127, 0, 0, 1]));
    }
    let address: IpAddr = host.trim_matches(['[', ']']).parse().ok()?;
    address.is_loopback().then_some(address)
}

/// JSON in base64, as callbacks come.
fn decoded(name: &str, text: &str) -> Outcome<Value> {
    let json = BASE64_STANDARD.decode(text.trim()).ok();
    let value = json.and_then(|json| serde_json::from_slice(&json).ok());
    value.filter(Value::is_object).ok_or_else(|| {
        let message = format!("The {name} configuration is not JSON in base64.");
        Refusal::invalid_argument(name, text, &message)
    })
}

/// The callback of this name that is stored with the bucket, and its variables.
fn stored(state: &State, bucket: &str, name: &str) -> Outcome<(String, Option<String>)> {
    let document = state.store.view(|view| view.document(bucket, "policy&comp=callback"))?;
    let found = xml::parse(&document.unwrap_or_default(), "BucketCallbackPolicy", |root| {
        let item = root.all("PolicyItem").find(|item| item.text_or_empty("PolicyName") == name);
        Ok(item.map(|item| (item.text_or_empty("Callback"), item.filled("CallbackVar"))))
    });
    found.ok().flatten().ok_or_else(|| {
        let message = "The callback policy of this name does not exist.";
        Refusal::invalid_argument("callbackPolicy", name, message)
    })
}

fn failed(message: &str) -> Refusal {
    Refusal::new(203, "CallbackFailed", message)
}
