//! The names of a database's objects, for completion: relations with their columns, functions and schemas. Queried once per
//! session, searched at each key press.

use super::describe::QueryResult;
use std::collections::HashMap;

/// A table, view or other relation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Relation {
    pub schema: String,
    pub name: String,
    /// The kind of relation (`pg_class.relkind`).
    pub kind: char,
    /// Whether it is found without its schema.
    pub visible: bool,
    /// The columns with their types, in order.
    pub columns: Vec<(String, String)>,
    /// The object id; 0 if unknown.
    pub oid: u32,
}

/// A function of the catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Function {
    pub schema: String,
    pub name: String,
    /// The arguments, as declared.
    pub arguments: String,
    /// Whether it is found without its schema.
    pub visible: bool,
    /// The object id; 0 if unknown.
    pub oid: u32,
    /// The kind of function (`pg_proc.prokind`).
    pub kind: char,
}

/// The query for relations.
pub const RELATIONS: &str = "SELECT n.nspname, c.relname, c.relkind, pg_catalog.pg_table_is_visible(c.oid), \
    (SELECT pg_catalog.string_agg(a.attname || E'\\x1f' || pg_catalog.format_type(a.atttypid, a.atttypmod), E'\\x1e' ORDER BY a.attnum) \
    FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), c.oid \
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    WHERE c.relkind IN ('r','p','v','m','f','S','i','I') AND n.nspname !~ '^pg_(toast|temp)'";

/// The query for functions.
pub const FUNCTIONS: &str = "SELECT n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid), pg_catalog.pg_function_is_visible(p.oid), p.oid, p.prokind \
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
    WHERE p.prokind IN ('f','p','a','w') AND p.proname !~ '^(RI_|_?pg_.*_(in|out|recv|send)$)'";

/// The query for names of schemas, roles, databases, extensions and settings. Each row is a letter for the kind, and the
/// name.
pub const NAMES: &str = "SELECT 'n', nspname FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_(toast|temp)' \
    UNION ALL SELECT 'r', rolname FROM pg_catalog.pg_roles UNION ALL SELECT 'd', datname FROM pg_catalog.pg_database WHERE datallowconn \
    UNION ALL SELECT 'x', extname FROM pg_catalog.pg_extension UNION ALL SELECT 's', name FROM pg_catalog.pg_settings";

/// The objects of a database, for completion.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    relations: Vec<Relation>,
    functions: Vec<Function>,
    /// Schemas, roles, databases, extensions and settings, each with its letter in [`NAMES`].
    names: Vec<(char, String)>,
    /// Indexes into `relations` by lower-case name.
    by_name: HashMap<String, Vec<usize>>,
}

fn cell(row: &[Option<String>], at: usize) -> &str {
    row.get(at).and_then(Option::as_deref).unwrap_or_default()
}

impl Catalogue {
    /// Stores the result of [`RELATIONS`].
    pub fn set_relations(&mut self, looked: &QueryResult) {
        let columns = |text: &str| {
            let parts = text.split('\u{1e}').filter(|part| !part.is_empty());
            parts
                .map(|part| part.split_once('\u{1f}').unwrap_or((part, "")))
                .map(|(a, b)| (a.into(), b.into()))
                .collect()
        };
        let relations = looked.rows.iter().map(|row| Relation {
            schema: cell(row, 0).into(),
            name: cell(row, 1).into(),
            kind: cell(row, 2).chars().next().unwrap_or('r'),
            visible: cell(row, 3) == "t",
            columns: columns(cell(row, 4)),
            oid: cell(row, 5).parse().unwrap_or_default(),
        });
        self.with_relations(relations.collect());
    }

    /// Stores the given relations.
    pub fn with_relations(&mut self, relations: Vec<Relation>) {
        self.by_name.clear();
        for (at, relation) in relations.iter().enumerate() {
            self.by_name.entry(relation.name.to_lowercase()).or_default().push(at);
        }
        self.relations = relations;
    }

    /// Stores the result of [`FUNCTIONS`].
    pub fn set_functions(&mut self, looked: &QueryResult) {
        let function = |row: &Vec<Option<String>>| Function {
            schema: cell(row, 0).into(),
            name: cell(row, 1).into(),
            arguments: cell(row, 2).into(),
            visible: cell(row, 3) == "t",
            oid: cell(row, 4).parse().unwrap_or_default(),
            kind: cell(row, 5).chars().next().unwrap_or('f'),
        };
        self.functions = looked.rows.iter().map(function).collect();
    }

    /// Stores the result of [`NAMES`].
    pub fn set_names(&mut self, looked: &QueryResult) {
        let name = |row: &Vec<Option<String>>| (cell(row, 0).chars().next().unwrap_or(' '), cell(row, 1).to_owned());
        self.names = looked.rows.iter().map(name).collect();
    }

    /// Returns all relations.
    pub fn relations(&self) -> &[Relation] {
        &self.relations
    }

    /// Returns all functions.
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// Returns the names of one kind: `n` schemas, `r` roles, `d` databases, `x` extensions, `s` settings.
    pub fn names(&self, kind: char) -> impl Iterator<Item = &str> {
        self.names.iter().filter(move |(of, _)| *of == kind).map(|(_, name)| name.as_str())
    }

    /// Finds a relation by name, in a schema if one is given; otherwise one on the search path is preferred.
    pub fn find(&self, schema: Option<&str>, name: &str) -> Option<&Relation> {
        let named = self.by_name.get(&name.to_lowercase())?.iter().map(|at| &self.relations[*at]);
        let in_schema = |relation: &&Relation| match schema {
            Some(schema) => relation.schema.eq_ignore_ascii_case(schema),
            None => true,
        };
        named.filter(in_schema).max_by_key(|relation| (relation.visible, relation.name == name))
    }
}
