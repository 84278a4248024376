//! What holds for any text: it survives the XML and the percent-encoding.

use ossutil_protocol::{
    Operation,
    names::{self, Encoding},
    operations::{CompleteMultipartUpload, DeleteMultipleObjects, ObjectId},
    xml::{Writer, parse, parse_lenient},
};
use proptest::{collection::vec, prelude::*};

/// Any text, with more of what is hard: control characters, markup, references, sections, and
/// the last characters of planes.
fn any_text() -> impl Strategy<Value = String> {
    let hard = prop::sample::select(vec![
        "\0",
        "\u{1}",
        "\t",
        "\n",
        "\r",
        "\u{b}",
        "\u{1f}",
        "\u{7f}",
        "\u{85}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{e000}",
        "\u{10ff01}",
        "\u{10fffd}",
        "\u{10ffff}",
        "&",
        "&#1;",
        "&#x1;",
        "&amp;",
        "<",
        ">",
        "<![CDATA[",
        "]]>",
        "\"",
        "'",
        "%",
        "%41",
        "+",
        " ",
        "/",
        "~",
        "日",
    ]);
    let piece = prop_oneof![hard.prop_map(str::to_owned), any::<String>()];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn xml_gives_back_what_was_written(text in any_text()) {
        let document = Writer::document("R", |root| root.text("Key", &text));
        let read = parse_lenient(&document, "R", |root| Ok(root.text_or_empty("Key")));
        prop_assert_eq!(read.unwrap(), text);
    }

    #[test]
    fn encoded_names_need_no_lenience(text in any_text()) {
        let document = Writer::document("R", |root| {
            root.text("EncodingType", "url");
            root.text("Key", Encoding::Url.encode(&text));
        });
        let read = parse(&document, "R", |root| root.decoded("Key", root.encoding()));
        prop_assert_eq!(read.unwrap(), Some(text));
    }

    #[test]
    fn names_decode_to_what_was_encoded(text in any_text()) {
        prop_assert_eq!(names::decode(&names::encode(&text)).unwrap(), text.clone());
        prop_assert_eq!(names::decode(&names::encode_path(&text)).unwrap(), text);
    }

    #[test]
    fn a_server_reads_the_keys_that_a_client_wrote(keys in vec("(?s).{1,9}", 0..9), quiet: bool) {
        let object = |key: &String| ObjectId { key: key.clone(), version_id: None };
        let objects: Vec<_> = keys.iter().map(object).collect();
        let bucket = String::new();
        let request = DeleteMultipleObjects { bucket, objects: objects.clone(), quiet }.request();
        let read = DeleteMultipleObjects::parse_body(&request.body);
        prop_assert_eq!(read.unwrap(), (quiet, objects));
    }

    #[test]
    fn a_server_reads_the_parts_that_a_client_wrote(
        parts in vec((1u32..=10_000, "[0-9A-F]{32}"), 0..9),
    ) {
        let upload = CompleteMultipartUpload { parts: parts.clone(), ..Default::default() };
        let read = CompleteMultipartUpload::parse_body(&upload.request().body);
        prop_assert_eq!(read.unwrap(), parts);
    }

    #[test]
    fn no_body_breaks_the_reader(body in vec(any::<u8>(), 0..64), text in any_text()) {
        let _ = parse(&body, "R", |_| Ok(()));
        let _ = parse_lenient(&body, "R", |_| Ok(()));
        let _ = parse_lenient(text.as_bytes(), "R", |_| Ok(()));
        let _ = names::decode(&text);
    }
}
