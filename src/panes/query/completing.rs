//! What could stand at the cursor: `Tab` asks for it, and takes it.

use super::editing::edited;
use super::state::Completion;
use crate::app::App;
use crate::app::effect::Effect;
use crate::model::sql::keywords::KEYWORDS;

/// So many are shown to choose from.
const MOST: usize = 200;

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

/// Puts the selected one into the text.
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
    let before = &state.editor.text()[..state.editor.cursor()];
    let from = before
        .rfind(|c: char| !(c.is_alphanumeric() || c == '_'))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let typed = before[from..].to_lowercase();
    if typed.is_empty() {
        return Completion::default();
    }
    let upper = before[from..].chars().all(|c| !c.is_lowercase());
    let words = KEYWORDS.iter().filter(|word| word.starts_with(&typed)).take(MOST);
    let word = |word: &&str| (if upper { word.to_uppercase() } else { (*word).to_owned() }, "key word".to_owned());
    Completion { from, candidates: words.map(word).collect(), selected: 0 }
}
