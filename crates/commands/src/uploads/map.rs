//! A picture of the part numbers of an upload: one block for each, or for so many.

use ossutil_client::protocol::operations::Part;

use super::layout::Layout;

/// How many rows a picture has at most.
const MAX_ROWS: usize = 16;

/// What stands for a number of parts that have arrived whole, partly, not at all; or oddly.
const WHOLE: char = '█';
const SOME: char = '▒';
const NONE: char = '·';
const ODD: char = '▓';

/// Draws parts in ascending order into `columns` columns: rows that begin with the number of their
/// first part, and what the blocks mean.
pub(crate) fn draw(parts: &[Part], layout: &Layout, columns: usize) -> String {
    let highest = layout.highest as usize;
    let width = columns.saturating_sub(8).clamp(10, 100);
    let per_block = highest.div_ceil(width * MAX_ROWS).max(1);
    let mut arrived = vec![0_usize; highest.div_ceil(per_block)];
    let mut is_odd = vec![false; arrived.len()];
    let block = |number: u32| (number as usize - 1) / per_block;
    for part in parts {
        arrived[block(part.part_number)] += 1;
    }
    for number in &layout.odd {
        is_odd[block(*number)] = true;
    }
    let mut picture = String::new();
    for first in (0..arrived.len()).step_by(width) {
        picture += &format!("{:>6}  ", first * per_block + 1);
        for index in first..arrived.len().min(first + width) {
            let in_block = per_block.min(highest - index * per_block);
            picture.push(match (arrived[index], is_odd[index]) {
                (0, _) => NONE,
                (count, _) if count < in_block => SOME,
                (_, true) => ODD,
                _ => WHOLE,
            });
        }
        picture.push('\n');
    }
    picture + &legend(per_block)
}

fn legend(per_block: usize) -> String {
    match per_block {
        1 => format!("each block is a part: {WHOLE} there, {ODD} of an odd size, {NONE} missing\n"),
        _ => format!(
            "each block is {per_block} parts: {WHOLE} all there, {ODD} some of an odd size, \
             {SOME} some missing, {NONE} all missing\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(numbers: impl IntoIterator<Item = u32>, columns: usize) -> String {
        let part = |part_number| Part {
            part_number,
            size: if part_number == 3 { 9 } else { 8 },
            ..Part::default()
        };
        let parts: Vec<Part> = numbers.into_iter().map(part).collect();
        draw(&parts, &Layout::of(&parts), columns)
    }

    #[test]
    fn few_parts_have_a_block_each() {
        let picture = picture([1, 2, 3, 5, 12], 18);
        assert!(picture.starts_with("     1  ██▓·█·····\n    11  ·█\n"), "{picture}");
    }

    #[test]
    fn ten_thousand_parts_fit() {
        let picture = picture((1..=10_000).filter(|number| !(4001..=4007).contains(number)), 80);
        let rows: Vec<&str> = picture.lines().collect();
        assert!(rows.len() <= MAX_ROWS + 1, "{picture}");
        assert!(rows.iter().take(rows.len() - 1).all(|row| row.chars().count() <= 80));
        assert_eq!((picture.matches('▓').count(), picture.matches('▒').count()), (1 + 1, 2 + 1));
        assert!(picture.contains("each block is 9 parts"), "{picture}");
    }
}
