//! Handlers for keys of the Logs pane.

use super::layout::{histogram_rows, lines_rows};
use super::state::{Detail, ID, INITIAL_SPAN, LINES, State};
use super::windows;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Mouse;
use crate::app::layout::layout;
use crate::app::pane::Motion;
use crate::app::select;
use crate::app::subject::Subject;
use crate::app::update::mouse::WHEEL;
use crate::app::update::open::open_subject;
use crate::model::logs::Ms;
use log_store::Level;
use ratatui::layout::Rect;

/// Moves the selection; at the top, requests older lines.
pub fn step(app: &mut App, by: isize) {
    let logs = &mut app.panes.logs;
    if by < 0 && logs.selected_index == 0 && logs.store.span().is_some() {
        older(app);
        return;
    }
    let last = logs.view.len().saturating_sub(1);
    let place = logs.selected_index.saturating_add_signed(by);
    // Moving beyond the last line follows new lines.
    logs.select(if by > 0 && place >= last && by > last as isize { last + 1 } else { place.min(last) });
}

/// Moves by a page, or by a part of one.
pub fn page(app: &mut App, direction: isize, part: isize) {
    let rows = (app.panes.logs.height as isize / part).max(1);
    step(app, direction * rows);
}

/// Reads lines older than the first one.
pub fn older(app: &mut App) {
    let Some((first, last)) = app.panes.logs.store.span() else { return };
    // As long a span as is already here, at least a quarter of an hour.
    let span = (last - first).clamp(INITIAL_SPAN, 24 * 3_600_000);
    let text = match app.panes.logs.read_older(first - span, first - 1) {
        Ok(()) => "reading older lines (Esc stops)".to_owned(),
        Err(why) => why.to_owned(),
    };
    app.show_message(text);
}

/// Moves to the next or previous line that matches the search.
pub fn jump(app: &mut App, forward: bool) {
    let logs = &mut app.panes.logs;
    let Some(found) = &logs.matches else {
        app.show_message("there is no search: / starts one".to_owned());
        return;
    };
    let Some(pos) = logs.current() else { return };
    let rank = found.rank(&logs.store, pos);
    let here = found.nth(&logs.store, rank) == Some(pos);
    let count = found.len();
    if count == 0 {
        let more = if logs.store.evicted() > 0 { ", and older lines fell out" } else { "" };
        let text = format!("nothing here has {:?}{more}: u searches all of the past with Insights", logs.search);
        app.show_message(text);
        return;
    }
    let next = match (forward, here) {
        (true, true) => (rank + 1) % count,
        (true, false) => rank % count,
        (false, _) => (rank + count - 1) % count,
    };
    if let Some(pos) = found.nth(&logs.store, next) {
        let place = logs.view.rank(&logs.store, pos);
        logs.select(place);
    }
}

/// Moves to the next or previous bin of the histogram.
pub fn bin(app: &mut App, by: isize) {
    let logs = &mut app.panes.logs;
    let (from, to) = logs.span;
    let bins = logs.histogram.len();
    let Some(line) = logs.current().and_then(|pos| logs.store.line(pos)) else { return };
    if bins == 0 || to <= from {
        return;
    }
    let width = i128::from((to - from).max(1));
    let now = (i128::from(line.at - from) * bins as i128 / width) as usize;
    let mut next = now as isize;
    // Empty bins are skipped.
    loop {
        next += by;
        match usize::try_from(next).ok().and_then(|next| logs.histogram.get(next)) {
            None => return,
            Some(bin) if bin.total > 0 => break,
            Some(_) => {}
        }
    }
    let at = from + ((next as i128 * width + bins as i128 - 1) / bins as i128) as Ms;
    logs.seek(at);
}

/// Toggles whether the newest line is kept in view.
pub fn follow(app: &mut App) {
    let logs = &mut app.panes.logs;
    logs.select(if logs.follow { logs.selected_index } else { usize::MAX });
}

/// Switches to the next way of showing structured lines.
pub fn detail(app: &mut App) {
    let detail = &mut app.panes.logs.detail;
    *detail = match detail {
        Detail::Fields => Detail::Message,
        Detail::Message => Detail::Raw,
        Detail::Raw => Detail::Fields,
    };
}

/// Switches to the next minimum level.
pub fn level(app: &mut App) {
    let logs = &mut app.panes.logs;
    logs.level = match logs.level {
        Level::None | Level::Trace | Level::Debug => Level::Info,
        Level::Info => Level::Warn,
        Level::Warn => Level::Error,
        Level::Error | Level::Fatal => Level::None,
    };
    logs.show();
    let word = logs.level.name();
    app.show_message(if word.is_empty() { "all levels".to_owned() } else { format!("{word} and worse") });
}

/// Opens the task of the selected line.
pub fn to_task(app: &mut App) -> Vec<Effect> {
    let Some(line) = app.panes.logs.current().and_then(|pos| app.panes.logs.store.line(pos)) else { return Vec::new() };
    let (service, task) = (line.source.service.clone(), line.source.task.clone());
    if app.estate.service(&service).is_none() {
        app.show_message(format!("{service} is not a service of this environment"));
        return Vec::new();
    }
    if app.estate.task(&task).is_none() {
        app.show_message(format!("task {task} is no longer there: ECS keeps stopped tasks for an hour"));
        return open_subject(app, &Subject::Service(service));
    }
    open_subject(app, &Subject::Task(service, task))
}

/// Shows the lines of a service or a task selected elsewhere; of a stopped task, its last ones.
pub fn show_subject_lines(app: &mut App, service: Option<&str>, task: Option<&str>) -> Vec<Effect> {
    let filter = match (service, task) {
        (_, Some(task)) => format!("task:{task}"),
        (Some(service), None) => format!("service:{service}"),
        (None, None) => String::new(),
    };
    let stopped = task.and_then(|id| app.estate.task(id)).and_then(|task| task.stopped_at.or(task.stopping_at));
    app.screen.pane = ID;
    app.screen.overlays.clear();
    app.screen.zoom = false;
    app.panes.logs.open();
    // Leaves the Insights result, because lines were requested.
    app.panes.logs.shows_table = false;
    app.panes.logs.filter = filter;
    app.panes.logs.show();
    app.panes.logs.select(usize::MAX);
    if let Some(stopped) = stopped {
        let at = stopped.as_millisecond();
        let first = app.panes.logs.store.span().map_or(at, |(first, _)| first);
        // Output from before the stop may be older than the lines that are here.
        if first > at - 120_000 {
            let _ = app.panes.logs.read_older(at - 300_000, first.max(at + 10_000) - 1);
        }
    }
    app.plan()
}

/// Toggles the live tail.
pub fn live(app: &mut App) {
    let on = !app.panes.logs.live.on;
    let groups = app.panes.logs.sources.groups.len();
    if on && groups > 10 {
        app.show_message(format!("a live tail follows 10 groups at most, and there are {groups}"));
        return;
    }
    app.panes.logs.set_live(on, app.now, app.generation());
    // Source: the price list of CloudWatch.
    let notice = "live tail: $0.01 a minute beyond the 1,800 free minutes a month; 500 lines a second at most";
    app.note(false, if on { notice } else { "the live tail is off" });
    app.show_message(if on { notice.to_owned() } else { "the live tail is off".to_owned() });
}

/// The text that `y` copies.
pub fn copy_text(app: &App) -> Option<String> {
    app.panes.logs.current().map(|pos| app.panes.logs.store.event(pos))
}

/// `Esc`: cancels or clears the nearest thing that can be undone.
pub fn back(logs: &mut State) -> bool {
    if logs.older_read.take().is_some() || logs.stop_query() {
        return true;
    }
    if !logs.search.is_empty() {
        logs.search.clear();
        logs.update_search();
        return true;
    }
    if !logs.filter.is_empty() || logs.level != Level::None {
        logs.filter.clear();
        logs.level = Level::None;
        logs.show();
        return true;
    }
    false
}

/// Moves in the lines; returns whether they are shown.
pub fn moves(app: &mut App, motion: Motion) -> bool {
    let logs = &mut app.panes.logs;
    match motion {
        Motion::Left => logs.shift = logs.shift.saturating_sub(16),
        Motion::Right => logs.shift = (logs.shift + 16).min(1 << 18),
        Motion::Down => step(app, 1),
        Motion::Up => step(app, -1),
        Motion::First => step(app, isize::MIN / 2),
        Motion::Last => step(app, isize::MAX / 2),
        Motion::HalfDown => page(app, 1, 2),
        Motion::HalfUp => page(app, -1, 2),
        Motion::PageDown => page(app, 1, 1),
        Motion::PageUp => page(app, -1, 1),
        Motion::NextMatch => jump(app, true),
        Motion::PreviousMatch => jump(app, false),
    }
    true
}

/// Shows the lines of the selected or opened service or task.
pub fn show_selected_lines(app: &mut App) -> Vec<Effect> {
    let (opened, opened_task) = match (app.view().subject)(app) {
        Some(Subject::Service(name)) => (Some(name), None),
        Some(Subject::Task(service, task)) => (Some(service), Some(task)),
        Some(_) | None => (None, None),
    };
    let (service, task) = match select::subject(app) {
        Some(Subject::Service(name)) => (Some(name), None),
        Some(Subject::Task(service, task)) => (Some(service), Some(task)),
        Some(Subject::Container(task, _)) => (opened, Some(task)),
        Some(_) | None => (opened, opened_task),
    };
    show_subject_lines(app, service.as_deref(), task.as_deref())
}

/// Shows the complete event under the selection.
pub fn open_event(app: &mut App) -> Option<Vec<Effect>> {
    if let Some(overlay) = windows::event(app) {
        app.screen.overlays.push(overlay);
    }
    Some(Vec::new())
}

/// Scrolls by the wheel; a click selects a line, or opens the selected one.
pub fn mouse(app: &mut App, place: Rect, mouse: Mouse) -> Option<Vec<Effect>> {
    let row = match mouse {
        Mouse::Click(_, row) => row,
        Mouse::WheelUp(..) | Mouse::WheelDown(..) => {
            step(app, if matches!(mouse, Mouse::WheelUp(..)) { -WHEEL } else { WHEEL });
            return Some(app.plan());
        }
    };
    let logs = &mut app.panes.logs;
    let first = place.y + 1 + histogram_rows(place) + u16::from(!logs.columns.is_empty());
    // Wrapped lines take several rows, which only keys can tell apart.
    let key = row.checked_sub(first).and_then(|n| logs.drawn_keys.get(usize::from(n)).copied());
    let found = key.filter(|_| !logs.wrap).and_then(|key| logs.store.find(key));
    let Some(pos) = found else { return Some(Vec::new()) };
    let number = logs.view.rank(&logs.store, pos);
    if logs.selected_index == number && !logs.follow {
        return open_event(app);
    }
    logs.select(number);
    Some(Vec::new())
}

/// Shows the lines from a time on, of one service or of all.
pub fn shows(app: &mut App, subject: &Subject) -> Option<Vec<Effect>> {
    let Subject::Logs(service, at) = subject else { return None };
    show_subject_lines(app, service.as_deref(), None);
    app.panes.logs.moment = Some((at.as_millisecond(), false));
    to_moment(&mut app.panes.logs);
    Some(app.plan())
}

/// Jumps to the wanted time if its lines are here; otherwise requests them once.
fn to_moment(logs: &mut State) {
    let Some((at, asked)) = logs.moment else { return };
    let Some((first, _)) = logs.store.span() else { return };
    if at >= first || (asked && logs.older_read.is_none()) {
        logs.moment = None;
        logs.seek(at.max(first));
        return;
    }
    if !asked {
        // The lines right after that time matter most; newer ones can be reached by scrolling.
        let read = logs.read_older(at, first.min(at + MOMENT) - 1);
        logs.follow = false;
        logs.moment = read.is_ok().then_some((at, true));
    }
}

/// The span that is read from a requested time on, in milliseconds.
const MOMENT: i64 = 600_000;

/// Updates the lines in the window. On a paused screen they do not move; arriving lines are counted.
pub fn settle(app: &mut App) {
    let paused = app.screen.paused.is_some();
    let logs = &mut app.panes.logs;
    let was_held = std::mem::replace(&mut logs.was_paused, paused);
    if paused && !was_held && logs.follow {
        logs.select(logs.selected_index);
    }
    to_moment(&mut app.panes.logs);
    let placed = layout(app);
    if let Some((_, place)) = placed.blocks.iter().find(|(block, _)| *block == LINES) {
        let (height, bins) = lines_rows(*place, !app.panes.logs.columns.is_empty());
        app.redraw |= app.panes.logs.settle(height, bins, app.now);
    }
}
