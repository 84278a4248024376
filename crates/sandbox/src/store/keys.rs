//! Keys of the tables: names one after the other, in the order of their bytes.
//!
//! A name may hold any byte. Its zero bytes are followed by 0xFF, and two zero bytes end it; so a
//! name sorts before all that it begins, whatever stands behind it.

use std::borrow::Cow;

/// Names one after the other, each ended.
pub(crate) fn ended(names: &[&str]) -> Vec<u8> {
    let mut key = Vec::with_capacity(names.iter().map(|name| name.len() + 2).sum::<usize>() + 8);
    for name in names {
        push(&mut key, name);
        key.extend([0, 0]);
    }
    key
}

/// The first key in `bucket` whose name is not below `name`.
pub(crate) fn at(bucket: &str, name: &str) -> Vec<u8> {
    let mut key = ended(&[bucket]);
    push(&mut key, name);
    key
}

/// The first key in `bucket` whose name is above `name`.
pub(crate) fn behind(bucket: &str, name: &str) -> Vec<u8> {
    let mut key = at(bucket, name);
    key.extend([0, 0xFF]);
    key
}

fn push(key: &mut Vec<u8>, name: &str) {
    for byte in name.bytes() {
        key.push(byte);
        if byte == 0 {
            key.push(0xFF);
        }
    }
}

/// Takes a name that is ended off the front of a key.
pub(crate) fn take<'a>(key: &mut &'a [u8]) -> Option<Cow<'a, str>> {
    let (piece, is_end) = take_piece(key)?;
    if is_end {
        return str::from_utf8(piece).ok().map(Cow::Borrowed);
    }
    let mut name = piece.to_vec();
    loop {
        name.push(0);
        let (piece, is_end) = take_piece(key)?;
        name.extend_from_slice(piece);
        if is_end {
            return String::from_utf8(name).ok().map(Cow::Owned);
        }
    }
}

/// Takes what stands before the next zero byte of a name or its end; says which of them it was.
fn take_piece<'a>(key: &mut &'a [u8]) -> Option<(&'a [u8], bool)> {
    let zero = key.iter().position(|byte| *byte == 0)?;
    let (piece, is_end) = (&key[..zero], *key.get(zero + 1)? == 0);
    *key = &key[zero + 2..];
    Some((piece, is_end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_names_do() {
        let mut names = ["", "a", "a\0", "a\0\0", "a\0b", "a\u{1}", "ab", "b", "中"];
        names.sort_unstable();
        let keys: Vec<Vec<u8>> = names.iter().map(|name| ended(&["bkt", name])).collect();
        assert!(keys.is_sorted());
        for (name, key) in names.iter().zip(&keys) {
            let mut rest = &key[..];
            assert_eq!(take(&mut rest).as_deref(), Some("bkt"));
            assert_eq!(take(&mut rest).as_deref(), Some(*name));
            assert!(rest.is_empty());
            let above = keys.iter().filter(|key| **key >= behind("bkt", name)).count();
            assert_eq!(above, names.iter().filter(|other| *other > name).count());
            let not_below = keys.iter().filter(|key| **key >= at("bkt", name)).count();
            assert_eq!(not_below, names.iter().filter(|other| *other >= name).count());
        }
        assert_eq!(take(&mut &b"never ends"[..]), None);
    }
}
