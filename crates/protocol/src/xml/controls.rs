//! Hides characters that XML 1.0 forbids while a parser runs, and shows them again behind it.
//!
//! Keys may hold control characters, and clients send them raw or as references. No conforming
//! parser lets either pass.

/// Announces a hidden character: the last of the last private plane, which no text uses.
pub(super) const MARK: char = '\u{10fffd}';

/// What XML 1.0 forbids even as a reference; and the mark, which would else be taken for one.
fn must_hide(code: u32) -> bool {
    matches!(code, 0..=0x8 | 0xB | 0xC | 0xE..=0x1F | 0xFFFE | 0xFFFF) || code == u32::from(MARK)
}

/// Replaces each forbidden character, raw or as a reference, by the mark and a private twin.
pub(super) fn hide(text: &str) -> String {
    let mut hidden = String::with_capacity(text.len());
    let mut rest = text;
    let mut in_cdata = false;
    while let Some(character) = rest.chars().next() {
        in_cdata = match in_cdata {
            true => !rest.starts_with("]]>"),
            false => rest.starts_with("<![CDATA["),
        };
        let reference = if in_cdata { None } else { reference(rest) };
        let (code, tail) =
            reference.unwrap_or((u32::from(character), &rest[character.len_utf8()..]));
        if must_hide(code) {
            let twin = char::from_u32(0xE000 + (code & 0xFFF)).expect("in a private plane");
            hidden.extend([MARK, twin]);
            rest = tail;
        } else {
            hidden.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    hidden
}

/// No reference to a character is longer; the bound keeps a text full of `&#` from being searched
/// to its end again and again.
const LONGEST_REFERENCE: usize = 16;

/// The character reference that `text` begins with, and what follows it.
fn reference(text: &str) -> Option<(u32, &str)> {
    let inside = text.strip_prefix("&#")?;
    let end = inside.bytes().take(LONGEST_REFERENCE).position(|byte| byte == b';')?;
    let (digits, tail) = (&inside[..end], &inside[end + 1..]);
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    Some((code.ok()?, tail))
}

/// Undoes [`hide`] in a piece of text.
pub(super) fn show(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let twin = if character == MARK { characters.next() } else { None };
        shown.push(match twin.map(|twin| u32::from(twin) & 0xFFF) {
            None | Some(0xFFD) => character,
            Some(0xFFE) => '\u{fffe}',
            Some(0xFFF) => '\u{ffff}',
            Some(code) => char::from_u32(code).unwrap_or(character),
        });
    }
    shown
}
