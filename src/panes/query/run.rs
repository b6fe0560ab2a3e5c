//! What is run: one statement after the other, and what is told of it.

use super::ask::{Kind, ask, close, of_session};
use super::facts::{drop_unanswered, ended, fact};
use super::result::Tab;
use super::state::{Asking, Item, Running};
use super::{command, guard, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::settle::done;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::split::{Split, What};
use crate::model::sql::{Ended, ResultId, Said};

/// The pieces of a text that are run.
pub fn items(text: &str) -> Vec<Item> {
    let split = Split::new(text);
    let mut items = Vec::new();
    for piece in split.pieces() {
        let body = text.get(piece.body(text)).unwrap_or_default();
        match piece.what {
            What::Statement => {
                let statement = piece.statement(text);
                if !statement.is_empty() {
                    items.push(Item::Statement(statement));
                }
                let commands = piece.tokens().filter(|token| token.kind == crate::model::sql::token::Kind::Command);
                items.extend(commands.map(|token| Item::Command(token.of(text).trim().to_owned())));
            }
            What::Command => items.push(Item::Command(body.to_owned())),
            What::Data | What::Blank => {}
        }
    }
    items
}

/// Runs a text: all of its statements and commands in their order.
pub fn text(app: &mut App, text: &str) -> Vec<Effect> {
    if !app.panes.query.is_on() {
        app.say("there is no session: Esc, then Enter connects");
        return Vec::new();
    }
    let items = items(text);
    if items.is_empty() {
        app.say("there is no statement here");
        return Vec::new();
    }
    if app.panes.query.running.is_some() {
        app.say("a statement runs: this one comes after it; Ctrl-C cancels");
    }
    drop_unanswered(app);
    app.panes.query.queue.extend(items);
    let mut effects = remember(app, text);
    effects.extend(done(app));
    effects
}

/// Keeps what was run, for this session and for later ones.
fn remember(app: &mut App, text: &str) -> Vec<Effect> {
    let Some(kept) = app.panes.query.history.add(text) else { return Vec::new() };
    super::keep::remember(app, kept)
}

/// Begins what waits, where nothing runs and nothing is asked.
pub fn next(app: &mut App) -> Vec<Effect> {
    let mut effects = Vec::new();
    while app.panes.query.running.is_none() && app.panes.query.asking.is_none() && app.panes.query.is_on() {
        match app.panes.query.queue.pop_front() {
            None => break,
            Some(Item::Command(line)) => effects.extend(command::run(app, &line)),
            Some(Item::Statement(statement)) => match guard::judge(app, &statement) {
                None => effects.extend(begin(app, statement)),
                Some(asking) => effects.extend(asks(app, asking)),
            },
        }
    }
    effects
}

/// Asks whether a statement is run, and the server how many rows it would touch.
fn asks(app: &mut App, asking: Asking) -> Vec<Effect> {
    let statement = match &asking {
        Asking::Run { statement, .. } if guard::is_counted(statement) => Some(statement.clone()),
        Asking::Run { .. } | Asking::Terminate | Asking::Leave(_) | Asking::Writes => None,
    };
    let mut effects = statement.map_or_else(Vec::new, |statement| {
        super::ask::look(app, guard::ROWS, crate::model::sql::guard::plan_of(&statement))
    });
    effects.extend(windows::ask(app, asking));
    effects
}

/// Begins a statement.
pub fn begin(app: &mut App, statement: String) -> Vec<Effect> {
    let now = app.now;
    let state = &mut app.panes.query;
    let Some(session) = state.session else { return Vec::new() };
    state.results += 1;
    let result = ResultId(state.results);
    let gone = state.open(Tab::new(result, session, statement.clone(), now));
    let Some((serial, effect)) = of_session(app, Kind::Run, |session| sql::Ask::Run { session, result, statement })
    else {
        return Vec::new();
    };
    app.panes.query.running = Some(Running { result, serial, since: now, cancelled: None, offered: false });
    let mut effects = vec![effect];
    effects.extend(closed(app, gone));
    effects
}

/// Closes results that are not shown any more.
pub fn closed(app: &mut App, gone: Vec<Tab>) -> Vec<Effect> {
    let session = app.panes.query.session;
    let kept = |tab: &Tab| tab.grid.as_ref().is_some_and(|grid| !grid.is_whole_here()) && Some(tab.session) == session;
    let results = gone.iter().filter(|tab| kept(tab)).map(|tab| tab.id).collect();
    close(app, results)
}

/// What is told of the statement that runs.
pub fn news(app: &mut App, part: Part<sql::Fact>) {
    match part {
        Part::Page(news) => fact(app, news),
        Part::Last(news) => {
            fact(app, news);
            over(app);
        }
        Part::Failed(failure) => {
            let said = Said { severity: "ERROR".into(), message: failure.message, ..Said::default() };
            let result = app.panes.query.running.as_ref().map(|running| running.result);
            if let Some(result) = result {
                ended(&mut app.panes.query, result, Ended::Failed(said));
            }
            over(app);
        }
    }
}

/// Nothing runs any more.
fn over(app: &mut App) {
    let state = &mut app.panes.query;
    let Some(running) = state.running.take() else { return };
    if state.asking == Some(Asking::Terminate) {
        state.asking = None;
    }
    let failed = state.tab_of(running.result).is_none_or(|tab| !matches!(tab.ended, Some(Ended::Done(_))));
    let left = state.queue.len();
    if failed && left > 0 {
        state.queue.clear();
        app.say(format!("{left} more were not run"));
    }
}

/// Windows of rows that the screen wants.
pub fn windows_wanted(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let session = state.session.filter(|_| state.is_on());
    let here = state.tab;
    let Some(tab) = state.tabs.get_mut(here).filter(|tab| Some(tab.session) == session) else { return Vec::new() };
    let id = tab.id;
    let Some(grid) = &mut tab.grid else { return Vec::new() };
    let (wanted, of) = (grid.wanted(), grid.rows);
    let mut effects = Vec::new();
    for (from, count) in wanted {
        let Some(session) = session else { break };
        let (serial, effect) = ask(app, Kind::Window, sql::Ask::Window { session, result: id, from, count });
        app.panes.query.windows.insert(serial, (id, from, of));
        effects.push(effect);
    }
    effects
}

/// Rows have come for the window.
pub fn window(app: &mut App, serial: u64, part: Part<sql::Fact>) {
    let Some((result, from, of)) = app.panes.query.windows.remove(&serial) else { return };
    let Some(grid) = app.panes.query.tab_of(result).and_then(|tab| tab.grid.as_mut()) else { return };
    match part {
        Part::Page(sql::Fact::Window { rows, .. }) | Part::Last(sql::Fact::Window { rows, .. }) => {
            grid.take(from, rows, of);
        }
        Part::Failed(failure) => {
            // Not asked for again until one moves: it would fail for ever.
            grid.take(from, Vec::new(), of);
            app.note(true, failure.message.clone());
            app.say(failure.message);
        }
        Part::Page(_) | Part::Last(_) => grid.lost(from),
    }
}
