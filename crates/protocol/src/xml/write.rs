//! Writes small XML documents: request bodies, and a server's answers.

use std::fmt::{self, Write as _};

/// Writes elements one after the other; every element it opens it closes.
///
/// Characters that XML 1.0 forbids are written as character references, as the service does.
pub struct Writer {
    text: String,
}

impl Writer {
    /// A document whose root element holds what `content` writes.
    pub fn document(root: &str, content: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut writer = Self { text: r#"<?xml version="1.0" encoding="UTF-8"?>"#.to_owned() };
        writer.element(root, content);
        writer.text.into_bytes()
    }

    /// An element that holds what `content` writes.
    pub fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.tag("<", name);
        content(self);
        self.tag("</", name);
    }

    // Neither this nor `text_element` is generic: a page has some ten thousand of each.
    fn tag(&mut self, opening: &str, name: &str) {
        self.text.reserve(opening.len() + name.len() + 1);
        self.text.push_str(opening);
        self.text.push_str(name);
        self.text.push('>');
    }

    /// An element that holds only text.
    pub fn text(&mut self, name: &str, text: impl fmt::Display) {
        self.text_element(name, &text);
    }

    fn text_element(&mut self, name: &str, text: &dyn fmt::Display) {
        self.tag("<", name);
        write!(Escaped(&mut self.text), "{text}").expect("writing to memory cannot fail");
        self.tag("</", name);
    }

    /// An element that holds only text, if there is any.
    pub fn text_if(&mut self, name: &str, text: Option<impl fmt::Display>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }
}

/// Writes markup and forbidden characters as references; `\r` too, which a reader would otherwise
/// turn into `\n`.
struct Escaped<'a>(&'a mut String);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut written = 0;
        // All of them are one byte long, and no part of a longer character.
        for (at, byte) in text.bytes().enumerate() {
            if !NEEDS_REFERENCE[usize::from(byte)] {
                continue;
            }
            self.0.push_str(&text[written..at]);
            match byte {
                b'&' => self.0.push_str("&amp;"),
                b'<' => self.0.push_str("&lt;"),
                b'>' => self.0.push_str("&gt;"),
                b'"' => self.0.push_str("&quot;"),
                control => write!(self.0, "&#{control};")?,
            }
            written = at + 1;
        }
        self.0.push_str(&text[written..]);
        Ok(())
    }
}

/// By byte, since a listing has a hundred thousand of them.
const NEEDS_REFERENCE: [bool; 256] = {
    let mut needs = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        needs[byte] = byte != 0x9 && byte != 0xA;
        byte += 1;
    }
    needs[b'&' as usize] = true;
    needs[b'<' as usize] = true;
    needs[b'>' as usize] = true;
    needs[b'"' as usize] = true;
    needs
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nests_and_escapes() {
        let bytes = Writer::document("Delete", |delete| {
            delete.text("Quiet", true);
            delete.element("Object", |object| object.text("Key", "a<&>\"\r\u{1}\n中"));
        });
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Delete><Quiet>true</Quiet><Object>\
             <Key>a&lt;&amp;&gt;&quot;&#13;&#1;\n中</Key></Object></Delete>"
        );
    }
}
