//! Tables and their foreign keys as a diagram: text, Mermaid, Graphviz, SVG.

use crate::infra::picture::{Node, Picture, formats};
use crate::text::sanitize;
use std::fmt::Write as _;

/// The query for tables: schema, name, and columns, one `name type` per line with `*` before those of the primary key.
pub const TABLES: &str = "SELECT n.nspname, c.relname, pg_catalog.string_agg(CASE WHEN a.attnum = ANY (k.conkey) THEN '*' ELSE '' END || a.attname || E'\\x1f' || \
    pg_catalog.format_type(a.atttypid, a.atttypmod), E'\\x1e' ORDER BY a.attnum) \
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
    LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p' \
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
    GROUP BY 1, 2 ORDER BY 1, 2";

/// The query for foreign keys: schema and name of the table, schema and name of the referenced table, the columns, and
/// whether they are unique, so that each referenced row has at most one referencing row.
pub const KEYS: &str = "SELECT n.nspname, c.relname, fn.nspname, f.relname, \
    (SELECT pg_catalog.string_agg(a.attname, ', ' ORDER BY k.place) FROM pg_catalog.unnest(con.conkey) WITH ORDINALITY k(number, place) \
    JOIN pg_catalog.pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = k.number), \
    EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = con.conrelid AND i.indisunique AND i.indpred IS NULL \
    AND (i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1] @> con.conkey AND con.conkey @> (i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1]) \
    FROM pg_catalog.pg_constraint con JOIN pg_catalog.pg_class c ON c.oid = con.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_catalog.pg_class f ON f.oid = con.confrelid JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace \
    WHERE con.contype = 'f' AND con.conparentid = 0 ORDER BY 1, 2, 5";

/// A table in a diagram.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The name, with its schema unless that is `public`.
    pub name: String,
    /// The columns: name, type, and whether it belongs to the primary key.
    pub columns: Vec<(String, String, bool)>,
}

/// A foreign key in a diagram.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Key {
    /// The referencing table.
    pub from: String,
    /// The referenced table.
    pub to: String,
    pub columns: String,
    /// Whether at most one row references a given row.
    pub unique: bool,
}

/// Tables and foreign keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagram {
    pub tables: Vec<Table>,
    /// The foreign keys.
    pub keys: Vec<Key>,
}

fn cell(row: &[Option<String>], at: usize) -> &str {
    row.get(at).and_then(Option::as_deref).unwrap_or_default()
}

fn display_name(schema: &str, name: &str) -> String {
    if schema == "public" { name.into() } else { format!("{schema}.{name}") }
}

impl Diagram {
    /// Parses the results of [`TABLES`] and [`KEYS`].
    pub fn of(tables: &[Vec<Option<String>>], keys: &[Vec<Option<String>>]) -> Self {
        let column = |text: &str| {
            let (name, kind) = text.split_once('\u{1f}').unwrap_or((text, ""));
            let bare = name.strip_prefix('*');
            (bare.unwrap_or(name).to_owned(), kind.to_owned(), bare.is_some())
        };
        let table = |row: &Vec<Option<String>>| Table {
            name: display_name(cell(row, 0), cell(row, 1)),
            columns: cell(row, 2).split('\u{1e}').filter(|text| !text.is_empty()).map(column).collect(),
        };
        let key = |row: &Vec<Option<String>>| Key {
            from: display_name(cell(row, 0), cell(row, 1)),
            to: display_name(cell(row, 2), cell(row, 3)),
            columns: cell(row, 4).to_owned(),
            unique: cell(row, 5) == "t",
        };
        Self { tables: tables.iter().map(table).collect(), keys: keys.iter().map(key).collect() }
    }

    /// Returns a diagram of only these tables and those connected to them by a foreign key.
    #[must_use]
    pub fn neighbours(&self, names: &[&str]) -> Self {
        let near = |name: &str| {
            names.contains(&name)
                || self.keys.iter().any(|key| {
                    (key.from == name && names.contains(&key.to.as_str()))
                        || (key.to == name && names.contains(&key.from.as_str()))
                })
        };
        let is_near = |key: &&Key| near(&key.from) && near(&key.to);
        Self {
            tables: self.tables.iter().filter(|table| near(&table.name)).cloned().collect(),
            keys: self.keys.iter().filter(is_near).cloned().collect(),
        }
    }

    /// Returns boxes with edges from referenced to referencing tables.
    pub fn picture(&self) -> Picture {
        let place = |name: &str| self.tables.iter().position(|table| table.name == name);
        let nodes = self.tables.iter().map(|table| {
            let key: Vec<&str> =
                table.columns.iter().filter(|column| column.2).map(|column| column.0.as_str()).collect();
            let key = if key.is_empty() { "no key".into() } else { key.join(", ") };
            let columns = table.columns.len();
            let note = format!("{key} · {columns} {}", if columns == 1 { "column" } else { "columns" });
            Node { id: table.name.clone(), label: table.name.clone(), note, ..Node::default() }
        });
        let edge = |key: &Key| Some((place(&key.to)?, place(&key.from)?)).filter(|(to, from)| to != from);
        let mut edges: Vec<(usize, usize)> = self.keys.iter().filter_map(edge).collect();
        edges.sort_unstable();
        edges.dedup();
        Picture { nodes: nodes.collect(), edges }
    }

    /// Returns text for a terminal: boxes and lines, followed by a list of the references.
    pub fn text(&self) -> String {
        let mut text = formats::text(&self.picture());
        for key in &self.keys {
            let line = format!("{} ({}) → {}", key.from, key.columns, key.to);
            text.push_str(&sanitize(&line));
            text.push('\n');
        }
        text
    }

    /// Returns the diagram as DOT, for Graphviz.
    pub fn dot(&self) -> String {
        formats::dot("tables", &self.picture())
    }

    /// Returns the diagram as a complete SVG document.
    pub fn svg(&self) -> String {
        formats::svg(&self.picture())
    }

    /// Returns the diagram for Mermaid, as an entity-relationship diagram with columns.
    pub fn mermaid(&self) -> String {
        // An unquoted Mermaid word: any other character would end it.
        let word = |text: &str| -> String {
            let safe = |c: char| if c.is_alphanumeric() || c == '_' || c == '-' { c } else { '_' };
            let word: String = text.chars().map(safe).collect();
            if word.is_empty() { "_".into() } else { word }
        };
        let quoted = |text: &str| sanitize(text).replace('"', "'");
        let mut text = String::from("erDiagram\n");
        for table in &self.tables {
            let _ = writeln!(text, "  \"{}\" {{", quoted(&table.name));
            for (name, kind, key) in &table.columns {
                let key = if *key { " PK" } else { "" };
                let _ = writeln!(text, "    {} {}{key}", word(kind), word(name));
            }
            text.push_str("  }\n");
        }
        for key in &self.keys {
            let many = if key.unique { "o|" } else { "o{" };
            let _ = writeln!(
                text,
                "  \"{}\" ||--{many} \"{}\" : \"{}\"",
                quoted(&key.to),
                quoted(&key.from),
                quoted(&key.columns)
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagram() -> Diagram {
        let row = |cells: &[&str]| cells.iter().map(|cell| Some((*cell).to_owned())).collect::<Vec<_>>();
        Diagram::of(
            &[
                row(&["public", "users", "*id\u{1f}bigint\u{1e}odd \"name\"\u{1f}character varying(10)"]),
                row(&["app", "bookmarks", "*id\u{1f}integer\u{1e}user_id\u{1f}bigint\u{1e}parent\u{1f}integer"]),
                row(&["public", "しおり", ""]),
            ],
            &[
                row(&["app", "bookmarks", "public", "users", "user_id", "f"]),
                row(&["app", "bookmarks", "app", "bookmarks", "parent", "t"]),
            ],
        )
    }

    #[test]
    fn all_formats_contain_all_tables_and_keys() {
        let mermaid = diagram().mermaid();
        assert_eq!(
            mermaid,
            "erDiagram\n  \"users\" {\n    bigint id PK\n    character_varying_10_ odd__name_\n  }\n  \"app.bookmarks\" {\n    integer id PK\n    \
             bigint user_id\n    integer parent\n  }\n  \"しおり\" {\n  }\n  \"users\" ||--o{ \"app.bookmarks\" : \"user_id\"\n  \
             \"app.bookmarks\" ||--o| \"app.bookmarks\" : \"parent\"\n"
        );
        let text = diagram().text();
        assert!(text.contains("│ app.bookmarks") && text.contains("app.bookmarks (user_id) → users\n"), "{text}");
        assert!(diagram().dot().contains("\"users\" -> \"app.bookmarks\";"));
        assert!(diagram().svg().contains(">しおり</text>"));
        assert_eq!(Diagram::default().mermaid(), "erDiagram\n");
    }

    #[test]
    fn neighbours_of_a_table_are_connected_by_foreign_keys() {
        let names =
            |names: &[&str]| diagram().neighbours(names).tables.into_iter().map(|table| table.name).collect::<Vec<_>>();
        assert_eq!(names(&["users"]), ["users", "app.bookmarks"]);
        assert_eq!(names(&["しおり"]), ["しおり"]);
        assert_eq!(names(&[]), Vec::<String>::new());
    }
}
