//! Names of keys: the styles in which one may be written, and the nearest known one to a slip.

/// Whether two spellings are one key: `accessKeyID`, `access-key-id` and `access_key_id` are.
pub(crate) fn same(left: &str, right: &str) -> bool {
    letters(left).eq(letters(right))
}

/// A name without its style: lower case, no dashes, no underscores.
fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|letter| !matches!(letter, '-' | '_')).flat_map(char::to_lowercase)
}

/// The known name that `name` may be a slip for: the nearest, if it is off by a third at most.
pub(crate) fn nearest(
    name: &str,
    known: impl IntoIterator<Item = &'static str>,
) -> Option<&'static str> {
    let name: Vec<char> = letters(name).collect();
    let slips = |known| distance(&name, &letters(known).collect::<Vec<_>>());
    known
        .into_iter()
        .map(|known| (slips(known), known))
        .filter(|(slips, _)| *slips * 3 <= name.len())
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, known)| known)
}

/// Letters to insert, drop, replace or swap with their neighbour (optimal string alignment).
fn distance(left: &[char], right: &[char]) -> usize {
    let mut rows = vec![vec![0; right.len() + 1]; left.len() + 1];
    for i in 0..=left.len() {
        for j in 0..=right.len() {
            if i == 0 || j == 0 {
                rows[i][j] = i + j;
                continue;
            }
            let replaced = rows[i - 1][j - 1] + usize::from(left[i - 1] != right[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            let swapped =
                i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
            if swapped {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_of_one_name() {
        for style in ["accessKeyID", "accesskeyid", "access-key-id", "Access_Key_Id"] {
            assert!(same(style, "access_key_id"), "{style}");
        }
        assert!(!same("access_key", "access_key_id"));
    }

    #[test]
    fn slips_find_their_name() {
        let known = ["endpoint", "region", "retry_times", "jobs"];
        for (slip, found) in [
            ("endpont", Some("endpoint")),
            ("Endpiont", Some("endpoint")),
            ("retry-time", Some("retry_times")),
            ("jbos", Some("jobs")),
            ("limitedNum", None),
            ("", None),
        ] {
            assert_eq!(nearest(slip, known), found, "{slip}");
        }
    }
}
