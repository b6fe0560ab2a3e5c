//! Copying what is selected.

use super::reading::{self, COPIED};
use super::state::Reading;
use super::tell;
use crate::app::App;
use crate::app::effect::Effect;
use crate::model::sql::{Cell, Column};
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// Copies in one of the ways of the window.
pub fn copy(app: &mut App, way: &str) -> Vec<Effect> {
    if way == "cell" {
        return reading::value(app, Reading::Copy);
    }
    let Some(grid) = app.panes.query.shown().and_then(|tab| tab.grid.as_ref()) else { return Vec::new() };
    let columns: Vec<&Column> = grid.order.iter().filter_map(|column| grid.columns.get(*column)).collect();
    let (from, to) = if way == "column" { (0, grid.count().saturating_sub(1)) } else { grid.marked() };
    let mut rows: Vec<Vec<&Cell>> = Vec::new();
    let mut cut = false;
    let mut away = 0_u64;
    for place in from..=to.min(from + COPIED as u64) {
        let Some(cells) = grid.row_at(place).and_then(|row| grid.cells(row)) else {
            away += 1;
            continue;
        };
        let chosen = if way == "column" { vec![grid.selected().unwrap_or_default()] } else { grid.order.clone() };
        let row: Vec<&Cell> = chosen.into_iter().filter_map(|column| cells.get(column)).collect();
        cut |= row.iter().any(|cell| matches!(cell, Cell::Text { cut: true, .. }));
        rows.push(row);
    }
    let text = match way {
        "csv" => table(&columns, &rows),
        "tsv" => lines(&rows, "\t"),
        "column" => lines(&rows, "\n"),
        "insert" => inserts(&columns, &rows),
        "json" => json(&columns, &rows),
        _ => markdown(&columns, &rows),
    };
    let effects = reading::copied(app, text);
    if cut {
        app.say("copied; long values are cut: `cockpit sql -o csv` writes them whole");
    } else if away > 0 {
        app.say(format!(
            "copied without {} rows that are not at hand: `cockpit sql -o csv` writes all of them",
            tell::count(away)
        ));
    }
    effects
}

fn text(cell: &Cell) -> &str {
    match cell {
        Cell::Null => "",
        Cell::Text { text, .. } => text,
    }
}

/// As RFC 4180 has it; NULL is nothing, an empty text is `""`.
fn table(columns: &[&Column], rows: &[Vec<&Cell>]) -> String {
    let field = |text: &str| {
        if text.is_empty() || text.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        }
    };
    let cell = |cell: &&Cell| match cell {
        Cell::Null => String::new(),
        Cell::Text { text, .. } => field(text),
    };
    let mut out = columns.iter().map(|column| field(&column.name)).collect::<Vec<_>>().join(",") + "\r\n";
    for row in rows {
        out += &(row.iter().map(cell).collect::<Vec<_>>().join(",") + "\r\n");
    }
    out
}

/// As `COPY` writes them: a backslash, a tab and an end of a line are escaped, NULL is `\N`.
fn lines(rows: &[Vec<&Cell>], end: &str) -> String {
    let cell = |cell: &&Cell| match cell {
        Cell::Null if end == "\t" => "\\N".to_owned(),
        Cell::Null => String::new(),
        Cell::Text { text, .. } if end == "\t" => {
            text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
        }
        Cell::Text { text, .. } => text.to_string(),
    };
    let line = |row: &Vec<&Cell>| row.iter().map(cell).collect::<Vec<_>>().join("\t") + "\n";
    rows.iter().map(line).collect()
}

fn quoted(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit());
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    let word = crate::model::sql::keywords::KEYWORDS.contains(&name);
    if plain && begins && !word { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

fn literal(cell: &Cell, column: &Column) -> String {
    match cell {
        Cell::Null => "NULL".to_owned(),
        Cell::Text { text, .. } if column.is_right_aligned() && text.parse::<f64>().is_ok_and(f64::is_finite) => {
            text.to_string()
        }
        Cell::Text { text, .. } => crate::model::sql::keywords::literal(text),
    }
}

fn inserts(columns: &[&Column], rows: &[Vec<&Cell>]) -> String {
    let names = columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", ");
    let mut out = String::new();
    for row in rows {
        let values = row.iter().zip(columns).map(|(cell, column)| literal(cell, column)).collect::<Vec<_>>().join(", ");
        let _ = writeln!(out, "INSERT INTO table_name ({names}) VALUES ({values});");
    }
    out
}

fn json(columns: &[&Column], rows: &[Vec<&Cell>]) -> String {
    let value = |cell: &Cell, column: &Column| match (cell, column.type_oid) {
        (Cell::Null, _) => Value::Null,
        // json and jsonb are values themselves; so are bool and finite numbers, which keep their digits.
        (Cell::Text { text, .. }, 114 | 3802) => serde_json::from_str(text).unwrap_or_else(|_| text.as_ref().into()),
        (Cell::Text { text, .. }, 16) => Value::Bool(text.as_ref() == "t"),
        (Cell::Text { text, .. }, 20 | 21 | 23 | 26) => {
            text.parse::<i64>().map_or_else(|_| text.as_ref().into(), Value::from)
        }
        (Cell::Text { text, .. }, _) => text.as_ref().into(),
    };
    let object = |row: &Vec<&Cell>| {
        let fields = row.iter().zip(columns).map(|(cell, column)| (column.name.clone(), value(cell, column)));
        Value::Object(fields.collect::<Map<_, _>>())
    };
    let all = Value::Array(rows.iter().map(object).collect());
    serde_json::to_string_pretty(&all).unwrap_or_default() + "\n"
}

fn markdown(columns: &[&Column], rows: &[Vec<&Cell>]) -> String {
    let safe = |text: &str| text.replace('\\', "\\\\").replace('|', "\\|").replace('\n', "<br>");
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut out = line(columns.iter().map(|column| safe(&column.name)).collect());
    out += &line(
        columns.iter().map(|column| (if column.is_right_aligned() { "--:" } else { "---" }).to_owned()).collect(),
    );
    for row in rows {
        out += &line(row.iter().map(|cell| safe(text(cell))).collect());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, type_oid: u32) -> Column {
        Column { name: name.into(), type_oid, modifier: -1, table_oid: 0, number: 0 }
    }

    #[test]
    fn rows_are_copied_so_that_they_are_read_back_as_what_they_were() {
        let (id, name, data) = (column("id", 23), column("Name", 25), column("order", 3802));
        let cell = |text: &str| Cell::Text { text: text.into(), bytes: 0, cut: false };
        let (one, two, three, null) = (cell("1"), cell("O'Neil\\\t日本|x\n"), cell("{\"a\": 1}"), Cell::Null);
        let columns = [&id, &name, &data];
        let rows = [vec![&one, &two, &three], vec![&one, &null, &null]];
        assert_eq!(table(&columns, &rows), "id,Name,order\r\n1,\"O'Neil\\\t日本|x\n\",\"{\"\"a\"\": 1}\"\r\n1,,\r\n");
        assert_eq!(lines(&rows, "\t"), "1\tO'Neil\\\\\\t日本|x\\n\t{\"a\": 1}\n1\t\\N\t\\N\n");
        assert_eq!(
            inserts(&columns, &rows),
            "INSERT INTO table_name (id, \"Name\", \"order\") VALUES (1, E'O''Neil\\\\\t日本|x\n', '{\"a\": 1}');\n\
             INSERT INTO table_name (id, \"Name\", \"order\") VALUES (1, NULL, NULL);\n"
        );
        let read: Value = serde_json::from_str(&json(&columns, &rows)).unwrap();
        assert_eq!(read[0]["id"], 1);
        assert_eq!(read[0]["order"]["a"], 1);
        assert_eq!(read[1]["Name"], Value::Null);
        assert_eq!(
            markdown(&columns, &rows),
            "| id | Name | order |\n| --: | --- | --- |\n| 1 | O'Neil\\\\\t日本\\|x<br> | {\"a\": 1} |\n| 1 |  |  |\n"
        );
    }
}
