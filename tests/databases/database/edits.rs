//! Row edits on a real server: a value of any type is found again as it was read, and a row that somebody else changed is kept.
//! Also results that outlive their session.

use super::{Desk, SESSION, says, settings, texts};
use cockpit::db::Connection;
use cockpit::feeds::part::Part;
use cockpit::feeds::sql::{Ask, Fact};
use cockpit::model::sql::edit::{Changes, Table, Value, check_one_row, table_query};
use cockpit::model::sql::er::{KEYS, TABLES};
use cockpit::model::sql::keywords::literal;
use cockpit::model::sql::{Cell, ResultId, StatementOutcome};

/// Columns with their types, a value and a replacement.
const KINDS: [(&str, &str, Option<&str>, Option<&str>); 38] = [
    ("flag", "boolean", Some("t"), Some("f")),
    ("code", "char(5)", Some("ab"), Some("cd")),
    ("letter", "\"char\"", Some("a"), Some("b")),
    ("short", "varchar(20)", Some("it's"), Some("日本")),
    ("tag", "name", Some("x"), Some("y")),
    ("plain", "text", Some(""), Some("a\nb")),
    ("slash", "text", Some("x\\y"), Some("'")),
    ("nothing", "text", None, Some("")),
    ("something", "text", Some("x"), None),
    ("address", "inet", Some("10.0.0.1"), Some("10.0.0.2/8")),
    ("net", "cidr", Some("10.0.0.0/8"), Some("192.168.0.0/16")),
    ("card", "macaddr", Some("08:00:2b:01:02:03"), Some("08:00:2b:01:02:04")),
    ("document", "json", Some("{\"a\":  1}"), Some("[1, 2]")),
    ("tree", "jsonb", Some("{\"a\":  1}"), Some("[1, 2]")),
    ("raw", "bytea", Some("\\x00ff"), Some("\\xdeadbeef")),
    ("amount", "numeric(10,2)", Some("1.5"), Some("-7.25")),
    ("cash", "money", Some("1"), Some("-2")),
    ("large", "double precision", Some("0.1"), Some("1e300")),
    ("small", "real", Some("0.3"), Some("NaN")),
    ("many", "bigint", Some("-9223372036854775808"), Some("0")),
    ("object", "oid", Some("4294967295"), Some("1")),
    ("moment", "timestamptz", Some("2026-01-02 03:04:05.678+09"), Some("infinity")),
    ("local", "timestamp", Some("2026-01-02 03:04:05"), Some("0044-03-15 00:00:00 BC")),
    ("day", "date", Some("2026-01-02"), Some("-infinity")),
    ("clock", "time", Some("03:04:05"), Some("24:00:00")),
    ("zoned", "timetz", Some("03:04:05+09"), Some("00:00:00-01")),
    ("span", "interval", Some("1 day 02:03:04"), Some("-3 mons")),
    ("list", "int[]", Some("{1,NULL,3}"), Some("{}")),
    ("words", "text[]", Some("{\"a,b\",\"\"}"), Some("{NULL}")),
    ("two", "edited_pair", Some("(1,\"x y\")"), Some("(,)")),
    ("pairs", "edited_pair[]", Some("{\"(1,a)\"}"), Some("{}")),
    ("mood", "edited_mood", Some("sad"), Some("happy")),
    ("bits", "bit(3)", Some("101"), Some("000")),
    ("key", "uuid", Some("00000000-0000-0000-0000-000000000001"), Some("00000000-0000-0000-0000-000000000002")),
    ("numbers", "int4range", Some("[1,5)"), Some("empty")),
    ("spot", "point", Some("(1,2)"), Some("(3,4)")),
    ("terms", "tsvector", Some("'a' 'b'"), Some("'c'")),
    ("page", "xml", Some("<a b=\"1\"/>"), Some("<c>日本</c>")),
];

async fn works(desk: &mut Desk, statement: &str) {
    let (_, ended) = desk.all(1, statement).await;
    assert!(matches!(ended, StatementOutcome::Done(_)), "{statement}: {ended:?}");
}

/// Reads the table with its only row: the values with their column numbers.
async fn read(desk: &mut Desk) -> (Table, Vec<(i16, Value)>) {
    let (facts, _) = desk.all(2, "select * from edited").await;
    let Fact::Begun { columns, .. } = &facts[0] else { panic!("{facts:?}") };
    let row = desk.window(2, 0, 2).await.remove(0);
    let statement = table_query(columns[0].table_oid);
    desk.ask(Ask::Query { session: SESSION, purpose: "table", statement });
    let Part::Last(Fact::QueryRows { rows, .. }) = desk.next().await else { panic!("no table") };
    let value = |cell: &Cell| match cell {
        Cell::Null => None,
        Cell::Text { text, .. } => Some(text.to_string()),
    };
    let values = columns.iter().zip(&row).map(|(column, cell)| (column.number, value(cell))).collect();
    (Table::of(&rows).expect("a table"), values)
}

/// Runs the statements of the changes; returns for each whether it touched the expected number of rows.
async fn applied(desk: &mut Desk, changes: &Changes) -> Vec<Result<(), String>> {
    let mut results = Vec::new();
    for statement in changes.statements() {
        let (_, ended) = desk.all(3, &statement).await;
        let StatementOutcome::Done(tag) = ended else { panic!("{statement}: {ended:?}") };
        results.push(check_one_row(&tag));
    }
    results
}

#[tokio::test]
async fn cells_of_every_type_are_edited_and_a_concurrently_changed_row_is_kept() {
    let mut desk = Desk::connected(None).await;
    works(&mut desk, "create type edited_pair as (a int, b text)").await;
    works(&mut desk, "create type edited_mood as enum ('sad', 'happy')").await;
    let columns: Vec<String> = KINDS.iter().map(|(name, of, ..)| format!(", \"{name}\" {of}")).collect();
    let columns = columns.concat();
    works(&mut desk, &format!("create table edited (id int primary key{columns})")).await;
    let text = |value: Option<&str>| value.map_or_else(|| "NULL".to_owned(), literal);
    let values: Vec<String> = KINDS.iter().map(|(_, _, value, _)| format!(", {}", text(*value))).collect();
    let values = values.concat();
    works(&mut desk, &format!("insert into edited values (1{values})")).await;

    let key = [Some("1".to_owned())];
    let (table, first) = read(&mut desk).await;
    let edits = |changes: Changes, (number, was): &(i16, Value), is: Option<&str>| {
        let mut changes = changes;
        changes.set(&key, &[], *number, was.clone(), is.map(str::to_owned));
        changes
    };
    let none = || Changes { table: table.clone(), list: Vec::new() };
    // Change each value, and change it back from what is read then.
    for (column, (name, _, _, other)) in first[1..].iter().zip(KINDS) {
        assert_eq!(applied(&mut desk, &edits(none(), column, other)).await, [Ok(())], "{name}");
    }
    let (_, second) = read(&mut desk).await;
    for ((column, (name, _, value, _)), before) in second[1..].iter().zip(KINDS).zip(&first[1..]) {
        assert_ne!(column, before, "{name}");
        assert_eq!(applied(&mut desk, &edits(none(), column, value)).await, [Ok(())], "{name}");
    }
    assert_eq!(read(&mut desk).await.1, first);

    // Another session changes each value meanwhile: neither an edit nor a deletion finds the row as read.
    let mut beside = Connection::open(&settings("postgres")).await.unwrap();
    for (column, (name, _, value, other)) in first[1..].iter().zip(KINDS) {
        let change = |value: Option<&str>| format!("update edited set \"{name}\" = {}", text(value));
        beside.rows(&change(other), 0).await.unwrap().unwrap();
        let edit = edits(none(), column, Some("never"));
        let mut delete = none();
        delete.toggle_delete(&key, first[1..].to_vec());
        for changes in [edit, delete] {
            // A value that its type rejects fails before any row is looked up.
            let statement = changes.statements().remove(0).replace("'never'", &format!("\"{name}\""));
            let (_, ended) = desk.all(4, &statement).await;
            assert!(matches!(&ended, StatementOutcome::Done(tag) if check_one_row(tag).is_err()), "{name}: {ended:?}");
        }
        beside.rows(&change(value), 0).await.unwrap().unwrap();
    }
    let mut delete = none();
    delete.toggle_delete(&key, first[1..].to_vec());
    assert_eq!(applied(&mut desk, &delete).await, [Ok(())]);
}

#[tokio::test]
async fn included_columns_are_not_part_of_the_primary_key() {
    let mut desk = Desk::connected(None).await;
    let made = "create table including (id int, note text, other int, primary key (id) include (note), unique (other) include (note))";
    works(&mut desk, made).await;
    let (facts, _) = desk.all(2, "select * from including").await;
    let Fact::Begun { columns, .. } = &facts[0] else { panic!("{facts:?}") };
    desk.ask(Ask::Query { session: SESSION, purpose: "table", statement: table_query(columns[0].table_oid) });
    let Part::Last(Fact::QueryRows { rows, .. }) = desk.next().await else { panic!("no table") };
    let table = Table::of(&rows).expect("a table");
    assert_eq!((table.columns.len(), table.key), (3, vec![1]));
    desk.ask(Ask::Query { session: SESSION, purpose: "table", statement: TABLES.to_owned() });
    let Part::Last(Fact::QueryRows { rows, .. }) = desk.next().await else { panic!("no tables") };
    let drawn = rows.iter().find(|row| row[1].as_deref() == Some("including")).unwrap()[2].clone().unwrap();
    assert_eq!(drawn.matches('*').count(), 1, "{drawn}");
    works(
        &mut desk,
        "create table one_to_one (id int references including, note text, primary key (id) include (note))",
    )
    .await;
    desk.ask(Ask::Query { session: SESSION, purpose: "table", statement: KEYS.to_owned() });
    let Part::Last(Fact::QueryRows { rows, .. }) = desk.next().await else { panic!("no keys") };
    let key = rows.iter().find(|row| row[1].as_deref() == Some("one_to_one")).unwrap();
    assert_eq!(key[5].as_deref(), Some("t"), "a row refers to a single row: {key:?}");
}

#[tokio::test]
async fn results_stay_readable_after_their_session_until_closed() {
    let mut desk = Desk::connected(None).await;
    desk.all(7, "select n, 'row ' || n from generate_series(1, 100000) n").await;
    desk.ask(Ask::Terminate { session: SESSION });
    while !matches!(desk.next().await, Part::Failed(_)) {}
    // The answer to the terminated statement may arrive after the session was lost.
    let read = loop {
        desk.ask(Ask::Rows { result: ResultId(7), rows: vec![99_999, 0, 500_000, 50_000], most: 0 });
        match desk.next().await {
            Part::Last(Fact::Rows { rows, .. }) => break rows,
            Part::Failed(failure) => panic!("{failure:?}"),
            Part::Last(_) | Part::Page(_) => {}
        }
    };
    assert_eq!(texts(&read), [["100000", "row 100000"], ["1", "row 1"], ["50001", "row 50001"]]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("row").to_str().unwrap().to_owned();
    desk.ask(Ask::Save { result: ResultId(7), row: 9, column: 1, path: path.clone() });
    while !matches!(desk.next().await, Part::Last(Fact::Exported { bytes: 6, .. })) {}
    assert_eq!(std::fs::read_to_string(path).unwrap(), "row 10");
    desk.ask(Ask::Close { result: ResultId(7) });
    while !matches!(desk.next().await, Part::Last(Fact::Done)) {}
    desk.ask(Ask::Window { result: ResultId(7), from: 0, count: 1 });
    let Part::Failed(failure) = desk.next().await else { panic!("it is closed") };
    says(&failure, "no longer exists", "run the statement again");
}

/// The server accepts text for a value of any type except a row type.
#[tokio::test]
async fn row_with_a_composite_type_as_key_is_found() {
    let mut desk = Desk::connected(None).await;
    works(&mut desk, "create type pg_temp.keyed as (a int, b text)").await;
    let table = "create temporary table edited (k pg_temp.keyed, n int, note text, primary key (k, n))";
    works(&mut desk, table).await;
    works(&mut desk, "insert into edited values (row(1, 'it''s'), 5, 'x'), (row(2, null), 5, 'x')").await;
    let (table, values) = read(&mut desk).await;
    let of = |number: &i16| values.iter().find(|(known, _)| known == number).and_then(|(_, value)| value.clone());
    let key: Vec<Value> = table.key.iter().map(of).collect();
    let mut changes = Changes { table, list: Vec::new() };
    changes.set(&key, &[], 3, Some("x".to_owned()), Some("y".to_owned()));
    changes.toggle_delete(&[Some("(2,)".to_owned()), Some("5".to_owned())], Vec::new());
    for (statement, word) in changes.statements().iter().zip(["UPDATE 1", "DELETE 1"]) {
        assert_eq!(desk.all(3, statement).await.1, StatementOutcome::Done(word.to_owned()), "{statement}");
    }
}
