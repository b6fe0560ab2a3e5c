//! A small server for tests: its properties, rows with every kind of value, and answers of its catalogue.

use crate::model::sql::{Cell, Column, Server};
use std::time::Duration;

/// A PostgreSQL server for tests.
pub(super) fn server() -> Server {
    Server {
        host: "bookmark-manager-staging.cluster-abc.rds.amazonaws.com".into(),
        port: 5432,
        database: "bookmarks".into(),
        user: "app".into(),
        version: "15.18".into(),
        reader: Some(false),
        tls: true,
        statement_timeout: Some(Duration::from_secs(30)),
        idle_timeout: Some(Duration::from_mins(5)),
        pid: 4711,
        ..Server::default()
    }
}

/// A column of this type for tests.
pub(super) fn column(name: &str, type_oid: u32) -> Column {
    Column { name: name.into(), type_oid, modifier: -1, table_oid: 0, number: 0 }
}

/// A completely loaded value.
pub(super) fn cell(text: &str) -> Cell {
    Cell::Text { text: text.into(), bytes: text.len() as u64, cut: false }
}

/// Rows with every kind of value that a grid can show.
pub(super) fn bookmarks() -> (Vec<Column>, Vec<Vec<Cell>>) {
    let columns =
        vec![column("id", 20), column("title", 25), column("tags", 3802), column("visits", 23), column("note", 25)];
    let row =
        |id: &str, title: Cell, tags: &str, visits: Cell, note: Cell| vec![cell(id), title, cell(tags), visits, note];
    let rows = vec![
        row("1", cell("Rust 公式ドキュメント"), "[\"rust\", \"日本語\"]", cell("1204"), cell("読む")),
        row("2", cell("PostgreSQL"), "{\"a\": {\"b\": null}}", cell("7"), Cell::Null),
        row("3", cell(""), "[]", Cell::Null, cell("a\u{1b}[31mred\u{7}\nnext")),
        row("10", cell("NULL"), "null", cell("-3"), cell("日本語の長い説明がここに入るので幅が足りなくなる場合がある")),
    ];
    (columns, rows)
}

/// The columns and rows of a look-up.
pub(super) type LookUpRows = (Vec<Column>, Vec<Vec<Option<String>>>);

/// The answer to psql's commands (`\dt`), which run in the session itself.
pub(super) fn psql() -> (Vec<Column>, Vec<Vec<Cell>>) {
    let row = |cells: &[&str]| cells.iter().map(|text| cell(text)).collect::<Vec<_>>();
    let columns = ["Schema", "Name", "Type", "Owner"].map(|name| column(name, 25)).to_vec();
    (columns, vec![row(&["public", "bookmarks", "table", "app"]), row(&["public", "タグ", "table", "app"])])
}

/// The objects in the database.
pub(super) fn catalogue(purpose: &str) -> Option<LookUpRows> {
    let row = |cells: &[&str]| cells.iter().map(|cell| Some((*cell).to_owned())).collect::<Vec<_>>();
    match purpose {
        "relations" => {
            let of = "id\u{1f}bigint\u{1e}title\u{1f}text\u{1e}";
            Some((Vec::new(), vec![row(&["public", "bookmarks", "r", "t", of, "4711"])]))
        }
        "table" | "name" => {
            let column = |number: &str, name: &str, key: &str| row(&["public", "bookmarks", number, name, key, "f"]);
            let mut rows = vec![column("1", "id", "t"), column("2", "title", "f"), column("3", "tags", "f")];
            rows.extend([column("4", "visits", "f"), row(&["public", "bookmarks", "5", "note", "f", "t"])]);
            Some((Vec::new(), rows))
        }
        "functions" | "names" | "foreign keys" | "sizes" | "types" => Some((Vec::new(), Vec::new())),
        _ => None,
    }
}
