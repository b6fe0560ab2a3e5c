//! Brings rows, judgements and windows up to date: what a drawing or a report reads.

use crate::app::effect::Effect;
use crate::app::pane::Rows;
use crate::app::state::Dirty;
use crate::app::{App, dialog, layout, rows};
use crate::model::{Health, offered};
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// Changes flash for this long.
const FLASH: SignedDuration = SignedDuration::from_secs(1);

/// Judgements over many services and tasks are made at most this often.
const JUDGE: SignedDuration = SignedDuration::from_secs(1);

/// More services and tasks than this are many.
const MANY: usize = 500;

/// Whether health was assessed less than a second ago, so that assessing it again would cost more than it tells.
pub(crate) fn too_soon(app: &App) -> bool {
    app.estate.unjudged.all && many(app) && app.judged.is_some_and(|at| app.now.duration_since(at).abs() < JUDGE)
}

pub(crate) fn many(app: &App) -> bool {
    let services = app.estate.services.value().map_or(0, BTreeMap::len);
    services + app.estate.tasks.value().map_or(0, BTreeMap::len) > MANY
}

/// Settles for a frame: everything, unless judging waits for its turn or `urgent`ly a person.
pub(in crate::app) fn settle_frame(app: &mut App, urgent: bool) {
    if urgent || (app.has_pending_facts() && too_soon(app)) {
        settle_lists(app);
    } else {
        settle(app);
    }
}

/// Lists and windows, over judgements as they stand where there is much to judge: for a key, whose
/// frame is not to wait.
pub(crate) fn settle_lists(app: &mut App) {
    if !many(app) {
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
    let (now, dated) = (app.now, app.service_now());
    let news = std::mem::take(&mut app.unsettled);
    match news {
        Dirty::Nothing | Dirty::Lists => {}
        Dirty::Time => app.estate.pass(dated),
        Dirty::Facts | Dirty::All if many(app) && !app.estate.unjudged.all => {
            // Of many only those that have changed: the whole would hold up keys.
            let seen: BTreeMap<String, _> = app
                .estate
                .unjudged
                .services
                .iter()
                .filter_map(|name| Some((name.clone(), looks(app.estate.service_row(name)?))))
                .collect();
            for name in app.estate.settle_changed(dated) {
                let after = app.estate.service_row(&name).map(looks);
                if after.is_some() && seen.get(&name).is_some_and(|before| Some(*before) != after) {
                    app.screen.flashes.insert(name, now + FLASH);
                }
            }
        }
        Dirty::Facts | Dirty::All => {
            app.judged = Some(now);
            let before = std::mem::take(&mut app.estate.derived.services);
            if news == Dirty::All || app.estate.unjudged.all {
                app.estate.settle(dated);
            } else {
                app.estate.judge(dated);
            }
            // Both are in the order of their names.
            let mut before = before.iter().peekable();
            for row in &app.estate.derived.services {
                while before.next_if(|known| known.name < row.name).is_some() {}
                if before.next_if(|known| known.name == row.name).is_some_and(|known| looks(known) != looks(row)) {
                    app.screen.flashes.insert(row.name.clone(), now + FLASH);
                }
            }
        }
    }
    // What needs attention was judged anew.
    if news != Dirty::Lists {
        for entry in &mut app.estate.derived.attention {
            entry.hint = entry.hint.take().map(|hint| offered::in_environment(&hint, app.environment.named()));
        }
    }
    windows(app);
}

/// The rows of the lists on the screen, and how many of them are shown.
pub(crate) fn windows(app: &mut App) {
    // What was opened and is gone: the list says more than an empty page.
    for block in app.view().names() {
        rows::settle(app, block);
    }
    let placed = layout::layout(app);
    for (block, place) in placed.blocks {
        let height = layout::rows_in(app, block, place);
        let list = app.screen.list(block);
        let grown = list.height != height;
        list.set_height(height);
        // Rows of which only those in the window have keys.
        if grown && matches!(app.spec(block).rows, Rows::Window { .. }) {
            rows::settle(app, block);
        }
    }
    (app.shown().hooks.settle)(app);
    super::windows::windows(app);
    let height = overlay_rows(app);
    if let Some(overlay) = app.screen.overlays.last_mut() {
        overlay.list.set_height(height);
    }
}

/// The values whose change makes a row flash.
pub(crate) fn looks(row: &crate::model::estate::ServiceRow) -> (u32, u32, Health) {
    (row.desired, row.running, row.assessment.health)
}

/// Frame, line of the query, line of the keys; those with buttons have others.
pub(crate) fn overlay_rows(app: &App) -> usize {
    let around = match app.screen.overlays.last() {
        Some(overlay) if overlay.kind.is_dialog() => dialog::around(app, overlay),
        Some(_) | None => 4,
    };
    usize::from(layout::overlay_place(&app.screen).height.saturating_sub(around))
}

/// The end of a command that moved or opened something: what came into view may not have been read yet.
pub(crate) fn done(app: &mut App) -> Vec<Effect> {
    settle_lists(app);
    app.plan()
}
