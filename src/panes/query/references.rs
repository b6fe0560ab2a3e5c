//! References of a row by foreign keys: rows that it refers to, and rows that refer to it.

use super::result::Tab;
use crate::app::App;
use crate::app::grid::Grid;
use crate::model::sql::schema::keys::{ForeignKey, ForeignKeys};

/// A reference by a foreign key from or to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The target, in words.
    pub words: String,
    /// The key, or why it cannot be followed.
    pub note: String,
    /// The statement; `None` if it cannot be followed.
    pub statement: Option<String>,
}

/// Foreign keys, each with its statement or the reason why it cannot be followed.
type Found<'a> = Vec<(&'a ForeignKey, Result<String, String>)>;

/// The shown grid with the keys of its database. `None` if keys are not known, or if the result belongs to another session,
/// whose table ids may differ.
fn known<'a>(app: &'a App, tab: &'a Tab) -> Option<(&'a Grid, &'a ForeignKeys)> {
    let state = &app.panes.query;
    let grid = tab.grid.as_ref().filter(|_| state.is_on() && state.session == Some(tab.session))?;
    state.schema.keys.as_ref().map(|keys| (grid, keys))
}

/// The rows that the selected cell refers to.
pub fn of_cell(app: &App) -> Found<'_> {
    let found = || {
        let (grid, keys) = known(app, app.panes.query.shown()?)?;
        let cells = grid.selected_cells()?;
        let selected = grid.selected()?;
        let column = grid.columns.get(selected)?;
        Some(
            keys.of_column(column).map(|key| (key, key.referenced_row_query(&grid.columns, cells, selected))).collect(),
        )
    };
    found().unwrap_or_default()
}

/// The name of the table that the selected cell refers to.
pub fn target(app: &App, tab: &Tab) -> Option<String> {
    let (grid, keys) = known(app, tab)?;
    let column = grid.columns.get(grid.selected()?)?;
    let mut targets: Vec<String> = keys.of_column(column).map(|key| key.to.short()).collect();
    targets.sort_unstable();
    targets.dedup();
    (!targets.is_empty()).then(|| targets.join(", "))
}

/// All references of the selected row.
pub fn of_row(app: &App) -> Vec<Way> {
    let found = || {
        let (grid, keys) = known(app, app.panes.query.shown()?)?;
        let (cells, selected) = (grid.selected_cells()?, grid.selected()?);
        let mut tables: Vec<u32> = grid.columns.iter().map(|column| column.table_oid).filter(|oid| *oid != 0).collect();
        tables.sort_unstable();
        tables.dedup();
        let mut ways = Vec::new();
        for table in &tables {
            ways.extend(keys.from(*table).map(|key| {
                let words = format!("→ {}", key.to.short());
                way(words, key, key.referenced_row_query(&grid.columns, cells, selected))
            }));
        }
        for table in &tables {
            ways.extend(keys.to(*table).map(|key| {
                let words = format!("← {}", key.from.short());
                way(words, key, key.referencing_rows_query(&grid.columns, cells, selected))
            }));
        }
        Some(ways)
    };
    found().unwrap_or_default()
}

fn way(words: String, key: &ForeignKey, statement: Result<String, String>) -> Way {
    let by = format!("{}: {} → {}", key.name, key.from.columns(), key.to.columns());
    match statement {
        Ok(statement) => Way { words, note: by, statement: Some(statement) },
        Err(why) => Way { words, note: why, statement: None },
    }
}
