//! The CRC-64 of a whole from those of its parts.

/// The polynomial of CRC-64/XZ (ECMA-182), reflected: the highest bit is the constant term.
const POLYNOMIAL: u64 = 0xC96C_5795_D787_0F42;

/// x to the power of 2^k, modulo the polynomial.
const POWERS: [u64; 67] = {
    let mut powers = [1 << 62; 67];
    let mut k = 1;
    while k < powers.len() {
        powers[k] = multiply(powers[k - 1], powers[k - 1]);
        k += 1;
    }
    powers
};

/// The product of two polynomials, modulo the polynomial.
const fn multiply(a: u64, mut b: u64) -> u64 {
    let (mut product, mut bit) = (0, 64);
    while bit > 0 {
        bit -= 1;
        if a >> bit & 1 == 1 {
            product ^= b;
        }
        b = (b >> 1) ^ (if b & 1 == 1 { POLYNOMIAL } else { 0 });
    }
    product
}

/// The CRC-64 of two pieces, one behind the other; `length` is that of the second, in bytes.
pub fn combine(first: u64, second: u64, length: u64) -> u64 {
    let mut shifted = first;
    for (k, power) in POWERS[3..].iter().enumerate() {
        if length >> k & 1 == 1 {
            shifted = multiply(shifted, *power);
        }
    }
    shifted ^ second
}

/// The CRC-64 of pieces, each with its length, one behind the other.
pub fn combine_all(pieces: impl IntoIterator<Item = (u64, u64)>) -> u64 {
    pieces.into_iter().fold(0, |whole, (crc64, length)| combine(whole, crc64, length))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn crc64(bytes: &[u8]) -> u64 {
        let mut digest = crc64fast::Digest::new();
        digest.write(bytes);
        digest.sum64()
    }

    #[test]
    fn the_check_value() {
        let parts = [(crc64(b"1234"), 4), (crc64(b""), 0), (crc64(b"56789"), 5)];
        assert_eq!(combine_all(parts), 11_051_210_869_376_104_954);
        assert_eq!(combine_all([]), 0);
    }

    proptest! {
        #[test]
        fn parts_make_the_whole(pieces in vec(vec(any::<u8>(), 0..300), 0..8)) {
            let parts = pieces.iter().map(|piece| (crc64(piece), piece.len() as u64));
            prop_assert_eq!(combine_all(parts), crc64(&pieces.concat()));
        }

        /// How the pieces are joined makes no difference, at lengths that no test can hash.
        #[test]
        fn joining_is_associative(
            [a, b, c] in any::<[u64; 3]>(), lengths in any::<[u32; 2]>(), shift in 0_u32..20
        ) {
            let [b_length, c_length] = lengths.map(|length| u64::from(length) << shift);
            prop_assert_eq!(
                combine(combine(a, b, b_length), c, c_length),
                combine(a, combine(b, c, c_length), b_length + c_length)
            );
        }
    }
}
