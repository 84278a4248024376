//! Writes small XML documents: request bodies, and a server's answers.

use std::fmt::Write as _;

use quick_xml::{
    Writer as Inner,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event},
};

/// Writes elements one after the other; every element it opens it closes.
///
/// Characters that XML 1.0 forbids are written as character references, as the service does.
pub struct Writer {
    inner: Inner<Vec<u8>>,
}

impl Writer {
    /// A document whose root element holds what `content` writes.
    pub fn document(root: &str, content: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut writer = Self { inner: Inner::new(Vec::new()) };
        writer.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        writer.element(root, content);
        writer.inner.into_inner()
    }

    /// An element that holds what `content` writes.
    pub fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.event(Event::Start(BytesStart::new(name)));
        content(self);
        self.event(Event::End(BytesEnd::new(name)));
    }

    /// An element that holds only text.
    #[expect(clippy::needless_pass_by_value, reason = "numbers and names read alike at the call")]
    pub fn text(&mut self, name: &str, text: impl ToString) {
        let text = escape(&text.to_string());
        self.element(name, |writer| writer.event(Event::Text(BytesText::from_escaped(text))));
    }

    /// An element that holds only text, if there is any.
    pub fn text_if(&mut self, name: &str, text: Option<impl ToString>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    fn event(&mut self, event: Event<'_>) {
        self.inner.write_event(event).expect("writing to memory cannot fail");
    }
}

/// `text` with markup and forbidden characters as references; `\r` too, which a reader would
/// otherwise turn into `\n`.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\0'..='\u{8}' | '\u{b}'..='\u{1f}' => {
                let _ = write!(escaped, "&#{};", u32::from(character));
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

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
