//! The logs: a histogram over time, lines, and what is missing. One line a row, or several where long
//! ones are broken.

use super::layout::histogram_rows;
use super::state::{Detail, LINES, State};
use crate::app::logs::sources::short_names;
use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::model::logs::Ms;
use crate::model::{Health, text, time};
use crate::ui::canvas::Canvas;
use crate::ui::widgets::frame as frames;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use log_store::block::mark;
use log_store::{Kind, Level, Line, fields, store};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use unicode_segmentation::UnicodeSegmentation;

/// Steps of a bar of one row.
const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// Colours of services' names, of the terminal's own: neither red nor yellow, which mean something.
const COLOURS: [Color; 6] =
    [Color::Cyan, Color::Magenta, Color::Green, Color::Blue, Color::LightCyan, Color::LightMagenta];
/// No chosen column is wider.
const WIDEST: u16 = 40;
/// More columns of a line are not looked at.
const LONGEST: usize = 4_000;

/// The lines above the blocks.
pub fn summary(_: &mut Canvas<'_, '_>, _: Rect) {}

/// The whole block.
pub fn draw(canvas: &mut Canvas<'_, '_>, _: Block, place: Rect, data_status: &DataStatus) {
    let logs = &canvas.app.panes.logs;
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

/// What is shown, for the frame.
fn title(logs: &State) -> String {
    let mut parts = Vec::new();
    if logs.level != Level::None {
        parts.push(format!("≥{}", logs.level.word()));
    }
    if !logs.filter.is_empty() {
        parts.push(format!("&{}", logs.filter));
    }
    if !logs.search.is_empty() {
        let count = logs.found.as_ref().map_or(0, log_store::View::len);
        let more = if logs.found.as_ref().is_some_and(|found| found.behind() > 0) { "+" } else { "" };
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

/// How the lines stand: in the lower frame at the left, whether they are followed at the right.
fn status(canvas: &mut Canvas<'_, '_>, place: Rect) {
    let theme = canvas.theme;
    let app = canvas.app;
    let logs = &app.panes.logs;
    let (x, y) = (place.x + 2, place.bottom() - 1);
    let room = place.width.saturating_sub(4);
    let follow = if logs.follow {
        (" following ".to_owned(), theme.healthy)
    } else if logs.news > 0 {
        (format!(" {} new ↓ f follows ", logs.news), theme.degraded)
    } else {
        (" held ".to_owned(), theme.dim)
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
    } else if let Some(part) = logs.past_part() {
        (format!("◐ reading older lines {:.0} %", part * 100.0), theme.changing)
    } else if let Some(running) = &logs.insights.running {
        (format!("◐ Insights is searching: {} (Esc stops it)", running.name), theme.changing)
    } else if let Some((state, failure)) = failing {
        let retry = state.retry.map_or(0, |retry| (retry - app.now.as_millisecond()).max(0) / 1_000);
        (format!("✖ {}: next try in {retry} s · {failure}", state.group), theme.down)
    } else if let Some((missing, _)) = logs.sources.failed().next() {
        (format!("✖ groups may be missing: {}", missing.words()), theme.down)
    } else if behind > 5_000 {
        let late = time::short(SignedDuration::from_millis(behind));
        (format!("▲ {late} behind: requests are limited to 10 a second for all groups"), theme.degraded)
    } else {
        (String::new(), theme.dim)
    };
    let shown = logs.view.len();
    let total = logs.store.len();
    let count = if shown == total { format!("{total} lines") } else { format!("{shown} of {total} lines") };
    let evicted = match logs.store.evicted() {
        0 => String::new(),
        n => format!(", {n} fell out"),
    };
    let counts = format!("{count}{evicted}, {rate:.1}/s, {} groups", states.len());
    if wrong.is_empty() {
        canvas.put_cut(x, y, room, &format!(" {counts} "), theme.dim);
    } else {
        canvas.put_cut(x, y, room, &format!(" {wrong} · {counts} "), style);
    }
}

/// Why there are no lines.
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
        return vec![(Health::Down, missing.words()), (Health::Stopped, failure.kind.hint().to_owned())];
    }
    if !logs.sources.elsewhere.is_empty() && logs.sources.groups.is_empty() {
        return logs.sources.elsewhere.iter().map(|said| (Health::Unknown, said.clone())).collect();
    }
    if states.is_empty() {
        return vec![(Health::Stopped, "looking for the log groups of the services …".to_owned())];
    }
    if states.iter().any(|state| state.covered <= app.service_now().as_millisecond() - 10_000) {
        return vec![(Health::Stopped, "reading the last 15 minutes …".to_owned())];
    }
    vec![(Health::Stopped, "no lines within the last 15 minutes: scrolling up reads older ones".to_owned())]
}

/// Bars of volume, errors in their colour, marks of deployments and alarms, and where one stands.
fn histogram(canvas: &mut Canvas<'_, '_>, place: Rect) {
    let theme = canvas.theme;
    let app = canvas.app;
    let logs = &app.panes.logs;
    let (from, to) = logs.span;
    let bins = &logs.histogram;
    if bins.is_empty() || to <= from {
        return;
    }
    let most = bins.iter().map(|bin| bin.all).max().unwrap_or(1).max(1);
    let bars = place.height - 1;
    let steps = u32::from(bars) * 8;
    for (x, bin) in (place.x..place.right()).zip(bins) {
        if bin.all == 0 {
            continue;
        }
        let level = (u64::from(bin.all) * u64::from(steps)).div_ceil(u64::from(most)) as u32;
        let style = if bin.errors > 0 {
            theme.down
        } else if bin.warnings > 0 {
            theme.degraded
        } else {
            theme.curve
        };
        for row in 0..bars {
            let here = level.saturating_sub(u32::from(row) * 8).min(8);
            if here > 0 {
                canvas.put(x, place.y + bars - 1 - row, 1, BARS[here as usize - 1], style);
            }
        }
    }
    // The axis: times at the ends, deployments and alarms, the selected line.
    let axis = place.y + place.height - 1;
    let zone = app.zone();
    let (left, right) = (clock(from, &zone, false), clock(to, &zone, false));
    canvas.put(place.x, axis, place.width, &left, theme.dim);
    canvas.put_right(place.right(), axis, place.width, &right, theme.dim);
    let column = |at: Ms| -> Option<u16> {
        let part = (at - from) as f64 / (to - from) as f64;
        (0.0..1.0).contains(&part).then(|| place.x + (part * f64::from(place.width)) as u16)
    };
    for service in app.estate.services.value().into_iter().flat_map(BTreeMap::values) {
        for deployment in &service.deployments {
            if let Some(x) = deployment.created_at.and_then(|at| column(at.as_millisecond())) {
                canvas.put(x, axis, 1, "◆", theme.changing);
            }
        }
    }
    for alarm in app.estate.alarms.value().into_iter().flatten() {
        if alarm.state == crate::model::AlarmState::Alarm
            && let Some(x) = alarm.since.and_then(|at| column(at.as_millisecond()))
        {
            canvas.put(x, axis, 1, "▲", theme.down);
        }
    }
    let selected = logs.current().and_then(|pos| logs.store.line(pos)).and_then(|line| column(line.at));
    if let Some(x) = selected {
        canvas.put(x, axis, 1, "│", theme.key);
    }
}

/// What a row needs that does not change from line to line.
struct Look<'a> {
    zone: TimeZone,
    names: HashMap<&'a str, &'a str>,
    width: u16,
    /// Cells of each chosen column.
    columns: Vec<u16>,
    coloured: bool,
}

/// Cells of the chosen columns: as wide as what is in them here, all of them at most half of the place.
fn column_widths(canvas: &Canvas<'_, '_>, place: Rect) -> Vec<u16> {
    let logs = &canvas.app.panes.logs;
    let lines: Vec<Line<'_>> = logs.window.iter().filter_map(|pos| logs.store.line(*pos)).collect();
    let most = (place.width / 2 / (logs.columns.len().max(1) as u16)).saturating_sub(1).min(WIDEST);
    let values = |column: &String| {
        let widths = lines.iter().filter_map(|line| fields::field(line.text, line.kind, column));
        widths.map(|value| canvas.width(&text::cut_end(&text::harmless(&value), 200))).max().unwrap_or(0)
    };
    let width = |column: &String| values(column).max(canvas.width(column)).max(3).min(most);
    logs.columns.iter().map(width).collect()
}

/// The names over the columns.
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

fn draw_lines(canvas: &mut Canvas<'_, '_>, place: Rect, named: bool) {
    let app = canvas.app;
    let logs = &app.panes.logs;
    let writers = logs.sources.groups.iter().flat_map(|group| group.writers.iter());
    let mut services: Vec<&str> = writers.map(|writer| writer.service.as_str()).collect();
    // Gaps carry the name of their group, which is none of a service.
    services
        .extend(logs.store.streams().map(|(_, source, _)| source.service.as_str()).filter(|name| !name.contains('/')));
    let names: HashMap<&str, &str> = short_names(services.iter().copied()).into_iter().collect();
    let longest = names.values().map(|name| canvas.width(name)).max().unwrap_or(3);
    let look = Look {
        zone: app.zone(),
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
                if logs.offset + n == logs.place {
                    canvas.select(row);
                }
            }
        }
        return;
    }
    // Broken lines: from the selected one backwards as far as there is room, then what follows.
    let at = logs.place.saturating_sub(logs.offset).min(logs.window.len() - 1);
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

/// Cells of time, service and level.
fn head_width(look: &Look<'_>, place: Rect) -> u16 {
    let time = if place.width >= 100 { 12 } else { 8 };
    1 + time + 1 + look.width + 1 + 6
}

/// Time, service, level and the chosen columns; the cells that they take.
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
    x += canvas.put(x, y, 13, &clock(line.at, &look.zone, wide), theme.dim) + 1;
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
            let shown = text::harmless(&value);
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

/// Whether a field says that a request failed.
fn fails(key: &str, value: &str) -> bool {
    key.to_lowercase().contains("status") && value.starts_with('5')
}

/// The text of a line in differently styled pieces.
fn pieces<'a>(canvas: &Canvas<'_, '_>, line: &Line<'a>) -> Vec<(Cow<'a, str>, Style)> {
    let theme = canvas.theme;
    let logs = &canvas.app.panes.logs;
    let limit = |text: Cow<'a, str>| match text.char_indices().nth(LONGEST) {
        None => text,
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
    };
    if line.is(mark::GAP | mark::SAMPLED) {
        return vec![(Cow::Borrowed(line.text), theme.degraded.add_modifier(Modifier::BOLD))];
    }
    if line.kind == Kind::Plain || logs.detail == Detail::Raw {
        return coloured(limit(Cow::Borrowed(line.text)), theme.text, theme.key.fg.is_some());
    }
    let mut out = coloured(limit(fields::message(line.text, line.kind)), theme.text, theme.key.fg.is_some());
    if logs.detail == Detail::Fields {
        let rest = fields::rest(line.text, line.kind).into_iter().filter(|(key, _)| !logs.columns.contains(key));
        for (key, value) in rest.take(16) {
            out.push((Cow::Owned(format!("  {key}=")), theme.dim));
            let value = text::cut_end(&value, 80).into_owned();
            let style = if fails(&key, &value) { theme.down } else { theme.dim };
            out.push((Cow::Owned(value), style));
        }
    }
    out
}

/// A text in the colours that its program gave it: those of SGR sequences; what else is in it is shown.
fn coloured(text: Cow<'_, str>, base: Style, colours: bool) -> Vec<(Cow<'_, str>, Style)> {
    if !text.contains('\u{1b}') {
        return vec![(text, base)];
    }
    let mut out = Vec::new();
    let mut style = base;
    let mut rest: &str = &text;
    while let Some(at) = rest.find("\u{1b}[") {
        let after = &rest[at + 2..];
        let end = after.find(|c: char| !(c.is_ascii_digit() || c == ';')).unwrap_or(after.len());
        if !after[end..].starts_with('m') {
            out.push((Cow::Owned(rest[..at + 2].to_owned()), style));
            rest = after;
            continue;
        }
        out.push((Cow::Owned(rest[..at].to_owned()), style));
        if colours {
            style = sgr(style, base, &after[..end]);
        }
        rest = &after[end + 1..];
    }
    out.push((Cow::Owned(rest.to_owned()), style));
    out
}

fn sgr(mut style: Style, base: Style, codes: &str) -> Style {
    for code in codes.split(';') {
        style = match code.parse().unwrap_or(0_u8) {
            0 => base,
            1 => style.add_modifier(Modifier::BOLD),
            2 => style.add_modifier(Modifier::DIM),
            22 => style.remove_modifier(Modifier::BOLD | Modifier::DIM),
            n @ 30..=37 => style.fg(Color::Indexed(n - 30)),
            39 => Style { fg: base.fg, ..style },
            n @ 90..=97 => style.fg(Color::Indexed(n - 82)),
            _ => style,
        };
    }
    style
}

/// The pieces with what is looked for marked in them.
fn marked<'a>(canvas: &Canvas<'_, '_>, pieces: Vec<(Cow<'a, str>, Style)>) -> Vec<(Cow<'a, str>, Style)> {
    let Some(needle) = canvas.app.panes.logs.needle() else { return pieces };
    let mut out = Vec::with_capacity(pieces.len());
    for (text, style) in pieces {
        let places = needle.places(&text, 64);
        let mut at = 0;
        for place in places {
            out.push((Cow::Owned(text[at..place.start].to_owned()), style));
            out.push((Cow::Owned(text[place.clone()].to_owned()), style.add_modifier(Modifier::REVERSED)));
            at = place.end;
        }
        if at == 0 {
            out.push((text, style));
        } else {
            out.push((Cow::Owned(text[at..].to_owned()), style));
        }
    }
    out
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
        let shown = text::harmless(&text);
        let shown = passed(&shown, &mut skip);
        x += canvas.put(x, place.y, end - x, shown, style);
    }
}

/// The text after so many cells.
fn passed<'a>(text: &'a str, skip: &mut usize) -> &'a str {
    for (at, grapheme) in text.grapheme_indices(true) {
        if *skip == 0 {
            return &text[at..];
        }
        *skip = skip.saturating_sub(text::width(grapheme).max(1));
    }
    ""
}

/// Rows that a broken line takes, at most a third of the place.
fn height_of(canvas: &Canvas<'_, '_>, look: &Look<'_>, line: &Line<'_>, place: Rect) -> u16 {
    let columns: u16 = look.columns.iter().map(|width| width + 1).sum();
    let room = usize::from(place.width.saturating_sub(head_width(look, place) + columns).max(10));
    let cells: usize = pieces(canvas, line).iter().map(|(piece, _)| text::width(&text::harmless(piece))).sum();
    (cells.div_ceil(room).max(1) as u16).min((place.height / 3).max(1))
}

fn wrapped(canvas: &mut Canvas<'_, '_>, look: &Look<'_>, line: &Line<'_>, place: Rect) {
    let used = head(canvas, look, line, Rect { height: 1, ..place });
    let left = place.x + used;
    let (mut x, mut y) = (left, place.y);
    for (piece, style) in marked(canvas, pieces(canvas, line)) {
        let shown = text::harmless(&piece).into_owned();
        let mut rest = shown.as_str();
        while !rest.is_empty() && y < place.bottom() {
            let room = place.right().saturating_sub(x);
            let drawn = canvas.put(x, y, room, rest, style);
            let mut skip = usize::from(drawn);
            let after = if drawn == 0 { rest } else { passed(rest, &mut skip) };
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

/// The right border: where the window stands, and where what is looked for is.
fn scroll_bar(canvas: &mut Canvas<'_, '_>, place: Rect, lines: Rect) {
    let theme = canvas.theme;
    let logs = &canvas.app.panes.logs;
    let (count, height) = (logs.view.len(), usize::from(lines.height));
    if count <= logs.height || height == 0 {
        return;
    }
    let x = place.right() - 1;
    if let Some(found) = &logs.found {
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

fn clock(at: Ms, zone: &TimeZone, milliseconds: bool) -> String {
    let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone());
    at.strftime(if milliseconds { "%H:%M:%S%.3f" } else { "%H:%M:%S" }).to_string()
}
