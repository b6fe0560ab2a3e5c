//! Foreign keys, and the queries that follow them: from a row to the one it references, and to the rows that reference it.

use crate::sql::keywords::{literal, quote_identifier};
use crate::sql::{Cell, Column};
use std::collections::HashMap;

/// The query for all foreign keys: name, then object id, schema and name of both tables, the columns at both ends (pairs of
/// number and name), and whether the key is inherited by a partition. Keys that the server keeps internally for each
/// referenced partition are left out, because the referenced row may be in another partition.
pub const FOREIGN_KEYS: &str = "SELECT k.conname, k.conrelid, n.nspname, c.relname, k.confrelid, fn.nspname, f.relname, \
    (SELECT pg_catalog.string_agg(a.attnum || E'\\x1f' || a.attname, E'\\x1e' ORDER BY o.place) FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY o (number, place) \
    JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = o.number), \
    (SELECT pg_catalog.string_agg(a.attnum || E'\\x1f' || a.attname, E'\\x1e' ORDER BY o.place) FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY o (number, place) \
    JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = o.number), k.conparentid <> 0 \
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_catalog.pg_class f ON f.oid = k.confrelid JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace \
    WHERE k.contype = 'f' AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint p WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid) \
    ORDER BY 3, 4, 1";

/// One end of a foreign key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct End {
    /// The object id of the table.
    pub oid: u32,
    pub schema: String,
    pub name: String,
    /// The columns, by number and name, in the key's order.
    pub columns: Vec<(i16, String)>,
}

impl End {
    /// Returns the table's name as a statement writes it.
    pub fn qualified_name(&self) -> String {
        format!("{}.{}", quote_identifier(&self.schema), quote_identifier(&self.name))
    }

    /// Returns the display name, without the schema if that is `public`.
    pub fn short(&self) -> String {
        if self.schema == "public" { self.name.clone() } else { format!("{}.{}", self.schema, self.name) }
    }

    /// Returns the columns, separated by commas.
    pub fn columns(&self) -> String {
        self.columns.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Returns the positions of the columns in a result of this table. If a statement names the table twice, the selected
    /// column identifies which occurrence is meant; otherwise any will do, as long as all have the same value in this row.
    fn places(&self, columns: &[Column], cells: &[Cell], selected: usize) -> Result<Vec<usize>, String> {
        let place = |(number, name): &(i16, String)| {
            let is_key_column = |at: &usize| columns[*at].table_oid == self.oid && columns[*at].number == *number;
            let occurrences: Vec<usize> = (0..columns.len()).filter(is_key_column).collect();
            let [first, others @ ..] = occurrences.as_slice() else {
                return Err(format!("the result lacks {} of {}", quote_identifier(name), self.short()));
            };
            if occurrences.contains(&selected) {
                return Ok(selected);
            }
            if others.iter().all(|at| cells.get(*at) == cells.get(*first)) {
                return Ok(*first);
            }
            let (name, table) = (quote_identifier(name), self.short());
            Err(format!("{name} of {table} has several values there: select the one that you mean"))
        };
        self.columns.iter().map(place).collect()
    }
}

/// A foreign key, with its columns at both ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForeignKey {
    pub name: String,
    /// The referencing table.
    pub from: End,
    /// The referenced table.
    pub to: End,
    /// Whether it belongs to a partition, as part of the partitioned table's key.
    pub inherited: bool,
}

impl ForeignKey {
    /// Returns the query for the row that a row of a result references, with this column selected.
    ///
    /// # Errors
    /// The reason there is no such query.
    pub fn referenced_row_query(&self, columns: &[Column], cells: &[Cell], selected: usize) -> Result<String, String> {
        follow(&self.from, &self.to, columns, cells, selected)
    }

    /// Returns the query for the rows that reference a row of a result, with this column selected.
    ///
    /// # Errors
    /// The reason there is no such query.
    pub fn referencing_rows_query(
        &self,
        columns: &[Column],
        cells: &[Cell],
        selected: usize,
    ) -> Result<String, String> {
        follow(&self.to, &self.from, columns, cells, selected)
    }
}

/// Returns the query for the rows of `there` whose columns match those of `here` in a row.
fn follow(here: &End, there: &End, columns: &[Column], cells: &[Cell], selected: usize) -> Result<String, String> {
    let mut conditions = Vec::new();
    for (place, ((_, name), (_, other))) in
        here.places(columns, cells, selected)?.into_iter().zip(here.columns.iter().zip(&there.columns))
    {
        match cells.get(place) {
            Some(Cell::Null) => return Err(format!("{name} is NULL: it refers to no row")),
            Some(Cell::Text { text, cut: false, .. }) => {
                conditions.push(format!("{} = {}", quote_identifier(other), literal(text)));
            }
            Some(Cell::Text { .. }) | None => return Err(format!("the value of {name} is not here whole")),
        }
    }
    Ok(format!("SELECT * FROM {} WHERE {}", there.qualified_name(), conditions.join(" AND ")))
}

/// All foreign keys of a database.
#[derive(Debug, Clone, Default)]
pub struct ForeignKeys {
    all: Vec<ForeignKey>,
    from: HashMap<u32, Vec<usize>>,
    to: HashMap<u32, Vec<usize>>,
}

impl ForeignKeys {
    /// Parses the result of [`FOREIGN_KEYS`].
    pub fn of(rows: &[Vec<Option<String>>]) -> Self {
        let mut keys = Self::default();
        for row in rows {
            let cell = |at: usize| row.get(at).and_then(Option::as_deref).unwrap_or_default();
            let pair = |part: &str| part.split_once('\u{1f}').and_then(|(a, b)| Some((a.parse().ok()?, b.to_owned())));
            let end = |first: usize, columns: usize| End {
                oid: cell(first).parse().unwrap_or_default(),
                schema: cell(first + 1).to_owned(),
                name: cell(first + 2).to_owned(),
                columns: cell(columns).split('\u{1e}').filter_map(pair).collect(),
            };
            let key =
                ForeignKey { name: cell(0).to_owned(), from: end(1, 7), to: end(4, 8), inherited: cell(9) == "t" };
            keys.from.entry(key.from.oid).or_default().push(keys.all.len());
            keys.to.entry(key.to.oid).or_default().push(keys.all.len());
            keys.all.push(key);
        }
        keys
    }

    /// Returns the foreign keys of a table.
    pub fn from(&self, table: u32) -> impl Iterator<Item = &ForeignKey> {
        self.from.get(&table).into_iter().flatten().map(|at| &self.all[*at])
    }

    /// Returns the keys that reference a table; for partitioned tables only those of the whole table.
    pub fn to(&self, table: u32) -> impl Iterator<Item = &ForeignKey> {
        self.to.get(&table).into_iter().flatten().map(|at| &self.all[*at]).filter(|key| !key.inherited)
    }

    /// Returns the keys that a column of a result is part of.
    pub fn of_column(&self, column: &Column) -> impl Iterator<Item = &ForeignKey> {
        let number = column.number;
        self.from(column.table_oid).filter(move |key| key.from.columns.iter().any(|(known, _)| *known == number))
    }

    /// Returns all keys from or to a table.
    pub fn touching(&self, table: u32) -> Vec<&ForeignKey> {
        self.from(table).chain(self.to(table).filter(|key| key.from.oid != table)).collect()
    }

    /// Returns whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> ForeignKeys {
        let row = |cells: [&str; 10]| cells.map(|cell| Some(cell.to_owned())).to_vec();
        ForeignKeys::of(&[
            row(["user", "7", "app", "bookmarks", "9", "public", "Users", "2\u{1f}user_id", "1\u{1f}id", "f"]),
            row([
                "pair",
                "7",
                "app",
                "bookmarks",
                "8",
                "app",
                "pairs",
                "3\u{1f}a\u{1e}4\u{1f}b",
                "2\u{1f}x\u{1e}1\u{1f}y",
                "f",
            ]),
        ])
    }

    fn column(table_oid: u32, number: i16) -> Column {
        Column { name: "n".into(), type_oid: 25, modifier: -1, table_oid, number }
    }

    fn cell(text: &str) -> Cell {
        Cell::Text { text: text.into(), bytes: text.len() as u64, cut: false }
    }

    #[test]
    fn key_is_followed_from_the_columns_of_a_result() {
        let keys = keys();
        let columns = [column(7, 4), column(7, 2), column(7, 3), column(9, 1)];
        let cells = [cell("it's"), cell("5"), cell("a\\b"), cell("1")];
        let referred = |at: usize| {
            keys.of_column(&columns[at]).map(|key| key.referenced_row_query(&columns, &cells, at)).collect::<Vec<_>>()
        };
        assert_eq!(referred(1), [Ok("SELECT * FROM public.\"Users\" WHERE id = '5'".to_owned())]);
        assert_eq!(referred(0), [Ok("SELECT * FROM app.pairs WHERE x = E'a\\\\b' AND y = 'it''s'".to_owned())]);
        assert_eq!(referred(3), []);
        let referring: Vec<_> = keys.to(9).map(|key| key.referencing_rows_query(&columns, &cells, 0)).collect();
        assert_eq!(referring, [Ok("SELECT * FROM app.bookmarks WHERE user_id = '1'".to_owned())]);
    }

    #[test]
    fn selected_column_decides_if_a_table_occurs_twice() {
        let keys = keys();
        let columns = [column(7, 2), column(7, 2), column(7, 3), column(7, 4), column(7, 3)];
        let cells = [cell("5"), cell("6"), cell("1"), cell("2"), cell("3")];
        let referred = |at: usize| {
            keys.of_column(&columns[at]).map(|key| key.referenced_row_query(&columns, &cells, at)).collect::<Vec<_>>()
        };
        assert_eq!(referred(0), [Ok("SELECT * FROM public.\"Users\" WHERE id = '5'".to_owned())]);
        assert_eq!(referred(1), [Ok("SELECT * FROM public.\"Users\" WHERE id = '6'".to_owned())]);
        assert_eq!(referred(4), [Ok("SELECT * FROM app.pairs WHERE x = '3' AND y = '2'".to_owned())]);
        assert!(referred(3)[0].as_ref().unwrap_err().contains("several values"), "{:?}", referred(3));
        let same = [cell("5"), cell("5"), cell("1"), cell("2"), cell("1")];
        let key = keys.from(7).find(|key| key.name == "user").unwrap();
        assert!(key.referenced_row_query(&columns, &same, 3).is_ok(), "one value wherever it stands");
    }

    #[test]
    fn foreign_key_that_cannot_be_followed_has_a_reason() {
        let keys = keys();
        let key = keys.from(7).find(|key| key.name == "pair").unwrap();
        let lacks = key.referenced_row_query(&[column(7, 3)], &[cell("1")], 0).unwrap_err();
        assert_eq!(lacks, "the result lacks b of app.bookmarks");
        let columns = [column(7, 3), column(7, 4)];
        assert_eq!(
            key.referenced_row_query(&columns, &[Cell::Null, cell("1")], 0).unwrap_err(),
            "a is NULL: it refers to no row"
        );
        let cut = Cell::Text { text: "x".into(), bytes: 9, cut: true };
        assert!(key.referenced_row_query(&columns, &[cut, cell("1")], 0).unwrap_err().contains("not here whole"));
        assert_eq!((keys.touching(9).len(), keys.is_empty(), ForeignKeys::of(&[]).is_empty()), (1, false, true));
    }
}
