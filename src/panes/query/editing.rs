//! The effects of keys on the text of the editor.

use super::state::EDITOR;
use super::{several, texts};
use crate::app::App;
use crate::app::editor::{Cut, Step};
use crate::app::effect::Effect;
use crate::app::update::settle::done;
use crate::model::sql::split::Split;
use crate::model::sql::star;
use crate::model::sql::tidy::{same_place, tidy};

/// Puts a text into the editor, and the focus there.
pub fn put(app: &mut App, text: &str) {
    app.panes.query.editor.set(text);
    edited(app);
    app.focus_on(EDITOR);
}

/// The text of the editor has changed.
pub fn edited(app: &mut App) {
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
    // What was looked for is no longer marked.
    state.texts.find.text.clear();
    app.lists_changed();
}

/// Lays the statements out in lines; the cursor stays at its letter.
pub fn format(app: &mut App) -> Vec<Effect> {
    let editor = &mut app.panes.query.editor;
    let tidied = tidy(editor.text());
    let same = tidied.text == editor.text();
    if !same {
        let place = same_place(editor.text(), editor.cursor(), &tidied.text);
        editor.set(&tidied.text);
        editor.go(place);
    }
    match (tidied.left, same) {
        (0, true) => app.say("nothing to lay out"),
        (0, false) => {}
        (1, _) => app.say("a statement stays as it is: it cannot be laid out without changing it"),
        (left, _) => {
            app.say(format!("{left} statements stay as they are: they cannot be laid out without changing them"));
        }
    }
    edited(app);
    Vec::new()
}

/// Writes out the columns that a `*` stands for.
pub fn expand(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.query;
    match star::expand(state.editor.text(), &state.split, state.editor.cursor(), &state.catalogue) {
        Ok((range, columns)) => state.editor.replace(range.start, range.end, &columns),
        Err(why) => app.say(why),
    }
    edited(app);
    Vec::new()
}

/// Begins another text.
pub fn another(app: &mut App) -> Vec<Effect> {
    if !several::begin(&mut app.panes.query) {
        app.say(format!("{} texts are the most: alt-w closes one", texts::MOST));
    }
    done(app)
}

/// Turns to the text that is so many places further.
pub fn turn(app: &mut App, by: isize) -> Vec<Effect> {
    if app.panes.query.texts.names().len() == 1 {
        app.say("there is no other text: alt-n begins one");
    }
    several::turn(&mut app.panes.query, by);
    done(app)
}

/// Closes the text that is shown; what stood in it is in the history.
pub fn close(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let text = several::close(state);
    state.history.add(&text);
    edited(app);
    done(app)
}

/// Moves the cursor; above the first line and below the last one is the history.
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
    edited(app);
    Vec::new()
}

/// Types or pastes a text.
pub fn text(app: &mut App, text: &str) -> Vec<Effect> {
    if !app.panes.query.editor.insert(text) {
        app.say("that is too long for the editor: \\i FILE runs a file");
        return Vec::new();
    }
    edited(app);
    Vec::new()
}

/// The statement before or after in the history.
pub fn walk(app: &mut App, older: bool) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let text = if older { state.history.older(state.editor.text()) } else { state.history.newer() };
    if let Some(text) = text {
        state.editor.set(&text);
        edited(app);
    }
    Vec::new()
}

/// Makes the line of the cursor a comment, or a statement again.
pub fn comment(app: &mut App) -> Vec<Effect> {
    let editor = &mut app.panes.query.editor;
    let cursor = editor.cursor();
    let number = editor.line_of(cursor);
    let line = editor.line(number);
    let rest = line.trim_start();
    let at = editor.start_of(number) + line.len() - rest.len();
    let marked = rest.strip_prefix("--").map(|text| 2 + usize::from(text.starts_with(' ')));
    // The cursor stays at its letter.
    if let Some(length) = marked {
        editor.replace(at, at + length, "");
        editor.go(if cursor < at { cursor } else { cursor.saturating_sub(length).max(at) });
    } else {
        editor.replace(at, at, "-- ");
        editor.go(if cursor < at { cursor } else { cursor + 3 });
    }
    edited(app);
    Vec::new()
}

/// Takes the last change back.
pub fn undo(app: &mut App) -> Vec<Effect> {
    if !app.panes.query.editor.undo() {
        app.say("nothing to take back");
    }
    edited(app);
    Vec::new()
}

/// Does again what was taken back.
pub fn redo(app: &mut App) -> Vec<Effect> {
    if !app.panes.query.editor.redo() {
        app.say("nothing to do again");
    }
    edited(app);
    Vec::new()
}
