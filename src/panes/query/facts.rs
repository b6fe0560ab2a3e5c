//! The answers about the session and its results.

use super::ask::{close, leave};
use super::consent::Consent;
use super::guard;
use super::result::Tab;
use super::running::{Pending, Read, Seen};
use super::state::{Asking, EDITOR, ID, Link, RESULT, State};
use super::{place, returning, rows};
use crate::app::App;
use crate::app::command::Id;
use crate::app::grid::Grid;
use crate::app::overlay::Kind;
use crate::feeds::sql;
use crate::model::Failure;
use crate::model::sql::guard::commits;
use crate::model::sql::interpreter::{Halt, Origin};
use crate::model::sql::{Column, Ended, ResultId, Server, SessionId, Transaction};
use jiff::Timestamp;

/// The sentence on a lost connection.
pub const AGAIN: &str = "it is connected to again by itself (Esc: not)";
/// The sentence on a lost connection where nothing is done by itself.
pub const ENTER: &str = "Enter in the block of the results connects again";

/// Takes in a fact about the session or a result.
pub fn fact(app: &mut App, fact: sql::Fact) {
    match fact {
        sql::Fact::Connected(server) => connected(app, &server),
        sql::Fact::Transaction(transaction) => {
            let state = &mut app.panes.query;
            if state.transaction == Transaction::Idle {
                state.opened = state.running.as_ref().map(|running| running.kept);
            }
            state.transaction = transaction;
            state.interpreter.set_transaction(transaction);
        }
        sql::Fact::Escapes(on) => app.panes.query.interpreter.set_escapes(on),
        sql::Fact::Notice(said) => {
            let running = app.panes.query.running.as_ref().map(|running| running.result);
            match running.and_then(|result| app.panes.query.tab_of(result)) {
                Some(tab) => tab.notice(*said),
                None => app.note(false, format!("{}: {}", said.severity, said.message)),
            }
        }
        sql::Fact::Begun { result, columns } => begun(app, result, columns),
        sql::Fact::Grown { result, rows, bytes } => {
            let state = &mut app.panes.query;
            let read = state.running.as_mut().and_then(|running| running.read.as_mut());
            if let Some(read) = read.filter(|read| read.result == result) {
                read.rows = rows;
            }
            if let Some(grid) = state.tab_of(result).and_then(|tab| tab.grid.as_mut()) {
                (grid.rows, grid.bytes) = (rows, bytes);
            }
            select_again(state, result, false);
        }
        sql::Fact::Ended { result, ended: how, took, stopped } => {
            ended(app, result, &how);
            if let Some(why) = &stopped {
                app.note(true, why.clone());
            }
            if let Some(running) = &mut app.panes.query.running {
                running.stopped.clone_from(&stopped);
            }
            if let Some(tab) = app.panes.query.tab_of(result) {
                // A part of a result looks like a whole one: it is said below the rows, too.
                tab.footers.extend(stopped.iter().map(|why| format!("▲ {why}")));
                (tab.took, tab.stopped) = (Some(took), stopped);
            }
            select_again(&mut app.panes.query, result, true);
        }
        // Answers to questions of their own.
        sql::Fact::Window { .. }
        | sql::Fact::Rows { .. }
        | sql::Fact::Value(_)
        | sql::Fact::Done
        | sql::Fact::Looked { .. }
        | sql::Fact::Exported { .. }
        | sql::Fact::Said(_) => {}
    }
}

/// Selects what was selected before the statement was run again, once its row is here or no more come. Who has moved
/// meanwhile stays where they are.
fn select_again(state: &mut State, result: ResultId, all: bool) {
    let Some((place, column)) = state.again else { return };
    let Some(grid) = state.tab_of(result).and_then(|tab| tab.grid.as_mut()) else { return };
    let moved = (grid.place, grid.column) != (0, 0);
    if !moved && (all || place < grid.rows) {
        grid.column = column;
        grid.go(place);
    }
    if moved || all || place < grid.rows {
        state.again = None;
    }
}

fn begun(app: &mut App, result: ResultId, columns: Vec<Column>) {
    let now = app.now;
    let state = &mut app.panes.query;
    state.results = state.results.max(result.0);
    if let Some(running) = &mut state.running {
        running.read = Some(Read { result, columns: columns.clone(), rows: 0 });
        match running.seen {
            Seen::Tabs => {}
            Seen::Nowhere => return,
            Seen::Closed => {
                let effects = close(app, vec![result]);
                app.panes.query.effects.extend(effects);
                return;
            }
        }
    }
    if state.tab_of(result).is_none() {
        let another = another(state, result, now);
        state.tabs.push(another);
    }
    if let Some(tab) = state.tab_of(result) {
        tab.grid = Some(Grid::new(columns));
    }
}

/// A tab for another result of the statement that runs.
fn another(state: &State, result: ResultId, now: Timestamp) -> Tab {
    let statement = state.running.as_ref().map(|running| running.statement.clone()).unwrap_or_default();
    let of = state.server.as_ref().map(|server| (server.host.clone(), server.database.clone()));
    Tab { of, ..Tab::new(result, state.session.unwrap_or(SessionId(0)), statement, now) }
}

/// How a statement ended. Of several (`\;`) any may fail, also one that has no rows to be seen.
pub fn ended(app: &mut App, result: ResultId, how: &Ended) {
    let now = app.now;
    let state = &mut app.panes.query;
    state.results = state.results.max(result.0);
    let running = state.running.as_mut().filter(|running| result >= running.result);
    let seen = running.map(|running| {
        running.ends(result, how);
        running.seen
    });
    let carried_out = matches!(how, Ended::Done(_));
    // With `AND CHAIN` another transaction is open at once.
    if matches!(how, Ended::Done(tag) if tag == "COMMIT") {
        state.opened = Some(ResultId(result.0 + 1));
    }
    // Whether a COMMIT that was lost on its way was carried out is not known: its transaction is not said to be lost.
    if matches!(how, Ended::Lost(_)) && state.running.as_ref().is_some_and(|running| commits(&running.statement)) {
        state.transaction = Transaction::Idle;
    }
    if !carried_out && seen == Some(Seen::Tabs) && state.tab_of(result).is_none() {
        let another = another(state, result, now);
        let gone = state.open(another);
        let effects = rows::closed(app, &gone);
        app.panes.query.effects.extend(effects);
    }
    let state = &mut app.panes.query;
    if let Some(tab) = state.tab_of(result) {
        tab.ended = Some(how.clone());
    }
    if !carried_out && seen.is_some() {
        taken_back(state, result, how);
    }
}

/// One of several statements was not carried out: what becomes of the others is told.
fn taken_back(state: &mut State, result: ResultId, how: &Ended) {
    let Some((first, kept)) = state.running.as_ref().map(|running| (running.result, running.kept)) else { return };
    let is_lost = matches!(how, Ended::Lost(_));
    for tab in state.tabs.iter_mut().filter(|tab| tab.id >= kept && tab.id != result) {
        match &tab.ended {
            Some(Ended::Done(_)) if !is_lost => tab.taken_back = true,
            Some(Ended::Done(_)) | None => tab.ended = Some(how.clone()),
            Some(Ended::Failed(_) | Ended::Cancelled | Ended::Lost(_)) => {}
        }
    }
    let of = match &state.pending {
        Some(Pending::Run(run)) => run.statements,
        _ => 1,
    };
    if of < 2 || is_lost {
        return;
    }
    let number = result.0 - first.0 + 1;
    let becomes = if kept == first {
        "all of this text is taken back"
    } else {
        "what stands before the last COMMIT is kept, what comes after it is taken back"
    };
    if let Some(tab) = state.tab_of(result) {
        let part = format!("statement {number} of {of}: {becomes}");
        tab.footers.push(format!("▲ {part}"));
        tab.part = Some(part);
    }
}

/// The session is open, or something about the server has changed.
pub fn connected(app: &mut App, server: &Server) {
    let state = &mut app.panes.query;
    let first = state.link != Link::On;
    let before = state.server.replace(server.clone());
    state.link = Link::On;
    state.failure = None;
    state.interpreter.set_server(server);
    if first {
        let (by_itself, now) = (app.panes.query.returns.is_some(), app.now);
        if !by_itself {
            app.panes.query.used = Some(now);
        }
        returning::came_back(app, before.as_ref(), server);
        let role = place::role(server);
        app.note(false, format!("connected to {} as {} ({role})", server.host, server.user));
        // Who reads rows meanwhile does not want to type all of a sudden.
        if !by_itself && app.shown().id == ID && app.focused() == RESULT && app.screen.overlays.is_empty() {
            app.focus_on(EDITOR);
        }
        return;
    }
    let changed = before.as_ref().map(|before| returning::changes(before, server)).unwrap_or_default();
    if before.is_some_and(|before| before.read_only) && !server.read_only {
        guard::lifted(app, server);
    }
    if !changed.is_empty() {
        let text = changed.join("; ");
        app.note(true, text.clone());
        app.panes.query.changed = Some(text);
    }
}

/// The connection is lost, or there was none. What was on the screen stays, the editor keeps its text.
pub fn lost(app: &mut App, failure: &Failure) {
    let state = &mut app.panes.query;
    let was_on = state.link == Link::On;
    let ends = state.running.as_ref().is_some_and(|running| commits(&running.statement));
    let open = state.transaction != Transaction::Idle && !ends;
    let mut why = failure.message.clone();
    if was_on {
        if open {
            why.push_str("; the open transaction is lost, nothing of it was kept");
            state.lost_open = true;
            lost_with_it(state);
        }
        if let Some(running) = state.running.take() {
            for tab in state.tabs.iter_mut().filter(|tab| tab.id >= running.result) {
                tab.ended.get_or_insert_with(|| Ended::Lost(why.clone()));
            }
            let unseen = running.read.filter(|_| running.seen == Seen::Nowhere).map(|read| read.result);
            let effects = close(app, unseen.into_iter().collect());
            app.panes.query.effects.extend(effects);
        }
    }
    let state = &mut app.panes.query;
    reset(state);
    if was_on {
        app.note(true, format!("the connection to the database is lost: {why}"));
        let again = if returning::begin(app) { AGAIN } else { ENTER };
        app.panes.query.link = Link::Lost(format!("{why}; {again}"));
    } else {
        unreached(app, failure);
    }
}

/// Marks the results of the transaction that is lost as rolled back.
fn lost_with_it(state: &mut State) {
    let Some(first) = state.opened else { return };
    let reads =
        |tag: &str| ["SELECT", "SHOW", "FETCH", "EXPLAIN", "BEGIN", "SET"].iter().any(|word| tag.starts_with(word));
    for tab in state.tabs.iter_mut().filter(|tab| tab.id >= first && !tab.passing) {
        tab.taken_back |= matches!(&tab.ended, Some(Ended::Done(tag)) if !reads(tag));
    }
}

/// It could not be connected to: it is tried again where it was lost before.
pub fn unreached(app: &mut App, failure: &Failure) {
    if app.panes.query.returns.is_some() {
        let again = if returning::failed(app) { AGAIN } else { ENTER };
        app.panes.query.link = Link::Lost(format!("{}; {again}", failure.message));
    } else {
        let state = &mut app.panes.query;
        state.failure = Some(failure.clone());
        // A database of a mistyped name is not tried again: the one before is.
        let before =
            |server: &Server| sql::Who { user: Some(server.user.clone()), database: Some(server.database.clone()) };
        if state.who != sql::Who::default() {
            state.who = state.server.as_ref().map(before).unwrap_or_default();
        }
    }
}

/// A question that was answered with no, or left: what waited for its answer is not run either. Whether a transaction is taken
/// back for it.
pub fn drop_unanswered(app: &mut App) -> bool {
    let asks = app.screen.overlays.iter().any(|window| matches!(window.kind, Kind::Confirm(pane, _) if pane == ID));
    if app.panes.query.asking.is_none() || asks {
        return false;
    }
    let asking = app.panes.query.asking.take();
    // Only these are asked in the middle of a text: what else was asked leaves it as it is.
    if !matches!(asking, Some(Asking::Run { .. } | Asking::Program { .. })) {
        return false;
    }
    app.panes.query.pending.take_if(|pending| matches!(pending, Pending::Asked(_)));
    let left = leave(app, guard::ROWS);
    app.panes.query.effects.extend(left);
    app.panes.query.watch = None;
    let halt = app.panes.query.interpreter.halt();
    app.panes.query.interpreter.clear();
    let back = take_back(app);
    tell_not_run(app, "the answer was no", &halt, back);
    back
}

/// A failure has ended a text: what ran of it and what did not is told. Where something is left of it, a transaction that it
/// began is taken back; else a person goes on from there, as psql has it.
pub fn halted(app: &mut App) {
    let Some(halt) = app.panes.query.interpreter.take_halted().filter(|halt| !halt.left.is_empty()) else { return };
    let back = take_back(app);
    let why = halt.why.lines().next().unwrap_or_default();
    tell_not_run(app, why, &halt, back);
}

/// Tells which statements of a text ran and which did not; `back`: a transaction that it began is rolled back.
fn tell_not_run(app: &mut App, why: &str, halt: &Halt, back: bool) {
    if halt.left.is_empty() {
        return;
    }
    let after = match (back, halt.open) {
        (true, _) => "; the transaction that began with it is taken back",
        (false, true) => "; the transaction that was open before it is open still",
        (false, false) => "",
    };
    let words = halt.words("what was typed").unwrap_or_default();
    let text = format!("{why}: {words}{after}");
    app.note(true, text.clone());
    if halt.left.iter().any(|left| left.file.is_some()) {
        // It may be long, and is what a person has to know before the file is run again.
        app.panes.query.printed.push_str(&text);
        app.panes.query.printed.push('\n');
    } else {
        app.say(text);
    }
}

/// The rest of a text is not run: a transaction that it began is rolled back, as the COMMIT behind it does not come,
/// and what is run next would be in it and hold its locks. Returns whether there was one.
pub fn take_back(app: &mut App) -> bool {
    let state = &mut app.panes.query;
    if !state.is_on() || state.transaction == Transaction::Idle || state.before != Transaction::Idle {
        return false;
    }
    state.interpreter.run("ROLLBACK;", Origin::Command);
    app.say("not run: the transaction that began with it is taken back");
    true
}

/// Forgets everything of the session but what is on the screen.
pub fn reset(state: &mut State) {
    state.session = None;
    state.asked_before = state.serial;
    state.wanted = None;
    state.connection = 0;
    state.consent = Consent::None;
    state.replaced = None;
    state.link = Link::Off;
    state.transaction = Transaction::Idle;
    state.pending = None;
    state.interpreter.clear();
    state.interpreter.set_transaction(Transaction::Idle);
    state.catalogued = false;
    state.running = None;
}

/// Shows rows that came as one answer; `whole` is all of it as text, where there is more than rows.
pub fn show(app: &mut App, title: &str, grid: Grid, footers: Vec<String>, whole: Option<String>) {
    let now = app.now;
    let more = whole.is_some().then(|| app.keymap.label(Id::OPEN)).flatten();
    let state = &mut app.panes.query;
    state.results += 1;
    let (id, session) = (ResultId(state.results), state.session.unwrap_or(SessionId(0)));
    let rows = grid.rows;
    let mut tab = Tab::new(id, session, title, now);
    tab.grid = Some(grid);
    tab.footers = footers;
    tab.whole = whole;
    tab.passing = true;
    let counted = if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
    let more = more.map(|key| format!("  {key} all of it as text")).unwrap_or_default();
    tab.ended = Some(Ended::Done(counted + &more));
    let gone = state.open(tab);
    let effects = rows::closed(app, &gone);
    app.panes.query.effects.extend(effects);
}

/// Changes that were not applied, in a sentence.
fn changed(state: &State) -> Option<String> {
    let count: usize = state.tabs.iter().filter_map(|tab| tab.edit.as_ref()).map(|edit| edit.changes.list.len()).sum();
    match count {
        0 => None,
        1 => Some("Query: one change of a result was not applied (W applies it).".to_owned()),
        more => Some(format!("Query: {more} changes of results were not applied (W applies them).")),
    }
}

/// The loss that leaving the session would cause, in a sentence.
pub fn loses(app: &App) -> Option<String> {
    let state = &app.panes.query;
    // Rows outlive their session, and their changes can be applied in the next one.
    if !state.is_on() {
        return changed(state);
    }
    match (state.transaction, &state.running) {
        (Transaction::Open | Transaction::Failed, _) => {
            Some("Query: a transaction is open; it is rolled back, and nothing of it is kept.".to_owned())
        }
        (Transaction::Idle, Some(_)) => Some("Query: a statement runs; it is cancelled.".to_owned()),
        (Transaction::Idle, None) => changed(state),
    }
}
