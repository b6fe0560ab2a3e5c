//! Search in the editor: incremental while typing, then from match to match.

use super::choices::Prompt;
use super::line;
use crate::app::App;
use crate::app::editor::Editor;
use crate::app::effect::Effect;
use crate::app::update::refresh::after_move;
use std::ops::Range;

/// Opens the input line for the search.
pub fn begin(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.query;
    state.texts.find.origin = state.editor.cursor();
    state.completion = None;
    line::prompt(app, Prompt::Find)
}

/// Moves to the first match after the start while the text is being typed, or back to the start if the text is empty.
pub fn typed(app: &mut App, what: u8, text: &str) {
    if Prompt::of(what) != Some(Prompt::Find) {
        return;
    }
    let state = &mut app.panes.query;
    let find = &mut state.texts.find;
    text.clone_into(&mut find.text);
    let origin = find.origin;
    let place = after(&state.editor, text, origin).or_else(|| after(&state.editor, text, 0));
    state.editor.move_to(place.map_or(origin, |place| place.start));
}

/// Handles the submitted text; an empty one repeats the last search.
pub fn accepted(app: &mut App, text: &str) -> Vec<Effect> {
    let find = &mut app.panes.query.texts.find;
    if text.is_empty() {
        return next(app, true);
    }
    text.clone_into(&mut find.last);
    let state = &app.panes.query;
    if after(&state.editor, text, 0).is_none() {
        app.show_message(format!("{text} is not there"));
    }
    after_move(app)
}

/// Moves to the next or previous match, wrapping around at the ends.
pub fn next(app: &mut App, forward: bool) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let find = &mut state.texts.find;
    if find.last.is_empty() {
        return begin(app);
    }
    find.text.clone_from(&find.last);
    let (wanted, editor) = (find.text.clone(), &mut state.editor);
    let cursor = editor.cursor();
    let (near, far) = if forward {
        (after(editor, &wanted, cursor + 1), after(editor, &wanted, 0))
    } else {
        (before(editor, &wanted, cursor), before(editor, &wanted, editor.text().len()))
    };
    let round = near.is_none() && far.is_some();
    match near.or(far) {
        Some(place) => editor.move_to(place.start),
        None => app.show_message(format!("{wanted} is not there")),
    }
    if round {
        app.show_message(if forward { "from the start again" } else { "from the end again" });
    }
    after_move(app)
}

/// The first match at or after a byte offset.
fn after(editor: &Editor, wanted: &str, from: usize) -> Option<Range<usize>> {
    let text = editor.text();
    let from = (from..=text.len()).find(|at| text.is_char_boundary(*at))?;
    within(editor, wanted, from, text.len())
}

/// The first match that begins between two byte offsets.
pub fn within(editor: &Editor, wanted: &str, from: usize, to: usize) -> Option<Range<usize>> {
    let letters = editor.text().get(from..to)?.char_indices();
    found(editor, wanted, letters.map(|(at, letter)| (from + at, letter)))
}

/// The last match that begins before a byte offset.
fn before(editor: &Editor, wanted: &str, to: usize) -> Option<Range<usize>> {
    found(editor, wanted, editor.text().get(..to)?.char_indices().rev())
}

/// The first match among these positions. Lower-case letters match both cases; a match must not split a grapheme.
fn found(editor: &Editor, wanted: &str, letters: impl Iterator<Item = (usize, char)>) -> Option<Range<usize>> {
    let exact = wanted.chars().any(char::is_uppercase);
    let same = |a: char, b: char| {
        a == b
            || (!exact && if a.is_ascii() { a.eq_ignore_ascii_case(&b) } else { a.to_lowercase().eq(b.to_lowercase()) })
    };
    let first = wanted.chars().next()?;
    let mut begins = letters.filter(|(_, letter)| same(*letter, first));
    begins.find_map(|(at, _)| {
        let mut here = editor.text().get(at..)?.chars();
        let mut end = at;
        for letter in wanted.chars() {
            end += here.next().filter(|here| same(*here, letter))?.len_utf8();
        }
        (editor.is_grapheme_boundary(at) && editor.is_grapheme_boundary(end)).then_some(at..end)
    })
}
