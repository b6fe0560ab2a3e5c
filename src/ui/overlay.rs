//! Overlays, the windows over the panes: frame, query line, rows and keys.

use super::canvas::Canvas;
use super::frame;
use super::widgets::frame as frames;
use crate::app::command::Risk;
use crate::app::layout::overlay_place;
use crate::app::overlay::{Kind, Line, Overlay, Tone};
use crate::app::screen::Purpose;
use crate::model::text;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;

/// Draws the topmost overlay. Returns the cursor position while its query is being typed.
pub fn draw(canvas: &mut Canvas<'_, '_>) -> Option<(u16, u16)> {
    let app = canvas.app;
    let theme = canvas.theme;
    let overlay = app.screen.overlays.last()?;
    // The terminal may have shrunk since its last resize event.
    let place = overlay_place(&app.screen).intersection(canvas.area());
    if place.width < 10 || place.height < 5 {
        return None;
    }
    // Dims the panes below and leaves the top lines as they are.
    let area = canvas.area();
    // The last line of the screen is not dimmed: it holds the latest short message.
    canvas.restyle(Rect { y: 2, height: area.height.saturating_sub(3), ..area }, theme.dim);
    canvas.clear(place);
    if overlay.kind.is_dialog() {
        return super::dialog::draw(canvas, overlay, place);
    }
    frames::borders(canvas, place, theme.border_focused);
    let inside = frames::inside(place);
    if inside.height < 3 || inside.width < 8 {
        return None;
    }
    let title = format!(" {} ", overlay.title);
    let named = theme.strong.patch(theme.border_focused);
    canvas.put_cut(place.x + 2, place.y, place.width.saturating_sub(4), &title, named);
    let cursor = query(canvas, overlay, Rect { height: 1, ..inside });
    rows(canvas, overlay, Rect { y: inside.y + 1, height: inside.height - 2, ..inside });
    let last = inside.bottom() - 1;
    let list = &overlay.list;
    let mut room = inside.width;
    let count = match (list.len(), list.total) {
        (shown, total) if shown < total => format!("{shown} of {total} "),
        (shown, _) if shown > list.height => format!("{}/{shown} ", list.place() + 1),
        _ => String::new(),
    };
    room -= canvas.put_right(inside.right(), last, room, &count, theme.dim);
    frame::key_hints(canvas, Rect { y: last, width: room, height: 1, ..inside });
    cursor
}

fn query(canvas: &mut Canvas<'_, '_>, overlay: &Overlay, place: Rect) -> Option<(u16, u16)> {
    let theme = canvas.theme;
    let app = canvas.app;
    let before = match overlay.kind {
        Kind::Palette => ":",
        Kind::Ask(_) | Kind::SnapshotName => "› ",
        _ => "/",
    };
    if let Some(typing) = app.screen.typing.as_ref().filter(|typing| typing.purpose == Purpose::Window) {
        let column = frame::typed(canvas, place, before, &typing.input);
        return Some((column, place.y));
    }
    let typed = overlay.query.text();
    if !typed.is_empty() {
        canvas.put_cut(place.x + 1, place.y, place.width - 1, &format!("{before}{typed}"), theme.key);
    } else if matches!(overlay.kind, Kind::Help | Kind::Inspect | Kind::Activity | Kind::Checkup) {
        let key = app.keymap.label(crate::app::command::Id::FILTER).unwrap_or_default();
        canvas.put(place.x + 1, place.y, place.width - 1, &format!("{key} searches"), theme.dim);
    }
    None
}

fn rows(canvas: &mut Canvas<'_, '_>, overlay: &Overlay, place: Rect) {
    let theme = canvas.theme;
    if overlay.list.is_empty() {
        let text = format!("nothing contains {:?}", overlay.query.text());
        canvas.put_cut(place.x + 1, place.y, place.width - 1, &text, theme.dim);
        return;
    }
    let left = overlay.lines.iter().map(|line| canvas.width(&line.left)).max().unwrap_or(0).min(place.width / 3);
    let texts = match overlay.kind {
        // Without notes, a line has the whole width.
        _ if overlay.lines.iter().all(|line| line.note.is_empty()) => None,
        // Notes get a column of their own.
        Kind::Palette | Kind::Actions | Kind::Pane(..) | Kind::Find(..) | Kind::Environments | Kind::Choose(_) => {
            let widest = overlay.lines.iter().map(|line| canvas.width(&line.text)).max().unwrap_or(0);
            Some(widest.min(place.width / 2))
        }
        Kind::Help
        | Kind::Inspect
        | Kind::Activity
        | Kind::Message
        | Kind::Code
        | Kind::SignIn
        | Kind::Checkup
        | Kind::Ask(_)
        | Kind::SnapshotName
        | Kind::Plan(_)
        | Kind::Revert(_)
        | Kind::Confirm(..)
        | Kind::Quit => None,
    };
    let reads = matches!(
        overlay.kind,
        Kind::Inspect | Kind::Message | Kind::Code | Kind::SignIn | Kind::Checkup | Kind::Activity | Kind::Help
    );
    let asks = matches!(overlay.kind, Kind::Ask(_) | Kind::SnapshotName);
    for (y, (line, selected)) in (place.y..place.bottom()).zip(overlay.shown()) {
        row(canvas, overlay, line, Rect { y, height: 1, ..place }, left, texts);
        if selected && reads {
            canvas.put(place.x, y, 1, "›", theme.key);
        } else if selected && !asks {
            canvas.select(Rect { y, height: 1, ..place });
        }
    }
}

fn row(canvas: &mut Canvas<'_, '_>, overlay: &Overlay, line: &Line, place: Rect, left: u16, texts: Option<u16>) {
    let theme = canvas.theme;
    let (mut x, y) = (place.x + 1, place.y);
    let mut end = place.right().saturating_sub(1);
    if left > 0 {
        canvas.put_cut(x, y, left, &line.left, theme.key);
        x += left + 2;
    }
    let risk = line.risk.filter(|risk| *risk != Risk::Read || overlay.kind == Kind::Actions);
    if let Some(risk) = risk {
        let raised = risk.raised(canvas.app.environment.guarded);
        let style = risk_style(canvas, raised);
        end -= canvas.put_right(end, y, end.saturating_sub(x), raised.name(), style) + 2;
    }
    let heading = overlay.kind == Kind::Help && line.left.is_empty();
    let refused =
        canvas.app.session.read_only && overlay.kind == Kind::Actions && risk.is_some_and(|risk| risk != Risk::Read);
    let style = if refused {
        theme.dim
    } else if heading {
        theme.strong
    } else {
        canvas.theme.tone(line.tone)
    };
    let sanitized = text::sanitize(&line.text);
    let shown = scrolled(&sanitized, overlay.column);
    let room = end.saturating_sub(x);
    let text_room = texts.unwrap_or(room).min(room);
    let used = canvas.put_cut(x, y, text_room, &shown, style);
    let x = x + texts.map_or(used, |wide| wide.min(room)) + 2;
    if !line.note.is_empty() && x < end {
        let style = if line.note_tone == Tone::Plain { theme.dim } else { theme.tone(line.note_tone) };
        // Notes scroll together with the text.
        canvas.put_cut(x, y, end - x, &scrolled(&line.note, overlay.column), style);
    }
}

fn risk_style(canvas: &Canvas<'_, '_>, risk: Risk) -> Style {
    let theme = canvas.theme;
    match risk {
        Risk::Read => theme.dim,
        Risk::Change => theme.changing,
        Risk::Disrupt => theme.degraded,
        Risk::Destroy => theme.down,
    }
}

/// The part of a line from `column` on; lines longer than the window are scrolled sideways.
fn scrolled(text: &str, column: usize) -> Cow<'_, str> {
    if column == 0 {
        return Cow::Borrowed(text);
    }
    let mut passed = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        if passed >= column {
            return Cow::Borrowed(&text[at..]);
        }
        passed += text::width(grapheme);
    }
    Cow::Borrowed("")
}
