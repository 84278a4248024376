//! Reads recorded answers and compares what we make of them with what two official SDKs made of
//! them: `oss2` 2.19.1 and `alibabacloud_oss_v2` 1.4.1, the Python SDKs of both generations.
//!
//! `xml/NAME.xml` is a body; `xml/NAME.json` beside it has the operation, status and headers, and
//! for each SDK the value it returned or what it raised. Where we differ, the table below says
//! why and what is right; a line of it that no longer applies fails as well.

mod support;

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::Value;

const V1: &str = "oss2";
const V2: &str = "alibabacloud_oss_v2";

/// A place where an SDK raises or misreads.
struct Exception {
    pair: &'static str,
    sdk: &'static str,
    /// Where its record differs from our answer; `raises` if it has none.
    at: &'static [&'static str],
    because: &'static str,
    /// What our answer has, in JSON: other fields may stand beside these.
    ours: &'static str,
}

const NEEDS_MILLIS: &str = "reads no time but one whose fraction is .000 and whose zone is Z";
const NEEDS_ELEMENT: &str = "wants an element that the service may leave out";
const NEEDS_NO_NAMESPACE: &str =
    "finds no element in a namespace, though the API reference's own samples have one";
const NOT_SERVED: &str = "was recorded with a request id, which the recorded headers lack";
const INVENTS_CODE: &str = "puts a code of its own where the answer has none that it can find";

#[rustfmt::skip]
const EXCEPTIONS: &[Exception] = &[
    Exception { pair: "bucket-info", sdk: V1, at: &["bucket_encryption_rule.sse_algorithm"],
        because: "turns the algorithm `None` into Python's None",
        ours: r#"{"sse_algorithm": "None"}"# },
    Exception { pair: "buckets-minimal", sdk: V1, at: &["raises"], because: NEEDS_ELEMENT,
        ours: r#"{"buckets": [{"name": "bare-one", "extranet_endpoint": "", "region": null}]}"# },
    Exception { pair: "buckets-unknown-extra", sdk: V1, at: &["raises"], because: NEEDS_MILLIS,
        ours: r#"{"buckets": [{"creation_date": "2024-05-15T11:18:32.123Z"}]}"# },
    Exception { pair: "error-empty-body", sdk: V2, at: &["code", "message"], because: INVENTS_CODE,
        ours: r#"{"status": 503, "code": "", "message": "", "is_from_service": true}"# },
    Exception { pair: "error-namespace", sdk: V1, at: &["code", "message"],
        because: NEEDS_NO_NAMESPACE,
        ours: r#"{"code": "AccessDenied", "message": "AccessDenied"}"# },
    Exception { pair: "error-namespace", sdk: V2, at: &["code", "message"],
        because: NEEDS_NO_NAMESPACE,
        ours: r#"{"code": "AccessDenied", "message": "AccessDenied"}"# },
    Exception { pair: "error-not-xml", sdk: V1, at: &["request_id"], because: NOT_SERVED,
        ours: r#"{"status": 502, "code": "", "request_id": "", "is_from_service": false}"# },
    Exception { pair: "error-not-xml", sdk: V2, at: &["code", "message", "request_id"],
        because: "puts a code of its own; and the id again is not in the answer",
        ours: r#"{"status": 502, "code": "", "request_id": "", "is_from_service": false}"# },
    Exception { pair: "error-other-root", sdk: V2, at: &["code", "message"], because: INVENTS_CODE,
        ours: r#"{"status": 403, "code": "", "message": "", "is_from_service": false}"# },
    Exception { pair: "error-whitespace-code", sdk: V1, at: &["code", "message"],
        because: "keeps white space around a code, so that no comparison with it succeeds",
        ours: r#"{"code": "AccessDenied", "message": "padded message"}"# },
    Exception { pair: "error-whitespace-code", sdk: V2, at: &["code", "message", "request_id"],
        because: "keeps white space, and prefers the body's request id to the header's",
        ours: r#"{"code": "AccessDenied", "request_id": "6465FA1B2C3D4E5F60718293"}"# },
    Exception { pair: "part-copy", sdk: V1, at: &["etag"],
        because: "looks for the ETag in a header, where only some answers have it",
        ours: r#"{"etag": "\"5B3C1A2E053D763E1B002CC607C5A0FE\""}"# },
    Exception { pair: "parts-large", sdk: V1, at: &["parts.0.part_crc"],
        because: "looks for the CRC-64 under another name than the service's",
        ours: r#"{"parts": [{"hash_crc64": 18446744073709551615}, {}]}"# },
    Exception { pair: "parts-namespace", sdk: V1, at: &["raises"], because: NEEDS_NO_NAMESPACE,
        ours: r#"{"next_part_number_marker": 1, "parts": [{"part_number": 1, "size": 102400}]}"# },
    Exception { pair: "parts-namespace", sdk: V2,
        at: &["next_part_number_marker", "storage_class", "parts"], because: NEEDS_NO_NAMESPACE,
        ours: r#"{"next_part_number_marker": 1, "parts": [{"part_number": 1, "size": 102400}]}"# },
    Exception { pair: "parts-unknown-elements", sdk: V1, at: &["raises"], because: NEEDS_MILLIS,
        ours: r#"{"parts": [{"last_modified": "2024-02-23T07:01:34.123Z"}]}"# },
    Exception { pair: "uploads-date-nanos", sdk: V1, at: &["raises"], because: NEEDS_MILLIS,
        ours: r#"{"uploads": [{"initiated": "2024-01-15T04:18:23.123456789Z"}]}"# },
    Exception { pair: "uploads-date-nanos", sdk: V2, at: &["uploads.0.initiated"],
        because: "keeps six digits of a fraction",
        ours: r#"{"uploads": [{"initiated": "2024-01-15T04:18:23.123456789Z"}]}"# },
    Exception { pair: "uploads-date-no-millis", sdk: V1, at: &["raises"], because: NEEDS_MILLIS,
        ours: r#"{"uploads": [{"initiated": "2024-01-15T04:18:23Z"}]}"# },
    Exception { pair: "uploads-date-offset", sdk: V1, at: &["raises"], because: NEEDS_MILLIS,
        ours: r#"{"uploads": [{"initiated": "2024-01-15T04:18:23Z"}]}"# },
    Exception { pair: "uploads-date-offset", sdk: V2, at: &["uploads.0.initiated"],
        because: "drops the offset and so is eight hours late",
        ours: r#"{"uploads": [{"initiated": "2024-01-15T04:18:23Z"}]}"# },
    Exception { pair: "uploads-missing-next-only", sdk: V1, at: &["raises"],
        because: NEEDS_ELEMENT,
        ours: r#"{"next_upload_id_marker": "", "uploads": [{"key": "a.txt"}]}"# },
    Exception { pair: "uploads-namespace", sdk: V1, at: &["raises"], because: NEEDS_NO_NAMESPACE,
        ours: r#"{"uploads": [{"key": "a.txt"}]}"# },
    Exception { pair: "uploads-namespace", sdk: V2,
        at: &["next_key_marker", "next_upload_id_marker", "uploads"], because: NEEDS_NO_NAMESPACE,
        ours: r#"{"uploads": [{"key": "a.txt"}]}"# },
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/xml")
}

/// The names of all pairs.
fn pairs() -> BTreeSet<String> {
    let entries = fs::read_dir(folder()).expect("the folder of pairs");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let bodies = paths.filter(|path| path.extension().is_some_and(|extension| extension == "xml"));
    bodies.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

/// The record of a pair, and our answer to its body.
fn read(pair: &str) -> (Value, Value) {
    let file = |extension| folder().join(pair).with_extension(extension);
    let record = fs::read_to_string(file("json")).expect("a record beside every body");
    let record: Value = serde_json::from_str(&record).expect("JSON");
    let body = fs::read(file("xml")).expect("a body");
    let op = record["op"].as_str().expect("an operation");
    let ours = support::ours(op, &support::response(body, &record));
    (record, ours.unwrap_or_else(|error| panic!("{pair}: {error}")))
}

/// Where an SDK's record differs from our answer.
fn differences(record: &Value, sdk: &str, ours: &Value) -> Vec<String> {
    match &record[sdk] {
        error if record["op"] == "error" => support::differences(error, ours),
        success => match success.get("value") {
            Some(value) => support::differences(value, ours),
            None => vec!["raises".to_owned()],
        },
    }
}

/// Whether `whole` has all that `part` has.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(_), Value::Object(fields)) => fields
            .iter()
            .all(|(name, part)| whole.get(name).is_some_and(|whole| contains(whole, part))),
        (Value::Array(whole), Value::Array(part)) => {
            let mut pairs = whole.iter().zip(part);
            whole.len() == part.len() && pairs.all(|(whole, part)| contains(whole, part))
        }
        _ => whole == part,
    }
}

#[test]
fn we_read_what_the_sdks_read() {
    let mut failures = Vec::new();
    for pair in pairs() {
        let (record, ours) = read(&pair);
        for sdk in [V1, V2] {
            let exception = EXCEPTIONS.iter().find(|e| e.pair == pair && e.sdk == sdk);
            let expected = exception.map_or(&[][..], |exception| exception.at);
            let found = differences(&record, sdk, &ours);
            if found != expected {
                failures.push(format!("{pair}: {sdk} differs at {found:?}, ours is {ours:#}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn where_the_sdks_are_wrong_we_are_right() {
    for Exception { pair, sdk, at, because, ours: expected } in EXCEPTIONS {
        let expected = serde_json::from_str(expected).expect("JSON");
        let (_, ours) = read(pair);
        assert!(
            contains(&ours, &expected),
            "{pair}: {sdk} {because} ({at:?}), but {ours:#} lacks {expected}"
        );
    }
}

#[test]
fn delete_markers_keep_their_place() {
    let (_, ours) = read("versions-mixed");
    let expected = r#"{"entries": [
        {"is_delete_marker": true, "key": "example", "version_id": "CAEQMxiBgICAof2D0BYi"},
        {"is_delete_marker": false, "key": "pic.jpg", "version_id": "null", "size": 574768}
    ]}"#;
    assert!(contains(&ours, &serde_json::from_str(expected).unwrap()), "{ours:#}");
}

#[test]
fn a_lifecycle_is_kept_as_it_came() {
    let (_, ours) = read("lifecycle-abort");
    let body = fs::read_to_string(folder().join("lifecycle-abort.xml")).unwrap();
    assert_eq!(ours["xml"], body);
    assert_eq!(ours["rules"][0]["status"], "Enabled");
    assert_eq!(ours["rules"][1]["status"], "Disabled");
}
