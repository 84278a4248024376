//! Domains bound to a bucket. None can be: the sandbox cannot see who owns a domain. Tokens that
//! would prove it are given out.

use jiff::SignedDuration;
use ossutil_protocol::xml::{self, Writer};

use super::{documents::absent, method_not_allowed};
use crate::{
    accounts,
    answer::{Answer, xml_time},
    incoming::Incoming,
    refusal::{Outcome, Refusal},
    server::State,
    store::Lookup,
};

/// How long a token is good for.
const LIFE: SignedDuration = SignedDuration::from_hours(72);

pub(super) fn answer(state: &State, request: &Incoming, bucket: &str) -> Outcome<Answer> {
    match (request.method.as_str(), request.text("comp")) {
        ("GET", "token") => {
            let domain = request.text("cname");
            let document = state.store.view(|view| view.document(bucket, &document(domain)))?;
            let text = document.and_then(|text| String::from_utf8(text).ok());
            let none = "The domain name ownership token does not exist.";
            let text = text.ok_or_else(|| absent(bucket, "NoSuchCnameToken", none))?;
            let (token, expires) = text.split_once(' ').ok_or_else(Refusal::internal)?;
            Ok(written(bucket, domain, token, expires))
        }
        ("POST", "token") => {
            let domain = domain(request)?;
            let token = state.new_secret().to_lowercase();
            let expires = xml_time(state.stored_now() + LIFE);
            let text = format!("{token} {expires}");
            let name = document(&domain);
            state.store.change(|change| change.put_document(bucket, &name, text.as_bytes()))?;
            Ok(written(bucket, &domain, &token, &expires))
        }
        ("GET", _) => {
            let owner = state.store.view(|view| accounts::owner(view, bucket))?;
            Ok(Answer::xml("ListCnameResult", |root| {
                root.text("Bucket", bucket);
                root.text("Owner", owner);
            }))
        }
        ("POST", "add") => {
            let domain = domain(request)?;
            let message = "Verify the ownership of the domain name first.";
            Err(Refusal::new(403, "NeedVerifyDomainOwnership", message).detail("Domain", domain))
        }
        ("POST", "delete") => {
            domain(request)?;
            Ok(Answer::ok())
        }
        _ => Err(method_not_allowed(request, "BUCKET")),
    }
}

fn document(domain: &str) -> String {
    format!("cname:{domain}")
}

fn domain(request: &Incoming) -> Outcome<String> {
    let domain = xml::parse_lenient(&request.body, "BucketCnameConfiguration", |root| {
        Ok(root.child("Cname").and_then(|cname| cname.filled("Domain")))
    });
    domain.ok().flatten().ok_or_else(Refusal::malformed_xml)
}

fn written(bucket: &str, domain: &str, token: &str, expires: &str) -> Answer {
    Answer::xml("CnameToken", |root: &mut Writer| {
        root.text("Bucket", bucket);
        root.text("Cname", domain);
        root.text("Token", token);
        root.text("ExpireTime", expires);
    })
}
