//! What those get who come without a signature: websites, hotlink protection, conditions of
//! policies, blocked public access.

use crate::client::{Reply, World};

const HOST: (&str, &str) = ("host", "bkt.localhost");

/// A bucket that everyone may read, with this website and these objects.
fn site(website: &str, keys: &[&str]) -> World {
    let world = World::new();
    world.send_as(KEY, "PUT", "/bkt/?acl", &[("x-oss-acl", "public-read")], "").ok();
    for key in keys {
        world.send("PUT", &format!("/bkt/{key}"), &format!("this is {key}")).ok();
    }
    let document = format!("<WebsiteConfiguration>{website}</WebsiteConfiguration>");
    world.send("PUT", "/bkt/?website", &document).ok();
    world
}

const KEY: (&str, &str) = ("sandbox", "sandbox-secret");

fn visit(world: &World, target: &str) -> Reply {
    world.plain("GET", target, &[HOST], "")
}

#[track_caller]
fn shows(reply: &Reply, status: u16, text: &str) {
    assert_eq!((reply.status, &*reply.body), (status, text), "{reply:?}");
}

#[test]
fn websites_have_an_index_and_a_page_for_errors() {
    let pages = "<IndexDocument><Suffix>index.html</Suffix></IndexDocument>\
                 <ErrorDocument><Key>error.html</Key></ErrorDocument>";
    let world = site(pages, &["index.html", "error.html", "dir/page"]);
    shows(&visit(&world, "/"), 200, "this is index.html");
    shows(&visit(&world, "/dir/"), 200, "this is index.html");
    shows(&visit(&world, "/dir/page"), 200, "this is dir/page");
    let missing = visit(&world, "/none");
    shows(&missing, 404, "this is error.html");
    let head = world.plain("HEAD", "/", &[HOST], "");
    assert_eq!((head.status, head.header("content-length")), (200, "18"));
    // What is signed, what names a sub-resource, and what is not for the host, is no visit.
    let listing = world.send("GET", "/bkt/", "").ok();
    assert_eq!(listing.element("Name"), "bkt");
    assert_eq!(world.plain("GET", "/bkt/", &[], "").ok().element("Name"), "bkt");
    visit(&world, "/?acl").refused(403, "AccessDenied");
    // An error page that is missing itself does not hide the error.
    world.send("DELETE", "/bkt/error.html", "").ok();
    visit(&world, "/none").refused(404, "NoSuchKey");
    // Nobody sees what only its owner may.
    world.send_as(KEY, "PUT", "/bkt/?acl", &[("x-oss-acl", "private")], "").ok();
    visit(&world, "/").refused(403, "AccessDenied");
    let all = [("x-oss-object-acl", "public-read")];
    world.send_as(KEY, "PUT", "/bkt/index.html?acl", &all, "").ok();
    shows(&visit(&world, "/"), 200, "this is index.html");
}

#[test]
fn who_signs_gets_the_index_for_a_missing_directory() {
    let index = "<IndexDocument><Suffix>index.html</Suffix></IndexDocument>";
    let world = site(index, &["index.html", "there/"]);
    let get = |path: &str| world.send("GET", path, "");
    shows(&get("/bkt/dir/"), 200, "this is index.html");
    shows(&get("/bkt/there/"), 200, "this is there/");
    get("/bkt/dir").refused(404, "NoSuchKey");
    get("/bkt/dir/?acl").refused(404, "NoSuchKey");
    assert_eq!(world.send("HEAD", "/bkt/dir/", "").status, 404);
    world.send("DELETE", "/bkt/index.html", "").ok();
    get("/bkt/dir/").refused(404, "NoSuchKey");
}

#[test]
fn rules_that_mirror_have_one_word_on_queries() {
    let rule = |number: u32, own: &str| {
        format!(
            "<RoutingRule><RuleNumber>{number}</RuleNumber><Redirect>\
             <RedirectType>Mirror</RedirectType>{own}<MirrorURL>http://m/</MirrorURL>\
             </Redirect></RoutingRule>"
        )
    };
    let mirrors = "<MirrorPassQueryString>true</MirrorPassQueryString>";
    let passes = "<PassQueryString>false</PassQueryString>";
    let rules = [rule(1, mirrors), rule(2, &format!("{passes}{mirrors}")), rule(3, passes)];
    let rules = format!("<RoutingRules>{}</RoutingRules>", rules.concat());
    let told = site(&rules, &[]).send("GET", "/bkt/?website", "").ok().body;
    let count =
        |value: &str| told.matches(&format!("<PassQueryString>{value}</PassQueryString>")).count();
    assert_eq!((count("true"), count("false")), (2, 1), "{told}");
}

#[test]
fn directories_have_an_index_of_their_own() {
    let index = |kind: &str| {
        format!(
            "<IndexDocument><Suffix>i</Suffix><SupportSubDir>true</SupportSubDir>\
             <Type>{kind}</Type></IndexDocument>"
        )
    };
    let world = site(&index("0"), &["i", "a%20b/i"]);
    shows(&visit(&world, "/a%20b/"), 200, "this is a%20b/i");
    visit(&world, "/c/").refused(404, "NoSuchKey");
    let sent_on = visit(&world, "/a%20b");
    assert_eq!((sent_on.status, sent_on.header("location")), (302, "/a%20b/"));
    visit(&world, "/c").refused(404, "NoSuchKey");
    let set = |kind: &str| {
        let document = format!("<WebsiteConfiguration>{}</WebsiteConfiguration>", index(kind));
        world.send("PUT", "/bkt/?website", &document).ok();
    };
    set("1");
    visit(&world, "/a%20b").refused(404, "NoSuchKey");
    set("2");
    shows(&visit(&world, "/a%20b"), 200, "this is a%20b/i");
}

#[test]
fn routing_rules_lead_elsewhere() {
    let rule = |number: u32, condition: &str, redirect: &str| {
        format!(
            "<RoutingRule><RuleNumber>{number}</RuleNumber><Condition>{condition}</Condition>\
             <Redirect>{redirect}</Redirect></RoutingRule>"
        )
    };
    let prefix = |text: &str| format!("<KeyPrefixEquals>{text}</KeyPrefixEquals>");
    let missing = "<HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>";
    let external = "<RedirectType>External</RedirectType>";
    let rules = [
        rule(3, missing, &format!("{external}<HostName>second.example</HostName>")),
        rule(
            2,
            &(prefix("old/") + missing),
            &format!(
                "{external}<Protocol>https</Protocol><HostName>example.com</HostName>\
                 <HttpRedirectCode>301</HttpRedirectCode><PassQueryString>true</PassQueryString>\
                 <EnableReplacePrefix>true</EnableReplacePrefix>\
                 <ReplaceKeyPrefixWith>new/</ReplaceKeyPrefixWith>"
            ),
        ),
        rule(
            1,
            &prefix("all/"),
            &format!("{external}<ReplaceKeyWith>to/${{key}}</ReplaceKeyWith>"),
        ),
        rule(4, &prefix("far/"), "<RedirectType>Mirror</RedirectType>"),
    ];
    let rules = format!("<RoutingRules>{}</RoutingRules>", rules.concat());
    let world = site(&rules, &["old/here", "all/here"]);
    for (target, status, location) in [
        ("/all/here", 302, "http://bkt.localhost/to/all/here"),
        ("/old/there?a=1&b=x%20y", 301, "https://example.com/new/there?a=1&b=x%20y"),
        ("/none", 302, "http://second.example/none"),
    ] {
        let reply = visit(&world, target);
        assert_eq!((reply.status, reply.header("location")), (status, location), "{target}");
    }
    shows(&visit(&world, "/old/here"), 200, "this is old/here");
    visit(&world, "/far/x").refused(501, "NotImplemented");
}

#[test]
fn pages_that_are_not_listed_lead_nowhere() {
    let world = World::new();
    world.send("PUT", "/bkt/k", "content").ok();
    world.send_as(KEY, "PUT", "/bkt/?acl", &[("x-oss-acl", "public-read")], "").ok();
    let document = "<RefererConfiguration><AllowEmptyReferer>false</AllowEmptyReferer>\
                    <RefererList><Referer>http://*.example.com</Referer></RefererList>\
                    <RefererBlacklist><Referer>http://bad.*</Referer></RefererBlacklist>\
                    </RefererConfiguration>";
    world.send("PUT", "/bkt/?referer", document).ok();
    let from = |referer: &str| world.plain("GET", "/bkt/k", &[("referer", referer)], "");
    from("http://www.example.com").ok();
    for (referer, ec) in [
        ("", "0003-00000501"),
        ("http://bad.example.com", "0003-00000502"),
        ("http://elsewhere.org", "0003-00000503"),
    ] {
        let refused = from(referer);
        refused.refused(403, "AccessDenied");
        assert_eq!(refused.element("Message"), "You are denied by bucket referer policy.");
        assert_eq!((refused.element("EC"), refused.header("x-oss-ec")), (ec, ec));
    }
    // Who signs the header may come from anywhere, and a listing is no object.
    let elsewhere = [("referer", "http://elsewhere.org")];
    world.send_as(KEY, "GET", "/bkt/k", &elsewhere, "").ok();
    world.plain("GET", "/bkt/", &elsewhere, "").ok();
}

#[test]
fn policies_apply_under_their_conditions() {
    let world = World::new();
    world.send("PUT", "/bkt/k", "content").ok();
    let allow = |condition: &str| {
        let statement = format!(
            "{{\"Effect\": \"Allow\", \"Principal\": [\"*\"], \"Action\": \
             [\"oss:GetObject\", \"oss:ListObjects\"], \"Resource\": \
             [\"acs:oss:*:*:bkt\", \"acs:oss:*:*:bkt/*\"], \"Condition\": {condition}}}"
        );
        let policy = format!("{{\"Version\": \"1\", \"Statement\": [{statement}]}}");
        world.send("PUT", "/bkt/?policy", &policy)
    };
    let get = |target: &str, agent: &str| world.plain("GET", target, &[("user-agent", agent)], "");
    for (condition, target, is_allowed) in [
        (r#"{"IpAddress": {"acs:SourceIp": "127.0.0.0/8"}}"#, "/bkt/k", true),
        (r#"{"NotIpAddress": {"acs:SourceIp": "127.0.0.1"}}"#, "/bkt/k", false),
        (r#"{"Bool": {"acs:SecureTransport": "true"}}"#, "/bkt/k", false),
        (r#"{"StringLike": {"acs:UserAgent": "tool/*"}}"#, "/bkt/k", true),
        (r#"{"StringLike": {"acs:UserAgent": "other/*"}}"#, "/bkt/k", false),
        (r#"{"StringEquals": {"oss:Prefix": "a/"}}"#, "/bkt/?prefix=a%2F", true),
        (r#"{"StringEquals": {"oss:Prefix": "a/"}}"#, "/bkt/?prefix=b%2F", false),
        (r#"{"StringNotEquals": {"oss:Delimiter": "/"}}"#, "/bkt/?delimiter=%2F", false),
        (r#"{"DateLessThan": {"acs:CurrentTime": "2001-01-01T00:00:00Z"}}"#, "/bkt/k", false),
        (r#"{"DateGreaterThan": {"acs:CurrentTime": "2001-01-01T00:00:00Z"}}"#, "/bkt/k", true),
    ] {
        allow(condition).ok();
        let reply = get(target, "tool/1.0");
        assert_eq!(reply.status, if is_allowed { 200 } else { 403 }, "{condition}: {reply:?}");
    }
    allow(r#"{"IpAddress": {"acs:SourceIp": "nowhere"}}"#).refused(400, "InvalidPolicyDocument");
}

#[test]
fn public_access_can_be_blocked() {
    let world = World::new();
    world.send("PUT", "/bkt/k", "content").ok();
    let public = [("x-oss-acl", "public-read")];
    let object = [("x-oss-object-acl", "public-read")];
    world.send_as(KEY, "PUT", "/bkt/?acl", &public, "").ok();
    world.plain("GET", "/bkt/k", &[], "").ok();
    let block = |target: &str, is_blocked: bool| {
        let document = format!(
            "<PublicAccessBlockConfiguration><BlockPublicAccess>{is_blocked}</BlockPublicAccess>\
             </PublicAccessBlockConfiguration>"
        );
        world.send("PUT", target, &document).ok();
    };
    for target in ["/bkt/?publicAccessBlock", "/?publicAccessBlock"] {
        block(target, true);
        world.plain("GET", "/bkt/k", &[], "").refused(403, "AccessDenied");
        world.send_as(KEY, "PUT", "/bkt/?acl", &public, "").refused(403, "AccessDenied");
        let refused = world.send_as(KEY, "PUT", "/bkt/k?acl", &object, "");
        refused.refused(403, "AccessDenied");
        assert_eq!(refused.element("EC"), "0016-00000901");
        block(target, false);
        world.plain("GET", "/bkt/k", &[], "").ok();
    }
}
