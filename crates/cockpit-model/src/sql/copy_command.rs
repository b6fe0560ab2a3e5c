//! `\copy`: a `COPY` whose file or command is on this side.

use super::keywords::is_keyword;
use super::token::{Kind, words};

/// Where the data come from or go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// `stdin`, `stdout`: the lines that follow, or where results go.
    Following,
    /// `pstdin`, `pstdout`: this process's own.
    Standard,
    File(String),
    /// A command.
    Program(String),
}

/// A `\copy` command, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyCommand {
    /// The statement for the server.
    pub statement: String,
    /// Whether the data go to the server.
    pub reads: bool,
    /// Where they come from or go.
    pub peer: Peer,
}

/// Takes one apart: what follows `\copy`.
///
/// # Errors
/// What is not understood, in words.
pub fn read(line: &str) -> Result<CopyCommand, String> {
    let line = line.trim().trim_end_matches(';').trim_end();
    let all = words(line);
    let mut depth = 0_usize;
    let mut way = None;
    for (at, token) in all.iter().enumerate() {
        match token.kind {
            Kind::Opening => depth += 1,
            Kind::Closing => depth = depth.saturating_sub(1),
            _ if depth == 0 && at > 0 && (token.is(line, "from") || token.is(line, "to")) => {
                way = Some((at, *token));
                break;
            }
            _ => {}
        }
    }
    let Some((at, word)) = way else {
        return Err(if line.is_empty() { "arguments required".into() } else { "parse error at end of line".into() });
    };
    let reads = word.is(line, "from");
    let what = line[..word.start].trim();
    let Some(peer) = all.get(at + 1) else { return Err("parse error at end of line".into()) };
    let text = |at: usize| all.get(at).filter(|token| token.kind == Kind::Text).map(|token| unquoted(token.of(line)));
    let (end, peer) = if peer.is(line, "program") {
        let command = text(at + 2).ok_or("a command in quotes is needed after PROGRAM")?;
        (all[at + 2].end, Peer::Program(command))
    } else if let Some(path) = text(at + 1) {
        (peer.end, Peer::File(path))
    } else {
        // A name without quotes goes up to the next blank.
        let rest = &line[peer.start..];
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let name = &rest[..length];
        let standard = |reading: &str, writing: &str| name.eq_ignore_ascii_case(if reads { reading } else { writing });
        let peer_of = if standard("stdin", "stdout") {
            Peer::Following
        } else if standard("pstdin", "pstdout") {
            Peer::Standard
        } else if is_keyword(name) && !name.contains(['.', '/']) {
            return Err(format!("parse error at \"{name}\""));
        } else {
            Peer::File(name.to_owned())
        };
        (peer.start + length, peer_of)
    };
    let rest = line[end..].trim();
    let (direction, rest) = (
        if reads { "FROM STDIN" } else { "TO STDOUT" },
        if rest.is_empty() { String::new() } else { format!(" {rest}") },
    );
    Ok(CopyCommand { statement: format!("COPY {what} {direction}{rest}"), reads, peer })
}

fn unquoted(text: &str) -> String {
    let inner = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap_or(text);
    inner.replace("''", "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_understood() {
        let told = |line: &str| read(line).map(|copy| (copy.statement, copy.peer));
        assert_eq!(
            told("t from 'a b.csv' with (format csv);"),
            Ok(("COPY t FROM STDIN with (format csv)".into(), Peer::File("a b.csv".into())))
        );
        assert_eq!(
            told("s.t (a, b) to /tmp/x csv header"),
            Ok(("COPY s.t (a, b) TO STDOUT csv header".into(), Peer::File("/tmp/x".into())))
        );
        assert_eq!(
            told("(select 1 from t) to stdout"),
            Ok(("COPY (select 1 from t) TO STDOUT".into(), Peer::Following))
        );
        assert_eq!(told("t from stdin"), Ok(("COPY t FROM STDIN".into(), Peer::Following)));
        assert_eq!(told("t from pstdin"), Ok(("COPY t FROM STDIN".into(), Peer::Standard)));
        assert_eq!(
            told("t to program 'gzip > ''a''.gz'"),
            Ok(("COPY t TO STDOUT".into(), Peer::Program("gzip > 'a'.gz".into())))
        );
        assert_eq!(told("\"From\" from x.csv"), Ok(("COPY \"From\" FROM STDIN".into(), Peer::File("x.csv".into()))));
        assert!(read("t from stdin").is_ok_and(|copy| copy.reads) && read("t to stdout").is_ok_and(|copy| !copy.reads));
    }

    #[test]
    fn a_copy_command_that_is_none_is_refused() {
        for line in ["", "t", "t from", "t from program", "t from program x", "(select 1 from t)", "t to where"] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
