//! `\copy`: a `COPY` whose file or command is on the client's side.

use super::keywords::is_keyword;
use super::token::{Kind, significant_tokens};

/// The source or destination of the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// `stdin`, `stdout`: the lines that follow, or the current output of results.
    Following,
    /// `pstdin`, `pstdout`: this process's own streams.
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
    /// The source or destination of the data.
    pub peer: Peer,
}

/// Parses the text after `\copy`.
///
/// # Errors
/// The reason the text cannot be parsed.
pub fn parse(line: &str) -> Result<CopyCommand, String> {
    let line = line.trim().trim_end_matches(';').trim_end();
    let tokens = significant_tokens(line);
    let mut depth = 0_usize;
    let mut way = None;
    for (at, token) in tokens.iter().enumerate() {
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
    let Some(peer) = tokens.get(at + 1) else { return Err("parse error at end of line".into()) };
    let text =
        |at: usize| tokens.get(at).filter(|token| token.kind == Kind::Text).map(|token| unquoted(token.of(line)));
    let (end, peer) = if peer.is(line, "program") {
        let command = text(at + 2).ok_or("a command in quotes is needed after PROGRAM")?;
        (tokens[at + 2].end, Peer::Program(command))
    } else if let Some(path) = text(at + 1) {
        (peer.end, Peer::File(path))
    } else {
        // An unquoted name ends at the next blank.
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
    fn all_forms_are_parsed() {
        let parsed = |line: &str| parse(line).map(|copy| (copy.statement, copy.peer));
        assert_eq!(
            parsed("t from 'a b.csv' with (format csv);"),
            Ok(("COPY t FROM STDIN with (format csv)".into(), Peer::File("a b.csv".into())))
        );
        assert_eq!(
            parsed("s.t (a, b) to /tmp/x csv header"),
            Ok(("COPY s.t (a, b) TO STDOUT csv header".into(), Peer::File("/tmp/x".into())))
        );
        assert_eq!(
            parsed("(select 1 from t) to stdout"),
            Ok(("COPY (select 1 from t) TO STDOUT".into(), Peer::Following))
        );
        assert_eq!(parsed("t from stdin"), Ok(("COPY t FROM STDIN".into(), Peer::Following)));
        assert_eq!(parsed("t from pstdin"), Ok(("COPY t FROM STDIN".into(), Peer::Standard)));
        assert_eq!(
            parsed("t to program 'gzip > ''a''.gz'"),
            Ok(("COPY t TO STDOUT".into(), Peer::Program("gzip > 'a'.gz".into())))
        );
        assert_eq!(parsed("\"From\" from x.csv"), Ok(("COPY \"From\" FROM STDIN".into(), Peer::File("x.csv".into()))));
        assert!(
            parse("t from stdin").is_ok_and(|copy| copy.reads) && parse("t to stdout").is_ok_and(|copy| !copy.reads)
        );
    }

    #[test]
    fn invalid_copy_commands_are_refused() {
        for line in ["", "t", "t from", "t from program", "t from program x", "(select 1 from t)", "t to where"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
