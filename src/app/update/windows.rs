//! Windows over the panes: opening them and updating their lines.

use crate::app::operation::Operation;
use crate::app::overlay::{self, Choice, Kind, Line, Overlay, Tone};
use crate::app::screen::{Purpose, Typing};
use crate::app::{App, dialog, operation_texts, overlays};
use crate::config::EnvironmentConfig;

pub(crate) fn push(app: &mut App, make: fn(&App) -> overlay::Overlay) {
    let overlay = make(app);
    push_window(app, overlay);
}

pub(crate) fn push_window(app: &mut App, overlay: overlay::Overlay) {
    // The same window twice would only have to be closed twice.
    app.screen.overlays.retain(|other| other.kind != overlay.kind);
    app.screen.overlays.push(overlay);
}

/// Starts typing, from the existing text.
pub(crate) fn start_typing(app: &mut App, purpose: Purpose) {
    let text = match purpose {
        Purpose::Filter(block) => app.screen.list(block).filter.clone(),
        Purpose::Window | Purpose::Code | Purpose::Pane { .. } => {
            app.screen.overlays.last().map(|overlay| overlay.query.text().to_owned()).unwrap_or_default()
        }
    };
    app.screen.typing = Some(Typing::new(purpose, text));
}

/// Updates the lines of windows whose content changes.
pub(crate) fn windows(app: &mut App) {
    let mut overlays = std::mem::take(&mut app.screen.overlays);
    let size = app.screen.size;
    let top = overlays.len().saturating_sub(1);
    for (number, window) in overlays.iter_mut().enumerate() {
        match window.kind {
            Kind::Activity => window.replace(overlays::activities(app)),
            Kind::Checkup => {
                window.replace(overlays::checkup_lines(app));
                window.copy_text = overlays::checkup_copied(app);
            }
            Kind::Pane(pane, which) | Kind::Find(pane, which) => {
                window.replace((app.table.pane(pane).hooks.lines)(app, which));
            }
            Kind::Choose(id) => {
                if let Some(operation) = app.operations.get(id) {
                    window.replace(options(app, operation, window));
                }
            }
            Kind::Plan(_) | Kind::Revert(_) | Kind::Confirm(..) | Kind::Quit => {
                let cells = usize::from(overlay::width(size.0).saturating_sub(4));
                window.replace(dialog::text(app, window, cells));
                window.copy_text = dialog::operation_of(app, window)
                    .and_then(|operation| operation.plan.as_ref())
                    .map(|plan| plan.command.clone())
                    .or_else(|| dialog::confirmation(app, window).map(|asked| asked.command));
                if !window.ready && dialog::required_consent(app, window).is_some() {
                    window.ready = true;
                    window.button = dialog::first_button(app, window);
                }
                let last = dialog::buttons(app, window).len() - 1;
                window.button = window.button.min(last);
                if number == top {
                    sync_typing(app, window);
                }
            }
            Kind::Help
            | Kind::Palette
            | Kind::Actions
            | Kind::Inspect
            | Kind::Environments
            | Kind::Message
            | Kind::Code
            | Kind::SignIn
            | Kind::Ask(_)
            | Kind::SnapshotName => {}
        }
    }
    app.screen.overlays = overlays;
}

/// Starts typing where a name must be typed to confirm; stops where that is no longer required.
fn sync_typing(app: &mut App, window: &Overlay) {
    let typing = app.screen.typing.as_ref().is_some_and(|typing| typing.purpose == Purpose::Window);
    match (dialog::text_to_type(app, window), typing) {
        (Some(_), false) => {
            let text = window.query.text().to_owned();
            app.screen.typing = Some(Typing::new(Purpose::Window, text));
        }
        (None, true) => app.screen.typing = None,
        (Some(_), true) | (None, false) => {}
    }
}

/// Starts typing again if typing goes into the window.
pub(crate) fn retype(app: &mut App) {
    if app.screen.typing.is_none() && app.screen.overlays.last().is_some_and(Overlay::accepts_typing) {
        start_typing(app, Purpose::Window);
    }
}

/// The lines of a window to choose from.
pub(crate) fn options(app: &App, operation: &Operation, window: &Overlay) -> Vec<Line> {
    let Some(choices) = operation.machine().choices() else { return Vec::new() };
    let images = choices.images;
    let entry = |text: &str, note: &str, choice: Choice| Line {
        note: note.to_owned(),
        choice,
        ..operation_texts::line("", text, Tone::Plain)
    };
    let mut lines = Vec::new();
    if !images {
        lines.push(before(app, window));
    }
    lines.extend(choices.options.iter().map(|option| {
        let choice =
            if images { Choice::Image(option.value.clone()) } else { Choice::Revision(Some(option.value.clone())) };
        entry(&option.value, &option.note, choice)
    }));
    if images && let Some(build) = EnvironmentConfig::build_of(&app.config.builds, &window.service) {
        lines.push(entry("build it now", &format!("from {}", build.context), Choice::Build));
    }
    match &operation.outcome {
        None => lines.push(operation_texts::line("", "reading …", Tone::Dim)),
        Some(outcome) => {
            if let Some(hint) = outcome.hint.as_ref().filter(|_| outcome.failure.is_some()) {
                lines.push(operation_texts::line("", outcome.summary.clone(), Tone::Bad));
                lines.extend(outcome.causes.iter().map(|cause| operation_texts::line("", cause.clone(), Tone::Plain)));
                lines.push(operation_texts::line("", format!("→ {hint}"), Tone::Dim));
            } else if choices.options.is_empty() {
                lines.push(operation_texts::line("", outcome.summary.clone(), Tone::Dim));
            }
        }
    }
    if images {
        lines.push(entry(window.query.text().trim(), "as typed", Choice::Typed));
    }
    lines
}

/// The first way back: the previous version, or ending the deployment in progress.
fn before(app: &App, window: &Overlay) -> Line {
    let under_way = app.estate.service(&window.service).is_some_and(crate::model::Service::is_rolling_out);
    let (text, note) = if under_way {
        ("end the deployment under way", "ECS brings back what ran before it")
    } else {
        ("the version before", "what ran right before this one")
    };
    Line { note: note.to_owned(), choice: Choice::Revision(None), ..operation_texts::line("", text, Tone::Strong) }
}
