//! Commands: the one place where each is run, and what those do that are neither movements nor changes.

use super::open::{go, open, switch};
use super::settle::done;
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

/// Runs a command. The only place where a command acts.
pub(crate) fn run(app: &mut App, command: Id) -> Vec<Effect> {
    app.changed_by(Dirty::Lists);
    let command = app.table.command(command);
    // While a confirmation dialog is open, other commands are ignored: they were not meant for it.
    if app.screen.asks() && !command.in_dialogs {
        return Vec::new();
    }
    if command.risk != Risk::Read && app.session.read_only {
        app.no_line(format!("read-only: `{}` would change something and is refused", command.name()));
        return Vec::new();
    }
    command.run(app)
}

/// Opens the window that `make` makes.
pub(crate) fn pushed(app: &mut App, make: fn(&App) -> Overlay) -> Vec<Effect> {
    push(app, make);
    done(app)
}

pub(crate) fn palette(app: &mut App) -> Vec<Effect> {
    push(app, overlays::palette);
    start_typing(app, Purpose::Window);
    done(app)
}

/// Begins to type what the window on top, or the focused block, is to contain.
pub(crate) fn filter(app: &mut App) -> Vec<Effect> {
    let block = app.focused();
    start_typing(app, if app.screen.overlays.is_empty() { Purpose::Filter(block) } else { Purpose::Window });
    done(app)
}

/// Goes to a pane, as its key or its tab does.
pub(crate) fn enter(app: &mut App, pane: PaneId) -> Vec<Effect> {
    (app.table.pane(pane).hooks.entered)(app);
    go(app, pane)
}

/// Goes into the selected thing, or does what the chosen line of a window says.
pub(crate) fn open_or_choose(app: &mut App) -> Vec<Effect> {
    if app.screen.overlays.is_empty() { open(app) } else { choose(app) }
}

/// Runs or opens the chosen line of the overlay on top.
pub(crate) fn choose(app: &mut App) -> Vec<Effect> {
    let Some(overlay) = app.screen.overlays.last() else { return Vec::new() };
    if overlay.kind.is_dialog() {
        return dialogs::press(app);
    }
    if overlay.kind == Kind::Name {
        return change::database::named(app);
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
            if overlay.types() {
                app.screen.overlays.pop();
            }
            Vec::new()
        }
        Choice::Operation(id) => {
            operations::open(app, id);
            Vec::new()
        }
        choice @ (Choice::Image(_) | Choice::Typed | Choice::Build | Choice::Revision(_)) => {
            change::deploy::chosen(app, choice)
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
            if panes.iter().any(|pane| (pane.hooks.holds)(app, &name)) { done(app) } else { switch(app, &name) }
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
        app.say(format!("the rows of {} have a fixed order", app.spec(block).title));
        return;
    }
    let list = app.screen.list(block);
    if list.reversed {
        list.column = (list.column + 1) % columns.len();
    }
    list.reversed = !list.reversed;
    let (column, order) = (columns[list.column], if list.reversed { "downwards" } else { "upwards" });
    app.say(format!("sorted by {} {order}", column.to_lowercase()));
}

pub(crate) fn back(app: &mut App) {
    if app.screen.overlays.pop().is_some() {
        return;
    }
    if (app.shown().hooks.back)(app) {
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
        // It goes on; the drawer and the tab line lead back to it.
    } else {
        (app.shown().hooks.up)(app);
    }
}

pub(crate) fn pause(app: &mut App) -> Vec<Effect> {
    match app.screen.paused.take() {
        None => app.screen.paused = Some(app.now),
        // What came meanwhile was not taken in: ask again.
        Some(_) => app.poller.hurry(&Source::ALL, app.now),
    }
    app.plan()
}

pub(crate) fn refresh(app: &mut App) -> Vec<Effect> {
    let sources = app.view().sources;
    app.poller.hurry(sources, app.now);
    if let Some(Subject::Service(name) | Subject::Task(name, _)) = (app.view().about)(app) {
        let groups = app.estate.service(&name).map(|service| service.target_groups.clone()).unwrap_or_default();
        let mut keys: Vec<(Source, String)> = groups.into_iter().map(|arn| (Source::Targets, arn)).collect();
        keys.push((Source::Rollouts, name));
        app.poller.hurry_keys(&keys, app.now);
    }
    if app.screen.paused.is_some() {
        app.say("paused: nothing is read until you resume");
    } else {
        app.say("reading again");
    }
    app.plan()
}

pub(crate) fn copy(app: &mut App) -> Vec<Effect> {
    let text = match app.screen.overlays.last() {
        Some(overlay) => overlay.copies.clone().or_else(|| overlay.selected().map(|line| line.text.clone())),
        None => (app.shown().hooks.copy)(app).or_else(|| select::subject(app).map(|subject| subject.name().to_owned())),
    };
    let Some(text) = text else { return Vec::new() };
    app.say(format!("copied {}", crate::model::text::cut_end(&crate::model::text::harmless(&text), 40)));
    vec![Effect::Copy(text)]
}

pub(crate) fn console(app: &mut App) -> Vec<Effect> {
    let link = select::subject(app).and_then(|subject| select::console_link(app, &subject));
    let Some(link) = link else {
        app.say("this row has no page in the AWS console");
        return Vec::new();
    };
    if app.session.simulated {
        app.say("simulated: the AWS console does not have it");
        return Vec::new();
    }
    let message = overlays::message(app, "AWS console", &link);
    app.screen.overlays.push(message);
    vec![Effect::OpenUrl(link)]
}
