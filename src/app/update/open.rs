//! Into things: the selected one, the chosen line of an overlay, another environment.

use super::settle::{done, settle_lists};
use crate::app::App;
use crate::app::command::PaneId;
use crate::app::effect::Effect;
use crate::app::poll::Poller;
use crate::app::screen::{Block, Screen, View};
use crate::app::select::{self, Subject};
use crate::app::state::News;
use crate::app::{facts, overlays};
use crate::model::{Estate, Place, Source};

/// Into the selected thing.
pub(crate) fn open(app: &mut App) -> Vec<Effect> {
    if let Some(effects) = (app.shown().hooks.open)(app) {
        return effects;
    }
    if app.screen.focused() == Block::Attention
        && let Some(entry) = select::attention(app)
    {
        match entry.place.clone() {
            Place::Service(name) => return open_service(app, name),
            Place::Database(id) => return open_database(app, &id),
            Place::Services => return go(app, PaneId("services")),
            Place::Identity | Place::Alarm(_) | Place::TargetGroup(_) | Place::Source(_) => {
                let mut body = entry.what.clone();
                if let Some(hint) = &entry.hint {
                    body = format!("{body}\n\n{hint}");
                }
                let message = overlays::message(app, &entry.name, &body);
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
        Some(Subject::Container(..) | Subject::Deployment(..)) => inspect(app),
        Some(subject @ (Subject::Text(_) | Subject::Database(_) | Subject::Instance(..))) => {
            let block = app.screen.focused();
            let text = whole(app, block).unwrap_or_else(|| subject.name().to_owned());
            let message = overlays::message(app, block.title(), &text);
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

pub(crate) fn open_service(app: &mut App, name: String) -> Vec<Effect> {
    if app.screen.pane.0 == "services" && app.screen.service.as_deref() == Some(name.as_str()) {
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
    app.changed_by(News::Lists);
    go(app, PaneId("services"))
}

pub(crate) fn open_database(app: &mut App, id: &str) -> Vec<Effect> {
    app.screen.list(Block::Databases).select_key(id);
    app.changed_by(News::Lists);
    go(app, PaneId("database"))
}

/// Opens another environment. Nothing of the one before stays: old data under a new name is what
/// people fear most.
pub(crate) fn switch(app: &mut App, name: &str) -> Vec<Effect> {
    let Some(environment) = app.config.environment(name).cloned() else { return Vec::new() };
    let panes = app.table.panes;
    let mut effects: Vec<Effect> = panes.iter().flat_map(|pane| (pane.hooks.switched)(app)).collect();
    app.environment = app.session.overrides.apply(environment);
    app.generation += 1;
    let wants = app.poller.wants().clone();
    app.poller = Poller::new(app.generation, wants, &app.environment);
    app.poller.ahead = app.ahead;
    app.estate = Estate::default();
    app.judged = None;
    app.screen = Screen { size: app.screen.size, pane: app.screen.pane, ..Screen::default() };
    app.note(false, format!("opened {name}"));
    app.changed();
    effects.push(app.connect());
    app.settle();
    effects.extend(app.plan());
    effects
}

pub(crate) fn go(app: &mut App, pane: PaneId) -> Vec<Effect> {
    app.screen.pane = pane;
    app.screen.operation = None;
    app.screen.overlays.clear();
    app.screen.zoom = false;
    settle_lists(app);
    app.plan()
}

/// The raw fields of the selected thing.
pub(crate) fn inspect(app: &mut App) -> Vec<Effect> {
    let own = app.screen.overlays.is_empty().then(|| (app.shown().hooks.inspect)(app)).flatten();
    own.unwrap_or_else(|| {
        if let Some((title, fields)) = select::fields(app) {
            app.screen.overlays.push(overlays::inspect(title, &fields));
        }
        done(app)
    })
}
