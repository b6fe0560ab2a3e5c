//! Changes of a result of one table, by its primary key: kept as a list, then written as statements of one transaction, each
//! of which must touch exactly one row.

use super::keywords::{literal, quoted};
use super::{Column, Server, one_table};

/// The table that a result is of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    pub schema: String,
    pub name: String,
    /// All its columns by their numbers.
    pub columns: Vec<(i16, String)>,
    /// The numbers of those of its primary key.
    pub key: Vec<i16>,
    /// The numbers of those that the server makes itself: nothing can be written there.
    pub generated: Vec<i16>,
    /// The numbers of those whose values are rows themselves, with which the server compares no text.
    pub composite: Vec<i16>,
}

/// The question for the table of a result: a row for each column: schema, name, number, column, whether it is of the
/// primary key, whether the server alone makes its values, and whether they are rows themselves; no rows where it is no table that
/// can be changed.
pub fn question(table_oid: u32) -> String {
    format!(
        "SELECT n.nspname, c.relname, a.attnum, a.attname, COALESCE(a.attnum = ANY (k.conkey), false), a.attgenerated <> '' OR a.attidentity = 'a', \
         COALESCE(b.typtype, y.typtype) = 'c' \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         JOIN pg_catalog.pg_type y ON y.oid = a.atttypid LEFT JOIN pg_catalog.pg_type b ON b.oid = y.typbasetype \
         LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p' \
         WHERE c.oid = {table_oid} AND c.relkind IN ('r', 'p') ORDER BY a.attnum"
    )
}

impl Table {
    /// Reads the answer to [`question`].
    pub fn of(rows: &[Vec<Option<String>>]) -> Option<Self> {
        let cell = |row: &[Option<String>], at: usize| row.get(at).cloned().flatten().unwrap_or_default();
        let first = rows.first()?;
        let mut table = Self { schema: cell(first, 0), name: cell(first, 1), ..Self::default() };
        for row in rows {
            let number = cell(row, 2).parse::<i16>().ok()?;
            table.columns.push((number, cell(row, 3)));
            if cell(row, 4) == "t" {
                table.key.push(number);
            }
            if cell(row, 5) == "t" {
                table.generated.push(number);
            }
            if cell(row, 6) == "t" {
                table.composite.push(number);
            }
        }
        Some(table)
    }

    /// The table as a statement names it: `app."Users"`.
    pub fn written(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.name))
    }

    /// The name of a column.
    pub fn name_of(&self, number: i16) -> Option<&str> {
        self.columns.iter().find(|(known, _)| *known == number).map(|(_, name)| name.as_str())
    }
}

/// Whether the result of a statement may be changed at all, before its table is asked for: the object id of its one table.
///
/// # Errors
/// Why not, in words.
pub fn table_of(statement: &str, columns: &[Column], server: &Server) -> Result<u32, String> {
    if server.read_only {
        let why = server.read_only_why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        return Err(format!("transactions are read-only{why}"));
    }
    if server.reader == Some(true) {
        return Err("this is a reader: nothing can be written there".into());
    }
    let table = only_table(columns)?;
    one_table::check(statement)?;
    Ok(table)
}

/// The object id of the one table that a result is of.
///
/// # Errors
/// It is of none, or of several.
pub fn only_table(columns: &[Column]) -> Result<u32, String> {
    let mut tables: Vec<u32> = columns.iter().map(|column| column.table_oid).filter(|oid| *oid != 0).collect();
    tables.dedup();
    tables.sort_unstable();
    tables.dedup();
    match tables.as_slice() {
        [one] => Ok(*one),
        [] => Err("the result is of no table".into()),
        _ => Err("the result is of several tables".into()),
    }
}

/// The question for the names of a table or a view, whose answer [`Table::of`] reads: a row for each column with schema, name,
/// number and column.
pub fn name_question(table_oid: u32) -> String {
    format!(
        "SELECT n.nspname, c.relname, a.attnum, a.attname FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         WHERE c.oid = {table_oid} ORDER BY a.attnum"
    )
}

/// The names in their table of these columns of a result. None where one is of no table or of another one, or stands there twice:
/// no row of the table could be made of them.
pub fn names_of<'a>(columns: impl Iterator<Item = &'a Column>, table: &Table) -> Option<Vec<String>> {
    let mut of = None;
    let mut names: Vec<String> = Vec::new();
    for column in columns {
        if column.table_oid == 0 || *of.get_or_insert(column.table_oid) != column.table_oid {
            return None;
        }
        let name = table.name_of(column.number)?.to_owned();
        if names.contains(&name) {
            return None;
        }
        names.push(name);
    }
    Some(names)
}

/// Which columns of a result are those of the primary key, in the key's order: a column may stand there several times.
///
/// # Errors
/// Why its rows cannot be told apart, in words.
pub fn key_of(columns: &[Column], table: &Table) -> Result<Vec<Vec<usize>>, String> {
    if table.key.is_empty() {
        return Err(format!("{} has no primary key", table.written()));
    }
    let places = |number: &i16| {
        let all = columns.iter().enumerate();
        let of = all.filter(|(_, column)| column.table_oid != 0 && column.number == *number).map(|(place, _)| place);
        Some(of.collect::<Vec<usize>>()).filter(|places| !places.is_empty())
    };
    let missing = |number: &i16| {
        format!(
            "the result lacks {} of the primary key",
            table.name_of(*number).map_or_else(|| "a column".into(), quoted)
        )
    };
    table.key.iter().map(|number| places(number).ok_or_else(|| missing(number))).collect()
}

/// A value, or NULL.
pub type Value = Option<String>;

/// A value on one line, as COPY writes it: `\N` is NULL, `\n` the end of a line, `\t` a tab, `\\` a backslash.
pub fn on_a_line(value: Option<&str>) -> String {
    let Some(text) = value else { return "\\N".to_owned() };
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t")
}

/// The value of such a line. A backslash before anything else stands for itself.
pub fn of_a_line(line: &str) -> Value {
    if line == "\\N" {
        return None;
    }
    let mut text = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('\\') | None => text.push('\\'),
            Some(other) => text.extend(['\\', other]),
        }
    }
    Some(text)
}

/// A change of one row of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Columns of a row get other values.
    Update {
        /// The primary key of the row as it was read, in the key's order.
        key: Vec<Value>,
        /// The numbers of the columns, what was read there, what is to be there.
        set: Vec<(i16, Value, Value)>,
        /// The numbers of its columns beside the key that were read, and what was read there.
        was: Vec<(i16, Value)>,
    },
    /// The row goes.
    Delete {
        /// Its primary key.
        key: Vec<Value>,
        /// The numbers of its other columns that were read, and what was read there.
        was: Vec<(i16, Value)>,
    },
    /// A row comes.
    Insert {
        /// The numbers of the columns and their values; others get their defaults.
        values: Vec<(i16, Value)>,
    },
}

/// The changes of one table, in the order in which they were made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    pub table: Table,
    pub list: Vec<Change>,
}

impl Changes {
    /// Changes a value of a row of which this was read beside its key. One that goes back to what was read is no change; a row
    /// that is to go stays going.
    pub fn set(&mut self, key: &[Value], row: &[(i16, Value)], column: i16, was: Value, is: Value) {
        let of = |change: &&mut Change| matches!(change, Change::Update { key: known, .. } if known == key);
        match self.list.iter_mut().find(of) {
            Some(Change::Update { set, .. }) => match set.iter_mut().find(|(number, ..)| *number == column) {
                Some(known) => known.2 = is,
                None => set.push((column, was, is)),
            },
            _ => self.list.push(Change::Update { key: key.to_vec(), set: vec![(column, was, is)], was: row.to_vec() }),
        }
        for change in &mut self.list {
            if let Change::Update { set, .. } = change {
                set.retain(|(_, was, is)| was != is);
            }
        }
        self.list.retain(|change| !matches!(change, Change::Update { set, .. } if set.is_empty()));
    }

    /// The new value of a column of a row, where it is changed.
    pub fn changed(&self, key: &[Value], column: i16) -> Option<&Value> {
        self.list.iter().find_map(|change| match change {
            Change::Update { key: known, set, .. } if known == key => {
                set.iter().find(|(number, ..)| *number == column).map(|(.., is)| is)
            }
            _ => None,
        })
    }

    /// Whether a row is to go.
    pub fn goes(&self, key: &[Value]) -> bool {
        self.list.iter().any(|change| matches!(change, Change::Delete { key: known, .. } if known == key))
    }

    /// Marks a row for deletion, or unmarks it; `was` is what was read of it. Changes of its values are dropped.
    pub fn toggle_delete(&mut self, key: &[Value], was: Vec<(i16, Value)>) {
        let goes = |change: &Change| matches!(change, Change::Delete { key: known, .. } if known == key);
        if self.list.iter().any(goes) {
            self.list.retain(|change| !goes(change));
            return;
        }
        self.list.retain(|change| !matches!(change, Change::Update { key: known, .. } if known == key));
        self.list.push(Change::Delete { key: key.to_vec(), was });
    }

    /// The statements, each of which must touch exactly one row. They are run between `BEGIN` and `COMMIT`; where one touches
    /// another number of rows, all are taken back. A row that somebody else changed meanwhile is not touched: what was read
    /// of it must still be there.
    pub fn statements(&self) -> Vec<String> {
        self.list.iter().map(|change| self.statement(change)).collect()
    }

    fn statement(&self, change: &Change) -> String {
        let table = self.table.written();
        let name = |number: i16| quoted(self.table.name_of(number).unwrap_or("?"));
        let value = |value: &Value| value.as_deref().map_or_else(|| "NULL".into(), literal);
        let row = |key: &[Value]| {
            let parts = self.table.key.iter().zip(key).map(|(number, part)| {
                if self.table.composite.contains(number) {
                    still(&name(*number), part)
                } else {
                    format!("{} = {}", name(*number), value(part))
                }
            });
            parts.collect::<Vec<String>>().join(" AND ")
        };
        // What names the row is there already; of the system's columns there is none to compare.
        let unchanged = |number: i16, was: &Value| match self.table.name_of(number) {
            Some(_) if !self.table.key.contains(&number) => format!(" AND {}", still(&name(number), was)),
            _ => String::new(),
        };
        match change {
            Change::Update { key, set, was } => {
                let sets: Vec<String> =
                    set.iter().map(|(number, _, is)| format!("{} = {}", name(*number), value(is))).collect();
                let others = was.iter().filter(|(number, _)| !set.iter().any(|(changed, ..)| changed == number));
                let read =
                    set.iter().map(|(number, was, _)| (number, was)).chain(others.map(|(number, was)| (number, was)));
                let unchanged: String = read.map(|(number, was)| unchanged(*number, was)).collect();
                format!("UPDATE {table} SET {} WHERE {}{unchanged}", sets.join(", "), row(key))
            }
            Change::Delete { key, was } => {
                let unchanged: String = was.iter().map(|(number, was)| unchanged(*number, was)).collect();
                format!("DELETE FROM {table} WHERE {}{unchanged}", row(key))
            }
            Change::Insert { values } if values.is_empty() => format!("INSERT INTO {table} DEFAULT VALUES"),
            Change::Insert { values } => {
                let names: Vec<String> = values.iter().map(|(number, _)| name(*number)).collect();
                let values: Vec<String> = values.iter().map(|(_, part)| value(part)).collect();
                format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "))
            }
        }
    }
}

/// The condition that a column still has what was read there. What was read is what the type's own output makes of the value,
/// as `format` does; a cast to text is another thing (`true`, not `t`), and not every type can be compared.
fn still(column: &str, was: &Value) -> String {
    match was.as_deref() {
        // `IS NULL` also holds for a composite whose fields are all NULL, which is not what was read.
        None => format!("{column} IS NOT DISTINCT FROM NULL"),
        // NULL is formatted as an empty text.
        Some("") => format!("{column} IS DISTINCT FROM NULL AND pg_catalog.format('%s', {column}) = ''"),
        Some(text) => format!("pg_catalog.format('%s', {column}) = {}", literal(text)),
    }
}

/// Whether a statement of the list did what it had to: its word (`UPDATE 1`, `INSERT 0 1`).
///
/// # Errors
/// What it did instead, in words.
pub fn touched_one(tag: &str) -> Result<(), String> {
    let rows = tag.rsplit(' ').next().and_then(|count| count.parse::<u64>().ok());
    match rows {
        Some(1) => Ok(()),
        Some(0) => {
            Err("it touched no row: somebody changed or deleted it meanwhile, or a trigger, a rule or a policy kept it"
                .into())
        }
        Some(rows) => Err(format!("it touched {rows} rows instead of one")),
        None => Err(format!("the server says “{tag}” instead of how many rows it touched")),
    }
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;
