//! Shell patterns for names: `*` matches any text, `?` one character, `[a-c]` one of these, `[!a-c]` one other than these. An
//! unclosed `[` is a plain character.

/// Returns whether the text is a pattern rather than a name.
#[must_use]
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?']) || text.char_indices().any(|(at, c)| c == '[' && class_end(&text[at..]).is_some())
}

/// Returns the text before the first wildcard; every matching name begins with it.
#[must_use]
pub fn literal_prefix(pattern: &str) -> &str {
    let wild = |(at, c): (usize, char)| match c {
        '*' | '?' => Some(at),
        '[' => class_end(&pattern[at..]).map(|_| at),
        _ => None,
    };
    &pattern[..pattern.char_indices().find_map(wild).unwrap_or(pattern.len())]
}

/// Returns whether a whole name matches the pattern. The number of steps is at most the product of both lengths.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    let (mut rest, mut left) = (pattern, name);
    // Where to resume if the text after the last `*` does not match here.
    let mut again: Option<(&str, &str)> = None;
    loop {
        if let Some(after) = rest.strip_prefix('*') {
            again = Some((after, left));
            rest = after;
            continue;
        }
        let mut chars = left.chars();
        let next = chars.next();
        match (next, step(rest, next)) {
            (None, _) if rest.is_empty() => return true,
            (Some(_), Some(after)) => {
                rest = after;
                left = chars.as_str();
                continue;
            }
            _ => {}
        }
        let Some((after, from)) = again else { return false };
        let mut chars = from.chars();
        if chars.next().is_none() {
            return false;
        }
        again = Some((after, chars.as_str()));
        (rest, left) = (after, chars.as_str());
    }
}

/// Returns the pattern after its first element, if that matches the character.
fn step(pattern: &str, c: Option<char>) -> Option<&str> {
    let c = c?;
    let mut elements = pattern.chars();
    match elements.next()? {
        '?' => Some(elements.as_str()),
        '[' if class_end(pattern).is_some() => {
            let end = class_end(pattern)?;
            in_class(&pattern[1..end], c).then(|| &pattern[end + 1..])
        }
        same => (same == c).then_some(elements.as_str()),
    }
}

/// Returns the position of the `]` that closes the class at the start of the pattern. A `]` in first position is a member of
/// the class.
fn class_end(pattern: &str) -> Option<usize> {
    let inside = pattern.strip_prefix('[')?;
    let first = inside.strip_prefix(['!', '^']).unwrap_or(inside);
    let skipped = pattern.len() - first.len();
    let from = usize::from(first.starts_with(']'));
    first.get(from..)?.find(']').map(|at| skipped + from + at)
}

/// Returns whether the class (without its brackets) contains a character.
fn in_class(class: &str, c: char) -> bool {
    let members = class.strip_prefix(['!', '^']).unwrap_or(class);
    let members: Vec<char> = members.chars().collect();
    let (mut at, mut found) = (0, false);
    while at < members.len() {
        if at + 2 < members.len() && members[at + 1] == '-' {
            found |= (members[at]..=members[at + 2]).contains(&c);
            at += 3;
        } else {
            found |= members[at] == c;
            at += 1;
        }
    }
    found != (members.len() < class.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        for (pattern, fitting, others) in [
            ("*", &["", "anything", "日本"][..], &[][..]),
            ("a-*-z", &["a-b-z", "a--z", "a-b-c-z"], &["a-z", "a-b-y"]),
            ("web", &["web"], &["web2", "we", ""]),
            ("a*b*c", &["abc", "a1b2c", "abbcc"], &["acb", "ab"]),
            ("ab*b", &["abb", "abab"], &["ab"]),
            ("web-?", &["web-1", "web-a", "web-日"], &["web-", "web-12"]),
            ("?", &["a", "é"], &["", "ab"]),
            ("web-[12]", &["web-1", "web-2"], &["web-3", "web-[12]", "web-12"]),
            ("web-[a-c]*", &["web-a", "web-cx"], &["web-d"]),
            ("web-[!0-9]", &["web-a"], &["web-4", "web-"]),
            ("web-[^0-9]", &["web-a"], &["web-4"]),
            ("[]a]", &["]", "a"], &["b"]),
            ("[!]a]", &["b"], &["]", "a"]),
            ("[a-]", &["a", "-"], &["b"]),
            ("[ab", &["[ab"], &["a", "b"]),
            ("/aws/lambda/*", &["/aws/lambda/x", "/aws/lambda/x/y"], &["/aws/lambd"]),
            ("*[0-9]?x", &["12x", "a9bx"], &["x", "9x", "abcx"]),
            ("", &[""], &["a"]),
        ] {
            for name in fitting {
                assert!(matches(pattern, name), "{pattern} {name}");
            }
            for name in others {
                assert!(!matches(pattern, name), "{pattern} {name}");
            }
        }
    }

    #[test]
    fn name_is_not_a_pattern() {
        assert!(["*", "a?", "w[eb]", "x[!y]"].into_iter().all(is_pattern));
        assert!(!["web", "w[eb", "web]", "[]", "[!]", ""].into_iter().any(is_pattern));
        assert_eq!(literal_prefix("/ecs/web-?"), "/ecs/web-");
        assert_eq!(literal_prefix("/ecs/[ab]*"), "/ecs/");
        assert_eq!(literal_prefix("/ecs/[ab"), "/ecs/[ab");
    }

    #[test]
    fn many_stars_take_bounded_time() {
        assert!(!matches(&"a*".repeat(200), &"a".repeat(20_000)[..199]));
        assert!(!matches(&format!("{}b", "*a".repeat(100)), &"a".repeat(5_000)));
    }
}
