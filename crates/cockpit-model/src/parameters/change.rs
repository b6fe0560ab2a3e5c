//! How a new value differs from the one before, without showing a character of either: how long both are, and what of
//! them is the same. That is enough to see a value that was cut, one with a line break too many, or the wrong one.

use super::value::Value;

/// The text in place of a secret value.
pub const MASK: &str = "••••••••";

/// A value, masked: how large it is.
pub fn masked(value: &Value) -> String {
    format!("{MASK} ({})", value.shape())
}

/// A sentence on what is the same and what is not.
pub fn difference(before: &Value, after: &Value) -> String {
    if before == after {
        return "the value is the one that is there".to_owned();
    }
    let (old, new): (Vec<char>, Vec<char>) = (before.expose().chars().collect(), after.expose().chars().collect());
    let shorter = old.len().min(new.len());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old.iter().rev().zip(new.iter().rev()).take(shorter - head).take_while(|(a, b)| a == b).count();
    let (gone, come) = (old.len() - head - tail, new.len() - head - tail);
    let stays = match (head, tail) {
        (0, 0) => "nothing of it stays at its beginning or its end".to_owned(),
        (head, 0) => format!("the first {head} stay"),
        (0, tail) => format!("the last {tail} stay"),
        (head, tail) => format!("the first {head} and the last {tail} stay"),
    };
    let changes = match (gone, come) {
        (0, come) => format!("{come} {} inserted", were(come)),
        (gone, 0) => format!("{gone} {} removed", were(gone)),
        (gone, come) => format!("{gone} became {come}"),
    };
    format!("of {} characters {changes}; {stays}", old.len())
}

fn were(count: usize) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

/// Features of a new value that are usually a mistake.
pub fn doubts(value: &Value) -> Vec<&'static str> {
    let text = value.expose();
    let ends = text.ends_with(['\n', '\r']);
    let mut doubts = Vec::new();
    if ends {
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

    fn told(before: &str, after: &str) -> String {
        difference(&Value::new(before), &Value::new(after))
    }

    #[test]
    fn a_difference_tells_how_much_and_where_and_nothing_of_the_values() {
        assert_eq!(told("same", "same"), "the value is the one that is there");
        assert_eq!(
            told("postgres://a:old@h/db", "postgres://a:newer@h/db"),
            "of 21 characters 3 became 5; the first 13 and the last 5 stay"
        );
        assert_eq!(told("abc", "abc\n"), "of 3 characters 1 was inserted; the first 3 stay");
        assert_eq!(told("aaa", "aa"), "of 3 characters 1 was removed; the first 2 stay");
        assert_eq!(told("abc", "xyz"), "of 3 characters 3 became 3; nothing of it stays at its beginning or its end");
    }

    #[test]
    fn a_value_that_is_usually_a_mistake_is_doubted() {
        assert!(doubts(&Value::new("fine value")).is_empty());
        assert!(doubts(&Value::new("x\n"))[0].contains("line break"));
        assert!(doubts(&Value::new(" x"))[0].contains("space"));
        assert!(doubts(&Value::new("\"x\""))[0].contains("quote"));
        assert!(doubts(&Value::new("\"")).is_empty());
    }

    proptest! {
        #[test]
        fn no_word_of_a_value_is_in_what_is_told_of_it(old in "[A-Z]{6,20}", new in "[A-Z]{6,20}") {
            let (before, after) = (Value::new(&*old), Value::new(&*new));
            let told = format!("{} {} {}", difference(&before, &after), masked(&before), masked(&after));
            prop_assert!(!told.contains(&old) && !told.contains(&new));
        }

        #[test]
        fn every_character_is_counted_once(old in "\\PC{0,30}", new in "\\PC{0,30}") {
            // It does not fail on any text, and says the same of the same.
            let told = difference(&Value::new(&*old), &Value::new(&*new));
            prop_assert_eq!(old == new, told == "the value is the one that is there");
        }
    }
}
