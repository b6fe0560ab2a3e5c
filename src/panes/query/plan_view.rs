//! Drawing of a plan: figures at the left, the tree beside them; two plans in two halves.

use super::plan_tree::{Beside, Tree};
use super::state::RESULT;
use crate::model::sql::explain_table::Line;
use crate::ui::canvas::Canvas;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// Widths of a time and of a number of rows, in cells.
const TIME: u16 = 9;
const ROWS: u16 = 9;
/// Width of the bar for a node's share of the time, in cells.
const BAR: u16 = 4;

/// Draws the tree of a plan.
pub fn draw(canvas: &mut Canvas<'_, '_>, place: Rect, tree: &Tree) {
    let (lines, below) = super::layout::plan(place, tree);
    let head = Rect { height: 1, ..place };
    match &tree.beside {
        Some(beside) => two(canvas, head, lines, tree, beside),
        None => one(canvas, head, lines, tree),
    }
    let theme = canvas.theme;
    for ((y, text), number) in (below.y..below.bottom()).zip(tree.about()).zip(0..) {
        let style = if number == 0 { theme.strong } else { theme.dim };
        canvas.put_cut(below.x + 1, y, below.width.saturating_sub(2), &text, style);
    }
}

/// The style of a figure: coloured if it stands out, which the text after the node also says.
fn style(canvas: &Canvas<'_, '_>, stands_out: bool, tone: Style) -> Style {
    if stands_out { tone } else { canvas.theme.text }
}

fn mark(canvas: &mut Canvas<'_, '_>, place: Rect, y: u16, selected: bool) {
    if !selected {
        return;
    }
    let focused = canvas.app.focused() == RESULT;
    if focused {
        canvas.select(Rect { x: place.x + 1, y, width: place.width.saturating_sub(1), height: 1 });
    }
    let sign = if focused { canvas.theme.key } else { canvas.theme.marked };
    canvas.put(place.x, y, 1, "›", sign);
}

fn one(canvas: &mut Canvas<'_, '_>, head: Rect, place: Rect, tree: &Tree) {
    let theme = canvas.theme;
    let (x, end) = (place.x + 1, place.right());
    let ran = tree.plan.execution.is_some();
    let wide = place.width >= 96;
    let mut columns: Vec<(&str, u16)> = Vec::new();
    if wide || !ran {
        columns.push((if ran { "time" } else { "cost" }, TIME));
    }
    if ran {
        columns.push(("itself", TIME));
        columns.push(("", BAR));
        columns.push(("rows", ROWS));
    }
    if place.width >= 70 || !ran {
        columns.push(("estimated", ROWS));
    }
    let named = theme.dim.add_modifier(Modifier::UNDERLINED);
    let mut at = x;
    for (name, cells) in &columns {
        canvas.put_right(at + cells, head.y, *cells, name, named);
        at += cells + 1;
    }
    canvas.put(at + 1, head.y, end.saturating_sub(at + 1), "node", named);
    for (y, (number, line)) in (place.y..place.bottom()).zip(tree.lines.iter().enumerate().skip(tree.top)) {
        let slow = style(canvas, line.slowest, theme.down);
        let off = style(canvas, line.misestimated, theme.degraded);
        let mut at = x;
        for (name, cells) in &columns {
            let (text, style) = match *name {
                "time" | "cost" => (&line.time, theme.dim),
                "itself" => (&line.own, slow),
                "rows" => (&line.rows, off),
                "estimated" => (&line.estimated, if ran { off } else { theme.text }),
                _ => {
                    let full = (line.share * f64::from(*cells)).round().clamp(0.0, f64::from(*cells)) as usize;
                    canvas.put(at, y, *cells, &"█".repeat(full), if line.slowest { slow } else { theme.dim });
                    at += cells + 1;
                    continue;
                }
            };
            canvas.put_right(at + cells, y, *cells, text, style);
            at += cells + 1;
        }
        node(canvas, at + 1, y, end, line);
        mark(canvas, place, y, number == tree.at);
    }
}

/// Draws the node in its tree, followed by what stands out.
fn node(canvas: &mut Canvas<'_, '_>, x: u16, y: u16, end: u16, line: &Line) {
    let theme = canvas.theme;
    let marks = line.marks.join(", ");
    let tone = if line.slowest {
        theme.down
    } else if line.misestimated {
        theme.degraded
    } else {
        theme.dim
    };
    let room = end.saturating_sub(x + 1);
    // Keeps room for the marks beside a long name.
    let kept = if marks.is_empty() { 0 } else { (canvas.width(&marks) + 2).min(room / 2) };
    let used = canvas.put_cut(x, y, room - kept, &line.tree, theme.text);
    if kept > 0 {
        canvas.put_cut(x + used + 2, y, room.saturating_sub(used + 2), &marks, tone);
    }
}

fn two(canvas: &mut Canvas<'_, '_>, head: Rect, place: Rect, tree: &Tree, beside: &Beside) {
    let theme = canvas.theme;
    let half = place.width.saturating_sub(2) / 2;
    let right = place.x + 1 + half;
    canvas.put_cut(place.x + 1, head.y, half.saturating_sub(1), &beside.title, theme.strong);
    canvas.put(right, head.y, 1, "│", theme.border);
    canvas.put_cut(right + 2, head.y, half.saturating_sub(2), "this plan", theme.strong);
    let rows = (place.y..place.bottom()).zip(beside.lines.iter().enumerate().skip(tree.top));
    for (y, (number, (before, after))) in rows {
        for (x, end, line, other) in
            [(place.x + 1, right - 1, before, after), (right + 2, place.right().saturating_sub(1), after, before)]
        {
            let Some(line) = line else { continue };
            let figure = if line.own.is_empty() { &line.time } else { &line.own };
            let slow = style(canvas, line.slowest, theme.down);
            canvas.put_right(x + TIME, y, TIME, figure, slow);
            // A node that only one plan has is the difference.
            let only = if other.is_none() { theme.changing } else { theme.text };
            canvas.put_cut(x + TIME + 2, y, end.saturating_sub(x + TIME + 2), &line.tree, only);
        }
        canvas.put(right, y, 1, "│", theme.border);
        mark(canvas, place, y, number == tree.at);
    }
}
