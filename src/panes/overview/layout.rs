//! Where the blocks of the Overview are.

use super::room::{SHORT, attention, below, has_time_line, service_rows, wanted};
use super::standing;
use super::state::{ATTENTION, DATABASE_CURVES, DATABASES, SERVICE_CURVES, SERVICES, STANDING, TIMELINE};
use crate::app::App;
use crate::app::layout::{SMALLEST_BELOW, WIDE, around, database_rows, one_of, split_columns, split_rows};
use crate::app::pane::Layout;
use crate::app::screen::Block;
use ratatui::layout::Rect;

/// Where the blocks are.
pub fn layout(app: &App, area: Rect, layout: &mut Layout) {
    if area.height < SHORT {
        one_of(app, area, layout);
        return;
    }
    let (top, rest) = split_rows(area, attention(area.height));
    let has_time_line = has_time_line(area.width, area.height);
    // Where the time line has no room, its newest is at a glance, in rows that are always there.
    let told = if has_time_line { (area.height / 4).clamp(8, 14) } else { below(app, area.width, area.height) };
    let (rest, lowest) = split_rows(rest, rest.height.saturating_sub(told));
    let (services, databases) = if app.environment.databases.is_empty() {
        (rest, None)
    } else if app.environment.cluster.is_none() {
        (Rect { height: 0, ..rest }, Some(rest))
    } else if area.width >= WIDE {
        let (left, right) = split_columns(rest, area.width * 58 / 100);
        (left, Some(right))
    } else {
        let wanted = database_rows(app) + around(app, DATABASES);
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
        lists.map(|(list, curves, rows, place)| (list, curves, wanted(app, list, rows), place)).collect();
    // Short lists leave room: the curves of what is selected stand below, side by side at one height.
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
        layout.blocks.push((STANDING, lowest));
    } else if area.width >= WIDE {
        let (left, right) = split_columns(lowest, area.width * 60 / 100);
        layout.blocks.extend([(TIMELINE, left), (STANDING, right)]);
    } else {
        layout.blocks.push((TIMELINE, lowest));
    }
}

/// Where there is no room beside what needs attention: rows that the services leave over, as far as they are needed and
/// `kept` rows stay; and what stays.
fn below_services(app: &App, area: Rect, list: Block, free: Rect, kept: u16) -> (Option<(Block, Rect)>, Rect) {
    if !has_time_line(area.width, area.height) || area.width >= WIDE || list != SERVICES {
        return (None, free);
    }
    let rows = (standing::rows(app).max(1) + around(app, STANDING)).min(free.height.saturating_sub(kept));
    if rows <= around(app, STANDING) {
        return (None, free);
    }
    let (glance, rest) = split_rows(free, if kept == 0 { free.height } else { rows });
    (Some((STANDING, glance)), rest)
}

/// Whether a list of this height leaves room for another block below it.
fn leaves(wanted: u16, height: u16) -> bool {
    wanted + SMALLEST_BELOW <= height
}
