//! The texts of the editor come, go, are shown, and are kept for the next session.

use super::state::State;
use super::texts::{MOST, Text};
use crate::app::editor::Editor;
use crate::feeds::queries::Typed;
use crate::model::sql::secret;
use crate::model::sql::split::{Split, What};
use crate::model::sql::token::{Kind, Token};

/// A longer text is not kept for later sessions: it is a script.
const LONGEST: usize = 1 << 20;

/// A number that is another one after every change of a text or a name.
pub fn stamp(state: &State) -> u64 {
    let others: u64 = state.texts.list.iter().map(|text| text.editor.version()).sum();
    state.texts.changes + others + state.editor.version()
}

/// The texts that are kept for later sessions: those that are not empty and hold no password.
pub fn to_keep(state: &State) -> Vec<Typed> {
    let texts = &state.texts;
    let all = texts.list.iter().enumerate().map(|(at, text)| {
        let (editor, split) = if at == texts.at { (&state.editor, &state.split) } else { (&text.editor, &text.split) };
        (text.name.as_str(), editor.text(), split)
    });
    let kept =
        all.filter(|(_, text, split)| !text.trim().is_empty() && text.len() <= LONGEST && !holds_secret(text, split));
    kept.map(|(name, text, _)| Typed { name: name.to_owned(), text: text.to_owned() }).collect()
}

/// Whether a password may be in a statement, in a comment, or in data.
fn holds_secret(text: &str, split: &Split) -> bool {
    split.pieces().iter().any(|piece| {
        let (words, others): (Vec<Token>, Vec<Token>) = piece.tokens().partition(|token| !token.kind.is_space());
        let comments: Vec<Token> = others.into_iter().filter(|token| token.kind == Kind::Comment).collect();
        piece.what == What::Data || secret::is_held(text, &words) || secret::is_held(text, &comments)
    })
}

/// Shows the text at this place.
pub fn show(state: &mut State, at: usize) {
    if at >= state.texts.list.len() || at == state.texts.at {
        return;
    }
    // The shown one goes into its place; then the other one comes out of its own.
    for place in [state.texts.at, at] {
        let text = &mut state.texts.list[place];
        std::mem::swap(&mut text.editor, &mut state.editor);
        std::mem::swap(&mut text.split, &mut state.split);
        std::mem::swap(&mut text.split_of, &mut state.split_of);
        std::mem::swap(&mut text.scrolled, &mut state.scrolled);
    }
    state.texts.at = at;
    // What was looked for is looked for there too, when that is wanted.
    state.texts.find.text.clear();
    state.completion = None;
}

/// Shows the one that is so many places further, round the end.
pub fn turn(state: &mut State, by: isize) {
    let count = state.texts.list.len() as isize;
    let at = (state.texts.at as isize + by).rem_euclid(count.max(1)) as usize;
    show(state, at);
}

/// Begins another one behind the last, and shows it. False: there are as many as there can be.
pub fn begin(state: &mut State) -> bool {
    if state.texts.list.len() >= MOST {
        return false;
    }
    let name = state.texts.number();
    state.texts.list.push(Text { name, ..Text::default() });
    state.texts.changes += 1;
    show(state, state.texts.list.len() - 1);
    true
}

/// Closes the shown one; of the last one only the text goes. Gives back what stood in it.
pub fn close(state: &mut State) -> String {
    let gone = state.texts.at;
    // Numbers that are counted on must not fall with a text that goes.
    state.texts.changes += 1 + state.editor.version();
    if state.texts.list.len() == 1 {
        let text = state.editor.text().to_owned();
        state.editor.set("");
        state.texts.rename("");
        return text;
    }
    show(state, if gone > 0 { gone - 1 } else { 1 });
    let closed = state.texts.list.remove(gone);
    state.texts.at -= usize::from(state.texts.at > gone);
    closed.editor.text().to_owned()
}

/// Puts the texts of earlier sessions behind those of this one; the first one into an empty place that is shown.
pub fn restore(state: &mut State, kept: Vec<Typed>) {
    let shown = state.texts.at;
    for typed in &kept {
        let empty = state.texts.list.len() == 1 && state.editor.text().is_empty();
        if empty {
            state.texts.rename(&typed.name);
        } else {
            let taken = state.texts.names().any(|(name, _)| name == typed.name);
            let name = if taken { state.texts.number() } else { typed.name.clone() };
            state.texts.list.push(Text { name, ..Text::default() });
            show(state, state.texts.list.len() - 1);
        }
        state.editor = Editor::of(&typed.text);
        state.split = Split::new(state.editor.text());
        state.split_of = state.editor.version();
        show(state, shown);
    }
    state.texts.kept = kept;
}
