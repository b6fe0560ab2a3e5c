//! psql's name patterns as SQL conditions: `*` and `?`, a dot between schema and name, quotes.
//! Source: psql's documentation, "Patterns", and `string_utils.c`, `patternToSQLRegex`.

use crate::sql::keywords::literal;
use crate::sql::token::fold_identifier;
use std::fmt::Write as _;

/// The columns that a pattern applies to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Columns<'a> {
    /// The column of the schema's name; empty if the objects have no schema.
    pub schema: &'a str,
    pub name: &'a str,
    /// An alternative column for the name.
    pub other: &'a str,
    /// The condition for objects that are found without a schema.
    pub visible: &'a str,
}

/// Splits a pattern into regular expressions; the last one is the name.
fn parts(pattern: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    let mut characters = pattern.chars().peekable();
    while let Some(c) = characters.next() {
        let count = parts.len() - 1;
        let part = &mut parts[count];
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                part.push('"');
            }
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            '*' if !quoted => part.push_str(".*"),
            '?' if !quoted => part.push('.'),
            '$' => part.push_str("\\$"),
            '[' if !quoted && characters.peek() == Some(&']') => {
                characters.next();
                part.push_str("\\[\\]");
            }
            '|' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '.' | '^' | '\\' if quoted => {
                part.push('\\');
                part.push(c);
            }
            c if quoted => part.push(c),
            c => part.extend(c.to_lowercase()),
        }
    }
    parts
}

/// Removes the database from a pattern `database.schema.name` if it is the current one.
pub fn without_database<'a>(pattern: &'a str, database: &str) -> &'a str {
    let mut quoted = false;
    let mut dots = pattern.char_indices().filter(|(_, c)| {
        quoted ^= *c == '"';
        *c == '.' && !quoted
    });
    let Some((first, _)) = dots.next() else { return pattern };
    if dots.count() != 1 || database.is_empty() {
        return pattern;
    }
    if fold_identifier(&pattern[..first]) == database { &pattern[first + 1..] } else { pattern }
}

/// Returns the server's spelling of a type name that a pattern abbreviates. Source: describe.c, `map_typename_pattern`.
pub fn type_name(pattern: &str) -> &str {
    const OTHERS: &[(&str, &str)] = &[
        ("decimal", "numeric"),
        ("float", "double precision"),
        ("int", "integer"),
        ("bool[]", "boolean[]"),
        ("decimal[]", "numeric[]"),
        ("float[]", "double precision[]"),
        ("float4[]", "real[]"),
        ("float8[]", "double precision[]"),
        ("int[]", "integer[]"),
        ("int2[]", "smallint[]"),
        ("int4[]", "integer[]"),
        ("int8[]", "bigint[]"),
        ("time[]", "time without time zone[]"),
        ("timetz[]", "time with time zone[]"),
        ("timestamp[]", "timestamp without time zone[]"),
        ("timestamptz[]", "timestamp with time zone[]"),
        ("varbit[]", "bit varying[]"),
        ("varchar[]", "character varying[]"),
    ];
    OTHERS.iter().find(|(other, _)| other.eq_ignore_ascii_case(pattern)).map_or(pattern, |(_, name)| name)
}

/// Returns the conditions of a pattern, each preceded by `AND`. Without a pattern: the visible objects.
///
/// # Errors
/// The name has too many dots; the message is psql's.
pub fn conditions(pattern: Option<&str>, columns: Columns<'_>) -> Result<String, String> {
    let visible = || if columns.visible.is_empty() { String::new() } else { format!("\n  AND {}", columns.visible) };
    let Some(pattern) = pattern else { return Ok(visible()) };
    let mut parts = parts(pattern);
    let name = parts.pop().unwrap_or_default();
    let schema = parts.pop();
    if parts.len() == 1 && !columns.schema.is_empty() {
        return Err(format!("cross-database references are not implemented: {pattern}"));
    }
    if !parts.is_empty() || (schema.is_some() && columns.schema.is_empty()) {
        return Err(format!("improper qualified name (too many dotted names): {pattern}"));
    }
    let mut conditions = String::new();
    let like = |column: &str, part: &str| {
        format!("{column} OPERATOR(pg_catalog.~) {} COLLATE pg_catalog.default", literal(&format!("^({part})$")))
    };
    if name != ".*" && !name.is_empty() {
        let by_name = like(columns.name, &name);
        let both = if columns.other.is_empty() {
            by_name
        } else {
            format!("({by_name}\n        OR {})", like(columns.other, &name))
        };
        let _ = write!(conditions, "\n  AND {both}");
    }
    match schema {
        None => conditions.push_str(&visible()),
        Some(schema) if schema != ".*" && !schema.is_empty() => {
            let _ = write!(conditions, "\n  AND {}", like(columns.schema, &schema));
        }
        Some(_) => {}
    }
    Ok(conditions)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLES: Columns<'_> =
        Columns { schema: "n.nspname", name: "c.relname", other: "", visible: "pg_catalog.pg_table_is_visible(c.oid)" };

    #[test]
    fn current_database_is_accepted_before_schema_and_name() {
        assert_eq!(without_database("shop.app.users", "shop"), "app.users");
        assert_eq!(without_database("Shop.app.us*", "shop"), "app.us*");
        assert_eq!(without_database("\"Shop.1\".app.\"a.b\"", "Shop.1"), "app.\"a.b\"");
        for other in ["app.users", "users", "other.app.users", "a.b.c.d", "\"Shop\".app.users"] {
            assert_eq!(without_database(other, "shop"), other);
        }
        assert_eq!((type_name("INT"), type_name("int4[]"), type_name("text")), ("integer", "integer[]", "text"));
    }

    #[test]
    fn patterns_become_the_same_conditions_as_in_psql() {
        let made = |pattern: &str| {
            conditions(Some(pattern), TABLES)
                .unwrap()
                .replace("\n  AND ", "&")
                .replace(" COLLATE pg_catalog.default", "")
        };
        let like = |column: &str, part: &str| format!("&{column} OPERATOR(pg_catalog.~) {part}");
        let visible = "&pg_catalog.pg_table_is_visible(c.oid)";
        assert_eq!(made("foo"), like("c.relname", "'^(foo)$'") + visible);
        assert_eq!(made("FOO*"), like("c.relname", "'^(foo.*)$'") + visible);
        assert_eq!(made("\"FOO*\""), like("c.relname", "E'^(FOO\\\\*)$'") + visible);
        assert_eq!(made("a?.b"), like("c.relname", "'^(b)$'") + &like("n.nspname", "'^(a.)$'"));
        assert_eq!(made("app.*"), like("n.nspname", "'^(app)$'"));
        assert_eq!(made("*.*"), "");
        assert_eq!(made("*"), visible);
        assert_eq!(
            made("\"a.b\".\"it's\"\"\""),
            like("c.relname", "'^(it''s\")$'") + &like("n.nspname", "E'^(a\\\\.b)$'")
        );
        assert_eq!(made("しおり"), like("c.relname", "'^(しおり)$'") + visible);
        assert_eq!(made("a$b"), like("c.relname", "E'^(a\\\\$b)$'") + visible);
        assert_eq!(made("x;drop"), like("c.relname", "'^(x;drop)$'") + visible);
        assert_eq!(conditions(None, TABLES).unwrap(), "\n  AND pg_catalog.pg_table_is_visible(c.oid)");
        assert!(conditions(Some("a.b.c"), TABLES).unwrap_err().starts_with("cross-database"));
        assert!(conditions(Some("a.b.c.d"), TABLES).unwrap_err().starts_with("improper"));
        let roles = Columns { name: "r.rolname", ..Columns::default() };
        assert!(conditions(Some("a.b"), roles).unwrap_err().starts_with("improper"));
    }
}
