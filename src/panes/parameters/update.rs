//! Handlers for the keys of the Parameters pane.

use super::requests;
use super::rows::{derive, path_prefixes, selected};
use super::state::{FACTS, ID, LIST, State};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::operation::parameter::{Request, StepChange, command_line, place};
use crate::app::screen::{Purpose, Typing};
use crate::app::subject::Subject;
use crate::app::update::change::plan;
use crate::app::update::open::go;
use crate::app::update::refresh::after_move;
use crate::app::update::run;
use crate::model::deploy::Check;
use crate::model::parameters::references::readers;
use crate::model::parameters::{Value, check_name};
use std::collections::BTreeMap;

/// The input line is a parameter's value.
const VALUE: u8 = 0;
/// The input line is the name of a new parameter.
const NAME: u8 = 1;

/// `Enter`: toggles a folder, or shows a parameter's facts and versions.
pub fn open(app: &mut App) -> Option<Vec<Effect>> {
    if app.focused() != LIST {
        return None;
    }
    let key = app.screen.list_of(LIST)?.selected()?.to_owned();
    if key.ends_with('/') {
        let state = &mut app.panes.parameters;
        if !state.collapsed.remove(&key) {
            state.collapsed.insert(key);
        }
        state.stale = true;
        derive(app);
        return Some(after_move(app));
    }
    let effects = match selected(app) {
        Some(name) => requests::versions(app, &name),
        None => Vec::new(),
    };
    app.focus_on(FACTS);
    let mut all_effects = after_move(app);
    all_effects.extend(effects);
    Some(all_effects)
}

/// Opens the pane at a parameter that another pane refers to.
pub fn shows(app: &mut App, subject: &Subject) -> Option<Vec<Effect>> {
    let Subject::Text(name) = subject else { return None };
    let known = app.estate.parameters.value()?.iter().any(|parameter| parameter.name == *name);
    if !known || app.shown_pane().id == ID {
        return None;
    }
    app.screen.list(LIST).select_key(name);
    app.lists_changed();
    Some(go(app, ID))
}

/// `v`: shows or hides the value.
pub fn reveal(app: &mut App) -> Vec<Effect> {
    let Some(name) = selected(app) else { return none_selected(app) };
    let shown = &mut app.panes.parameters.shown;
    if shown.name == name && (shown.value.take().is_some() || shown.pending_value.take().is_some()) {
        return after_move(app);
    }
    let mut effects = requests::value(app, &name);
    effects.extend(after_move(app));
    effects
}

/// `y`: copies the value while it is shown, without printing it; otherwise copies as every list does.
pub fn copy(app: &mut App) -> Vec<Effect> {
    let shown = &app.panes.parameters.shown;
    let value = shown.value.as_ref().filter(|_| selected(app).as_deref() == Some(shown.name.as_str()));
    let Some(value) = value.map(|(value, _)| value.expose().to_owned()) else { return run::copy(app) };
    app.show_message(format!("copied the value of {}", app.panes.parameters.shown.name));
    vec![Effect::Copy(value)]
}

fn none_selected(app: &mut App) -> Vec<Effect> {
    app.refuse_line("select a parameter first");
    Vec::new()
}

/// `P`: opens the hidden input for a new value.
pub fn put(app: &mut App) -> Vec<Effect> {
    let Some(name) = selected(app) else { return none_selected(app) };
    type_value(app, name)
}

fn type_value(app: &mut App, name: String) -> Vec<Effect> {
    app.panes.parameters.new_name = Some(name);
    app.screen.typing = Some(Typing::hidden(Purpose::Pane { pane: ID, what: VALUE, label: "new value " }));
    after_move(app)
}

/// `A`: opens the input for a new name, prefilled with the selected path.
pub fn new(app: &mut App) -> Vec<Effect> {
    let key = app.screen.list_of(LIST).and_then(|list| list.selected()).unwrap_or_default();
    let path = key.rfind('/').filter(|_| key.starts_with('/')).map(|slash| key[..=slash].to_owned());
    let path = path.or_else(|| path_prefixes(app)?.into_iter().find(|path| path.ends_with('/'))).unwrap_or_default();
    app.screen.typing = Some(Typing::new(Purpose::Pane { pane: ID, what: NAME, label: "name " }, path));
    after_move(app)
}

/// Handles a submitted input line: a name or a value.
pub fn accepted(app: &mut App, what: u8, text: &str) -> Vec<Effect> {
    if what == NAME {
        let name = text.trim();
        if let Err(why) = check_name(name) {
            app.show_message(why);
            return after_move(app);
        }
        // Refused here, before a value is typed in vain.
        if let Some(check) = foreign(app, name) {
            app.show_message(check.hint.map_or(check.text.clone(), |hint| format!("{}: {hint}", check.text)));
            return after_move(app);
        }
        return type_value(app, name.to_owned());
    }
    let Some(name) = app.panes.parameters.new_name.take() else { return Vec::new() };
    if text.is_empty() {
        app.show_message("nothing was typed: the parameter stays as it is");
        return after_move(app);
    }
    let value = Value::new(text);
    begin(app, StepChange::Put { name, value, kind: None, key: None, description: None })
}

/// `X`: removes the selected parameter after confirmation.
pub fn remove(app: &mut App) -> Vec<Effect> {
    let Some(name) = selected(app) else { return none_selected(app) };
    begin(app, StepChange::Remove { name })
}

/// The failed check if the parameter belongs to another environment and must not be changed here.
fn foreign(app: &App, name: &str) -> Option<Check> {
    let state = &app.panes.parameters;
    place(&app.config, &app.environment, &state.references, state.complete).foreign_check(name)
}

fn begin(app: &mut App, wanted: StepChange) -> Vec<Effect> {
    let foreign = foreign(app, wanted.name()).into_iter().collect();
    let state = &app.panes.parameters;
    let of = readers(&state.references, wanted.name());
    let readers = state.complete.then(|| BTreeMap::from([(wanted.name().to_owned(), of)]));
    let typed = command_line::of(&wanted, "");
    plan(app, Request { wanted: vec![wanted], foreign, readers, restart: false, command_line: typed })
}

/// `*`: toggles between secrets of the whole region and of the environment.
pub fn everything(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.parameters;
    state.whole_region = !state.whole_region;
    after_move(app)
}

/// `r`: reads the parameters again.
pub fn refresh(app: &mut App) -> Vec<Effect> {
    app.panes.parameters.requested_at = app.panes.parameters.requested_at.map(|_| jiff::Timestamp::UNIX_EPOCH);
    app.show_message("reading again");
    app.plan()
}

/// Resets the pane when another environment is opened.
pub fn switched(app: &mut App) -> Vec<Effect> {
    app.panes.parameters = State::default();
    Vec::new()
}

/// Derives the rows before they are drawn.
pub fn settle(app: &mut App) {
    if app.shown_pane().id == ID && app.panes.parameters.stale {
        derive(app);
    }
}
