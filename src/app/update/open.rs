//! Into things: the selected one, the chosen line of an overlay, another environment.

use super::settle::{done, settle_lists};
use crate::app::App;
use crate::app::command::PaneId;
use crate::app::effect::Effect;
use crate::app::overlays;
use crate::app::poll::Poller;
use crate::app::screen::{Block, Screen};
use crate::app::select;
use crate::app::subject::Subject;
use crate::model::Estate;

/// Goes into the selected thing.
pub(crate) fn open(app: &mut App) -> Vec<Effect> {
    if let Some(effects) = (app.shown().hooks.open)(app) {
        return effects;
    }
    let block = app.focused();
    if let Some(effects) = (app.spec(block).open)(app) {
        return effects;
    }
    select::subject(app).map_or_else(Vec::new, |subject| open_subject(app, &subject))
}

/// Shows a thing: in the pane that has a page for it, else in a window with all that is known of it.
pub(crate) fn open_subject(app: &mut App, subject: &Subject) -> Vec<Effect> {
    for pane in app.table.panes {
        if let Some(effects) = (pane.hooks.shows)(app, subject) {
            return effects;
        }
    }
    match subject {
        Subject::Container(..) | Subject::Deployment(..) => inspect(app),
        Subject::Services
        | Subject::Service(_)
        | Subject::Task(..)
        | Subject::Alarm(_)
        | Subject::Reached
        | Subject::Logs(..) => Vec::new(),
        Subject::Text(_) | Subject::Database(_) | Subject::Instance(..) | Subject::Machine(_) => {
            let block = app.focused();
            let text = whole(app, block).unwrap_or_else(|| subject.name().to_owned());
            let message = overlays::message(app, app.spec(block).title, &text);
            app.screen.overlays.push(message);
            Vec::new()
        }
    }
}

/// Everything that the selected row says, where it has no page of its own: its columns may be cut.
fn whole(app: &App, block: Block) -> Option<String> {
    let key = app.screen.list_of(block)?.selected()?;
    let facts = (app.spec(block).whole)(app, key);
    let lines: Vec<String> = facts.iter().map(|fact| format!("{}  {}", fact.label, fact.text)).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The windows and the focus of the view that is shown now say nothing about what it showed before.
pub(crate) fn forget(app: &mut App) {
    let view = app.view();
    for block in view.names() {
        app.screen.lists.remove(&block);
    }
    app.screen.focus.remove(view.name);
}

/// Opens another environment. Nothing of the one before stays: old data under a new name is what
/// people fear most.
pub(crate) fn switch(app: &mut App, name: &str) -> Vec<Effect> {
    let Some(environment) = app.config.environment(name).cloned() else { return Vec::new() };
    // The window of environments tells it of those that are not looked at.
    if let Some(standing) = app.standing() {
        app.left.insert(app.environment.name.clone(), standing);
    }
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
        } else {
            app.say("this row has no raw fields");
        }
        done(app)
    })
}
