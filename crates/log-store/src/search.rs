//! Search for plain text or a regular expression in smart case: a pattern without capitals ignores case. One search runs over
//! a whole block's text, not line by line.

use crate::block::Block;
use memchr::memmem::Finder;
use regex::bytes::{Regex, RegexBuilder};

/// The maximum size of a compiled expression in bytes. The engine has no catastrophic expressions, but large ones exist.
const SIZE: usize = 4 << 20;

/// Why a pattern cannot be searched for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// It is not a valid regular expression.
    #[error("{what}")]
    Syntax {
        /// The mistake, in a sentence.
        what: String,
        /// Its position, in characters.
        at: usize,
    },
    /// It would take too much memory.
    #[error("the expression is too large once it is compiled (limit {limit} MB): use fewer or smaller repetitions")]
    TooLarge {
        /// The limit in MB.
        limit: usize,
    },
}

#[derive(Debug, Clone)]
enum Matcher {
    Plain(Box<Finder<'static>>),
    Regex(Regex),
}

/// Returns a regular expression that matches exactly this text.
#[must_use]
pub fn literal(text: &str) -> String {
    regex::escape(text)
}

/// A compiled search for a text or a regular expression.
#[derive(Debug, Clone)]
pub struct Search {
    matcher: Matcher,
    text: String,
}

impl Search {
    /// Compiles plain text, in smart case.
    pub fn plain(text: &str) -> Result<Self, SearchError> {
        if text.chars().any(char::is_uppercase) || !text.chars().any(char::is_alphabetic) {
            let finder = Finder::new(text.as_bytes()).into_owned();
            return Ok(Self { matcher: Matcher::Plain(Box::new(finder)), text: text.to_owned() });
        }
        let escaped = regex::escape(text);
        let mut search = Self::compile(&escaped, true)?;
        text.clone_into(&mut search.text);
        Ok(search)
    }

    /// Compiles a regular expression, in smart case.
    pub fn regex(pattern: &str) -> Result<Self, SearchError> {
        Self::compile(pattern, !has_capital(pattern))
    }

    fn compile(pattern: &str, any_case: bool) -> Result<Self, SearchError> {
        let built = RegexBuilder::new(pattern)
            .case_insensitive(any_case)
            .multi_line(true)
            .size_limit(SIZE)
            .dfa_size_limit(SIZE)
            .build();
        let regex = built.map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => SearchError::TooLarge { limit: SIZE >> 20 },
            other => syntax(&other.to_string()),
        })?;
        Ok(Self { matcher: Matcher::Regex(regex), text: pattern.to_owned() })
    }

    /// Returns the pattern as it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether a text matches.
    pub fn matches(&self, text: &str) -> bool {
        match &self.matcher {
            Matcher::Plain(finder) => finder.find(text.as_bytes()).is_some(),
            Matcher::Regex(regex) => regex.is_match(text.as_bytes()),
        }
    }

    /// Returns the matches in a text as byte ranges at character boundaries, at most `most`.
    pub fn places(&self, text: &str, most: usize) -> Vec<std::ops::Range<usize>> {
        let bytes = text.as_bytes();
        let mut found: Vec<std::ops::Range<usize>> = match &self.matcher {
            Matcher::Plain(finder) => {
                let length = finder.needle().len();
                finder.find_iter(bytes).take(most).map(|at| at..at + length).collect()
            }
            Matcher::Regex(regex) => regex.find_iter(bytes).take(most).map(|found| found.range()).collect(),
        };
        found.retain(|range| {
            !range.is_empty() && text.is_char_boundary(range.start) && text.is_char_boundary(range.end)
        });
        found
    }

    /// Appends the matching rows of a block, from `from` on, in ascending order.
    pub fn rows(&self, block: &Block, from: usize, out: &mut Vec<u16>) {
        if from >= block.len() {
            return;
        }
        let text = block.arena().as_bytes();
        let order = block.rows_by_text_offset();
        let begin = if order.is_none() { block.span(from).0 } else { 0 };
        let already = out.len();
        let mut at = begin;
        while at < text.len() {
            let found = match &self.matcher {
                Matcher::Plain(finder) => {
                    finder.find(&text[at..]).map(|hit| (at + hit, at + hit + finder.needle().len()))
                }
                Matcher::Regex(regex) => regex.find_at(text, at).map(|hit| (hit.start(), hit.end())),
            };
            let Some((start, end)) = found else { break };
            let row = block.row_at(start, order.as_deref());
            let (first, last) = block.span(row);
            // A match that extends past its line does not count, unless the line also matches by itself.
            let within = start >= first && end <= last;
            if (within || self.matches(block.text(row))) && row >= from {
                out.push(row as u16);
            }
            at = last + 1;
        }
        if order.is_some() {
            out[already..].sort_unstable();
            out.dedup();
        }
    }
}

fn has_capital(pattern: &str) -> bool {
    let mut escaped = false;
    for c in pattern.chars() {
        // `\S` and `\W` are classes, not capitals.
        if !escaped && c.is_uppercase() {
            return true;
        }
        escaped = !escaped && c == '\\';
    }
    false
}

/// Extracts the message and position from an error of the regex crate, which draws the pattern, a caret and a sentence on
/// several lines.
fn syntax(report: &str) -> SearchError {
    let at = report.lines().find_map(|line| {
        let caret = line.find('^')?;
        line.trim().chars().all(|c| c == '^').then_some(caret.saturating_sub(4))
    });
    let what = report.lines().rev().find_map(|line| line.strip_prefix("error: ")).unwrap_or(report);
    SearchError::Syntax { what: what.to_owned(), at: at.unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smart_case_ignores_case_without_capitals() {
        assert!(Search::plain("error").unwrap().matches("An ERROR"));
        assert!(!Search::plain("Error").unwrap().matches("an error"));
        assert!(Search::regex(r"err\w+").unwrap().matches("ERROR"));
        assert!(!Search::regex(r"Err\S+").unwrap().matches("ERROR"));
        assert!(Search::plain("a.b").unwrap().matches("xA.By") && !Search::plain("a.b").unwrap().matches("axb"));
        assert!(Search::plain("エラー").unwrap().matches("日本のエラー"));
    }

    #[test]
    fn errors_have_positions() {
        let SearchError::Syntax { what, at } = Search::regex("ab(c").unwrap_err() else { panic!("a place") };
        assert_eq!((what.as_str(), at), ("unclosed group", 2));
        let large = Search::regex("(a{1000}){1000}").unwrap_err();
        assert!(large.to_string().contains("too large"), "{large}");
    }

    #[test]
    fn matches_are_at_character_boundaries() {
        assert_eq!(Search::plain("本").unwrap().places("日本", 9), vec![3..6]);
        assert!(Search::regex(r"(?-u)\xe6").unwrap().places("日本", 9).is_empty());
    }
}
