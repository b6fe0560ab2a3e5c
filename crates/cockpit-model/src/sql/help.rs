//! `\h`: the syntax of SQL statements, with links to PostgreSQL's documentation.

use std::fmt::Write as _;

/// The syntax of all statements, under PostgreSQL's licence, which is at the top of the file. Each statement is a heading `##
/// NAME | PAGE | DESCRIPTION` followed by the lines that psql shows.
const SYNTAX: &str = include_str!("help_syntax.txt");
/// The version of PostgreSQL that the syntax comes from.
const OF: u32 = 18;

/// An SQL statement.
struct Statement {
    name: &'static str,
    page: &'static str,
    does: &'static str,
    syntax: &'static str,
}

/// Returns all statements, sorted by name.
fn statements() -> impl Iterator<Item = Statement> {
    SYNTAX.split("\n## ").skip(1).filter_map(|part| {
        let (head, syntax) = part.split_once('\n')?;
        let mut head = head.splitn(3, " | ");
        Some(Statement { name: head.next()?, page: head.next()?, does: head.next()?, syntax: syntax.trim_end() })
    })
}

/// Returns the help on a statement by its first words, or a list of all if there are none. `version` is the server's, as a
/// number.
pub fn text(requested: &str, version: u32) -> String {
    let requested = requested.trim_end_matches(';').split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
    let all: Vec<Statement> = statements().collect();
    if requested.is_empty() {
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
    if requested == "*" {
        return all.iter().map(|statement| formatted(statement, version)).collect();
    }
    // As in psql: if no statement begins with these words, the last word is dropped.
    let mut prefix = requested.as_str();
    loop {
        let matches: Vec<&Statement> = all.iter().filter(|statement| statement.name.starts_with(prefix)).collect();
        let exact = matches.iter().find(|statement| statement.name == prefix);
        if let Some(statement) = exact {
            return formatted(statement, version);
        }
        if !matches.is_empty() {
            return matches.iter().map(|statement| formatted(statement, version)).collect();
        }
        match prefix.rsplit_once(' ') {
            Some((fewer, _)) => prefix = fewer,
            None => {
                return format!(
                    "No help available for \"{requested}\".\nTry \\h with no arguments to see available help.\n"
                );
            }
        }
    }
}

/// Returns one statement as psql shows it. Syntax that an older server lacks is kept, but the version it belongs to is shown.
fn formatted(statement: &Statement, version: u32) -> String {
    let Statement { name, page, does, syntax } = statement;
    let server = version / 10_000;
    let origin = if server == OF { String::new() } else { format!(" (of PostgreSQL {OF})") };
    let release = if server >= 10 { server.to_string() } else { "current".to_owned() };
    format!(
        "Command:     {name}\nDescription: {does}\nSyntax{origin}:\n{syntax}\n\nURL: https://www.postgresql.org/docs/{release}/{page}.html\n\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_found_by_name_or_prefix_with_syntax_and_page() {
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
    fn every_statement_is_complete_and_the_licence_is_included() {
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
