//! Folders, as people read keys.

/// The prefix a key is counted under: up to `depth` levels behind the first `start` bytes.
pub(crate) fn folder_of(key: &str, start: usize, depth: usize) -> &str {
    let slashes = key.match_indices('/').map(|(at, _)| at + 1).filter(|end| *end > start);
    let end = slashes.take(depth).last().unwrap_or(start);
    &key[..end]
}

#[cfg(test)]
mod tests {
    use super::folder_of;

    #[test]
    fn levels() {
        for (key, start, depth, expected) in [
            ("a/b/c", 0, 1, "a/"),
            ("a/b/c", 0, 2, "a/b/"),
            ("a/b/c", 0, 9, "a/b/"),
            ("a/b/c", 2, 1, "a/b/"),
            ("a/b/c", 1, 1, "a/"),
            ("top", 0, 1, ""),
            ("a/b", 0, 0, ""),
        ] {
            assert_eq!(folder_of(key, start, depth), expected, "{key} {start} {depth}");
        }
    }
}
