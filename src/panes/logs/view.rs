//! Drawing of the logs: a histogram over time, lines, and gaps. One row for each line, or several if long lines are wrapped.

use super::histogram_view::histogram;
use super::insights_result_view;
use super::layout::histogram_rows;
use super::lines_view::draw_lines;
use super::state::{INSIGHTS_RESULT, LINES, State};
use crate::app::data_status::failure_lines;
use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::model::{Health, Source, text, time};
use crate::ui::canvas::Canvas;
use crate::ui::widgets::frame as frames;
use jiff::SignedDuration;
use log_store::Level;
use ratatui::layout::Rect;

/// Draws nothing: the pane has no summary.
pub fn summary(_: &mut Canvas<'_, '_>, _: Rect) {}

/// Draws one block.
pub fn draw(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect, data_status: &DataStatus) {
    let logs = &canvas.app.panes.logs;
    if let Some(found) = logs.table.as_ref().filter(|_| block == INSIGHTS_RESULT) {
        insights_result_view::draw(canvas, place, data_status, found);
        return;
    }
    let title = title(logs);
    let inside = frames::block(canvas, LINES, &title, place, data_status);
    if inside.width < 20 || inside.height < 1 {
        return;
    }
    status(canvas, place);
    let rows = histogram_rows(place);
    if rows > 0 {
        histogram(canvas, Rect { x: inside.x + 1, width: inside.width - 2, height: rows, ..inside });
    }
    let header = u16::from(!logs.columns.is_empty()).min(inside.height - rows);
    let lines = Rect { y: inside.y + rows + header, height: inside.height - rows - header, ..inside };
    if logs.window.is_empty() {
        frames::message(canvas, lines, &empty(canvas));
        return;
    }
    draw_lines(canvas, lines, header > 0);
    scroll_bar(canvas, place, lines);
}

/// The title in the frame: which lines are shown.
fn title(logs: &State) -> String {
    let mut parts = Vec::new();
    if logs.level != Level::None {
        parts.push(format!("≥{}", logs.level.name()));
    }
    if !logs.filter.is_empty() {
        parts.push(format!("&{}", logs.filter));
    }
    if !logs.search.is_empty() {
        let count = logs.matches.as_ref().map_or(0, log_store::View::len);
        let more = if logs.matches.as_ref().is_some_and(|found| found.unexamined() > 0) { "+" } else { "" };
        parts.push(format!("/{} ({count}{more})", logs.search));
    }
    if !logs.muted.is_empty() {
        parts.push(format!("{} muted", logs.muted.len()));
    }
    if !logs.hidden.is_empty() {
        parts.push(format!("{} hidden", logs.hidden.len()));
    }
    if logs.live.on {
        parts.push("LIVE".to_owned());
    }
    if let Some(path) = &logs.tee {
        parts.push(format!("→{path}"));
    }
    parts.join(" ")
}

/// Draws the read status at the left of the lower border, and whether new lines are followed at the right.
fn status(canvas: &mut Canvas<'_, '_>, place: Rect) {
    let theme = canvas.theme;
    let app = canvas.app;
    let logs = &app.panes.logs;
    let (x, y) = (place.x + 2, place.bottom() - 1);
    let room = place.width.saturating_sub(4);
    let follow = if logs.follow {
        (" following ".to_owned(), theme.healthy)
    } else if logs.new_lines > 0 {
        (format!(" {} new ↓ f follows ", logs.new_lines), theme.degraded)
    } else {
        (" not following: f ".to_owned(), theme.dim)
    };
    let used = canvas.put_right(place.right() - 2, y, room, &follow.0, follow.1);
    let room = room.saturating_sub(used + 1);
    let states = logs.states(app.now);
    let failing = states.iter().find_map(|state| Some((state, state.failure.as_ref()?)));
    let behind = states.iter().map(|state| state.behind).max().unwrap_or(0);
    let rate: f64 = states.iter().map(|state| state.rate).sum();
    let (wrong, style) = if let Some(error) = &logs.filter_error {
        (format!("✖ filter: {} (at character {})", error.what, error.at + 1), theme.down)
    } else if let Some(error) = &logs.search_error {
        (format!("✖ search: {error}"), theme.down)
    } else if let Some(part) = logs.older_read_progress() {
        (format!("◐ reading older lines {:.0} %", part * 100.0), theme.changing)
    } else if let Some(running) = &logs.insights.running {
        (format!("◐ Insights is searching: {} (Esc stops it)", running.name), theme.changing)
    } else if let Some((state, failure)) = failing {
        let retry = state.retry.map_or(0, |retry| (retry - app.now.as_millisecond()).max(0) / 1_000);
        (format!("✖ {}: next try in {retry} s · {failure}", state.group), theme.down)
    } else if let Some((missing, _)) = logs.sources.failed().next() {
        (format!("✖ groups may be missing: {}", missing.describe()), theme.down)
    } else if behind > 5_000 {
        let late = time::short(SignedDuration::from_millis(behind));
        (format!("▲ {late} behind: waiting for AWS, which takes 10 requests a second for all groups"), theme.degraded)
    } else {
        (String::new(), theme.dim)
    };
    let shown = logs.view.len();
    let total = logs.store.len();
    let lines = text::pluralize(total, "line");
    let count = if shown == total { lines } else { format!("{shown} of {lines}") };
    let evicted = match logs.store.evicted() {
        0 => String::new(),
        n => format!(", {n} fell out"),
    };
    let counts = format!("{count}{evicted}, {rate:.1}/s, {}", text::pluralize(states.len(), "group"));
    if wrong.is_empty() {
        canvas.put_cut(x, y, room, &format!(" {counts} "), theme.dim);
    } else {
        canvas.put_cut(x, y, room, &format!(" {wrong} · {counts} "), style);
    }
}

/// The message if no lines are shown.
fn empty(canvas: &Canvas<'_, '_>) -> Vec<(Health, String)> {
    let app = canvas.app;
    let logs = &app.panes.logs;
    if !logs.store.is_empty() {
        return vec![
            (Health::Stopped, format!("none of {} lines passes", logs.store.len())),
            (Health::Stopped, "Esc shows all again; u searches the past with Insights".to_owned()),
        ];
    }
    let states = logs.states(app.now);
    if let Some((state, failure)) = states.iter().find_map(|state| Some((state, state.failure.as_ref()?))) {
        return vec![
            (Health::Down, format!("{}: {failure}", state.group)),
            (Health::Stopped, failure.hint().to_owned()),
        ];
    }
    if app.environment.cluster.is_none() {
        return vec![
            (Health::Stopped, "not configured".to_owned()),
            (Health::Stopped, "logs are those of services: set `cluster` of the environment".to_owned()),
        ];
    }
    if let Some((missing, failure)) = logs.sources.failed().next() {
        return vec![(Health::Down, missing.describe()), (Health::Stopped, failure.kind.hint().to_owned())];
    }
    if !logs.sources.elsewhere_notes.is_empty() && logs.sources.groups.is_empty() {
        return logs.sources.elsewhere_notes.iter().map(|said| (Health::Unknown, said.clone())).collect();
    }
    if states.is_empty() {
        // Nothing is searched until the identity is known, and never in a wrong account.
        return match app.estate.identity.failure() {
            Some(failure) => failure_lines(app, Source::Identity, failure),
            None => vec![(Health::Stopped, "looking for the log groups of the services …".to_owned())],
        };
    }
    if states.iter().any(|state| state.covered <= app.service_now().as_millisecond() - 10_000) {
        return vec![(Health::Stopped, "reading the last 15 minutes …".to_owned())];
    }
    vec![(Health::Stopped, "no lines within the last 15 minutes: scrolling up reads older ones".to_owned())]
}

/// Draws the right border: the position of the window, and the matches of the search.
fn scroll_bar(canvas: &mut Canvas<'_, '_>, place: Rect, lines: Rect) {
    let theme = canvas.theme;
    let logs = &canvas.app.panes.logs;
    let (count, height) = (logs.view.len(), usize::from(lines.height));
    if count <= logs.height || height == 0 {
        return;
    }
    let x = place.right() - 1;
    if let Some(found) = &logs.matches {
        let marks = found.marks(&logs.view, &logs.store, height);
        for (y, marks) in (lines.y..lines.bottom()).zip(marks) {
            if marks > 0 {
                canvas.put(x, y, 1, "─", theme.degraded);
            }
        }
    }
    let size = (height * logs.height / count).clamp(1, height);
    let most = count - logs.height.min(count);
    let start = ((height - size) * logs.offset.min(most)).checked_div(most).unwrap_or(0);
    for y in 0..size {
        canvas.put(x, lines.y + (start + y) as u16, 1, "┃", theme.border_focused);
    }
}
