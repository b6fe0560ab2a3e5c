//! A value as displayed: its lines, each safe for a terminal, with their widths.

use crate::text::{sanitize, width};

/// Returns whether each byte takes exactly one cell.
pub fn is_plain(cell: &[u8]) -> bool {
    cell.iter().all(|byte| (b' '..0x7f).contains(byte))
}

/// Returns the lines of a value, each safe for a terminal, with its width. Control characters are shown as in psql: `\r`,
/// `\x1B`, `\u0085`. A tab advances to the next multiple of eight cells; a byte that is not UTF-8 is shown as `\x80`.
pub fn lines_of(cell: &[u8]) -> Vec<(String, usize)> {
    let mut lines = vec![(String::new(), 0)];
    let add = |line: &mut (String, usize), text: &str| {
        line.0.push_str(text);
        line.1 += width(text);
    };
    for chunk in cell.utf8_chunks() {
        let mut plain = String::new();
        for c in chunk.valid().chars() {
            let count = lines.len() - 1;
            if !c.is_control() {
                plain.push(c);
                continue;
            }
            add(&mut lines[count], &sanitize(&plain));
            plain.clear();
            match c {
                '\n' => lines.push((String::new(), 0)),
                '\t' => {
                    let blanks = 8 - lines[count].1 % 8;
                    add(&mut lines[count], &" ".repeat(blanks));
                }
                '\r' => add(&mut lines[count], "\\r"),
                c if c < '\u{80}' => add(&mut lines[count], &format!("\\x{:02X}", u32::from(c))),
                c => add(&mut lines[count], &format!("\\u{:04X}", u32::from(c))),
            }
        }
        let count = lines.len() - 1;
        add(&mut lines[count], &sanitize(&plain));
        for byte in chunk.invalid() {
            add(&mut lines[count], &format!("\\x{byte:02x}"));
        }
    }
    lines
}

/// Returns the width of a value's widest line in cells.
pub fn width_of(cell: &[u8]) -> usize {
    if is_plain(cell) { cell.len() } else { lines_of(cell).iter().map(|line| line.1).max().unwrap_or(0) }
}

/// Groups the thousands of a number; text that is not a number stays as it is.
pub fn grouped(number: &str) -> String {
    let digits = number.find(|c: char| c.is_ascii_digit()).unwrap_or(number.len());
    let (sign, rest) = number.split_at(digits);
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (integer, after) = rest.split_at(end);
    let mut text = sign.to_owned();
    for (at, digit) in integer.char_indices() {
        if at > 0 && (integer.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text + after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_widths_count_cells() {
        let lines = |cell: &[u8]| lines_of(cell);
        assert_eq!(lines("日本\nx".as_bytes()), [("日本".into(), 4), ("x".into(), 1)]);
        assert_eq!(lines(b"a\tb\r\x1b[31m\x7f"), [("a       b\\r\\x1B[31m\\x7F".into(), 23)]);
        assert_eq!(lines(b"a\xffb\0"), [("a\\xffb\\x00".into(), 10)]);
        assert_eq!(lines("\u{202e}x".as_bytes())[0].0, "\\u{202e}x");
        assert_eq!(lines("\u{85}x".as_bytes()), [("\\u0085x".into(), 7)]);
        assert_eq!(lines(b""), [(String::new(), 0)]);
        assert!(is_plain(b"plain 1") && !is_plain("é".as_bytes()) && !is_plain(b"\n"));
    }

    #[test]
    fn thousands_are_grouped_only_before_the_decimal_point() {
        for (number, text) in
            [("1234567.8901", "1,234,567.8901"), ("-1000", "-1,000"), ("12", "12"), ("NaN", "NaN"), ("", "")]
        {
            assert_eq!(grouped(number), text);
        }
    }
}
