//! Foreign keys, and the statements that follow them: from a row to the one that it refers to, and to those that refer to it.

use crate::sql::keywords::{literal, quoted};
use crate::sql::{Cell, Column};
use std::collections::HashMap;

/// The question for all foreign keys: name, then object id, schema and name of the table and of the one that it refers to,
/// the columns here and there (number and name, a pair each), and whether it is a partition's part of another one. What the server
/// keeps of a key for each partition that it leads to is no key: a row may lie in another partition.
pub const FOREIGN_KEYS: &str = "SELECT k.conname, k.conrelid, n.nspname, c.relname, k.confrelid, fn.nspname, f.relname, \
    (SELECT pg_catalog.string_agg(a.attnum || E'\\x1f' || a.attname, E'\\x1e' ORDER BY o.place) FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY o (number, place) \
    JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = o.number), \
    (SELECT pg_catalog.string_agg(a.attnum || E'\\x1f' || a.attname, E'\\x1e' ORDER BY o.place) FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY o (number, place) \
    JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = o.number), k.conparentid <> 0 \
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_catalog.pg_class f ON f.oid = k.confrelid JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace \
    WHERE k.contype = 'f' AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint p WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid) \
    ORDER BY 3, 4, 1";

/// A table at one end of a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct End {
    /// Its object id.
    pub oid: u32,
    pub schema: String,
    pub name: String,
    /// The columns, by number and name, in the key's order.
    pub columns: Vec<(i16, String)>,
}

impl End {
    /// The table as a statement names it.
    pub fn written(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.name))
    }

    /// The name for people: without the schema where that is `public`.
    pub fn short(&self) -> String {
        if self.schema == "public" { self.name.clone() } else { format!("{}.{}", self.schema, self.name) }
    }

    /// Its columns, with commas between.
    pub fn columns(&self) -> String {
        self.columns.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// All its columns in a result, where that has them of this table. A statement may name a table twice: of a column that stands
    /// there several times the selected one is meant, else any, where all have one value in this row.
    fn places(&self, columns: &[Column], cells: &[Cell], selected: usize) -> Result<Vec<usize>, String> {
        let place = |(number, name): &(i16, String)| {
            let is = |at: &usize| columns[*at].table_oid == self.oid && columns[*at].number == *number;
            let all: Vec<usize> = (0..columns.len()).filter(is).collect();
            let [first, others @ ..] = all.as_slice() else {
                return Err(format!("the result lacks {} of {}", quoted(name), self.short()));
            };
            if all.contains(&selected) {
                return Ok(selected);
            }
            if others.iter().all(|at| cells.get(*at) == cells.get(*first)) {
                return Ok(*first);
            }
            let (name, table) = (quoted(name), self.short());
            Err(format!("{name} of {table} has several values there: select the one that you mean"))
        };
        self.columns.iter().map(place).collect()
    }
}

/// A foreign key, with its columns at both ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForeignKey {
    pub name: String,
    /// The table that has it.
    pub from: End,
    /// The table that it refers to.
    pub to: End,
    /// Whether it belongs to a partition, as part of that of the whole table.
    pub inherited: bool,
}

impl ForeignKey {
    /// The statement for the row that one of a result refers to, with this column selected.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub fn referred(&self, columns: &[Column], cells: &[Cell], selected: usize) -> Result<String, String> {
        follow(&self.from, &self.to, columns, cells, selected)
    }

    /// The statement for the rows that refer to one of a result, with this column selected.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub fn referring(&self, columns: &[Column], cells: &[Cell], selected: usize) -> Result<String, String> {
        follow(&self.to, &self.from, columns, cells, selected)
    }
}

/// Rows of `there` whose columns are as those of `here` in a row.
fn follow(here: &End, there: &End, columns: &[Column], cells: &[Cell], selected: usize) -> Result<String, String> {
    let mut conditions = Vec::new();
    for (place, ((_, name), (_, other))) in
        here.places(columns, cells, selected)?.into_iter().zip(here.columns.iter().zip(&there.columns))
    {
        match cells.get(place) {
            Some(Cell::Null) => return Err(format!("{name} is NULL: it refers to no row")),
            Some(Cell::Text { text, cut: false, .. }) => {
                conditions.push(format!("{} = {}", quoted(other), literal(text)));
            }
            Some(Cell::Text { .. }) | None => return Err(format!("the value of {name} is not here whole")),
        }
    }
    Ok(format!("SELECT * FROM {} WHERE {}", there.written(), conditions.join(" AND ")))
}

/// All foreign keys of a database.
#[derive(Debug, Clone, Default)]
pub struct ForeignKeys {
    all: Vec<ForeignKey>,
    from: HashMap<u32, Vec<usize>>,
    to: HashMap<u32, Vec<usize>>,
}

impl ForeignKeys {
    /// Reads the answer to [`FOREIGN_KEYS`].
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

    /// The foreign keys of a table.
    pub fn from(&self, table: u32) -> impl Iterator<Item = &ForeignKey> {
        self.from.get(&table).into_iter().flatten().map(|at| &self.all[*at])
    }

    /// The keys that refer to a table; for partitioned tables only those of the whole table.
    pub fn to(&self, table: u32) -> impl Iterator<Item = &ForeignKey> {
        self.to.get(&table).into_iter().flatten().map(|at| &self.all[*at]).filter(|key| !key.inherited)
    }

    /// The keys that a column of a result is part of.
    pub fn of_column(&self, column: &Column) -> impl Iterator<Item = &ForeignKey> {
        let number = column.number;
        self.from(column.table_oid).filter(move |key| key.from.columns.iter().any(|(known, _)| *known == number))
    }

    /// The tables at the other ends of a table's keys, in both directions, and its own.
    pub fn around(&self, table: u32) -> Vec<&ForeignKey> {
        self.from(table).chain(self.to(table).filter(|key| key.from.oid != table)).collect()
    }

    /// Whether there is none.
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
    fn a_key_is_followed_from_the_columns_that_a_result_has_of_its_table() {
        let keys = keys();
        let columns = [column(7, 4), column(7, 2), column(7, 3), column(9, 1)];
        let cells = [cell("it's"), cell("5"), cell("a\\b"), cell("1")];
        let of =
            |at: usize| keys.of_column(&columns[at]).map(|key| key.referred(&columns, &cells, at)).collect::<Vec<_>>();
        assert_eq!(of(1), [Ok("SELECT * FROM public.\"Users\" WHERE id = '5'".to_owned())]);
        assert_eq!(of(0), [Ok("SELECT * FROM app.pairs WHERE x = E'a\\\\b' AND y = 'it''s'".to_owned())]);
        assert_eq!(of(3), []);
        let referring: Vec<_> = keys.to(9).map(|key| key.referring(&columns, &cells, 0)).collect();
        assert_eq!(referring, [Ok("SELECT * FROM app.bookmarks WHERE user_id = '1'".to_owned())]);
    }

    #[test]
    fn of_a_table_that_a_statement_names_twice_the_selected_columns_row_is_followed() {
        let keys = keys();
        let columns = [column(7, 2), column(7, 2), column(7, 3), column(7, 4), column(7, 3)];
        let cells = [cell("5"), cell("6"), cell("1"), cell("2"), cell("3")];
        let of =
            |at: usize| keys.of_column(&columns[at]).map(|key| key.referred(&columns, &cells, at)).collect::<Vec<_>>();
        assert_eq!(of(0), [Ok("SELECT * FROM public.\"Users\" WHERE id = '5'".to_owned())]);
        assert_eq!(of(1), [Ok("SELECT * FROM public.\"Users\" WHERE id = '6'".to_owned())]);
        assert_eq!(of(4), [Ok("SELECT * FROM app.pairs WHERE x = '3' AND y = '2'".to_owned())]);
        assert!(of(3)[0].as_ref().unwrap_err().contains("several values"), "{:?}", of(3));
        let same = [cell("5"), cell("5"), cell("1"), cell("2"), cell("1")];
        let key = keys.from(7).find(|key| key.name == "user").unwrap();
        assert!(key.referred(&columns, &same, 3).is_ok(), "one value wherever it stands");
    }

    #[test]
    fn a_foreign_key_that_cannot_be_followed_says_why() {
        let keys = keys();
        let key = keys.from(7).find(|key| key.name == "pair").unwrap();
        let lacks = key.referred(&[column(7, 3)], &[cell("1")], 0).unwrap_err();
        assert_eq!(lacks, "the result lacks b of app.bookmarks");
        let columns = [column(7, 3), column(7, 4)];
        assert_eq!(key.referred(&columns, &[Cell::Null, cell("1")], 0).unwrap_err(), "a is NULL: it refers to no row");
        let cut = Cell::Text { text: "x".into(), bytes: 9, cut: true };
        assert!(key.referred(&columns, &[cut, cell("1")], 0).unwrap_err().contains("not here whole"));
        assert_eq!((keys.around(9).len(), keys.is_empty(), ForeignKeys::of(&[]).is_empty()), (1, false, true));
    }
}
