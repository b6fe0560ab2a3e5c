//! Drawing of log lines: one row each, or several rows if long lines are wrapped.

use super::pieces_view::{after_cells, fails, marked, pieces};
use crate::app::logs::sources::short_names;
use crate::model::logs::Ms;
use crate::model::text;
use crate::ui::canvas::Canvas;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use log_store::block::mark;
use log_store::{Kind, Level, Line, fields, store};
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use std::collections::HashMap;

/// Colours of service names, from the terminal's own palette; without red and yellow, which have a meaning.
const COLOURS: [Color; 6] =
    [Color::Cyan, Color::Magenta, Color::Green, Color::Blue, Color::LightCyan, Color::LightMagenta];

/// Maximum width of a chosen column.
const WIDEST: u16 = 40;

/// The layout that all drawn lines share.
struct Look<'a> {
    zone: TimeZone,
    /// Whether times include the date, because lines of another day than today are shown.
    dated: bool,
    names: HashMap<&'a str, &'a str>,
    width: u16,
    /// Widths of the chosen columns.
    columns: Vec<u16>,
    coloured: bool,
}

/// Widths of the chosen columns: as wide as their visible values, together at most half of the area.
fn column_widths(canvas: &Canvas<'_, '_>, place: Rect) -> Vec<u16> {
    let logs = &canvas.app.panes.logs;
    let lines: Vec<Line<'_>> = logs.window.iter().filter_map(|pos| logs.store.line(*pos)).collect();
    let most = (place.width / 2 / (logs.columns.len().max(1) as u16)).saturating_sub(1).min(WIDEST);
    let values = |column: &String| {
        let widths = lines.iter().filter_map(|line| fields::field(line.text, line.kind, column));
        widths.map(|value| canvas.width(&text::cut_end(&text::sanitize(&value), 200))).max().unwrap_or(0)
    };
    let width = |column: &String| values(column).max(canvas.width(column)).max(3).min(most);
    logs.columns.iter().map(width).collect()
}

/// Draws the column names.
fn header(canvas: &mut Canvas<'_, '_>, look: &Look<'_>, place: Rect) {
    let theme = canvas.theme;
    let columns = &canvas.app.panes.logs.columns;
    let mut x = place.x + head_width(look, place);
    for (name, width) in columns.iter().zip(&look.columns) {
        let room = place.right().saturating_sub(x).min(*width);
        canvas.put(x, place.y, room, &text::cut_start(name, usize::from(room)), theme.dim);
        x += width + 1;
    }
}

pub(super) fn draw_lines(canvas: &mut Canvas<'_, '_>, place: Rect, named: bool) {
    let app = canvas.app;
    let logs = &app.panes.logs;
    let writers = logs.sources.groups.iter().flat_map(|group| group.writers.iter());
    let mut services: Vec<&str> = writers.map(|writer| writer.service.as_str()).collect();
    // Gaps carry the name of their group in place of a service.
    services
        .extend(logs.store.streams().map(|(_, source, _)| source.service.as_str()).filter(|name| !name.contains('/')));
    let names: HashMap<&str, &str> = short_names(services.iter().copied()).into_iter().collect();
    let longest = names.values().map(|name| canvas.width(name)).max().unwrap_or(3);
    let zone = app.zone();
    let look = Look {
        dated: are_of_other_days(canvas, &zone),
        zone,
        width: longest.min(place.width / 6).max(3),
        names,
        columns: column_widths(canvas, place),
        coloured: canvas.theme.key.fg.is_some(),
    };
    if named {
        header(canvas, &look, Rect { y: place.y - 1, height: 1, ..place });
    }
    if !logs.wrap {
        for (n, (y, pos)) in (place.y..place.bottom()).zip(&logs.window).enumerate() {
            if let Some(line) = logs.store.line(*pos) {
                let row = Rect { y, height: 1, ..place };
                row_of(canvas, &look, &line, row, logs.shift);
                if logs.offset + n == logs.selected_index {
                    canvas.select(row);
                }
            }
        }
        return;
    }
    // With wrapped lines, rows are filled from the selected line upwards, then downwards.
    let at = logs.selected_index.saturating_sub(logs.offset).min(logs.window.len() - 1);
    let heights: Vec<u16> = logs
        .window
        .iter()
        .map(|pos| logs.store.line(*pos).map_or(1, |line| height_of(canvas, &look, &line, place)))
        .collect();
    let mut first = at;
    let mut used = heights[at];
    while first > 0 && used + heights[first - 1] <= place.height {
        first -= 1;
        used += heights[first];
    }
    let mut y = place.y;
    for (n, (pos, rows)) in logs.window.iter().zip(&heights).enumerate().skip(first) {
        if y >= place.bottom() {
            break;
        }
        if let Some(line) = logs.store.line(*pos) {
            let rows = (*rows).min(place.bottom() - y);
            wrapped(canvas, &look, &line, Rect { y, height: rows, ..place });
            if n == at {
                canvas.select(Rect { y, height: rows, ..place });
            }
            y += rows;
        }
    }
}

/// Whether some lines in the window are not from today.
fn are_of_other_days(canvas: &Canvas<'_, '_>, zone: &TimeZone) -> bool {
    let logs = &canvas.app.panes.logs;
    let today = canvas.app.service_now().to_zoned(zone.clone()).date();
    let mut lines = logs.window.iter().filter_map(|pos| logs.store.line(*pos));
    lines.any(|line| zoned(line.at, zone).date() != today)
}

/// Width of time, service and level.
fn head_width(look: &Look<'_>, place: Rect) -> u16 {
    let time = if place.width >= 100 { 12 } else { 8 } + if look.dated { 6 } else { 0 };
    1 + time + 1 + look.width + 1 + 6
}

/// Draws time, service, level and the chosen columns; returns the cells used.
fn head(canvas: &mut Canvas<'_, '_>, look: &Look<'_>, line: &Line<'_>, place: Rect) -> u16 {
    let theme = canvas.theme;
    let (mut x, y) = (place.x + 1, place.y);
    let sign = if line.is(mark::MARKED) {
        ("◆", theme.key)
    } else if line.is(mark::LATE) {
        ("←", theme.changing)
    } else {
        (" ", theme.text)
    };
    canvas.put(place.x, y, 1, sign.0, sign.1);
    let wide = place.width >= 100;
    let mut time = clock(line.at, &look.zone, wide);
    if look.dated {
        time.insert_str(0, &zoned(line.at, &look.zone).strftime("%m-%d ").to_string());
    }
    x += canvas.put(x, y, 19, &time, theme.dim) + 1;
    let service = line.source.service.as_str();
    let short = look.names.get(service).copied().unwrap_or(service);
    let style = if look.coloured {
        let at = (store::hash(&[service.as_bytes()]) % COLOURS.len() as u64) as usize;
        Style::new().fg(COLOURS[at])
    } else {
        theme.text
    };
    let shown = text::cut_middle(short, usize::from(look.width));
    canvas.put(x, y, look.width, &shown, style);
    x += look.width + 1;
    let (word, style) = match line.level {
        Level::None => ("", theme.dim),
        Level::Trace => ("trace", theme.dim),
        Level::Debug => ("debug", theme.dim),
        Level::Info => ("info", theme.dim),
        Level::Warn => ("WARN", theme.degraded),
        Level::Error => ("ERROR", theme.down),
        Level::Fatal => ("FATAL", theme.down),
    };
    canvas.put(x, y, 5, word, style);
    x += 6;
    let plain = line.kind == Kind::Plain || line.is(mark::GAP | mark::SAMPLED);
    for (column, width) in canvas.app.panes.logs.columns.iter().zip(&look.columns) {
        let value = if plain { None } else { fields::field(line.text, line.kind, column) };
        if let Some(value) = value {
            let style = if fails(column, &value) { theme.down } else { theme.text };
            let shown = text::sanitize(&value);
            let room = place.right().saturating_sub(x).min(*width);
            if value.parse::<f64>().is_ok() {
                canvas.put_right(x + room, y, room, &shown, style);
            } else {
                canvas.put_cut(x, y, room, &shown, style);
            }
        }
        x += width + 1;
    }
    x - place.x
}

fn row_of(canvas: &mut Canvas<'_, '_>, look: &Look<'_>, line: &Line<'_>, place: Rect, shift: usize) {
    let used = head(canvas, look, line, place);
    let mut x = place.x + used;
    let end = place.right();
    let indent = if line.is(mark::CONTINUES) { "│ " } else { "" };
    x += canvas.put(x, place.y, end.saturating_sub(x), indent, canvas.theme.dim);
    let mut skip = shift;
    for (text, style) in marked(canvas, pieces(canvas, line)) {
        if x >= end {
            break;
        }
        let shown = text::sanitize(&text);
        let shown = after_cells(&shown, &mut skip);
        x += canvas.put(x, place.y, end - x, shown, style);
    }
}

/// Number of rows that a wrapped line takes, at most a third of the area.
fn height_of(canvas: &Canvas<'_, '_>, look: &Look<'_>, line: &Line<'_>, place: Rect) -> u16 {
    let columns: u16 = look.columns.iter().map(|width| width + 1).sum();
    let room = usize::from(place.width.saturating_sub(head_width(look, place) + columns).max(10));
    let cells: usize = pieces(canvas, line).iter().map(|(piece, _)| text::width(&text::sanitize(piece))).sum();
    (cells.div_ceil(room).max(1) as u16).min((place.height / 3).max(1))
}

fn wrapped(canvas: &mut Canvas<'_, '_>, look: &Look<'_>, line: &Line<'_>, place: Rect) {
    let used = head(canvas, look, line, Rect { height: 1, ..place });
    let left = place.x + used;
    let (mut x, mut y) = (left, place.y);
    for (piece, style) in marked(canvas, pieces(canvas, line)) {
        let shown = text::sanitize(&piece).into_owned();
        let mut rest = shown.as_str();
        while !rest.is_empty() && y < place.bottom() {
            let room = place.right().saturating_sub(x);
            let drawn = canvas.put(x, y, room, rest, style);
            let mut skip = usize::from(drawn);
            let after = if drawn == 0 { rest } else { after_cells(rest, &mut skip) };
            if after.is_empty() {
                x += drawn;
                break;
            }
            rest = after;
            (x, y) = (left, y + 1);
        }
        if x >= place.right() {
            (x, y) = (left, y + 1);
        }
    }
}

pub(super) fn clock(at: Ms, zone: &TimeZone, milliseconds: bool) -> String {
    zoned(at, zone).strftime(if milliseconds { "%H:%M:%S%.3f" } else { "%H:%M:%S" }).to_string()
}

fn zoned(at: Ms, zone: &TimeZone) -> Zoned {
    Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone())
}
