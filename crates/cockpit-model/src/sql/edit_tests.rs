//! Tests of row edits.

use super::*;

fn table() -> Table {
    let row = |number: &str, name: &str, key: &str| {
        ["app", "Users", number, name, key].map(|cell| Some(cell.to_owned())).to_vec()
    };
    Table::of(&[row("1", "id", "t"), row("2", "order", "t"), row("4", "name", "f"), row("5", "note", "f")]).unwrap()
}

fn column(table_oid: u32, number: i16) -> Column {
    Column { name: "x".into(), type_oid: 25, modifier: -1, table_oid, number }
}

fn key(id: &str) -> Vec<Value> {
    vec![Some(id.into()), Some("b".into())]
}

#[test]
fn statements_match_the_key_and_the_values_that_were_read() {
    let mut changes = Changes { table: table(), list: Vec::new() };
    let row = [(4, Some("a".into())), (5, None)];
    changes.set(&key("1"), &row, 4, Some("a".into()), Some("it's".into()));
    changes.set(&key("1"), &row, 2, Some("b".into()), Some("c".into()));
    changes.set(&key("2"), &row, 4, None, None);
    changes.set(&key("3"), &[], 4, None, Some("\\x".into()));
    changes.toggle_delete(&key("4"), vec![(1, Some("4".into())), (4, Some(String::new())), (-1, Some("(0,1)".into()))]);
    changes.list.push(Change::Insert { values: vec![(1, Some("5".into())), (4, None)] });
    changes.list.push(Change::Insert { values: Vec::new() });
    assert_eq!(
        changes.statements(),
        [
            "UPDATE app.\"Users\" SET name = 'it''s', \"order\" = 'c' WHERE id = '1' AND \"order\" = 'b' AND pg_catalog.format('%s', name) = 'a' AND note IS NOT DISTINCT FROM NULL",
            "UPDATE app.\"Users\" SET name = E'\\\\x' WHERE id = '3' AND \"order\" = 'b' AND name IS NOT DISTINCT FROM NULL",
            "DELETE FROM app.\"Users\" WHERE id = '4' AND \"order\" = 'b' AND name IS DISTINCT FROM NULL AND pg_catalog.format('%s', name) = ''",
            "INSERT INTO app.\"Users\" (id, name) VALUES ('5', NULL)",
            "INSERT INTO app.\"Users\" DEFAULT VALUES",
        ]
    );
}

#[test]
fn reverted_value_is_no_change_and_deletion_can_be_undone() {
    let mut changes = Changes { table: table(), list: Vec::new() };
    changes.set(&key("1"), &[], 4, Some("a".into()), Some("b".into()));
    changes.set(&key("1"), &[], 4, Some("a".into()), Some("a".into()));
    assert!(changes.list.is_empty());
    changes.set(&key("1"), &[], 4, Some("a".into()), Some(String::new()));
    changes.toggle_delete(&key("1"), Vec::new());
    assert_eq!(changes.list, [Change::Delete { key: key("1"), was: Vec::new() }]);
    changes.toggle_delete(&key("1"), Vec::new());
    assert!(changes.list.is_empty());
}

#[test]
fn result_that_cannot_be_edited_has_a_reason() {
    let server = Server::default();
    assert_eq!(editable_table("select * from t", &[column(7, 1), column(0, 0), column(7, 2)], &server), Ok(7));
    assert!(
        editable_table("select * from t", &[column(7, 1), column(8, 1), column(7, 2)], &server)
            .unwrap_err()
            .contains("several")
    );
    assert!(editable_table("select * from t", &[column(0, 0)], &server).unwrap_err().contains("no table"));
    let twice = "select e.id, b.name from t e join t b on b.id = e.boss";
    assert!(
        editable_table(twice, &[column(7, 1), column(7, 4)], &server).unwrap_err().contains("which row"),
        "a self-join"
    );
    let reader = Server { reader: Some(true), ..Server::default() };
    assert!(editable_table("select * from t", &[column(7, 1)], &reader).unwrap_err().contains("reader"));
    let guarded = Server { read_only: true, read_only_why: Some("production is guarded".into()), ..Server::default() };
    assert!(
        editable_table("select * from t", &[column(7, 1)], &guarded).unwrap_err().ends_with("production is guarded")
    );
    assert_eq!(
        key_positions(&[column(7, 4), column(7, 2), column(7, 1), column(7, 1)], &table()),
        Ok(vec![vec![2, 3], vec![1]])
    );
    assert!(key_positions(&[column(7, 1)], &table()).unwrap_err().contains("lacks \"order\""));
    assert!(key_positions(&[column(7, 1)], &Table::default()).unwrap_err().contains("no primary key"));
    assert_eq!(Table::of(&[]), None);
}

#[test]
fn new_values_and_deletions_are_found_by_row() {
    let mut changes = Changes { table: table(), list: Vec::new() };
    changes.set(&key("1"), &[], 4, Some("a".into()), None);
    changes.toggle_delete(&key("2"), Vec::new());
    assert_eq!((changes.changed(&key("1"), 4), changes.changed(&key("1"), 2)), (Some(&None), None));
    assert_eq!((changes.is_deleted(&key("1")), changes.is_deleted(&key("2"))), (false, true));
}

#[test]
fn value_round_trips_through_its_line() {
    for value in [None, Some(""), Some("a"), Some("日本\nx\t\\n\r"), Some("\\N"), Some("NULL"), Some("\\")] {
        let line = encode_line(value);
        assert!(!line.contains(['\n', '\r', '\t']), "{line}");
        assert_eq!(decode_line(&line).as_deref(), value, "{line}");
    }
    assert_eq!(decode_line("C:\\dir").as_deref(), Some("C:\\dir"), "an unescaped backslash is kept");
}

#[test]
fn columns_have_table_names_only_if_they_form_a_row_of_one_table() {
    let names = |columns: &[Column]| table_column_names(columns.iter(), &table());
    assert_eq!(names(&[column(7, 2), column(7, 1)]), Some(vec!["order".to_owned(), "id".to_owned()]));
    for other in [
        [column(7, 1), column(0, 0)],
        [column(7, 1), column(8, 2)],
        [column(7, 1), column(7, 1)],
        [column(7, 1), column(7, 9)],
    ] {
        assert_eq!(names(&other), None, "{other:?}");
    }
}

#[test]
fn server_generated_columns_are_recognized() {
    let row = ["app", "t", "1", "id", "t", "t"].map(|cell| Some(cell.to_owned())).to_vec();
    assert_eq!(Table::of(&[row]).unwrap().generated, [1]);
}

#[test]
fn only_one_touched_row_is_accepted() {
    assert_eq!(check_one_row("UPDATE 1"), Ok(()));
    assert_eq!(check_one_row("INSERT 0 1"), Ok(()));
    assert!(check_one_row("UPDATE 0").unwrap_err().contains("meanwhile"));
    assert!(check_one_row("DELETE 2").unwrap_err().contains("2 rows"));
    assert!(check_one_row("SELECT").is_err());
}

#[test]
fn composite_key_is_compared_as_text() {
    let row = |number: &str, name: &str, key: &str, composite: &str| {
        ["app", "t", number, name, key, "f", composite].map(|cell| Some(cell.to_owned())).to_vec()
    };
    let table = Table::of(&[row("1", "k", "t", "t"), row("2", "n", "t", "f"), row("3", "a", "f", "f")]).unwrap();
    let mut changes = Changes { table, list: Vec::new() };
    changes.set(&[Some("(1,it's)".into()), Some("5".into())], &[], 3, None, Some("x".into()));
    assert_eq!(
        changes.statements(),
        [
            "UPDATE app.t SET a = 'x' WHERE pg_catalog.format('%s', k) = '(1,it''s)' AND n = '5' AND a IS NOT DISTINCT FROM NULL"
        ]
    );
}
