//! `\h`: what a statement of SQL looks like, and where PostgreSQL's documentation has it.

use std::fmt::Write as _;

/// The syntax of all statements, under PostgreSQL's licence, which stands at its beginning: for each `## NAME | PAGE | what it does`, and
/// the lines that psql shows.
const SYNTAX: &str = include_str!("help_syntax.txt");
/// The version of PostgreSQL that it is of.
const OF: u32 = 18;

/// A statement of SQL.
struct Statement {
    name: &'static str,
    page: &'static str,
    does: &'static str,
    syntax: &'static str,
}

/// All statements, in the order of their names.
fn statements() -> impl Iterator<Item = Statement> {
    SYNTAX.split("\n## ").skip(1).filter_map(|part| {
        let (head, syntax) = part.split_once('\n')?;
        let mut head = head.splitn(3, " | ");
        Some(Statement { name: head.next()?, page: head.next()?, does: head.next()?, syntax: syntax.trim_end() })
    })
}

/// The help on a statement, by its first words; without one, on all. `version` is the server's, as a number.
pub fn text(asked: &str, version: u32) -> String {
    let asked = asked.trim_end_matches(';').split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
    let all: Vec<Statement> = statements().collect();
    if asked.is_empty() {
        let line = |row: &[Statement]| {
            row.iter().fold(String::new(), |mut line, statement| {
                let _ = write!(line, "  {:<34}", statement.name);
                line
            })
        };
        let list: Vec<String> = all.chunks(3).map(line).collect();
        let lines: Vec<&str> = list.iter().map(|line| line.trim_end()).collect();
        return format!("Available help:\n{}\n", lines.join("\n"));
    }
    if asked == "*" {
        return all.iter().map(|statement| shown(statement, version)).collect();
    }
    // As psql: where no statement begins so, fewer words are looked for.
    let mut wanted = asked.as_str();
    loop {
        let found: Vec<&Statement> = all.iter().filter(|statement| statement.name.starts_with(wanted)).collect();
        let exact = found.iter().find(|statement| statement.name == wanted);
        if let Some(statement) = exact {
            return shown(statement, version);
        }
        if !found.is_empty() {
            return found.iter().map(|statement| shown(statement, version)).collect();
        }
        match wanted.rsplit_once(' ') {
            Some((fewer, _)) => wanted = fewer,
            None => {
                return format!(
                    "No help available for \"{asked}\".\nTry \\h with no arguments to see available help.\n"
                );
            }
        }
    }
}

/// One of them, as psql shows it. What an older server does not have yet is not left out: it is said of which version this is.
fn shown(statement: &Statement, version: u32) -> String {
    let Statement { name, page, does, syntax } = statement;
    let server = version / 10_000;
    let of = if server == OF { String::new() } else { format!(" (of PostgreSQL {OF})") };
    let release = if server >= 10 { server.to_string() } else { "current".to_owned() };
    format!(
        "Command:     {name}\nDescription: {does}\nSyntax{of}:\n{syntax}\n\nURL: https://www.postgresql.org/docs/{release}/{page}.html\n\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_has_its_syntax_and_its_page_and_a_beginning_leads_to_all_that_begin_so() {
        let values = "Command:     VALUES\nDescription: compute a set of rows\nSyntax:\nVALUES ( expression [, ...] ) [, ...]\n    \
                      [ ORDER BY sort_expression [ ASC | DESC | USING operator ] [, ...] ]\n    [ LIMIT { count | ALL } ]\n    \
                      [ OFFSET start [ ROW | ROWS ] ]\n    [ FETCH { FIRST | NEXT } [ count ] { ROW | ROWS } ONLY ]\n\n\
                      URL: https://www.postgresql.org/docs/18/sql-values.html\n\n";
        assert_eq!(text("values;", 180_004), values);
        let older = text("select", 150_018);
        assert!(older.contains("Syntax (of PostgreSQL 18):\n[ WITH [ RECURSIVE ]"), "{older}");
        assert!(older.contains("https://www.postgresql.org/docs/15/sql-select.html"), "{older}");
        assert!(text("alter  table foo", 0).contains("/docs/current/sql-altertable.html"));
        assert_eq!(text("create ta", 170_000).matches("Command: ").count(), 3);
        assert!(text("foo", 0).starts_with("No help available for \"FOO\""));
    }

    #[test]
    fn every_statement_is_whole_and_the_licence_goes_with_them() {
        let all: Vec<Statement> = statements().collect();
        assert!(all.len() > 180 && all.is_sorted_by_key(|statement| statement.name));
        for statement in &all {
            assert!(statement.page.starts_with("sql-") && !statement.does.is_empty(), "{}", statement.name);
            assert!(!statement.syntax.is_empty() && !statement.syntax.contains("URL:"), "{}", statement.name);
        }
        assert_eq!(text("*", 180_000).matches("Command: ").count(), all.len());
        assert!(text("", 0).contains("VACUUM"));
        assert!(SYNTAX.contains("PostgreSQL Global Development Group") && SYNTAX.contains("Permission to use, copy"));
    }
}
