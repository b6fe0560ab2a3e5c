//! Handling of answers about the session and its results.

use super::consent::Consent;
use super::guard;
use super::requests::{cancel_look_ups, close};
use super::result::Tab;
use super::running::{Pending, Read, Seen};
use super::state::{DialogQuestion, EDITOR, ID, Link, RESULT, State};
use super::{addresses, reconnect, rows};
use crate::app::App;
use crate::app::command::Id;
use crate::app::grid::Grid;
use crate::app::overlay::Kind;
use crate::feeds::sql;
use crate::model::Failure;
use crate::model::sql::guard::commits;
use crate::model::sql::interpreter::{Halt, Origin};
use crate::model::sql::{Column, ResultId, Server, SessionId, StatementOutcome, Transaction};
use jiff::Timestamp;

/// Added to the message about a lost connection that will be restored.
pub const AGAIN: &str = "reconnecting automatically (Esc: stop)";
/// Added to the message about a lost connection that will not be restored automatically.
pub const ENTER: &str = "Enter in the block of the results connects again";

/// Handles a fact about the session or a result.
pub fn fact(app: &mut App, fact: sql::Fact) {
    match fact {
        sql::Fact::Connected(server) => connected(app, &server),
        sql::Fact::Transaction(transaction) => {
            let state = &mut app.panes.query;
            if state.transaction == Transaction::Idle {
                state.transaction_result = state.running.as_ref().map(|running| running.kept);
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
                // An incomplete result looks like a complete one, so the reason is also shown below the rows.
                tab.footers.extend(stopped.iter().map(|why| format!("▲ {why}")));
                (tab.duration, tab.stopped) = (Some(took), stopped);
            }
            select_again(&mut app.panes.query, result, true);
        }
        // These answer requests of their own.
        sql::Fact::Window { .. }
        | sql::Fact::Rows { .. }
        | sql::Fact::Value(_)
        | sql::Fact::Done
        | sql::Fact::QueryRows { .. }
        | sql::Fact::Exported { .. }
        | sql::Fact::ProgramOutput(_) => {}
    }
}

/// Restores the selection after a statement was run again, when its row has arrived or no more rows come. Does nothing if the
/// selection was moved in the meantime.
fn select_again(state: &mut State, result: ResultId, all: bool) {
    let Some((place, column)) = state.reselect else { return };
    let Some(grid) = state.tab_of(result).and_then(|tab| tab.grid.as_mut()) else { return };
    let moved = (grid.place, grid.column) != (0, 0);
    if !moved && (all || place < grid.rows) {
        grid.column = column;
        grid.select_row(place);
    }
    if moved || all || place < grid.rows {
        state.reselect = None;
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

/// A tab for another result of the running statement.
fn another(state: &State, result: ResultId, now: Timestamp) -> Tab {
    let statement = state.running.as_ref().map(|running| running.statement.clone()).unwrap_or_default();
    let of = state.server.as_ref().map(|server| (server.host.clone(), server.database.clone()));
    Tab { origin: of, ..Tab::new(result, state.session.unwrap_or(SessionId(0)), statement, now) }
}

/// Handles the end of a statement. Of several (`\;`) any may fail, even one without visible rows.
pub fn ended(app: &mut App, result: ResultId, how: &StatementOutcome) {
    let now = app.now;
    let state = &mut app.panes.query;
    state.results = state.results.max(result.0);
    let running = state.running.as_mut().filter(|running| result >= running.result);
    let seen = running.map(|running| {
        running.ends(result, how);
        running.seen
    });
    let carried_out = matches!(how, StatementOutcome::Done(_));
    // With `AND CHAIN`, another transaction starts at once.
    if matches!(how, StatementOutcome::Done(tag) if tag == "COMMIT") {
        state.transaction_result = Some(ResultId(result.0 + 1));
    }
    // It is unknown whether a COMMIT whose answer was lost was carried out, so its transaction is not reported as lost.
    if matches!(how, StatementOutcome::Lost(_))
        && state.running.as_ref().is_some_and(|running| commits(&running.statement))
    {
        state.transaction = Transaction::Idle;
    }
    if !carried_out && seen == Some(Seen::Tabs) && state.tab_of(result).is_none() {
        let another = another(state, result, now);
        let gone = state.open(another);
        let effects = rows::close_results(app, &gone);
        app.panes.query.effects.extend(effects);
    }
    let state = &mut app.panes.query;
    if let Some(tab) = state.tab_of(result) {
        tab.ended = Some(how.clone());
    }
    if !carried_out && seen.is_some() {
        mark_rolled_back(state, result, how);
    }
}

/// Marks what happens to the other statements of a text after one of them failed.
fn mark_rolled_back(state: &mut State, result: ResultId, how: &StatementOutcome) {
    let Some((first, kept)) = state.running.as_ref().map(|running| (running.result, running.kept)) else { return };
    let is_lost = matches!(how, StatementOutcome::Lost(_));
    for tab in state.tabs.iter_mut().filter(|tab| tab.id >= kept && tab.id != result) {
        match &tab.ended {
            Some(StatementOutcome::Done(_)) if !is_lost => tab.rolled_back = true,
            Some(StatementOutcome::Done(_)) | None => tab.ended = Some(how.clone()),
            Some(StatementOutcome::Failed(_) | StatementOutcome::Cancelled | StatementOutcome::Lost(_)) => {}
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
        "all of this text is rolled back"
    } else {
        "everything before the last COMMIT is kept, everything after it is rolled back"
    };
    if let Some(tab) = state.tab_of(result) {
        let part = format!("statement {number} of {of}: {becomes}");
        tab.footers.push(format!("▲ {part}"));
        tab.part = Some(part);
    }
}

/// Handles a new session, or a change of the server's state.
pub fn connected(app: &mut App, server: &Server) {
    let state = &mut app.panes.query;
    let first = state.link != Link::On;
    let before = state.server.replace(server.clone());
    state.link = Link::On;
    state.failure = None;
    state.interpreter.set_server(server);
    if first {
        let (by_itself, now) = (app.panes.query.reconnection.is_some(), app.now);
        if !by_itself {
            app.panes.query.used = Some(now);
        }
        reconnect::reconnected(app, before.as_ref(), server);
        let role = addresses::role(server);
        app.note(false, format!("connected to {} as {} ({role})", server.host, server.user));
        // The focus does not move to the editor while the user reads rows.
        if !by_itself && app.shown_pane().id == ID && app.focused() == RESULT && app.screen.overlays.is_empty() {
            app.focus_on(EDITOR);
        }
        return;
    }
    let changed = before.as_ref().map(|before| reconnect::changes(before, server)).unwrap_or_default();
    if before.is_some_and(|before| before.read_only) && !server.read_only {
        guard::session_became_writable(app, server);
    }
    if !changed.is_empty() {
        let text = changed.join("; ");
        app.note(true, text.clone());
        app.panes.query.changed = Some(text);
    }
}

/// Handles a lost or failed connection. Results stay on the screen, and the editor keeps its text.
pub fn lost(app: &mut App, failure: &Failure) {
    let state = &mut app.panes.query;
    let was_on = state.link == Link::On;
    let ends = state.running.as_ref().is_some_and(|running| commits(&running.statement));
    let open = state.transaction != Transaction::Idle && !ends;
    let mut why = failure.message.clone();
    if was_on {
        if open {
            why.push_str("; the open transaction is lost, none of its changes were kept");
            state.lost_transaction = true;
            mark_lost(state);
        }
        if let Some(running) = state.running.take() {
            for tab in state.tabs.iter_mut().filter(|tab| tab.id >= running.result) {
                tab.ended.get_or_insert_with(|| StatementOutcome::Lost(why.clone()));
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
        let again = if reconnect::begin(app) { AGAIN } else { ENTER };
        app.panes.query.link = Link::Lost(format!("{why}; {again}"));
    } else {
        unreached(app, failure);
    }
}

/// Marks the results of the lost transaction as rolled back.
fn mark_lost(state: &mut State) {
    let Some(first) = state.transaction_result else { return };
    let reads =
        |tag: &str| ["SELECT", "SHOW", "FETCH", "EXPLAIN", "BEGIN", "SET"].iter().any(|word| tag.starts_with(word));
    for tab in state.tabs.iter_mut().filter(|tab| tab.id >= first && !tab.transient) {
        tab.rolled_back |= matches!(&tab.ended, Some(StatementOutcome::Done(tag)) if !reads(tag));
    }
}

/// Handles a failed connection attempt: tries again if a session was lost before.
pub fn unreached(app: &mut App, failure: &Failure) {
    if app.panes.query.reconnection.is_some() {
        let again = if reconnect::failed(app) { AGAIN } else { ENTER };
        app.panes.query.link = Link::Lost(format!("{}; {again}", failure.message));
    } else {
        let state = &mut app.panes.query;
        state.failure = Some(failure.clone());
        // A mistyped database name is not tried again; the next attempt uses the previous one.
        let before = |server: &Server| sql::ConnectAs {
            user: Some(server.user.clone()),
            database: Some(server.database.clone()),
        };
        if state.login != sql::ConnectAs::default() {
            state.login = state.server.as_ref().map(before).unwrap_or_default();
        }
    }
}

/// Handles a declined question: what waited for its answer is not run. Returns whether a transaction is rolled back because
/// of it.
pub fn drop_unanswered(app: &mut App) -> bool {
    let asks = app.screen.overlays.iter().any(|window| matches!(window.kind, Kind::Confirm(pane, _) if pane == ID));
    if app.panes.query.open_question.is_none() || asks {
        return false;
    }
    let asking = app.panes.query.open_question.take();
    // Only these questions are asked in the middle of a text; others leave the text alone.
    if !matches!(asking, Some(DialogQuestion::Run { .. } | DialogQuestion::Program { .. })) {
        return false;
    }
    app.panes.query.pending.take_if(|pending| matches!(pending, Pending::Asked(_)));
    let left = cancel_look_ups(app, guard::ROWS);
    app.panes.query.effects.extend(left);
    app.panes.query.watch = None;
    let halt = app.panes.query.interpreter.halt();
    app.panes.query.interpreter.clear();
    let back = roll_back_aborted(app);
    tell_not_run(app, "the answer was no", &halt, back);
    back
}

/// After a failure, reports which parts of a text ran. If something is left of it, rolls back a transaction that the text
/// began; otherwise the user continues from there, as in psql.
pub fn halted(app: &mut App) {
    let Some(halt) = app.panes.query.interpreter.take_halted().filter(|halt| !halt.remaining.is_empty()) else {
        return;
    };
    let back = roll_back_aborted(app);
    let why = halt.why.lines().next().unwrap_or_default();
    tell_not_run(app, why, &halt, back);
}

/// Reports which statements of a text ran. `back` tells that a transaction begun by it is rolled back.
fn tell_not_run(app: &mut App, why: &str, halt: &Halt, back: bool) {
    if halt.remaining.is_empty() {
        return;
    }
    let after = match (back, halt.open) {
        (true, _) => "; the transaction that began with it is rolled back",
        (false, true) => "; the transaction that was open before it is open still",
        (false, false) => "",
    };
    let words = halt.sentence("what was typed").unwrap_or_default();
    let text = format!("{why}: {words}{after}");
    app.note(true, text.clone());
    if halt.remaining.iter().any(|left| left.file.is_some()) {
        // The text may be long, and must be read before the file is run again.
        app.panes.query.printed.push_str(&text);
        app.panes.query.printed.push('\n');
    } else {
        app.show_message(text);
    }
}

/// Rolls back a transaction that an aborted text began: its COMMIT will not come, and later statements would run inside the
/// transaction and hold its locks. Returns whether there was one.
pub fn roll_back_aborted(app: &mut App) -> bool {
    let state = &mut app.panes.query;
    if !state.is_on() || state.transaction == Transaction::Idle || state.transaction_before != Transaction::Idle {
        return false;
    }
    state.interpreter.run("ROLLBACK;", Origin::Command);
    app.show_message("not run: the transaction that began with it is rolled back");
    true
}

/// Resets the session's state, except for what is on the screen.
pub fn reset(state: &mut State) {
    state.session = None;
    state.stale_serial = state.serial;
    state.awaited_address = None;
    state.connection = 0;
    state.consent = Consent::None;
    state.replaced = None;
    state.link = Link::Off;
    state.transaction = Transaction::Idle;
    state.pending = None;
    state.interpreter.clear();
    state.interpreter.set_transaction(Transaction::Idle);
    state.catalogue_requested = false;
    state.running = None;
}

/// Shows rows that came as one answer. `whole` is the complete answer as text, if it contains more than rows.
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
    tab.full_output = whole;
    tab.transient = true;
    let counted = if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
    let more = more.map(|key| format!("  {key} all of it as text")).unwrap_or_default();
    tab.ended = Some(StatementOutcome::Done(counted + &more));
    let gone = state.open(tab);
    let effects = rows::close_results(app, &gone);
    app.panes.query.effects.extend(effects);
}

/// A sentence on changes that were not applied.
fn changed(state: &State) -> Option<String> {
    let count: usize = state.tabs.iter().filter_map(|tab| tab.edit.as_ref()).map(|edit| edit.changes.list.len()).sum();
    match count {
        0 => None,
        1 => Some("Query: one change of a result was not applied (W applies it).".to_owned()),
        more => Some(format!("Query: {more} changes of results were not applied (W applies them).")),
    }
}

/// A sentence on what would be lost by leaving the session.
pub fn loses(app: &App) -> Option<String> {
    let state = &app.panes.query;
    // Results outlive their session, and their changes can be applied in the next one.
    if !state.is_on() {
        return changed(state);
    }
    match (state.transaction, &state.running) {
        (Transaction::Open | Transaction::Failed, _) => {
            Some("Query: a transaction is open; it will be rolled back.".to_owned())
        }
        (Transaction::Idle, Some(_)) => Some("Query: a statement runs; it is cancelled.".to_owned()),
        (Transaction::Idle, None) => changed(state),
    }
}
