//! Drawing of the editor: prompts, highlighted text, matching brackets, cursor, completion candidates.

use super::editor_search;
use super::state::{EDITOR, State};
use crate::app::pane::DataStatus;
use crate::model::sql::split::PieceKind;
use crate::model::sql::token::{Kind, Token};
use crate::model::text::{cut_end, sanitize, width};
use crate::ui::canvas::Canvas;
use crate::ui::theme::Theme;
use crate::ui::widgets::frame as frames;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// Maximum number of rows for completion candidates.
const CANDIDATES: u16 = 8;

/// Draws the editor.
pub fn draw(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let (app, theme) = (canvas.app, canvas.theme);
    let state = &app.panes.query;
    let inside = frames::block(canvas, EDITOR, &named(state), place, data_status);
    let prompt = super::layout::prompt(state);
    let wide = u16::try_from(width(&prompt)).unwrap_or(8);
    if inside.width < wide + 8 || inside.height == 0 {
        return;
    }
    let (x, room) = (inside.x + 1 + wide, inside.width - wide - 2);
    let (first, column) = state.scrolled;
    let editor = &state.editor;
    let (line, cell) = editor.place();
    for (number, y) in (first..editor.lines()).zip(inside.y..inside.bottom()) {
        let sign = if number == 0 { prompt.clone() } else { continued(state, number, usize::from(wide)) };
        canvas.put(inside.x + 1, y, wide, &sign, theme.dim);
        text(canvas, number, column, Rect { x, y, width: room, height: 1 });
    }
    found(canvas, Rect { x, width: room, ..inside });
    brackets(canvas, Rect { x, width: room, ..inside });
    if editor.text().is_empty() {
        let hint = if state.is_on() { "SQL; \\d and its like; ⏎ after ; runs" } else { "" };
        canvas.put_cut(x + 1, inside.y, room.saturating_sub(1), hint, theme.dim);
    }
    let (Some(down), Some(aside)) = (line.checked_sub(first), cell.checked_sub(column)) else { return };
    let at = (x.saturating_add(u16::try_from(aside).unwrap_or(room)), inside.y + u16::try_from(down).unwrap_or(0));
    if at.0 < inside.right() && at.1 < inside.bottom() {
        if app.focused() == EDITOR {
            canvas.cursor = Some(at);
        }
        completion(canvas, at);
    }
}

/// The text in the frame: the names of the texts with the shown one in brackets, and whether a statement is running.
fn named(state: &State) -> String {
    let runs = if state.running.is_some() { "a statement runs: Ctrl-c cancels" } else { "" };
    let names = state.texts.names();
    if names.len() == 1 && state.texts.name() == "1" {
        return runs.to_owned();
    }
    let shown =
        |(name, shown): (&str, bool)| if shown { format!("[{}]", sanitize(name)) } else { sanitize(name).into_owned() };
    let names: Vec<String> = names.map(shown).collect();
    format!("{} {runs}", names.join(" ")).trim_end().to_owned()
}

/// The prompt of a continuation line, which shows what is still open.
fn continued(state: &State, line: usize, wide: usize) -> String {
    let start = state.editor.start_of(line);
    let pieces = state.split.pieces();
    let piece = pieces.get(pieces.partition_point(|piece| piece.end < start)).filter(|piece| piece.start < start);
    let sign = match piece {
        Some(piece) if piece.end == start => piece.open.sign(),
        Some(piece) if piece.kind == PieceKind::Statement && piece.body(state.editor.text()).start < start => {
            let token = piece.tokens().find(|token| token.start < start && token.end > start);
            match token.map(|token| token.kind) {
                Some(Kind::Comment) => '*',
                Some(Kind::Text) => '\'',
                Some(Kind::QuotedName) => '"',
                Some(Kind::DollarText) => '$',
                _ => '-',
            }
        }
        Some(_) | None => '=',
    };
    format!("{sign}> ")
        .chars()
        .rev()
        .chain(std::iter::repeat(' '))
        .take(wide)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect()
}

fn style(theme: &Theme, token: &Token) -> Style {
    let style = match token.kind {
        Kind::Keyword => theme.key,
        Kind::Comment => theme.dim,
        Kind::Text | Kind::DollarText => theme.healthy,
        Kind::Number => theme.changing,
        Kind::Parameter | Kind::Variable => theme.unknown,
        Kind::Command => theme.strong,
        Kind::Unknown => theme.degraded,
        Kind::Blank
        | Kind::Word
        | Kind::QuotedName
        | Kind::Operator
        | Kind::Opening
        | Kind::Closing
        | Kind::Comma
        | Kind::Dot
        | Kind::Semicolon
        | Kind::Escaped => theme.text,
    };
    if token.closed { style } else { style.add_modifier(Modifier::UNDERLINED) }
}

/// Draws one line from a column on.
fn text(canvas: &mut Canvas<'_, '_>, line: usize, column: usize, place: Rect) {
    let theme = canvas.theme;
    let state = &canvas.app.panes.query;
    let editor = &state.editor;
    let start = editor.at(line, column);
    let end = editor.start_of(line) + editor.line(line).len();
    // The column can cut through a wide character, whose visible half is drawn as a blank.
    let skipped = width(&sanitize(&editor.text()[editor.start_of(line)..start]));
    let mut x = place.x + u16::try_from(column.saturating_sub(skipped).min(1)).unwrap_or(0);
    let start = if skipped < column && start < end { editor.at(line, column + 1).max(start) } else { start };
    let pieces = state.split.pieces();
    let from = pieces.partition_point(|piece| piece.end <= start);
    let mut at = start;
    for piece in pieces[from..].iter().take_while(|piece| piece.start < end) {
        for token in piece.tokens().filter(|token| token.end > start && token.start < end) {
            let (from, to) = (token.start.max(at), token.end.min(end));
            let Some(part) = editor.text().get(from..to) else { continue };
            if x >= place.right() {
                return;
            }
            x += canvas.put(x, place.y, place.right() - x, part, style(theme, &token));
            at = to;
        }
    }
    if let Some(rest) = editor.text().get(at..end).filter(|_| x < place.right()) {
        canvas.put(x, place.y, place.right() - x, rest, theme.text);
    }
}

/// Highlights the search matches; the one at the cursor is drawn as selected.
fn found(canvas: &mut Canvas<'_, '_>, place: Rect) {
    let state = &canvas.app.panes.query;
    let (wanted, editor) = (&state.texts.find.text, &state.editor);
    let (first, column) = state.scrolled;
    if wanted.is_empty() {
        return;
    }
    for (line, y) in (first..editor.lines()).zip(place.y..place.bottom()) {
        let end = editor.at(line, column + usize::from(place.width));
        let mut from = editor.at(line, column);
        while let Some(found) = editor_search::within(editor, wanted, from, end) {
            let cells = |at: usize| width(&sanitize(&editor.text()[editor.start_of(line)..at])).saturating_sub(column);
            let (left, right) = (cells(found.start), cells(found.end).min(usize::from(place.width)));
            let here = |cells: usize| u16::try_from(cells).unwrap_or(place.width);
            let rect = Rect { x: place.x + here(left), y, width: here(right.saturating_sub(left)), height: 1 };
            if found.start == editor.cursor() {
                canvas.select(rect);
            } else {
                canvas.restyle(rect, Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED));
            }
            from = found.end;
        }
    }
}

/// Highlights the bracket at the cursor and its partner.
fn brackets(canvas: &mut Canvas<'_, '_>, place: Rect) {
    let state = &canvas.app.panes.query;
    let editor = &state.editor;
    let Some((open, close)) = state.split.brackets(editor.text(), editor.cursor()) else { return };
    for at in [open, close] {
        let line = editor.line_of(at);
        let cells = width(&sanitize(&editor.text()[editor.start_of(line)..at]));
        let (Some(down), Some(aside)) = (line.checked_sub(state.scrolled.0), cells.checked_sub(state.scrolled.1))
        else {
            continue;
        };
        let (down, aside) = (u16::try_from(down).unwrap_or(u16::MAX), u16::try_from(aside).unwrap_or(u16::MAX));
        if down < place.height && aside < place.width {
            let style = Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
            canvas.restyle(Rect { x: place.x + aside, y: place.y + down, width: 1, height: 1 }, style);
        }
    }
}

/// Draws the completion candidates below the cursor, or above it if there is no room.
fn completion(canvas: &mut Canvas<'_, '_>, (x, y): (u16, u16)) {
    let theme = canvas.theme;
    let Some(completion) = &canvas.app.panes.query.completion else { return };
    let area = canvas.area();
    let count = u16::try_from(completion.candidates.len()).unwrap_or(u16::MAX).min(CANDIDATES);
    let texts = completion.candidates.iter().map(|(text, note)| width(text) + width(note) + 4);
    let wide = u16::try_from(texts.max().unwrap_or(0)).unwrap_or(u16::MAX).min(area.width.saturating_sub(2));
    let x = x.min(area.right().saturating_sub(wide + 1));
    let top = if y > count { y - count } else { y + 1 };
    let first = (completion.selected + 1).saturating_sub(usize::from(count));
    let shown = completion.candidates.iter().enumerate().skip(first).take(usize::from(count));
    canvas.clear(Rect { x, y: top, width: wide, height: count });
    for (row, (number, (text, note))) in (top..).zip(shown) {
        if row >= area.bottom() {
            break;
        }
        canvas.put_cut(x + 1, row, wide.saturating_sub(2), text, theme.text);
        let room = wide.saturating_sub(canvas.width(text) + 3);
        canvas.put_right(x + wide - 1, row, room, &cut_end(note, usize::from(room)), theme.dim);
        let line = Rect { x, y: row, width: wide, height: 1 };
        canvas.restyle(line, Style::new().add_modifier(Modifier::BOLD));
        if number == completion.selected {
            canvas.select(line);
        }
    }
}
