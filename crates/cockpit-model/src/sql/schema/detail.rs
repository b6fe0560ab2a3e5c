//! The details of one object, in sections: columns, indexes, keys, sizes and usage, its definition, the tables around it.

use super::ddl;
use super::keys::ForeignKeys;
use super::object::{Class, Object};
use crate::sql::activity::{ActivityQuery, indexes_of};
use crate::sql::activity_figures::{bytes, grouped};
use crate::sql::activity_limits::listed;
use crate::sql::activity_listing::{
    DisplayValue, Heading, Listing, ListingRow, Weight, count, left, right, size, unknown, word,
};
use crate::sql::activity_statements;
use crate::sql::er::{Diagram, Key, TABLES};
use crate::sql::keywords::literal;
use crate::time::short;
use jiff::SignedDuration;
use std::fmt::Write as _;

/// A section of an object's details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Section {
    #[default]
    Columns,
    /// The indexes, with size, usage and findings.
    Indexes,
    /// The keys and checks, and the foreign keys that reference the object.
    Keys,
    /// Sizes, rows, usage, owner, comment.
    About,
    /// The statements that create the object.
    Ddl,
    /// The tables connected to it by foreign keys.
    Er,
}

/// The sections of a table.
const OF_TABLES: &[Section] =
    &[Section::Columns, Section::Indexes, Section::Keys, Section::About, Section::Ddl, Section::Er];
const OF_FOREIGN_TABLES: &[Section] = &[Section::Columns, Section::Keys, Section::About, Section::Ddl];
const OF_VIEWS: &[Section] = &[Section::Columns, Section::About, Section::Ddl];
const OF_KEPT_VIEWS: &[Section] = &[Section::Columns, Section::Indexes, Section::About, Section::Ddl];
const OF_INDEXES: &[Section] = &[Section::Columns, Section::About, Section::Ddl];
const OF_OTHERS: &[Section] = &[Section::Ddl, Section::About];

impl Section {
    /// Returns the sections of an object, in display order.
    pub fn of(object: &Object) -> &'static [Self] {
        match (object.class, object.kind) {
            (Class::Relation, 'r' | 'p') => OF_TABLES,
            (Class::Relation, 'f') => OF_FOREIGN_TABLES,
            (Class::Relation, 'm') => OF_KEPT_VIEWS,
            (Class::Relation, 'v') => OF_VIEWS,
            (Class::Relation, 'i' | 'I' | 'c') => OF_INDEXES,
            (Class::Relation | Class::Function | Class::Type | Class::Schema, _) => OF_OTHERS,
        }
    }

    /// Returns the title of the section's tab.
    pub fn name(self) -> &'static str {
        match self {
            Self::Columns => "Columns",
            Self::Indexes => "Indexes",
            Self::Keys => "Keys",
            Self::About => "About",
            Self::Ddl => "DDL",
            Self::Er => "ER",
        }
    }

    /// Returns whether the section is a text, which is copied as a whole.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Ddl | Self::Er)
    }

    /// Returns the query for the section, for this server version (`150018`; 0 if unknown).
    pub fn query(self, object: &Object, keys: &ForeignKeys, version: u32) -> String {
        let oid = object.oid;
        match self {
            Self::Columns => columns_question(oid),
            Self::Indexes => activity_statements::indexes(&format!("i.indrelid = {oid}")),
            Self::Keys => format!(
                "SELECT k.conname, k.contype, pg_catalog.pg_get_constraintdef(k.oid, true), k.convalidated, pg_catalog.obj_description(k.oid, 'pg_constraint'), k.confrelid \
                 FROM pg_catalog.pg_constraint k WHERE k.conrelid = {oid} AND k.contype IN ('p', 'u', 'x', 'c', 'f') \
                 AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint p WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid) \
                 ORDER BY pg_catalog.strpos('puxfc', k.contype::text), k.conname"
            ),
            Self::About => about_question(object),
            Self::Ddl => ddl::query(object, version),
            Self::Er => {
                let ends = keys.touching(oid).into_iter().flat_map(|key| [&key.from, &key.to]);
                let mut names: Vec<(&str, &str)> = ends.map(|end| (end.schema.as_str(), end.name.as_str())).collect();
                names.push((&object.schema, &object.name));
                names.sort_unstable();
                names.dedup();
                let names: Vec<String> = names
                    .into_iter()
                    .map(|(schema, name)| format!("({}, {})", literal(schema), literal(name)))
                    .collect();
                // Diagrams leave out partitions, except the one being viewed.
                let tables = TABLES
                    .replace("AND NOT c.relispartition ", &format!("AND (NOT c.relispartition OR c.oid = {oid}) "));
                format!(
                    "SELECT * FROM ({tables}) AS t (schema, name, columns) WHERE (schema, name) IN ({})",
                    names.join(", ")
                )
            }
        }
    }

    /// Returns the section's rows from the query's result.
    pub fn listing(self, object: &Object, keys: &ForeignKeys, rows: &[Vec<Option<String>>]) -> Listing {
        match self {
            Self::Columns => columns(object, keys, rows),
            Self::Indexes => indexes(rows),
            Self::Keys => constraints(object, keys, rows),
            Self::About => about(rows),
            Self::Ddl => text(&ddl::text(rows), "it no longer exists"),
            Self::Er => text(&diagram(object, keys, rows).text(), "it no longer exists"),
        }
    }
}

fn columns_question(oid: u32) -> String {
    format!(
        "SELECT a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, CASE a.attidentity WHEN 'a' THEN 'generated always as identity' WHEN 'd' THEN 'generated by default as identity' ELSE \
         CASE a.attgenerated WHEN '' THEN '' ELSE 'generated: ' END || COALESCE(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') END, \
         COALESCE((SELECT pg_catalog.string_agg(DISTINCT k.contype::text, '') FROM pg_catalog.pg_constraint k WHERE k.conrelid = a.attrelid AND a.attnum = ANY (k.conkey) AND k.contype IN ('p', 'u')), ''), \
         pg_catalog.col_description(a.attrelid, a.attnum) FROM pg_catalog.pg_attribute a \
         LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef \
         WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
    )
}

const COLUMNS: &[Heading] = &[
    left("COLUMN", "column"),
    left("TYPE", "type"),
    left("NULL", "nullable"),
    left("KEY", "key"),
    left("DEFAULT", "default"),
    left("COMMENT", "comment"),
];

type Row = [Option<String>];

fn cell(row: &Row, at: usize) -> &str {
    row.get(at).and_then(Option::as_deref).unwrap_or_default()
}

fn columns(object: &Object, keys: &ForeignKeys, rows: &[Vec<Option<String>>]) -> Listing {
    let column = |row: &Vec<Option<String>>| {
        let number: i16 = cell(row, 0).parse().unwrap_or_default();
        let mut marks = Vec::new();
        let letters = cell(row, 5);
        marks.extend(letters.contains('p').then(|| "PK".to_owned()));
        marks.extend(letters.contains('u').then(|| "UQ".to_owned()));
        let of_column = keys.from(object.oid).filter(|key| key.from.columns.iter().any(|(known, _)| *known == number));
        marks.extend(of_column.map(|key| format!("→ {}", key.to.short())));
        let comment = cell(row, 6);
        let mut whole = format!("{} {}", cell(row, 1), cell(row, 2));
        if !cell(row, 4).is_empty() {
            let _ = write!(whole, "\n{}", cell(row, 4));
        }
        if !comment.is_empty() {
            let _ = write!(whole, "\n{comment}");
        }
        ListingRow {
            key: format!("c:{}", cell(row, 1)),
            cells: vec![
                word(cell(row, 1)),
                word(cell(row, 2)),
                word(if cell(row, 3) == "t" { "not null" } else { "" }),
                word(&marks.join(" ")),
                word(cell(row, 4)),
                word(comment),
            ],
            weight: Weight::Plain,
            full_text: whole,
        }
    };
    Listing { columns: COLUMNS, rows: rows.iter().map(column).collect(), notes: Vec::new(), empty: "it has no columns" }
}

const INDEX: &[Heading] = &[
    left("INDEX", "name"),
    left("ON", "definition"),
    right("SIZE", "bytes"),
    right("USED", "scans"),
    left("FINDING", "finding"),
];

fn indexes(rows: &[Vec<Option<String>>]) -> Listing {
    let row = |index: crate::sql::activity::Index| {
        let finding = index.finding();
        ListingRow {
            key: format!("i:{}", index.name.2),
            cells: vec![
                word(&index.name.2),
                // The index name and table are already shown.
                word(index.definition.split_once(" USING ").map_or(index.definition.as_str(), |(_, on)| on)),
                size(index.bytes),
                index.used.map_or_else(unknown, count),
                word(&finding),
            ],
            weight: if finding.is_empty() { Weight::Plain } else { Weight::Warn },
            full_text: index.definition.clone(),
        }
    };
    let (rows, more) = listed(ActivityQuery::Indexes, rows);
    let counted = "uses are counted on this server alone: a reader may use what the writer does not".to_owned();
    let notes = std::iter::once(counted).chain(more).collect();
    Listing { columns: INDEX, rows: indexes_of(rows).into_iter().map(row).collect(), notes, empty: "it has no index" }
}

const CONSTRAINTS: &[Heading] = &[left("KEY", "name"), left("KIND", "kind"), left("DEFINITION", "statement")];

fn constraints(object: &Object, keys: &ForeignKeys, rows: &[Vec<Option<String>>]) -> Listing {
    let constraint = |row: &Vec<Option<String>>| {
        let kind = match cell(row, 1) {
            "p" => "primary key",
            "u" => "unique",
            "x" => "exclusion",
            "f" => "foreign key",
            _ => "check",
        };
        let valid = cell(row, 3) == "t";
        let target = cell(row, 5);
        let place = if matches!(target, "" | "0") { "-" } else { target };
        ListingRow {
            key: format!("k:{place}:{}", cell(row, 0)),
            cells: vec![word(cell(row, 0)), word(kind), word(cell(row, 2))],
            weight: if valid { Weight::Plain } else { Weight::Warn },
            full_text: [cell(row, 2), cell(row, 4)].join("\n").trim_end().to_owned(),
        }
    };
    let mut listed: Vec<ListingRow> = rows.iter().map(constraint).collect();
    listed.extend(keys.to(object.oid).map(|key| {
        let text = format!("{} ({}) → ({})", key.from.short(), key.from.columns(), key.to.columns());
        ListingRow {
            key: format!("k:{}:{}", key.from.oid, key.name),
            cells: vec![word(&key.name), word("referred to by"), word(&text)],
            weight: Weight::Plain,
            full_text: text,
        }
    }));
    Listing {
        columns: CONSTRAINTS,
        rows: listed,
        notes: Vec::new(),
        empty: "it has no keys and no checks, and none refers to it",
    }
}

/// Returns the object id of the table at the other end of a foreign key, from the row's key.
pub fn other_end(key: &str) -> Option<u32> {
    key.strip_prefix("k:")?.split(':').next()?.parse().ok()
}

/// Each row is a fact: its name, the format of its value (`b` bytes, `n` number, `s` seconds, `t` text), and the value.
fn about_question(object: &Object) -> String {
    let oid = object.oid;
    let owner = |column: &str| format!("(1, 'owner', 't', pg_catalog.pg_get_userbyid({column})::text)");
    match object.class {
        Class::Relation if object.kind == 'S' => format!(
            "SELECT f.name, f.kind, f.value FROM pg_catalog.pg_class c JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid, LATERAL (VALUES {}, \
             (2, 'last value', 'n', pg_catalog.pg_sequence_last_value(c.oid)::text), (3, 'greatest', 'n', s.seqmax::text), (4, 'comment', 't', pg_catalog.obj_description(c.oid, 'pg_class'))) \
             AS f (place, name, kind, value) WHERE c.oid = {oid} ORDER BY f.place",
            owner("c.relowner")
        ),
        Class::Relation => format!(
            "SELECT f.name, f.kind, f.value FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = c.oid LEFT JOIN pg_catalog.pg_tablespace t ON t.oid = c.reltablespace, LATERAL (VALUES {}, \
             (2, 'size in all', 'b', CASE WHEN c.relkind IN ('r', 'm', 'p') THEN pg_catalog.pg_total_relation_size(c.oid)::text END), \
             (3, 'rows of it', 'b', CASE WHEN c.relkind IN ('r', 'm', 'i') THEN pg_catalog.pg_relation_size(c.oid)::text END), \
             (4, 'indexes of it', 'b', CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_indexes_size(c.oid)::text END), \
             (5, 'long values of it', 'b', CASE WHEN c.reltoastrelid <> 0 THEN pg_catalog.pg_total_relation_size(c.reltoastrelid)::text END), \
             (6, 'rows estimated', 'n', CASE WHEN CASE WHEN c.reltuples = 0 AND c.relpages = 0 AND pg_catalog.current_setting('server_version_num', true)::pg_catalog.int4 < 140000 THEN -1 ELSE c.reltuples END >= 0 AND c.relkind IN ('r', 'm', 'p', 'i', 'f') THEN c.reltuples::pg_catalog.int8::text END), \
             (7, 'dead rows', 'n', s.n_dead_tup::text), (8, 'read from the start', 'n', s.seq_scan::text), (9, 'read by an index', 'n', s.idx_scan::text), \
             (10, 'inserted', 'n', s.n_tup_ins::text), (11, 'updated', 'n', s.n_tup_upd::text), (12, 'deleted', 'n', s.n_tup_del::text), \
             (13, 'vacuumed before', 's', EXTRACT(epoch FROM pg_catalog.clock_timestamp() - GREATEST(s.last_vacuum, s.last_autovacuum))::text), \
             (14, 'analyzed before', 's', EXTRACT(epoch FROM pg_catalog.clock_timestamp() - GREATEST(s.last_analyze, s.last_autoanalyze))::text), \
             (15, 'options', 't', pg_catalog.array_to_string(c.reloptions, ', ')), (16, 'tablespace', 't', t.spcname::text), \
             (17, 'partition', 't', pg_catalog.pg_get_expr(c.relpartbound, c.oid)), (18, 'partitioned by', 't', CASE c.relkind WHEN 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END), \
             (19, 'row security', 't', CASE WHEN c.relrowsecurity THEN 'on' END), (20, 'comment', 't', pg_catalog.obj_description(c.oid, 'pg_class'))) AS f (place, name, kind, value) \
             WHERE c.oid = {oid} AND (f.value IS NOT NULL OR (f.name = 'rows estimated' AND c.relkind IN ('r', 'm', 'p'))) ORDER BY f.place",
            owner("c.relowner")
        ),
        Class::Function => format!(
            "SELECT f.name, f.kind, f.value FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang, LATERAL (VALUES {}, \
             (2, 'returns', 't', pg_catalog.pg_get_function_result(p.oid)), (3, 'language', 't', l.lanname::text), \
             (4, 'volatility', 't', CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END), \
             (5, 'security', 't', CASE WHEN p.prosecdef THEN 'definer' ELSE 'invoker' END), \
             (6, 'parallel', 't', CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' ELSE 'unsafe' END), \
             (7, 'comment', 't', pg_catalog.obj_description(p.oid, 'pg_proc'))) AS f (place, name, kind, value) WHERE p.oid = {oid} AND f.value IS NOT NULL ORDER BY f.place",
            owner("p.proowner")
        ),
        Class::Type => format!(
            "SELECT f.name, f.kind, f.value FROM pg_catalog.pg_type y, LATERAL (VALUES {}, (2, 'comment', 't', pg_catalog.obj_description(y.oid, 'pg_type'))) \
             AS f (place, name, kind, value) WHERE y.oid = {oid} AND f.value IS NOT NULL ORDER BY f.place",
            owner("y.typowner")
        ),
        Class::Schema => format!(
            "SELECT f.name, f.kind, f.value FROM pg_catalog.pg_namespace n, LATERAL (VALUES {}, (2, 'comment', 't', pg_catalog.obj_description(n.oid, 'pg_namespace'))) \
             AS f (place, name, kind, value) WHERE n.oid = {oid} AND f.value IS NOT NULL ORDER BY f.place",
            owner("n.nspowner")
        ),
    }
}

const FACTS: &[Heading] = &[left("", "name"), left("", "statement")];

fn about(rows: &[Vec<Option<String>>]) -> Listing {
    let fact = |row: &Vec<Option<String>>| {
        let value = row.get(2).cloned().flatten();
        let text = match (cell(row, 1), value) {
            (_, None) => "not known: it was never counted (ANALYZE counts)".to_owned(),
            ("b", Some(value)) => value.parse().map_or(value, bytes),
            ("n", Some(value)) => value.parse().map_or(value, grouped),
            ("s", Some(value)) => {
                value.parse::<f64>().map_or(value, |seconds| short(SignedDuration::from_secs(seconds.max(0.0) as i64)))
            }
            (_, Some(value)) => value,
        };
        ListingRow {
            key: format!("a:{}", cell(row, 0)),
            cells: vec![word(cell(row, 0)), word(&text)],
            weight: Weight::Plain,
            full_text: text,
        }
    };
    Listing { columns: FACTS, rows: rows.iter().map(fact).collect(), notes: Vec::new(), empty: "it no longer exists" }
}

const TEXT: &[Heading] = &[left("", "statement")];

/// Lists a text line by line. [`full_text`] restores the text from the rows.
fn text(text: &str, empty: &'static str) -> Listing {
    let row = |(number, line): (usize, &str)| ListingRow {
        key: format!("l:{number}"),
        cells: vec![DisplayValue { text: line.to_owned(), value: line.into() }],
        weight: if line.starts_with("--") { Weight::Dim } else { Weight::Plain },
        full_text: line.to_owned(),
    };
    Listing { columns: TEXT, rows: text.lines().enumerate().map(row).collect(), notes: Vec::new(), empty }
}

/// Returns the text of a text section.
pub fn full_text(listing: &Listing) -> String {
    listing.rows.iter().fold(String::new(), |text, row| text + &row.full_text + "\n")
}

/// Returns the diagram of the tables around one, and the keys between them.
fn diagram(object: &Object, keys: &ForeignKeys, rows: &[Vec<Option<String>>]) -> Diagram {
    let mut diagram = Diagram::of(rows, &[]);
    let key = |key: &super::keys::ForeignKey| Key {
        from: key.from.short(),
        to: key.to.short(),
        columns: key.from.columns(),
        unique: false,
    };
    diagram.keys = keys.touching(object.oid).into_iter().map(key).collect();
    // A key to a table that is missing, because the user cannot see it, is left out.
    let known: Vec<String> = diagram.tables.iter().map(|table| table.name.clone()).collect();
    diagram.keys.retain(|key| known.contains(&key.from) && known.contains(&key.to));
    diagram
}

#[cfg(test)]
#[path = "detail_tests.rs"]
mod tests;
