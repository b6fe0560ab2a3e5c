//! Completion: `Tab` asks for it, and takes it.

use super::completion::Completion;
use super::editing::edited;
use crate::app::App;
use crate::app::effect::Effect;
use crate::model::sql::complete::{Item, Known, Offer, complete};

/// `Tab`: the only one, what all have in common, or a list to choose from; in the list the next one.
pub fn tab(app: &mut App) -> Vec<Effect> {
    if let Some(completion) = &mut app.panes.query.completion {
        completion.step(1);
        app.lists_changed();
        return Vec::new();
    }
    let completion = candidates(app);
    match &completion.candidates[..] {
        [] => {
            app.say("nothing is known that could stand here");
            Vec::new()
        }
        [_] => {
            app.panes.query.completion = Some(completion);
            take(app)
        }
        [..] => {
            app.panes.query.completion = Some(completion);
            app.lists_changed();
            Vec::new()
        }
    }
}

/// Inserts the selected candidate into the text.
pub fn take(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let Some(completion) = state.completion.take() else { return Vec::new() };
    if let Some((text, _)) = completion.candidates.get(completion.selected) {
        let cursor = state.editor.cursor();
        state.editor.replace(completion.from, cursor, text);
        edited(app);
    }
    Vec::new()
}

fn candidates(app: &App) -> Completion {
    let state = &app.panes.query;
    let (text, cursor) = (state.editor.text(), state.editor.cursor());
    let known = Known {
        catalogue: &state.catalogue,
        keys: state.schema.keys.as_ref(),
        variables: state.interpreter.variables(),
    };
    let found = complete(text, &state.split, cursor, known);
    let note = |item: &Item| match item.detail.as_str() {
        "" => word(item.offer).to_owned(),
        detail => detail.to_owned(),
    };
    let candidates = found.items.into_iter().map(|item| (item.text.clone(), note(&item))).collect();
    Completion { from: found.replaces.start, candidates, selected: 0 }
}

fn word(offer: Offer) -> &'static str {
    match offer {
        Offer::Join => "join",
        Offer::Column => "column",
        Offer::Alias => "alias",
        Offer::Relation => "table",
        Offer::Schema => "schema",
        Offer::Function => "function",
        Offer::Keyword => "key word",
        Offer::Command => "psql",
        Offer::Variable => "variable",
        Offer::Name => "name",
    }
}
