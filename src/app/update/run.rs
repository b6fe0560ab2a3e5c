//! The one place where commands run, and the commands that are neither movements nor changes.

use super::open::{go, open, switch};
use super::refresh::after_move;
use super::windows::{push, retype, start_typing};
use super::{change, dialogs, operations};
use crate::app::command::PaneId;
use crate::app::command::{Id, Risk};
use crate::app::effect::Effect;
use crate::app::overlay::{Choice, Kind, Overlay};
use crate::app::screen::Purpose;
use crate::app::state::Dirty;
use crate::app::subject::Subject;
use crate::app::{App, overlays, select};
use crate::model::Source;

/// Runs a command. No other code runs commands.
pub(crate) fn run(app: &mut App, command: Id) -> Vec<Effect> {
    app.changed_by(Dirty::Lists);
    let command = app.table.command(command);
    // While a confirmation dialog is open, other commands are ignored: they were not meant for it.
    if app.screen.has_dialog() && !command.in_dialogs {
        return Vec::new();
    }
    if command.risk != Risk::Read && app.session.read_only {
        app.refuse_line(format!("read-only: `{}` would change something and is refused", command.name()));
        return Vec::new();
    }
    command.run(app)
}

/// Opens the window that `make` returns.
pub(crate) fn open_window(app: &mut App, make: fn(&App) -> Overlay) -> Vec<Effect> {
    push(app, make);
    after_move(app)
}

pub(crate) fn palette(app: &mut App) -> Vec<Effect> {
    push(app, overlays::palette);
    start_typing(app, Purpose::Window);
    after_move(app)
}

/// Starts typing the search text of the topmost window, or the filter of the focused block.
pub(crate) fn filter(app: &mut App) -> Vec<Effect> {
    let block = app.focused();
    start_typing(app, if app.screen.overlays.is_empty() { Purpose::Filter(block) } else { Purpose::Window });
    after_move(app)
}

/// Opens a pane, as its key or tab does.
pub(crate) fn enter(app: &mut App, pane: PaneId) -> Vec<Effect> {
    (app.table.pane(pane).hooks.entered)(app);
    go(app, pane)
}

/// Opens the selected thing, or runs the chosen line of a window.
pub(crate) fn open_or_choose(app: &mut App) -> Vec<Effect> {
    if app.screen.overlays.is_empty() { open(app) } else { choose(app) }
}

/// Runs or opens the chosen line of the topmost overlay.
pub(crate) fn choose(app: &mut App) -> Vec<Effect> {
    let Some(overlay) = app.screen.overlays.last() else { return Vec::new() };
    if overlay.kind.is_dialog() {
        return dialogs::press(app);
    }
    if overlay.kind == Kind::SnapshotName {
        return change::database::accept_name(app);
    }
    if let Kind::Ask(question) = overlay.kind {
        return change::steps::answer(app, question);
    }
    let choice = overlay.selected().map_or(Choice::Nothing, |line| line.choice.clone());
    match choice {
        Choice::Nothing if matches!(overlay.kind, Kind::Choose(_)) => {
            retype(app);
            Vec::new()
        }
        Choice::Nothing => {
            if overlay.accepts_typing() {
                app.screen.overlays.pop();
            }
            Vec::new()
        }
        Choice::Operation(id) => {
            operations::open(app, id);
            Vec::new()
        }
        choice @ (Choice::Image(_) | Choice::Typed | Choice::Build | Choice::Revision(_)) => {
            change::deploy::accept_choice(app, choice)
        }
        Choice::Run(command) => {
            app.screen.overlays.pop();
            run(app, command)
        }
        Choice::Pane { pane, what, text } => {
            app.changed_by(Dirty::Lists);
            (app.table.pane(pane).hooks.picked)(app, what, &text)
        }
        Choice::Environment(name) => {
            app.screen.overlays.clear();
            let panes = app.table.panes;
            if panes.iter().any(|pane| (pane.hooks.confirms_switch)(app, &name)) {
                after_move(app)
            } else {
                switch(app, &name)
            }
        }
    }
}

pub(crate) fn sort(app: &mut App) {
    if !app.screen.overlays.is_empty() {
        return;
    }
    let block = app.focused();
    let columns = app.spec(block).columns;
    if columns.is_empty() {
        app.show_message(format!("the rows of {} have a fixed order", app.spec(block).title));
        return;
    }
    let list = app.screen.list(block);
    if list.reversed {
        list.column = (list.column + 1) % columns.len();
    }
    list.reversed = !list.reversed;
    let (column, order) = (columns[list.column], if list.reversed { "downwards" } else { "upwards" });
    app.show_message(format!("sorted by {} {order}", column.to_lowercase()));
}

pub(crate) fn back(app: &mut App) {
    if app.screen.overlays.pop().is_some() {
        return;
    }
    if (app.shown_pane().hooks.back)(app) {
        return;
    }
    let block = app.focused();
    let screen = &mut app.screen;
    let list = screen.list(block);
    if !list.filter.is_empty() {
        list.filter.clear();
    } else if screen.zoom {
        screen.zoom = false;
    } else if screen.operation.take().is_some() {
        // The operation continues; the activity window and the tab line lead back to it.
    } else {
        (app.shown_pane().hooks.up)(app);
    }
}

pub(crate) fn pause(app: &mut App) -> Vec<Effect> {
    match app.screen.paused.take() {
        None => app.screen.paused = Some(app.now),
        // Answers that came during the pause were dropped: request them again.
        Some(_) => app.poller.make_due(&Source::ALL, app.now),
    }
    app.plan()
}

pub(crate) fn refresh(app: &mut App) -> Vec<Effect> {
    let sources = app.view().sources;
    app.poller.make_due(sources, app.now);
    if let Some(Subject::Service(name) | Subject::Task(name, _)) = (app.view().subject)(app) {
        let groups = app.estate.service(&name).map(|service| service.target_groups.clone()).unwrap_or_default();
        let mut keys: Vec<(Source, String)> = groups.into_iter().map(|arn| (Source::Targets, arn)).collect();
        keys.push((Source::Rollouts, name));
        app.poller.make_keys_due(&keys, app.now);
    }
    if app.screen.paused.is_some() {
        app.show_message("paused: nothing is read until you resume");
    } else {
        app.show_message("reading again");
    }
    app.plan()
}

pub(crate) fn copy(app: &mut App) -> Vec<Effect> {
    let text = match app.screen.overlays.last() {
        Some(overlay) => overlay.copy_text.clone().or_else(|| overlay.selected().map(|line| line.text.clone())),
        None => {
            (app.shown_pane().hooks.copy)(app).or_else(|| select::subject(app).map(|subject| subject.name().to_owned()))
        }
    };
    let Some(text) = text else { return Vec::new() };
    app.show_message(format!("copied {}", crate::model::text::cut_end(&crate::model::text::sanitize(&text), 40)));
    vec![Effect::Copy(text)]
}

pub(crate) fn console(app: &mut App) -> Vec<Effect> {
    let link = select::subject(app).and_then(|subject| select::console_link(app, &subject));
    let Some(link) = link else {
        app.show_message("this row has no page in the AWS console");
        return Vec::new();
    };
    if app.session.simulated {
        app.show_message("simulated: the AWS console does not have it");
        return Vec::new();
    }
    let message = overlays::message(app, "AWS console", &link);
    app.screen.overlays.push(message);
    vec![Effect::OpenUrl(link)]
}
