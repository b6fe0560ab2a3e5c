//! Which statements ask before they are run.

use super::consent::Consent;
use super::place;
use super::state::Asking;
use crate::app::App;
use crate::model::sql::Server;
use crate::model::sql::guard::{self, Nature};
use crate::model::sql::interpreter::Origin;

/// What the number of rows is looked up for.
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
    let refused = app.session.read_only && guard::judge(statement).lifts;
    refused.then_some("--read-only keeps this session from writing: leave it out to write")
}

/// A statement begins that a yes was said to, or that needs none.
pub fn begins(app: &mut App, statement: &str) {
    if app.panes.query.consent == Consent::Given && guard::judge(statement).lifts {
        app.panes.query.consent = Consent::Used;
    }
}

/// Whether a statement asks first, and what.
pub fn judge(app: &App, statement: &str) -> Option<Asking> {
    // A reader refuses every write: there is nothing to ask. A session that only reads may be in a transaction that writes.
    if app.panes.query.server.as_ref().is_some_and(|server| server.reader == Some(true)) {
        return None;
    }
    let judged = guard::judge(statement);
    let lifts = lifts(app, judged.lifts);
    let whole = |whole: &guard::Whole| format!("{} of {} has no WHERE: it touches every row.", whole.verb, whole.table);
    let mut why: Vec<String> = judged.whole.iter().map(whole).collect();
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
    let words = crate::model::sql::token::words(statement);
    words.first().is_some_and(|first| first.is(statement, "drop") || first.is(statement, "truncate"))
}

/// Whether `EXPLAIN` can say how many rows a statement touches.
pub fn is_counted(statement: &str) -> bool {
    let words = crate::model::sql::token::words(statement);
    let verbs = ["update", "delete", "insert", "merge", "with"];
    words.first().is_some_and(|first| verbs.iter().any(|verb| first.is(statement, verb)))
}
