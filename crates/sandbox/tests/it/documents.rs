//! What is configured of a bucket, and what it does.

use jiff::SignedDuration;

use crate::client::World;

/// Sub-resource, a document, and the code when there is none (or an element that is there then).
const DOCUMENTS: &[(&str, &str, &str)] = &[
    (
        "lifecycle",
        "<LifecycleConfiguration><Rule><ID>a</ID><Prefix>x</Prefix><Status>Enabled</Status>\
         <Expiration><Days>1</Days></Expiration><New>kept</New></Rule></LifecycleConfiguration>",
        "NoSuchLifecycle",
    ),
    (
        "cors",
        "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin>\
         <AllowedMethod>GET</AllowedMethod></CORSRule>\
         <ResponseVary>false</ResponseVary></CORSConfiguration>",
        "NoSuchCORSConfiguration",
    ),
    (
        "website",
        "<WebsiteConfiguration><IndexDocument><Suffix>i.html</Suffix></IndexDocument>\
         </WebsiteConfiguration>",
        "NoSuchWebsiteConfiguration",
    ),
    (
        "referer",
        "<RefererConfiguration><AllowEmptyReferer>false</AllowEmptyReferer>\
         <AllowTruncateQueryString>false</AllowTruncateQueryString>\
         <TruncatePath>true</TruncatePath></RefererConfiguration>",
        "<AllowEmptyReferer>true",
    ),
    (
        "logging",
        "<BucketLoggingStatus><LoggingEnabled><TargetBucket>bkt</TargetBucket></LoggingEnabled>\
         </BucketLoggingStatus>",
        "<BucketLoggingStatus>",
    ),
    ("policy", "{\"Version\":\"1\",\"Statement\":[]}", "NoSuchBucketPolicy"),
    (
        "encryption",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault>\
         <SSEAlgorithm>KMS</SSEAlgorithm></ApplyServerSideEncryptionByDefault>\
         </ServerSideEncryptionRule>",
        "NoSuchServerSideEncryptionRule",
    ),
    (
        "requestPayment",
        "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>",
        "<Payer>BucketOwner",
    ),
    (
        "transferAcceleration",
        "<TransferAccelerationConfiguration><Enabled>true</Enabled>\
         </TransferAccelerationConfiguration>",
        "NoSuchTransferAccelerationConfiguration",
    ),
    (
        "accessmonitor",
        "<AccessMonitorConfiguration><Status>Enabled</Status></AccessMonitorConfiguration>",
        "<Status>Disabled",
    ),
    (
        "bucketArchiveDirectRead",
        "<ArchiveDirectReadConfiguration><Enabled>true</Enabled></ArchiveDirectReadConfiguration>",
        "<Enabled>false",
    ),
    (
        "httpsConfig",
        "<HttpsConfiguration><TLS><Enable>true</Enable><TLSVersion>TLSv1.2</TLSVersion></TLS>\
         </HttpsConfiguration>",
        "<Enable>false",
    ),
    (
        "qos",
        "<BucketUserQos><StorageCapacity>100</StorageCapacity></BucketUserQos>",
        "<StorageCapacity>-1",
    ),
    (
        "policy&comp=callback",
        "<BucketCallbackPolicy><PolicyItem><PolicyName>a</PolicyName></PolicyItem>\
         </BucketCallbackPolicy>",
        "BucketCallbackPolicyNotExist",
    ),
    (
        "tagging",
        "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
        "<TagSet></TagSet>",
    ),
];

/// Those that are changed, and never removed.
const STAYING: &[&str] = &[
    "accessmonitor",
    "bucketArchiveDirectRead",
    "httpsConfig",
    "qos",
    "referer",
    "requestPayment",
    "transferAcceleration",
];

#[test]
fn documents_come_back_as_they_were() {
    let world = World::new();
    for (name, document, absent) in DOCUMENTS {
        let target = format!("/bkt/?{name}");
        let check_absent = || {
            let reply = world.send("GET", &target, "");
            match absent.starts_with('<') {
                true => assert!(reply.body.contains(absent), "{name}: {reply:?}"),
                false => reply.refused(404, absent),
            }
        };
        check_absent();
        world.send("PUT", &target, document).ok();
        assert_eq!(world.send("GET", &target, "").ok().body, *document, "{name}");
        for wrong in ["", "<Other/>", "<", "{}"] {
            let refused = world.send("PUT", &target, wrong);
            let code = if *name == "policy" { "InvalidPolicyDocument" } else { "MalformedXML" };
            refused.refused(400, code);
        }
        assert_eq!(world.send("GET", &target, "").ok().body, *document, "{name}");
        if STAYING.contains(name) {
            world.send("DELETE", &target, "").refused(405, "MethodNotAllowed");
        } else {
            assert_eq!(world.send("DELETE", &target, "").status, 204);
            check_absent();
        }
    }
    let md5 = [("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")];
    let key = ("sandbox", "sandbox-secret");
    let (name, document, _) = DOCUMENTS[0];
    let target = format!("/bkt/?{name}");
    world.send_as(key, "PUT", &target, &md5, document).refused(400, "InvalidDigest");
    for missing in ["metaQuery", "accessPoint", "asyncFetch", "redundancyTransition"] {
        let refused = world.send("GET", &format!("/bkt/?{missing}"), "");
        refused.refused(501, "NotImplemented");
        assert_eq!(refused.element("Header"), missing);
    }
    world.send("PUT", "/none/?cors", DOCUMENTS[1].1).refused(404, "NoSuchBucket");
}

#[test]
fn what_is_configured_shows_in_the_bucket_info() {
    let world = World::new();
    let body = "<CreateBucketConfiguration><StorageClass>IA</StorageClass>\
                <DataRedundancyType>ZRS</DataRedundancyType></CreateBucketConfiguration>";
    world.send("PUT", "/cold/", body).ok();
    for (name, document, _) in DOCUMENTS {
        world.send("PUT", &format!("/cold/?{name}"), document).ok();
    }
    let info = world.send("GET", "/cold/?bucketInfo", "").ok();
    for (element, text) in [
        ("StorageClass", "IA"),
        ("DataRedundancyType", "ZRS"),
        ("TransferAcceleration", "Enabled"),
        ("SSEAlgorithm", "KMS"),
        ("LogBucket", "bkt"),
    ] {
        assert_eq!(info.element(element), text);
    }
    let body = body.replace("IA", "Warm");
    world.send("PUT", "/warm/", &body).refused(400, "InvalidArgument");
    world.send("DELETE", "/cold/", "").ok();
    world.send("PUT", "/cold/", "").ok();
    world.send("GET", "/cold/?cors", "").refused(404, "NoSuchCORSConfiguration");
}

#[test]
fn inventories_have_ids() {
    let world = World::new();
    let document = |id: &str| {
        format!(
            "<InventoryConfiguration><Id>{id}</Id><IsEnabled>true</IsEnabled><Destination/>\
             <Schedule/><IncludedObjectVersions>All</IncludedObjectVersions></InventoryConfiguration>"
        )
    };
    world.send("GET", "/bkt/?inventory", "").refused(404, "NoSuchInventory");
    for id in ["b", "a"] {
        let target = format!("/bkt/?inventory&inventoryId={id}");
        world.send("PUT", &target, &document(id)).ok();
        world.send("PUT", &target, &document(id)).refused(409, "InventoryAlreadyExist");
        assert_eq!(world.send("GET", &target, "").body, document(id));
    }
    let other = "/bkt/?inventory&inventoryId=c";
    world.send("PUT", other, &document("d")).refused(400, "InvalidArgument");
    world.send("GET", other, "").refused(404, "NoSuchInventory");
    let listing = world.send("GET", "/bkt/?inventory", "").ok();
    assert_eq!(listing.element("Id"), "a");
    assert_eq!(listing.body.matches("<InventoryConfiguration>").count(), 2);
    world.send("DELETE", "/bkt/?inventory&inventoryId=a", "").ok();
    assert_eq!(world.send("GET", "/bkt/?inventory", "").element("Id"), "b");
}

#[test]
fn retention_policies_are_locked_and_extended() {
    let world = World::new();
    let body = |root: &str, days: u32| {
        format!("<{root}><RetentionPeriodInDays>{days}</RetentionPeriodInDays></{root}>")
    };
    let initiate = body("InitiateWormConfiguration", 3);
    world.send("GET", "/bkt/?worm", "").refused(404, "NoSuchWORMConfiguration");
    let made = world.send("POST", "/bkt/?worm", &initiate).ok();
    let id = made.header("x-oss-worm-id");
    assert_eq!(world.send("GET", "/bkt/?worm", "").element("State"), "InProgress");
    world.send("POST", "/bkt/?worm", &initiate).refused(409, "WORMConfigurationLocked");
    world.send("POST", "/bkt/?wormId=other", "").refused(404, "NoSuchWORMConfiguration");
    world.send("POST", &format!("/bkt/?wormId={id}"), "").ok();
    let extend = format!("/bkt/?wormExtend&wormId={id}");
    let shorter = body("ExtendWormConfiguration", 2);
    world.send("POST", &extend, &shorter).refused(400, "InvalidWORMConfiguration");
    world.send("POST", &extend, &body("ExtendWormConfiguration", 9)).ok();
    let seen = world.send("GET", "/bkt/?worm", "").ok();
    let seen = (seen.element("State"), seen.element("RetentionPeriodInDays"));
    assert_eq!(seen, ("Locked", "9"));
    world.send("DELETE", "/bkt/?worm", "").refused(403, "WORMConfigurationLocked");
    world.send("PUT", "/bkt2/", "").ok();
    world.send("POST", "/bkt2/?worm", &initiate).ok();
    world.sandbox.advance_clock(SignedDuration::from_hours(25));
    world.send("GET", "/bkt2/?worm", "").refused(404, "NoSuchWORMConfiguration");
}

#[test]
fn browsers_are_told_what_the_rules_permit() {
    let world = World::new();
    let preflight = |headers: &[(&str, &str)]| world.plain("OPTIONS", "/bkt/k", headers, "");
    let origin = ("origin", "http://shop.example");
    let method = ("access-control-request-method", "PUT");
    preflight(&[origin, method]).refused(403, "AccessForbidden");
    let rules = "<CORSConfiguration><CORSRule><AllowedOrigin>http://*.example</AllowedOrigin>\
                 <AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod>\
                 <AllowedHeader>x-oss-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>\
                 <MaxAgeSeconds>60</MaxAgeSeconds></CORSRule></CORSConfiguration>";
    world.send("PUT", "/bkt/?cors", rules).ok();
    let headers = ("access-control-request-headers", "X-Oss-Meta-A, x-oss-date");
    let told = preflight(&[origin, method, headers]).ok();
    for (name, value) in [
        ("access-control-allow-origin", "http://shop.example"),
        ("access-control-allow-methods", "PUT, GET"),
        ("access-control-allow-headers", "X-Oss-Meta-A, x-oss-date"),
        ("access-control-max-age", "60"),
    ] {
        assert_eq!(told.header(name), value);
    }
    let other = ("access-control-request-headers", "authorization");
    preflight(&[origin, method, other]).refused(403, "AccessForbidden");
    preflight(&[("origin", "http://evil.test"), method]).refused(403, "AccessForbidden");
    preflight(&[method]).refused(400, "BadRequest");
    let key = ("sandbox", "sandbox-secret");
    let put = world.send_as(key, "PUT", "/bkt/k", &[origin], "x").ok();
    assert_eq!(put.header("access-control-expose-headers"), "ETag");
    let get = world.send_as(key, "GET", "/bkt/k", &[("origin", "http://evil.test")], "").ok();
    assert_eq!(get.header("access-control-allow-origin"), "");
    let wrong = rules.replace("PUT", "PATCH");
    world.send("PUT", "/bkt/?cors", &wrong).refused(400, "MalformedXML");
}

#[test]
fn lifecycle_rules_do_what_they_say() {
    let world = World::new();
    let rule = |prefix: &str, action: &str| {
        format!("<Rule><Prefix>{prefix}</Prefix><Status>Enabled</Status>{action}</Rule>")
    };
    let rules = [
        rule("tmp/", "<Expiration><Days>3</Days></Expiration>"),
        rule("", "<AbortMultipartUpload><Days>7</Days></AbortMultipartUpload>"),
        rule("old/", "<Transition><Days>2</Days><StorageClass>IA</StorageClass></Transition>"),
    ];
    let document = format!("<LifecycleConfiguration>{}</LifecycleConfiguration>", rules.concat());
    world.send("PUT", "/bkt/?lifecycle", &document).ok();
    for key in ["tmp/a", "tmp/b", "keep", "old/a"] {
        world.send("PUT", &format!("/bkt/{key}"), "x").ok();
    }
    world.send("POST", "/bkt/video?uploads", "").ok();
    let run = || world.plain("POST", "/_sandbox/lifecycle", &[], "").ok().body;
    assert_eq!(run(), "{\"aborted\":0,\"expired\":0,\"moved\":0}\n");
    world.plain("POST", "/_sandbox/clock?advance=3d", &[], "").ok();
    world.send("GET", "/bkt/tmp/a", "").refused(404, "NoSuchKey");
    world.send("GET", "/bkt/keep", "").ok();
    assert_eq!(world.send("HEAD", "/bkt/old/a", "").header("x-oss-storage-class"), "IA");
    assert!(world.send("GET", "/bkt/?uploads", "").body.contains("<Key>video</Key>"));
    world.sandbox.advance_clock(SignedDuration::from_hours(24 * 4));
    assert!(!world.send("GET", "/bkt/?uploads", "").body.contains("<Upload>"));
}

#[test]
fn lifecycle_rules_know_versions() {
    let world = World::new();
    let on = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    world.send("PUT", "/bkt/?versioning", on).ok();
    for content in ["1", "2", "3"] {
        world.send("PUT", "/bkt/k", content).ok();
    }
    let document = "<LifecycleConfiguration><Rule><Prefix/><Status>Enabled</Status>\
                    <Expiration><Days>1</Days></Expiration><NoncurrentVersionExpiration>\
                    <NoncurrentDays>5</NoncurrentDays></NoncurrentVersionExpiration></Rule>\
                    </LifecycleConfiguration>";
    world.send("PUT", "/bkt/?lifecycle", document).ok();
    world.sandbox.advance_clock(SignedDuration::from_hours(30));
    let listing = world.send("GET", "/bkt/?versions", "").body;
    let count = |listing: &str, name: &str| listing.matches(&format!("<{name}>")).count();
    assert_eq!((count(&listing, "Version"), count(&listing, "DeleteMarker")), (3, 1));
    world.sandbox.advance_clock(SignedDuration::from_hours(24 * 6));
    let listing = world.send("GET", "/bkt/?versions", "").body;
    assert_eq!((count(&listing, "Version"), count(&listing, "DeleteMarker")), (0, 1));
}

#[test]
fn lifecycle_rules_that_make_no_sense() {
    let world = World::new();
    for (rule, code) in [
        ("<Status>On</Status>", "MalformedXML"),
        ("<Status>Enabled</Status><Expiration><Days>0</Days></Expiration>", "MalformedXML"),
        ("<Status>Enabled</Status><Expiration/>", "MalformedXML"),
        (
            "<Status>Enabled</Status><Expiration><CreatedBeforeDate>2026-01-01T01:00:00.000Z\
             </CreatedBeforeDate></Expiration>",
            "MalformedXML",
        ),
        (
            "<ID>a</ID><Status>Enabled</Status></Rule><Rule><ID>a</ID><Status>Enabled</Status>",
            "InvalidArgument",
        ),
    ] {
        let document =
            format!("<LifecycleConfiguration><Rule>{rule}</Rule></LifecycleConfiguration>");
        world.send("PUT", "/bkt/?lifecycle", &document).refused(400, code);
    }
}

#[test]
fn what_is_left_out_of_documents_is_filled_in() {
    let world = World::new();
    let cors = "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin>\
                <AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>";
    let referer = "<RefererConfiguration><AllowEmptyReferer>True</AllowEmptyReferer>\
                   </RefererConfiguration>";
    for (name, document, element, text) in [
        ("cors", cors, "ResponseVary", "false"),
        ("referer", referer, "AllowTruncateQueryString", "true"),
        ("referer", referer, "AllowEmptyReferer", "true"),
        ("qosInfo", "<QoSConfiguration />", "TotalQps", "-1"),
    ] {
        let target = format!("/bkt/?{name}");
        world.send("PUT", &target, document).ok();
        assert_eq!(world.send("GET", &target, "").ok().element(element), text, "{name}");
    }
    let logs = "<BucketLoggingStatus><LoggingEnabled><TargetBucket>none</TargetBucket>\
                </LoggingEnabled></BucketLoggingStatus>";
    let refused = world.send("PUT", "/bkt/?logging", logs);
    refused.refused(400, "InvalidTargetBucketForLogging");
    let most = "<QoSConfiguration><TotalUploadBandwidth>11</TotalUploadBandwidth>\
                </QoSConfiguration>";
    world.send("PUT", "/bkt/?qosInfo", most).refused(400, "InvalidArgument");
}

#[test]
fn lifecycle_rules_make_sense_or_are_refused() {
    let world = World::new();
    let document = |rules: &[&str]| {
        let rules: String = rules
            .iter()
            .enumerate()
            .map(|(id, rule)| format!("<Rule><ID>{id}</ID><Status>Enabled</Status>{rule}</Rule>"))
            .collect();
        format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>")
    };
    let move_to = |class: &str, days: u32| {
        format!("<Transition><Days>{days}</Days><StorageClass>{class}</StorageClass></Transition>")
    };
    let later = |class: &str, days: u32| {
        format!(
            "<NoncurrentVersionTransition><NoncurrentDays>{days}</NoncurrentDays>\
             <StorageClass>{class}</StorageClass></NoncurrentVersionTransition>"
        )
    };
    let expire = "<Expiration><Days>9</Days></Expiration>";
    let date = "<Expiration><Date>2026-01-01T00:00:00.000Z</Date></Expiration>";
    let tag = "<Tag><Key>%&amp;</Key><Value>v</Value></Tag>";
    for (rule, code) in [
        (format!("<Prefix>a</Prefix>{expire}{}", move_to("IA", 3)), ""),
        (format!("<Prefix>a</Prefix>{date}"), ""),
        (format!("<Prefix>a</Prefix>{expire}{}", move_to("IA", 9)), "InvalidArgument"),
        (format!("<Prefix>a</Prefix>{}", move_to("Standard", 3)), "InvalidArgument"),
        (
            format!("<Prefix>a</Prefix>{}{}", move_to("IA", 5), move_to("Archive", 2)),
            "InvalidArgument",
        ),
        (
            format!("<Prefix>a</Prefix>{expire}{}{}", later("IA", 20), later("Archive", 12)),
            "InvalidArgument",
        ),
        (format!("<Prefix>a</Prefix>{date}{}", move_to("IA", 3)), "InvalidRequest"),
        (format!("<Prefix>a</Prefix>{tag}{expire}"), "InvalidArgument"),
    ] {
        let answer = world.send("PUT", "/bkt/?lifecycle", &document(&[&rule]));
        match code {
            "" => drop(answer.ok()),
            code => answer.refused(400, code),
        }
    }
    let (outer, inner) = ("<Prefix>a/</Prefix>", "<Prefix>a/b</Prefix>");
    let twice = document(&[&format!("{outer}{expire}"), &format!("{inner}{expire}")]);
    let refused = world.send("PUT", "/bkt/?lifecycle", &twice);
    assert_eq!(refused.element("Message"), "Overlap for same action type Expiration");
    let key = ("sandbox", "sandbox-secret");
    let permitted = [("x-oss-allow-same-action-overlap", "true")];
    world.send_as(key, "PUT", "/bkt/?lifecycle", &permitted, &twice).ok();
}
