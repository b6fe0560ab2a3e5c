//! Edits of a result that comes from one table, identified by primary key. They are collected in a list, then written as
//! statements of one transaction, each of which must touch exactly one row.

use super::keywords::{literal, quote_identifier};
use super::{Column, Server, single_table};

/// The table that a result comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    pub schema: String,
    pub name: String,
    /// All columns by number.
    pub columns: Vec<(i16, String)>,
    /// The column numbers of the primary key.
    pub key: Vec<i16>,
    /// The numbers of columns that only the server writes (generated or identity always).
    pub generated: Vec<i16>,
    /// The numbers of columns with composite values, which the server cannot compare with text.
    pub composite: Vec<i16>,
}

/// Returns the query for the table of a result. It yields a row per column: schema, table, number, column, whether it belongs
/// to the primary key, whether only the server writes it, whether its values are composite. It yields no rows if the relation
/// is not a table that can be changed.
pub fn table_query(table_oid: u32) -> String {
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
    /// Parses the result of [`table_query`].
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

    /// Returns the table's name as a statement writes it: `app."Users"`.
    pub fn qualified_name(&self) -> String {
        format!("{}.{}", quote_identifier(&self.schema), quote_identifier(&self.name))
    }

    /// Returns the name of a column.
    pub fn name_of(&self, number: i16) -> Option<&str> {
        self.columns.iter().find(|(known, _)| *known == number).map(|(_, name)| name.as_str())
    }
}

/// Returns the object id of a result's only table, checking whether the result may be edited at all. Runs before the table is
/// queried.
///
/// # Errors
/// The reason it cannot be edited.
pub fn editable_table(statement: &str, columns: &[Column], server: &Server) -> Result<u32, String> {
    if server.read_only {
        let why = server.read_only_why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        return Err(format!("transactions are read-only{why}"));
    }
    if server.reader == Some(true) {
        return Err("this is a reader: nothing can be written there".into());
    }
    let table = only_table(columns)?;
    single_table::check(statement)?;
    Ok(table)
}

/// Returns the object id of the only table that a result comes from.
///
/// # Errors
/// The result comes from no table, or from several.
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

/// Returns the query for the names of a table or view, parsed by [`Table::of`]: a row per column with schema, name, number
/// and column.
pub fn names_query(table_oid: u32) -> String {
    format!(
        "SELECT n.nspname, c.relname, a.attnum, a.attname FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         WHERE c.oid = {table_oid} ORDER BY a.attnum"
    )
}

/// Returns the names that these columns of a result have in their table. `None` if one comes from no table or another one, or
/// occurs twice: such columns do not form a row of the table.
pub fn table_column_names<'a>(columns: impl Iterator<Item = &'a Column>, table: &Table) -> Option<Vec<String>> {
    let mut table_oid = None;
    let mut names: Vec<String> = Vec::new();
    for column in columns {
        if column.table_oid == 0 || *table_oid.get_or_insert(column.table_oid) != column.table_oid {
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

/// Returns the positions of the primary key's columns in a result, in the key's order. A column may occur several times.
///
/// # Errors
/// The reason its rows cannot be told apart.
pub fn key_positions(columns: &[Column], table: &Table) -> Result<Vec<Vec<usize>>, String> {
    if table.key.is_empty() {
        return Err(format!("{} has no primary key", table.qualified_name()));
    }
    let places = |number: &i16| {
        let numbered = columns.iter().enumerate();
        let matching =
            numbered.filter(|(_, column)| column.table_oid != 0 && column.number == *number).map(|(place, _)| place);
        Some(matching.collect::<Vec<usize>>()).filter(|places| !places.is_empty())
    };
    let missing = |number: &i16| {
        format!(
            "the result lacks {} of the primary key",
            table.name_of(*number).map_or_else(|| "a column".into(), quote_identifier)
        )
    };
    table.key.iter().map(|number| places(number).ok_or_else(|| missing(number))).collect()
}

/// A value; `None` is NULL.
pub type Value = Option<String>;

/// Writes a value on one line, as COPY does: `\N` is NULL, `\n` a line end, `\t` a tab, `\\` a backslash.
pub fn encode_line(value: Option<&str>) -> String {
    let Some(text) = value else { return "\\N".to_owned() };
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t")
}

/// Reads the value of such a line. A backslash before any other character stands for itself.
pub fn decode_line(line: &str) -> Value {
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
    /// Sets columns of a row to other values.
    Update {
        /// The primary key as it was read, in the key's order.
        key: Vec<Value>,
        /// For each changed column: its number, the value read, and the new value.
        set: Vec<(i16, Value, Value)>,
        /// The numbers and values of the other columns that were read, without the key.
        original: Vec<(i16, Value)>,
    },
    /// Deletes a row.
    Delete {
        /// The primary key.
        key: Vec<Value>,
        /// The numbers and values of the other columns that were read.
        was: Vec<(i16, Value)>,
    },
    /// Inserts a row.
    Insert {
        /// The column numbers and values; other columns get their defaults.
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
    /// Sets a value of a row; `row` holds the values that were read, without the key. Setting a value back to the one that
    /// was read removes the change. A row marked for deletion stays marked.
    pub fn set(&mut self, key: &[Value], row: &[(i16, Value)], column: i16, was: Value, is: Value) {
        let is_update = |change: &&mut Change| matches!(change, Change::Update { key: known, .. } if known == key);
        match self.list.iter_mut().find(is_update) {
            Some(Change::Update { set, .. }) => match set.iter_mut().find(|(number, ..)| *number == column) {
                Some(known) => known.2 = is,
                None => set.push((column, was, is)),
            },
            _ => self.list.push(Change::Update {
                key: key.to_vec(),
                set: vec![(column, was, is)],
                original: row.to_vec(),
            }),
        }
        for change in &mut self.list {
            if let Change::Update { set, .. } = change {
                set.retain(|(_, was, is)| was != is);
            }
        }
        self.list.retain(|change| !matches!(change, Change::Update { set, .. } if set.is_empty()));
    }

    /// Returns the new value of a column, if it is changed.
    pub fn changed(&self, key: &[Value], column: i16) -> Option<&Value> {
        self.list.iter().find_map(|change| match change {
            Change::Update { key: known, set, .. } if known == key => {
                set.iter().find(|(number, ..)| *number == column).map(|(.., is)| is)
            }
            _ => None,
        })
    }

    /// Returns whether a row is marked for deletion.
    pub fn is_deleted(&self, key: &[Value]) -> bool {
        self.list.iter().any(|change| matches!(change, Change::Delete { key: known, .. } if known == key))
    }

    /// Marks a row for deletion, or removes the mark. `was` holds the values that were read. Changes to its values are
    /// dropped.
    pub fn toggle_delete(&mut self, key: &[Value], was: Vec<(i16, Value)>) {
        let goes = |change: &Change| matches!(change, Change::Delete { key: known, .. } if known == key);
        if self.list.iter().any(goes) {
            self.list.retain(|change| !goes(change));
            return;
        }
        self.list.retain(|change| !matches!(change, Change::Update { key: known, .. } if known == key));
        self.list.push(Change::Delete { key: key.to_vec(), was });
    }

    /// Returns the statements, each of which must touch exactly one row. They run between `BEGIN` and `COMMIT`; if one
    /// touches another number of rows, the transaction is rolled back. A row that somebody else has changed meanwhile is not
    /// touched, because each statement requires the values that were read.
    pub fn statements(&self) -> Vec<String> {
        self.list.iter().map(|change| self.statement(change)).collect()
    }

    fn statement(&self, change: &Change) -> String {
        let table = self.table.qualified_name();
        let name = |number: i16| quote_identifier(self.table.name_of(number).unwrap_or("?"));
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
        // Key columns already identify the row; system columns have no name in the table and are not compared.
        let unchanged = |number: i16, was: &Value| match self.table.name_of(number) {
            Some(_) if !self.table.key.contains(&number) => format!(" AND {}", still(&name(number), was)),
            _ => String::new(),
        };
        match change {
            Change::Update { key, set, original: was } => {
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

/// Returns the condition that a column still has the value that was read. That value is in the type's output format, which
/// `format` reproduces. A cast to text differs (`true`, not `t`), and not every type can be compared.
fn still(column: &str, was: &Value) -> String {
    match was.as_deref() {
        // `IS NULL` is also true for a composite whose fields are all NULL, but that is not the value that was read.
        None => format!("{column} IS NOT DISTINCT FROM NULL"),
        // `format` turns NULL into an empty string.
        Some("") => format!("{column} IS DISTINCT FROM NULL AND pg_catalog.format('%s', {column}) = ''"),
        Some(text) => format!("pg_catalog.format('%s', {column}) = {}", literal(text)),
    }
}

/// Checks, by its command tag (`UPDATE 1`, `INSERT 0 1`), that a statement touched exactly one row.
///
/// # Errors
/// What it did instead.
pub fn check_one_row(tag: &str) -> Result<(), String> {
    let rows = tag.rsplit(' ').next().and_then(|count| count.parse::<u64>().ok());
    match rows {
        Some(1) => Ok(()),
        Some(0) => {
            Err("it touched no row: somebody changed or deleted it meanwhile, or a trigger, a rule or a policy kept it"
                .into())
        }
        Some(rows) => Err(format!("it touched {rows} rows instead of one")),
        None => Err(format!("the server says “{tag}” instead of the number of rows")),
    }
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;
