//! CORS: what a bucket's rules let the pages of other sites do, and the headers that tell browsers.

use http::StatusCode;
use ossutil_protocol::xml::{self, Element};

use crate::{
    answer::Answer,
    incoming::Incoming,
    permissions::is_like,
    refusal::{Outcome, Refusal},
    server::State,
    store::Lookup,
};

/// A rule.
struct Rule {
    origins: Vec<String>,
    methods: Vec<String>,
    headers: Vec<String>,
    exposed: Vec<String>,
    max_age: Option<i64>,
}

fn parse(body: &[u8]) -> Outcome<Vec<Rule>> {
    let rules = xml::parse(body, "CORSConfiguration", |root| {
        let texts = |rule: Element<'_, '_>, name: &str| {
            rule.all(name).map(|element| element.own_text().trim().to_owned()).collect()
        };
        root.all("CORSRule")
            .map(|rule| {
                Ok(Rule {
                    origins: texts(rule, "AllowedOrigin"),
                    methods: texts(rule, "AllowedMethod"),
                    headers: texts(rule, "AllowedHeader"),
                    exposed: texts(rule, "ExposeHeader"),
                    max_age: rule.number("MaxAgeSeconds")?,
                })
            })
            .collect()
    });
    rules.map_err(|_| Refusal::malformed_xml())
}

/// Checks a document: 1 to 20 rules, each of some origins and methods.
pub(super) fn check(_: &State, request: &Incoming) -> Outcome<()> {
    const METHODS: [&str; 5] = ["GET", "PUT", "DELETE", "POST", "HEAD"];
    let rules = parse(&request.body)?;
    let ages = rules.iter().filter_map(|rule| rule.max_age);
    if let Some(age) = ages.into_iter().find(|age| !(0..=999_999_999).contains(age)) {
        let message = "MaxAgeSeconds must be between 0 and 999999999.";
        return Err(Refusal::invalid_argument("MaxAgeSeconds", &age.to_string(), message));
    }
    let stars = |texts: &[String]| texts.iter().all(|text| text.matches('*').count() <= 1);
    let is_right = |rule: &Rule| {
        !rule.origins.is_empty()
            && !rule.methods.is_empty()
            && rule.methods.iter().all(|method| METHODS.contains(&&**method))
            && stars(&rule.origins)
            && stars(&rule.headers)
    };
    match rules.len() <= 20 && rules.iter().all(is_right) {
        true => Ok(()),
        false => Err(Refusal::malformed_xml()),
    }
}

impl Rule {
    fn permits(&self, origin: &str, method: &str, headers: &[String]) -> bool {
        let covers = |patterns: &[String], text: &str| {
            let text = text.to_ascii_lowercase();
            let mut patterns = patterns.iter().map(|pattern| pattern.to_ascii_lowercase());
            patterns.any(|pattern| is_like(text.as_bytes(), pattern.as_bytes()))
        };
        covers(&self.origins, origin)
            && self.methods.iter().any(|permitted| permitted == method)
            && headers.iter().all(|header| covers(&self.headers, header))
    }

    fn add_to(&self, answer: Answer, origin: &str) -> Answer {
        let is_any = self.origins.iter().any(|permitted| permitted == "*");
        let exposed = Some(self.exposed.join(", ")).filter(|names| !names.is_empty());
        answer
            .header("access-control-allow-origin", if is_any { "*" } else { origin })
            .header("access-control-allow-methods", self.methods.join(", "))
            .header_if("access-control-expose-headers", exposed)
            .header_if("access-control-max-age", self.max_age)
            .header("vary", "Origin")
    }
}

fn find(
    state: &State,
    request: &Incoming,
    origin: &str,
    method: &str,
    headers: &[String],
) -> Outcome<Option<Rule>> {
    let Some(bucket) = &request.bucket else { return Ok(None) };
    let document = state.store.view(|view| view.document(bucket, "cors"))?;
    let rules = document.map(|document| parse(&document)).transpose()?.unwrap_or_default();
    Ok(rules.into_iter().find(|rule| rule.permits(origin, method, headers)))
}

/// Answers the question that a browser asks before it sends a request.
pub(crate) fn preflight(state: &State, request: &Incoming) -> Outcome<Answer> {
    let origin = request.header("origin").unwrap_or_default();
    let method = request.header("access-control-request-method").unwrap_or_default();
    if origin.is_empty() || method.is_empty() {
        let missing = match origin.is_empty() {
            true => "Origin",
            false => "Access-Control-Request-Method",
        };
        let message = format!("Insufficient information. {missing} request header needed.");
        return Err(Refusal::new(400, "BadRequest", message));
    }
    let asked = request.header("access-control-request-headers").unwrap_or_default();
    let headers: Vec<String> = asked.split(',').map(|name| name.trim().to_owned()).collect();
    let headers: Vec<String> = headers.into_iter().filter(|name| !name.is_empty()).collect();
    match find(state, request, &origin, &method, &headers)? {
        Some(rule) => {
            let answer = rule.add_to(Answer::empty(StatusCode::OK), &origin);
            Ok(answer
                .header_if("access-control-allow-headers", Some(asked).filter(|a| !a.is_empty())))
        }
        None => {
            let message = "CORSResponse: This CORS request is not allowed. This is usually because \
                           the evaluation of Origin, request method / Access-Control-Request-Method \
                           or Access-Control-Request-Headers are not whitelisted by the resource's \
                           CORS spec.";
            Err(Refusal::new(403, "AccessForbidden", message))
        }
    }
}

/// Adds what a browser needs to hand the answer to the page that asked.
pub(crate) fn add_headers(state: &State, request: &Incoming, answer: Answer) -> Outcome<Answer> {
    let Some(origin) = request.header("origin") else { return Ok(answer) };
    let rule = find(state, request, &origin, request.method.as_str(), &[])?;
    Ok(match rule {
        Some(rule) => rule.add_to(answer, &origin),
        None => answer,
    })
}
