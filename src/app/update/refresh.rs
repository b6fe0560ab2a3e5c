//! Brings rows, judgements and windows up to date before drawing or reporting.

use crate::app::effect::Effect;
use crate::app::pane::Rows;
use crate::app::state::Dirty;
use crate::app::{App, dialog, layout, rows};
use crate::model::{Health, suggested_commands};
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// How long changes flash.
const FLASH: SignedDuration = SignedDuration::from_secs(1);

/// Minimum interval between judgements over many services and tasks.
const JUDGE: SignedDuration = SignedDuration::from_secs(1);

/// Number of services and tasks above which there are many.
const MANY: usize = 500;

/// Whether health was judged less than a second ago, so that judging again costs more than it shows.
pub(crate) fn too_soon(app: &App) -> bool {
    app.estate.dirty.all
        && has_much_to_judge(app)
        && app.judged.is_some_and(|at| app.now.duration_since(at).abs() < JUDGE)
}

pub(crate) fn has_much_to_judge(app: &App) -> bool {
    let services = app.estate.services.value().map_or(0, BTreeMap::len);
    services + app.estate.tasks.value().map_or(0, BTreeMap::len) > MANY
}

/// Settles for a frame: everything, unless judging is not due yet or the frame is `urgent`.
pub(in crate::app) fn settle_frame(app: &mut App, urgent: bool) {
    if urgent || (app.has_pending_facts() && too_soon(app)) {
        settle_lists(app);
    } else {
        settle(app);
    }
}

/// Settles lists and windows only, over the existing judgements, if there is much to judge: the frame after a key must
/// not wait.
pub(crate) fn settle_lists(app: &mut App) {
    if !has_much_to_judge(app) {
        settle(app);
    } else if app.unsettled > Dirty::Nothing {
        windows(app);
        if app.unsettled == Dirty::Lists {
            app.unsettled = Dirty::Nothing;
        }
    }
}

/// Rows, judgements and windows; see [`App::settle`].
pub(in crate::app) fn settle(app: &mut App) {
    if app.unsettled == Dirty::Nothing {
        return;
    }
    let (now, service_now) = (app.now, app.service_now());
    let news = std::mem::take(&mut app.unsettled);
    match news {
        Dirty::Nothing | Dirty::Lists => {}
        Dirty::Time => app.estate.settle_elapsed_time(service_now),
        Dirty::Facts | Dirty::All if has_much_to_judge(app) && !app.estate.dirty.all => {
            // With many services only the changed ones are judged: judging all would delay keys.
            let seen: BTreeMap<String, _> = app
                .estate
                .dirty
                .services
                .iter()
                .filter_map(|name| Some((name.clone(), visible_state(app.estate.service_row(name)?))))
                .collect();
            for name in app.estate.settle_dirty(service_now) {
                let after = app.estate.service_row(&name).map(visible_state);
                if after.is_some() && seen.get(&name).is_some_and(|before| Some(*before) != after) {
                    app.screen.flashes.insert(name, now + FLASH);
                }
            }
        }
        Dirty::Facts | Dirty::All => {
            app.judged = Some(now);
            let before = std::mem::take(&mut app.estate.derived.services);
            if news == Dirty::All || app.estate.dirty.all {
                app.estate.settle(service_now);
            } else {
                app.estate.settle_keeping_tasks(service_now);
            }
            // Both are sorted by name.
            let mut before = before.iter().peekable();
            for row in &app.estate.derived.services {
                while before.next_if(|known| known.name < row.name).is_some() {}
                if before
                    .next_if(|known| known.name == row.name)
                    .is_some_and(|known| visible_state(known) != visible_state(row))
                {
                    app.screen.flashes.insert(row.name.clone(), now + FLASH);
                }
            }
        }
    }
    // The attention list was judged anew, so its hints need the environment again.
    if news != Dirty::Lists {
        for entry in &mut app.estate.derived.attention {
            entry.hint =
                entry.hint.take().map(|hint| suggested_commands::with_scope(&hint, app.environment.command_scope()));
        }
    }
    windows(app);
}

/// Updates the rows of the lists on the screen, and how many of them fit.
pub(crate) fn windows(app: &mut App) {
    // If the open thing is gone, its list says more than an empty page.
    for block in app.view().names() {
        rows::settle(app, block);
    }
    let placed = layout::layout(app);
    for (block, place) in placed.blocks {
        let height = layout::rows_in(app, block, place);
        let list = app.screen.list(block);
        let grown = list.height != height;
        list.set_height(height);
        // In windowed lists only the rows in the window have keys.
        if grown && matches!(app.spec(block).rows, Rows::Window { .. }) {
            rows::settle(app, block);
        }
    }
    (app.shown_pane().hooks.settle)(app);
    super::windows::windows(app);
    let height = overlay_rows(app);
    if let Some(overlay) = app.screen.overlays.last_mut() {
        overlay.list.set_height(height);
    }
}

/// The values whose change makes a row flash.
pub(crate) fn visible_state(row: &crate::model::estate::ServiceRow) -> (u32, u32, Health) {
    (row.desired, row.running, row.assessment.health)
}

/// Number of rows in the topmost overlay besides frame, query line and key line; dialogs have other lines.
pub(crate) fn overlay_rows(app: &App) -> usize {
    let around = match app.screen.overlays.last() {
        Some(overlay) if overlay.kind.is_dialog() => dialog::surrounding_rows(app, overlay),
        Some(_) | None => 4,
    };
    usize::from(layout::overlay_place(&app.screen).height.saturating_sub(around))
}

/// Ends a command that moved or opened something: rows that came into view may not have been read yet.
pub(crate) fn after_move(app: &mut App) -> Vec<Effect> {
    settle_lists(app);
    app.plan()
}
