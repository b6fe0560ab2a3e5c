//! Layout of the Overview.

use super::glance;
use super::glance_space::{
    ALL_BLOCKS_MIN_ROWS, attention_rows, glance_rows_below, has_time_line, list_rows, service_rows,
};
use super::state::{ATTENTION, DATABASE_CURVES, DATABASES, GLANCE, SERVICE_CURVES, SERVICES, TIMELINE};
use crate::app::App;
use crate::app::layout::{SMALLEST_BELOW, WIDE, database_rows, frame_rows, split_columns, split_rows, tabbed_blocks};
use crate::app::pane::Layout;
use crate::app::screen::Block;
use ratatui::layout::Rect;

/// Places the blocks.
pub fn layout(app: &App, area: Rect, layout: &mut Layout) {
    if area.height < ALL_BLOCKS_MIN_ROWS {
        tabbed_blocks(app, area, layout);
        return;
    }
    let (top, rest) = split_rows(area, attention_rows(area.height));
    let has_time_line = has_time_line(area.width, area.height);
    // Without room for the timeline, its newest event is shown at a glance, in rows that are always there.
    let lowest_height =
        if has_time_line { (area.height / 4).clamp(8, 14) } else { glance_rows_below(app, area.width, area.height) };
    let (rest, lowest) = split_rows(rest, rest.height.saturating_sub(lowest_height));
    let (services, databases) = if app.environment.databases.is_empty() {
        (rest, None)
    } else if app.environment.cluster.is_none() {
        (Rect { height: 0, ..rest }, Some(rest))
    } else if area.width >= WIDE {
        let (left, right) = split_columns(rest, area.width * 58 / 100);
        (left, Some(right))
    } else {
        let wanted = database_rows(app) + frame_rows(app, DATABASES);
        let (upper, lower) = split_rows(rest, rest.height.saturating_sub(wanted.min(rest.height / 2)));
        (upper, Some(lower))
    };
    layout.blocks = vec![(ATTENTION, top)];
    let lists = [
        (SERVICES, SERVICE_CURVES, service_rows(app), Some(services).filter(|it| it.height > 0)),
        (DATABASES, DATABASE_CURVES, Some(database_rows(app)), databases),
    ];
    let lists = lists.into_iter().filter_map(|(list, curves, rows, place)| Some((list, curves, rows, place?)));
    let lists: Vec<_> =
        lists.map(|(list, curves, rows, place)| (list, curves, list_rows(app, list, rows), place)).collect();
    // Below short lists, the curves of the selection are placed side by side at the same height.
    let highest = lists.iter().filter_map(|(_, _, wanted, place)| wanted.filter(|w| leaves(*w, place.height))).max();
    for (list, curves, wanted, place) in lists {
        if let Some(rows) = wanted.filter(|wanted| leaves(*wanted, place.height)).and(highest) {
            let (upper, lower) = split_rows(place, rows);
            let (glance, lower) = below_services(app, area, list, lower, SMALLEST_BELOW);
            layout.blocks.extend([(list, upper), (curves, lower)]);
            layout.blocks.extend(glance);
        } else {
            let (upper, lower) = split_rows(place, wanted.unwrap_or(place.height));
            let (glance, _) = below_services(app, area, list, lower, 0);
            match glance {
                Some(glance) => layout.blocks.extend([(list, upper), glance]),
                None => layout.blocks.push((list, place)),
            }
        }
    }
    if !has_time_line {
        layout.blocks.push((GLANCE, lowest));
    } else if area.width >= WIDE {
        let (left, right) = split_columns(lowest, area.width * 60 / 100);
        layout.blocks.extend([(TIMELINE, left), (GLANCE, right)]);
    } else {
        layout.blocks.push((TIMELINE, lowest));
    }
}

/// If there is no room beside the needs-attention list, places the glance block in the rows that the services leave free, as
/// many as it needs, but keeps `kept` rows. Returns the block and the remaining area.
fn below_services(app: &App, area: Rect, list: Block, free: Rect, kept: u16) -> (Option<(Block, Rect)>, Rect) {
    if !has_time_line(area.width, area.height) || area.width >= WIDE || list != SERVICES {
        return (None, free);
    }
    let rows = (glance::row_count(app).max(1) + frame_rows(app, GLANCE)).min(free.height.saturating_sub(kept));
    if rows <= frame_rows(app, GLANCE) {
        return (None, free);
    }
    let (glance, rest) = split_rows(free, if kept == 0 { free.height } else { rows });
    (Some((GLANCE, glance)), rest)
}

/// Whether a list of this height leaves room for another block below it.
fn leaves(wanted: u16, height: u16) -> bool {
    wanted + SMALLEST_BELOW <= height
}
