//! Into things: the selected one, the chosen line of an overlay, another environment.

use super::run::{go, run};
use super::settle::settle_lists;
use super::{News, changed, changed_by};
use super::{change, operations};
use crate::app::App;
use crate::app::command::Id;
use crate::app::effect::Effect;
use crate::app::facts;
use crate::app::overlay::{self, Choice, Kind};
use crate::app::poll::Poller;
use crate::app::screen::{Block, Pane, Screen, View};
use crate::app::select::{self, Subject};
use crate::model::{Estate, Place, Source};

/// Runs or opens the chosen line of the overlay on top.
pub(super) fn choose(app: &mut App) -> Vec<Effect> {
    let Some(overlay) = app.screen.overlays.last() else { return Vec::new() };
    if overlay.kind.is_dialog() {
        return operations::press(app);
    }
    if let Kind::Ask(question) = overlay.kind {
        return change::answer(app, question);
    }
    let choice = overlay.selected().map_or(Choice::Nothing, |line| line.choice.clone());
    match choice {
        Choice::Nothing if matches!(overlay.kind, Kind::Choose(_)) => {
            operations::retype(app);
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
            change::chosen(app, choice)
        }
        Choice::Run(command) => {
            app.screen.overlays.pop();
            run(app, command)
        }
        Choice::Logs(pick) => {
            changed_by(app, News::Lists);
            crate::app::logs::windows::pick(app, pick)
        }
        Choice::Environment(name) => {
            app.screen.overlays.clear();
            switch(app, &name)
        }
    }
}

pub(super) fn open(app: &mut App) -> Vec<Effect> {
    if !app.screen.overlays.is_empty() {
        return choose(app);
    }
    if app.screen.focused() == Block::Logs {
        if let Some(overlay) = crate::app::logs::windows::event(app) {
            app.screen.overlays.push(overlay);
        }
        return Vec::new();
    }
    if app.screen.focused() == Block::Attention
        && let Some(entry) = select::attention(app)
    {
        match entry.place.clone() {
            Place::Service(name) => return open_service(app, name),
            Place::Database(id) => return open_database(app, &id),
            Place::Services => return go(app, Pane::Services),
            Place::Identity | Place::Alarm(_) | Place::TargetGroup(_) | Place::Source(_) => {
                let mut body = entry.what.clone();
                if let Some(hint) = &entry.hint {
                    body = format!("{body}\n\n{hint}");
                }
                let message = overlay::message(app, &entry.name, &body);
                app.screen.overlays.push(message);
                return Vec::new();
            }
        }
    }
    match select::subject(app) {
        Some(Subject::Service(name)) => open_service(app, name),
        Some(Subject::Task(service, id)) => {
            app.screen.service = Some(service);
            app.screen.task = Some(id);
            app.screen.list(Block::TaskFacts).select(0);
            settle_lists(app);
            app.plan()
        }
        Some(Subject::Database(id) | Subject::Instance(id, _)) if app.screen.view() != View::Database => {
            open_database(app, &id)
        }
        Some(Subject::Container(..) | Subject::Deployment(..)) => run(app, Id::Inspect),
        Some(subject @ (Subject::Text(_) | Subject::Database(_) | Subject::Instance(..))) => {
            let block = app.screen.focused();
            let text = whole(app, block).unwrap_or_else(|| subject.name().to_owned());
            let message = overlay::message(app, block.title(), &text);
            app.screen.overlays.push(message);
            Vec::new()
        }
        Some(Subject::Alarm(_)) | None => Vec::new(),
    }
}

/// Everything that the selected row says, where it has no page of its own: its columns may be cut.
fn whole(app: &App, block: Block) -> Option<String> {
    let key = app.screen.list_of(block)?.selected()?;
    let facts = facts::row(app, block, key);
    let lines: Vec<String> = facts.iter().map(|fact| format!("{}  {}", fact.label, fact.text)).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

pub(super) fn open_service(app: &mut App, name: String) -> Vec<Effect> {
    if app.screen.pane == Pane::Services && app.screen.service.as_deref() == Some(name.as_str()) {
        return Vec::new();
    }
    let mut keys = vec![(Source::Rollouts, name.clone())];
    if let Some(service) = app.estate.service(&name) {
        keys.push((Source::TaskDefinitions, service.task_definition.clone()));
        keys.extend(service.target_groups.iter().map(|arn| (Source::Targets, arn.clone())));
    }
    app.screen.service = Some(name);
    app.screen.task = None;
    for block in View::Service(String::new()).blocks() {
        // The window of the service that was open before says nothing about this one.
        app.screen.lists.remove(block);
    }
    app.screen.focus.remove(&Block::Tasks);
    app.poller.hurry_keys(&keys, app.now);
    changed_by(app, News::Lists);
    go(app, Pane::Services)
}

pub(super) fn open_database(app: &mut App, id: &str) -> Vec<Effect> {
    app.screen.list(Block::Databases).select_key(id);
    changed_by(app, News::Lists);
    go(app, Pane::Database)
}

/// Opens another environment. Nothing of the one before stays: old data under a new name is what
/// people fear most.
pub(super) fn switch(app: &mut App, name: &str) -> Vec<Effect> {
    let Some(environment) = app.config.environment(name).cloned() else { return Vec::new() };
    let mut effects = crate::app::logs::keys::end_tee(app, ": another environment was opened");
    app.environment = app.session.overrides.apply(environment);
    app.generation += 1;
    let wants = app.poller.wants().clone();
    app.poller = Poller::new(app.generation, wants, &app.environment);
    app.poller.ahead = app.ahead;
    app.estate = Estate::default();
    app.judged = None;
    let looking = app.screen.pane == Pane::Logs;
    app.logs = crate::app::logs::pane::LogsPane::default();
    app.logs.set_ahead(app.ahead);
    if looking {
        app.logs.open();
    }
    app.screen = Screen { size: app.screen.size, pane: app.screen.pane, ..Screen::default() };
    app.note(false, format!("opened {name}"));
    changed(app);
    effects.push(app.connect());
    app.settle();
    effects.extend(app.plan());
    effects
}
