//! The frame of a block: title, count, filter and age at the top; trouble and list position at the bottom.

use crate::app::App;
use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::model::Health;
use crate::model::wrap::wrap;
use crate::ui::canvas::Canvas;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Draws the four borders of a frame.
pub fn borders(canvas: &mut Canvas<'_, '_>, place: Rect, style: Style) {
    if place.width < 2 || place.height < 2 {
        return;
    }
    let (right, bottom) = (place.right() - 1, place.bottom() - 1);
    let (wide, high) = (place.width - 2, place.height - 2);
    for y in [place.y, bottom] {
        canvas.fill(Rect::new(place.x + 1, y, wide, 1), "─", style);
    }
    for x in [place.x, right] {
        canvas.fill(Rect::new(x, place.y + 1, 1, high), "│", style);
    }
    for (x, y, corner) in [(place.x, place.y, "╭"), (right, place.y, "╮"), (place.x, bottom, "╰"), (right, bottom, "╯")]
    {
        canvas.fill(Rect::new(x, y, 1, 1), corner, style);
    }
}

/// The area inside a frame.
pub fn inside(place: Rect) -> Rect {
    Rect::new(
        place.x.saturating_add(1),
        place.y.saturating_add(1),
        place.width.saturating_sub(2),
        place.height.saturating_sub(2),
    )
}

/// Draws a block's frame and returns the area inside. `named` is the subject shown after the title.
pub fn block(canvas: &mut Canvas<'_, '_>, block: Block, named: &str, place: Rect, data_status: &DataStatus) -> Rect {
    let app = canvas.app;
    let theme = canvas.theme;
    let spec = app.spec(block);
    let focused = app.focused() == block && app.screen.overlays.is_empty();
    let border = if focused { theme.border_focused } else { theme.border };
    borders(canvas, place, border);
    if place.width < 8 || place.height < 2 {
        return inside(place);
    }
    let list = app.screen.list_of(block);
    let mut room = place.width - 4;
    let blank = spec.has_rows() && list.is_none_or(crate::app::list::List::is_empty);
    // The age is placed first, at the right: it must stay visible, while the title can be cut.
    let age = match (&data_status.age, data_status.loading && list.is_some_and(|list| !list.is_empty())) {
        (Some(age), _) if !blank => Some((age.as_str(), theme.degraded)),
        (None, true) => Some(("reading …", theme.dim)),
        (Some(_), _) | (None, false) => None,
    };
    if let Some((age, style)) = age {
        let text = format!(" {age} ");
        room -= canvas.put_right(place.right() - 2, place.y, room, &text, style);
    }
    let title = if focused { theme.strong.patch(theme.border_focused) } else { theme.strong };
    let mut x = place.x + 2;
    let end = x + room;
    let mut add = |canvas: &mut Canvas<'_, '_>, text: &str, style: Style| {
        x += canvas.put_cut(x, place.y, end.saturating_sub(x), text, style);
    };
    add(canvas, &format!(" {} ", spec.title), title);
    if !named.is_empty() {
        add(canvas, &format!("{named} "), theme.text);
    }
    if let Some(list) = list.filter(|list| spec.has_rows() && list.total > 0) {
        let (shown, total) = (list.len(), list.total);
        let count = if list.filter.is_empty() {
            format!("({}) ", count(canvas.app, block))
        } else {
            format!("({shown} of {total}) ")
        };
        add(canvas, &count, theme.dim);
        if !list.filter.is_empty() {
            add(canvas, &format!("/{} ", list.filter), theme.key);
        }
    }
    let bottom = place.bottom() - 1;
    let mut room = place.width - 4;
    if let Some(list) = list.filter(|list| spec.has_rows() && list.len() > list.height && list.height > 0) {
        let text = format!(" {}/{} ", list.place() + 1, list.len());
        room -= canvas.put_right(place.right() - 2, bottom, room, &text, border);
        scrollbar(canvas, block, place, border);
    }
    // If the empty block has room and its message already includes the trouble, the frame does not repeat it.
    let is_in_message = |trouble: &(Health, String)| blank && place.height >= 8 && data_status.mentions(trouble);
    if let Some((health, text)) = data_status.trouble.as_ref().filter(|trouble| !is_in_message(trouble)) {
        let style = theme.health(*health);
        let text = format!(" {} {text} ", health.sign());
        canvas.put_cut(place.x + 2, bottom, room, &text, style);
    }
    inside(place)
}

/// Number of things that a block lists. The row of an instance counts with its database.
pub fn count(app: &App, block: Block) -> usize {
    let spec = app.spec(block);
    let Some(list) = app.screen.list_of(block).filter(|_| spec.has_rows()) else { return 0 };
    // While a filter is set, the total is shown instead.
    if list.filter.is_empty() && list.rows.len() == list.len() {
        list.rows.iter().filter(|key| (spec.is_entry)(key)).count()
    } else {
        list.total
    }
}

/// Draws a thicker piece of the right border at the window's position in the list.
fn scrollbar(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect, style: Style) {
    let Some(list) = canvas.app.screen.list_of(block) else { return };
    let first = place.y + 1 + u16::from(canvas.app.spec(block).header);
    let track = usize::from(place.bottom().saturating_sub(1).saturating_sub(first));
    let (rows, height) = (list.len(), list.height.min(list.len()));
    if track == 0 || rows == 0 {
        return;
    }
    let size = (track * height / rows).clamp(1, track);
    let most = rows - height;
    let start = ((track - size) * list.offset.min(most)).checked_div(most).unwrap_or(0);
    for y in 0..size {
        canvas.put(place.right() - 1, first + (start + y) as u16, 1, "┃", style);
    }
}

/// Draws the message of a block without rows, wrapped, with a sign before its first line. If there is not enough room,
/// the hint stays complete and the longest of the other lines is cut.
pub fn message(canvas: &mut Canvas<'_, '_>, place: Rect, lines: &[(Health, String)]) {
    let mut y = place.y;
    let theme = canvas.theme;
    let wrapped = fitted(wrapped(lines, place.width), usize::from(place.height));
    for (number, (parts, (health, _))) in wrapped.into_iter().zip(lines).enumerate() {
        let loud = number == 0 && is_loud(*health);
        let indent = if loud { 2 } else { 0 };
        for (part, line) in parts.into_iter().enumerate() {
            if y >= place.bottom() {
                return;
            }
            if loud && part == 0 {
                canvas.put(place.x + 1, y, 1, health.sign(), theme.health(*health));
            }
            let style = if loud { theme.health(*health) } else { theme.dim };
            canvas.put(place.x + 1 + indent, y, place.width.saturating_sub(1 + indent), &line, style);
            y += 1;
        }
    }
}

fn is_loud(health: Health) -> bool {
    matches!(health, Health::Down | Health::Degraded | Health::Unknown | Health::Healthy)
}

/// Number of rows that the complete message needs.
pub fn message_rows(lines: &[(Health, String)], width: u16) -> usize {
    wrapped(lines, width).iter().map(Vec::len).sum()
}

fn wrapped(lines: &[(Health, String)], width: u16) -> Vec<Vec<String>> {
    let each = lines.iter().enumerate().map(|(number, (health, text))| {
        let indent = if number == 0 && is_loud(*health) { 2 } else { 0 };
        wrap(text, usize::from(width.saturating_sub(2 + indent)))
    });
    each.collect()
}

/// Shortens a message to `rows` rows.
fn fitted(mut lines: Vec<Vec<String>>, rows: usize) -> Vec<Vec<String>> {
    let is_hint = |parts: &Vec<String>| parts.first().is_some_and(|line| line.starts_with('→'));
    while lines.iter().map(Vec::len).sum::<usize>() > rows {
        let rest = lines.iter_mut().filter(|parts| !is_hint(parts) && parts.len() > 1);
        let Some(longest) = rest.max_by_key(|parts| parts.len()) else { break };
        longest.pop();
        if let Some(last) = longest.last_mut().filter(|last| !last.ends_with('…')) {
            // The last cell of a wrapped line may be in use.
            last.pop();
            last.push('…');
        }
    }
    // Lines after the hint are dropped first, then lines between the first line and the hint.
    while lines.iter().map(Vec::len).sum::<usize>() > rows {
        let place = lines.iter().rposition(|parts| !parts.is_empty() && !is_hint(parts)).filter(|place| *place > 0);
        let Some(place) = place else { break };
        lines[place].clear();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_keeps_its_hint_and_cuts_the_longest_other_line() {
        let line = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let full_message =
            || vec![line(&["refused"]), line(&["a very", "long", "reason"]), line(&["→ do", "this"]), line(&["later"])];
        let told = |rows| fitted(full_message(), rows).into_iter().flatten().collect::<Vec<_>>();
        assert_eq!(told(7), full_message().concat());
        assert_eq!(told(6), ["refused", "a very", "lon…", "→ do", "this", "later"]);
        assert_eq!(told(5), ["refused", "a ver…", "→ do", "this", "later"]);
        assert_eq!(told(4), ["refused", "a ver…", "→ do", "this"]);
        assert_eq!(told(3), ["refused", "→ do", "this"]);
    }
}
