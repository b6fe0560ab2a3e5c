//! Describes how a new value differs from the previous one without revealing a character of either: their lengths, and
//! the parts that are the same. That is enough to notice a truncated value, an extra line break, or a wrong value.

use super::value::Value;

/// The replacement for a secret value.
pub const MASK: &str = "••••••••";

/// Returns the replacement for a value, with its size.
pub fn masked(value: &Value) -> String {
    format!("{MASK} ({})", value.shape())
}

/// Returns a sentence on the changed and unchanged parts.
pub fn difference(before: &Value, after: &Value) -> String {
    if before == after {
        return "the value is unchanged".to_owned();
    }
    let (old, new): (Vec<char>, Vec<char>) = (before.expose().chars().collect(), after.expose().chars().collect());
    let min_length = old.len().min(new.len());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old.iter().rev().zip(new.iter().rev()).take(min_length - head).take_while(|(a, b)| a == b).count();
    let (removed, inserted) = (old.len() - head - tail, new.len() - head - tail);
    let unchanged = match (head, tail) {
        (0, 0) => "none stay at the start or the end".to_owned(),
        (head, 0) => format!("the first {head} stay"),
        (0, tail) => format!("the last {tail} stay"),
        (head, tail) => format!("the first {head} and the last {tail} stay"),
    };
    let changes = match (removed, inserted) {
        (0, inserted) => format!("{inserted} {} inserted", were(inserted)),
        (removed, 0) => format!("{removed} {} removed", were(removed)),
        (removed, inserted) => format!("{removed} became {inserted}"),
    };
    format!("of {} characters {changes}; {unchanged}", old.len())
}

fn were(count: usize) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

/// Returns warnings about features of a new value that are usually a mistake.
pub fn warnings(value: &Value) -> Vec<&'static str> {
    let text = value.expose();
    let ends_with_break = text.ends_with(['\n', '\r']);
    let mut doubts = Vec::new();
    if ends_with_break {
        doubts.push("the value ends with a line break, which is part of it (`printf %s` writes none)");
    } else if text.trim() != text {
        doubts.push("the value begins or ends with a space");
    }
    let quoted = |quote: char| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote);
    if quoted('"') || quoted('\'') {
        doubts.push("the value begins and ends with a quote, which is part of it");
    }
    if text.contains('\u{feff}') {
        doubts.push("the value has a byte order mark in it");
    }
    doubts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn difference_of(before: &str, after: &str) -> String {
        difference(&Value::new(before), &Value::new(after))
    }

    #[test]
    fn difference_reveals_size_and_position_only() {
        assert_eq!(difference_of("same", "same"), "the value is unchanged");
        assert_eq!(
            difference_of("postgres://a:old@h/db", "postgres://a:newer@h/db"),
            "of 21 characters 3 became 5; the first 13 and the last 5 stay"
        );
        assert_eq!(difference_of("abc", "abc\n"), "of 3 characters 1 was inserted; the first 3 stay");
        assert_eq!(difference_of("aaa", "aa"), "of 3 characters 1 was removed; the first 2 stay");
        assert_eq!(difference_of("abc", "xyz"), "of 3 characters 3 became 3; none stay at the start or the end");
    }

    #[test]
    fn suspicious_value_has_a_warning() {
        assert!(warnings(&Value::new("fine value")).is_empty());
        assert!(warnings(&Value::new("x\n"))[0].contains("line break"));
        assert!(warnings(&Value::new(" x"))[0].contains("space"));
        assert!(warnings(&Value::new("\"x\""))[0].contains("quote"));
        assert!(warnings(&Value::new("\"")).is_empty());
    }

    proptest! {
        #[test]
        fn difference_contains_no_part_of_a_value(old in "[A-Z]{6,20}", new in "[A-Z]{6,20}") {
            let (before, after) = (Value::new(&*old), Value::new(&*new));
            let output = format!("{} {} {}", difference(&before, &after), masked(&before), masked(&after));
            prop_assert!(!output.contains(&old) && !output.contains(&new));
        }

        #[test]
        fn difference_does_not_panic_and_equal_values_are_equal(old in "\\PC{0,30}", new in "\\PC{0,30}") {
            // It must not panic on any text, and must report equal values as equal.
            let sentence = difference(&Value::new(&*old), &Value::new(&*new));
            prop_assert_eq!(old == new, sentence == "the value is unchanged");
        }
    }
}
