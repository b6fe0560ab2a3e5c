//! Fast formatting of integers, two digits at a time: a million log lines contain several of them each, and
//! formatting them with `write!` would cost as much as everything else.

use std::fmt::Write as _;

/// More digits than any number has.
const WIDTH: usize = 24;

/// The two-digit numbers 00 to 99.
const PAIRS: [u8; 200] = {
    let mut pairs = [0; 200];
    let mut n = 0;
    while n < 100 {
        pairs[2 * n] = b'0' + (n / 10) as u8;
        pairs[2 * n + 1] = b'0' + (n % 10) as u8;
        n += 1;
    }
    pairs
};

/// The digits at the end of a zero-filled array, and their count.
fn digits(number: u64) -> ([u8; WIDTH], usize) {
    let mut digits = [b'0'; WIDTH];
    let (mut rest, mut at) = (number, WIDTH);
    loop {
        let two = (rest % 100) as usize * 2;
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[two..two + 2]);
        rest /= 100;
        if rest == 0 {
            break;
        }
    }
    (digits, WIDTH - at - usize::from(digits[at] == b'0'))
}

/// Appends a number, zero-padded to a width.
pub(crate) fn padded(out: &mut String, number: u64, width: usize) {
    let (digits, count) = digits(number);
    out.push_str(std::str::from_utf8(&digits[WIDTH - count.max(width).min(WIDTH)..]).unwrap_or_default());
}

/// Appends a number.
pub(crate) fn plain(out: &mut String, number: i64) {
    match u64::try_from(number) {
        Ok(number) => padded(out, number, 1),
        Err(_) => {
            let _ = write!(out, "{number}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_match_standard_formatting() {
        for number in [0, 1, 9, 10, 99, 100, 101, 999, 1_000, 1_763_600_000_123, u64::MAX] {
            for width in [1, 2, 14, 20, 21] {
                let mut out = "x".to_owned();
                padded(&mut out, number, width);
                assert_eq!(out, format!("x{number:0width$}"));
            }
        }
        for number in [0, -1, 7, 42, i64::MIN, i64::MAX] {
            let mut out = String::new();
            plain(&mut out, number);
            assert_eq!(out, number.to_string());
        }
    }
}
