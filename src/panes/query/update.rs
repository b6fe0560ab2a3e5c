//! The effects of keys in the pane, its questions, and what the answers change.

use super::ask::Kind;
use super::editing::edited;
use super::running::Pending;
use super::state::{Asking, EDITOR, ID, Link, RESULT, Reading, State};
use super::{
    again, ask, completing, connect, copy, facts, follow, keep, looked, outcome, output, plan, pump, reading,
    returning, rows, run, schema, value, windows,
};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Answer;
use crate::app::overlays;
use crate::app::ticket::Owner;
use crate::app::update::dialogs;
use crate::app::update::settle::done;
use crate::feeds::part::Part;
use crate::feeds::{queries, sql};
use crate::model::sql::scan::Open;
use crate::model::sql::split::What;
use jiff::SignedDuration;
use std::time::Duration;

/// How long after a cancel ending the process is offered.
const LISTENS: SignedDuration = SignedDuration::from_secs(3);

/// The questions that are due now.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let mut effects = std::mem::take(&mut app.panes.query.effects);
    facts::drop_unanswered(app);
    if app.shown().id == ID {
        effects.extend(keep::begin(app));
    }
    effects.extend(keep::due(app));
    effects.extend(connect::tunnelled(app));
    effects.extend(again::due(app));
    effects.extend(looked::catalogue(app));
    effects.extend(schema::ask::plan(app));
    effects.extend(pump::go(app));
    effects.extend(rows::replaced(app));
    effects.extend(rows::windows_wanted(app));
    effects.extend(reading::next(app));
    let now = app.now;
    // The clock of what runs goes on.
    app.redraw |= app.panes.query.running.is_some() && app.shown().id == ID;
    if let Some(running) = &mut app.panes.query.running
        && running.cancelled.is_some_and(|at| now.duration_since(at) >= LISTENS)
        && !std::mem::replace(&mut running.offered, true)
        && app.shown().id == ID
        && app.screen.overlays.is_empty()
    {
        app.panes.query.asking = Some(Asking::Terminate);
        if let Some(window) = crate::app::dialog::of_pane(app, ID, 0) {
            crate::app::update::windows::push_window(app, window);
            app.lists_changed();
        }
    }
    effects
}

/// Takes in an answer that this pane asked for.
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
        Some(Kind::Value) => value::came(app, serial, answer.of().part),
        Some(Kind::Scan) => reading::answer(app, serial, answer.of().part),
        Some(Kind::Look) => looked::answer(app, serial, answer.of().part),
        Some(Kind::Control) => control(app, answer.of().part),
        Some(Kind::Keep) => match answer.of().part {
            Part::Page(queries::Fact::Text(text)) | Part::Last(queries::Fact::Text(text))
                if pump::waits_for(app, serial) =>
            {
                pump::read(app, serial, text);
            }
            Part::Last(queries::Fact::Done(_)) if pump::waits_for(app, serial) => pump::unset(app),
            part => keep::answer(app, serial, part),
        },
        Some(Kind::Program) => output::news(app, serial, answer.of().part),
        Some(Kind::Export) => copy::written(app, serial, answer.of().part),
        Some(Kind::Plan) => plan::came(app, serial, answer.of().part),
        Some(Kind::Kept) => kept(app, serial, answer.of().part),
        Some(Kind::Run) => unwanted(app, &answer.of().part),
        Some(Kind::Connect) | None => {}
    }
}

/// A statement whose session was left meanwhile tells of a result that has no tab: nobody else would close it.
fn unwanted(app: &mut App, part: &Part<sql::Fact>) {
    if let Part::Page(sql::Fact::Begun { result, .. }) = part
        && app.panes.query.tab_of(*result).is_none()
    {
        let effects = ask::close(app, vec![*result]);
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
    let effects = outcome::kept(app, serial, rows);
    app.panes.query.effects.extend(effects);
}

fn control(app: &mut App, part: Part<sql::Fact>) {
    if let Part::Failed(failure) = part {
        app.note(true, failure.message.clone());
        app.say(failure.message);
    }
}

/// Another environment is opened: the session is closed, and nothing of it stays.
pub fn switched(app: &mut App) -> Vec<Effect> {
    let mut effects = connect::leave(app);
    effects.extend(output::set(app, None));
    let tabs = std::mem::take(&mut app.panes.query.tabs);
    effects.extend(rows::closed(app, &tabs));
    let state = std::mem::take(&mut app.panes.query);
    // Numbers go on, so that late answers find nobody; what was typed and run before is the person's.
    app.panes.query = State {
        editor: state.editor,
        split: state.split,
        split_of: state.split_of,
        texts: state.texts,
        history: state.history,
        kept: state.kept,
        saved: state.saved,
        serial: state.serial,
        sessions: state.sessions,
        results: state.results,
        ..State::default()
    };
    effects
}

/// Another environment is wanted: asks first, where something would be lost.
pub fn holds(app: &mut App, name: &str) -> bool {
    if facts::loses(app).is_none() {
        return false;
    }
    windows::ask(app, Asking::Leave(Some(name.to_owned())));
    true
}

/// How often the screen is brought up to date: the clock of what runs goes on.
pub fn next_tick(app: &App) -> Option<Duration> {
    let state = &app.panes.query;
    let waits = matches!(state.pending, Some(Pending::Wait(_)));
    let busy = (state.running.is_some() || waits) && app.shown().id == ID;
    busy.then_some(Duration::from_millis(200))
}

/// Whether letters are typed: the editor has the focus.
pub fn edits(app: &App) -> bool {
    app.focused() == EDITOR
}

/// `Enter` in the block of the results: connects; of a result it follows the foreign key of the selected cell, or shows its
/// value whole.
pub fn open(app: &mut App) -> Option<Vec<Effect>> {
    if schema::update::is_shown(app) {
        return Some(schema::update::open(app));
    }
    if let Some(effects) = plan::open(app) {
        return Some(effects);
    }
    let whole = app.panes.query.shown().and_then(|tab| Some((tab.title(), tab.whole.clone()?)));
    if let Some((title, text)) = whole {
        let mut window = overlays::inspect(title, &text);
        window.copies = Some(text);
        app.screen.overlays.push(window);
        return Some(done(app));
    }
    if let Some(effects) = follow::follow(app) {
        return Some(effects);
    }
    if app.panes.query.shown().is_some_and(|tab| tab.grid.is_some()) && app.panes.query.is_on() {
        return Some(value::value(app, Reading::Show));
    }
    match app.panes.query.link {
        Link::On => {
            app.focus_on(EDITOR);
            Some(done(app))
        }
        Link::Off | Link::Opening(_) | Link::Lost(_) => Some(connect::connect(app)),
    }
}

/// `Esc`: out of the editor; what is read through is left; what was filtered is shown again; back along a foreign key.
pub fn back(app: &mut App) -> bool {
    if schema::update::is_shown(app) {
        return schema::update::back(app);
    }
    if app.focused() == EDITOR {
        // The list of what could stand at the cursor is left first, then what is marked as found.
        let found = !std::mem::take(&mut app.panes.query.texts.find.text).is_empty();
        if app.panes.query.completion.take().is_none() && !found {
            app.focus_on(RESULT);
        }
        return true;
    }
    if returning::stop(&mut app.panes.query) {
        let effects = connect::leave(app);
        app.panes.query.effects.extend(effects);
        app.say("it is left lost: Enter connects again");
        return true;
    }
    if matches!(app.panes.query.link, Link::Opening(_)) {
        let effects = connect::leave(app);
        app.panes.query.effects.extend(effects);
        return true;
    }
    if copy::leave(app) || app.panes.query.scan.take().is_some() {
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
    reading::show_all(app) || follow::back(app)
}

/// `Enter` in the editor: runs after `;` and a command of psql at once, else begins another line.
pub fn enter(app: &mut App) -> Vec<Effect> {
    if app.panes.query.completion.is_some() {
        return completing::take(app);
    }
    let state = &app.panes.query;
    let (text, cursor) = (state.editor.text(), state.editor.cursor());
    let behind = text.get(cursor..).is_some_and(|rest| rest.trim().is_empty());
    let last = state.split.pieces().iter().rev().find(|piece| piece.what != What::Blank);
    let word = alone(text);
    let over = word.is_some() || last.is_some_and(|piece| piece.what == What::Command || piece.open == Open::Ready);
    if !behind || !over {
        app.panes.query.editor.insert("\n");
        edited(app);
        return done(app);
    }
    let text = word.unwrap_or(text).to_owned();
    // What was taken stands in the history; what was not stays to be run when there is a session. `\c` and `\q` end the one that
    // they were typed in.
    let taken = app.panes.query.is_on();
    let effects = run::text(app, &text);
    if taken {
        app.panes.query.editor.set("");
        edited(app);
    }
    effects
}

/// The command that psql takes a word for where it stands alone.
fn alone(text: &str) -> Option<&'static str> {
    let word = text.trim().trim_end_matches(';').trim_end();
    let is = |name: &str| word.eq_ignore_ascii_case(name);
    if is("exit") || is("quit") { Some("\\q") } else { is("help").then_some("\\?") }
}

/// Runs the statement under the cursor, which stays where it is.
pub fn run_here(app: &mut App) -> Vec<Effect> {
    let state = &app.panes.query;
    let text = state.editor.text();
    let piece = state.split.at(text, state.editor.cursor());
    let Some(body) = piece.and_then(|piece| text.get(piece.body(text))).filter(|body| !body.trim().is_empty()) else {
        app.say("there is no statement under the cursor");
        return Vec::new();
    };
    let mut body = body.to_owned();
    // A statement that nothing ends would wait for its end.
    if piece.is_some_and(|piece| piece.what == What::Statement && piece.open != Open::Ready) {
        body.push_str("\n;");
    }
    run::text(app, &body)
}

/// `Ctrl-c`: cancels what runs, else clears the editor, else leaves.
pub fn interrupt(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.query;
    if state.completion.take().is_some() {
        return done(app);
    }
    if state.running.is_some() {
        return connect::cancel(app);
    }
    let left = output::interrupt(app);
    let state = &mut app.panes.query;
    if left.is_some() || matches!(state.pending, Some(Pending::Wait(_) | Pending::Rows(_))) {
        let mut effects: Vec<Effect> = left.into_iter().chain(outcome::left(app)).collect();
        app.panes.query.interpreter.clear();
        if !facts::take_back(app) {
            app.say("stopped");
        }
        effects.extend(done(app));
        return effects;
    }
    if app.focused() != EDITOR {
        return dialogs::quit(app);
    }
    let state = &mut app.panes.query;
    if state.editor.text().is_empty() {
        app.say("nothing runs and nothing is typed: Esc, then q leaves");
        return Vec::new();
    }
    let text = state.editor.text().to_owned();
    state.history.add(&text);
    state.editor.set("");
    edited(app);
    done(app)
}
