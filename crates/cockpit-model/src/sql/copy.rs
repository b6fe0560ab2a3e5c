//! Recognizes `COPY` statements whose data pass through the client, so that the data go in the right direction.

use super::token::{Kind, Token};

/// The direction of a `COPY`'s data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copy {
    /// `FROM STDIN`: the client sends the data.
    In,
    /// `TO STDOUT`: the server sends the data.
    Out,
}

/// Number of tokens examined for the direction. No `COPY` has more before `FROM`, unless it lists the columns of a wide
/// table.
pub const MAX_TOKENS: usize = 8_192;

/// Returns the direction of a statement's data through the client; `None` if it is not a `COPY`, or reads or writes a file or
/// program on the server. `words` are the tokens without blanks and comments.
pub fn direction(text: &str, words: &[Token]) -> Option<Copy> {
    let is_sql = |token: &&Token| token.kind != Kind::Command;
    let mut words = words.iter().filter(is_sql);
    if !words.next()?.is(text, "copy") {
        return None;
    }
    let mut depth = 0_usize;
    let mut before: Option<&Token> = None;
    for token in words {
        match token.kind {
            Kind::Opening => depth += 1,
            Kind::Closing => depth = depth.saturating_sub(1),
            Kind::Word | Kind::Keyword if depth == 0 => {
                let after = |word| before.is_some_and(|before| before.is(text, word));
                if token.is(text, "stdin") && after("from") {
                    return Some(Copy::In);
                }
                if token.is(text, "stdout") && after("to") {
                    return Some(Copy::Out);
                }
            }
            _ => {}
        }
        before = Some(token);
    }
    None
}

/// Returns whether lines of data follow the statement.
pub fn reads_data(text: &str, words: &[Token]) -> bool {
    words.first().is_some_and(|first| first.is(text, "copy"))
        && words.last().is_some_and(|last| last.kind == Kind::Semicolon)
        && direction(text, words) == Some(Copy::In)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::token::significant_tokens;

    #[test]
    fn direction_is_found_outside_of_parentheses() {
        let way = |text: &str| direction(text, &significant_tokens(text));
        assert_eq!(way("copy t from stdin"), Some(Copy::In));
        assert_eq!(way("COPY s.t (a, \"from\") FROM STDIN WITH (FORMAT csv)"), Some(Copy::In));
        assert_eq!(way("copy (select 1 from stdin) to stdout"), Some(Copy::Out));
        assert_eq!(way("copy t to '/tmp/x'"), None);
        assert_eq!(way("copy t from program 'cat'"), None);
        assert_eq!(way("select * from stdin"), None);
        assert_eq!(way("/* copy t from stdin */ select 1"), None);
        assert_eq!(way("copy t -- to stdout\n from stdin"), Some(Copy::In));
        assert_eq!(way("copy t from 'stdin'"), None);
        assert_eq!(way(""), None);
    }
}
