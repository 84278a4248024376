//! Who may do what: accounts, ACLs, URLs and forms that are signed, and temporary keys.

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::{SignedDuration, Timestamp};
use md5::{Digest, Md5};
use ossutil_signing::{Credentials, Message, percent_encode, v1, v4};

use crate::client::{Reply, World};

fn content_md5(body: &str) -> String {
    BASE64_STANDARD.encode(Md5::digest(body))
}

const OTHER: (&str, &str) = ("other", "other-secret");

fn world() -> World {
    let world = World::with(|builder| builder.account_key("2000000000000002", OTHER.0, OTHER.1));
    world.send("PUT", "/bkt/k", "content").ok();
    world
}

fn as_other(world: &World, method: &str, target: &str) -> Reply {
    world.send_as(OTHER, method, target, &[], "")
}

#[test]
fn accounts_have_buckets_of_their_own() {
    let world = world();
    as_other(&world, "PUT", "/other-bkt/").ok();
    let listing = as_other(&world, "GET", "/").ok();
    assert_eq!(listing.element("ID"), "2000000000000002");
    assert!(
        listing.body.contains("<Name>other-bkt</Name>") && !listing.body.contains("<Name>bkt<")
    );
    assert!(!world.send("GET", "/", "").body.contains("other-bkt"));
    as_other(&world, "PUT", "/bkt/").refused(409, "BucketAlreadyExists");
    as_other(&world, "GET", "/bkt/k").refused(403, "AccessDenied");
    world.send("GET", "/other-bkt/?acl", "").refused(403, "AccessDenied");
    let acl = as_other(&world, "GET", "/other-bkt/?acl").ok();
    assert_eq!((acl.element("ID"), acl.element("Grant")), ("2000000000000002", "private"));
    as_other(&world, "PUT", "/other-bkt/own").ok();
    for target in ["", "?versions", "?list-type=2&fetch-owner=true", "own?acl"] {
        let listing = as_other(&world, "GET", &format!("/other-bkt/{target}")).ok();
        assert_eq!(listing.element("ID"), "2000000000000002", "{target}");
    }
    world.send("PUT", "/other-bkt/k", "x").refused(403, "AccessDenied");
    let copy = [("x-oss-copy-source", "/bkt/k")];
    world.send_as(OTHER, "PUT", "/other-bkt/copy", &copy, "").refused(403, "AccessDenied");
}

#[test]
fn acls_grant_to_everyone() {
    let world = world();
    let anonymous = |method, target| world.plain(method, target, &[], "");
    anonymous("GET", "/").refused(403, "AccessDenied");
    anonymous("GET", "/bkt/k").refused(403, "AccessDenied");
    let acl = |acl| world.send_as(KEY, "PUT", "/bkt/?acl", &[("x-oss-acl", acl)], "").ok();
    acl("public-read");
    assert_eq!(anonymous("GET", "/bkt/k").body, "content");
    anonymous("GET", "/bkt/").ok();
    anonymous("PUT", "/bkt/k").refused(403, "AccessDenied");
    acl("public-read-write");
    anonymous("PUT", "/bkt/k2").ok();
    anonymous("POST", "/bkt/k3?uploads").ok();
    anonymous("GET", "/bkt/?lifecycle").refused(403, "AccessDenied");
    anonymous("DELETE", "/bkt/").refused(403, "AccessDenied");
    let object = [("x-oss-object-acl", "private")];
    world.send_as(KEY, "PUT", "/bkt/k2?acl", &object, "").ok();
    anonymous("GET", "/bkt/k2").refused(403, "AccessDenied");
    acl("private");
    let object = [("x-oss-object-acl", "public-read")];
    world.send_as(KEY, "PUT", "/bkt/k?acl", &object, "").ok();
    assert_eq!(anonymous("GET", "/bkt/k").body, "content");
    anonymous("DELETE", "/bkt/k").refused(403, "AccessDenied");
}

const KEY: (&str, &str) = ("sandbox", "sandbox-secret");

fn credentials(id: &str, secret: &str, token: Option<&str>) -> Credentials {
    Credentials {
        access_key_id: id.to_owned(),
        access_key_secret: secret.into(),
        security_token: token.map(Into::into),
    }
}

/// A URL signed in this version, for a minute.
fn url(
    world: &World,
    v4: bool,
    method: &str,
    headers: &[(&str, &str)],
    by: &Credentials,
) -> String {
    let headers: Vec<_> = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let message =
        Message {
            method, bucket: Some("bkt"), key: Some("a b/中"), query: &[], headers: &headers
        };
    let now = (world.clock)();
    let query = match v4 {
        true => {
            let place = v4::Place { region: "cn-hangzhou", product: "oss" };
            v4::presign(&message, by, place, now, 60, &["x-extra"])
        }
        false => v1::presign(&message, by, now + SignedDuration::from_secs(60), &[]),
    };
    let pairs = query.iter().map(|(n, v)| format!("{}={}", percent_encode(n), percent_encode(v)));
    format!("/bkt/a%20b/%E4%B8%AD?{}", pairs.collect::<Vec<_>>().join("&"))
}

#[test]
fn signed_urls_of_both_versions() {
    let world = world();
    let by = credentials(KEY.0, KEY.1, None);
    for v4 in [false, true] {
        let headers =
            [("content-type", "text/plain"), ("x-oss-meta-a", "1"), ("x-extra", "signed too")];
        let put = url(&world, v4, "PUT", &headers, &by);
        world.plain("PUT", &put, &headers, "signed").ok();
        let changed = [headers[0], ("x-oss-meta-a", "2"), headers[2]];
        world.plain("PUT", &put, &changed, "x").refused(403, "SignatureDoesNotMatch");
        world.plain("GET", &put, &headers, "").refused(403, "SignatureDoesNotMatch");
        let get = world.plain("GET", &url(&world, v4, "GET", &[], &by), &[], "").ok();
        assert_eq!((&*get.body, get.header("x-oss-meta-a")), ("signed", "1"));
        world.plain("HEAD", &url(&world, v4, "HEAD", &[], &by), &[], "").ok();
        world.plain("DELETE", &url(&world, v4, "DELETE", &[], &by), &[], "").ok();
    }
    let changed = [("x-extra", "signed too")];
    let put = url(&world, true, "PUT", &changed, &by);
    world.plain("PUT", &put, &[("x-extra", "else")], "").refused(403, "SignatureDoesNotMatch");
}

/// Sends a form with these fields and a file.
fn post(world: &World, fields: &[(&str, &str)], file: &str) -> Reply {
    let mut body = String::new();
    for (name, value) in fields {
        body +=
            &format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += &format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"C:\\dir\\photo.txt\"\r\n\
         Content-Type: text/x-photo\r\n\r\n{file}\r\n--b--\r\n"
    );
    world.plain("POST", "/bkt/", &[("content-type", "multipart/form-data; boundary=b")], &body)
}

fn policy(conditions: &str, expiration: Timestamp) -> String {
    let text = format!("{{\"expiration\":\"{expiration}\",\"conditions\":[{conditions}]}}");
    BASE64_STANDARD.encode(text)
}

#[test]
fn forms_of_version_1() {
    let world = world();
    let conditions =
        r#"{"bucket":"bkt"},["starts-with","$key","in/"],["content-length-range",1,5]"#;
    let later = (world.clock)() + SignedDuration::from_mins(5);
    let document = policy(conditions, later);
    let signature = v1::signature(KEY.1, &document);
    let send = |key: &str, file: &str, more: &[(&str, &str)]| {
        let signed = [("OSSAccessKeyId", KEY.0), ("policy", &document), ("Signature", &signature)];
        post(&world, &[&[("key", key)], &signed[..], more].concat(), file)
    };
    assert_eq!(send("in/${filename}", "body", &[("x-oss-meta-m", "v")]).status, 204);
    let stored = world.send("GET", "/bkt/in/photo.txt", "").ok();
    let seen = (&*stored.body, stored.header("x-oss-meta-m"), stored.header("content-type"));
    assert_eq!(seen, ("body", "v", "text/x-photo"));
    let created = send("in/a", "body", &[("success_action_status", "201")]);
    assert_eq!((created.status, created.element("Key")), (201, "in/a"));
    let sent_on = send("in/b", "body", &[("success_action_redirect", "http://h/done?x=1")]);
    assert_eq!(sent_on.status, 303);
    let location = sent_on.header("location");
    assert!(location.starts_with("http://h/done?x=1&bucket=bkt&etag=%22"), "{location}");
    assert!(location.ends_with("&key=in%2Fb"), "{location}");

    send("out/a", "body", &[]).refused(403, "AccessDenied");
    send("in/big", "bodies", &[]).refused(400, "EntityTooLarge");
    send("in/none", "", &[]).refused(400, "EntityTooSmall");
    world.send("GET", "/bkt/in/big", "").refused(404, "NoSuchKey");
    let signed = [("key", "in/c"), ("OSSAccessKeyId", KEY.0), ("policy", &document)];
    let wrong = [&signed[..], &[("Signature", "d3Jvbmc=")]].concat();
    post(&world, &wrong, "x").refused(403, "SignatureDoesNotMatch");
    let late = policy("", (world.clock)() - SignedDuration::from_mins(5));
    let signature = v1::signature(KEY.1, &late);
    let signed =
        [("key", "k"), ("OSSAccessKeyId", KEY.0), ("policy", &late), ("Signature", &signature)];
    post(&world, &signed, "x").refused(403, "AccessDenied");
    post(&world, &[("key", "k")], "x").refused(403, "AccessDenied");
}

#[test]
fn forms_of_version_4() {
    let world = world();
    let now = (world.clock)();
    let stamp = v4::timestamp(now);
    let document = policy(r#"["eq","$key","form"]"#, now + SignedDuration::from_mins(5));
    let scope = v4::Scope { day: &stamp[..8], region: "cn-hangzhou", product: "oss" };
    let signature = v4::signature(KEY.1, &scope, &document);
    let credential = format!("{}/{scope}", KEY.0);
    let fields = [
        ("key", "form"),
        ("policy", &document),
        ("x-oss-signature-version", "OSS4-HMAC-SHA256"),
        ("x-oss-credential", &credential),
        ("x-oss-date", &stamp),
        ("x-oss-signature", &signature),
    ];
    assert_eq!(post(&world, &fields, "body").status, 204);
    assert_eq!(world.send("GET", "/bkt/form", "").body, "body");
    let wrong = fields.map(|(name, value)| (name, if name == "key" { "else" } else { value }));
    post(&world, &wrong, "body").refused(403, "AccessDenied");
}

#[test]
fn what_is_no_form_is_refused() {
    let world = world();
    let kind = [("content-type", "multipart/form-data; boundary=b")];
    for (body, code) in [
        ("", "MalformedPOSTRequest"),
        ("--b\r\nnonsense", "MalformedPOSTRequest"),
        ("--b--\r\n", "IncorrectNumberOfFilesInPOSTRequest"),
    ] {
        world.plain("POST", "/bkt/", &kind, body).refused(400, code);
    }
    let kind = [("content-type", "multipart/form-data")];
    world.plain("POST", "/bkt/", &kind, "").refused(400, "MalformedPOSTRequest");
    let kind = [("content-type", "multipart/form-data; boundary=b")];
    world.plain("POST", "/none-bkt/", &kind, "").refused(404, "NoSuchBucket");
}

/// Asks for a temporary key, as the SDKs of STS do.
fn assume_role(world: &World, more: &[(&str, &str)]) -> Reply {
    let now = (world.clock)().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut pairs = vec![
        ("Action", "AssumeRole"),
        ("Version", "2015-04-01"),
        ("Timestamp", &now),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("SignatureNonce", "1"),
        ("AccessKeyId", KEY.0),
        ("RoleArn", "acs:ram::1000000000000001:role/reader"),
        ("RoleSessionName", "test"),
    ];
    pairs.extend(more);
    let encode = |(n, v): &(&str, &str)| format!("{}={}", percent_encode(n), percent_encode(v));
    let mut sorted: Vec<String> = pairs.iter().map(encode).collect();
    sorted.sort();
    let text = format!("POST&%2F&{}", percent_encode(&sorted.join("&")));
    let signature = v1::signature(&format!("{}&", KEY.1), &text);
    pairs.push(("Signature", &signature));
    let body: Vec<String> = pairs.iter().map(encode).collect();
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    world.plain("POST", "/sts", &kind, &body.join("&"))
}

#[test]
fn temporary_keys() {
    let world = world();
    let policy = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject","oss:PutObject"],"Resource":"acs:oss:*:*:bkt/*"}]}"#;
    let granted = assume_role(&world, &[("Policy", policy)]).ok();
    let of = |name| granted.element(name);
    assert!(of("AccessKeyId").starts_with("STS."), "{granted:?}");
    let (id, secret, token) = (of("AccessKeyId"), of("AccessKeySecret"), of("SecurityToken"));
    let with = [("x-oss-security-token", token)];
    assert_eq!(world.send_as((id, secret), "GET", "/bkt/k", &with, "").body, "content");
    let refused = world.send_as((id, secret), "DELETE", "/bkt/k", &with, "");
    refused.refused(403, "AccessDenied");
    assert_eq!(refused.element("AuthAction"), "oss:DeleteObject");
    let without = world.send_as((id, secret), "GET", "/bkt/k", &[], "");
    without.refused(403, "InvalidAccessKeyId");
    let wrong = [("x-oss-security-token", "made up")];
    world.send_as((id, secret), "GET", "/bkt/k", &wrong, "").refused(403, "InvalidSecurityToken");
    let another = assume_role(&world, &[]).ok();
    let another = [("x-oss-security-token", another.element("SecurityToken"))];
    for key in [(id, secret), KEY] {
        let refused = world.send_as(key, "GET", "/bkt/k", &another, "");
        refused.refused(403, "AccessKeyIdAndSecurityTokenNotMatch");
    }
    for v4 in [false, true] {
        let by = credentials(id, secret, Some(token));
        world.plain("PUT", &url(&world, v4, "PUT", &[], &by), &[], "x").ok();
    }
    let json = assume_role(&world, &[("Format", "JSON")]).ok().body;
    assert!(json.contains("\"SecurityToken\":\"CAIS"), "{json}");
}

#[test]
fn temporary_keys_that_are_refused() {
    let world = world();
    for (more, code) in [
        (&[("DurationSeconds", "60")], "InvalidParameter.DurationSeconds"),
        (&[("Policy", "{}")], "InvalidParameter.Policy"),
    ] {
        assume_role(&world, more).refused(400, code);
    }
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let unsigned = world.plain("POST", "/sts", &kind, "Action=AssumeRole&Format=JSON");
    assert_eq!(unsigned.status, 400);
    assert!(unsigned.body.contains("\"Code\":\"InvalidTimeStamp.Expired\""), "{unsigned:?}");
    world.plain("POST", "/sts", &kind, "Action=GetCallerIdentity").refused(501, "NotImplemented");
}

#[test]
fn tokens_end() {
    let over = World::with(|builder| {
        builder.temporary_key("temporary", "secret", "token", Timestamp::UNIX_EPOCH)
    });
    let with = [("x-oss-security-token", "token")];
    let reply = over.send_as(("temporary", "secret"), "GET", "/", &with, "");
    reply.refused(403, "SecurityTokenExpired");
}

#[test]
fn policies_grant_to_other_accounts() {
    let world = world();
    as_other(&world, "GET", "/bkt/k").refused(403, "AccessDenied");
    let policy = r#"{"Version": "1", "Statement": [
        {"Effect": "Allow", "Principal": ["2000000000000002"], "Action": ["oss:*"],
         "Resource": ["acs:oss:*:*:bkt", "acs:oss:*:*:bkt/*"]},
        {"Effect": "Deny", "Principal": ["*"], "Action": ["oss:DeleteObject"],
         "Resource": ["acs:oss:*:*:bkt/kept/*"]}]}"#;
    world.send("PUT", "/bkt/?policy", policy).ok();
    assert_eq!(as_other(&world, "GET", "/bkt/k").ok().body, "content");
    as_other(&world, "GET", "/bkt/?acl").ok();
    world.send("PUT", "/bkt/kept/k", "x").ok();
    as_other(&world, "DELETE", "/bkt/kept/k").refused(403, "AccessDenied");
    let body = "<Delete><Object><Key>kept/k</Key></Object></Delete>";
    let md5 = content_md5(body);
    let headers = [("content-md5", md5.as_str())];
    world.send_as(OTHER, "POST", "/bkt/?delete", &headers, body).refused(403, "AccessDenied");
    world.plain("GET", "/bkt/k", &[], "").refused(403, "AccessDenied");
    // The owner is not held to it.
    assert_eq!(world.send("DELETE", "/bkt/kept/k", "").status, 204);
}

#[test]
fn who_sends_requests_may_have_to_pay() {
    let world = world();
    world.send_as(KEY, "PUT", "/bkt/?acl", &[("x-oss-acl", "public-read")], "").ok();
    let document = "<RequestPaymentConfiguration><Payer>Requester</Payer>\
                    </RequestPaymentConfiguration>";
    world.send("PUT", "/bkt/?requestPayment", document).ok();
    as_other(&world, "GET", "/bkt/k").refused(403, "AccessDenied");
    let pays = [("x-oss-request-payer", "requester")];
    world.send_as(OTHER, "GET", "/bkt/k", &pays, "").ok();
    as_other(&world, "GET", "/bkt/k?x-oss-request-payer=requester").ok();
    world.plain("GET", "/bkt/k", &pays, "").refused(403, "AccessDenied");
    world.send("GET", "/bkt/k", "").ok();
}

#[test]
fn rules_about_deleting_hold_for_many_objects_at_once() {
    let deny = ossutil_sandbox::Rule::deny("oss:DeleteObject@bkt/kept/*").unwrap();
    let world = World::with(|builder| builder.rule("sandbox", deny));
    let delete = |key: &str| {
        let body = format!("<Delete><Object><Key>{key}</Key></Object></Delete>");
        let md5 = content_md5(&body);
        world.send_as(KEY, "POST", "/bkt/?delete", &[("content-md5", &md5)], &body)
    };
    delete("k").ok();
    delete("kept/k").refused(403, "AccessDenied");
}
