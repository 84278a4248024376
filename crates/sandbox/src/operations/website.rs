//! Static websites: what those get who come to the host of a bucket and sign nothing.

use http::{Method, StatusCode};
use ossutil_protocol::{
    DecodeError, names,
    xml::{self, Element},
};

use super::{on_bucket, sub_resource, versions};
use crate::{
    accounts::Caller,
    answer::Answer,
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::Lookup,
};

/// What a bucket's website is made of.
#[derive(Default)]
struct Site {
    index: Option<Index>,
    error: Option<ErrorPage>,
    /// In the order of their numbers.
    rules: Vec<Rule>,
}

struct Index {
    suffix: String,
    /// Directories have one of their own; else all have that of the root.
    is_in_directories: bool,
    /// What happens when a name is missing that a directory has.
    kind: Kind,
}

#[derive(PartialEq, Eq)]
enum Kind {
    Redirect,
    Nothing,
    Content,
}

struct ErrorPage {
    key: String,
    status: StatusCode,
}

/// Leads visitors elsewhere.
struct Rule {
    number: u32,
    prefix: String,
    suffix: String,
    /// Headers the request must have.
    headers: Vec<(String, String)>,
    /// Only when this would be answered.
    status: Option<u16>,
    /// `Mirror`, `External` or another.
    kind: String,
    target: Target,
}

struct Target {
    protocol: String,
    host: String,
    status: StatusCode,
    key: String,
    /// What stands for the prefix, if it is to be replaced.
    prefix: Option<String>,
    keeps_query: bool,
}

/// Whether a request is that of a visitor of a website.
pub(crate) fn is_visit(state: &State, request: &Incoming, caller: &Caller) -> Outcome<bool> {
    let (None, true, Some(bucket)) =
        (&caller.access_key_id, request.is_to_bucket_host, &request.bucket)
    else {
        return Ok(false);
    };
    let reads = [Method::GET, Method::HEAD].contains(&request.method);
    if !reads || sub_resource(request).is_some() {
        return Ok(false);
    }
    Ok(state.store.view(|view| view.document(bucket, "website"))?.is_some())
}

/// Answers a visitor, who gets what the ACL and the policy let everyone read.
pub(super) fn visit(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    let document = state.store.view(|view| view.document(bucket, "website"))?.unwrap_or_default();
    let site = parse(&document).unwrap_or_default();
    let key = request.key.as_deref().unwrap_or_default();
    if let Some(rule) = site.rule(request, key, None) {
        return rule.follow(request, key);
    }
    let missing = match show(state, request, bucket, &site.page(key)) {
        Ok(answer) => return Ok(answer),
        Err(refusal) => refusal,
    };
    if let Some(rule) = site.rule(request, key, Some(missing.status)) {
        return rule.follow(request, key);
    }
    if missing.code != "NoSuchKey" {
        return Err(missing);
    }
    if let Some(answer) = site.directory(state, request, bucket, key)? {
        return Ok(answer);
    }
    let Some(page) = &site.error else { return Err(missing) };
    match show(state, request, bucket, &page.key) {
        Ok(answer) => Ok(Answer { status: page.status, ..answer }),
        Err(_) => Err(missing),
    }
}

/// The index of a directory that is missing, which those who sign get too if they download it.
pub(super) fn index(state: &State, request: &Incoming, bucket: &str) -> Outcome<Option<Answer>> {
    let key = request.key.as_deref().unwrap_or_default();
    let downloads = request.method == Method::GET && sub_resource(request).is_none();
    if !downloads || !key.ends_with('/') || request.parameter("versionId").is_some() {
        return Ok(None);
    }
    let document = state.store.view(|view| view.document(bucket, "website"))?;
    let page = document.and_then(|document| parse(&document)).map(|site| site.page(key));
    match page {
        Some(page) if page != key => Ok(show(state, request, bucket, &page).ok()),
        _ => Ok(None),
    }
}

/// The configuration as it is told: a rule that mirrors has one word on whether the query is passed
/// on, which is in both of its places.
pub(super) fn with_queries_passed(document: &str) -> String {
    let told = |rest: &str| {
        let (redirect, rest) = rest.split_once("</Redirect>")?;
        let value = |name: &str| {
            let (_, value) = redirect.split_once(&format!("<{name}>"))?;
            Some(value.split_once("</")?.0.to_owned())
        };
        let mirrored = value("MirrorPassQueryString")?;
        if value("RedirectType")?.trim() != "Mirror" {
            return None;
        }
        let own = value("PassQueryString");
        let own = own.map(|own| format!("<PassQueryString>{own}</PassQueryString>"));
        let redirect = own.map_or(redirect.to_owned(), |own| redirect.replace(&own, ""));
        Some(format!("{redirect}<PassQueryString>{mirrored}</PassQueryString></Redirect>{rest}"))
    };
    let mut parts = document.split("<Redirect>");
    let start = parts.next().unwrap_or_default().to_owned();
    parts.fold(start, |text, rest| {
        text + "<Redirect>" + &told(rest).unwrap_or_else(|| rest.to_owned())
    })
}

/// An object, or the listing, if everyone may read it.
fn show(state: &State, request: &Incoming, bucket: &str, key: &str) -> Outcome<Answer> {
    let request = request.reading(key);
    state.accounts.authorize(&state.store, &request.caller, &request)?;
    match request.key {
        Some(_) => super::object(state, &request, bucket),
        None => on_bucket(state, &request, bucket),
    }
}

impl Site {
    /// The first rule about a key and what would be answered.
    fn rule(&self, request: &Incoming, key: &str, status: Option<u16>) -> Option<&Rule> {
        self.rules.iter().find(|rule| {
            rule.status == status
                && key.starts_with(&rule.prefix)
                && key.ends_with(&rule.suffix)
                && rule
                    .headers
                    .iter()
                    .all(|(name, value)| request.header(name).as_ref() == Some(value))
        })
    }

    /// The key of what is shown for another: a directory has an index.
    fn page(&self, key: &str) -> String {
        match &self.index {
            Some(index) if key.is_empty() || (key.ends_with('/') && !index.is_in_directories) => {
                index.suffix.clone()
            }
            Some(index) if key.ends_with('/') => format!("{key}{}", index.suffix),
            _ => key.to_owned(),
        }
    }

    /// What is answered for a missing name, if it is that of a directory.
    fn directory(
        &self,
        state: &State,
        request: &Incoming,
        bucket: &str,
        key: &str,
    ) -> Outcome<Option<Answer>> {
        let Some(index) = &self.index else { return Ok(None) };
        if !index.is_in_directories || key.ends_with('/') || index.kind == Kind::Nothing {
            return Ok(None);
        }
        let page = format!("{key}/{}", index.suffix);
        if !state.store.view(|view| versions::exists(view, bucket, &page))? {
            return Ok(None);
        }
        Ok(Some(match index.kind {
            Kind::Content => show(state, request, bucket, &page)?,
            _ => {
                let location = format!("/{}/", names::encode_path(key));
                Answer::empty(StatusCode::FOUND).header("location", location)
            }
        }))
    }
}

impl Rule {
    fn follow(&self, request: &Incoming, key: &str) -> Outcome<Answer> {
        if !["External", "AliCDN"].contains(&&*self.kind) {
            return Err(Refusal::not_implemented(&format!("RedirectType {}", self.kind)));
        }
        let target = &self.target;
        let key = match (&*target.key, &target.prefix) {
            ("", Some(prefix)) => format!("{prefix}{}", &key[self.prefix.len()..]),
            ("", None) => key.to_owned(),
            (named, _) => named.replace("${key}", key),
        };
        let host = if target.host.is_empty() { &request.host } else { &target.host };
        let mut location = format!("{}://{host}/{}", target.protocol, names::encode_path(&key));
        if target.keeps_query && !request.query.is_empty() {
            let pair = |(name, value): &(String, String)| {
                format!("{}={}", names::encode(name), names::encode(value))
            };
            let pairs: Vec<String> = request.query.iter().map(pair).collect();
            location += &format!("?{}", pairs.join("&"));
        }
        Ok(Answer::empty(target.status).header("location", location))
    }
}

fn parse(document: &[u8]) -> Option<Site> {
    let site = xml::parse_lenient(document, "WebsiteConfiguration", |root| {
        let index = root.child("IndexDocument").map(|index| Index {
            suffix: index.text_or_empty("Suffix"),
            is_in_directories: is_true(index, "SupportSubDir"),
            kind: match index.text_or_empty("Type").trim() {
                "1" => Kind::Nothing,
                "2" => Kind::Content,
                _ => Kind::Redirect,
            },
        });
        let error = root.child("ErrorDocument").map(|error| {
            let status = status(error, "HttpStatus")?.unwrap_or(StatusCode::NOT_FOUND);
            Ok(ErrorPage { key: error.text_or_empty("Key"), status })
        });
        let mut rules = match root.child("RoutingRules") {
            Some(rules) => rules.all("RoutingRule").map(rule).collect::<Result<Vec<_>, _>>()?,
            None => Vec::new(),
        };
        rules.sort_by_key(|rule| rule.number);
        let index = index.filter(|index| !index.suffix.is_empty());
        let error = error.transpose()?.filter(|error: &ErrorPage| !error.key.is_empty());
        Ok(Site { index, error, rules })
    });
    site.ok()
}

fn rule(rule: Element<'_, '_>) -> Result<Rule, DecodeError> {
    let condition = |name| rule.child("Condition").and_then(|condition| condition.filled(name));
    let redirect = rule.child("Redirect");
    let text = |name| redirect.and_then(|to| to.filled(name)).unwrap_or_default();
    let is_set = |name| redirect.is_some_and(|to| is_true(to, name));
    let prefix = text("ReplaceKeyPrefixWith");
    let replaces_prefix = is_set("EnableReplacePrefix") || !prefix.is_empty();
    let protocol = text("Protocol");
    let code = redirect.map(|to| status(to, "HttpRedirectCode")).transpose()?.flatten();
    Ok(Rule {
        number: rule.number("RuleNumber")?.unwrap_or_default(),
        prefix: condition("KeyPrefixEquals").unwrap_or_default(),
        suffix: condition("KeySuffixEquals").unwrap_or_default(),
        headers: rule.child("Condition").map(headers).unwrap_or_default(),
        status: condition("HttpErrorCodeReturnedEquals").and_then(|code| code.parse().ok()),
        kind: text("RedirectType"),
        target: Target {
            protocol: if protocol.is_empty() { "http".to_owned() } else { protocol },
            host: text("HostName"),
            status: code.unwrap_or(StatusCode::FOUND),
            key: text("ReplaceKeyWith"),
            prefix: replaces_prefix.then_some(prefix),
            keeps_query: is_set("PassQueryString"),
        },
    })
}

fn headers(condition: Element<'_, '_>) -> Vec<(String, String)> {
    let header =
        |header: Element<'_, '_>| (header.text_or_empty("Key"), header.text_or_empty("Equals"));
    condition.all("IncludeHeader").map(header).collect()
}

fn is_true(element: Element<'_, '_>, name: &str) -> bool {
    element.text_or_empty(name).trim().eq_ignore_ascii_case("true")
}

/// The status that an element names; none if it names none.
fn status(element: Element<'_, '_>, name: &str) -> Result<Option<StatusCode>, DecodeError> {
    let code: Option<u16> = element.number(name)?;
    Ok(code.and_then(|code| StatusCode::from_u16(code).ok()).filter(|code| code.as_u16() >= 200))
}
