//! Opening: the selected thing, the chosen line of an overlay, another environment.

use super::refresh::{after_move, settle_lists};
use crate::app::App;
use crate::app::command::PaneId;
use crate::app::effect::Effect;
use crate::app::overlays;
use crate::app::poll::Poller;
use crate::app::screen::{Block, Screen};
use crate::app::select;
use crate::app::subject::Subject;
use crate::model::Estate;

/// Opens the selected thing.
pub(crate) fn open(app: &mut App) -> Vec<Effect> {
    if let Some(effects) = (app.shown_pane().hooks.open)(app) {
        return effects;
    }
    let block = app.focused();
    if let Some(effects) = (app.spec(block).open)(app) {
        return effects;
    }
    select::subject(app).map_or_else(Vec::new, |subject| open_subject(app, &subject))
}

/// Shows a thing: in the pane that has a page for it, otherwise in a window with everything known about it.
pub(crate) fn open_subject(app: &mut App, subject: &Subject) -> Vec<Effect> {
    for pane in app.table.panes {
        if let Some(effects) = (pane.hooks.open_subject)(app, subject) {
            return effects;
        }
    }
    match subject {
        Subject::Container(..) | Subject::Deployment(..) => inspect(app),
        Subject::Services
        | Subject::Service(_)
        | Subject::Task(..)
        | Subject::Alarm(_)
        | Subject::Reachability
        | Subject::Logs(..) => Vec::new(),
        Subject::Text(_) | Subject::Database(_) | Subject::Instance(..) | Subject::Machine(_) => {
            let block = app.focused();
            let text = full_row(app, block).unwrap_or_else(|| subject.name().to_owned());
            let message = overlays::message(app, app.spec(block).title, &text);
            app.screen.overlays.push(message);
            Vec::new()
        }
    }
}

/// The full content of the selected row, if it has no page of its own: its columns may be cut.
fn full_row(app: &App, block: Block) -> Option<String> {
    let key = app.screen.list_of(block)?.selected()?;
    let facts = (app.spec(block).details)(app, key);
    let lines: Vec<String> = facts.iter().map(|fact| format!("{}  {}", fact.label, fact.text)).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Resets the lists and the focus of the current view, which belong to what it showed before.
pub(crate) fn reset_view(app: &mut App) {
    let view = app.view();
    for block in view.names() {
        app.screen.lists.remove(&block);
    }
    app.screen.focus.remove(view.name);
}

/// Opens another environment. Nothing of the previous one stays: old data under a new name is what people fear most.
pub(crate) fn switch(app: &mut App, name: &str) -> Vec<Effect> {
    let Some(environment) = app.config.environment(name).cloned() else { return Vec::new() };
    // The window of environments shows this for environments that are not open.
    if let Some(standing) = app.attention_counts() {
        app.attention_when_left.insert(app.environment.name.clone(), standing);
    }
    let panes = app.table.panes;
    let mut effects: Vec<Effect> = panes.iter().flat_map(|pane| (pane.hooks.on_switch)(app)).collect();
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

/// Shows the raw fields of the selected thing.
pub(crate) fn inspect(app: &mut App) -> Vec<Effect> {
    let own = app.screen.overlays.is_empty().then(|| (app.shown_pane().hooks.inspect)(app)).flatten();
    own.unwrap_or_else(|| {
        if let Some((title, fields)) = select::fields(app) {
            app.screen.overlays.push(overlays::inspect(title, &fields));
        } else {
            app.show_message("this row has no raw fields");
        }
        after_move(app)
    })
}
