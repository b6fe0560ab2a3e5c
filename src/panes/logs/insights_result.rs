//! Key handlers for an Insights result: rows are sorted, opened, and copied value by value, without another request.

use super::state::{ID, INSIGHTS_RESULT, MAX_COPIED_BYTES};
use super::table::ResultTable;
use crate::app::App;
use crate::app::command::Id;
use crate::app::effect::Effect;
use crate::app::event::Mouse;
use crate::app::layout::layout;
use crate::app::overlays;
use crate::app::pane::Motion;
use crate::app::update::grids;
use crate::app::update::refresh::after_move;
use crate::model::text;
use ratatui::layout::Rect;

/// The command that sorts the Insights result.
pub const SORT: Id = Id("insights-sort");
/// Commands of the pane that apply while the result is shown.
const OWN: [Id; 3] = [SORT, Id("insights"), Id("copy-marked")];

/// Whether the result is shown instead of the lines.
pub fn is_shown(app: &App) -> bool {
    app.panes.logs.shows_table && app.panes.logs.table.is_some()
}

/// Whether a command of the pane applies to what is shown.
pub fn accepts_command(app: &App, id: Id) -> bool {
    if is_shown(app) { OWN.contains(&id) } else { id != SORT }
}

fn shown(app: &mut App) -> Option<&mut ResultTable> {
    if is_shown(app) { app.panes.logs.table.as_mut() } else { None }
}

/// Stores a result and shows it. In another pane, a message tells where to find it.
pub fn show(app: &mut App, found: ResultTable) {
    if app.shown_pane().id != ID {
        app.show_message(format!(
            "Insights: {} has found {}: in the logs",
            found.name,
            text::pluralize(found.grid.rows, "row")
        ));
    }
    app.panes.logs.table = Some(found);
    app.panes.logs.shows_table = true;
    app.lists_changed();
}

/// Shows the last result again.
pub fn show_last(app: &mut App) -> Vec<Effect> {
    app.panes.logs.shows_table = app.panes.logs.table.is_some();
    if !app.panes.logs.shows_table {
        app.show_message("Insights has found nothing yet: u asks it");
    }
    after_move(app)
}

/// `Esc`: returns to the lines; the result is kept.
pub fn back(app: &mut App) -> bool {
    std::mem::take(&mut app.panes.logs.shows_table) && app.panes.logs.table.is_some()
}

/// Moves within the result; returns whether it is shown.
pub fn moves(app: &mut App, motion: Motion) -> bool {
    let Some(found) = shown(app) else { return false };
    grids::handle_motion(&mut found.grid, motion);
    true
}

/// `s`: sorts the result.
pub fn sort(app: &mut App) -> Vec<Effect> {
    if let Some(found) = shown(app) {
        found.sort();
    }
    after_move(app)
}

/// Shows all values of the selected row.
pub fn open(app: &mut App) -> Option<Vec<Effect>> {
    let row = shown(app)?.row();
    if let Some(row) = row {
        let message = overlays::message(app, "A row of what Insights found", &row);
        app.screen.overlays.push(message);
    }
    Some(after_move(app))
}

/// The text that `y` copies: the selected value.
pub fn copy_text(app: &App) -> Option<String> {
    let table = app.panes.logs.table.as_ref().filter(|_| is_shown(app))?;
    Some(table.value().unwrap_or_default().to_owned())
}

/// Copies the result as CSV.
pub fn csv(app: &mut App) -> Option<Vec<Effect>> {
    let found = shown(app)?;
    let (rows, text) = (found.grid.rows, found.csv(MAX_COPIED_BYTES));
    app.show_message(format!("copied {} as CSV", text::pluralize(rows, "row")));
    let mut effects = vec![Effect::Copy(text)];
    effects.extend(after_move(app));
    Some(effects)
}

/// Scrolls by the wheel; a click selects a value.
pub fn mouse(app: &mut App, place: Rect, mouse: Mouse) -> Option<Vec<Effect>> {
    // Inside the frame, above the line with the cost.
    let rows = Rect::new(place.x + 1, place.y + 1, place.width.saturating_sub(2), place.height.saturating_sub(3));
    grids::mouse(&mut shown(app)?.grid, rows, mouse);
    Some(after_move(app))
}

/// Fits the grid to the size of its block.
pub fn settle(app: &mut App) {
    if !is_shown(app) {
        return;
    }
    let placed = layout(app);
    let place = placed.blocks.iter().find(|(block, _)| *block == INSIGHTS_RESULT).map(|(_, place)| *place);
    if let (Some(place), Some(found)) = (place, shown(app)) {
        // Without frame, column names, and the line with the cost.
        found.grid.fit(u64::from(place.height.saturating_sub(4)), place.width.saturating_sub(4));
    }
}
