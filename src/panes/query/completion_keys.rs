//! Completion in the editor: `Tab` requests it and steps through the candidates.

use super::completion::Completion;
use super::editing::text_changed;
use crate::app::App;
use crate::app::effect::Effect;
use crate::model::sql::complete::{CompletionContext, CompletionKind, Item, complete};

/// `Tab`: inserts the only candidate or the common prefix, opens the list, or moves to the next candidate in it.
pub fn tab(app: &mut App) -> Vec<Effect> {
    if let Some(completion) = &mut app.panes.query.completion {
        completion.step(1);
        app.lists_changed();
        return Vec::new();
    }
    let completion = candidates(app);
    match &completion.candidates[..] {
        [] => {
            app.show_message("nothing is known that could stand here");
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
        text_changed(app);
    }
    Vec::new()
}

fn candidates(app: &App) -> Completion {
    let state = &app.panes.query;
    let (text, cursor) = (state.editor.text(), state.editor.cursor());
    let known = CompletionContext {
        catalogue: &state.catalogue,
        keys: state.schema.keys.as_ref(),
        variables: state.interpreter.variables(),
    };
    let found = complete(text, &state.split, cursor, known);
    let note = |item: &Item| match item.detail.as_str() {
        "" => word(item.kind).to_owned(),
        detail => detail.to_owned(),
    };
    let candidates = found.items.into_iter().map(|item| (item.text.clone(), note(&item))).collect();
    Completion { from: found.replaces.start, candidates, selected: 0 }
}

fn word(offer: CompletionKind) -> &'static str {
    match offer {
        CompletionKind::Join => "join",
        CompletionKind::Column => "column",
        CompletionKind::Alias => "alias",
        CompletionKind::Relation => "table",
        CompletionKind::Schema => "schema",
        CompletionKind::Function => "function",
        CompletionKind::Keyword => "key word",
        CompletionKind::Command => "psql",
        CompletionKind::Variable => "variable",
        CompletionKind::Name => "name",
    }
}
