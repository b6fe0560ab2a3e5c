//! Dialogs, the windows with buttons: environment line, text, typed confirmation, buttons.

use super::canvas::Canvas;
use super::frame;
use super::widgets::frame as frames;
use crate::app::dialog;
use crate::app::layout::overlay_place;
use crate::app::operation::Operation;
use crate::app::operation_texts;
use crate::app::overlay::{Button, ButtonAction, Kind, Overlay};
use crate::app::question;
use crate::app::screen::Purpose;
use crate::model::text;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Draws the dialog. Returns the cursor position while a name is being typed.
pub fn draw(canvas: &mut Canvas<'_, '_>, overlay: &Overlay, place: Rect) -> Option<(u16, u16)> {
    let app = canvas.app;
    let theme = canvas.theme;
    let guarded = match overlay.kind {
        Kind::Confirm(..) => app.environment.guarded,
        _ => dialog::operation_of(app, overlay).is_some_and(|operation| operation.environment.guarded),
    };
    let border = if guarded { theme.down } else { theme.border_focused };
    frames::borders(canvas, place, border);
    let inside = frames::inside(place);
    let title = format!(" {} ", text::sanitize(&overlay.title));
    canvas.put_cut(place.x + 2, place.y, place.width.saturating_sub(4), &title, theme.strong.patch(border));
    let mut y = inside.y;
    if overlay.kind != Kind::Quit {
        place_line(canvas, overlay, Rect { y, height: 1, ..inside }, guarded);
        y += 1;
    }
    let line = dialog::line(overlay_place(&app.screen)).intersection(inside);
    let mut end = line.y.max(y);
    let mut cursor = None;
    if let Some(name) = dialog::text_to_type(app, overlay) {
        end = end.saturating_sub(1).max(y);
        cursor = typed(canvas, overlay, &name, Rect { y: end, height: 1, ..inside });
    }
    // A blank line separates the text from the input and the buttons.
    let rows = Rect { y, height: end.saturating_sub(y).saturating_sub(1), ..inside };
    lines(canvas, overlay, rows);
    buttons(canvas, overlay, line);
    more(canvas, overlay, place);
    cursor
}

/// Draws where the change happens: environment, account, region, identity.
fn place_line(canvas: &mut Canvas<'_, '_>, overlay: &Overlay, line: Rect, guarded: bool) {
    let theme = canvas.theme;
    let (environment, who) = match (dialog::operation_of(canvas.app, overlay), overlay.kind) {
        (Some(operation), _) => (&operation.environment, operation.identity.as_ref()),
        (None, Kind::Confirm(..)) => (&canvas.app.environment, canvas.app.estate.identity.value()),
        (None, _) => return,
    };
    if guarded {
        let blank = " ".repeat(usize::from(line.width));
        canvas.put(line.x, line.y, line.width, &blank, theme.guarded);
    }
    let style = |own: Style| if guarded { theme.guarded } else { own };
    let account = operation_texts::account(environment, who);
    let endpoints = dialog::operation_of(canvas.app, overlay).map(Operation::endpoints);
    let endpoints = endpoints.as_ref().unwrap_or(&canvas.app.estate.endpoints);
    let (word, there) = operation_texts::custom_endpoint(canvas.app, endpoints).unwrap_or_default();
    let parts: [(String, Style); 7] = [
        (environment.name.clone(), theme.strong),
        (if guarded { "GUARDED".to_owned() } else { String::new() }, theme.strong),
        (word.to_owned(), theme.simulated),
        (there, theme.text),
        (account, theme.text),
        (environment.region.clone().unwrap_or_default(), theme.text),
        (who.map(crate::model::Identity::short).unwrap_or_default(), theme.text),
    ];
    let (mut x, end) = (line.x + 1, line.right());
    for (text, own) in parts.iter().filter(|(text, _)| !text.is_empty()) {
        x += canvas.put_cut(x, line.y, end.saturating_sub(x), text, style(*own)) + 2;
    }
}

fn lines(canvas: &mut Canvas<'_, '_>, overlay: &Overlay, place: Rect) {
    let signs = overlay.lines.iter().any(|line| !line.left.is_empty());
    let indent = if signs { 2 } else { 0 };
    for (y, (line, _)) in (place.y..place.bottom()).zip(overlay.shown()) {
        let style = canvas.theme.tone(line.tone);
        canvas.put(place.x + 1, y, 2, &line.left, style);
        // Headings are not indented.
        let heading = line.left.is_empty() && line.tone == crate::app::overlay::Tone::Strong;
        let x = place.x + 1 + if heading { 0 } else { indent };
        canvas.put_cut(x, y, place.right().saturating_sub(x), &line.text, style);
    }
}

fn typed(canvas: &mut Canvas<'_, '_>, overlay: &Overlay, name: &str, line: Rect) -> Option<(u16, u16)> {
    let theme = canvas.theme;
    let before = format!("type {name} to confirm: ");
    let typing = canvas.app.screen.typing.as_ref().filter(|typing| typing.purpose == Purpose::Window);
    if let Some(typing) = typing {
        let column = frame::typed(canvas, line, &before, &typing.input);
        return Some((column, line.y));
    }
    let text = format!("{before}{}", overlay.query.text());
    canvas.put_cut(line.x + 1, line.y, line.width.saturating_sub(1), &text, theme.key);
    None
}

fn buttons(canvas: &mut Canvas<'_, '_>, overlay: &Overlay, line: Rect) {
    let theme = canvas.theme;
    let buttons = dialog::buttons(canvas.app, overlay);
    let places = dialog::button_places(&buttons, line);
    for (number, (Button { label, .. }, place)) in buttons.iter().zip(&places).enumerate() {
        let chosen = number == overlay.button;
        let (text, style) = if chosen {
            (format!("[ {label} ]"), theme.selected.patch(theme.strong))
        } else {
            (format!("[ {label} ]"), theme.text)
        };
        canvas.put(place.x, place.y, place.width, &text, style);
    }
    let used = places.last().map_or(line.x, |place| place.right());
    let room = line.right().saturating_sub(used + 2);
    let copies = overlay.copy_text.is_some() && dialog::text_to_type(canvas.app, overlay).is_none();
    if buttons.len() == 1 {
        let closes = buttons[0].action == ButtonAction::Close && question::accepts_answer(canvas.app);
        let keys = if closes { "⏎ closes it" } else { "Esc leaves" };
        canvas.put_right(line.right(), line.y, room, keys, theme.dim);
        return;
    }
    let keys = if copies {
        "⏎ chooses  ←→ other  Esc leaves  y copies"
    } else {
        "⏎ chooses  ←→ other  Esc leaves"
    };
    // In the quit dialog, "Esc leaves" would read as an answer to its question.
    let leaves = if matches!(overlay.kind, Kind::Quit) { "Esc stays" } else { "Esc leaves" };
    let shorter = [keys, "⏎ chooses  Esc leaves", "Esc leaves"].map(|keys| keys.replace("Esc leaves", leaves));
    let mut fitting = shorter.into_iter().find(|keys| canvas.width(keys) <= room).unwrap_or_default();
    if !question::accepts_answer(canvas.app) {
        // The dialog does not accept Enter yet; blanks keep the other hints in place.
        fitting = fitting.replace("⏎ chooses", "         ");
    }
    canvas.put_right(line.right(), line.y, room, &fitting, theme.dim);
}

/// Draws how many lines are hidden above and below.
fn more(canvas: &mut Canvas<'_, '_>, overlay: &Overlay, place: Rect) {
    let list = &overlay.list;
    let below = list.len().saturating_sub(list.offset + list.height);
    let text = match (list.offset, below) {
        (0, 0) => return,
        (0, below) => format!(" ↓ {below} more "),
        (above, 0) => format!(" ↑ {above} more "),
        (above, below) => format!(" ↑ {above}  ↓ {below} more "),
    };
    let y = place.bottom().saturating_sub(1);
    canvas.put_right(place.right().saturating_sub(2), y, place.width.saturating_sub(4), &text, canvas.theme.degraded);
}
