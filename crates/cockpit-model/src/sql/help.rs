//! `\h`: where PostgreSQL's documentation has a statement.

use std::fmt::Write as _;

/// Statements of SQL. Source: PostgreSQL's documentation, "SQL Commands".
const STATEMENTS: &[&str] = &[
    "ABORT",
    "ALTER AGGREGATE",
    "ALTER COLLATION",
    "ALTER CONVERSION",
    "ALTER DATABASE",
    "ALTER DEFAULT PRIVILEGES",
    "ALTER DOMAIN",
    "ALTER EVENT TRIGGER",
    "ALTER EXTENSION",
    "ALTER FOREIGN DATA WRAPPER",
    "ALTER FOREIGN TABLE",
    "ALTER FUNCTION",
    "ALTER GROUP",
    "ALTER INDEX",
    "ALTER LANGUAGE",
    "ALTER LARGE OBJECT",
    "ALTER MATERIALIZED VIEW",
    "ALTER OPERATOR",
    "ALTER OPERATOR CLASS",
    "ALTER OPERATOR FAMILY",
    "ALTER POLICY",
    "ALTER PROCEDURE",
    "ALTER PUBLICATION",
    "ALTER ROLE",
    "ALTER ROUTINE",
    "ALTER RULE",
    "ALTER SCHEMA",
    "ALTER SEQUENCE",
    "ALTER SERVER",
    "ALTER STATISTICS",
    "ALTER SUBSCRIPTION",
    "ALTER SYSTEM",
    "ALTER TABLE",
    "ALTER TABLESPACE",
    "ALTER TEXT SEARCH CONFIGURATION",
    "ALTER TEXT SEARCH DICTIONARY",
    "ALTER TEXT SEARCH PARSER",
    "ALTER TEXT SEARCH TEMPLATE",
    "ALTER TRIGGER",
    "ALTER TYPE",
    "ALTER USER",
    "ALTER USER MAPPING",
    "ALTER VIEW",
    "ANALYZE",
    "BEGIN",
    "CALL",
    "CHECKPOINT",
    "CLOSE",
    "CLUSTER",
    "COMMENT",
    "COMMIT",
    "COMMIT PREPARED",
    "COPY",
    "CREATE ACCESS METHOD",
    "CREATE AGGREGATE",
    "CREATE CAST",
    "CREATE COLLATION",
    "CREATE CONVERSION",
    "CREATE DATABASE",
    "CREATE DOMAIN",
    "CREATE EVENT TRIGGER",
    "CREATE EXTENSION",
    "CREATE FOREIGN DATA WRAPPER",
    "CREATE FOREIGN TABLE",
    "CREATE FUNCTION",
    "CREATE GROUP",
    "CREATE INDEX",
    "CREATE LANGUAGE",
    "CREATE MATERIALIZED VIEW",
    "CREATE OPERATOR",
    "CREATE OPERATOR CLASS",
    "CREATE OPERATOR FAMILY",
    "CREATE POLICY",
    "CREATE PROCEDURE",
    "CREATE PUBLICATION",
    "CREATE ROLE",
    "CREATE RULE",
    "CREATE SCHEMA",
    "CREATE SEQUENCE",
    "CREATE SERVER",
    "CREATE STATISTICS",
    "CREATE SUBSCRIPTION",
    "CREATE TABLE",
    "CREATE TABLE AS",
    "CREATE TABLESPACE",
    "CREATE TEXT SEARCH CONFIGURATION",
    "CREATE TEXT SEARCH DICTIONARY",
    "CREATE TEXT SEARCH PARSER",
    "CREATE TEXT SEARCH TEMPLATE",
    "CREATE TRANSFORM",
    "CREATE TRIGGER",
    "CREATE TYPE",
    "CREATE USER",
    "CREATE USER MAPPING",
    "CREATE VIEW",
    "DEALLOCATE",
    "DECLARE",
    "DELETE",
    "DISCARD",
    "DO",
    "DROP ACCESS METHOD",
    "DROP AGGREGATE",
    "DROP CAST",
    "DROP COLLATION",
    "DROP CONVERSION",
    "DROP DATABASE",
    "DROP DOMAIN",
    "DROP EVENT TRIGGER",
    "DROP EXTENSION",
    "DROP FOREIGN DATA WRAPPER",
    "DROP FOREIGN TABLE",
    "DROP FUNCTION",
    "DROP GROUP",
    "DROP INDEX",
    "DROP LANGUAGE",
    "DROP MATERIALIZED VIEW",
    "DROP OPERATOR",
    "DROP OPERATOR CLASS",
    "DROP OPERATOR FAMILY",
    "DROP OWNED",
    "DROP POLICY",
    "DROP PROCEDURE",
    "DROP PUBLICATION",
    "DROP ROLE",
    "DROP ROUTINE",
    "DROP RULE",
    "DROP SCHEMA",
    "DROP SEQUENCE",
    "DROP SERVER",
    "DROP STATISTICS",
    "DROP SUBSCRIPTION",
    "DROP TABLE",
    "DROP TABLESPACE",
    "DROP TEXT SEARCH CONFIGURATION",
    "DROP TEXT SEARCH DICTIONARY",
    "DROP TEXT SEARCH PARSER",
    "DROP TEXT SEARCH TEMPLATE",
    "DROP TRANSFORM",
    "DROP TRIGGER",
    "DROP TYPE",
    "DROP USER",
    "DROP USER MAPPING",
    "DROP VIEW",
    "END",
    "EXECUTE",
    "EXPLAIN",
    "FETCH",
    "GRANT",
    "IMPORT FOREIGN SCHEMA",
    "INSERT",
    "LISTEN",
    "LOAD",
    "LOCK",
    "MERGE",
    "MOVE",
    "NOTIFY",
    "PREPARE",
    "PREPARE TRANSACTION",
    "REASSIGN OWNED",
    "REFRESH MATERIALIZED VIEW",
    "REINDEX",
    "RELEASE SAVEPOINT",
    "RESET",
    "REVOKE",
    "ROLLBACK",
    "ROLLBACK PREPARED",
    "ROLLBACK TO SAVEPOINT",
    "SAVEPOINT",
    "SECURITY LABEL",
    "SELECT",
    "SELECT INTO",
    "SET",
    "SET CONSTRAINTS",
    "SET ROLE",
    "SET SESSION AUTHORIZATION",
    "SET TRANSACTION",
    "SHOW",
    "START TRANSACTION",
    "TRUNCATE",
    "UNLISTEN",
    "UPDATE",
    "VACUUM",
    "VALUES",
];

/// What is said of a statement, by its first words; without one all of them.
pub fn text(asked: &str, version: u32) -> String {
    let asked = asked.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
    if asked.is_empty() || asked == "*" {
        let line = |row: &[&str]| {
            row.iter().fold(String::new(), |mut line, name| {
                let _ = write!(line, "  {name:<34}");
                line
            })
        };
        let list: Vec<String> = STATEMENTS.chunks(3).map(line).collect();
        let lines: Vec<&str> = list.iter().map(|line| line.trim_end()).collect();
        return format!("Available help:\n{}\n", lines.join("\n"));
    }
    // As psql: where no statement begins so, fewer words are looked for.
    let mut wanted = asked.as_str();
    loop {
        let found: Vec<&&str> = STATEMENTS.iter().filter(|name| name.starts_with(wanted)).collect();
        if !found.is_empty() {
            let exact = found.iter().find(|name| ***name == wanted);
            let shown = exact.map_or(found.clone(), |exact| vec![*exact]);
            return shown.iter().fold(String::new(), |mut text, name| {
                let _ = writeln!(text, "{name}: {}", page(name, version));
                text
            });
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

/// Parts of names of pages that are not the statement's words. Source: PostgreSQL's documentation, the names of its pages.
const SHORTENED: &[(&str, &str)] = &[
    ("operator class", "opclass"),
    ("operator family", "opfamily"),
    ("text search configuration", "tsconfig"),
    ("text search dictionary", "tsdictionary"),
    ("text search parser", "tsparser"),
    ("text search template", "tstemplate"),
    ("rollback to savepoint", "rollback-to"),
];
/// Words after which a page's name has `-` for each blank. Source: the same.
const HYPHENED: &[&str] = &[
    " access method",
    " owned",
    " prepared",
    " transaction",
    " savepoint",
    " constraints",
    "set role",
    " session authorization",
    " label",
];

fn page(name: &str, version: u32) -> String {
    let mut slug = name.to_lowercase();
    for (long, short) in SHORTENED {
        slug = slug.replace(long, short);
    }
    let sign = if HYPHENED.iter().any(|word| slug.contains(word)) { "-" } else { "" };
    let slug = slug.replace(' ', sign);
    let release = if version >= 100_000 { (version / 10_000).to_string() } else { "current".into() };
    format!("https://www.postgresql.org/docs/{release}/sql-{slug}.html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_leads_to_its_page_and_a_beginning_to_all_that_begin_so() {
        assert_eq!(text("select", 150_018), "SELECT: https://www.postgresql.org/docs/15/sql-select.html\n");
        assert_eq!(
            text("alter  table foo", 0),
            "ALTER TABLE: https://www.postgresql.org/docs/current/sql-altertable.html\n"
        );
        assert_eq!(text("create ta", 170_000).lines().count(), 3);
        for (name, slug) in [
            ("CREATE ACCESS METHOD", "create-access-method"),
            ("ROLLBACK TO SAVEPOINT", "rollback-to"),
            ("ALTER OPERATOR CLASS", "alteropclass"),
            ("DROP TEXT SEARCH PARSER", "droptsparser"),
            ("SET ROLE", "set-role"),
            ("DROP ROLE", "droprole"),
            ("PREPARE TRANSACTION", "prepare-transaction"),
            ("REASSIGN OWNED", "reassign-owned"),
            ("SELECT INTO", "selectinto"),
        ] {
            assert!(page(name, 0).ends_with(&format!("/sql-{slug}.html")), "{name}: {}", page(name, 0));
        }
        assert!(text("foo", 0).starts_with("No help available for \"FOO\""));
        assert!(text("", 0).contains("VACUUM") && STATEMENTS.is_sorted());
    }
}
