//! Reads XML documents by local name: namespaces and unknown elements are ignored, absent elements
//! are `None`, and a value that is not what it should be is an error that names its element.

use std::{borrow::Cow, str::FromStr};

use jiff::Timestamp;
use roxmltree::{Document, Node};

use super::controls;
use crate::{DecodeError, names::Encoding};

/// An element of a document that was parsed.
#[derive(Clone, Copy)]
pub struct Element<'a, 'input> {
    node: Node<'a, 'input>,
    /// Whether the texts of the document went through [`controls::hide`].
    hides_controls: bool,
}

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
    parse_text(utf8(body)?, false, root, read)
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
    parse_text(&controls::hide(utf8(body)?), true, root, read)
}

fn utf8(body: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(body).map_err(|_| DecodeError::NotUtf8)
}

fn parse_text<T>(
    text: &str,
    hides_controls: bool,
    root: &str,
    read: impl FnOnce(Element<'_, '_>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    refuse_other_encodings(text)?;
    let document = Document::parse(without_tail(text)).map_err(|error| match text.is_empty() {
        true => DecodeError::Empty,
        false => DecodeError::Xml(error.to_string()),
    })?;
    let element = Element { node: document.root_element(), hides_controls };
    match element.name() == root {
        true => read(element),
        false => {
            Err(DecodeError::Root { expected: root.to_owned(), found: element.name().to_owned() })
        }
    }
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

impl<'a, 'input: 'a> Element<'a, 'input> {
    /// The local name.
    pub fn name(&self) -> &'a str {
        self.node.tag_name().name()
    }

    /// Where it stands in what was given to [`parse`], in bytes.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.node.range()
    }

    /// The elements directly below, in order.
    pub fn children(&self) -> impl Iterator<Item = Element<'a, 'input>> + use<'a, 'input> {
        let hides_controls = self.hides_controls;
        let elements = self.node.children().filter(Node::is_element);
        elements.map(move |node| Element { node, hides_controls })
    }

    /// The elements directly below that are called `name`.
    pub fn all(&self, name: &str) -> impl Iterator<Item = Element<'a, 'input>> {
        self.children().filter(move |element| element.name() == name)
    }

    /// The first element below that is called `name`.
    pub fn child(&self, name: &str) -> Option<Element<'a, 'input>> {
        self.children().find(|element| element.name() == name)
    }

    /// The element's own text, as it stands; a comment in its midst does not end it.
    pub fn own_text(&self) -> String {
        self.own_content().into_owned()
    }

    /// The same, from where it lies in the document if that can be: a page has thousands.
    fn own_content(&self) -> Cow<'a, str> {
        let mut pieces =
            self.node.children().filter(Node::is_text).filter_map(|piece| piece.text());
        let first = pieces.next().unwrap_or_default();
        let text = pieces.fold(Cow::Borrowed(first), |text, piece| text + piece);
        match self.hides_controls && text.contains(controls::MARK) {
            true => Cow::Owned(controls::show(&text)),
            false => text,
        }
    }

    /// The text of the child `name`, from where it lies in the document if that can be.
    pub(crate) fn content(&self, name: &str) -> Option<Cow<'a, str>> {
        self.child(name).map(|element| element.own_content())
    }

    /// The text of the child `name`.
    pub fn text(&self, name: &str) -> Option<String> {
        self.content(name).map(Cow::into_owned)
    }

    /// The text of the child `name`, or nothing.
    pub fn text_or_empty(&self, name: &str) -> String {
        self.text(name).unwrap_or_default()
    }

    /// The text of the child `name`, unless it is absent or empty: for values that an empty
    /// element stands for the absence of.
    pub fn filled(&self, name: &str) -> Option<String> {
        self.text(name).filter(|text| !text.is_empty())
    }

    /// The text of the child `name`, without which the element is about nothing.
    ///
    /// # Errors
    /// An element that is absent or empty.
    pub fn required(&self, name: &'static str) -> Result<String, DecodeError> {
        self.filled(name).ok_or(DecodeError::Missing(name))
    }

    /// The object key in the child `Key`, decoded.
    ///
    /// # Errors
    /// No key, or a broken escape in it.
    pub fn key(&self, encoding: Encoding) -> Result<String, DecodeError> {
        match self.content("Key") {
            Some(key) if !key.is_empty() => encoding.decode(&key),
            _ => Err(DecodeError::Missing("Key")),
        }
    }

    /// The name (a key, a prefix, a marker) in the child `name`, decoded.
    ///
    /// # Errors
    /// A broken escape.
    pub fn decoded(&self, name: &str, encoding: Encoding) -> Result<Option<String>, DecodeError> {
        self.content(name).map(|text| encoding.decode(&text)).transpose()
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
        Encoding::from_name(self.text("EncodingType").as_deref().map(str::trim))
    }

    /// The number in the child `name`; an empty element counts as absent.
    ///
    /// # Errors
    /// Text that is no number of the type.
    pub fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, DecodeError> {
        let Some(text) = self.content(name) else { return Ok(None) };
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
        let text = self.content(name).unwrap_or_default();
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
        let Some(text) = self.content(name) else { return Ok(None) };
        match text.trim().parse() {
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
        assert_eq!(key("<R><Key><![CDATA[&#1;\u{1}]]>&#1;</Key></R>").unwrap(), "&#1;\u{1}\u{1}");
    }

    #[test]
    fn namespaces_prefixes_and_tails_are_ignored() {
        assert_eq!(key("\u{feff} <R xmlns='u'><Key><![CDATA[a&b]]></Key></R>").unwrap(), "a&b");
        assert_eq!(key("<R><Key>k</Key></R>garbage").unwrap(), "k");
        assert_eq!(key("<n:R xmlns:n='u'><n:Key>k</n:Key></n:R>").unwrap(), "k");
    }

    #[test]
    fn text_goes_on_behind_comments_and_sections() {
        let body = "<R><Key>a<!-- b -->c<![CDATA[<d>]]>e<Deep>f</Deep>\r\ng</Key></R>";
        assert_eq!(key(body).unwrap(), "ac<d>e\ng");
    }

    #[test]
    fn values_are_trimmed_and_names_are_not() {
        let body =
            b"<R><Key> k </Key><N>\n 7 </N><B> true\n</B><T> 2024-01-15T12:18:23+08:00 </T></R>";
        parse(body, "R", |root| {
            assert_eq!(root.text_or_empty("Key"), " k ");
            assert_eq!(root.number("N")?, Some(7));
            assert!(root.boolean("B")?);
            assert_eq!(root.time("T")?, Some("2024-01-15T04:18:23Z".parse().unwrap()));
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn other_roots_encodings_and_rubbish_are_refused() {
        let gbk = "<?xml version=\"1.0\" encoding=\"GBK\"?><R/>";
        for body in ["<S/>", "", "<R>", "<R><Key></R>", gbk, "not XML"] {
            assert!(key(body).is_err(), "{body}");
        }
    }
}
