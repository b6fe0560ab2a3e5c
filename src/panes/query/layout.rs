//! Layout of the Query pane.

use super::plan_tree::Tree;
use super::state::{EDITOR, Link, RESULT, State};
use super::status_texts::session_text;
use crate::app::App;
use crate::app::layout::split_rows;
use crate::app::pane::Layout;
use crate::model::text::{cut_end, sanitize, width};
use ratatui::layout::Rect;

/// Minimum number of rows of the editor, including its frame.
const EDITOR_ROWS: u16 = 4;

/// Places the result above the editor, whose height depends on its text.
pub fn blocks(app: &App, area: Rect, layout: &mut Layout) {
    let lines = u16::try_from(app.panes.query.editor.lines()).unwrap_or(u16::MAX);
    let most = (area.height / 2).max(EDITOR_ROWS);
    let least = if area.height >= 40 {
        8
    } else if area.height >= 18 {
        5
    } else {
        EDITOR_ROWS
    };
    let rows = lines.saturating_add(2).clamp(least, most);
    let (upper, lower) = split_rows(area, area.height.saturating_sub(rows));
    layout.blocks = vec![(RESULT, upper), (EDITOR, lower)];
}

/// Height of the session's status: one line, or as many as an error message needs.
pub fn summary(app: &App, height: u16) -> u16 {
    let room = usize::from(app.screen.size.0.saturating_sub(4)).max(1);
    match &app.panes.query.link {
        Link::Lost(_) => {
            let lines = crate::model::wrap::wrap(&session_text(&app.panes.query), room).len();
            u16::try_from(lines).unwrap_or(1).min((height / 4).max(1))
        }
        Link::Off | Link::Opening(_) | Link::On => 1,
    }
}

/// The areas of the tabs, the rows and the last line inside the result block.
pub fn result(inside: Rect, tabs: usize) -> (Option<Rect>, Rect, Rect) {
    let strip = u16::from(tabs > 1 && inside.height > 6);
    let last = u16::from(inside.height > 2);
    let line = |y: u16| Rect { y, height: 1, ..inside };
    let rows = Rect { y: inside.y + strip, height: inside.height.saturating_sub(strip + last), ..inside };
    ((strip > 0).then(|| line(inside.y)), rows, line(inside.bottom().saturating_sub(last)))
}

/// Number of footer lines below the rows: all of them if there is room, otherwise at most half of the area.
pub fn below(rows: Rect, footers: usize, count: u64) -> u16 {
    let wanted = u16::try_from(footers).unwrap_or(u16::MAX);
    let free = rows.height.saturating_sub(1).saturating_sub(u16::try_from(count).unwrap_or(u16::MAX));
    wanted.min(free.max(rows.height / 2))
}

/// The areas of a plan's nodes and of the details below them.
pub fn plan(rows: Rect, tree: &Tree) -> (Rect, Rect) {
    let details = u16::try_from(tree.about().len()).unwrap_or(u16::MAX);
    let wanted = u16::try_from(tree.count()).unwrap_or(u16::MAX);
    let inside = rows.height.saturating_sub(1);
    let below = details.min(inside.saturating_sub(wanted).max(inside / 3));
    let nodes = Rect { y: rows.y + 1, height: inside - below, ..rows };
    (nodes, Rect { y: nodes.bottom(), height: below, ..rows })
}

/// The prompt of the first line: the database, what is open, and the sign of a transaction, as in psql.
pub fn prompt(state: &State) -> String {
    let server = state.server.as_ref().filter(|_| state.is_on());
    let database = server.map(|server| cut_end(&sanitize(&server.database), 12).into_owned()).unwrap_or_default();
    format!("{database}={}> ", state.transaction.sign())
}

/// Keeps the selection in view after a change of size.
pub fn settle(app: &mut App) {
    let placed = crate::app::layout::layout(app);
    let inside = |place: &Rect| {
        Rect::new(place.x + 1, place.y + 1, place.width.saturating_sub(2), place.height.saturating_sub(2))
    };
    for (block, place) in &placed.blocks {
        let inside = inside(place);
        if *block == RESULT {
            let tabs = app.panes.query.tabs.len();
            let footers = app.panes.query.shown().map_or(0, |tab| tab.footers.len());
            let (_, rows, _) = result(inside, tabs);
            if let Some(tree) = app.panes.query.shown_mut().and_then(|tab| tab.plan.as_mut()) {
                let (nodes, _) = plan(rows, tree);
                tree.fit(usize::from(nodes.height));
            }
            if let Some(grid) = app.panes.query.shown_mut().and_then(|tab| tab.grid.as_mut()) {
                let below = below(rows, footers, grid.count());
                grid.fit(u64::from((rows.height - below).saturating_sub(1)), rows.width.saturating_sub(1));
            }
        } else if *block == EDITOR {
            let wide = width(&prompt(&app.panes.query));
            let size = (usize::from(inside.height).max(1), usize::from(inside.width).saturating_sub(wide + 3).max(1));
            let state = &mut app.panes.query;
            state.editor_size = size;
            let (line, cell) = state.editor.place();
            let (first, column) = &mut state.scrolled;
            *first = (*first).clamp((line + 1).saturating_sub(size.0), line);
            *first = (*first).min(state.editor.lines().saturating_sub(size.0.min(state.editor.lines())));
            *column = (*column).clamp((cell + 1).saturating_sub(size.1), cell);
        }
    }
}
