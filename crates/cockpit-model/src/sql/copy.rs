//! `COPY` between the server and the client: which statements they are, so that their data go the right way.

use super::token::{Kind, Token};

/// Which way the data of a `COPY` go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copy {
    /// `FROM STDIN`: the client sends them.
    In,
    /// `TO STDOUT`: the server sends them.
    Out,
}

/// How many words of a statement say which way: more stand in no `COPY` before `FROM` but the columns of a wide table.
pub const LOOKED_AT: usize = 8_192;

/// Which way the data of a statement go through the client; none where it is no `COPY`, or one of a file or a program of the
/// server's. `words` are its tokens without blanks and comments.
pub fn direction(text: &str, words: &[Token]) -> Option<Copy> {
    let said = |token: &&Token| token.kind != Kind::Command;
    let mut words = words.iter().filter(said);
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

/// Whether lines of data come after the statement.
pub fn reads_data(text: &str, words: &[Token]) -> bool {
    words.first().is_some_and(|first| first.is(text, "copy"))
        && words.last().is_some_and(|last| last.kind == Kind::Semicolon)
        && direction(text, words) == Some(Copy::In)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::token::words;

    #[test]
    fn the_way_of_the_data_is_known_from_the_words_outside_of_parentheses() {
        let way = |text: &str| direction(text, &words(text));
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
