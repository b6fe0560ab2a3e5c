//! The selected database, for its pane and the Overview.

use super::App;
use super::list::List;
use super::screen::Block;
use crate::model::estate::DatabaseRow;

/// Returns the database selected in a list; the first one if none is.
pub fn shown_database(app: &App, list: Block) -> Option<&DatabaseRow> {
    let rows = &app.estate.derived.databases;
    let selected = app.screen.list_of(list).and_then(List::selected);
    let id = selected.map(|key| key.split('/').next().unwrap_or(key));
    rows.iter().find(|row| Some(row.database.id.as_str()) == id).or(rows.first())
}
