//! The activity of a server: what keys do, the rows, how they stand, and what is asked before a session is ended.

use super::session;
use super::state::{Asking, ID, Link, State};
use crate::app::App;
use crate::app::command::Risk;
use crate::app::dialog;
use crate::app::effect::Effect;
use crate::app::list::List;
use crate::app::overlay::Tone;
use crate::app::pane::{Confirmation, DataStatus, Words};
use crate::app::subject::{Fact, Subject, fact};
use crate::app::update::settle::done;
use crate::app::update::windows::push_window;
use crate::model::Health;
use crate::model::sql::activity::{QUESTIONS, Question};
use crate::model::sql::activity_listing::{Listed, Listing};
use crate::model::sql::process::Process;
use crate::model::text::counted;
use crate::model::time::short;
use jiff::SignedDuration;

/// The most lines of a session's statement that are shown before it is ended.
const SHOWN: usize = 20;
/// An answer that is older than this, and than twice its interval, is told to be.
const OLD: SignedDuration = SignedDuration::from_secs(10);

/// The word of a question, for the frame.
pub fn word(question: Question) -> &'static str {
    match question {
        Question::Sessions => "sessions",
        Question::Transactions => "transactions",
        Question::Locks => "locks",
        Question::Statements => "top statements",
        Question::Sizes => "sizes",
        Question::Indexes => "indexes",
        Question::Replication => "replication",
        Question::Connections => "connections",
    }
}

/// Whose, and of what, for the frame.
pub fn named(state: &State) -> String {
    let role = state.server.as_ref().and_then(|server| server.reader);
    let role = role.map(|reader| if reader { " (reader)" } else { " (writer)" }).unwrap_or_default();
    format!("{} {}{role}", word(state.question), state.of)
}

/// Shows the activity of the selected database, or goes back to the databases.
pub fn toggle(app: &mut App) -> Vec<Effect> {
    if app.panes.database.shown {
        close(app);
        return done(app);
    }
    app.panes.database.shown = true;
    let mut effects = session::connect(app);
    effects.extend(done(app));
    effects
}

/// Back to the databases; the session is left.
pub fn close(app: &mut App) -> bool {
    if !app.panes.database.shown {
        return false;
    }
    app.panes.database.shown = false;
    let effects = session::leave(app);
    app.panes.database.effects.extend(effects);
    app.lists_changed();
    true
}

/// Shows the next list: after sessions transactions, and so on.
pub fn next(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.database;
    if !state.shown {
        app.say("a shows what the server is doing; v then goes to the next list");
        return done(app);
    }
    let at = QUESTIONS.iter().position(|question| *question == state.question).unwrap_or_default();
    state.question = QUESTIONS[(at + 1) % QUESTIONS.len()];
    // What is on its way is an answer to another question.
    let mut effects = session::give_up(app);
    app.lists_changed();
    effects.extend(session::plan(app));
    effects.extend(done(app));
    effects
}

/// The answer that is shown.
pub fn shown(app: &App) -> Option<&Listing> {
    app.panes.database.seen.get(&app.panes.database.question)?.listing.as_ref()
}

/// Keys of rows: two of one process are told apart by their number.
pub fn keyed(listing: &Listing) -> impl Iterator<Item = (String, &Listed)> {
    let mut before = std::collections::HashMap::new();
    listing.rows.iter().map(move |row| {
        let count = before.entry(row.key.as_str()).or_insert(0_u32);
        *count += 1;
        (if *count == 1 { row.key.clone() } else { format!("{}#{count}", row.key) }, row)
    })
}

/// The row with this key.
pub fn row<'a>(listing: &'a Listing, key: &str) -> Option<&'a Listed> {
    keyed(listing).find(|(own, _)| own == key).map(|(_, row)| row)
}

/// The keys of the rows, with their text.
pub fn rows(app: &App) -> Vec<(String, String)> {
    let Some(listing) = shown(app) else { return Vec::new() };
    let text = |row: &Listed| row.cells.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join(" ");
    keyed(listing).map(|(key, row)| (key, text(row))).collect()
}

/// The subject of a row: its statement.
pub fn subject(app: &App, key: Option<&str>) -> Option<Subject> {
    let row = row(shown(app)?, key?)?;
    let short = || Process::of(&row.key).map_or_else(|| row.key.clone(), |process| process.pid.to_string());
    Some(Subject::Text(if row.whole.is_empty() { short() } else { row.whole.clone() }))
}

/// Everything about the row with this key.
pub fn whole(app: &App, key: &str) -> Vec<Fact> {
    let Some(listing) = shown(app) else { return Vec::new() };
    let Some(row) = row(listing, key) else { return Vec::new() };
    let cells = listing.columns.iter().zip(&row.cells).filter(|(_, cell)| !cell.text.is_empty());
    let mut lines: Vec<Fact> = cells
        .filter(|(column, _)| column.field != "statement")
        .map(|(column, cell)| fact(column.field, &cell.text))
        .collect();
    lines.extend(row.whole.lines().map(|line| fact("", line)));
    lines
}

/// The status of the activity: what cannot be read is named with the right that it takes, never shown as an empty list.
pub fn status(app: &App) -> DataStatus {
    let state = &app.panes.database;
    let words = |health: Health, text: Vec<String>| -> Words { text.into_iter().map(|text| (health, text)).collect() };
    let mut status = DataStatus::default();
    match &state.link {
        Link::Off => status.empty = words(Health::Unknown, vec!["not connected: r connects".to_owned()]),
        Link::Opening(to) => {
            status.loading = true;
            status.empty = words(Health::Unknown, vec![format!("connecting to {to}")]);
        }
        Link::Failed(failure) => {
            status.trouble = Some((Health::Down, "no session".to_owned()));
            let hint = failure.hint().to_owned();
            status.empty = words(Health::Down, vec![failure.message.clone(), hint, "r tries again".to_owned()]);
        }
        Link::On => {}
    }
    let Some(seen) = state.seen.get(&state.question) else {
        if state.link == Link::On {
            status.loading = true;
            status.empty = words(Health::Unknown, vec!["asking the server".to_owned()]);
        }
        return status;
    };
    // A server that answers no more, or refuses, has not said that what it said last still holds.
    let age = app.now.duration_since(seen.read.unwrap_or(seen.at));
    let old = age > OLD.max(session::interval(state.question) * 2) || (seen.missing.is_some() && age.as_secs() > 0);
    status.age = old.then(|| format!("{} old", short(age)));
    match (&seen.listing, &seen.missing) {
        (listing, Some(missing)) => {
            status.trouble = Some((Health::Down, missing.clone()));
            status.dimmed = listing.is_some();
            status.empty = words(Health::Down, vec![missing.clone()]);
        }
        (Some(listing), None) => {
            status.trouble = listing.notes.first().map(|note| (Health::Unknown, note.clone()));
            status.empty = words(Health::Healthy, vec![listing.empty.to_owned()]);
        }
        (None, None) => {}
    }
    status
}

/// The process of the selected row, where a row is one of a process.
fn selected(app: &App) -> Option<(Process, Vec<String>)> {
    let state = &app.panes.database;
    if !matches!(state.question, Question::Sessions | Question::Transactions | Question::Locks) {
        return None;
    }
    let key = app.screen.list_of(super::state::ACTIVITY).and_then(List::selected)?;
    let listing = shown(app)?;
    let row = row(listing, key)?;
    let process = Process::of(&row.key)?;
    // Lists have different columns: locks know no application.
    let cell = |field: &str| {
        let place = listing.columns.iter().position(|column| column.field == field)?;
        row.cells.get(place).map(|cell| cell.text.clone()).filter(|text| !text.is_empty())
    };
    let user = cell("user").unwrap_or_else(|| "the server".to_owned());
    let application = cell("application").map(|name| format!(" ({name})")).unwrap_or_default();
    let mut words = vec![format!("Session {} of {user}{application} on {}.", process.pid, state.of)];
    words.extend(row.whole.lines().take(SHOWN).map(str::to_owned));
    if let Some(more) = row.whole.lines().count().checked_sub(SHOWN).filter(|more| *more > 0) {
        words.push(format!("… and {}", counted(more, "more line")));
    }
    Some((process, words))
}

/// Whether a session is selected.
pub fn on_session(app: &App) -> bool {
    app.panes.database.shown && selected(app).is_some()
}

/// Asks before what the selected session does is cancelled.
pub fn cancel(app: &mut App) -> Vec<Effect> {
    asks(app, false)
}

/// Asks before the selected session is ended.
pub fn terminate(app: &mut App) -> Vec<Effect> {
    asks(app, true)
}

fn asks(app: &mut App, terminate: bool) -> Vec<Effect> {
    let Some((process, words)) = selected(app).filter(|_| app.panes.database.shown) else {
        app.say("select a session first: a shows them");
        return Vec::new();
    };
    app.panes.database.asking = Some(Asking { process, terminate, words });
    if let Some(window) = dialog::of_pane(app, ID, 0) {
        push_window(app, window);
    }
    done(app)
}

/// The question before a session is cancelled or ended.
pub fn confirm(app: &App, _: u8) -> Option<Confirmation> {
    let asking = app.panes.database.asking.as_ref()?;
    let name = &app.environment.name;
    let pid = asking.process.pid;
    let (title, verb, risk, flag, what) = if asking.terminate {
        let what = "Its connection is closed, and what its transaction did is rolled back.";
        (format!("End session {pid} in {name}"), "End it", Risk::Disrupt, "--terminate", what)
    } else {
        let what = "What it runs is cancelled; its connection stays.";
        (format!("Cancel session {pid} in {name}"), "Cancel it", Risk::Change, "--cancel", what)
    };
    let mut text = vec![(Tone::Warn, what.to_owned())];
    text.extend(asking.words.iter().map(|line| (Tone::Plain, line.clone())));
    let command = format!("cockpit db {flag} {pid} --env {name}");
    let bound = asking.process.key();
    Some(Confirmation { title, verb: verb.to_owned(), risk, text, command, bound, live: Vec::new() })
}

/// Carries out what was answered with yes.
pub fn confirmed(app: &mut App, _: u8) -> Vec<Effect> {
    let Some(asking) = app.panes.database.asking.take() else { return Vec::new() };
    let mut effects = session::signal(app, asking.process, asking.terminate);
    effects.extend(done(app));
    effects
}
