//! Which statements ask before they are run.

use super::consent::Consent;
use super::place;
use super::state::Asking;
use crate::app::App;
use crate::model::sql::Server;
use crate::model::sql::guard::{self, Judged, Kept, Nature, Step};
use crate::model::sql::interpreter::Origin;
use crate::model::sql::token;

/// Why what is typed after a transaction was lost asks.
const LOST: &str = "The transaction that was open was lost with the connection, and nothing of it was kept: this runs without what \
                    was done in it.";

/// The purpose with which the number of rows is looked up.
pub const ROWS: &str = "rows";

/// A session that was opened to read writes now. Where nobody agreed to that, as it came of something that was called, it is
/// taken back.
pub fn lifted(app: &mut App, server: &Server) {
    let consent = std::mem::take(&mut app.panes.query.consent);
    let Some(why) = place::read_only(app).filter(|_| consent == Consent::None && server.reader != Some(true)) else {
        return;
    };
    let said = format!("what ran let this session write, which nobody agreed to ({why}): it only reads again");
    app.note(true, said.clone());
    app.say(said);
    app.panes.query.interpreter.run("SET default_transaction_read_only = on;", Origin::Command);
}

/// Whether the session was opened to read, still only reads, and would write after this.
fn lifts(app: &App, lifts: bool) -> bool {
    let state = &app.panes.query;
    let reads = state.server.as_ref().is_some_and(|server| server.read_only);
    lifts && reads && state.consent != Consent::Given && place::read_only(app).is_some()
}

/// Why a statement is not run, whatever one answers.
pub fn refused(app: &App, statement: &str) -> Option<&'static str> {
    if !app.session.read_only {
        return None;
    }
    let judged = guard::judge(statement);
    if judged.lifts {
        return Some("--read-only keeps this session from writing: leave it out to write");
    }
    (judged.kept == Kept::Not)
        .then_some("--read-only: not run, as the server would not keep this session from it; leave it out to run that")
}

/// A statement begins that a yes was said to, or that needs none.
pub fn begins(app: &mut App, statement: &str) {
    let state = &mut app.panes.query;
    if state.consent != Consent::Given && !state.lost_open {
        return;
    }
    let judged = guard::judge(statement);
    if state.consent == Consent::Given && judged.lifts {
        state.consent = Consent::Used;
    }
    // Who begins another transaction, gives the lost one up, or has said yes knows of it.
    if state.lost_open && (begins_anew(&judged, statement) || is_of_a_transaction(&judged)) {
        state.lost_open = false;
    }
}

/// Whether it begins a transaction, or gives one up.
fn begins_anew(judged: &Judged, statement: &str) -> bool {
    is_one(statement) && matches!(judged.step, Some(Step::Begin | Step::Rollback { .. }))
}

/// Whether it means another thing within a transaction than alone: it may change something, or ends or marks one.
fn is_of_a_transaction(judged: &Judged) -> bool {
    !matches!(judged.nature, Nature::Nothing | Nature::Reads | Nature::Session)
}

/// Whether a statement asks first, and what.
pub fn judge(app: &App, statement: &str) -> Option<Asking> {
    let judged = guard::judge(statement);
    let lost = app.panes.query.lost_open && is_of_a_transaction(&judged) && !begins_anew(&judged, statement);
    // A reader refuses every write: there is nothing else to ask, but of what changes no row. A session that only reads may be in a
    // transaction that writes.
    let reader = app.panes.query.server.as_ref().is_some_and(|server| server.reader == Some(true));
    if !lost && reader && judged.kept != Kept::Not {
        return None;
    }
    let lifts = lifts(app, judged.lifts);
    let whole = |whole: &guard::Whole| format!("{} of {} has no WHERE: it touches every row.", whole.verb, whole.table);
    let mut why: Vec<String> = lost.then(|| LOST.to_owned()).into_iter().collect();
    why.extend(judged.whole.iter().map(whole));
    if app.environment.guarded && !judged.nature.is_harmless() {
        why.push(match judged.nature {
            Nature::Calls => {
                let name = &app.environment.name;
                format!("{name} is guarded, and this calls a function that is not known here: it may change something.")
            }
            Nature::Unknown => format!("{} is guarded, and what this does is not known.", app.environment.name),
            _ => format!("{} is guarded, and this changes it.", app.environment.name),
        });
    }
    if lifts && let Some(reads) = place::read_only(app) {
        why.push(format!("Transactions of this session only read: {reads}. With this they may write."));
    }
    let destroys = is_lost(statement);
    if destroys && why.is_empty() {
        why.push("What it takes away does not come back once it is committed.".to_owned());
    }
    if why.is_empty() {
        return None;
    }
    Some(Asking::Run { statement: statement.to_owned(), why, rows: None, destroys, lifts, program: false })
}

/// Whether what a statement touches is gone as a whole.
fn is_lost(statement: &str) -> bool {
    let words = token::words(statement);
    words.first().is_some_and(|first| first.is(statement, "drop") || first.is(statement, "truncate"))
}

/// Whether a text is one statement alone, whether or not the server takes `\` in a text for an escape.
pub fn is_one(text: &str) -> bool {
    let ends = |word: &token::Token| matches!(word.kind, token::Kind::Semicolon | token::Kind::Escaped);
    [false, true].iter().all(|escapes| !token::words_as(text, *escapes).iter().any(ends))
}

/// Whether `EXPLAIN` can say how many rows a statement touches. Behind it only the first of several would be explained, and the
/// others run.
pub fn is_counted(statement: &str) -> bool {
    let words = token::words(statement);
    let verbs = ["update", "delete", "insert", "merge", "with"];
    is_one(statement) && words.first().is_some_and(|first| verbs.iter().any(|verb| first.is(statement, verb)))
}
