//! The effects of keys on a result of Insights: rows are sorted, looked at whole, copied value by value, and nothing is
//! asked again.

use super::state::{COPIED, FOUND, ID};
use super::table::Found;
use crate::app::App;
use crate::app::command::Id;
use crate::app::effect::Effect;
use crate::app::event::Mouse;
use crate::app::layout::layout;
use crate::app::overlays;
use crate::app::pane::Motion;
use crate::app::update::grids;
use crate::app::update::settle::done;
use crate::model::text;
use ratatui::layout::Rect;

/// The command that sorts what Insights found.
pub const SORT: Id = Id("insights-sort");
/// Commands of the pane that mean something while it is shown.
const OWN: [Id; 3] = [SORT, Id("insights"), Id("copy-marked")];

/// Whether it is shown instead of the lines.
pub fn is_shown(app: &App) -> bool {
    app.panes.logs.shows_table && app.panes.logs.table.is_some()
}

/// Whether a command of the pane means something in what is shown.
pub fn takes(app: &App, id: Id) -> bool {
    if is_shown(app) { OWN.contains(&id) } else { id != SORT }
}

fn shown(app: &mut App) -> Option<&mut Found> {
    if is_shown(app) { app.panes.logs.table.as_mut() } else { None }
}

/// Takes a result and shows it; in another pane a message says where it is.
pub fn show(app: &mut App, found: Found) {
    if app.shown().id != ID {
        app.say(format!("Insights: {} has found {}: in the logs", found.name, text::counted(found.grid.rows, "row")));
    }
    app.panes.logs.table = Some(found);
    app.panes.logs.shows_table = true;
    app.lists_changed();
}

/// Shows the last result again.
pub fn again(app: &mut App) -> Vec<Effect> {
    app.panes.logs.shows_table = app.panes.logs.table.is_some();
    if !app.panes.logs.shows_table {
        app.say("Insights has found nothing yet: u asks it");
    }
    done(app)
}

/// Esc: back to the lines; the result stays at hand.
pub fn back(app: &mut App) -> bool {
    std::mem::take(&mut app.panes.logs.shows_table) && app.panes.logs.table.is_some()
}

/// Moves in what Insights found; whether it is shown.
pub fn moves(app: &mut App, motion: Motion) -> bool {
    let Some(found) = shown(app) else { return false };
    grids::moves(&mut found.grid, motion);
    true
}

/// `s`: sorts what was found.
pub fn sort(app: &mut App) -> Vec<Effect> {
    if let Some(found) = shown(app) {
        found.sort();
    }
    done(app)
}

/// The whole of the selected row.
pub fn open(app: &mut App) -> Option<Vec<Effect>> {
    let row = shown(app)?.row();
    if let Some(row) = row {
        let message = overlays::message(app, "A row of what Insights found", &row);
        app.screen.overlays.push(message);
    }
    Some(done(app))
}

/// The text that `y` copies: the selected value.
pub fn copied(app: &App) -> Option<String> {
    let table = app.panes.logs.table.as_ref().filter(|_| is_shown(app))?;
    Some(table.value().unwrap_or_default().to_owned())
}

/// Copies what Insights found as CSV.
pub fn csv(app: &mut App) -> Option<Vec<Effect>> {
    let found = shown(app)?;
    let (rows, text) = (found.grid.rows, found.csv(COPIED));
    app.say(format!("copied {} as CSV", text::counted(rows, "row")));
    let mut effects = vec![Effect::Copy(text)];
    effects.extend(done(app));
    Some(effects)
}

/// The wheel moves through the rows; a click selects a value.
pub fn mouse(app: &mut App, place: Rect, mouse: Mouse) -> Option<Vec<Effect>> {
    // Within its frame, above what it has cost.
    let rows = Rect::new(place.x + 1, place.y + 1, place.width.saturating_sub(2), place.height.saturating_sub(3));
    grids::mouse(&mut shown(app)?.grid, rows, mouse);
    Some(done(app))
}

/// Its window has the size of its place.
pub fn settle(app: &mut App) {
    if !is_shown(app) {
        return;
    }
    let placed = layout(app);
    let place = placed.blocks.iter().find(|(block, _)| *block == FOUND).map(|(_, place)| *place);
    if let (Some(place), Some(found)) = (place, shown(app)) {
        // Frame, names of the columns, what it cost.
        found.grid.fit(u64::from(place.height.saturating_sub(4)), place.width.saturating_sub(4));
    }
}
