//! Operations on the editor's texts: opening, closing, showing, and storing them for the next session.

use super::editor_texts::{MAX_TEXTS, Text};
use super::state::State;
use crate::app::editor::Editor;
use crate::feeds::queries::EditorText;
use crate::model::sql::secret;
use crate::model::sql::split::{PieceKind, Split};
use crate::model::sql::token::{Kind, Token};

/// Maximum length of a text stored for later sessions, in bytes; a longer one is a script.
const LONGEST: usize = 1 << 20;

/// A number that differs after every change of a text or a name.
pub fn stamp(state: &State) -> u64 {
    let others: u64 = state.texts.list.iter().map(|text| text.editor.version()).sum();
    state.texts.changes + others + state.editor.version()
}

/// The texts to store for later sessions: those that are not empty and contain no password.
pub fn texts_to_store(state: &State) -> Vec<EditorText> {
    let texts = &state.texts;
    let texts_with_split = texts.list.iter().enumerate().map(|(at, text)| {
        let (editor, split) =
            if at == texts.shown { (&state.editor, &state.split) } else { (&text.editor, &text.split) };
        (text.name.as_str(), editor.text(), split)
    });
    let kept = texts_with_split
        .filter(|(_, text, split)| !text.trim().is_empty() && text.len() <= LONGEST && !holds_secret(text, split));
    kept.map(|(name, text, _)| EditorText { name: name.to_owned(), text: text.to_owned() }).collect()
}

/// Whether a statement, a comment or data of the text may contain a password.
fn holds_secret(text: &str, split: &Split) -> bool {
    split.pieces().iter().any(|piece| {
        let (words, others): (Vec<Token>, Vec<Token>) = piece.tokens().partition(|token| !token.kind.is_space());
        let comments: Vec<Token> = others.into_iter().filter(|token| token.kind == Kind::Comment).collect();
        piece.kind == PieceKind::Data
            || secret::contains_password(text, &words)
            || secret::contains_password(text, &comments)
    })
}

/// Shows the text at this index.
pub fn show(state: &mut State, at: usize) {
    if at >= state.texts.list.len() || at == state.texts.shown {
        return;
    }
    // Stores the shown text in its own slot, then takes the other one out of its slot.
    for place in [state.texts.shown, at] {
        let text = &mut state.texts.list[place];
        std::mem::swap(&mut text.editor, &mut state.editor);
        std::mem::swap(&mut text.split, &mut state.split);
        std::mem::swap(&mut text.split_of, &mut state.split_of);
        std::mem::swap(&mut text.scrolled, &mut state.scrolled);
    }
    state.texts.shown = at;
    // Search matches are not highlighted until the search is repeated there.
    state.texts.find.text.clear();
    state.completion = None;
}

/// Shows the text `by` positions further, wrapping around at the ends.
pub fn turn(state: &mut State, by: isize) {
    let count = state.texts.list.len() as isize;
    let at = (state.texts.shown as isize + by).rem_euclid(count.max(1)) as usize;
    show(state, at);
}

/// Opens a new text after the last one and shows it. Returns `false` if there are already as many as possible.
pub fn begin(state: &mut State) -> bool {
    if state.texts.list.len() >= MAX_TEXTS {
        return false;
    }
    let name = state.texts.number();
    state.texts.list.push(Text { name, ..Text::default() });
    state.texts.changes += 1;
    show(state, state.texts.list.len() - 1);
    true
}

/// Closes the shown text and returns it; the last remaining one is only emptied.
pub fn close(state: &mut State) -> String {
    let gone = state.texts.shown;
    // The stamp must not decrease when a text goes.
    state.texts.changes += 1 + state.editor.version();
    if state.texts.list.len() == 1 {
        let text = state.editor.text().to_owned();
        state.editor.set("");
        state.texts.rename("");
        return text;
    }
    show(state, if gone > 0 { gone - 1 } else { 1 });
    let closed = state.texts.list.remove(gone);
    state.texts.shown -= usize::from(state.texts.shown > gone);
    closed.editor.text().to_owned()
}

/// Appends the texts of earlier sessions; the first one fills an empty shown text.
pub fn restore(state: &mut State, kept: Vec<EditorText>) {
    let shown = state.texts.shown;
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
    state.texts.stored = kept;
}
