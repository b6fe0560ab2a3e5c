//! Geometry: the place of each block, for a screen size. Both the update (windows, clicks) and the view (frames) use
//! it, so they cannot disagree.

use super::overlay::{self, Kind};
use super::pane::Layout;
use super::screen::{Block, Screen};
use super::{App, Pane};
use ratatui::layout::Rect;

/// Number of columns from which blocks are placed side by side.
pub const WIDE: u16 = 100;
/// Number of rows from which all blocks of a service are shown at once.
pub const TALL: u16 = 28;

/// Minimum number of rows for opening another block below.
pub const SMALLEST_BELOW: u16 = 9;

/// Number of rows around a block's rows: frame and header.
pub fn frame_rows(app: &App, block: Block) -> u16 {
    2 + u16::from(app.spec(block).header)
}

/// Number of rows of a block that fit into its place.
pub fn rows_in(app: &App, block: Block, place: Rect) -> usize {
    usize::from(place.height.saturating_sub(frame_rows(app, block)))
}

/// Returns the current place of everything.
pub fn layout(app: &App) -> Layout {
    let (width, height) = app.screen.size;
    let line = |y: u16| Rect::new(0, y, width, 1);
    let view = app.view();
    let mut layout =
        Layout { top: line(0), tabs: line(1), bottom: line(height.saturating_sub(1)), ..Layout::default() };
    let mut area = Rect::new(0, 2, width, height.saturating_sub(3));
    let summary = (view.summary)(app, area.height);
    if summary > 0 {
        let (head, rest) = split_rows(area, summary);
        layout.summary = Some(head);
        area = rest;
    }
    if app.screen.zoom {
        layout.blocks = vec![(app.focused(), area)];
        return layout;
    }
    (view.layout)(app, area, &mut layout);
    layout
}

/// Gives the whole area to the view's only block.
pub fn single_block(app: &App, area: Rect, layout: &mut Layout) {
    layout.blocks = vec![(app.view().blocks[0].block, area)];
}

/// The summary height of a view without a summary.
pub fn no_summary(_: &App, _: u16) -> u16 {
    0
}

/// Cells at the right of the tabs reserved for the attention count.
const ATTENTION: u16 = 12;

/// Returns the tabs that fit on their line and their places: ` 1 Overview  2 Services …`. If they do not all fit, tabs
/// before the shown one are left out first; a tab is never cut.
pub fn tabs(app: &App, line: Rect) -> Vec<(&'static Pane, Rect)> {
    let tabs = app.table.tabs();
    let titles: u16 = tabs.iter().map(|pane| crate::model::text::width(pane.title) as u16).sum();
    let shown = tabs.iter().position(|pane| pane.id == app.screen.pane).unwrap_or(0);
    // The attention count shares this line, and matters more than a tab.
    let reserved = if app.estate.derived.attention.is_empty() { 1 } else { ATTENTION };
    let room = line.width.saturating_sub(reserved);
    // Key, blank, title, blank; one more blank between tabs if there is room.
    let around = if titles + 4 * tabs.len() as u16 > room { 3 } else { 4 };
    let wide = |pane: &Pane| crate::model::text::width(pane.title) as u16 + around;
    let mut first = 0;
    while first < shown && tabs[first..=shown].iter().map(|pane| wide(pane)).sum::<u16>() > room {
        first += 1;
    }
    let mut x = line.x + 1;
    let mut placed = Vec::new();
    for pane in tabs.into_iter().skip(first) {
        let width = wide(pane);
        if x + width > line.x + 1 + room {
            break;
        }
        placed.push((pane, Rect { x, width, height: 1, ..line }));
        x += width;
    }
    placed
}

/// Number of rows of a window to choose from, if there is room.
const CHOOSE: usize = 16;

/// Number of rows of the window with a plan, if there is room.
const PLAN: usize = 30;

/// The place of the topmost overlay: its frame, centred on the screen.
pub fn overlay_place(screen: &Screen) -> Rect {
    let (width, height) = screen.size;
    let columns = overlay::width(width);
    let most = height.saturating_sub(4).max(3);
    let lines = screen.overlays.last().map_or(0, |overlay| match overlay.kind {
        // These are searched: a frame that shrinks with each letter would jump.
        Kind::Palette | Kind::Find(..) | Kind::Help | Kind::Inspect | Kind::Activity | Kind::Checkup => {
            usize::from(most)
        }
        // These fill over time: a frame that grows would jump.
        Kind::Choose(_) => CHOOSE,
        Kind::Plan(_) => PLAN,
        Kind::Confirm(..) => overlay.lines.len() + 7,
        Kind::Ask(_) | Kind::SnapshotName | Kind::Revert(_) | Kind::Quit => overlay.lines.len() + 6,
        Kind::Actions | Kind::Pane(..) | Kind::Environments | Kind::Message | Kind::Code | Kind::SignIn => {
            overlay.lines.len() + 4
        }
    });
    let rows = (lines as u16).clamp(5.min(most), most);
    Rect::new((width - columns) / 2, (height.saturating_sub(rows)) / 2, columns, rows.min(height))
}

/// Splits an area into this many rows and the rest.
pub fn split_rows(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    (Rect { height: rows, ..area }, Rect { y: area.y + rows, height: area.height - rows, ..area })
}

/// Splits an area into this many columns and the rest.
pub fn split_columns(area: Rect, columns: u16) -> (Rect, Rect) {
    let columns = columns.min(area.width);
    (Rect { width: columns, ..area }, Rect { x: area.x + columns, width: area.width - columns, ..area })
}

/// Shows one block at a time, below a strip with the titles of all.
pub fn tabbed_blocks(app: &App, area: Rect, layout: &mut Layout) {
    let (view, focused) = (app.view(), app.focused());
    let (strip, rest) = split_rows(area, 1);
    layout.strip = Some(strip);
    let shown = if view.takes_focus(focused) { focused } else { view.blocks[0].block };
    layout.blocks = vec![(shown, rest)];
}

/// Number of rows of the databases. Until they were read, a cluster, a writer and a reader are assumed for each
/// configured database.
pub fn database_rows(app: &App) -> u16 {
    let estate = &app.estate;
    let seen = estate.derived.databases.iter().map(|row| 1 + row.database.members.len()).sum::<usize>();
    let read = seen > 0 && estate.db_clusters.at().is_some() && estate.db_instances.at().is_some();
    let rows = if read { seen } else { seen.max(3 * app.environment.databases.len()) };
    rows.max(1) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{read, world};
    use crate::app::{Pane, Table};
    use crate::panes::table::TABLE;
    use std::collections::BTreeSet;

    /// A table of this many panes.
    fn many(count: usize) -> &'static Table {
        const TITLES: [&str; 12] = [
            "Overview",
            "Services",
            "Logs",
            "Database",
            "Infra",
            "Tunnel",
            "Query",
            "Exec",
            "Parameters",
            "Cost",
            "Alarms",
            "Timeline",
        ];
        const KEYS: [&str; 12] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "A", "B"];
        let first = TABLE.panes[0];
        let pane = |n: usize| -> &'static Pane {
            Box::leak(Box::new(Pane {
                id: crate::app::command::PaneId(TITLES[n]),
                title: TITLES[n],
                key: KEYS[n],
                doc: "",
                heading: "",
                commands: &[],
                in_lists: &[],
                actions: &[],
                views: first.views,
                view: first.view,
                hooks: crate::app::Hooks::NONE,
            }))
        };
        let panes: Vec<&'static Pane> = (0..count).map(pane).collect();
        Box::leak(Box::new(Table { panes: Box::leak(panes.into_boxed_slice()), commands: TABLE.commands }))
    }

    #[test]
    fn tab_of_the_shown_pane_is_visible_and_no_tab_is_cut() {
        let mut app = read(&world(1, 1));
        app.table = many(12);
        for columns in [60, 80, 120, 200] {
            app.screen.size = (columns, 24);
            let line = Rect::new(0, 1, columns, 1);
            let mut seen = BTreeSet::new();
            for pane in app.table.tabs() {
                app.screen.pane = pane.id;
                let placed = tabs(&app, line);
                assert!(placed.iter().any(|(tab, _)| tab.id == pane.id), "{} at {columns}", pane.title);
                for (tab, place) in &placed {
                    let is_uncut = [3, 4].contains(&(usize::from(place.width) - tab.title.len()));
                    assert!(place.right() <= columns && is_uncut, "{} at {columns}", tab.title);
                    seen.insert(tab.id);
                }
                assert!(placed.windows(2).all(|pair| pair[0].1.right() == pair[1].1.x));
            }
            assert_eq!(seen.len(), 12, "each is seen at {columns}");
        }
        app.screen.pane = app.table.panes[0].id;
        assert_eq!(tabs(&app, Rect::new(0, 1, 200, 1)).len(), 12, "all fit where there is room");
    }
}
