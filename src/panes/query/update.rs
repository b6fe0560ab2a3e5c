//! Key handlers of the Query pane, its requests, and the handling of their answers.

use super::editing::text_changed;
use super::requests::Kind;
use super::running::Pending;
use super::state::{DialogQuestion, EDITOR, ID, Link, RESULT, State, ValueUse};
use super::{
    answers, completion_keys, connect, copy, foreign_keys, look_ups, output, plan, psql, psql_outcome, reconnect,
    reconnect_due, requests, row_scans, rows, run, schema, storage, value, windows,
};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Answer;
use crate::app::overlays;
use crate::app::ticket::Owner;
use crate::app::update::dialogs;
use crate::app::update::refresh::after_move;
use crate::feeds::part::Part;
use crate::feeds::{queries, sql};
use crate::model::sql::split::PieceKind;
use crate::model::sql::statement_end::Open;
use jiff::SignedDuration;
use std::time::Duration;

/// Time after a cancel when terminating the process is offered.
const LISTENS: SignedDuration = SignedDuration::from_secs(3);

/// Returns the requests that are due.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let mut effects = std::mem::take(&mut app.panes.query.effects);
    answers::drop_unanswered(app);
    if app.shown_pane().id == ID {
        effects.extend(storage::begin(app));
    }
    effects.extend(storage::store_texts_if_due(app));
    effects.extend(connect::tunnelled(app));
    effects.extend(reconnect_due::reconnect_if_due(app));
    effects.extend(look_ups::catalogue(app));
    effects.extend(schema::requests::plan(app));
    effects.extend(psql::advance(app));
    effects.extend(rows::remove_replaced(app));
    effects.extend(rows::request_windows(app));
    effects.extend(row_scans::next(app));
    let now = app.now;
    // The elapsed time of the running statement continues.
    app.redraw |= app.panes.query.running.is_some() && app.shown_pane().id == ID;
    if let Some(running) = &mut app.panes.query.running
        && running.cancelled.is_some_and(|at| now.duration_since(at) >= LISTENS)
        && !std::mem::replace(&mut running.offered, true)
        && app.shown_pane().id == ID
        && app.screen.overlays.is_empty()
    {
        app.panes.query.open_question = Some(DialogQuestion::Terminate);
        if let Some(window) = crate::app::dialog::of_pane(app, ID, 0) {
            crate::app::update::windows::push_window(app, window);
            app.lists_changed();
        }
    }
    effects
}

/// Handles an answer to one of the pane's requests.
pub fn answer(app: &mut App, answer: Answer) {
    let Owner::Pane(_, number) = answer.ticket.owner else { return };
    let serial = answer.ticket.serial;
    let state = &app.panes.query;
    match Kind::of(number) {
        Some(Kind::Connect) if state.connection == serial => connect::news(app, answer.of().part),
        Some(Kind::Run) if state.running.as_ref().is_some_and(|running| running.serial == serial) => {
            run::news(app, answer.of().part);
        }
        Some(Kind::Window) => rows::window(app, serial, answer.of().part),
        Some(Kind::Value) => value::handle_value(app, serial, answer.of().part),
        Some(Kind::Scan) => row_scans::answer(app, serial, answer.of().part),
        Some(Kind::LookUp) => look_ups::answer(app, serial, answer.of().part),
        Some(Kind::Control) => control(app, answer.of().part),
        Some(Kind::Storage) => match answer.of().part {
            Part::Page(queries::Fact::Text(text)) | Part::Last(queries::Fact::Text(text))
                if psql::waits_for(app, serial) =>
            {
                psql::file_read(app, serial, text);
            }
            Part::Last(queries::Fact::Done(_)) if psql::waits_for(app, serial) => psql::report_unset(app),
            part => storage::answer(app, serial, part),
        },
        Some(Kind::Program) => output::news(app, serial, answer.of().part),
        Some(Kind::Export) => copy::export_progress(app, serial, answer.of().part),
        Some(Kind::Plan) => plan::handle_plan(app, serial, answer.of().part),
        Some(Kind::PsqlRows) => kept(app, serial, answer.of().part),
        Some(Kind::Run) => unwanted(app, &answer.of().part),
        Some(Kind::Connect) | None => {}
    }
}

/// Closes a result whose session was left meanwhile: without a tab, nothing else would close it.
fn unwanted(app: &mut App, part: &Part<sql::Fact>) {
    if let Part::Page(sql::Fact::Begun { result, .. }) = part
        && app.panes.query.tab_of(*result).is_none()
    {
        let effects = requests::close(app, vec![*result]);
        app.panes.query.effects.extend(effects);
    }
}

fn kept(app: &mut App, serial: u64, part: Part<sql::Fact>) {
    let rows = match part {
        Part::Page(sql::Fact::Window { rows, .. } | sql::Fact::Rows { rows, .. })
        | Part::Last(sql::Fact::Window { rows, .. } | sql::Fact::Rows { rows, .. }) => Ok(rows),
        Part::Page(_) | Part::Last(_) => return,
        Part::Failed(failure) => Err(failure.message),
    };
    let effects = psql_outcome::kept(app, serial, rows);
    app.panes.query.effects.extend(effects);
}

fn control(app: &mut App, part: Part<sql::Fact>) {
    if let Part::Failed(failure) = part {
        app.note(true, failure.message.clone());
        app.show_message(failure.message);
    }
}

/// Closes the session and resets the state when another environment is opened.
pub fn switched(app: &mut App) -> Vec<Effect> {
    let mut effects = connect::leave(app);
    effects.extend(output::set(app, None));
    let tabs = std::mem::take(&mut app.panes.query.tabs);
    effects.extend(rows::close_results(app, &tabs));
    let state = std::mem::take(&mut app.panes.query);
    // Numbers continue, so that late answers match nothing. Texts and history belong to the user and stay.
    app.panes.query = State {
        editor: state.editor,
        split: state.split,
        split_of: state.split_of,
        texts: state.texts,
        history: state.history,
        history_requested: state.history_requested,
        saved: state.saved,
        serial: state.serial,
        sessions: state.sessions,
        results: state.results,
        ..State::default()
    };
    effects
}

/// Asks before another environment is opened, if something would be lost.
pub fn confirms_switch(app: &mut App, name: &str) -> bool {
    if answers::loses(app).is_none() {
        return false;
    }
    windows::ask(app, DialogQuestion::Leave(Some(name.to_owned())));
    true
}

/// How often the screen is updated while the elapsed time of a statement is shown.
pub fn next_tick(app: &App) -> Option<Duration> {
    let state = &app.panes.query;
    let waits = matches!(state.pending, Some(Pending::Wait(_)));
    let busy = (state.running.is_some() || waits) && app.shown_pane().id == ID;
    busy.then_some(Duration::from_millis(200))
}

/// Whether letters are typed into the editor, because it has the focus.
pub fn edits(app: &App) -> bool {
    app.focused() == EDITOR
}

/// `Enter` in the result block: connects, follows the foreign key of the selected cell, or shows its complete value.
pub fn open(app: &mut App) -> Option<Vec<Effect>> {
    if schema::update::is_shown(app) {
        return Some(schema::update::open(app));
    }
    if let Some(effects) = plan::open(app) {
        return Some(effects);
    }
    let whole = app.panes.query.shown().and_then(|tab| Some((tab.title(), tab.full_output.clone()?)));
    if let Some((title, text)) = whole {
        let mut window = overlays::inspect(title, &text);
        window.copy_text = Some(text);
        app.screen.overlays.push(window);
        return Some(after_move(app));
    }
    if let Some(effects) = foreign_keys::follow(app) {
        return Some(effects);
    }
    if app.panes.query.shown().is_some_and(|tab| tab.grid.is_some()) && app.panes.query.is_on() {
        return Some(value::read_selected(app, ValueUse::Show));
    }
    match app.panes.query.link {
        Link::On => {
            app.focus_on(EDITOR);
            Some(after_move(app))
        }
        Link::Off | Link::Opening(_) | Link::Lost(_) => Some(connect::connect(app)),
    }
}

/// `Esc`: leaves the editor, stops a scan, removes a filter, or returns along a foreign key.
pub fn back(app: &mut App) -> bool {
    if schema::update::is_shown(app) {
        return schema::update::back(app);
    }
    if app.focused() == EDITOR {
        // The completion list is closed first, then the highlighted matches.
        let found = !std::mem::take(&mut app.panes.query.texts.find.text).is_empty();
        if app.panes.query.completion.take().is_none() && !found {
            app.focus_on(RESULT);
        }
        return true;
    }
    if reconnect::stop(&mut app.panes.query) {
        let effects = connect::leave(app);
        app.panes.query.effects.extend(effects);
        app.show_message("it is left lost: Enter connects again");
        return true;
    }
    if matches!(app.panes.query.link, Link::Opening(_)) {
        let effects = connect::leave(app);
        app.panes.query.effects.extend(effects);
        return true;
    }
    if copy::stop_export(app) || app.panes.query.scan.take().is_some() {
        return true;
    }
    if let Some(tab) = app.panes.query.shown_mut() {
        if std::mem::take(&mut tab.record) {
            return true;
        }
        if let Some(grid) = tab.grid.as_mut().filter(|grid| grid.anchor.is_some()) {
            grid.anchor = None;
            return true;
        }
    }
    row_scans::show_all(app) || foreign_keys::back(app)
}

/// `Enter` in the editor: runs the text after `;` or a psql command, otherwise starts a new line.
pub fn enter(app: &mut App) -> Vec<Effect> {
    if app.panes.query.completion.is_some() {
        return completion_keys::take(app);
    }
    let state = &app.panes.query;
    let (text, cursor) = (state.editor.text(), state.editor.cursor());
    let behind = text.get(cursor..).is_some_and(|rest| rest.trim().is_empty());
    let last = state.split.pieces().iter().rev().find(|piece| piece.kind != PieceKind::Blank);
    let word = alone(text);
    let over =
        word.is_some() || last.is_some_and(|piece| piece.kind == PieceKind::Command || piece.open == Open::Ready);
    if !behind || !over {
        app.panes.query.editor.insert("\n");
        text_changed(app);
        return after_move(app);
    }
    let text = word.unwrap_or(text).to_owned();
    // An accepted text is in the history; otherwise it stays, to be run when there is a session. `\c` and `\q` end the
    // session that they were typed in.
    let taken = app.panes.query.is_on();
    let effects = run::text(app, &text);
    if taken {
        app.panes.query.editor.set("");
        text_changed(app);
    }
    effects
}

/// The psql command that a word stands for when it is the whole input.
fn alone(text: &str) -> Option<&'static str> {
    let word = text.trim().trim_end_matches(';').trim_end();
    let is = |name: &str| word.eq_ignore_ascii_case(name);
    if is("exit") || is("quit") { Some("\\q") } else { is("help").then_some("\\?") }
}

/// Runs the statement under the cursor, which stays in the editor.
pub fn run_here(app: &mut App) -> Vec<Effect> {
    let state = &app.panes.query;
    let text = state.editor.text();
    let piece = state.split.at(text, state.editor.cursor());
    let Some(body) = piece.and_then(|piece| text.get(piece.body(text))).filter(|body| !body.trim().is_empty()) else {
        app.show_message("there is no statement under the cursor");
        return Vec::new();
    };
    let mut body = body.to_owned();
    // The terminator is added, or the statement would wait for one.
    if piece.is_some_and(|piece| piece.kind == PieceKind::Statement && piece.open != Open::Ready) {
        body.push_str("\n;");
    }
    run::text(app, &body)
}

/// `Ctrl-c`: cancels the running statement, else clears the editor, else leaves it.
pub fn interrupt(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.query;
    if state.completion.take().is_some() {
        return after_move(app);
    }
    if state.running.is_some() {
        return connect::cancel(app);
    }
    let left = output::interrupt(app);
    let state = &mut app.panes.query;
    if left.is_some() || matches!(state.pending, Some(Pending::Wait(_) | Pending::Rows(_))) {
        let mut effects: Vec<Effect> = left.into_iter().chain(psql_outcome::left(app)).collect();
        app.panes.query.interpreter.clear();
        if !answers::roll_back_aborted(app) {
            app.show_message("stopped");
        }
        effects.extend(after_move(app));
        return effects;
    }
    if app.focused() != EDITOR {
        return dialogs::quit(app);
    }
    let state = &mut app.panes.query;
    if state.editor.text().is_empty() {
        app.show_message("nothing runs and nothing is typed: Esc, then q leaves");
        return Vec::new();
    }
    let text = state.editor.text().to_owned();
    state.history.add(&text);
    state.editor.set("");
    text_changed(app);
    after_move(app)
}
