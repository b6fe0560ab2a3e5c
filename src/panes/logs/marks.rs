//! Marked lines and muted patterns.

use super::state::{MAX_COPIED_BYTES, State};
use crate::app::App;
use crate::app::effect::Effect;
use crate::model::text;
use log_store::block::mark;
use log_store::{Pos, fields, parse, shape};

/// Maximum number of lines that one range mark covers.
const REACH: usize = 100_000;

/// Marks all shown lines between the nearest mark, above or else below, and the selected line.
pub fn mark_range(app: &mut App) {
    let logs = &mut app.panes.logs;
    let marked = |logs: &State, n: usize| logs.view.nth(&logs.store, n).is_some_and(|pos| is_marked(logs, pos));
    let here = logs.selected_index;
    let above = (here.saturating_sub(REACH)..here).rev().find(|n| marked(logs, *n));
    let from = above.or_else(|| (here + 1..logs.view.len().min(here + REACH)).find(|n| marked(logs, *n)));
    let Some(from) = from else {
        app.show_message("nothing is marked: m marks the line to begin with");
        return;
    };
    let range = from.min(here)..=from.max(here);
    let new: Vec<_> = range.filter(|n| !marked(logs, *n)).filter_map(|n| logs.view.nth(&logs.store, n)).collect();
    for pos in &new {
        logs.store.toggle_mark(*pos);
    }
    logs.view.update(&logs.store, usize::MAX);
    let count = text::pluralize(new.len(), "more line");
    app.show_message(format!("{count} marked: Ctrl-y copies, Ctrl-s writes them to a file"));
}

fn is_marked(logs: &State, pos: Pos) -> bool {
    logs.store.line(pos).is_some_and(|line| line.is(mark::MARKED))
}

/// All marked lines that pass the filter, not only those examined for the last frame.
pub fn marked(logs: &mut State) -> Vec<Pos> {
    logs.view.update(&logs.store, usize::MAX);
    let shown = (0..logs.view.len()).filter_map(|n| logs.view.nth(&logs.store, n));
    shown.filter(|pos| is_marked(logs, *pos)).collect()
}

/// Copies the marked lines, as many as a terminal accepts.
pub fn copy_marked(app: &mut App) -> Vec<Effect> {
    let marked_lines = marked(&mut app.panes.logs);
    let logs = &app.panes.logs;
    let (mut text, mut count) = (String::new(), 0);
    for line in marked_lines.iter().filter_map(|pos| logs.store.line(*pos)) {
        if text.len() + line.text.len() > MAX_COPIED_BYTES {
            break;
        }
        text.push_str(line.text);
        text.push('\n');
        count += 1;
    }
    if count == 0 {
        app.show_message(if marked_lines.is_empty() {
            "nothing is marked: m marks a line"
        } else {
            "the first marked line is too long to be copied"
        });
        return Vec::new();
    }
    let rest = marked_lines.len() - count;
    let more = if rest > 0 {
        format!("; {rest} more are too much for a terminal: Ctrl-s writes a file")
    } else {
        String::new()
    };
    app.show_message(format!("copied {}{more}", text::pluralize(count, "line")));
    vec![Effect::Copy(text)]
}

/// Marks or unmarks the selected line.
pub fn mark_line(app: &mut App) {
    let logs = &mut app.panes.logs;
    if let Some(pos) = logs.current() {
        logs.store.toggle_mark(pos);
        logs.view.update(&logs.store, usize::MAX);
    }
}

/// Hides all lines with the pattern of the selected one.
pub fn mute(app: &mut App) {
    let logs = &mut app.panes.logs;
    let Some(pos) = logs.current() else { return };
    let head = logs.store.head(pos);
    let Some(line) = logs.store.line(head).filter(|line| !line.is(mark::GAP | mark::SAMPLED)) else { return };
    let message = fields::message(line.text, line.kind).into_owned();
    let words = shape::describe(parse::strip_colour(&message).trim());
    logs.muted.push((shape::shape(&message), words.clone()));
    logs.show();
    app.show_message(format!("muted: {} (= shows all again)", text::cut_end(&text::sanitize(&words), 60)));
}

/// Shows all muted patterns again.
pub fn unmute(app: &mut App) {
    let count = app.panes.logs.muted.len();
    app.panes.logs.muted.clear();
    app.panes.logs.show();
    app.show_message(match count {
        0 => "nothing is muted".to_owned(),
        1 => "1 pattern is shown again".to_owned(),
        _ => format!("{count} patterns are shown again"),
    });
}
