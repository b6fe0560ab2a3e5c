//! The activity of a server: key handlers, rows, status, and the confirmation before a session is ended.

use super::session;
use super::state::{ID, Link, PendingSignal, State};
use crate::app::App;
use crate::app::command::Risk;
use crate::app::dialog;
use crate::app::effect::Effect;
use crate::app::list::List;
use crate::app::overlay::Tone;
use crate::app::pane::{Confirmation, DataStatus, StatusLines};
use crate::app::subject::{Fact, Subject, fact};
use crate::app::update::refresh::after_move;
use crate::app::update::windows::push_window;
use crate::model::Health;
use crate::model::sql::activity::{ACTIVITY_QUERIES, ActivityQuery};
use crate::model::sql::activity_listing::{Listing, ListingRow};
use crate::model::sql::process::Process;
use crate::model::text::pluralize;
use crate::model::time::short;
use jiff::SignedDuration;

/// Maximum number of lines of a session's statement shown before it is ended.
const SHOWN: usize = 20;
/// Age from which an answer is marked as old, if it also exceeds twice its interval.
const OLD: SignedDuration = SignedDuration::from_secs(10);

/// The name of a question, for the frame.
pub fn word(question: ActivityQuery) -> &'static str {
    match question {
        ActivityQuery::Sessions => "sessions",
        ActivityQuery::Transactions => "transactions",
        ActivityQuery::Locks => "locks",
        ActivityQuery::Statements => "top statements",
        ActivityQuery::Sizes => "sizes",
        ActivityQuery::Indexes => "indexes",
        ActivityQuery::Replication => "replication",
        ActivityQuery::Connections => "connections",
    }
}

/// The question and the server with its role, for the frame.
pub fn named(state: &State) -> String {
    let role = state.server.as_ref().and_then(|server| server.reader);
    let role = role.map(|reader| if reader { " (reader)" } else { " (writer)" }).unwrap_or_default();
    format!("{} {}{role}", word(state.question), state.connected_to)
}

/// Shows the activity of the selected database, or returns to the databases.
pub fn toggle(app: &mut App) -> Vec<Effect> {
    if app.panes.database.shown {
        close(app);
        return after_move(app);
    }
    app.panes.database.shown = true;
    let mut effects = session::connect(app);
    effects.extend(after_move(app));
    effects
}

/// Returns to the databases and closes the session.
pub fn close(app: &mut App) -> bool {
    if !app.panes.database.shown {
        return false;
    }
    app.panes.database.shown = false;
    let effects = session::close_session(app);
    app.panes.database.effects.extend(effects);
    app.lists_changed();
    true
}

/// Shows the next list: after sessions come transactions, and so on.
pub fn next(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.database;
    if !state.shown {
        app.show_message("a shows what the server is doing; v then goes to the next list");
        return after_move(app);
    }
    let at = ACTIVITY_QUERIES.iter().position(|question| *question == state.question).unwrap_or_default();
    state.question = ACTIVITY_QUERIES[(at + 1) % ACTIVITY_QUERIES.len()];
    // The pending answer belongs to the previous question.
    let mut effects = session::give_up(app);
    app.lists_changed();
    effects.extend(session::plan(app));
    effects.extend(after_move(app));
    effects
}

/// The listing that is shown.
pub fn shown(app: &App) -> Option<&Listing> {
    app.panes.database.answers.get(&app.panes.database.question)?.listing.as_ref()
}

/// Rows with unique keys: several rows of one process are numbered.
pub fn keyed(listing: &Listing) -> impl Iterator<Item = (String, &ListingRow)> {
    let mut counts = std::collections::HashMap::new();
    listing.rows.iter().map(move |row| {
        let count = counts.entry(row.key.as_str()).or_insert(0_u32);
        *count += 1;
        (if *count == 1 { row.key.clone() } else { format!("{}#{count}", row.key) }, row)
    })
}

/// Returns the row with this key.
pub fn row<'a>(listing: &'a Listing, key: &str) -> Option<&'a ListingRow> {
    keyed(listing).find(|(own, _)| own == key).map(|(_, row)| row)
}

/// Row keys, each with the text that a filter searches.
pub fn rows(app: &App) -> Vec<(String, String)> {
    let Some(listing) = shown(app) else { return Vec::new() };
    let text = |row: &ListingRow| row.cells.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join(" ");
    keyed(listing).map(|(key, row)| (key, text(row))).collect()
}

/// The subject of a row: its statement.
pub fn subject(app: &App, key: Option<&str>) -> Option<Subject> {
    let row = row(shown(app)?, key?)?;
    let short = || Process::of(&row.key).map_or_else(|| row.key.clone(), |process| process.pid.to_string());
    Some(Subject::Text(if row.full_text.is_empty() { short() } else { row.full_text.clone() }))
}

/// All details of the row with this key.
pub fn whole(app: &App, key: &str) -> Vec<Fact> {
    let Some(listing) = shown(app) else { return Vec::new() };
    let Some(row) = row(listing, key) else { return Vec::new() };
    let cells = listing.columns.iter().zip(&row.cells).filter(|(_, cell)| !cell.text.is_empty());
    let mut lines: Vec<Fact> = cells
        .filter(|(column, _)| column.field != "statement")
        .map(|(column, cell)| fact(column.field, &cell.text))
        .collect();
    lines.extend(row.full_text.lines().map(|line| fact("", line)));
    lines
}

/// Status of the activity. A denied read names the privilege it requires and is never shown as an empty list.
pub fn status(app: &App) -> DataStatus {
    let state = &app.panes.database;
    let words =
        |health: Health, text: Vec<String>| -> StatusLines { text.into_iter().map(|text| (health, text)).collect() };
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
    let Some(seen) = state.answers.get(&state.question) else {
        if state.link == Link::On {
            status.loading = true;
            status.empty = words(Health::Unknown, vec!["asking the server".to_owned()]);
        }
        return status;
    };
    // If the server stops answering or refuses, its last answer may no longer hold.
    let age = app.now.duration_since(seen.rows_at.unwrap_or(seen.at));
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

/// The process of the selected row and its description, if the row belongs to a process.
fn selected(app: &App) -> Option<(Process, Vec<String>)> {
    let state = &app.panes.database;
    if !matches!(state.question, ActivityQuery::Sessions | ActivityQuery::Transactions | ActivityQuery::Locks) {
        return None;
    }
    let key = app.screen.list_of(super::state::ACTIVITY).and_then(List::selected)?;
    let listing = shown(app)?;
    let row = row(listing, key)?;
    let process = Process::of(&row.key)?;
    // Columns differ between lists: locks have no application.
    let cell = |field: &str| {
        let place = listing.columns.iter().position(|column| column.field == field)?;
        row.cells.get(place).map(|cell| cell.text.clone()).filter(|text| !text.is_empty())
    };
    let user = cell("user").unwrap_or_else(|| "the server".to_owned());
    let application = cell("application").map(|name| format!(" ({name})")).unwrap_or_default();
    let mut words = vec![format!("Session {} of {user}{application} on {}.", process.pid, state.connected_to)];
    words.extend(row.full_text.lines().take(SHOWN).map(str::to_owned));
    if let Some(more) = row.full_text.lines().count().checked_sub(SHOWN).filter(|more| *more > 0) {
        words.push(format!("… and {}", pluralize(more, "more line")));
    }
    Some((process, words))
}

/// Whether a session is selected.
pub fn on_session(app: &App) -> bool {
    app.panes.database.shown && selected(app).is_some()
}

/// Asks for confirmation before the selected session's statement is cancelled.
pub fn cancel(app: &mut App) -> Vec<Effect> {
    ask_to_signal(app, false)
}

/// Asks for confirmation before the selected session is terminated.
pub fn terminate(app: &mut App) -> Vec<Effect> {
    ask_to_signal(app, true)
}

fn ask_to_signal(app: &mut App, terminate: bool) -> Vec<Effect> {
    let Some((process, words)) = selected(app).filter(|_| app.panes.database.shown) else {
        app.show_message("select a session first: a shows them");
        return Vec::new();
    };
    app.panes.database.pending_signal = Some(PendingSignal { process, terminate, description: words });
    if let Some(window) = dialog::of_pane(app, ID, 0) {
        push_window(app, window);
    }
    after_move(app)
}

/// The confirmation before a session is cancelled or terminated.
pub fn confirm(app: &App, _: u8) -> Option<Confirmation> {
    let asking = app.panes.database.pending_signal.as_ref()?;
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
    text.extend(asking.description.iter().map(|line| (Tone::Plain, line.clone())));
    let command = format!("cockpit db {flag} {pid} --env {name}");
    let bound = asking.process.key();
    Some(Confirmation { title, verb: verb.to_owned(), risk, text, command, covered_content: bound, live: Vec::new() })
}

/// Sends the confirmed signal.
pub fn confirmed(app: &mut App, _: u8) -> Vec<Effect> {
    let Some(asking) = app.panes.database.pending_signal.take() else { return Vec::new() };
    let mut effects = session::signal(app, asking.process, asking.terminate);
    effects.extend(after_move(app));
    effects
}
