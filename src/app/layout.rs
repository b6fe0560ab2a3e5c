//! Geometry: where each block is, for a size. Both the update (windows, clicks) and the view (frames)
//! ask here, so they cannot disagree.

use super::App;
use super::overlay::{self, Kind};
use super::screen::{Block, Screen, View};
use ratatui::layout::Rect;

/// From this many columns blocks stand side by side.
const WIDE: u16 = 100;
/// From this many rows all blocks of a service are shown at once.
const TALL: u16 = 28;

/// Below this many rows an operation's picture and its log are shown one at a time.
const LOWEST_OPERATION: u16 = 14;

/// Rows that are worth opening another block in.
const SMALLEST_BELOW: u16 = 9;

/// A list has room for this many rows at least: a word about why it is empty needs them.
const LEAST_ROWS: u16 = 3;

/// Below this many rows the blocks of the Overview are shown one at a time.
const SHORT: u16 = 16;

/// Where things are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Environment, account, identity, time.
    pub top: Rect,
    /// Panes.
    pub tabs: Rect,
    /// A line about the opened thing, and why it is as it is.
    pub summary: Option<Rect>,
    /// Titles of all blocks of the view, where only the focused one is shown.
    pub strip: Option<Rect>,
    /// The blocks that are shown.
    pub blocks: Vec<(Block, Rect)>,
    /// Keys.
    pub bottom: Rect,
}

/// Rows of the frame and titles around a block's rows.
fn around(block: Block) -> u16 {
    2 + u16::from(block.has_header())
}

/// The rows of a block that fit into its place.
pub fn rows_in(block: Block, place: Rect) -> usize {
    usize::from(place.height.saturating_sub(around(block)))
}

/// Where everything is now.
pub fn layout(app: &App) -> Layout {
    let (width, height) = app.screen.size;
    let line = |y: u16| Rect::new(0, y, width, 1);
    let view = app.screen.view();
    let mut layout =
        Layout { top: line(0), tabs: line(1), bottom: line(height.saturating_sub(1)), ..Layout::default() };
    let mut area = Rect::new(0, 2, width, height.saturating_sub(3));
    let summary = summary_rows(app, &view, area.height);
    if summary > 0 {
        let (head, rest) = split_rows(area, summary);
        layout.summary = Some(head);
        area = rest;
    }
    let focused = app.screen.focused();
    if app.screen.zoom {
        layout.blocks = vec![(focused, area)];
        return layout;
    }
    match view {
        View::Overview => overview(app, area, &mut layout),
        View::Services => layout.blocks = vec![(Block::Services, area)],
        View::Pane => layout.blocks = vec![(Block::Logs, area)],
        View::Service(_) if width >= WIDE && area.height >= TALL => service(area, &mut layout),
        View::Service(_) => one_of(view.blocks(), focused, area, &mut layout),
        View::Task(..) => {
            let containers = app.screen.list_of(Block::Containers).map_or(1, |list| list.total.max(1));
            let (upper, lower) = split_rows(area, (containers as u16 + around(Block::Containers)).min(area.height / 2));
            layout.blocks = vec![(Block::Containers, upper), (Block::TaskFacts, lower)];
        }
        View::Database => database(app, area, &mut layout),
        View::Operation(_) if area.height < LOWEST_OPERATION => {
            one_of(View::blocks(&view), focused, area, &mut layout);
        }
        View::Operation(_) => {
            let (picture, log) = split_rows(area, (area.height * 45 / 100).clamp(9, 18));
            layout.blocks = vec![(Block::Progress, picture), (Block::OperationLog, log)];
        }
    }
    layout
}

/// Rows of a window to choose from, where there is room.
const CHOOSE: usize = 16;

/// Rows of the window with a plan, where there is room.
const PLAN: usize = 30;

/// The place of the top overlay: its frame, in the middle of the screen.
pub fn overlay_place(screen: &Screen) -> Rect {
    let (width, height) = screen.size;
    let columns = overlay::width(width);
    let most = height.saturating_sub(4).max(3);
    let lines = screen.overlays.last().map_or(0, |overlay| match overlay.kind {
        // These are searched: a frame that shrinks with each letter would jump.
        Kind::Palette | Kind::Help | Kind::Inspect | Kind::Activity => usize::from(most),
        // These fill while one looks: a frame that grows would jump.
        Kind::Choose(_) => CHOOSE,
        Kind::Plan(_) => PLAN,
        Kind::Ask(_) | Kind::Revert(_) | Kind::Quit => overlay.lines.len() + 6,
        Kind::Actions | Kind::Pane(..) | Kind::Environments | Kind::Message => overlay.lines.len() + 4,
    });
    let rows = (lines as u16).clamp(5.min(most), most);
    Rect::new((width - columns) / 2, (height.saturating_sub(rows)) / 2, columns, rows.min(height))
}

/// Rows of the logs' histogram in a place of this height.
pub fn histogram_rows(place: Rect) -> u16 {
    match place.height {
        0..10 => 0,
        10..24 => 2,
        _ => 4,
    }
}

/// Lines of the logs that fit into their place, and bins of their histogram.
pub fn logs_rows(place: Rect, header: bool) -> (usize, usize) {
    let rows = place.height.saturating_sub(2 + histogram_rows(place) + u16::from(header));
    (usize::from(rows), usize::from(place.width.saturating_sub(4)))
}

fn split_rows(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    (Rect { height: rows, ..area }, Rect { y: area.y + rows, height: area.height - rows, ..area })
}

fn split_columns(area: Rect, columns: u16) -> (Rect, Rect) {
    let columns = columns.min(area.width);
    (Rect { width: columns, ..area }, Rect { x: area.x + columns, width: area.width - columns, ..area })
}

/// A line for the opened service or task, and one for each reason, as far as there is room.
fn summary_rows(app: &App, view: &View, height: u16) -> u16 {
    let reasons = match view {
        View::Service(name) => {
            let cells = usize::from(app.screen.size.0.saturating_sub(4));
            // A short screen has one block at a time, which keeps most of it.
            let most = if height >= TALL { 8 } else { (height / 4).max(3) };
            let told = super::tell::reasons(app, name, cells, usize::from(most) - 1);
            let lines: usize = told.iter().map(|(_, lines)| lines.len()).sum();
            return (1 + lines as u16).min(most);
        }
        View::Task(..) => 1,
        View::Overview | View::Services | View::Database | View::Pane => return 0,
        View::Operation(id) => {
            let cells = usize::from(app.screen.size.0.saturating_sub(4));
            let lines = app.operations.get(*id).map_or(1, |operation| super::tell::head(app, operation, cells).len());
            // The end of a long list of causes stands in the log.
            return (lines as u16).min(if height >= TALL { 8 } else { (height / 4).max(1) });
        }
    };
    (1 + reasons as u16).min(if height >= TALL { 5 } else { 3 })
}

fn one_of(blocks: &[Block], focused: Block, area: Rect, layout: &mut Layout) {
    let (strip, rest) = split_rows(area, 1);
    layout.strip = Some(strip);
    let shown = if blocks.contains(&focused) { focused } else { blocks[0] };
    layout.blocks = vec![(shown, rest)];
}

fn overview(app: &App, area: Rect, layout: &mut Layout) {
    if area.height < SHORT {
        one_of(View::Overview.blocks(), app.screen.focused(), area, layout);
        return;
    }
    // Fixed shares: nothing may jump under a hand when data arrives.
    let (top, rest) = split_rows(area, (area.height / 4).clamp(4, 9));
    let (services, databases) = if app.environment.databases.is_empty() {
        (rest, None)
    } else if app.environment.cluster.is_none() {
        (Rect { height: 0, ..rest }, Some(rest))
    } else if area.width >= WIDE {
        let (left, right) = split_columns(rest, area.width * 58 / 100);
        (left, Some(right))
    } else {
        let wanted = database_rows(app) + around(Block::OverviewDatabases);
        let (upper, lower) = split_rows(rest, rest.height.saturating_sub(wanted.min(rest.height / 2)));
        (upper, Some(lower))
    };
    layout.blocks = vec![(Block::Attention, top)];
    let lists = [
        (Block::OverviewServices, Block::ServiceCurves, service_rows(app), Some(services).filter(|it| it.height > 0)),
        (Block::OverviewDatabases, Block::DatabaseCurves, Some(database_rows(app)), databases),
    ];
    let lists = lists.into_iter().filter_map(|(list, curves, rows, place)| Some((list, curves, rows, place?)));
    let lists: Vec<_> = lists.map(|(list, curves, rows, place)| (list, curves, wanted(list, rows), place)).collect();
    // Short lists leave room: the curves of what is selected stand below, side by side at one height.
    let highest = lists.iter().filter_map(|(_, _, wanted, place)| wanted.filter(|w| leaves(*w, place.height))).max();
    for (list, curves, wanted, place) in lists {
        match wanted.filter(|wanted| leaves(*wanted, place.height)).and(highest) {
            Some(rows) => {
                let (upper, lower) = split_rows(place, rows);
                layout.blocks.extend([(list, upper), (curves, lower)]);
            }
            None => layout.blocks.push((list, place)),
        }
    }
}

/// The height of a list that shows all of its rows; none while it is not known how many there are.
fn wanted(list: Block, rows: Option<u16>) -> Option<u16> {
    rows.map(|rows| rows.max(LEAST_ROWS) + around(list))
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

/// Rows that the configured databases will have: a cluster and its writer and reader each, until
/// there are more.
fn database_rows(app: &App) -> u16 {
    let seen = app.estate.derived.databases.iter().map(|row| 1 + row.database.members.len()).sum::<usize>();
    seen.max(3 * app.environment.databases.len()).max(1) as u16
}

fn service(area: Rect, layout: &mut Layout) {
    // Tasks and events are what is read most: they get the left and wider side.
    let (left, right) = split_columns(area, area.width * 55 / 100);
    let (tasks, events) = split_rows(left, area.height * 55 / 100);
    let quarter = area.height / 4;
    let (deployments, rest) = split_rows(right, quarter.max(6));
    let (scaling, rest) = split_rows(rest, quarter.max(6));
    let (targets, curves) = split_rows(rest, (quarter * 3 / 4).max(5));
    layout.blocks = vec![
        (Block::Tasks, tasks),
        (Block::Deployments, deployments),
        (Block::Events, events),
        (Block::Scaling, scaling),
        (Block::Targets, targets),
        (Block::ServiceCurves, curves),
    ];
}

fn database(app: &App, area: Rect, layout: &mut Layout) {
    let rows = database_rows(app);
    if area.width < WIDE && area.height < TALL {
        let list = rows + around(Block::Databases);
        one_of(View::Database.blocks(), app.screen.focused(), area, layout);
        // A short list leaves room: what is behind it stands below it.
        if let Some((shown, place)) = layout.blocks.pop() {
            let below = if shown == Block::Databases { Block::DatabaseCurves } else { shown };
            if list + SMALLEST_BELOW <= place.height {
                let (upper, lower) = split_rows(place, list);
                layout.blocks = vec![(Block::Databases, upper), (below, lower)];
            } else {
                layout.blocks = vec![(shown, place)];
            }
        }
        return;
    }
    let (list, rest) = split_rows(area, (rows + around(Block::Databases)).min(area.height / 2).max(4));
    let (curves, facts) = if area.width >= WIDE {
        split_columns(rest, area.width * 62 / 100)
    } else {
        split_rows(rest, rest.height * 60 / 100)
    };
    layout.blocks = vec![(Block::Databases, list), (Block::DatabaseCurves, curves), (Block::DatabaseFacts, facts)];
}
