//! What requests meet at the edges of what the service takes.

use ossutil_signing::{v1, v2};

use crate::client::World;

const KEY: (&str, &str) = ("sandbox", "sandbox-secret");

#[test]
fn conditions_come_before_ranges() {
    let world = World::new();
    let etag = world.send("PUT", "/bkt/k", "0123456789").ok().header("etag").to_owned();
    let get = |condition: (&str, &str), range: &str| {
        let headers = [condition, ("range", range), ("x-oss-range-behavior", "standard")];
        world.send_as(KEY, "GET", "/bkt/k", &headers, "")
    };
    for range in ["bytes=20-30", "bytes=2-3"] {
        get(("if-match", "\"other\""), range).refused(412, "PreconditionFailed");
        let known = get(("if-none-match", &etag), range);
        assert_eq!((known.status, &*known.body), (304, ""));
    }
    let beyond = get(("if-match", &etag), "bytes=20-30");
    beyond.refused(416, "InvalidRange");
    assert_eq!(beyond.header("content-range"), "bytes */10");
    assert_eq!(get(("if-match", &etag), "bytes=2-30").body, "23456789");
    assert_eq!(get(("if-none-match", "\"other\""), "bytes=-3").body, "789");
}

#[test]
fn dates_have_three_forms() {
    let world = World::new();
    world.send("PUT", "/bkt/k", "content").ok();
    let status =
        |name: &str, date: &str| world.send_as(KEY, "GET", "/bkt/k", &[(name, date)], "").status;
    for (date, unmodified, modified) in [
        ("Fri, 13 Nov 2015 14:47:53 GMT", 412, 200),
        ("Friday, 13-Nov-15 14:47:53 GMT", 412, 200),
        ("Fri Nov 13 14:47:53 2015", 412, 200),
        ("Wed, 13 Nov 2052 14:47:53 GMT", 200, 304),
        ("Wed Nov 13 14:47:53 2052", 200, 304),
        ("yesterday", 200, 200),
    ] {
        assert_eq!(status("if-unmodified-since", date), unmodified, "{date}");
        assert_eq!(status("if-modified-since", date), modified, "{date}");
    }
}

#[test]
fn an_acl_makes_a_bucket() {
    let world = World::new();
    let acl = [("x-oss-acl", "public-read-write")];
    world.plain("PUT", "/made/?acl", &acl, "").refused(404, "NoSuchBucket");
    world
        .send_as(("nobody", "x"), "PUT", "/made/?acl", &acl, "")
        .refused(403, "InvalidAccessKeyId");
    world.send_as(KEY, "PUT", "/made/?acl", &acl, "").ok();
    assert_eq!(world.send("GET", "/made/?acl", "").ok().element("Grant"), "public-read-write");
}

#[test]
fn buckets_are_listed_by_tags() {
    let world = World::new();
    let tagged = |bucket: &str, tags: &[(&str, &str)]| {
        world.send("PUT", &format!("/{bucket}/"), "").ok();
        let tags = tags.iter().map(|(k, v)| format!("<Tag><Key>{k}</Key><Value>{v}</Value></Tag>"));
        let tags = tags.collect::<String>();
        let document = format!("<Tagging><TagSet>{tags}</TagSet></Tagging>");
        world.send("PUT", &format!("/{bucket}/?tagging"), &document).ok();
    };
    tagged("one", &[("a", "1")]);
    tagged("both", &[("a", "1"), ("b", "x,y")]);
    let names = |tagging: &str| {
        let listing = world.send("GET", &format!("/?tagging={tagging}"), "").ok();
        let names = listing.body.split("<Name>").skip(1);
        names.map(|name| name.split('<').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("%22a%22:%221%22"), ["both", "one"]);
    assert_eq!(names("%22a%22:%221%22,%22b%22:%22x,y%22"), ["both"]);
    assert!(names("%22a%22:%222%22").is_empty());
    assert_eq!(names(""), ["bkt", "both", "one"]);
}

#[test]
fn replication_may_have_a_guaranteed_time() {
    let world = World::new();
    let rule = "<ReplicationConfiguration><Rule><ID>r</ID><Destination><Bucket>there</Bucket>\
                </Destination></Rule></ReplicationConfiguration>";
    world.send("POST", "/bkt/?replication&comp=add", rule).ok();
    let put = |id: &str, status: &str| {
        let document = format!(
            "<ReplicationRule><RTC><Status>{status}</Status></RTC><ID>{id}</ID></ReplicationRule>"
        );
        world.send("PUT", "/bkt/?rtc", &document)
    };
    for status in ["enabled", "disabled"] {
        put("r", status).ok();
        let rules = world.send("GET", "/bkt/?replication", "").ok();
        let rtc = format!("<RTC><Status>{status}</Status></RTC></Rule>");
        assert!(rules.body.contains(&rtc), "{rules:?}");
    }
    put("none", "enabled").refused(404, "NoSuchReplicationRule");
    put("r", "sometimes").refused(400, "MalformedXML");
}

#[test]
fn urls_are_signed_wholly_or_not() {
    let world = World::new();
    world.send("PUT", "/bkt/k", "x").ok();
    for query in ["OSSAccessKeyId=sandbox", "Signature=a", "Signature=a&Expires=1"] {
        let refused = world.plain("GET", &format!("/bkt/k?{query}"), &[], "");
        refused.refused(403, "AccessDenied");
        assert!(refused.element("Message").starts_with("Query-string authentication"), "{query}");
    }
}

#[test]
fn copies_of_archived_objects_are_cleaned() {
    let world = World::new();
    let class = [("x-oss-storage-class", "ColdArchive")];
    world.send_as(KEY, "PUT", "/bkt/k", &class, "content").ok();
    world.send("PUT", "/bkt/warm", "content").ok();
    let clean = |key: &str| world.send("POST", &format!("/bkt/{key}?cleanRestoredObject"), "");
    clean("warm").refused(400, "OperationNotSupported");
    clean("k").refused(409, "ArchiveRestoreFileStale");
    world.send("POST", "/bkt/k?restore", "").ok();
    clean("k").refused(409, "ArchiveRestoreNotFinished");
    world.sandbox.advance_clock(jiff::SignedDuration::from_hours(3));
    assert_eq!(world.send("GET", "/bkt/k", "").ok().body, "content");
    clean("k").ok();
    world.send("GET", "/bkt/k", "").refused(403, "InvalidObjectState");
}

#[test]
fn a_policy_is_public_if_it_lets_everyone_in() {
    let world = World::new();
    let is_public =
        || world.send("GET", "/bkt/?policyStatus", "").ok().element("IsPublic") == "true";
    assert!(!is_public());
    let put = |effect: &str, principal: &str| {
        let policy = format!(
            "{{\"Version\":\"1\",\"Statement\":[{{\"Effect\":\"{effect}\",{principal}\
             \"Action\":[\"oss:GetObject\"],\"Resource\":[\"acs:oss:*:*:bkt/*\"]}}]}}"
        );
        world.send("PUT", "/bkt/?policy", &policy).ok();
    };
    for (effect, principal, expected) in [
        ("Allow", "", true),
        ("Allow", "\"Principal\":[\"*\"],", true),
        ("Allow", "\"Principal\":[\"2000000000000002\"],", false),
        ("Deny", "\"Principal\":[\"*\"],", false),
    ] {
        put(effect, principal);
        assert_eq!(is_public(), expected, "{effect} {principal}");
    }
}

#[test]
fn version_2_signs_additional_headers() {
    let world = World::new();
    let date = v1::http_date((world.clock)());
    let names = "content-length;custom-header";
    let own = "content-length:2\ncustom-header:abc\n";
    let text = format!("PUT\n\n\n{date}\n{own}{names}\n%2Fbkt%2Fkey");
    let signature = v2::signature(KEY.1, &text);
    let authorization =
        format!("OSS2 AccessKeyId:sandbox,AdditionalHeaders:{names},Signature:{signature}");
    let put = |custom: &str| {
        let headers =
            [("authorization", &*authorization), ("date", &*date), ("custom-header", custom)];
        world.plain("PUT", "/bkt/key", &headers, "hi")
    };
    put("abc").ok();
    put("abd").refused(403, "SignatureDoesNotMatch");

    let expires = (world.clock)().as_second() + 60;
    let query = format!(
        "x-oss-access-key-id=sandbox&x-oss-additional-headers=custom-header\
         &x-oss-expires={expires}&x-oss-signature-version=OSS2"
    );
    let text =
        format!("GET\n\n\n{expires}\ncustom-header:abc\ncustom-header\n%2Fbkt%2Fkey?{query}");
    let signature = v2::signature(KEY.1, &text).replace('+', "%2B").replace('/', "%2F");
    let path = format!("/bkt/key?{query}&x-oss-signature={}", signature.replace('=', "%3D"));
    world.plain("GET", &path, &[("custom-header", "abc")], "").ok();
    world.plain("GET", &path, &[], "").refused(403, "SignatureDoesNotMatch");
}
