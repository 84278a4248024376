//! Hotlink protection: which pages may lead to the objects of a bucket.

use ossutil_protocol::xml::{self, Element};

use crate::{
    auth::denied,
    ec,
    incoming::Incoming,
    permissions::is_like,
    refusal::Outcome,
    store::{Lookup, Store},
};

/// What a bucket lets in. `*` and `?` stand for any text and any character.
struct Protection {
    allows_empty: bool,
    cuts_query: bool,
    cuts_path: bool,
    allowed: Vec<String>,
    refused: Vec<String>,
}

/// Refuses an object to pages that the bucket does not want to lead to it. As with the service,
/// only requests without an `Authorization` header are looked at.
pub(crate) fn check(store: &Store, request: &Incoming) -> Outcome<()> {
    let (Some(bucket), Some(_)) = (&request.bucket, &request.key) else { return Ok(()) };
    if request.headers.contains_key("authorization") {
        return Ok(());
    }
    let document = store.view(|view| view.document(bucket, "referer"))?;
    let referer = request.header("referer").unwrap_or_default();
    let ec = document.and_then(|document| parse(&document)?.refusal_of(referer.trim()));
    ec.map_or(Ok(()), |ec| Err(denied("You are denied by bucket referer policy.").ec(ec)))
}

fn parse(document: &[u8]) -> Option<Protection> {
    let protection = xml::parse_lenient(document, "RefererConfiguration", |root| {
        let is_set = |name: &str, default: bool| {
            root.filled(name).map_or(default, |text| text.trim().eq_ignore_ascii_case("true"))
        };
        let list = |name: &str| {
            let texts = |list: Element<'_, '_>| {
                list.all("Referer").map(|referer| referer.own_text().trim().to_owned()).collect()
            };
            let list: Vec<String> = root.child(name).map(texts).unwrap_or_default();
            list.into_iter().filter(|referer| !referer.is_empty()).collect()
        };
        Ok(Protection {
            allows_empty: is_set("AllowEmptyReferer", true),
            cuts_query: is_set("AllowTruncateQueryString", true),
            cuts_path: is_set("TruncatePath", false),
            allowed: list("RefererList"),
            refused: list("RefererBlacklist"),
        })
    });
    protection.ok()
}

impl Protection {
    /// The EC of the refusal of a page; nothing if it is let in. Without a list of pages that are
    /// allowed, all are but those that are refused.
    fn refusal_of(&self, referer: &str) -> Option<&'static str> {
        if referer.is_empty() {
            let is_allowed = self.allows_empty || self.allowed.is_empty();
            return (!is_allowed).then_some(ec::REFERER_EMPTY);
        }
        let referer = self.cut(referer);
        let is_in = |list: &[String]| {
            list.iter().any(|known| is_like(referer.as_bytes(), known.as_bytes()))
        };
        if is_in(&self.refused) {
            return Some(ec::REFERER_IN_BLACKLIST);
        }
        let is_allowed = self.allowed.is_empty() || is_in(&self.allowed);
        (!is_allowed).then_some(ec::REFERER_NOT_LISTED)
    }

    /// The part of an address that is compared.
    fn cut<'a>(&self, referer: &'a str) -> &'a str {
        let host = referer.find("://").map_or(0, |at| at + 3);
        let path = referer[host..].find(['/', '?', '#']).map(|at| host + at);
        let end = match (self.cuts_path, self.cuts_query) {
            (true, _) => path,
            (false, true) => referer.find('?'),
            (false, false) => None,
        };
        &referer[..end.unwrap_or(referer.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_let_in() {
        let document = "<RefererConfiguration><AllowEmptyReferer>EMPTY</AllowEmptyReferer>\
                        <TruncatePath>PATH</TruncatePath><RefererList>\
                        <Referer>http://*.example.com</Referer>\
                        <Referer>http://example.org/a</Referer></RefererList>\
                        <RefererBlacklist><Referer>*://bad.example.com</Referer>\
                        </RefererBlacklist></RefererConfiguration>";
        for (empty, path, referer, expected) in [
            ("true", "false", "", None),
            ("false", "false", "", Some(ec::REFERER_EMPTY)),
            ("false", "false", "http://www.example.com", None),
            ("false", "false", "http://www.example.com?q=/", None),
            ("false", "false", "http://www.example.com/page", Some(ec::REFERER_NOT_LISTED)),
            ("false", "true", "http://www.example.com/page?q", None),
            ("true", "true", "https://bad.example.com/x", Some(ec::REFERER_IN_BLACKLIST)),
            ("true", "false", "http://example.org/a?b", None),
            ("true", "true", "http://example.org/a", Some(ec::REFERER_NOT_LISTED)),
        ] {
            let document = document.replace("EMPTY", empty).replace("PATH", path);
            let protection = parse(document.as_bytes()).unwrap();
            assert_eq!(protection.refusal_of(referer), expected, "{empty} {path} {referer}");
        }
        let nothing = parse(
            b"<RefererConfiguration><AllowEmptyReferer>false</AllowEmptyReferer>\
            <RefererList/></RefererConfiguration>",
        );
        assert_eq!(nothing.unwrap().refusal_of(""), None);
    }
}
