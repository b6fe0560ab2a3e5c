//! PostgreSQL's keywords.

/// Keywords, sorted. Source: `pg_get_keywords()` of PostgreSQL 15, without unreserved ones that are more common as column
/// names (`name`, `value`, `type`).
#[rustfmt::skip]
pub const KEYWORDS: &[&str] = &[
    "abort", "absolute", "access", "add", "admin", "after", "aggregate", "all", "also", "alter", "always",
    "analyse", "analyze", "and", "any", "array", "as", "asc", "asensitive", "assertion", "assignment", "asymmetric",
    "atomic", "attach", "authorization", "backward", "before", "begin", "between", "bigint", "binary", "bit",
    "boolean", "both", "breadth", "by", "cache", "call", "called", "cascade", "cascaded", "case", "cast", "chain",
    "char", "character", "characteristics", "check", "checkpoint", "close", "cluster", "coalesce", "collate",
    "collation", "column", "columns", "comment", "commit", "compression", "concurrently", "configuration",
    "conflict", "connection", "constraint", "constraints", "continue", "conversion", "copy", "create", "cross",
    "csv", "cube", "current", "current_catalog", "current_date", "current_role", "current_schema", "current_time",
    "current_timestamp", "current_user", "cursor", "cycle", "database", "deallocate", "dec", "decimal", "declare",
    "default", "defaults", "deferrable", "deferred", "definer", "delete", "delimiter", "delimiters", "desc",
    "detach", "dictionary", "disable", "discard", "distinct", "do", "domain", "double", "drop", "else", "enable",
    "encoding", "encrypted", "end", "escape", "except", "exclude", "excluding", "exclusive", "execute", "exists",
    "explain", "expression", "extension", "external", "extract", "false", "family", "fetch", "filter", "finalize",
    "first", "float", "following", "for", "force", "foreign", "forward", "freeze", "from", "full", "function",
    "functions", "generated", "global", "grant", "granted", "greatest", "group", "grouping", "groups", "handler",
    "having", "hold", "identity", "if", "ilike", "immediate", "immutable", "implicit", "import", "in", "include",
    "including", "increment", "index", "indexes", "inherit", "inherits", "initially", "inline", "inner", "inout",
    "insensitive", "insert", "instead", "int", "integer", "intersect", "interval", "into", "invoker", "is",
    "isnull", "isolation", "join", "language", "large", "last", "lateral", "leading", "leakproof", "least", "left",
    "like", "limit", "listen", "load", "local", "localtime", "localtimestamp", "lock", "mapping", "matched",
    "materialized", "maxvalue", "merge", "minvalue", "move", "national", "natural", "nchar", "new", "nfc", "nfd",
    "nfkc", "nfkd", "none", "normalize", "normalized", "not", "nothing", "notify", "notnull", "nowait", "null",
    "nullif", "nulls", "numeric", "offset", "oids", "old", "on", "only", "operator", "option", "options", "or",
    "order", "ordinality", "out", "outer", "over", "overlaps", "overlay", "overriding", "owned", "parallel",
    "parser", "partial", "partition", "placing", "policy", "position", "preceding", "precision", "prepare",
    "prepared", "preserve", "primary", "privileges", "procedural", "procedure", "procedures", "program",
    "publication", "quote", "range", "real", "reassign", "recheck", "recursive", "ref", "references", "referencing",
    "refresh", "reindex", "relative", "release", "rename", "repeatable", "replace", "replica", "reset", "restart",
    "restrict", "return", "returning", "returns", "revoke", "right", "role", "rollback", "rollup", "routine",
    "routines", "row", "rows", "rule", "savepoint", "schema", "schemas", "scroll", "search", "second", "security",
    "select", "sequence", "sequences", "serializable", "server", "session", "session_user", "set", "setof", "show",
    "similar", "skip", "smallint", "snapshot", "some", "sql", "stable", "start", "statement", "stdin", "stdout",
    "strict", "strip", "subscription", "substring", "symmetric", "sysid", "table", "tables", "tablesample",
    "tablespace", "temp", "template", "temporary", "then", "ties", "time", "timestamp", "to", "trailing",
    "transaction", "transform", "treat", "trigger", "trim", "true", "truncate", "trusted", "type", "uescape",
    "unbounded", "unencrypted", "union", "unique", "unlisten", "unlogged", "until", "update", "user", "using",
    "vacuum", "valid", "validate", "validator", "values", "varchar", "variadic", "varying", "verbose", "view",
    "views", "volatile", "when", "where", "whitespace", "window", "with", "within", "without", "work", "xml",
    "xmlattributes", "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi",
    "xmlroot", "xmlserialize", "xmltable",
];

/// Keywords that must be quoted as names, sorted: all but the unreserved ones. Source: the same function; `quote_ident`
/// quotes exactly these.
#[rustfmt::skip]
pub const RESERVED: &[&str] = &[
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "between",
    "bigint", "binary", "bit", "boolean", "both", "case", "cast", "char", "character", "check", "coalesce",
    "collate", "collation", "column", "concurrently", "constraint", "create", "cross", "current_catalog",
    "current_date", "current_role", "current_schema", "current_time", "current_timestamp", "current_user", "dec",
    "decimal", "default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "exists", "extract",
    "false", "fetch", "float", "for", "foreign", "freeze", "from", "full", "grant", "greatest", "group", "grouping",
    "having", "ilike", "in", "initially", "inner", "inout", "int", "integer", "intersect", "interval", "into", "is",
    "isnull", "join", "lateral", "leading", "least", "left", "like", "limit", "localtime", "localtimestamp",
    "national", "natural", "nchar", "none", "normalize", "not", "notnull", "null", "nullif", "numeric", "offset",
    "on", "only", "or", "order", "out", "outer", "overlaps", "overlay", "placing", "position", "precision",
    "primary", "real", "references", "returning", "right", "row", "select", "session_user", "setof", "similar",
    "smallint", "some", "substring", "symmetric", "table", "tablesample", "then", "time", "timestamp", "to",
    "trailing", "treat", "trim", "true", "union", "unique", "user", "using", "values", "varchar", "variadic",
    "verbose", "when", "where", "window", "with", "xmlattributes", "xmlconcat", "xmlelement", "xmlexists",
    "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable",
];

/// The length of the longest keyword in bytes.
const LONGEST: usize = 20;

/// Returns whether a sorted list contains a word, ignoring case.
pub fn is_among(word: &str, list: &[&str]) -> bool {
    if word.len() > LONGEST || !word.is_ascii() {
        return false;
    }
    let mut lower = [0; LONGEST];
    for (to, from) in lower.iter_mut().zip(word.bytes()) {
        *to = from.to_ascii_lowercase();
    }
    list.binary_search_by(|known| known.as_bytes().cmp(&lower[..word.len()])).is_ok()
}

/// Returns whether a word is a keyword.
pub fn is_keyword(word: &str) -> bool {
    is_among(word, KEYWORDS)
}

/// Returns a name as it must be written in a statement, quoted if needed, like `quote_ident`.
pub fn quote_identifier(name: &str) -> String {
    let plain = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.chars().all(|next| next.is_ascii_lowercase() || next.is_ascii_digit() || next == '_')
        && !is_among(name, RESERVED);
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Returns a text as an SQL literal, like `quote_literal`.
pub fn literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if doubled.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyword_lists_are_sorted_and_within_the_length_limit() {
        for list in [KEYWORDS, RESERVED] {
            assert!(list.is_sorted());
            assert!(list.iter().all(|word| word.len() <= LONGEST));
        }
        assert!(is_keyword("Select") && is_keyword("returning") && !is_keyword("bookmarks") && !is_keyword("選択"));
    }

    #[test]
    fn name_is_quoted_if_the_server_would_change_it() {
        assert_eq!(quote_identifier("bookmarks"), "bookmarks");
        assert_eq!(quote_identifier("user"), "\"user\"");
        assert_eq!(quote_identifier("Camel"), "\"Camel\"");
        assert_eq!(quote_identifier("a\"b"), "\"a\"\"b\"");
        assert_eq!(quote_identifier("しおり"), "\"しおり\"");
        assert_eq!(quote_identifier("1st"), "\"1st\"");
        assert_eq!(quote_identifier(""), "\"\"");
    }

    #[test]
    fn literal_is_a_single_string_for_any_content() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"a\'b"), r"E'a\\''b'");
    }
}
