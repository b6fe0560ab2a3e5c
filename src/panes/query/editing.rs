//! Handlers for keys that change the editor's text.

use super::state::EDITOR;
use super::{editor_tabs, editor_texts};
use crate::app::App;
use crate::app::editor::{Cut, Step};
use crate::app::effect::Effect;
use crate::app::update::refresh::after_move;
use crate::model::sql::split::Split;
use crate::model::sql::star;
use crate::model::sql::tidy::{map_cursor, tidy};

/// Puts a text into the editor and focuses it.
pub fn put(app: &mut App, text: &str) {
    app.panes.query.editor.set(text);
    text_changed(app);
    app.focus_on(EDITOR);
}

/// Updates everything that depends on the text after a change.
pub fn text_changed(app: &mut App) {
    let state = &mut app.panes.query;
    let version = state.editor.version();
    match version - std::mem::replace(&mut state.split_of, version) {
        0 => {}
        1 => {
            let (at, removed, added) = state.editor.last_change();
            state.split.edit(state.editor.text(), at, removed, added);
        }
        _ => state.split = Split::new(state.editor.text()),
    }
    state.completion = None;
    // Search matches are no longer highlighted.
    state.texts.find.text.clear();
    app.lists_changed();
}

/// Formats the statements; the cursor stays at its character.
pub fn format(app: &mut App) -> Vec<Effect> {
    let editor = &mut app.panes.query.editor;
    let tidied = tidy(editor.text());
    let same = tidied.text == editor.text();
    if !same {
        let place = map_cursor(editor.text(), editor.cursor(), &tidied.text);
        editor.set(&tidied.text);
        editor.move_to(place);
    }
    match (tidied.unformatted, same) {
        (0, true) => app.show_message("nothing to lay out"),
        (0, false) => {}
        (1, _) => app.show_message("a statement stays as it is: it cannot be laid out without changing it"),
        (left, _) => {
            app.show_message(format!(
                "{left} statements stay as they are: they cannot be laid out without changing them"
            ));
        }
    }
    text_changed(app);
    Vec::new()
}

/// Expands a `*` into its columns.
pub fn expand(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.query;
    match star::expand(state.editor.text(), &state.split, state.editor.cursor(), &state.catalogue) {
        Ok((range, columns)) => state.editor.replace(range.start, range.end, &columns),
        Err(why) => app.show_message(why),
    }
    text_changed(app);
    Vec::new()
}

/// Opens another text.
pub fn new_text(app: &mut App) -> Vec<Effect> {
    if !editor_tabs::begin(&mut app.panes.query) {
        app.show_message(format!("{} texts are the most: alt-w closes one", editor_texts::MAX_TEXTS));
    }
    after_move(app)
}

/// Switches to the text `by` positions further.
pub fn switch_text(app: &mut App, by: isize) -> Vec<Effect> {
    if app.panes.query.texts.names().len() == 1 {
        app.show_message("there is no other text: alt-n begins one");
    }
    editor_tabs::turn(&mut app.panes.query, by);
    after_move(app)
}

/// Closes the shown text, which is added to the history.
pub fn close(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let text = editor_tabs::close(state);
    state.history.add(&text);
    text_changed(app);
    after_move(app)
}

/// Moves the cursor; moving beyond the first or the last line walks through the history.
pub fn step(app: &mut App, step: Step) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let (line, _) = state.editor.place();
    if let Some(completion) = &mut state.completion
        && matches!(step, Step::Up | Step::Down)
    {
        completion.step(if step == Step::Up { -1 } else { 1 });
        app.lists_changed();
        return Vec::new();
    }
    match step {
        Step::Up if line == 0 => return walk(app, true),
        Step::Down if line + 1 == state.editor.lines() => return walk(app, false),
        _ => {}
    }
    app.panes.query.editor.step(step);
    app.panes.query.completion = None;
    app.lists_changed();
    Vec::new()
}

/// Deletes a part of the text.
pub fn cut(app: &mut App, cut: Cut) -> Vec<Effect> {
    app.panes.query.editor.cut(cut);
    text_changed(app);
    Vec::new()
}

/// Inserts typed or pasted text.
pub fn text(app: &mut App, text: &str) -> Vec<Effect> {
    if !app.panes.query.editor.insert(text) {
        app.show_message("that is too long for the editor: \\i FILE runs a file");
        return Vec::new();
    }
    text_changed(app);
    Vec::new()
}

/// Shows the previous or next statement of the history.
pub fn walk(app: &mut App, older: bool) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let text = if older { state.history.older(state.editor.text()) } else { state.history.newer() };
    if let Some(text) = text {
        state.editor.set(&text);
        text_changed(app);
    }
    Vec::new()
}

/// Toggles whether the cursor's line is a comment.
pub fn comment(app: &mut App) -> Vec<Effect> {
    let editor = &mut app.panes.query.editor;
    let cursor = editor.cursor();
    let number = editor.line_of(cursor);
    let line = editor.line(number);
    let rest = line.trim_start();
    let at = editor.start_of(number) + line.len() - rest.len();
    let marked = rest.strip_prefix("--").map(|text| 2 + usize::from(text.starts_with(' ')));
    // The cursor stays at its character.
    if let Some(length) = marked {
        editor.replace(at, at + length, "");
        editor.move_to(if cursor < at { cursor } else { cursor.saturating_sub(length).max(at) });
    } else {
        editor.replace(at, at, "-- ");
        editor.move_to(if cursor < at { cursor } else { cursor + 3 });
    }
    text_changed(app);
    Vec::new()
}

/// Undoes the last change.
pub fn undo(app: &mut App) -> Vec<Effect> {
    if !app.panes.query.editor.undo() {
        app.show_message("nothing to take back");
    }
    text_changed(app);
    Vec::new()
}

/// Redoes the last undone change.
pub fn redo(app: &mut App) -> Vec<Effect> {
    if !app.panes.query.editor.redo() {
        app.show_message("nothing to do again");
    }
    text_changed(app);
    Vec::new()
}
