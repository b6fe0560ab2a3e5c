//! The pattern of a line: its text with numbers, ids and quoted values removed. Lines with the same pattern can be muted
//! together.

/// A pattern, as a hash. Lines that differ only in values have the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shape(pub u64);

/// Returns the pattern of a message.
#[must_use]
pub fn shape(message: &str) -> Shape {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    walk(message, &mut |piece| {
        for byte in piece.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    });
    Shape(hash)
}

/// Returns the pattern as text, with values as `#`.
#[must_use]
pub fn describe(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    walk(message, &mut |piece| out.push_str(piece));
    out
}

fn walk(message: &str, put: &mut dyn FnMut(&str)) {
    let mut rest = message;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        if end == 0 {
            let step = rest.chars().next().map_or(1, char::len_utf8);
            put(&rest[..step]);
            rest = &rest[step..];
            continue;
        }
        let word = &rest[..end];
        put(if value(word) { "#" } else { word });
        rest = &rest[end..];
    }
}

/// Returns whether a word is a value: it contains a digit, and is a number or looks like an id.
fn value(word: &str) -> bool {
    if !word.bytes().any(|b| b.is_ascii_digit()) {
        return false;
    }
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    word.as_bytes()[0].is_ascii_digit() || digits * 3 >= word.len() || word.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_do_not_change_the_shape() {
        assert_eq!(shape("GET /api/a/1842 200 in 3ms"), shape("GET /api/a/77 404 in 120ms"));
        assert_eq!(shape("task 0a1b2c3d done"), shape("task 99ffee00 done"));
        assert_ne!(shape("GET /health"), shape("GET /login"));
        assert_eq!(describe("GET /v2/a/1842 in 3ms"), "GET /#/a/# in #");
    }
}
