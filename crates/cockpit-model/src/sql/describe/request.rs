//! The arguments of a list command, and the query parts that lists share.

/// A query whose rows are shown as a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// The title above the list.
    pub title: &'static str,
    /// The query. Its column names are the list's headings.
    pub statement: String,
    /// What the message names if nothing is found (`settings`); `None` shows an empty list instead.
    pub none: Option<&'static str>,
}

/// The suffixes of a command: `S` and `+`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags {
    /// Whether system objects are listed too (`S`).
    pub system: bool,
    /// Whether more of each object is shown (`+`).
    pub more: bool,
}

/// The session's server version and database, and the columns it hides.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// The server version as a number; 0 if unknown.
    pub version: u32,
    pub database: String,
    /// `HIDE_TABLEAM`: hide access methods.
    pub hides_method: bool,
    /// `HIDE_TOAST_COMPRESSION`: hide column compression.
    pub hides_compression: bool,
    /// `QUIET`: show an empty list instead of a message.
    pub quiet: bool,
}

/// The arguments of a list command.
pub struct ListRequest<'a> {
    /// The command without `S` and `+`.
    pub name: &'a str,
    pub flags: Flags,
    /// The first argument.
    pub pattern: Option<&'a str>,
    /// The words after the pattern.
    pub rest: &'a [String],
    /// The server version as a number.
    pub version: u32,
    /// Whether access methods are hidden.
    pub hides_method: bool,
}

/// The first release of version 14. Source of its new features: PostgreSQL's release notes.
pub const V14: u32 = 140_000;
/// The first release of version 15. Source of its new features: PostgreSQL's release notes.
pub const V15: u32 = 150_000;
/// The first release of version 16. Source of its new features: PostgreSQL's release notes.
pub const V16: u32 = 160_000;
/// The first release of version 17. Source of its new features: PostgreSQL's release notes.
pub const V17: u32 = 170_000;
/// The first release of version 18. Source of its new features: PostgreSQL's release notes.
pub const V18: u32 = 180_000;

/// The function that joins an access control list into lines.
pub const ACL: &str = "pg_catalog.array_to_string";
/// The function that returns a role's name by its object id.
pub const OWNER: &str = "pg_catalog.pg_get_userbyid";

/// Puts `WHERE` before the first of the conditions.
pub fn first(conditions: &str) -> String {
    conditions.replacen("\n  AND ", "\nWHERE ", 1)
}

/// Returns the columns if `+` is given.
pub fn more(request: &ListRequest, columns: &str) -> String {
    if request.flags.more { columns.to_owned() } else { String::new() }
}

/// Returns the condition that leaves out system objects, unless `S` or a pattern is given.
pub fn not_system(request: &ListRequest) -> &'static str {
    if request.flags.system || request.pattern.is_some() {
        ""
    } else {
        "\n  AND n.nspname <> 'pg_catalog' AND n.nspname !~ '^pg_toast' AND n.nspname <> 'information_schema'"
    }
}
