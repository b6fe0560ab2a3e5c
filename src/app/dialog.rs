//! Windows with buttons: confirming a plan, rolling a deployment back, quitting while something is in progress. Their
//! texts, their buttons and the buttons' places.

use super::App;
use super::command::{PaneId, Risk};
use super::layout;
use super::operation::{Operation, OperationId, Stage};
use super::operation_texts;
use super::overlay::{Button, ButtonAction, Kind, Line, Overlay, Tone};
use super::pane::Confirmation;
use super::safety::{self, Consent};
use crate::model::text::width;
use ratatui::layout::Rect;

fn button(act: ButtonAction, label: impl Into<String>) -> Button {
    Button { action: act, label: label.into() }
}

/// The operation that a window is about.
pub fn operation_of<'a>(app: &'a App, overlay: &Overlay) -> Option<&'a Operation> {
    match overlay.kind {
        Kind::Plan(id) | Kind::Revert(id) | Kind::Choose(id) => app.operations.get(id),
        _ => None,
    }
}

/// Returns a window about an operation.
pub fn operation_window(app: &App, kind: Kind, id: OperationId) -> Overlay {
    let title = app.operations.get(id).map(|operation| capitalized(&operation.title)).unwrap_or_default();
    let mut overlay = Overlay::new(kind, title, Vec::new());
    if let Some(operation) = app.operations.get(id) {
        overlay.service = operation.service().unwrap_or_default();
    }
    overlay
}

/// Returns the text with its first letter capitalized.
pub fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The confirmation that a pane asks for in this window.
pub fn confirmation(app: &App, overlay: &Overlay) -> Option<Confirmation> {
    let Kind::Confirm(pane, which) = overlay.kind else { return None };
    (app.table.pane(pane).hooks.confirm)(app, which)
}

/// Returns a window in which a pane asks for a confirmation.
pub fn of_pane(app: &App, pane: PaneId, which: u8) -> Option<Overlay> {
    let mut overlay = Overlay::new(Kind::Confirm(pane, which), "", Vec::new());
    overlay.title = confirmation(app, &overlay)?.title;
    Some(overlay)
}

/// The consent that a confirmation requires.
pub fn required_consent(app: &App, overlay: &Overlay) -> Option<Consent> {
    if let Kind::Confirm(..) = overlay.kind {
        return confirmation(app, overlay).map(|asked| safety::required_consent(asked.risk, &app.environment));
    }
    let operation = operation_of(app, overlay)?;
    match overlay.kind {
        Kind::Plan(_) if operation.stage == Stage::AwaitingConfirmation => {
            let plan = operation.plan.as_ref().filter(|plan| plan.possible())?;
            Some(safety::required_consent(plan.risk, &operation.environment))
        }
        Kind::Revert(_) if operation.revertible() => {
            Some(safety::required_consent(Risk::Change, &operation.environment))
        }
        _ => None,
    }
}

/// Returns the buttons, from the left. The button that changes nothing comes first in every window, so that it stays in
/// place when others are added: a click aimed at Cancel must not hit Deploy once the plan is ready.
pub fn buttons(app: &App, overlay: &Overlay) -> Vec<Button> {
    match overlay.kind {
        Kind::Quit => vec![button(ButtonAction::Cancel, "Stay"), button(ButtonAction::Confirm, "Leave")],
        Kind::Revert(_) if required_consent(app, overlay).is_some() => {
            vec![button(ButtonAction::Cancel, "Cancel"), button(ButtonAction::Confirm, "Roll back")]
        }
        Kind::Confirm(..) => match confirmation(app, overlay) {
            Some(asked) => vec![
                button(ButtonAction::Cancel, dismiss_label(&asked.verb)),
                button(ButtonAction::Confirm, asked.verb),
            ],
            None => vec![button(ButtonAction::Close, "Close")],
        },
        Kind::Plan(_) => {
            let Some(operation) = operation_of(app, overlay) else { return vec![button(ButtonAction::Close, "Close")] };
            if operation.outcome.is_some() {
                return vec![button(ButtonAction::Close, "Close")];
            }
            let verb = operation.verb();
            let mut buttons = vec![button(ButtonAction::Cancel, "Cancel")];
            if required_consent(app, overlay).is_some() {
                buttons.push(button(ButtonAction::Confirm, verb));
                if let Some(offer) = operation.plan.as_ref().and_then(|plan| plan.wider_plan_title.as_ref()) {
                    buttons.push(button(ButtonAction::Offer, format!("{verb}, {offer}")));
                }
            }
            buttons
        }
        _ => vec![button(ButtonAction::Close, "Close")],
    }
}

/// The label of the button that changes nothing: beside a button that cancels something, "Cancel" would be ambiguous.
fn dismiss_label(verb: &str) -> &'static str {
    let ends = verb.starts_with("Cancel") || verb == "End it now";
    if ends { "Let it go on" } else { "Cancel" }
}

/// The button that is selected when the window is ready.
pub fn first_button(app: &App, overlay: &Overlay) -> usize {
    match (overlay.kind, required_consent(app, overlay)) {
        (Kind::Quit, _) | (_, None | Some(Consent::KeyOnNo)) => 0,
        (_, Some(Consent::Key | Consent::Typed(_))) => {
            buttons(app, overlay).iter().position(|button| button.action == ButtonAction::Confirm).unwrap_or_default()
        }
    }
}

/// The text that must be typed to confirm, if any.
pub fn text_to_type(app: &App, overlay: &Overlay) -> Option<String> {
    match required_consent(app, overlay) {
        Some(Consent::Typed(name)) => Some(name),
        _ => None,
    }
}

/// The buttons of the topmost window, and their places.
pub fn placed_buttons(app: &App) -> Vec<(Button, Rect)> {
    let Some(window) = app.screen.overlays.last().filter(|window| window.kind.is_dialog()) else { return Vec::new() };
    let buttons = buttons(app, window);
    let places = button_places(&buttons, line(layout::overlay_place(&app.screen)));
    buttons.into_iter().zip(places).collect()
}

/// The places of the buttons on their line.
pub fn button_places(buttons: &[Button], line: Rect) -> Vec<Rect> {
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

/// The line of the buttons in a window.
pub fn line(place: Rect) -> Rect {
    Rect {
        x: place.x + 1,
        y: place.bottom().saturating_sub(2),
        width: place.width.saturating_sub(2),
        height: 1.min(place.height),
    }
}

/// Number of rows around the text of a dialog: frame, environment, buttons, typed text.
pub fn surrounding_rows(app: &App, overlay: &Overlay) -> u16 {
    let place = u16::from(overlay.kind != Kind::Quit);
    3 + place + 1 + u16::from(text_to_type(app, overlay).is_some())
}

/// Returns the text, wrapped for a window `cells` wide.
pub fn text(app: &App, overlay: &Overlay, cells: usize) -> Vec<Line> {
    match (overlay.kind, operation_of(app, overlay)) {
        (Kind::Plan(_), Some(operation)) => operation_texts::plan(app, operation, cells),
        (Kind::Revert(_), Some(operation)) => {
            let mut lines = operation_texts::revert(operation, cells);
            if required_consent(app, overlay).is_none() {
                lines.clear();
                operation_texts::paragraph(
                    &mut lines,
                    "",
                    &format!("There is nothing to roll back any more: {}.", operation.status_label()),
                    super::overlay::Tone::Plain,
                    cells,
                );
            }
            lines
        }
        (Kind::Quit, _) => operation_texts::quit_lines(app, cells),
        (Kind::Confirm(..), _) => {
            let mut lines = Vec::new();
            match confirmation(app, overlay) {
                Some(asked) => {
                    for (tone, text) in &asked.text {
                        operation_texts::paragraph(&mut lines, "", text, *tone, cells);
                    }
                    // One line each, cut if too long, so that the number of lines never changes.
                    lines.extend(asked.live.iter().map(|(tone, text)| operation_texts::line("", text.as_str(), *tone)));
                    if !asked.command.is_empty() {
                        operation_texts::paragraph(
                            &mut lines,
                            "",
                            &format!("The same: {}", app.environment.command_scope().command(&asked.command)),
                            Tone::Dim,
                            cells,
                        );
                    }
                }
                None => operation_texts::paragraph(
                    &mut lines,
                    "",
                    "There is nothing to answer any more.",
                    Tone::Plain,
                    cells,
                ),
            }
            lines
        }
        _ => Vec::new(),
    }
}
