//! Where the blocks of the Overview are.

use super::fold::{SHORT, has_time_line, kept};
use super::standing;
use super::state::{ATTENTION, DATABASE_CURVES, DATABASES, SERVICE_CURVES, SERVICES, STANDING, TIMELINE};
use crate::app::App;
use crate::app::layout::{SMALLEST_BELOW, WIDE, around, database_rows, one_of, split_columns, split_rows};
use crate::app::pane::Layout;
use crate::app::screen::Block;
use ratatui::layout::Rect;

/// A list has room for this many rows at least: a word about why it is empty needs them.
const LEAST_ROWS: u16 = 3;

/// Where the blocks are.
pub fn layout(app: &App, area: Rect, layout: &mut Layout) {
    if area.height < SHORT {
        one_of(app, area, layout);
        return;
    }
    // Fixed shares: nothing may jump under a hand when data arrives.
    let (top, rest) = split_rows(area, (area.height / 4).clamp(4, 9));
    let has_time_line = has_time_line(area.width, area.height);
    // Where the time line has no room, its newest is at a glance, in rows that are always there.
    let told = if has_time_line { (area.height / 4).clamp(8, 14) } else { kept(area.width) + around(app, STANDING) };
    let (rest, below) = split_rows(rest, rest.height.saturating_sub(told));
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
        layout.blocks.push((STANDING, below));
    } else if area.width >= WIDE {
        let (left, right) = split_columns(below, area.width * 60 / 100);
        layout.blocks.extend([(TIMELINE, left), (STANDING, right)]);
    } else {
        layout.blocks.push((TIMELINE, below));
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

/// The height of a list that shows all of its rows; none while it is not known how many there are.
fn wanted(app: &App, list: Block, rows: Option<u16>) -> Option<u16> {
    rows.map(|rows| rows.max(LEAST_ROWS) + around(app, list))
}

/// Whether a list of this height leaves room for another block below it.
fn leaves(wanted: u16, height: u16) -> bool {
    wanted + SMALLEST_BELOW <= height
}

/// Services that there are, or are configured.
fn service_rows(app: &App) -> Option<u16> {
    // Not while the first of many come in.
    let known = app.estate.services.at().map(|_| app.estate.derived.services.len());
    let known = known.or_else(|| app.environment.exact_services().map(<[String]>::len));
    known.map(|rows| u16::try_from(rows).unwrap_or(u16::MAX / 2))
}
