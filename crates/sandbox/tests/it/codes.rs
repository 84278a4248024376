//! The finer codes of errors (EC), as the service's documentation has them.

use jiff::SignedDuration;
use ossutil_signing::v4;

use crate::client::{Reply, World};

const KEY: (&str, &str) = ("sandbox", "sandbox-secret");
const ANOTHER_MD5: (&str, &str) = ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==");

/// Asserts the code and the EC, which stand in the body and in a header.
#[track_caller]
fn has(reply: &Reply, code: &str, ec: &str) {
    assert_eq!((reply.element("Code"), reply.element("EC")), (code, ec), "{reply:?}");
    assert_eq!(reply.header("x-oss-ec"), ec, "{reply:?}");
    assert!(reply.element("RecommendDoc").ends_with(ec), "{reply:?}");
}

#[test]
fn of_what_is_not_there() {
    let world = World::new();
    for (method, target, code, ec) in [
        ("GET", "/none/", "NoSuchBucket", "0015-00000101"),
        ("GET", "/bkt/none", "NoSuchKey", "0026-00000001"),
        ("GET", "/bkt/k?uploadId=none", "NoSuchUpload", "0042-00000002"),
        ("DELETE", "/bkt/k?uploadId=none", "NoSuchUpload", "0042-00000002"),
        ("PUT", "/bkt/k?uploadId=none&partNumber=1", "NoSuchUpload", "0042-00000104"),
        ("GET", "/bkt/?lifecycle", "NoSuchLifecycle", ""),
    ] {
        has(&world.send(method, target, ""), code, ec);
    }
    let head = world.send("HEAD", "/bkt/none", "");
    assert_eq!((head.status, &*head.body), (404, ""));
    assert_eq!(head.header("x-oss-ec"), "0026-00000001");
}

#[test]
fn of_names_and_bodies() {
    let world = World::new();
    let long = format!("/bkt/{}", "k".repeat(1024));
    for (method, target, body, code, ec) in [
        ("PUT", "/bkt//k", "", "InvalidObjectName", "0016-00000005"),
        ("PUT", &*long, "", "InvalidObjectName", "0016-00000002"),
        ("PUT", "/bkt/%FF", "", "InvalidObjectName", "0016-00000002"),
        ("POST", "/bkt/k", "", "MethodNotAllowed", "0017-00000001"),
        ("POST", "/bkt/k?append", "x", "MissingArgument", "0016-00000501"),
        ("POST", "/bkt/?delete", "<Delete/>", "MissingArgument", "0016-00000606"),
        ("PUT", "/bkt/?cors", "<X/>", "MalformedXML", "0015-00000231"),
    ] {
        has(&world.send(method, target, body), code, ec);
    }
    let md5 = ("content-md5", "vHIMJLJt1MlmNGlWFMnc/Q==");
    let many = world.send_as(KEY, "POST", "/bkt/?delete", &[md5], "<Delte/>");
    assert!(["InvalidDigest", "MalformedXML"].contains(&many.element("Code")), "{many:?}");
    world.send("PUT", "/bkt/k", "x").ok();
    has(&world.send("DELETE", "/bkt/", ""), "BucketNotEmpty", "0015-00000301");
    has(&world.send("POST", "/bkt/k?restore", ""), "OperationNotSupported", "0016-00000702");
    let class = [("x-oss-storage-class", "Archive")];
    world.send_as(KEY, "PUT", "/bkt/cold", &class, "x").ok();
    world.send("POST", "/bkt/cold?restore", "").ok();
    let again = world.send("POST", "/bkt/cold?restore", "");
    has(&again, "RestoreAlreadyInProgress", "0026-00000011");
    let behind = world.send("POST", "/bkt/new?append&position=5", "x");
    has(&behind, "PositionNotEqualToLength", "0026-00000016");
    let forbid = [("x-oss-forbid-overwrite", "true")];
    let again = world.send_as(KEY, "PUT", "/bkt/k", &forbid, "x");
    has(&again, "FileAlreadyExists", "0026-00000002");
    has(&world.send_as(KEY, "PUT", "/bkt/k", &[ANOTHER_MD5], "x"), "InvalidDigest", "");
}

#[test]
fn of_uploads() {
    let world = World::new();
    let id = world.send("POST", "/bkt/k?uploads", "").ok().element("UploadId").to_owned();
    let target = format!("/bkt/k?uploadId={id}");
    let complete = |body: &str| world.send("POST", &target, body);
    has(&complete("<CompleteMultipartUpload/>"), "MalformedXML", "0042-00000205");
    let part = |number: u32| {
        let put = world.send("PUT", &format!("{target}&partNumber={number}"), "small").ok();
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{}</ETag></Part>", put.header("etag"))
    };
    let parts = [part(1), part(2)].concat();
    let listed = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    has(&complete(&listed), "EntityTooSmall", "0042-00000213");
    let all = [("x-oss-complete-all", "yes")];
    let both = world.send_as(KEY, "POST", &target, &all, &listed);
    has(&both, "InvalidArgument", "0042-00000216");
}

#[test]
fn of_lifecycle_rules() {
    let world = World::new();
    let put = |rules: &str| {
        let document = format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>");
        world.send("PUT", "/bkt/?lifecycle", &document)
    };
    let rule = |prefix: &str, action: &str| {
        format!("<Rule><Prefix>{prefix}</Prefix><Status>Enabled</Status>{action}</Rule>")
    };
    let expires = "<Expiration><Days>1</Days></Expiration>";
    has(&put(&rule("a", "")), "MalformedXML", "0014-00000026");
    has(&put(&rule("a", "<Expiration/>")), "MalformedXML", "0014-00000060");
    let nested = rule("a", expires) + &rule("ab", expires);
    has(&put(&nested), "InvalidArgument", "0014-00000082");
    let mixed = "<Transition><CreatedBeforeDate>2020-01-01T00:00:00.000Z</CreatedBeforeDate>\
                 <StorageClass>IA</StorageClass></Transition>";
    let mixed = put(&rule("a", &format!("{expires}{mixed}")));
    has(&mixed, "InvalidRequest", "0014-00000080");
    put(&rule("a", expires)).ok();
    let noncurrent = "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>\
                      </NoncurrentVersionExpiration>";
    put(&rule("a", noncurrent)).ok();
}

#[test]
fn of_signatures() {
    let world = World::new();
    let get = |authorization: &str, more: &[(&str, &str)]| {
        let date = ossutil_signing::v1::http_date((world.clock)());
        let headers = [&[("authorization", authorization), ("date", &*date)], more].concat();
        world.plain("GET", "/bkt/", &headers, "")
    };
    has(&get("OSS sandbox:AAAA", &[]), "SignatureDoesNotMatch", "0002-00000040");
    has(&get("OSS nobody:AAAA", &[]), "InvalidAccessKeyId", "0002-00000902");
    has(&get("OSS sandbox", &[]), "InvalidArgument", "0002-00000063");
    has(&get("OSS2 sandbox", &[]), "InvalidArgument", "0002-00000104");
    has(&get("AWS sandbox:AAAA", &[]), "InvalidArgument", "0002-00000002");
    let now = v4::timestamp((world.clock)());
    let scope = |day: &str, region: &str| format!("sandbox/{day}/{region}/oss/aliyun_v4_request");
    let v4 = |credential: String, more: &str, sha256: &str| {
        let text = format!("OSS4-HMAC-SHA256 Credential={credential}{more},Signature=ab");
        get(&text, &[("x-oss-date", &*now), ("x-oss-content-sha256", sha256)])
    };
    let right = || scope(&now[..8], "cn-hangzhou");
    for (reply, code, ec) in [
        (v4(right(), "", "UNSIGNED-PAYLOAD"), "SignatureDoesNotMatch", "0002-00000040"),
        (v4(right(), "", "abcd"), "InvalidArgument", "0002-00000214"),
        (
            v4(right(), ",AdditionalHeaders=", "UNSIGNED-PAYLOAD"),
            "InvalidArgument",
            "0002-00000209",
        ),
        (
            v4(scope(&now[..8], "oss-cn-hangzhou"), "", "UNSIGNED-PAYLOAD"),
            "InvalidArgument",
            "0002-00000226",
        ),
        (
            v4(scope("20010101", "cn-hangzhou"), "", "UNSIGNED-PAYLOAD"),
            "InvalidArgument",
            "0002-00000223",
        ),
    ] {
        has(&reply, code, ec);
    }
}

#[test]
fn of_signed_urls() {
    let world = World::new();
    let get = |query: &str| world.plain("GET", &format!("/bkt/k?{query}"), &[], "");
    let late = "OSSAccessKeyId=sandbox&Signature=AAAA&Expires";
    let expired = get(&format!("{late}=1000000000"));
    has(&expired, "AccessDenied", "0002-00000069");
    assert_eq!(expired.element("Expires"), "2001-09-09T01:46:40.000Z");
    has(&get(&format!("{late}=soon")), "AccessDenied", "0002-00000070");
    let v4 = |by: SignedDuration| {
        let stamp = v4::timestamp((world.clock)() + by);
        let day = &stamp[..8];
        get(&format!(
            "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=\
             sandbox%2F{day}%2Fcn-hangzhou%2Foss%2Faliyun_v4_request&x-oss-date={stamp}\
             &x-oss-expires=60&x-oss-signature=ab"
        ))
    };
    has(&v4(SignedDuration::from_secs(-61)), "AccessDenied", "0002-00000069");
    has(&v4(SignedDuration::from_mins(16)), "AccessDenied", "0002-00000235");
    has(&v4(SignedDuration::ZERO), "SignatureDoesNotMatch", "0002-00000040");
}

#[test]
fn of_permissions() {
    let world = World::with(|builder| {
        builder
            .account_key("2000000000000002", "other", "other-secret")
            .access_key("held", "secret")
            .rule("held", ossutil_sandbox::Rule::deny("oss:GetObject").expect("a rule"))
    });
    world.send("PUT", "/bkt/k", "x").ok();
    let as_other = || world.send_as(("other", "other-secret"), "GET", "/bkt/k", &[], "");
    has(&as_other(), "AccessDenied", "0003-00000001");
    let held = world.send_as(("held", "secret"), "GET", "/bkt/k", &[], "");
    has(&held, "AccessDenied", "0003-00000201");
    let deny = r#"{"Version": "1", "Statement": [{"Effect": "Deny", "Principal": ["*"],
        "Action": ["oss:*"], "Resource": ["acs:oss:*:*:bkt/*"]}]}"#;
    world.send("PUT", "/bkt/?policy", deny).ok();
    has(&as_other(), "AccessDenied", "0003-00000101");
    world.send("DELETE", "/bkt/?policy", "").ok();
    let payer = "<RequestPaymentConfiguration><Payer>Requester</Payer>\
                 </RequestPaymentConfiguration>";
    world.send("PUT", "/bkt/?requestPayment", payer).ok();
    has(&as_other(), "AccessDenied", "0003-00000703");
}
