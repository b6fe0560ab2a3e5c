//! Changes of a result of one table, by its primary key: kept as a list, then written as statements of one transaction, each
//! of which must touch exactly one row.

use super::keywords::{literal, quoted};
use super::{Column, Server};

/// The table that a result is of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// All its columns by their numbers.
    pub columns: Vec<(i16, String)>,
    /// The numbers of those of its primary key.
    pub key: Vec<i16>,
    /// The numbers of those that the server makes itself: nothing can be written there.
    pub generated: Vec<i16>,
}

/// The question for the table of a result: a row for each column: schema, name, number, column, whether it is of the
/// primary key, and whether the server alone makes its values; no rows where it is no table that can be changed.
pub fn question(table_oid: u32) -> String {
    format!(
        "SELECT n.nspname, c.relname, a.attnum, a.attname, COALESCE(a.attnum = ANY (i.indkey), false), a.attgenerated <> '' OR a.attidentity = 'a' \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary \
         WHERE c.oid = {table_oid} AND c.relkind IN ('r', 'p') ORDER BY a.attnum"
    )
}

impl Table {
    /// From the answer to [`question`].
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
        }
        Some(table)
    }

    /// As it is written in a statement: `app."Users"`.
    pub fn written(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.name))
    }

    /// The name of a column.
    pub fn name_of(&self, number: i16) -> Option<&str> {
        self.columns.iter().find(|(known, _)| *known == number).map(|(_, name)| name.as_str())
    }
}

/// Whether a result may be changed at all, before its table is asked for: the object id of its one table.
///
/// # Errors
/// Why not, in words.
pub fn table_of(columns: &[Column], server: &Server) -> Result<u32, String> {
    if server.read_only {
        let why = server.read_only_why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        return Err(format!("transactions are read-only{why}"));
    }
    if server.reader == Some(true) {
        return Err("this is a reader: nothing can be written there".into());
    }
    only_table(columns)
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

/// The question for the name of a table or a view: one row with its schema and its name.
pub fn name_question(table_oid: u32) -> String {
    format!(
        "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = {table_oid}"
    )
}

/// The name from the answer to [`name_question`], as it is written in a statement.
pub fn name_of(rows: &[Vec<Option<String>>]) -> Option<String> {
    match rows.first()?.as_slice() {
        [Some(schema), Some(name)] => Some(format!("{}.{}", quoted(schema), quoted(name))),
        _ => None,
    }
}

/// Which columns of a result are those of the primary key, in the key's order.
///
/// # Errors
/// Why its rows cannot be told apart, in words.
pub fn key_of(columns: &[Column], table: &Table) -> Result<Vec<usize>, String> {
    if table.key.is_empty() {
        return Err(format!("{} has no primary key", table.written()));
    }
    let place = |number: &i16| columns.iter().position(|column| column.table_oid != 0 && column.number == *number);
    let missing = |number: &i16| {
        format!(
            "the result lacks {} of the primary key",
            table.name_of(*number).map_or_else(|| "a column".into(), quoted)
        )
    };
    table.key.iter().map(|number| place(number).ok_or_else(|| missing(number))).collect()
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

/// A change of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Columns of a row get other values.
    Update {
        /// The primary key of the row as it was read, in the key's order.
        key: Vec<Value>,
        /// The numbers of the columns, what was read there, what is to be there.
        set: Vec<(i16, Value, Value)>,
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
    /// The table.
    pub table: Table,
    /// The changes.
    pub list: Vec<Change>,
}

impl Changes {
    /// Changes a value. One that goes back to what was read is no change; a row that is to go stays going.
    pub fn set(&mut self, key: &[Value], column: i16, was: Value, is: Value) {
        let of = |change: &&mut Change| matches!(change, Change::Update { key: known, .. } if known == key);
        match self.list.iter_mut().find(of) {
            Some(Change::Update { set, .. }) => match set.iter_mut().find(|(number, ..)| *number == column) {
                Some(known) => known.2 = is,
                None => set.push((column, was, is)),
            },
            _ => self.list.push(Change::Update { key: key.to_vec(), set: vec![(column, was, is)] }),
        }
        for change in &mut self.list {
            if let Change::Update { set, .. } = change {
                set.retain(|(_, was, is)| was != is);
            }
        }
        self.list.retain(|change| !matches!(change, Change::Update { set, .. } if set.is_empty()));
    }

    /// What a column of a row is to be, where it is changed.
    pub fn changed(&self, key: &[Value], column: i16) -> Option<&Value> {
        self.list.iter().find_map(|change| match change {
            Change::Update { key: known, set } if known == key => {
                set.iter().find(|(number, ..)| *number == column).map(|(.., is)| is)
            }
            _ => None,
        })
    }

    /// Whether a row is to go.
    pub fn goes(&self, key: &[Value]) -> bool {
        self.list.iter().any(|change| matches!(change, Change::Delete { key: known, .. } if known == key))
    }

    /// Has a row go of which this was read beside its key; changes of its values are forgotten. Once more, and it stays.
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
    /// of the changed columns must still be there, and of a row that goes what was read of it at all.
    pub fn statements(&self) -> Vec<String> {
        self.list.iter().map(|change| self.statement(change)).collect()
    }

    fn statement(&self, change: &Change) -> String {
        let table = self.table.written();
        let name = |number: i16| quoted(self.table.name_of(number).unwrap_or("?"));
        let value = |value: &Value| value.as_deref().map_or_else(|| "NULL".into(), literal);
        let row = |key: &[Value]| {
            let parts =
                self.table.key.iter().zip(key).map(|(number, part)| format!("{} = {}", name(*number), value(part)));
            parts.collect::<Vec<String>>().join(" AND ")
        };
        // What names the row is there already; of the system's columns there is none to compare.
        let unchanged = |number: i16, was: &Value| match self.table.name_of(number) {
            Some(_) if !self.table.key.contains(&number) => format!(" AND {}", still(&name(number), was)),
            _ => String::new(),
        };
        match change {
            Change::Update { key, set } => {
                let sets: Vec<String> =
                    set.iter().map(|(number, _, is)| format!("{} = {}", name(*number), value(is))).collect();
                let unchanged: String = set.iter().map(|(number, was, _)| unchanged(*number, was)).collect();
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
        Some(0) => Err("it touched no row: somebody changed or deleted it meanwhile".into()),
        Some(rows) => Err(format!("it touched {rows} rows instead of one")),
        None => Err(format!("the server says “{tag}” instead of how many rows it touched")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let row = |number: &str, name: &str, key: &str| {
            ["app", "Users", number, name, key].map(|cell| Some(cell.to_owned())).to_vec()
        };
        Table::of(&[row("1", "id", "t"), row("2", "order", "t"), row("4", "name", "f")]).unwrap()
    }

    fn column(table_oid: u32, number: i16) -> Column {
        Column { name: "x".into(), type_oid: 25, modifier: -1, table_oid, number }
    }

    fn key(id: &str) -> Vec<Value> {
        vec![Some(id.into()), Some("b".into())]
    }

    #[test]
    fn statements_name_the_row_and_what_was_read_of_it() {
        let mut changes = Changes { table: table(), list: Vec::new() };
        changes.set(&key("1"), 4, Some("a".into()), Some("it's".into()));
        changes.set(&key("1"), 2, Some("b".into()), Some("c".into()));
        changes.set(&key("2"), 4, None, None);
        changes.set(&key("3"), 4, None, Some("\\x".into()));
        changes.toggle_delete(
            &key("4"),
            vec![(1, Some("4".into())), (4, Some(String::new())), (-1, Some("(0,1)".into()))],
        );
        changes.list.push(Change::Insert { values: vec![(1, Some("5".into())), (4, None)] });
        changes.list.push(Change::Insert { values: Vec::new() });
        assert_eq!(
            changes.statements(),
            [
                "UPDATE app.\"Users\" SET name = 'it''s', \"order\" = 'c' WHERE id = '1' AND \"order\" = 'b' AND pg_catalog.format('%s', name) = 'a'",
                "UPDATE app.\"Users\" SET name = E'\\\\x' WHERE id = '3' AND \"order\" = 'b' AND name IS NOT DISTINCT FROM NULL",
                "DELETE FROM app.\"Users\" WHERE id = '4' AND \"order\" = 'b' AND name IS DISTINCT FROM NULL AND pg_catalog.format('%s', name) = ''",
                "INSERT INTO app.\"Users\" (id, name) VALUES ('5', NULL)",
                "INSERT INTO app.\"Users\" DEFAULT VALUES",
            ]
        );
    }

    #[test]
    fn a_value_that_is_again_what_it_was_is_no_change_and_a_row_that_goes_can_stay() {
        let mut changes = Changes { table: table(), list: Vec::new() };
        changes.set(&key("1"), 4, Some("a".into()), Some("b".into()));
        changes.set(&key("1"), 4, Some("a".into()), Some("a".into()));
        assert!(changes.list.is_empty());
        changes.set(&key("1"), 4, Some("a".into()), Some(String::new()));
        changes.toggle_delete(&key("1"), Vec::new());
        assert_eq!(changes.list, [Change::Delete { key: key("1"), was: Vec::new() }]);
        changes.toggle_delete(&key("1"), Vec::new());
        assert!(changes.list.is_empty());
    }

    #[test]
    fn what_cannot_be_changed_says_why() {
        let server = Server::default();
        assert_eq!(table_of(&[column(7, 1), column(0, 0), column(7, 2)], &server), Ok(7));
        assert!(table_of(&[column(7, 1), column(8, 1), column(7, 2)], &server).unwrap_err().contains("several"));
        assert!(table_of(&[column(0, 0)], &server).unwrap_err().contains("no table"));
        let reader = Server { reader: Some(true), ..Server::default() };
        assert!(table_of(&[column(7, 1)], &reader).unwrap_err().contains("reader"));
        let guarded =
            Server { read_only: true, read_only_why: Some("production is guarded".into()), ..Server::default() };
        assert!(table_of(&[column(7, 1)], &guarded).unwrap_err().ends_with("production is guarded"));
        assert_eq!(key_of(&[column(7, 4), column(7, 2), column(7, 1)], &table()), Ok(vec![2, 1]));
        assert!(key_of(&[column(7, 1)], &table()).unwrap_err().contains("lacks \"order\""));
        assert!(key_of(&[column(7, 1)], &Table::default()).unwrap_err().contains("no primary key"));
        assert_eq!(Table::of(&[]), None);
    }

    #[test]
    fn what_is_to_be_there_is_known_row_by_row() {
        let mut changes = Changes { table: table(), list: Vec::new() };
        changes.set(&key("1"), 4, Some("a".into()), None);
        changes.toggle_delete(&key("2"), Vec::new());
        assert_eq!((changes.changed(&key("1"), 4), changes.changed(&key("1"), 2)), (Some(&None), None));
        assert_eq!((changes.goes(&key("1")), changes.goes(&key("2"))), (false, true));
    }

    #[test]
    fn a_value_comes_back_from_its_line_as_it_was() {
        for value in [None, Some(""), Some("a"), Some("日本\nx\t\\n\r"), Some("\\N"), Some("NULL"), Some("\\")] {
            let line = on_a_line(value);
            assert!(!line.contains(['\n', '\r', '\t']), "{line}");
            assert_eq!(of_a_line(&line).as_deref(), value, "{line}");
        }
        assert_eq!(of_a_line("C:\\dir").as_deref(), Some("C:\\dir"), "what was typed without thinking of it");
    }

    #[test]
    fn the_name_of_a_table_is_written_as_a_statement_needs_it() {
        let row = [Some("public".to_owned()), Some("Order".to_owned())].to_vec();
        assert_eq!(name_of(&[row]).as_deref(), Some("public.\"Order\""));
        assert_eq!((name_of(&[]), name_of(&[vec![None, None]])), (None, None));
    }

    #[test]
    fn what_the_server_makes_itself_is_known() {
        let row = ["app", "t", "1", "id", "t", "t"].map(|cell| Some(cell.to_owned())).to_vec();
        assert_eq!(Table::of(&[row]).unwrap().generated, [1]);
    }

    #[test]
    fn exactly_one_row_is_touched() {
        assert_eq!(touched_one("UPDATE 1"), Ok(()));
        assert_eq!(touched_one("INSERT 0 1"), Ok(()));
        assert!(touched_one("UPDATE 0").unwrap_err().contains("meanwhile"));
        assert!(touched_one("DELETE 2").unwrap_err().contains("2 rows"));
        assert!(touched_one("SELECT").is_err());
    }
}
