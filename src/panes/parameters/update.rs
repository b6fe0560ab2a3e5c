//! The effects of keys in the Parameters pane.

use super::ask;
use super::rows::{derive, selected, under};
use super::state::{FACTS, ID, LIST, State};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::operation::parameter::{Request, Wanted, place, typed};
use crate::app::screen::{Purpose, Typing};
use crate::app::subject::Subject;
use crate::app::update::change::plan;
use crate::app::update::open::go;
use crate::app::update::run;
use crate::app::update::settle::done;
use crate::model::deploy::Check;
use crate::model::parameters::named::readers;
use crate::model::parameters::{Value, check_name};
use std::collections::BTreeMap;

/// The line that is typed is a parameter's value.
const VALUE: u8 = 0;
/// The name of a new one is typed.
const NAME: u8 = 1;

/// `Enter`: opens or closes a folder; of a parameter its facts with its versions.
pub fn open(app: &mut App) -> Option<Vec<Effect>> {
    if app.focused() != LIST {
        return None;
    }
    let key = app.screen.list_of(LIST)?.selected()?.to_owned();
    if key.ends_with('/') {
        let state = &mut app.panes.parameters;
        if !state.closed.remove(&key) {
            state.closed.insert(key);
        }
        state.stale = true;
        derive(app);
        return Some(done(app));
    }
    let effects = match selected(app) {
        Some(name) => ask::versions(app, &name),
        None => Vec::new(),
    };
    app.focus_on(FACTS);
    let mut all = done(app);
    all.extend(effects);
    Some(all)
}

/// Goes to a parameter that something names.
pub fn shows(app: &mut App, subject: &Subject) -> Option<Vec<Effect>> {
    let Subject::Text(name) = subject else { return None };
    let known = app.estate.parameters.value()?.iter().any(|one| one.name == *name);
    if !known || app.shown().id == ID {
        return None;
    }
    app.screen.list(LIST).select_key(name);
    app.lists_changed();
    Some(go(app, ID))
}

/// `v`: shows the value, or hides it.
pub fn reveal(app: &mut App) -> Vec<Effect> {
    let Some(name) = selected(app) else { return none_selected(app) };
    let shown = &mut app.panes.parameters.shown;
    if shown.name == name && (shown.value.take().is_some() || shown.asked_value.take().is_some()) {
        return done(app);
    }
    let mut effects = ask::value(app, &name);
    effects.extend(done(app));
    effects
}

/// `y`: copies the value while it is shown, and never says it; else what is copied in any list.
pub fn copy(app: &mut App) -> Vec<Effect> {
    let shown = &app.panes.parameters.shown;
    let value = shown.value.as_ref().filter(|_| selected(app).as_deref() == Some(shown.name.as_str()));
    let Some(value) = value.map(|(value, _)| value.expose().to_owned()) else { return run::copy(app) };
    app.say(format!("copied the value of {}", app.panes.parameters.shown.name));
    vec![Effect::Copy(value)]
}

fn none_selected(app: &mut App) -> Vec<Effect> {
    app.no_line("select a parameter first");
    Vec::new()
}

/// `P`: the new value is typed without being shown.
pub fn put(app: &mut App) -> Vec<Effect> {
    let Some(name) = selected(app) else { return none_selected(app) };
    type_value(app, name)
}

fn type_value(app: &mut App, name: String) -> Vec<Effect> {
    app.panes.parameters.naming = Some(name);
    app.screen.typing = Some(Typing::hidden(Purpose::Pane { pane: ID, what: VALUE, label: "new value " }));
    done(app)
}

/// `A`: the name is typed, beginning with the path that is looked at.
pub fn new(app: &mut App) -> Vec<Effect> {
    let key = app.screen.list_of(LIST).and_then(|list| list.selected()).unwrap_or_default();
    let path = key.rfind('/').filter(|_| key.starts_with('/')).map(|slash| key[..=slash].to_owned());
    let path = path.or_else(|| under(app)?.into_iter().find(|path| path.ends_with('/'))).unwrap_or_default();
    app.screen.typing = Some(Typing::new(Purpose::Pane { pane: ID, what: NAME, label: "name " }, path));
    done(app)
}

/// A line was typed: the name, or the value.
pub fn accepted(app: &mut App, what: u8, text: &str) -> Vec<Effect> {
    if what == NAME {
        let name = text.trim();
        if let Err(why) = check_name(name) {
            app.say(why);
            return done(app);
        }
        // Before a value is typed that would go nowhere.
        if let Some(check) = foreign(app, name) {
            app.say(check.hint.map_or(check.text.clone(), |hint| format!("{}: {hint}", check.text)));
            return done(app);
        }
        return type_value(app, name.to_owned());
    }
    let Some(name) = app.panes.parameters.naming.take() else { return Vec::new() };
    if text.is_empty() {
        app.say("nothing was typed: the parameter stays as it is");
        return done(app);
    }
    let value = Value::new(text);
    begin(app, Wanted::Put { name, value, kind: None, key: None, description: None })
}

/// `X`: removes the selected parameter, after a question.
pub fn remove(app: &mut App) -> Vec<Effect> {
    let Some(name) = selected(app) else { return none_selected(app) };
    begin(app, Wanted::Remove { name })
}

/// The check that keeps a parameter from being changed here: it is another environment's.
fn foreign(app: &App, name: &str) -> Option<Check> {
    let state = &app.panes.parameters;
    place(&app.config, &app.environment, &state.named, state.complete).refuses(name)
}

fn begin(app: &mut App, wanted: Wanted) -> Vec<Effect> {
    let foreign = foreign(app, wanted.name()).into_iter().collect();
    let state = &app.panes.parameters;
    let of = readers(&state.named, wanted.name());
    let readers = state.complete.then(|| BTreeMap::from([(wanted.name().to_owned(), of)]));
    let typed = typed::of(&wanted, "");
    plan(app, Request { wanted: vec![wanted], foreign, readers, restart: false, typed })
}

/// `*`: secrets of the whole region, or the environment's alone.
pub fn everything(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.parameters;
    state.everything = !state.everything;
    done(app)
}

/// `r`: reads the parameters again.
pub fn refresh(app: &mut App) -> Vec<Effect> {
    app.panes.parameters.asked = app.panes.parameters.asked.map(|_| jiff::Timestamp::UNIX_EPOCH);
    app.say("reading again");
    app.plan()
}

/// Another environment: nothing of the one before stays.
pub fn switched(app: &mut App) -> Vec<Effect> {
    app.panes.parameters = State::default();
    Vec::new()
}

/// Rows as they are drawn.
pub fn settle(app: &mut App) {
    if app.shown().id == ID && app.panes.parameters.stale {
        derive(app);
    }
}
