//! Windows with buttons: a plan to be confirmed, a deployment to be taken back, leaving while something
//! goes on. What they say, which buttons they have, where those are.

use super::App;
use super::command::{PaneId, Risk};
use super::layout;
use super::operation::{Operation, OperationId, Stage};
use super::overlay::{Act, Button, Kind, Line, Overlay, Tone};
use super::pane::Confirmation;
use super::safety::{self, Yes};
use super::tell;
use crate::model::text::width;
use ratatui::layout::Rect;

fn button(act: Act, label: impl Into<String>) -> Button {
    Button { act, label: label.into() }
}

/// The operation that a window is about.
pub fn about<'a>(app: &'a App, overlay: &Overlay) -> Option<&'a Operation> {
    match overlay.kind {
        Kind::Plan(id) | Kind::Revert(id) | Kind::Choose(id) => app.operations.get(id),
        _ => None,
    }
}

/// A window over an operation.
pub fn over(app: &App, kind: Kind, id: OperationId) -> Overlay {
    let title = app.operations.get(id).map(|operation| capital(&operation.title)).unwrap_or_default();
    let mut overlay = Overlay::new(kind, title, Vec::new());
    if let Some(operation) = app.operations.get(id) {
        overlay.service = operation.service().unwrap_or_default();
    }
    overlay
}

/// The text with its first letter as a capital.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The question of a pane in a window.
pub fn asked(app: &App, overlay: &Overlay) -> Option<Confirmation> {
    let Kind::Confirm(pane, which) = overlay.kind else { return None };
    (app.table.pane(pane).hooks.confirm)(app, which)
}

/// A window in which a pane asks.
pub fn of_pane(app: &App, pane: PaneId, which: u8) -> Option<Overlay> {
    let mut overlay = Overlay::new(Kind::Confirm(pane, which), "", Vec::new());
    overlay.title = asked(app, &overlay)?.title;
    Some(overlay)
}

/// The consent that a confirmation requires.
pub fn yes(app: &App, overlay: &Overlay) -> Option<Yes> {
    if let Kind::Confirm(..) = overlay.kind {
        return asked(app, overlay).map(|asked| safety::yes(asked.risk, &app.environment));
    }
    let operation = about(app, overlay)?;
    match overlay.kind {
        Kind::Plan(_) if operation.stage == Stage::Asking => {
            let plan = operation.plan.as_ref().filter(|plan| plan.possible())?;
            Some(safety::yes(plan.risk, &operation.environment))
        }
        Kind::Revert(_) if operation.revertible() => Some(safety::yes(Risk::Change, &operation.environment)),
        _ => None,
    }
}

/// The buttons, from the left. The one that changes nothing comes first in every window, so that it stays where it is
/// when others come beside it: what was pointed at as Cancel must not be Deploy when the plan is ready.
pub fn buttons(app: &App, overlay: &Overlay) -> Vec<Button> {
    match overlay.kind {
        Kind::Quit => vec![button(Act::No, "Stay"), button(Act::Yes, "Leave")],
        Kind::Revert(_) if yes(app, overlay).is_some() => {
            vec![button(Act::No, "Cancel"), button(Act::Yes, "Roll back")]
        }
        Kind::Confirm(..) => match asked(app, overlay) {
            Some(asked) => vec![button(Act::No, leaves(&asked.verb)), button(Act::Yes, asked.verb)],
            None => vec![button(Act::Close, "Close")],
        },
        Kind::Plan(_) => {
            let Some(operation) = about(app, overlay) else { return vec![button(Act::Close, "Close")] };
            if operation.outcome.is_some() {
                return vec![button(Act::Close, "Close")];
            }
            let verb = operation.verb();
            let mut buttons = vec![button(Act::No, "Cancel")];
            if yes(app, overlay).is_some() {
                buttons.push(button(Act::Yes, verb));
                if let Some(offer) = operation.plan.as_ref().and_then(|plan| plan.offer.as_ref()) {
                    buttons.push(button(Act::Offer, format!("{verb}, {offer}")));
                }
            }
            buttons
        }
        _ => vec![button(Act::Close, "Close")],
    }
}

/// The button that changes nothing: beside one that cancels a thing, "Cancel" would say both.
fn leaves(verb: &str) -> &'static str {
    let ends = verb.starts_with("Cancel") || verb == "End it now";
    if ends { "Let it go on" } else { "Cancel" }
}

/// The button that is selected when the window is ready.
pub fn first_button(app: &App, overlay: &Overlay) -> usize {
    match (overlay.kind, yes(app, overlay)) {
        (Kind::Quit, _) | (_, None | Some(Yes::Chosen)) => 0,
        (_, Some(Yes::Key | Yes::Typed(_))) => {
            buttons(app, overlay).iter().position(|button| button.act == Act::Yes).unwrap_or_default()
        }
    }
}

/// The text that must be typed for a yes, if any.
pub fn to_type(app: &App, overlay: &Overlay) -> Option<String> {
    match yes(app, overlay) {
        Some(Yes::Typed(name)) => Some(name),
        _ => None,
    }
}

/// The buttons of the window on top, and where they are.
pub fn placed(app: &App) -> Vec<(Button, Rect)> {
    let Some(window) = app.screen.overlays.last().filter(|window| window.kind.is_dialog()) else { return Vec::new() };
    let buttons = buttons(app, window);
    let places = places(&buttons, line(layout::overlay_place(&app.screen)));
    buttons.into_iter().zip(places).collect()
}

/// Where the buttons are on their line.
pub fn places(buttons: &[Button], line: Rect) -> Vec<Rect> {
    let mut x = line.x + 1;
    buttons
        .iter()
        .map(|button| {
            let wide = (width(&button.label) as u16 + 4).min(line.right().saturating_sub(x));
            let place = Rect { x, width: wide, height: 1, ..line };
            x = (x + wide + 1).min(line.right());
            place
        })
        .collect()
}

/// The line of the buttons, in a window's place.
pub fn line(place: Rect) -> Rect {
    Rect {
        x: place.x + 1,
        y: place.bottom().saturating_sub(2),
        width: place.width.saturating_sub(2),
        height: 1.min(place.height),
    }
}

/// Rows around the text of a dialog: frame, where it is, buttons, what is typed.
pub fn around(app: &App, overlay: &Overlay) -> u16 {
    let place = u16::from(overlay.kind != Kind::Quit);
    3 + place + 1 + u16::from(to_type(app, overlay).is_some())
}

/// The text, for a window with room for `cells`.
pub fn text(app: &App, overlay: &Overlay, cells: usize) -> Vec<Line> {
    match (overlay.kind, about(app, overlay)) {
        (Kind::Plan(_), Some(operation)) => tell::plan(app, operation, cells),
        (Kind::Revert(_), Some(operation)) => {
            let mut lines = tell::revert(operation, cells);
            if yes(app, overlay).is_none() {
                lines.clear();
                tell::paragraph(
                    &mut lines,
                    "",
                    &format!("There is nothing to roll back any more: {}.", operation.words()),
                    super::overlay::Tone::Plain,
                    cells,
                );
            }
            lines
        }
        (Kind::Quit, _) => tell::leaving(app, cells),
        (Kind::Confirm(..), _) => {
            let mut lines = Vec::new();
            match asked(app, overlay) {
                Some(asked) => {
                    for (tone, text) in &asked.text {
                        tell::paragraph(&mut lines, "", text, *tone, cells);
                    }
                    // One line each, cut where it is too long: how many there are does not change.
                    lines.extend(asked.live.iter().map(|(tone, text)| tell::line("", text.as_str(), *tone)));
                    if !asked.command.is_empty() {
                        tell::paragraph(
                            &mut lines,
                            "",
                            &format!("The same: {}", app.environment.named().command(&asked.command)),
                            Tone::Dim,
                            cells,
                        );
                    }
                }
                None => tell::paragraph(&mut lines, "", "There is nothing to answer any more.", Tone::Plain, cells),
            }
            lines
        }
        _ => Vec::new(),
    }
}
