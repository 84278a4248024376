//! Reads XML documents by local name: namespaces and unknown elements are ignored, absent elements
//! are `None`, and a value that is not what it should be is an error that names its element.

use std::str::FromStr;

use jiff::Timestamp;
use roxmltree::{Document, Node};

use crate::{DecodeError, names::Encoding};

/// An element of a document that was parsed.
#[derive(Clone, Copy)]
pub struct Element<'a, 'input>(Node<'a, 'input>);

/// Parses `body` and hands its root to `read`, if the root's name is `root`.
///
/// What stands behind the root element is ignored, as every client of the service does.
///
/// # Errors
/// A body that is not XML in UTF-8, another root, and what `read` finds.
pub fn parse<T>(
    body: &[u8],
    root: &str,
    read: impl FnOnce(Element<'_, '_>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let text = std::str::from_utf8(body).map_err(|_| DecodeError::NotUtf8)?;
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    refuse_other_encodings(text)?;
    let document = Document::parse(without_tail(text)).map_err(|error| match text.is_empty() {
        true => DecodeError::Empty,
        false => DecodeError::Xml(error.to_string()),
    })?;
    let element = Element(document.root_element());
    match element.name() == root {
        true => read(element),
        false => {
            Err(DecodeError::Root { expected: root.to_owned(), found: element.name().to_owned() })
        }
    }
}

/// As [`parse`], for a document that may hold characters XML 1.0 forbids, raw or as references:
/// clients send keys with control characters that way.
///
/// # Errors
/// As [`parse`].
pub fn parse_lenient<T>(
    body: &[u8],
    root: &str,
    read: impl FnOnce(Element<'_, '_>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let text = std::str::from_utf8(body).map_err(|_| DecodeError::NotUtf8)?;
    parse(hide_controls(text).as_bytes(), root, read)
}

/// Declares another encoding than the one every answer of the service has.
fn refuse_other_encodings(text: &str) -> Result<(), DecodeError> {
    let Some((declaration, _)) = text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>"))
    else {
        return Ok(());
    };
    let Some((_, encoding)) = declaration.split_once("encoding") else { return Ok(()) };
    let encoding = encoding.trim_start_matches([' ', '=']).trim_matches(['"', '\'', ' ']);
    match encoding.to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" | "us-ascii" => Ok(()),
        _ => Err(DecodeError::value("encoding", encoding, "UTF-8")),
    }
}

/// `text` up to the end of its root element, when something stands behind it.
fn without_tail(text: &str) -> &str {
    match text.trim_end().ends_with('>') {
        true => text,
        false => text.rfind('>').map_or(text, |end| &text[..=end]),
    }
}

/// Where forbidden characters hide while the parser runs: a plane that no text uses.
const HIDDEN: u32 = 0x0010_FF00;

/// Replaces each forbidden control character, raw or as a reference, by its hidden twin.
fn hide_controls(text: &str) -> String {
    let twin = |code: u32| char::from_u32(HIDDEN + code).expect("in a private plane");
    let is_forbidden = |code: u32| code < 0x20 && ![0x9, 0xA, 0xD].contains(&code);
    let mut hidden = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let reference = rest.strip_prefix("&#").and_then(|tail| tail.split_once(';'));
        let code = reference.and_then(|(digits, _)| match digits.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => digits.parse().ok(),
        });
        match (code, reference) {
            (Some(code), Some((_, tail))) if is_forbidden(code) => {
                hidden.push(twin(code));
                rest = tail;
            }
            _ => {
                let code = u32::from(character);
                hidden.push(if is_forbidden(code) { twin(code) } else { character });
                rest = &rest[character.len_utf8()..];
            }
        }
    }
    hidden
}

/// Undoes [`hide_controls`] in a piece of text.
fn show_controls(text: &str) -> String {
    let show = |character: char| match u32::from(character) {
        code @ HIDDEN..=0x0010_FF1F => char::from_u32(code - HIDDEN).unwrap_or(character),
        _ => character,
    };
    text.chars().map(show).collect()
}

impl<'a, 'input: 'a> Element<'a, 'input> {
    /// The local name.
    pub fn name(&self) -> &'a str {
        self.0.tag_name().name()
    }

    /// The elements directly below, in order.
    pub fn children(&self) -> impl Iterator<Item = Element<'a, 'input>> + use<'a, 'input> {
        self.0.children().filter(Node::is_element).map(Element)
    }

    /// The elements directly below that are called `name`.
    pub fn all(&self, name: &str) -> impl Iterator<Item = Element<'a, 'input>> {
        self.children().filter(move |element| element.name() == name)
    }

    /// The first element below that is called `name`.
    pub fn child(&self, name: &str) -> Option<Element<'a, 'input>> {
        self.children().find(|element| element.name() == name)
    }

    /// The element's own text, as it stands.
    pub fn own_text(&self) -> String {
        let text = self.0.text().unwrap_or_default();
        // 0xF4 opens the plane in UTF-8; the check is cheap because it runs for every field.
        match text.as_bytes().contains(&0xF4) {
            true => show_controls(text),
            false => text.to_owned(),
        }
    }

    /// The text of the child `name`.
    pub fn text(&self, name: &str) -> Option<String> {
        self.child(name).map(|element| element.own_text())
    }

    /// The text of the child `name`, or nothing.
    pub fn text_or_empty(&self, name: &str) -> String {
        self.text(name).unwrap_or_default()
    }

    /// The name (a key, a prefix, a marker) in the child `name`, decoded.
    ///
    /// # Errors
    /// A broken escape.
    pub fn decoded(&self, name: &str, encoding: Encoding) -> Result<Option<String>, DecodeError> {
        self.text(name).map(|text| encoding.decode(&text)).transpose()
    }

    /// The prefixes in the `<CommonPrefixes>` below, decoded.
    ///
    /// # Errors
    /// A broken escape.
    pub fn common_prefixes(&self, encoding: Encoding) -> Result<Vec<String>, DecodeError> {
        let prefixes = self.all("CommonPrefixes").flat_map(|element| element.children());
        let prefixes = prefixes.filter(|element| element.name() == "Prefix");
        prefixes.map(|prefix| encoding.decode(&prefix.own_text())).collect()
    }

    /// What `<EncodingType>` says of the names in this answer.
    pub fn encoding(&self) -> Encoding {
        Encoding::from_name(self.text("EncodingType").as_deref())
    }

    /// The number in the child `name`; an empty element counts as absent.
    ///
    /// # Errors
    /// Text that is no number of the type.
    pub fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, DecodeError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.trim() {
            "" => Ok(None),
            digits => match digits.parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(DecodeError::value(name, &text, "a number in range")),
            },
        }
    }

    /// The boolean in the child `name`; absent or empty is false.
    ///
    /// # Errors
    /// Text that is no boolean.
    pub fn boolean(&self, name: &str) -> Result<bool, DecodeError> {
        let text = self.text_or_empty(name);
        match text.trim() {
            "true" | "True" | "TRUE" | "1" => Ok(true),
            "false" | "False" | "FALSE" | "0" | "" => Ok(false),
            _ => Err(DecodeError::value(name, &text, "true or false")),
        }
    }

    /// The time in the child `name`, in any fraction and offset.
    ///
    /// # Errors
    /// Text that is no ISO 8601 time; empty text too.
    pub fn time(&self, name: &str) -> Result<Option<Timestamp>, DecodeError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.parse() {
            Ok(time) => Ok(Some(time)),
            Err(_) => {
                Err(DecodeError::value(name, &text, "a time such as 2026-01-31T00:00:00.000Z"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(body: &str) -> Result<String, DecodeError> {
        parse_lenient(body.as_bytes(), "R", |root| Ok(root.text_or_empty("Key")))
    }

    #[test]
    fn forbidden_characters_survive() {
        assert_eq!(
            key("<R><Key>a\u{1}b&#x1f;c&#8;&amp;</Key></R>").unwrap(),
            "a\u{1}b\u{1f}c\u{8}&"
        );
        assert!(parse(b"<R><Key>a\x01</Key></R>", "R", |_| Ok(())).is_err());
    }

    #[test]
    fn namespaces_prefixes_and_tails_are_ignored() {
        assert_eq!(key("\u{feff} <R xmlns='u'><Key><![CDATA[a&b]]></Key></R>").unwrap(), "a&b");
        assert_eq!(key("<R><Key>k</Key></R>garbage").unwrap(), "k");
    }

    #[test]
    fn other_roots_encodings_and_rubbish_are_refused() {
        let gbk = "<?xml version=\"1.0\" encoding=\"GBK\"?><R/>";
        for body in ["<S/>", "", "<R>", "<R><Key></R>", gbk, "not XML"] {
            assert!(key(body).is_err(), "{body}");
        }
    }
}
