//! The question for a list, and the parts that such questions share.

/// A query whose rows are shown as a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// The title above it.
    pub title: &'static str,
    /// The question, whose headings are those of the list.
    pub statement: String,
    /// The message where nothing is found; none: an empty list is shown.
    pub none: Option<&'static str>,
}

/// The suffixes of a command: `S` and `+`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags {
    /// Whether system objects are listed too (`S`).
    pub system: bool,
    /// More of each.
    pub more: bool,
}

/// The session's version and database, and what is hidden.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// The version of the server as a number; 0 is not known.
    pub version: u32,
    pub database: String,
    /// `HIDE_TABLEAM`: no access methods.
    pub hides_method: bool,
    /// `HIDE_TOAST_COMPRESSION`: no compression of columns.
    pub hides_compression: bool,
    /// `QUIET`: a list in which nothing is is shown, instead of saying so.
    pub quiet: bool,
}

/// The arguments of a list.
pub struct Asked<'a> {
    /// The command without `S` and `+`.
    pub name: &'a str,
    pub flags: Flags,
    /// Its first argument.
    pub pattern: Option<&'a str>,
    /// The words after the pattern.
    pub rest: &'a [String],
    /// The version of the server as a number.
    pub version: u32,
    /// No access methods are told.
    pub hides_method: bool,
}

/// The first version 14. Source of what came with it: PostgreSQL's release notes.
pub const V14: u32 = 140_000;
/// The first version 15. Source of what came with it: PostgreSQL's release notes.
pub const V15: u32 = 150_000;
/// The first version 16. Source of what came with it: PostgreSQL's release notes.
pub const V16: u32 = 160_000;
/// The first version 17. Source of what came with it: PostgreSQL's release notes.
pub const V17: u32 = 170_000;
/// The first version 18. Source of what came with it: PostgreSQL's release notes.
pub const V18: u32 = 180_000;

/// Makes lines of a list of rights.
pub const ACL: &str = "pg_catalog.array_to_string";
/// The name of a role by its number.
pub const OWNER: &str = "pg_catalog.pg_get_userbyid";

/// Conditions, the first of them after `WHERE`.
pub fn first(conditions: &str) -> String {
    conditions.replacen("\n  AND ", "\nWHERE ", 1)
}

/// Columns that are there with `+` alone.
pub fn more(asked: &Asked, columns: &str) -> String {
    if asked.flags.more { columns.to_owned() } else { String::new() }
}

/// Without a pattern what is of the system is left out.
pub fn not_system(asked: &Asked) -> &'static str {
    if asked.flags.system || asked.pattern.is_some() {
        ""
    } else {
        "\n  AND n.nspname <> 'pg_catalog' AND n.nspname !~ '^pg_toast' AND n.nspname <> 'information_schema'"
    }
}
